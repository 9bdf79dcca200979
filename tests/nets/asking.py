"""Questions to the register and its answers, in a form in which two releases can be compared.

What may differ is taken out: the register's own words (``detail``, ``description`` and ``inWords``; in problems also
``title``), the number and day of the release, and what follows from the body (its ETag and its length, which are
checked against it). A ``title`` or ``summary`` of a success is what somebody wrote, and stays. Of pages for people
only the status and the headers are kept. Everything else stays as it is, to the byte.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response

from tests.api.conftest import SettledWorld

WORDS = frozenset({"detail", "description", "inWords"})
WORDS_OF_PROBLEMS = WORDS | {"title"}
RELEASE = {"/v1": {"version", "releasedOn"}, "/_ping": {"version"}, "/_status": {"version", "releaseId"}}
KEYS_OF_THE_PROCESS = {"/.well-known/jwks.json": {"n", "kid"}}
# Compared by a net of its own, or made by another project.
NOT_READ = ("/openapi.json", "/docs", "/problems")
LONGEST_KEPT = 12_000
ETAG_CHARACTERS = 32
TAKEN_OUT = "~"
FOLLOWS = "~follows from the body~"
AS_BEFORE = "~the tag of its answer~"
REQUEST_ID = "6a1f0f52-9d0c-4b3e-8a57-0c1d2e3f4a5b"
_PASSING = {"date", "x-request-id", "x-correlation-id", "ratelimit", "ratelimit-policy"}
_JSON = re.compile(r"application/([a-z.-]+\+)?json\b")


@dataclass(frozen=True)
class Question:
    """One request: who asks (nobody for the public), how, and what."""

    path: str
    who: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def key(self) -> str:
        return json.dumps([self.who, self.method, self.path, dict(self.headers), self.body])


def ask(world: SettledWorld, question: Question) -> Response:
    """Ask once. A tag that is to be that of the answer is looked up first."""
    headers = {"Accept-Encoding": "identity", "X-Request-ID": REQUEST_ID, **question.headers}
    if question.who:
        speaker = world.system if question.who in world.pairs else world.person
        headers["Authorization"] = f"Bearer {speaker(question.who).token}"
    for name, value in headers.items():
        if value == AS_BEFORE:
            headers[name] = ask(world, Question(question.path, question.who)).headers["etag"]
    content = None
    if question.body is not None:
        content = json.dumps(question.body).encode()
        headers.setdefault("Content-Type", "application/json")
    return world.http.request(question.method, question.path, content=content, headers=headers, follow_redirects=False)


def told(question: Question, answer: Response, before: Response | None = None) -> dict[str, Any]:
    """An answer as it is compared; ``before`` is the whole answer where this one has no body."""
    whole = before or answer
    text = normalised(question.path, answer)
    long = text is not None and len(text) > LONGEST_KEPT
    return {
        "who": question.who,
        "method": question.method,
        "path": question.path,
        "sent": dict(question.headers),
        "body": question.body,
        "status": answer.status_code,
        "headers": headers_of(answer, whole),
        "answer": hashlib.sha256(text.encode()).hexdigest() if text is not None and long else text,
    }


def asked(world: SettledWorld, question: Question) -> dict[str, Any]:
    """Ask, and tell the answer."""
    answer = ask(world, question)
    has_no_body = question.method == "HEAD" or answer.status_code == 304
    return told(question, answer, ask(world, Question(question.path, question.who)) if has_no_body else None)


# --- what is compared ---------------------------------------------------------------------------


def headers_of(answer: Response, whole: Response) -> dict[str, str]:
    """Every header but those that pass, in their order; what follows from the body is checked and taken out."""
    found = {name: value for name, value in answer.headers.items() if name.lower() not in _PASSING}
    digest = hashlib.sha256(whole.content).hexdigest()[:ETAG_CHARACTERS]
    for ending in ("", "-gzip"):
        if found.get("etag") == f'"{digest}{ending}"':
            found["etag"] = f"{FOLLOWS}{ending}"
    is_packed = "content-encoding" in found
    if is_packed or found.get("content-length") == str(len(whole.content)):
        found["content-length"] = FOLLOWS
    return found


def normalised(path: str, answer: Response) -> str | None:
    """The body without what may differ; None where it is not read."""
    place = path.partition("?")[0]
    if place.startswith(NOT_READ):
        return None
    kind = answer.headers.get("content-type", "")
    words = WORDS_OF_PROBLEMS if kind.startswith("application/problem+json") else WORDS
    taken = words | RELEASE.get(place, set()) | KEYS_OF_THE_PROCESS.get(place, set())
    if kind.startswith("application/x-ndjson"):
        return "\n".join(without(line, taken) if line else "" for line in answer.text.split("\n"))
    if _JSON.match(kind) and answer.content:
        return without(answer.text, taken)
    return answer.text


def without(text: str, taken: frozenset[str]) -> str:
    """A JSON document without the values of some members, wherever they are, and with all else as it was written."""
    document = json.loads(text)
    assert _written(document) == text, "the document is not written as before: bare separators, UTF-8, short numbers"
    return _written(_masked(document, taken))


def _masked(value: Any, taken: frozenset[str]) -> Any:
    match value:
        case dict():
            return {
                name: _taken_out(each, taken) if name in taken else _masked(each, taken) for name, each in value.items()
            }
        case list():
            return [_masked(each, taken) for each in value]
        case _:
            return value


def _taken_out(value: Any, taken: frozenset[str]) -> Any:
    """What stands for a text, or for sentences in a list; whatever else has such a name stays."""
    if isinstance(value, str):
        return TAKEN_OUT
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return [TAKEN_OUT]
    return _masked(value, taken)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
