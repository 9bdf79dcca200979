"""The version a caller looked at: named, among several, any, or none."""

import pytest

from app.rules.refusals import IfMatchRequired, Refusal, Stale
from app.rules.versions import Expectation

NOTHING = Expectation(None)
ANY = Expectation(None, is_any=True)
THREE = Expectation(3)
THREE_OR_FIVE = Expectation(3, frozenset({5}))
UNREADABLE = Expectation(0)


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
    ],
)
def test_an_expectation_is_met(expected: Expectation, current: int, *, is_required: bool) -> None:
    expected.check(current, is_required=is_required)


@pytest.mark.parametrize(
    ("expected", "current", "is_required", "kind", "detail"),
    [
        (THREE, 4, True, Stale, "The record has changed since the version that If-Match names."),
        (THREE, 2, False, Stale, "The record has changed since the version that If-Match names."),
        (THREE_OR_FIVE, 4, True, Stale, "The record has changed since the version that If-Match names."),
        (UNREADABLE, 1, True, Stale, "The record has changed since the version that If-Match names."),
        (UNREADABLE, 1, False, Stale, "The record has changed since the version that If-Match names."),
        (NOTHING, 3, True, IfMatchRequired, "Name the version you looked at: its ETag, in If-Match."),
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
