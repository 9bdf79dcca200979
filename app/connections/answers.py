"""What the server answers by itself, before or instead of the application: problem documents, like all others."""

from typing import Any
from uuid import uuid4

import orjson

from app.rules.refusals import Refusal
from app.web.problems import PROBLEM_JSON, answer, document
from app.web.request_errors import MalformedBody
from app.web.tracing import SECURITY_HEADERS


def not_http() -> bytes:
    """The answer to what is not HTTP."""
    members = document(MalformedBody("The request is not HTTP."), instance="/", trace_id=str(uuid4()))
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
    return b"".join([b"HTTP/1.1 400 Bad Request\r\n", *lines, b"\r\n", body])


async def refuse(refusal: Refusal, scope: Any, receive: Any, send: Any) -> None:
    """The application in whose place the server itself refuses."""
    scope["state"]["trace_id"] = str(uuid4())
    await answer(scope, refusal)(scope, receive, send)
