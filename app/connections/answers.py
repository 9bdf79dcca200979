"""What the server answers by itself, before or instead of the application: problem documents, like all others."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson

from app.rules.refusals import Refusal
from app.web.problems import PROBLEM_JSON, answer, document
from app.web.tracing import SECURITY_HEADERS


def last_answer(refusal: Refusal) -> bytes:
    """The answer to what cannot be read as a request, after which the connection is closed."""
    members = document(refusal, instance="/", trace_id=str(uuid4()))
    status = HTTPStatus(members["status"])
    body = orjson.dumps(members)
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": "no-store",
        "Content-Type": PROBLEM_JSON,
        "Content-Length": str(len(body)),
        "X-Request-ID": members["traceId"],
        "Connection": "close",
    }
    lines = [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
    return b"".join([f"HTTP/1.1 {status} {status.phrase}\r\n".encode(), *lines, b"\r\n", body])


async def refuse(refusal: Refusal, scope: Any, receive: Any, send: Any) -> None:
    """The application in whose place the server itself refuses."""
    scope["state"]["trace_id"] = str(uuid4())
    await answer(scope, refusal)(scope, receive, send)
