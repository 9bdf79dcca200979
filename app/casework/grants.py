"""How grants start and end: told once when their day has come, and ended by what else becomes known of a CCG."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from app.log.encoding import instant_text
from app.records import approvals, ledger, organisations
from app.records.approvals import Held
from app.records.entries.wire import Entry
from app.records.session import Session
from app.rules import deadlines
from app.rules.grants import End, Grant, end_of
from app.rules.rounds import RoundKind


def settle(session: Session, codes: Collection[str], *, actor: str, at: datetime) -> int:
    """End the grants of these CCGs that have ended or are known to end by now (rules 11 and 14).

    One publishing entry each; returns how many there were. A grant ends by an act on itself (notice,
    revocation) or by what follows (another grant, the CCG's closing), whichever comes first. An end that
    followed from what has been corrected since is moved, or taken back where nothing ends the grant any more.
    """
    closing = organisations.closing_days(session, codes)
    today = deadlines.london_day(at)
    entries = []
    for kind in RoundKind:
        held = approvals.held_by(session, codes, kind=kind)
        for each, end in _ends(held, closing):
            entries.append(_resumed(each, actor) if end is None else ended(each, end, today, actor=actor))
    if entries:
        ledger.append(session, entries, at=at)
    return len(entries)


def known_ends(session: Session, new: Collection[Grant], *, kind: str) -> dict[str, End]:
    """How grants that are given now will end, by ODS code, as far as that follows from what is known already."""
    codes = {each.ods_code for each in new}
    closing = organisations.closing_days(session, codes)
    held = approvals.grants_of(session, codes, kind=kind)
    ends = {
        each.ods_code: end_of(
            each, [one for one in held if one.ods_code == each.ods_code], closed_on=closing[each.ods_code]
        )
        for each in new
    }
    return {code: end for code, end in ends.items() if end is not None}


def _ends(held: list[Held], closing: dict[str, date | None]) -> Iterator[tuple[Held, End | None]]:
    """The grants whose end is not the one that is known, with the end as it is now."""
    ends: dict[str, End | None] = {}
    settled: list[Grant] = []
    # The newest first: whether a grant ends those before it depends on its own end, as that is now.
    for each in sorted(held, key=lambda one: one.grant.order, reverse=True):
        newer = [grant for grant in settled if grant.ods_code == each.grant.ods_code]
        following = end_of(each.grant, newer, closed_on=closing[each.grant.ods_code])
        known = [one for one in (each.own_end, following) if one is not None]
        end = min(known, key=lambda one: one.last_day, default=None)
        last_day = None if end is None else end.last_day
        settled.append(each.grant if end == each.end else replace(each.grant, in_force_to=last_day))
        ends[each.decision_id] = end
    return ((each, ends[each.decision_id]) for each in held if ends[each.decision_id] != each.end)


def ended(
    held: Held,
    end: End,
    today: date,
    *,
    actor: str,
    due_at: datetime | None = None,
    is_first: bool = True,
    reason: str | None = None,
    legal_basis: str | None = None,
) -> Entry:
    """The entry that says how a grant ends: that it has ended, once its last day is over, else that it will.

    ``due_at`` is when the clockwork should have told it; ``is_first`` whether it is the act's first entry
    about the decision, which counts its version up.
    """
    data = {
        **_subject(held, is_first=is_first),
        "occurredOn": end.last_day.isoformat(),
        "inForceTo": end.last_day.isoformat(),
        "endedBy": end.by,
        **({"reason": reason} if reason else {}),
        **({"legalBasis": legal_basis} if legal_basis else {}),
        **_due(due_at),
    }
    return _entry("approval.ended" if end.last_day < today else "approval.ending", held, data, actor)


def started(held: Held, *, actor: str, due_at: datetime | None = None, is_first: bool = True) -> Entry:
    """The entry that says that a grant is in force; ``due_at`` is when the clockwork should have told it."""
    starts = held.grant.in_force_from
    data = {
        **_subject(held, is_first=is_first),
        "occurredOn": starts.isoformat() if starts else None,
        "inForceFrom": starts.isoformat() if starts else None,
        **_due(due_at),
    }
    return _entry("approval.started", held, data, actor)


def _resumed(held: Held, actor: str) -> Entry:
    """What was said to end the grant is not so."""
    return _entry("approval.resumed", held, _subject(held, is_first=True), actor)


def _subject(held: Held, *, is_first: bool) -> dict[str, object]:
    version = {"decisionVersion": held.version + 1} if is_first else {}
    return {"decisionId": held.decision_id, "roundId": held.round_id, **version}


def _due(due_at: datetime | None) -> dict[str, str]:
    return {} if due_at is None else {"dueAt": instant_text(due_at)}


def _entry(kind: str, held: Held, data: Mapping[str, object], actor: str) -> Entry:
    return Entry(kind, data, {"actor": actor}, reference=held.reference, ods_code=held.grant.ods_code, publishes=True)
