"""Typed entries: every kind is read as it was written, all that the log holds is read, and what does not fit is not."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.log.leaves import canonical
from app.records.entries import CLASSES, AnyEntry, from_logged
from app.records.entries.log import EntryRedacted
from app.records.entries.reviews import AssessmentRecorded, OutcomeReturned
from app.records.entries.wire import LoggedEntry
from app.rules.lifecycle import State
from app.rules.words import Criterion, Rating
from tests.nets.entries import GOLDEN, LATER

# Written out by hand: the register writes and reads these for ever.
KINDS = {
    *("log.opened", "entry.redacted", "clock.accepted", "organisation.changed", "organisations.stated"),
    *("round.changed", "total.reported", "client.changed", "person.changed"),
    *("application.scaled_down", "succession.proposed", "succession.withdrawn", "succession.confirmed"),
    *("application.created", "application.amended", "consent.given", "application.submitted"),
    *("application.withdrawn", "application.lapsed", "member.left", "extension.granted", "changes.requested"),
    *("assessment.recorded", "outcome.recommended", "outcome.returned", "outcome.shown", "declaration.made"),
    *("decision.signed_off", "announcement.scheduled", "announcement.cancelled", "announcement.made"),
    *("decision.published", "decision.corrected", "evidence.given"),
    *("condition.met", "condition.waived", "condition.lapsed"),
    *("approval.promoted", "agreement.signed", "approval.not_taken_up", "approval.started", "notice.given"),
    *("approval.ending", "approval.ended", "approval.resumed", "proposal.made", "proposal.confirmed"),
    *("proposal.withdrawn", "proposal.closed", "notice.withdrawn", "agreement.corrected"),
}
TWO_CLASSES = {
    *("declaration.made", "decision.published", "decision.corrected", "extension.granted"),
    "succession.confirmed",
}
AT = datetime(2015, 1, 5, 9, 30, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: st.integers(0, 2**53),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Any: JSON,
    NoneType: st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that a field with this annotation can have."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is not None:
        return GENERIC[origin](arguments)
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        cls: Any = hint
        return st.builds(cls, **{each.name: values_of(hints[each.name]) for each in fields(hint)})
    return st.sampled_from(list(hint)) if isinstance(hint, type) and issubclass(hint, Enum) else PLAIN[hint]


def union_of(arguments: Any) -> st.SearchStrategy[Any]:
    return st.one_of(*map(values_of, arguments))


GENERIC: dict[Any, Callable[[Any], st.SearchStrategy[Any]]] = {
    Annotated: lambda arguments: values_of(arguments[0]),
    Union: union_of,
    UnionType: union_of,
    tuple: lambda arguments: st.lists(values_of(arguments[0]), max_size=2).map(tuple),
    Sequence: lambda arguments: st.lists(values_of(arguments[0]), max_size=2),
    Mapping: lambda arguments: st.dictionaries(st.text(max_size=5), values_of(arguments[1]), max_size=2),
    Literal: st.sampled_from,
}


def logged(entry: AnyEntry, **changed: Any) -> LoggedEntry:
    """The entry as it would stand in the log, with other members in its body."""
    said = entry.to_entry()
    body = {
        "index": 7,
        "kind": said.kind,
        "reference": said.reference,
        "odsCode": said.ods_code,
        "at": "2015-01-05T09:30:00Z",
        "data": said.data,
    }
    return LoggedEntry.of(canonical({**body, **changed}), canonical(said.private))


def with_private(entry: AnyEntry, private: bytes) -> LoggedEntry:
    """The entry as it would stand in the log, with other private bytes."""
    said = entry.to_entry()
    body = {"index": 7, "kind": said.kind, "reference": said.reference, "odsCode": said.ods_code}
    return LoggedEntry.of(canonical({**body, "at": "2015-01-05T09:30:00Z", "data": said.data}), private)


def golden() -> list[tuple[bytes, bytes | None]]:
    """Entries as they were first written, of every kind that there has been."""
    lines = (json.loads(line) for file in (GOLDEN, LATER) for line in file.read_text(encoding="utf-8").splitlines())
    return [(line["body"].encode(), line["private"] and line["private"].encode()) for line in lines if "body" in line]


def test_there_are_51_kinds_and_a_class_for_each() -> None:
    assert len(KINDS) == 51
    assert {cls.KIND for cls in CLASSES} == KINDS


def test_only_what_casework_and_history_or_two_acts_say_differently_has_two_classes() -> None:
    times = Counter(cls.KIND for cls in CLASSES)

    assert {kind for kind, number in times.items() if number > 1} == TWO_CLASSES
    assert max(times.values()) == 2


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@settings(max_examples=20, derandomize=True, database=None, deadline=None)
@given(data=st.data())
def test_an_entry_is_read_as_it_was_written(cls: type[AnyEntry], data: st.DataObject) -> None:
    entry = data.draw(values_of(cls))

    assert from_logged(logged(entry)) == entry


def test_bytes_are_kept_of_every_kind() -> None:
    assert {json.loads(body)["kind"] for body, _ in golden()} == KINDS


def test_whatever_the_log_holds_is_read_and_would_be_written_the_same() -> None:
    for body, private in golden():
        kept = orjson.loads(body)

        again = from_logged(LoggedEntry.of(body, private)).to_entry()

        assert canonical(again.data) == canonical(kept["data"])
        assert private is None or canonical(again.private) == private
        assert [again.kind, again.publishes, again.reference, again.ods_code] == [
            kept[name] for name in ("kind", "publishes", "reference", "odsCode")
        ]


RETURNED = OutcomeReturned(reference="CC-1", version=3, state=State.SUBMITTED, actor="person:one", note="Why?")
ASSESSED = AssessmentRecorded(
    reference="CC-1", criterion=Criterion.FINANCE, actor="person:one", rating=Rating.MET, justification="It adds up."
)


def test_fields_stand_in_the_envelope_in_the_body_and_in_the_private_part() -> None:
    said = RETURNED.to_entry()

    assert said.reference == "CC-1"
    assert said.ods_code is None
    assert said.data == {"version": 3, "state": "submitted"}
    assert said.private == {"actor": "person:one", "note": "Why?"}


def test_what_was_redacted_is_none() -> None:
    entry = logged(RETURNED)
    redacted = LoggedEntry(entry.position, entry.kind, entry.reference, entry.ods_code, entry.data, None)

    assert from_logged(redacted) == OutcomeReturned(
        reference="CC-1", version=3, state=State.SUBMITTED, actor=None, note=None
    )


def test_a_private_member_that_nobody_wrote_is_none() -> None:
    entry = logged(RETURNED)
    bare = LoggedEntry(entry.position, entry.kind, entry.reference, entry.ods_code, entry.data, {"note": "Why?"})

    assert from_logged(bare) == OutcomeReturned(
        reference="CC-1", version=3, state=State.SUBMITTED, actor=None, note="Why?"
    )


def test_members_that_only_earlier_releases_wrote_are_read_past() -> None:
    earlier = logged(ASSESSED, data={"criterion": "finance", "version": 5, "state": "submitted"})

    assert from_logged(earlier) == ASSESSED


UNREADABLE: dict[str, tuple[LoggedEntry, type[Exception], str]] = {
    "an unknown kind": (logged(RETURNED, kind="outcome.forgotten"), KeyError, "'outcome.forgotten'"),
    "a member that is missing": (logged(RETURNED, data={"version": 3}), KeyError, "'outcome.returned lacks state'"),
    "a member that nobody knows": (
        logged(RETURNED, data={"version": 3, "state": "draft", "colour": "red"}),
        ValueError,
        "outcome.returned has no such members: colour, state, version",
    ),
    "text for a number": (logged(RETURNED, data={"version": "3", "state": "draft"}), TypeError, "'3' is no int"),
    "true for a number": (logged(RETURNED, data={"version": True, "state": "draft"}), TypeError, "True is no int"),
    "nothing for a number": (logged(RETURNED, data={"version": None, "state": "draft"}), TypeError, "None is no int"),
    "a state that is none": (logged(RETURNED, data={"version": 3, "state": "lost"}), KeyError, "'lost'"),
    "no reference": (logged(RETURNED, reference=None), TypeError, "outcome.returned of reference None"),
    "the code of a CCG": (logged(RETURNED, odsCode="10T"), TypeError, "outcome.returned of ods_code '10T'"),
    "a private part that is a list": (
        with_private(RETURNED, b"[]"),
        TypeError,
        "outcome.returned keeps a private part that is no object",
    ),
    "a private part that is nothing": (
        with_private(RETURNED, b"false"),
        TypeError,
        "outcome.returned keeps a private part that is no object",
    ),
    "a list for members": (logged(RETURNED, data=[3, "draft"]), KeyError, "'outcome.returned lacks state, version'"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_entry_that_cannot_be_read_says_why(name: str) -> None:
    entry, kind, why = UNREADABLE[name]

    with pytest.raises(kind) as raised:
        from_logged(entry)

    assert str(raised.value) == why


def test_a_private_member_that_nobody_knows_is_refused() -> None:
    entry = logged(EntryRedacted(index=3, ground="Made up.", actor="operator"))
    strange = LoggedEntry(entry.position, entry.kind, None, None, entry.data, {"actor": "operator", "colour": "red"})

    with pytest.raises(ValueError, match=r"^entry.redacted keeps no colour$"):
        from_logged(strange)
