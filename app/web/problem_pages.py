"""The pages that ``type`` leads to: what each problem means and what to do about it."""

from html import escape
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from app.rules.refusals import NotFound, Refusal
from app.web.advice import advice_on, meaning_of
from app.web.formats import CONTENT_TYPES, negotiate
from app.web.problems import catalogue, status_of

router = APIRouter(prefix="/problems", include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE = (
    "body{font:1.1rem/1.5 sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#0b0c0c;background:#fff}"
    "a{color:#005eb8}dt{font-weight:bold}dd{margin:0 0 .5rem}"
)


@router.get("", name="listProblems")
async def list_problems(request: Request) -> Response:
    """Every problem by its code."""
    found = [_row(kind) for kind in catalogue().values()]
    if negotiate(request, ("html", "json")) == "json":
        return _json({"results": found, "total": len(found)})
    items = "".join(
        f'<li><a href="{escape(row["type"])}">{escape(row["title"])}</a> ({row["status"]})</li>' for row in found
    )
    return _page("Problems", f"<p>Every way the register says no.</p><ul>{items}</ul>")


@router.get("/{code}", name="readProblem")
async def read_problem(request: Request, code: Annotated[str, Path(pattern=r"^[a-z]+(-[a-z]+)*$")]) -> Response:
    """One problem: what it means and what to do. Raises NotFound for an unknown code."""
    kind = catalogue().get(code)
    if kind is None:
        raise NotFound("No problem has this code.")
    row = _row(kind)
    if negotiate(request, ("html", "json")) == "json":
        return _json(row)
    return _page(
        row["title"],
        f"<p>{escape(row['description'])}</p><h2>What to do</h2><p>{escape(row['advice'])}</p>"
        f"<dl><dt>Status</dt><dd>{row['status']}</dd><dt>Code</dt><dd><code>{escape(row['code'])}</code></dd></dl>"
        '<p><a href="/problems">All problems</a></p>',
    )


def _row(kind: type[Refusal]) -> dict[str, Any]:
    status = status_of(kind)
    return {
        "type": f"/problems/{kind.code}",
        "code": kind.code,
        "title": kind.title,
        "status": status,
        "description": meaning_of(kind),
        "advice": advice_on(kind, status),
    }


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), headers={**_HEADERS, "Content-Type": CONTENT_TYPES["json"]})


def _page(title: str, body: str) -> Response:
    text = (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)} | Approvals register'
        f'</title><meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return Response(text, media_type=CONTENT_TYPES["html"], headers={**_HEADERS, "Content-Security-Policy": _POLICY})


_HEADERS = {"Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Accept"}
