"""What the regional moderation panel does with a submission: assess it, ask for changes, record outcomes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from app.casework import application_views, eligibility
from app.casework.application_views import ApplicationView
from app.casework.applying import Acted
from app.records import case_files, ledger
from app.records.entries.reviews import (
    AssessmentRecorded,
    ChangeItem,
    ChangesRequested,
    OutcomeRecommended,
    OutcomeReturned,
)
from app.records.session import Session
from app.rules import deadlines, lifecycle, outcomes, permissions, pointers, proposals
from app.rules.callers import Person
from app.rules.lifecycle import Act, State
from app.rules.outcomes import Ruling, Sitting
from app.rules.refusals import Fault, InvalidDocument, check_all
from app.rules.versions import Expectation
from app.rules.words import Criterion, Rating


class Item(NamedTuple):
    """One change the panel asks for; ``pointer`` says where in the application, when it is one place."""

    pointer: str | None
    text: str


def request_changes(
    session: Session,
    view: ApplicationView,
    items: Sequence[Item],
    due_on: date,
    *,
    panel: Person,
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Ask the applicants for changes by a day; the application then waits on them."""
    case = view.case
    expected.check(case.version)
    state = view.step(Act.REQUEST_CHANGES, at)
    wanted = [item.pointer for item in items]
    check_all(
        lambda: pointers.check_lead_somewhere(eligibility.draft_of(case).whole, wanted),
        lambda: _check_due(due_on, deadlines.london_day(at), case.round.closes_on),
    )
    entry = ChangesRequested(
        reference=case.reference,
        version=case.version + 1,
        state=state,
        due_on=due_on,
        actor=panel.key,
        items=tuple(ChangeItem(item.pointer, item.text) for item in items),
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, panel))


def record_outcomes(
    session: Session,
    view: ApplicationView,
    rulings: Sequence[Ruling],
    sitting: Sitting,
    *,
    panel: Person,
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Record one outcome for each member CCG, all in one act; the application then waits for sign-off."""
    case = view.case
    permissions.check_may_record(panel, case.parties)
    expected.check(case.version)
    state = view.step(Act.RECORD_OUTCOMES, at)
    is_late = case.state is State.CHANGES_REQUESTED
    if is_late:
        _check_changes_are_overdue(view, at)
    today = deadlines.london_day(at)
    given = outcomes.check_rulings(
        case.level,
        case.members,
        rulings,
        sitting=sitting,
        today=today,
        document=case.application.document,
        only_rejection=is_late,
        is_scaled_down=case.scaled_down is not None,
        stage=case.round.stage,
    )
    entries = [
        OutcomeRecommended(
            reference=case.reference,
            ods_code=ruling.ods_code,
            version=case.version + 1,
            state=state,
            position=place,
            requested_level=case.level,
            outcome=ruling.outcome,
            granted_level=granted.level,
            chosen_by=ruling.chosen_by,
            reasons=ruling.reasons,
            conditions=ruling.conditions,
            functions=granted.functions,
            actor=panel.key,
            panel=sitting,
            private_note=ruling.private_note,
        )
        for place, (ruling, granted) in enumerate(
            sorted(zip(rulings, given, strict=True), key=lambda each: case.members.index(each[0].ods_code))
        )
    ]
    receipts = ledger.append(session, entries, at=at)
    return Acted(receipts[0], application_views.renewed_view(view, panel))


def withdraw_outcomes(
    session: Session,
    view: ApplicationView,
    *,
    note: str,
    panel: Person,
    expected: Expectation,
    at: datetime,
) -> Acted:
    """Take recorded outcomes back before they are signed off. Any panel member of the region may, also the recorder.

    It does what a return does, and applicants are told the same.
    """
    case = view.case
    permissions.check_has_no_interest(panel, case.parties)
    expected.check(case.version)
    entry = OutcomeReturned(
        reference=case.reference,
        version=case.version + 1,
        state=view.step(Act.WITHDRAW_OUTCOMES, at),
        actor=panel.key,
        note=note,
        taken_back=True,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, panel))


def assess(
    session: Session,
    view: ApplicationView,
    criterion: Criterion,
    rating: Rating,
    justification: str,
    *,
    panel: Person,
    expected: Expectation,
    at: datetime,
) -> tuple[Acted, int]:
    """Say how far a criterion is met, and why; it takes the place of what was said by it before. All of it private.

    ``expected`` is the version of what is replaced; nothing is said for the first. The application's version stays,
    since applicants see it: they are not told that the panel is at work. Returns the assessment's own version too.
    """
    case = view.case
    permissions.check_has_no_interest(panel, case.parties)
    before = case_files.assessments_by(session, case.reference, criterion)
    expected.check(before)
    view.check_state(fits=lifecycle.is_under_way(case.state), act="assess", at=at)
    proposals.check_criterion(criterion, case.level, case.round.stage)
    entry = AssessmentRecorded(
        reference=case.reference,
        criterion=criterion,
        actor=panel.key,
        rating=rating,
        justification=justification,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return Acted(receipt, application_views.renewed_view(view, panel)), before + 1


def _check_due(due_on: date, today: date, closes_on: date | None) -> None:
    if closes_on is None and due_on < today:
        raise InvalidDocument("Changes are due from today on.", faults=[Fault("/dueOn", f"{due_on} has passed.")])
    if closes_on is not None and not today <= due_on <= closes_on:
        raise InvalidDocument(
            f"Changes are due from today, {today}, to the end of the round, {closes_on}.",
            faults=[Fault("/dueOn", f"{due_on} is not between {today} and {closes_on}.")],
        )


def _check_changes_are_overdue(view: ApplicationView, at: datetime) -> None:
    """North West London: a rejection needs no resubmission once the day for it has passed."""
    due_on = view.case.application.due_on
    if due_on is not None and not deadlines.has_passed(due_on, at):
        raise view.conflict(f"Changes are awaited until the end of {due_on}.", at)
