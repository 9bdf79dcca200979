"""Agreements: a grant starts only once the CCG and NHS England have signed; some CCGs do not go ahead."""

from datetime import date, datetime

from app.casework.decision_views import DecisionActed, DecisionView, settle_grants
from app.records import ledger
from app.records.entries.approvals import AgreementCorrected, AgreementSigned, ApprovalNotTakenUp
from app.records.entries.codec import read
from app.records.entries.proposals import AgreementTerms
from app.records.session import Session
from app.records.tables import Approval, Decision, Proposal
from app.rules import deadlines
from app.rules.callers import Person
from app.rules.decisions import DecisionAct
from app.rules.grants import CONFIRMED
from app.rules.history import Origin
from app.rules.refusals import Fault, InvalidDocument
from app.rules.versions import Expectation


def sign(
    session: Session,
    view: DecisionView,
    *,
    signed_on: date,
    in_force_from: date | None,
    note: str | None = None,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Record that both have signed. The grant starts on its day, or on the day of signing when that is later.

    ``in_force_from`` is another day that NHS England names. While conditions are open no day is known:
    the grant starts when they are met.
    """
    expected.check(view.dossier.version)
    view.check_possible(DecisionAct.SETTLE_AGREEMENT)
    _check_days(view, signed_on, in_force_from)
    planned = view.dossier.grant.in_force_from if view.dossier.grant else None
    starts = None if planned is None else in_force_from or max(planned, signed_on)
    entry = AgreementSigned(
        **view.subject(person.key), occurred_on=signed_on, signed_on=signed_on, in_force_from=starts, note=note
    )
    receipts = ledger.append(session, [entry], at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=person.key, at=at)


def decline(
    session: Session,
    view: DecisionView,
    *,
    note: str | None,
    person: Person,
    expected: Expectation,
    at: datetime,
) -> DecisionActed:
    """Record that the CCG does not go ahead: the grant never comes into force."""
    expected.check(view.dossier.version)
    view.check_possible(DecisionAct.SETTLE_AGREEMENT)
    entry = ApprovalNotTakenUp(**view.subject(person.key), occurred_on=view.day, note=note)
    receipts = ledger.append(session, [entry], at=at)
    return settle_grants(session, view, DecisionActed(receipts[0], view), actor=person.key, at=at)


# --- corrected by two people ----------------------------------------------------------------------


def check_correction(view: DecisionView, terms: AgreementTerms) -> None:
    """Raise InvalidDocument for days that cannot be, and for what is recorded already."""
    if terms.signed_on is not None:
        _check_days(view, terms.signed_on, terms.in_force_from)
    row = view.dossier.approval
    if row is not None and (row.agreement, row.signed_on, row.in_force_from) == (
        terms.state,
        terms.signed_on,
        _corrected_start(view.dossier.decision, row, terms),
    ):
        said = "That is what is recorded already."
        raise InvalidDocument(said, faults=[Fault("", said)])


def correct(view: DecisionView, proposal: Proposal, person: Person) -> AgreementCorrected:
    """The entry that says what is true of an agreement, once a second person has confirmed it."""
    terms, row = read(AgreementTerms, proposal.terms), view.dossier.approval
    if row is None:
        raise LookupError(f"{view.dossier.decision_id} gives nothing")
    starts = _corrected_start(view.dossier.decision, row, terms)
    return AgreementCorrected(
        **view.subject(person.key, is_first=False),
        occurred_on=view.day,
        agreement=terms.state,
        signed_on=terms.signed_on,
        in_force_from=starts,
        start_announced=row.start_told and terms.state in CONFIRMED and starts == row.in_force_from,
        reason=terms.reason,
        proposed_by=proposal.proposed_by,
    )


def _corrected_start(decision: Decision, row: Approval, terms: AgreementTerms) -> date | None:
    """The first day by the corrected agreement. None while a condition is open.

    It is the day that is named, not before the promotion; else the day that was planned, not before that of signing.
    """
    planned = _planned_start(decision, row)
    if planned is None or terms.signed_on is None:
        return planned
    if terms.in_force_from is not None:
        return max(terms.in_force_from, row.promoted_on or terms.in_force_from)
    return max(planned, terms.signed_on)


def _planned_start(decision: Decision, row: Approval) -> date | None:
    """The first day without regard to the day of signing, which may have put it off."""
    if row.in_force_from is None or row.signed_on is None or row.in_force_from > row.signed_on:
        return row.in_force_from
    days = [day for day in (decision.effective_from, row.promoted_on) if day is not None]
    return max(days, default=row.in_force_from)


def _first_published_on(view: DecisionView) -> date:
    """The day before which nobody can have signed; not known of the past, and of what a correction goes on with."""
    row = view.dossier.decision
    is_first = row.origin == Origin.CASEWORK and row.supersedes is None and row.published_at is not None
    return deadlines.london_day(row.published_at) if is_first and row.published_at else date.min


def _check_days(view: DecisionView, signed_on: date, in_force_from: date | None) -> None:
    public_on = _first_published_on(view)
    promoted_on = view.dossier.approval.promoted_on if view.dossier.approval else None
    faults = []
    if signed_on > view.day:
        faults.append(Fault("/signedOn", f"{signed_on} lies ahead: record it once both have signed."))
    if signed_on < public_on:
        faults.append(Fault("/signedOn", f"{signed_on} is before {public_on}, on which the decision was published."))
    if in_force_from is not None and in_force_from < signed_on:
        faults.append(Fault("/inForceFrom", f"{in_force_from} is before the day of signing, {signed_on}."))
    if in_force_from is not None and promoted_on is not None and in_force_from < promoted_on:
        faults.append(Fault("/inForceFrom", f"{in_force_from} is before {promoted_on}: a condition was open then."))
    if in_force_from is not None and view.stand.has_open_condition:
        faults.append(Fault("/inForceFrom", "Not known while conditions are open."))
    if faults:
        raise InvalidDocument(faults[0].detail, faults=faults)
