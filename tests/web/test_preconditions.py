"""Versions in headers."""

import contextlib
import time

import pytest
from fastapi.testclient import TestClient

from app.rules.refusals import IfMatchRequired, Stale
from app.rules.versions import Expectation
from app.web.preconditions import is_none_match, read_if_match
from app.web.request_errors import InvalidHeader
from tests.web.conftest import ALICE

PATH = "/v1/samples/notes/one"
PATCH = {**ALICE, "Content-Type": "application/merge-patch+json"}


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        ('"v3"', 200, None),
        ('"v1", "v3"', 200, None),
        (' "v2" ,, "v3" ', 200, None),
        ("*", 428, "if-match-required"),
        ('"v2"', 412, "stale"),
        ('W/"v3"', 200, None),
        ('W/"v2"', 412, "stale"),
        ('"v3-gzip"', 200, None),
        ('"something else"', 400, "invalid-header"),
        ('"v03"', 412, "stale"),
        ('"abc"', 412, "stale"),
        ("v3", 400, "invalid-header"),
        ('"v3', 400, "invalid-header"),
        ('"v3" "v4"', 400, "invalid-header"),
        ("", 400, "invalid-header"),
        ('*, "v3"', 400, "invalid-header"),
        ('"' + "v" * 2_000 + '"', 400, "invalid-header"),
        (None, 428, "if-match-required"),
    ],
)
def test_an_act_is_made_against_the_version_looked_at(
    client: TestClient, if_match: str | None, status: int, code: str | None
) -> None:
    headers = PATCH if if_match is None else {**PATCH, "If-Match": if_match}

    answer = client.patch(PATH, content=b"{}", headers=headers)

    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_malformed_if_match_is_told_only_to_a_known_caller(client: TestClient) -> None:
    headers = {"Content-Type": "application/merge-patch+json", "If-Match": "v3"}

    assert client.patch(PATH, content=b"{}", headers=headers).status_code == 401


def test_several_if_match_headers_are_one_list() -> None:
    assert read_if_match('"v1", "v3"') == Expectation(1, others=frozenset({3}))


def test_where_no_version_is_needed_none_has_to_be_named() -> None:
    Expectation(None).check(3, is_required=False)
    with pytest.raises(IfMatchRequired):
        Expectation(None).check(3)
    with pytest.raises(Stale):
        Expectation(2).check(3, is_required=False)


@pytest.mark.parametrize(
    ("header", "is_match"),
    [
        (None, False),
        ("*", True),
        ('"v3"', True),
        ('W/"v3"', True),
        ('"v1", W/"v3"', True),
        ('"v1"', False),
        ("v3", False),
        ("", False),
    ],
)
def test_if_none_match_compares_weakly(header: str | None, is_match: bool) -> None:  # noqa: FBT001
    assert is_none_match(header, '"v3"') is is_match
    assert is_none_match(header, None) is False


@pytest.mark.parametrize("ending", ["!", '"', ", W/", "\t,"])
def test_a_long_list_that_does_not_end_well_is_refused_at_once(ending: str) -> None:
    header = ('"a"' + " , " * 330 + ending)[:1_000]

    started = time.perf_counter()
    with contextlib.suppress(InvalidHeader):
        read_if_match(header)
    is_none_match(header, '"b"')

    assert time.perf_counter() - started < 0.5  # a nested pattern took minutes for a tenth of it
