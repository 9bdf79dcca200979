"""Announcing: a fixed set of a round's signed-off decisions, published in one transaction, now or at an hour.

The announcer names the set that was looked at by its digest, so that 65 cannot be announced when
64 is meant. What is scheduled stays that set: its members are in no other preview until it is cancelled.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.casework import grants
from app.log.encoding import instant_text
from app.log.leaves import canonical
from app.records import announcements, application_lists, ledger, rounds
from app.records.entries import AnyEntry
from app.records.entries.announcements import AnnouncementCancelled, AnnouncementMade, AnnouncementScheduled
from app.records.entries.decisions import DecisionPublished
from app.records.entries.grants import NewGrant
from app.records.session import Session
from app.records.tables import Announcement, Decision
from app.rules import deadlines
from app.rules.callers import Person
from app.rules.decisions import AnnouncementState
from app.rules.grants import Agreement, End, Grant
from app.rules.lifecycle import State
from app.rules.refusals import (
    AnnouncementChanged,
    Fault,
    InvalidDocument,
    NotFound,
    NothingToAnnounce,
    WrongState,
)
from app.rules.rounds import RoundPlan
from app.rules.words import Level, Outcome


class Outstanding(NamedTuple):
    """A CCG whose application would not be in the announcement, since it is not signed off yet."""

    reference: str
    ods_code: str
    name: str
    state: State


@dataclass(frozen=True, slots=True)
class Preview:
    """What an announcement would publish now."""

    plan: RoundPlan
    levels: tuple[Level, ...]
    decisions: tuple[Decision, ...]
    outstanding: tuple[Outstanding, ...]
    scheduled: tuple[Announcement, ...]
    set_digest: str


class Announced(NamedTuple):
    """An announcement, and the decisions it is of.

    ``public_sequence`` is the register's after it; None while it has published nothing.
    """

    announcement: Announcement
    decisions: tuple[Decision, ...]
    public_sequence: int | None


def preview(session: Session, round_id: str, levels: Collection[Level]) -> Preview:
    """The set that would be announced. Raises NotFound for a round that does not exist."""
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise NotFound("There is no such round.")
    chosen = tuple(sorted(set(levels)))
    scheduled = announcements.scheduled(session, round_id)
    taken = {decision_id for each in scheduled for decision_id in each.decision_ids}
    waiting_now = announcements.signed_off(session, round_id, chosen)
    decisions = tuple(each for each in waiting_now if each.decision_id not in taken)
    waiting = application_lists.waiting_for_sign_off(session, round_id, chosen)
    outstanding = tuple(
        Outstanding(case.reference, code, case.names[code], case.state) for case in waiting for code in case.members
    )
    return Preview(plan, chosen, decisions, outstanding, tuple(scheduled), _digest(round_id, decisions))


def rehearse(session: Session, round_id: str, levels: Collection[Level], *, at: datetime) -> Preview:
    """Preview, and remember the set so that a changed announcement can say what changed."""
    found = preview(session, round_id, levels)
    announcements.remember_preview(
        session, found.set_digest, round_id, [each.decision_id for each in found.decisions], at=at
    )
    return found


def announce(
    session: Session,
    round_id: str,
    levels: Collection[Level],
    *,
    expect: str,
    publish_at: datetime | None = None,
    announcement_id: str,
    person: Person,
    at: datetime,
) -> Announced:
    """Publish the set whose digest is ``expect``, or schedule it for an instant that lies ahead.

    Raises AnnouncementChanged with the difference when the set is another one by now, NothingToAnnounce
    when it is empty, and InvalidDocument for an instant that has passed.
    """
    found = preview(session, round_id, levels)
    if not found.decisions and expect == found.set_digest:
        raise NothingToAnnounce(f"Nothing in round {round_id} is signed off and waiting to be announced.")
    if expect != found.set_digest:
        raise _changed(session, found, expect)
    if publish_at is not None and publish_at <= at:
        fault = Fault("/publishAt", f"{instant_text(publish_at)} has passed.")
        raise InvalidDocument("An announcement is scheduled for an instant that lies ahead.", faults=[fault])
    if publish_at is None:
        made = AnnouncementMade(
            announcement_id=announcement_id,
            round_id=found.plan.round_id,
            levels=found.levels,
            set_digest=found.set_digest,
            size=len(found.decisions),
            decision_ids=tuple(each.decision_id for each in found.decisions),
            due_at=None,
            actor=person.key,
        )
        ledger.append(session, [made, *_published(session, found.decisions, made, at)], at=at)
    else:
        ledger.append(session, [_scheduled(found, publish_at, announcement_id, person)], at=at)
    # Its decisions are known: to read 2,000 of them again would keep other writers waiting.
    return _announced(session, _row(session, round_id, announcement_id), found.decisions)


def find(session: Session, round_id: str, announcement_id: str) -> Announced:
    """An announcement of a round. Raises NotFound where there is none."""
    row = _row(session, round_id, announcement_id)
    return _announced(session, row, tuple(announcements.decisions_of(session, row)))


def cancel(session: Session, round_id: str, announcement_id: str, *, person: Person, at: datetime) -> Announced:
    """Take back what was scheduled; its decisions can be announced again. Raises NotFound, and WrongState."""
    found = find(session, round_id, announcement_id)
    if found.announcement.state != AnnouncementState.SCHEDULED:
        raise WrongState(
            f"The announcement is {found.announcement.state}.", extra={"state": found.announcement.state, "allowed": []}
        )
    entry = AnnouncementCancelled(announcement_id=announcement_id, round_id=round_id, actor=person.key)
    ledger.append(session, [entry], at=at)
    return find(session, round_id, announcement_id)


def entries_of_due(session: Session, announcement: Announcement, *, actor: str, at: datetime) -> list[AnyEntry]:
    """What publishes a scheduled announcement, once its hour has come; the entries say when it was due."""
    decisions = announcements.decisions_of(session, announcement)
    made = AnnouncementMade(
        announcement_id=announcement.announcement_id,
        round_id=announcement.round_id,
        levels=tuple(map(Level, announcement.levels)),
        set_digest=announcement.set_digest,
        size=announcement.size,
        decision_ids=tuple(announcement.decision_ids),
        due_at=announcement.publish_at or at,
        actor=actor,
    )
    return [made, *_published(session, decisions, made, at)]


def _row(session: Session, round_id: str, announcement_id: str) -> Announcement:
    row = announcements.fetch(session, announcement_id)
    if row is None or row.round_id != round_id:
        raise NotFound("There is no such announcement.")
    return row


def _announced(session: Session, row: Announcement, decisions: tuple[Decision, ...]) -> Announced:
    return Announced(row, decisions, ledger.public_sequence(session) if row.announced_at else None)


def _digest(round_id: str, decisions: Collection[Decision]) -> str:
    """Names the set. What a decision says never changes, so its id stands for its reasons and conditions too."""
    rows = [
        [each.decision_id, each.requested_level, each.outcome, each.granted_level, str(each.effective_from)]
        for each in decisions
    ]
    return "sha256:" + hashlib.sha256(canonical([round_id, rows])).hexdigest()


def _changed(session: Session, found: Preview, expect: str) -> AnnouncementChanged:
    now = {each.decision_id for each in found.decisions}
    seen = announcements.recall_preview(session, expect, found.plan.round_id)
    if seen is None and not now:
        raise NothingToAnnounce(f"Nothing in round {found.plan.round_id} is signed off and waiting to be announced.")
    difference: Mapping[str, Any] = {
        "added": sorted(now - set(seen)) if seen is not None else None,
        "removed": sorted(set(seen) - now) if seen is not None else None,
        "expected": len(seen) if seen is not None else None,
        "found": len(now),
    }
    return AnnouncementChanged(
        "The decisions to announce are not those of the preview that was named.",
        extra={"difference": difference, "setDigest": found.set_digest},
    )


def _scheduled(found: Preview, publish_at: datetime, announcement_id: str, person: Person) -> AnnouncementScheduled:
    return AnnouncementScheduled(
        announcement_id=announcement_id,
        round_id=found.plan.round_id,
        levels=found.levels,
        set_digest=found.set_digest,
        size=len(found.decisions),
        decision_ids=tuple(each.decision_id for each in found.decisions),
        publish_at=publish_at,
        actor=person.key,
    )


def _published(
    session: Session, decisions: Sequence[Decision], made: AnnouncementMade, at: datetime
) -> Iterator[DecisionPublished]:
    """One entry for each decision, which opens the one that was written at sign-off."""
    versions = announcements.versions_of(session, {each.reference for each in decisions if each.reference})
    places_in_case: Counter[str] = Counter()
    granted = _granted(session, decisions, made.round_id)
    for decision in decisions:
        # What casework signed off has an application.
        reference = decision.reference or ""
        yield DecisionPublished(
            reference=reference,
            ods_code=decision.ods_code,
            decision_id=decision.decision_id,
            announcement_id=made.announcement_id,
            round_id=made.round_id,
            opens=decision.signed_off_index,
            occurred_on=deadlines.london_day(at),
            position=places_in_case[reference],
            version=versions[reference] + 1,
            state=State.DECIDED,
            grant=granted.get(decision.decision_id),
            due_at=made.due_at,
            actor=made.actor,
        )
        places_in_case[reference] += 1


def _granted(session: Session, decisions: Sequence[Decision], round_id: str) -> dict[str, NewGrant]:
    """What the decisions give, by decision id; if it is known already how a grant ends, that is said with it."""
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise NotFound("There is no such round.")
    new = {each.decision_id: _grant(each, plan) for each in decisions if each.granted_level is not None}
    ends = grants.known_ends(session, new.values(), kind=plan.kind)
    return {decision_id: _new_grant(grant, ends.get(grant.ods_code)) for decision_id, grant in new.items()}


def _grant(decision: Decision, plan: RoundPlan) -> Grant:
    """A conditional grant has no first day before its conditions are met."""
    starts = None if decision.outcome == Outcome.CONDITIONAL else decision.effective_from
    level = Level(decision.granted_level or "")
    return Grant(decision.ods_code, level, Agreement.AWAITED, starts, None, (plan.starts_on, plan.round_id))


def _new_grant(grant: Grant, end: End | None) -> NewGrant:
    return NewGrant(
        level=grant.level,
        agreement=grant.agreement,
        in_force_from=grant.in_force_from,
        in_force_to=end.last_day if end else None,
        ended_by=end.by if end else None,
    )
