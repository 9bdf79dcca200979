"""What happens by time: each an act that is written at or after its hour, late after an outage, never back-dated."""

from collections.abc import Callable, Sequence
from datetime import datetime

from app.casework import announcing, closing, grants
from app.records import announcements, approvals, decisions, due, ledger, rounds
from app.records.entries import AnyEntry
from app.records.entries.announcements import AnnouncementMade
from app.records.entries.applications import ApplicationLapsed
from app.records.entries.places import RoundChanged
from app.records.entries.reviews import OutcomeShown
from app.records.session import Session
from app.rules import deadlines
from app.rules.lifecycle import Act, State, move

ACTOR = "clockwork"
Job = Callable[[Session, datetime], Sequence[AnyEntry]]


def publish_announcement(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What publishes the scheduled announcement that has been due longest."""
    scheduled = announcements.due(session, at)
    return [] if scheduled is None else announcing.entries_of_due(session, scheduled, actor=ACTOR, at=at)


def show_outcomes(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What shows applicants their outcome, where their round says that they see it ahead of the announcement."""
    return [
        OutcomeShown(
            reference=case.reference,
            version=case.version + 1,
            state=State.DECIDED,
            member_ods_codes=case.members,
            due_at=case.round.applicants_see_at or at,
            actor=ACTOR,
        )
        for case in due.to_be_shown(session, at)
    ]


def lapse_applications(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What lapses drafts, and applications that wait for changes, of rounds that are over."""
    return [
        ApplicationLapsed(
            reference=case.reference,
            version=case.version + 1,
            state=move(case.state, Act.LAPSE),
            member_ods_codes=case.members,
            due_at=deadlines.closes_at(closed_on),
            actor=ACTOR,
        )
        for case in due.to_lapse(session, deadlines.london_day(at))
        for closed_on in [case.round.closes_on]
        if closed_on is not None
    ]


def count_applications(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What publishes that a round's applications are counted, unless something was published since that day began.

    Public counts are those of the newest publication, so there has to be one.
    """
    published_at = ledger.published_at(session, ledger.public_sequence(session))
    entries = []
    for plan in rounds.all_rounds(session):
        if plan.applications_public_from is None:
            continue
        due_at = deadlines.start_of(plan.applications_public_from)
        if due_at <= at and (published_at is None or published_at < due_at):
            entries.append(RoundChanged.of(plan, actor=ACTOR, due_at=due_at))
    return entries


def announce_starts(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What tells of the grants that have come into force."""
    return [
        grants.started(held, actor=ACTOR, due_at=deadlines.start_of(day))
        for held in approvals.unannounced_starts(session, deadlines.london_day(at))
        for day in [held.grant.in_force_from]
        if day is not None
    ]


def announce_ends(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What tells of the grants whose last day is over."""
    today = deadlines.london_day(at)
    return [
        grants.ended(held, held.end, today, actor=ACTOR, due_at=deadlines.closes_at(held.end.last_day))
        for held in approvals.unannounced_ends(session, today)
        if held.end is not None
    ]


def close_proposals(session: Session, at: datetime) -> Sequence[AnyEntry]:
    """What closes the proposals that can no longer be confirmed, because a day has passed."""
    return closing.entries_about(decisions.with_open_proposal(session), deadlines.london_day(at), actor=ACTOR)


# In the order in which they are done, each by the words that say what was done.
JOBS: dict[str, Job] = {
    "decisions announced": publish_announcement,
    "outcomes shown to applicants": show_outcomes,
    "applications lapsed": lapse_applications,
    "rounds whose applications are counted": count_applications,
    "grants started": announce_starts,
    "grants ended": announce_ends,
    "proposals closed": close_proposals,
}


def run(session: Session, what: str, at: datetime) -> int:
    """Do a job as far as it is due, in one act; returns of how many that was. The session is a writing one."""
    entries = JOBS[what](session, at)
    if entries:
        ledger.append(session, entries, at=at)
    # An announcement has an entry of its own before those of its decisions: 64 announced are not 65.
    return sum(not isinstance(entry, AnnouncementMade) for entry in entries)
