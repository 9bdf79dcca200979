"""The API's description, and Swagger UI from local files. Nothing here calls another host."""

from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any, Literal

import orjson
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.api.description import description_of
from app.web.caching import PUBLIC, public_bytes

router = APIRouter(include_in_schema=False)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Approvals register: the API</title>
<link rel="icon" href="/docs/static/favicon.png">
<link rel="stylesheet" href="/docs/static/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>The documentation needs JavaScript; the same is in <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/static/swagger-ui-bundle.js"></script>
<script src="/docs/static/start.js"></script>
</body>
</html>
"""
_START = """window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""
_KINDS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
    "start.js": "text/javascript; charset=utf-8",
}


@router.get("/docs", name="readDocumentation")
async def read_documentation() -> Response:
    """The page that holds Swagger UI."""
    headers = {"Cache-Control": PUBLIC, "Content-Security-Policy": _POLICY}
    return Response(_PAGE, media_type="text/html", headers=headers)


@router.get("/docs/static/{name}", name="readDocumentationFile")
def read_file(
    request: Request, name: Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon.png", "start.js"]
) -> Response:
    """One of the files of that page."""
    return public_bytes(request, _file(name), _KINDS[name])


@cache
def _file(name: str) -> bytes:
    """A file of Swagger UI.

    It comes from the package fastapi-offline; the register uses nothing else of that package.
    """
    return _START.encode() if name == "start.js" else (files("fastapi_offline") / "static" / name).read_bytes()


@router.get("/openapi.json", name="readOpenapi")
def read_openapi(request: Request) -> Response:
    """The description of the API (OpenAPI 3.1)."""
    return public_bytes(request, request.app.state.description(), "application/json")


def describe(app: FastAPI) -> None:
    """Make ``app.openapi()`` return the register's own description, and make it once, whoever asks at the same time."""
    turn = Lock()

    def openapi() -> dict[str, Any]:
        with turn:
            if app.openapi_schema is None:
                app.openapi_schema = description_of(app)
            return app.openapi_schema

    # The same bytes for everybody: many who do not read them cost no memory for each.
    app.state.description = cache(lambda: orjson.dumps(openapi()))
    app.openapi = openapi  # type: ignore[method-assign]
