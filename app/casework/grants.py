"""How grants start and end: told once when their day has come, and ended by what else becomes known of a CCG."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TypedDict

from app.casework import closing
from app.records import approvals, ledger, organisations
from app.records.approvals import Held
from app.records.entries.approvals import ApprovalEnded, ApprovalEnding, ApprovalResumed, ApprovalStarted
from app.records.entries.base import DecisionSubject
from app.records.organisations import Closing
from app.records.session import Session
from app.rules import deadlines
from app.rules.grants import End, EndedBy, Grant, end_of
from app.rules.rounds import RoundKind


def settle(session: Session, codes: Collection[str], *, actor: str, at: datetime) -> int:
    """End the grants of these CCGs that have ended or are known to end by now (rules 11 and 14).

    One publishing entry each; returns how many there were. A grant ends by an act on itself (notice,
    revocation) or by what follows (another grant, the CCG's closing), whichever comes first. An end that
    followed from what has been corrected since is moved, or taken back where nothing ends the grant any more.
    Proposals about them that this makes impossible are closed.
    """
    closings = organisations.closings(session, codes)
    today = deadlines.london_day(at)
    entries: list[ApprovalEnded | ApprovalEnding | ApprovalResumed] = []
    for kind in RoundKind:
        held = approvals.held_by(session, codes, kind=kind)
        for each, end in _ends(held, closings):
            entries.append(_resumed(each, actor) if end is None else ended(each, end, today, actor=actor))
    if entries:
        ledger.append(session, entries, at=at)
        closing.close(session, {each.decision_id for each in entries}, actor=actor, at=at)
    return len(entries)


def known_ends(session: Session, new: Collection[Grant], *, kind: str) -> dict[str, End]:
    """How grants that are given now will end, by ODS code, as far as that follows from what is known already."""
    codes = {each.ods_code for each in new}
    closings = organisations.closings(session, codes)
    held: defaultdict[str, list[Grant]] = defaultdict(list)
    for grant in approvals.grants_of(session, codes, kind=kind):
        held[grant.ods_code].append(grant)
    ends = {each.ods_code: _following(each, held[each.ods_code], closings) for each in new}
    return {code: end for code, end in ends.items() if end is not None}


def _following(grant: Grant, others: Collection[Grant], closings: Mapping[str, Closing]) -> End | None:
    """How a grant ends by what else its CCG was granted and by the CCG's own end."""
    closed_on, closed_by = closings[grant.ods_code]
    return end_of(grant, others, closed_on=closed_on, closed_by=closed_by)


def _ends(held: list[Held], closings: Mapping[str, Closing]) -> Iterator[tuple[Held, End | None]]:
    """The grants whose end is not the one that is known, with the end as it is now."""
    ends: dict[str, End | None] = {}
    settled: defaultdict[str, list[Grant]] = defaultdict(list)
    # The newest first: whether a grant ends those before it depends on its own end, as that is now.
    for each in sorted(held, key=lambda one: one.grant.order, reverse=True):
        code = each.grant.ods_code
        following = _following(each.grant, settled[code], closings)
        known = [one for one in (each.own_end, following) if one is not None]
        end = min(known, key=lambda one: one.last_day, default=None)
        last_day = None if end is None else end.last_day
        settled[code].append(each.grant if end == each.end else replace(each.grant, in_force_to=last_day))
        ends[each.decision_id] = end
    return ((each, ends[each.decision_id]) for each in held if ends[each.decision_id] != each.end)


class _Ending(TypedDict):
    occurred_on: date
    in_force_to: date
    ended_by: EndedBy
    reason: str | None
    legal_basis: str | None
    due_at: datetime | None


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
) -> ApprovalEnded | ApprovalEnding:
    """The entry that says how a grant ends: that it has ended, once its last day is over, else that it will.

    ``due_at`` is when the clockwork should have told it; ``is_first`` whether it is the act's first entry
    about the decision, which counts its version up.
    """
    subject = _subject(held, actor, is_first=is_first)
    ending: _Ending = {
        "occurred_on": end.last_day,
        "in_force_to": end.last_day,
        "ended_by": end.by,
        "reason": reason,
        "legal_basis": legal_basis,
        "due_at": due_at,
    }
    return ApprovalEnded(**subject, **ending) if end.last_day < today else ApprovalEnding(**subject, **ending)


def started(held: Held, *, actor: str, due_at: datetime | None = None, is_first: bool = True) -> ApprovalStarted:
    """The entry that says that a grant is in force; ``due_at`` is when the clockwork should have told it."""
    starts = held.grant.in_force_from
    subject = _subject(held, actor, is_first=is_first)
    return ApprovalStarted(**subject, occurred_on=starts, in_force_from=starts, due_at=due_at)


def _resumed(held: Held, actor: str) -> ApprovalResumed:
    """What was said to end the grant is not so."""
    return ApprovalResumed(**_subject(held, actor, is_first=True))


def _subject(held: Held, actor: str, *, is_first: bool) -> DecisionSubject:
    return {
        "reference": held.reference,
        "ods_code": held.grant.ods_code,
        "decision_id": held.decision_id,
        "round_id": held.round_id,
        "decision_version": held.version + 1 if is_first else None,
        "actor": actor,
    }
