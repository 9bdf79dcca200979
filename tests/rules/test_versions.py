"""The version a caller looked at: named, among several, any, or none."""

import pytest

from app.rules.refusals import IfMatchRequired, Refusal, Stale
from app.rules.versions import Expectation

NOTHING = Expectation(None)
ANY = Expectation(None, is_any=True)
THREE = Expectation(3)
THREE_OR_FIVE = Expectation(3, frozenset({5}))
NEW = Expectation(None, is_new=True)
UNREADABLE = Expectation(0)
AT = "The record is at version {} now, not at the one that If-Match names. Read it again."
NO_VERSION = 'If-Match names no version. Read the record again: it is at version 1, If-Match: "v1".'
REQUIRED = 'Read the record, and send the version that you looked at, such as If-Match: "v3". * names none.'


@pytest.mark.parametrize(
    ("expected", "current", "is_required"),
    [
        (THREE, 3, True),
        (THREE, 3, False),
        (THREE_OR_FIVE, 3, True),
        (THREE_OR_FIVE, 5, True),
        (ANY, 1, True),
        (ANY, 9, False),
        (NOTHING, 3, False),
        (NEW, 0, True),
    ],
)
def test_an_expectation_is_met(expected: Expectation, current: int, *, is_required: bool) -> None:
    expected.check(current, is_required=is_required)


@pytest.mark.parametrize(
    ("expected", "current", "is_required", "kind", "detail"),
    [
        (THREE, 4, True, Stale, AT.format(4)),
        (THREE, 2, False, Stale, AT.format(2)),
        (THREE_OR_FIVE, 4, True, Stale, AT.format(4)),
        (UNREADABLE, 1, True, Stale, NO_VERSION),
        (UNREADABLE, 1, False, Stale, NO_VERSION),
        (THREE, 0, False, Stale, "There is nothing here yet. If-None-Match: * makes it new."),
        (NEW, 2, True, Stale, "There is one already, at version 2. Read it, and name its version in If-Match."),
        (NOTHING, 3, True, IfMatchRequired, REQUIRED),
        (NOTHING, 0, True, IfMatchRequired, "There is nothing here yet. If-None-Match: * makes it new."),
    ],
)
def test_an_expectation_is_not_met(
    expected: Expectation, current: int, *, is_required: bool, kind: type[Refusal], detail: str
) -> None:
    with pytest.raises(Refusal) as refused:
        expected.check(current, is_required=is_required)

    assert (type(refused.value), refused.value.detail) == (kind, detail)


def test_a_version_is_required_unless_said_otherwise() -> None:
    with pytest.raises(IfMatchRequired):
        NOTHING.check(1)


@pytest.mark.parametrize(
    ("expected", "detail"),
    [
        (THREE, "The application is at version 4 now, not at the one that If-Match names. Read it again."),
        (UNREADABLE, 'If-Match names no version. Read the application again: it is at version 4, If-Match: "v4".'),
        (NOTHING, REQUIRED.replace("record", "application")),
    ],
)
def test_an_expectation_says_of_what_the_version_is(expected: Expectation, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        expected.check(4, what="application")

    assert refused.value.detail == detail
