"""Over the database of d1816db the present code answers as it did when the answers were kept, but for its own words."""

import json
import re
from typing import Any

import pytest
from httpx2 import Request, Response
from structlog.testing import capture_logs

from tests.api.conftest import SettledWorld
from tests.nets.answers import KEPT, kept
from tests.nets.asking import Question, asked, told
from tests.nets.since import NEW_ADDRESSES, NEW_OPERATIONS

LARGEST = 300_000
# /_ping says the newest migration, which is not that of the commit before.
REVISION = re.compile(r'"revision":"[0-9]{4}"')
# A 404 for an address that cannot be says which part has another form than any.
OF_FORM = re.compile(r'(?<="errors":\[)\{"parameter":"\w+","detail":"~"\}(?=\]\}$)')
LISTED = Question("/v1/approvals")
BODY: dict[str, Any] = {"results": [{"odsCode": "05C"}, {"odsCode": "10T"}], "total": 2, "inWords": "Two."}


def differing(world: SettledWorld, answers: list[tuple[Question, dict[str, Any]]]) -> list[str]:
    """One sentence for each answer that is another one now."""
    with capture_logs():  # which nobody reads here, and which take time to print
        pairs = [(question, then, asked(world, question)) for question, then in answers]
    return [
        f"{question.who or 'public'} {question.method} {question.path}: {name} was {then[name]!r}, is {now[name]!r}"
        for question, then, now in pairs
        for name in then
        if _comparable(question, then[name]) != _comparable(question, now[name])
    ]


def _comparable(question: Question, said: Any) -> Any:
    """Without the newest migration, and without the tag of a status: it was the version, and is of the bytes now."""
    if isinstance(said, str):
        return OF_FORM.sub("", REVISION.sub("", said)) if '"code":"not-found"' in said else REVISION.sub("", said)
    if isinstance(said, dict) and question.path.partition("?")[0].endswith("/status"):
        return {name: each for name, each in said.items() if name != "etag"}
    return said


def test_the_public_is_answered_as_before(before: SettledWorld) -> None:
    assert differing(before, [each for each in kept() if not each[0].who]) == []


def test_whoever_is_signed_in_is_answered_as_before(before: SettledWorld) -> None:
    assert differing(before, [each for each in kept() if each[0].who]) == []


def test_every_address_that_can_be_read_was_read(before: SettledWorld) -> None:
    read = {question.path.partition("?")[0] for question, then in kept() if then["status"] == 200}
    paths = [
        path
        for path, methods in before.app.openapi()["paths"].items()
        if "get" in methods and path not in NEW_ADDRESSES and methods["get"]["operationId"] not in NEW_OPERATIONS
    ]

    assert [path for path in paths if not any(_pattern(path).fullmatch(each) for each in read)] == []


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path)))


def test_the_answers_stay_small() -> None:
    assert KEPT.stat().st_size <= LARGEST


# --- the comparison can fail --------------------------------------------------------------------


def given(body: Any, headers: dict[str, str] | None = None, kind: str = "application/json") -> dict[str, Any]:
    """What is compared of an answer with this body."""
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    sent = {"Content-Type": kind, "Link": '</v1>; rel="next"', **(headers or {})}
    answer = Response(200, headers={name: value for name, value in sent.items() if value}, content=raw)
    answer.request = Request("GET", f"http://register.test{LISTED.path}")
    return told(LISTED, answer)


@pytest.mark.parametrize(
    "body",
    [
        BODY | {"total": 3},
        BODY | {"total": 2.0},
        BODY | {"total": "2"},
        BODY | {"more": None},
        {name: BODY[name] for name in ("results", "inWords")},
        {name: BODY[name] for name in ("total", "results", "inWords")},
        BODY | {"results": BODY["results"][::-1]},
        BODY | {"results": [BODY["results"][0], {"odsCode": "10t"}]},
        BODY | {"inWords": None},
        BODY | {"inWords": ["Two."]},
    ],
)
def test_a_changed_member_or_another_order_is_seen(body: dict[str, Any]) -> None:
    assert given(body) != given(BODY)


@pytest.mark.parametrize(
    "headers",
    [{"Link": ""}, {"Link": '</v2>; rel="next"'}, {"Vary": "Accept"}, {"ETag": '"v2"'}, {"Content-Length": "7"}],
)
def test_a_lost_or_a_new_or_a_changed_header_is_seen(headers: dict[str, str]) -> None:
    assert given(BODY, headers) != given(BODY)


def test_only_the_registers_own_words_may_differ() -> None:
    said = BODY | {"inWords": "A couple."}
    problem, other = ({"title": title, "code": "stale"} for title in ("Stale", "Out of date"))

    assert given(said) == given(BODY)
    assert given({"title": "One"}) != given({"title": "Two"})
    assert given(problem, kind="application/problem+json") == given(other, kind="application/problem+json")


def test_other_white_space_is_seen() -> None:
    with pytest.raises(AssertionError, match="not written as before"):
        given(json.dumps(BODY).encode())


def test_a_changed_line_of_a_table_is_seen() -> None:
    assert given(b"a,b\r\n1,2\r\n", kind="text/csv") != given(b"a,b\n1,2\n", kind="text/csv")
