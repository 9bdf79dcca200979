"""Announcing: a fixed set of a round's signed-off decisions, published in one transaction.

The announcer names the set that was looked at by its digest, so that 65 cannot be announced when
64 is meant.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from app.log.leaves import canonical
from app.records import announcements, applications, ledger, places, rounds
from app.records.ledger import Entry
from app.records.session import Session
from app.records.tables import Decision
from app.rules import deadlines
from app.rules.callers import Person
from app.rules.lifecycle import State
from app.rules.refusals import AnnouncementChanged, NotFound, NothingToAnnounce
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
    set_digest: str


class Announced(NamedTuple):
    """What an announcement published; the public sequence is the register's after it."""

    announcement_id: str
    preview: Preview
    published_at: datetime
    public_sequence: int


def preview(session: Session, round_id: str, levels: Collection[Level]) -> Preview:
    """The set that would be announced. Raises NotFound for a round that does not exist."""
    plan = rounds.fetch(session, round_id)
    if plan is None:
        raise NotFound("There is no such round.")
    chosen = tuple(sorted(set(levels)))
    decisions = tuple(announcements.signed_off(session, round_id, chosen))
    waiting = applications.waiting_for_sign_off(session, round_id, chosen)
    names = places.names_of(session, {code for case in waiting for code in case.members})
    outstanding = tuple(
        Outstanding(case.reference, code, names[code], case.state) for case in waiting for code in case.members
    )
    return Preview(plan, chosen, decisions, outstanding, _digest(round_id, decisions))


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
    announcement_id: str,
    person: Person,
    at: datetime,
) -> Announced:
    """Publish the set whose digest is ``expect``.

    Raises AnnouncementChanged with the difference when the set is another one by now, and
    NothingToAnnounce when it is empty.
    """
    found = preview(session, round_id, levels)
    if not found.decisions and expect == found.set_digest:
        raise NothingToAnnounce(f"Nothing in round {round_id} is signed off and waiting to be announced.")
    if expect != found.set_digest:
        raise _changed(session, found, expect)
    receipts = ledger.append(session, _entries(session, found, announcement_id, person, at), at=at)
    return Announced(announcement_id, found, at, receipts[-1].index)


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


def _entries(session: Session, found: Preview, announcement_id: str, person: Person, at: datetime) -> list[Entry]:
    made = Entry(
        "announcement.made",
        {
            "announcementId": announcement_id,
            "roundId": found.plan.round_id,
            "levels": found.levels,
            "setDigest": found.set_digest,
            "size": len(found.decisions),
        },
        {"actor": person.key},
    )
    versions = announcements.versions_of(session, {each.reference for each in found.decisions if each.reference})
    day = deadlines.london_day(at)
    places_in_case: Counter[str | None] = Counter()
    entries = [made]
    for decision in found.decisions:
        version = versions[decision.reference or ""] + 1
        position = places_in_case[decision.reference]
        places_in_case[decision.reference] += 1
        entries.append(_published(decision, found.plan, announcement_id, position, version, day, person))
    return entries


def _published(
    decision: Decision,
    plan: RoundPlan,
    announcement_id: str,
    position: int,
    version: int,
    day: date,
    person: Person,
) -> Entry:
    return Entry(
        "decision.published",
        {
            "decisionId": decision.decision_id,
            "announcementId": announcement_id,
            "roundId": plan.round_id,
            "opens": decision.signed_off_index,
            "occurredOn": day.isoformat(),
            "position": position,
            "version": version,
            "state": State.DECIDED,
            "grant": _grant(decision),
        },
        {"actor": person.key},
        reference=decision.reference,
        ods_code=decision.ods_code,
        publishes=True,
    )


def _grant(decision: Decision) -> dict[str, Any] | None:
    """What the decision gives: a conditional one has no first day before its conditions are met."""
    if decision.granted_level is None:
        return None
    starts = None if decision.outcome == Outcome.CONDITIONAL else decision.effective_from
    return {
        "level": decision.granted_level,
        "agreement": "awaited",
        "inForceFrom": starts.isoformat() if starts else None,
    }
