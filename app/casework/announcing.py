"""Announcing: a fixed set of a round's signed-off decisions, published in one transaction, now or at an hour.

The announcer names the set that was looked at by its digest, so that 65 cannot be announced when
64 is meant. What is scheduled stays that set: its members are in no other preview until it is cancelled.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from app.casework import grants
from app.log.encoding import instant_text
from app.log.leaves import canonical
from app.records import announcements, applications, ledger, places, rounds
from app.records.entries.wire import Entry
from app.records.session import Session
from app.records.tables import Announcement, Decision
from app.rules import deadlines
from app.rules.callers import Person
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
    waiting = applications.waiting_for_sign_off(session, round_id, chosen)
    names = places.names_of(session, {code for case in waiting for code in case.members})
    outstanding = tuple(
        Outstanding(case.reference, code, names[code], case.state) for case in waiting for code in case.members
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
    made = _made(found, announcement_id)
    private = {"actor": person.key}
    if publish_at is None:
        entry = Entry("announcement.made", made, private)
        ledger.append(session, [entry, *_published(session, found.decisions, made, private, at)], at=at)
    else:
        due = {**made, "publishAt": instant_text(publish_at)}
        ledger.append(session, [Entry("announcement.scheduled", due, private)], at=at)
    return find(session, round_id, announcement_id)


def find(session: Session, round_id: str, announcement_id: str) -> Announced:
    """An announcement of a round. Raises NotFound where there is none."""
    row = announcements.fetch(session, announcement_id)
    if row is None or row.round_id != round_id:
        raise NotFound("There is no such announcement.")
    sequence = ledger.public_sequence(session) if row.announced_at else None
    return Announced(row, tuple(announcements.decisions_of(session, row)), sequence)


def cancel(session: Session, round_id: str, announcement_id: str, *, person: Person, at: datetime) -> Announced:
    """Take back what was scheduled; its decisions can be announced again. Raises NotFound, and WrongState."""
    found = find(session, round_id, announcement_id)
    if found.announcement.state != "scheduled":
        raise WrongState(
            f"The announcement is {found.announcement.state}.", extra={"state": found.announcement.state, "allowed": []}
        )
    entry = Entry(
        "announcement.cancelled", {"announcementId": announcement_id, "roundId": round_id}, {"actor": person.key}
    )
    ledger.append(session, [entry], at=at)
    return find(session, round_id, announcement_id)


def entries_of_due(session: Session, announcement: Announcement, *, actor: str, at: datetime) -> list[Entry]:
    """What publishes a scheduled announcement, once its hour has come; the entries say when it was due."""
    decisions = announcements.decisions_of(session, announcement)
    due_at = instant_text(announcement.publish_at or at)
    made = {
        "announcementId": announcement.announcement_id,
        "roundId": announcement.round_id,
        "levels": announcement.levels,
        "setDigest": announcement.set_digest,
        "size": announcement.size,
        "decisionIds": announcement.decision_ids,
        "dueAt": due_at,
    }
    private = {"actor": actor}
    return [Entry("announcement.made", made, private), *_published(session, decisions, made, private, at)]


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


def _made(found: Preview, announcement_id: str) -> dict[str, Any]:
    return {
        "announcementId": announcement_id,
        "roundId": found.plan.round_id,
        "levels": found.levels,
        "setDigest": found.set_digest,
        "size": len(found.decisions),
        "decisionIds": [each.decision_id for each in found.decisions],
    }


def _published(
    session: Session, decisions: Sequence[Decision], made: Mapping[str, Any], private: Mapping[str, Any], at: datetime
) -> Iterator[Entry]:
    """One entry for each decision, which opens the one that was written at sign-off."""
    versions = announcements.versions_of(session, {each.reference for each in decisions if each.reference})
    places_in_case: Counter[str | None] = Counter()
    granted = _granted(session, decisions, made["roundId"])
    due = {name: made[name] for name in ("dueAt",) if name in made}
    for decision in decisions:
        data = {
            "decisionId": decision.decision_id,
            "announcementId": made["announcementId"],
            "roundId": decision.round_id,
            "opens": decision.signed_off_index,
            "occurredOn": deadlines.london_day(at).isoformat(),
            "position": places_in_case[decision.reference],
            "version": versions[decision.reference or ""] + 1,
            "state": State.DECIDED,
            "grant": granted.get(decision.decision_id),
            **due,
        }
        places_in_case[decision.reference] += 1
        yield Entry(
            "decision.published",
            data,
            private,
            reference=decision.reference,
            ods_code=decision.ods_code,
            publishes=True,
        )


def _granted(session: Session, decisions: Sequence[Decision], round_id: str) -> dict[str, dict[str, Any]]:
    """What the decisions give, by decision id; where it is known already how a grant ends, that is said with it."""
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise NotFound("There is no such round.")
    new = {each.decision_id: _grant(each, plan.starts_on) for each in decisions if each.granted_level is not None}
    ends = grants.known_ends(session, new.values(), kind=plan.kind)
    return {decision_id: _grant_data(grant, ends.get(grant.ods_code)) for decision_id, grant in new.items()}


def _grant(decision: Decision, starts_on: date) -> Grant:
    """A conditional grant has no first day before its conditions are met."""
    starts = None if decision.outcome == Outcome.CONDITIONAL else decision.effective_from
    level = Level(decision.granted_level or "")
    return Grant(decision.ods_code, level, Agreement.AWAITED, starts, None, (starts_on, decision.round_id))


def _grant_data(grant: Grant, end: End | None) -> dict[str, Any]:
    return {
        "level": grant.level,
        "agreement": grant.agreement,
        "inForceFrom": grant.in_force_from.isoformat() if grant.in_force_from else None,
        **({"inForceTo": end.last_day.isoformat(), "endedBy": end.by} if end else {}),
    }
