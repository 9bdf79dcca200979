"""What comes from outside is read only as it should be written, and what is refused says why."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.log.encoding import from_base64, from_json, instant_text, items, member, number, text, to_base64

NOT_TEXT = "salt, body, hashes and checkpoint must be text"
NO_NUMBER = "index and sizes must be numbers"


def complaint(read: Callable[..., Any], *given: Any) -> tuple[type[Exception], str]:
    with pytest.raises((TypeError, ValueError)) as refused:
        read(*given)
    return refused.type, str(refused.value)


@pytest.mark.parametrize(("value", "written"), [(b"", ""), (b"\x00", "AA=="), (b"\xfb\xff\xfe", "+//+")])
def test_bytes_are_read_as_they_were_written_in_the_standard_alphabet(value: bytes, written: str) -> None:
    assert to_base64(value) == written
    assert from_base64(written) == value


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("A", "not base64"),
        ("AA", "not base64"),
        ("AA==\n", "not base64"),
        ("-__-", "not base64"),
        ("\u00e9", "not base64"),
        ("AB==", "not base64 as it should be written"),
    ],
)
def test_bytes_have_one_way_of_being_written(written: str, why: str) -> None:
    assert complaint(from_base64, written) == (ValueError, why)


@pytest.mark.parametrize("written", ['{"a": 1}', b'{"a": 1}'])
def test_an_object_is_read_from_text_or_bytes(written: str | bytes) -> None:
    assert from_json(written) == {"a": 1}


@pytest.mark.parametrize(
    ("written", "kind", "why"),
    [
        ("", ValueError, "it is not JSON"),
        ("{", ValueError, "it is not JSON"),
        (b'{"a": "\xff"}', ValueError, "it is not JSON"),
        ("[" * 100_000, ValueError, "it is not JSON"),
        ("[]", TypeError, "it is not a JSON object"),
        ("null", TypeError, "it is not a JSON object"),
        ('{"a": 1, "a": 1}', ValueError, "a member is named twice"),
        ('{"a": {"b": 1, "b": 2}}', ValueError, "a member is named twice"),
    ],
)
def test_what_is_no_object_or_names_a_member_twice_is_refused(
    written: str | bytes, kind: type[Exception], why: str
) -> None:
    assert complaint(from_json, written) == (kind, why)


def test_a_member_is_there_though_it_is_null_or_else_it_is_named() -> None:
    assert member({"index": None}, "index") is None
    assert complaint(member, {"size": 1}, "index") == (ValueError, "it has no index")


def test_text_numbers_and_lists_are_taken_as_they_are() -> None:
    assert (text(""), number(0), items([])) == ("", 0, [])


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (text, None, NOT_TEXT),
        (text, b"body", NOT_TEXT),
        (from_base64, 5, NOT_TEXT),
        (number, "5", NO_NUMBER),
        (number, 5.0, NO_NUMBER),
        (number, True, NO_NUMBER),
        (items, "proof", "proof must be a list"),
        (items, {}, "proof must be a list"),
    ],
)
def test_what_is_of_another_kind_is_refused(read: Callable[[Any], Any], value: Any, why: str) -> None:
    assert complaint(read, value) == (TypeError, why)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2015, 2, 18, 9, 30, tzinfo=UTC), "2015-02-18T09:30:00Z"),
        (datetime(2015, 2, 18, 9, 30, 0, 50, tzinfo=UTC), "2015-02-18T09:30:00.000050Z"),
        (datetime(2015, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2015-06-30T23:30:00Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_microseconds_only_if_there_are_any(at: datetime, written: str) -> None:
    assert instant_text(at) == written


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own clock is nine hours ahead."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


def test_an_instant_is_written_in_utc_wherever_the_machine_stands(in_tokyo: None) -> None:
    assert instant_text(datetime(2015, 2, 18, 9, 30, tzinfo=UTC)) == "2015-02-18T09:30:00Z"
