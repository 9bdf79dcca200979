"""The case file of an application: who said and did what about it, from the entries of the log."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from app.records import actors, case_files, extensions
from app.records.actors import Actor
from app.records.applications import Case
from app.records.case_files import Filed
from app.records.entries.applications import ApplicationSubmitted, ApplicationWithdrawn, ChangesExtended, MemberLeft
from app.records.entries.decisions import DecisionCorrected, DecisionSignedOff
from app.records.entries.reviews import (
    AssessmentRecorded,
    ChangeItem,
    ChangesRequested,
    OutcomeRecommended,
    OutcomeReturned,
)
from app.records.session import Session
from app.records.tables import Extension
from app.rules.lifecycle import State
from app.rules.words import Criterion, Rating

FIRST_VERSIONS = 2
"""A draft, and its submission: until then nobody has said anything about an application but what it says itself."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said, and when. The words and who said them are None if they were redacted."""

    at: datetime
    by: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Changes that the panel asked for by a day. ``answered_at`` is when the applicants submitted again, if they did.

    ``extended_to`` is the later day, if more time was given.
    """

    at: datetime
    by: str | None
    items: Sequence[ChangeItem] | None
    due_on: date
    extended_to: date | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the panel recorded in one act: an outcome for each member."""

    at: datetime
    by: str | None
    outcomes: Sequence[OutcomeRecommended]


@dataclass(frozen=True, slots=True)
class Returned:
    """What was recorded and then returned, or taken back by the panel, and the words with which it was."""

    recorded: Recorded
    returned: Said
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """A decision that replaced what was recorded about one CCG: its id, and why."""

    at: datetime
    by: str | None
    ods_code: str
    decision_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the panel thought by a criterion at its ``version``, which counts from 1."""

    version: int
    at: datetime
    by: str | None
    rating: Rating | None
    justification: str | None


@dataclass(slots=True)
class CaseFile:
    """All of it. ``recorded`` and ``signed_off`` are what was not returned; ``corrected`` is what replaced parts of it.

    ``left`` are members that left, by ODS code.
    """

    recorded: Recorded | None = None
    signed_off: Said | None = None
    corrected: list[Corrected] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    withdrawn: Said | None = None
    left: dict[str, Said] = field(default_factory=dict)
    assessments: defaultdict[Criterion, list[Assessed]] = field(default_factory=lambda: defaultdict(list))
    extensions: Sequence[Extension] = ()
    actors: Mapping[str, Actor] = field(default_factory=dict)


def read_case_file(session: Session, case: Case, *, is_officers: bool) -> CaseFile:
    """The case file of an application. Only officers are told the names of those who acted."""
    found = CaseFile()
    if case.version > FIRST_VERSIONS or case.state is State.WITHDRAWN or is_officers:
        entries = case_files.case_file(session, case.reference)
        for filed in entries:
            _take(found, filed)
        found.corrected = [
            Corrected(at, entry.actor, entry.ods_code, entry.decision_id, entry.correction_reason)
            for entry, at in entries
            if isinstance(entry, DecisionCorrected)
        ]
    lead = case.application.lead_ods_code
    found.extensions = extensions.about(session, case.round.round_id, case.reference, lead, case.level)
    if is_officers:
        found.actors = actors.named(session, _keys(found))
    return found


def read_assessments(
    session: Session, reference: str, criterion: Criterion
) -> tuple[list[Assessed], Mapping[str, Actor]]:
    """Everything that was said about an application by one criterion, oldest first, and who is meant in it."""
    found = CaseFile()
    for filed in case_files.assessments(session, reference):
        _take(found, filed)
    return found.assessments[criterion], actors.named(session, _keys(found))


def _take(file: CaseFile, filed: Filed) -> None:
    """Add an entry. Entries come in the order of the log."""
    at = filed.at
    match filed.entry:
        case ChangesRequested(actor=by, items=items, due_on=due_on):
            file.asked.append(Asked(at, by, items, due_on))
        case ChangesExtended(until=until) if file.asked:
            file.asked[-1] = replace(file.asked[-1], extended_to=until)
        case ApplicationSubmitted() if file.asked and file.asked[-1].answered_at is None:
            file.asked[-1] = replace(file.asked[-1], answered_at=at)
        case AssessmentRecorded(criterion=criterion, actor=by, rating=rating, justification=why):
            said = file.assessments[criterion]
            said.append(Assessed(len(said) + 1, at, by, rating, why))
        case OutcomeRecommended() as outcome:
            same = file.recorded is not None and file.recorded.outcomes[0].version == outcome.version
            earlier = file.recorded.outcomes if same and file.recorded else ()
            file.recorded = Recorded(at, outcome.actor, (*earlier, outcome))
        case OutcomeReturned(actor=by, note=note, taken_back=is_taken_back) if file.recorded:
            file.returned.append(Returned(file.recorded, Said(at, by, note), bool(is_taken_back)))
            file.recorded = None
        case DecisionSignedOff(actor=by, note=note):
            file.signed_off = Said(at, by, note)
        case ApplicationWithdrawn(actor=by, reason=reason):
            file.withdrawn = Said(at, by, reason)
        case MemberLeft(ods_code=code, actor=by, reason=reason):
            file.left[code] = Said(at, by, reason)
            file.recorded = _without(file.recorded, code)


def _without(recorded: Recorded | None, code: str) -> Recorded | None:
    """What stands of the recorded outcomes once a member has left."""
    if recorded is None:
        return None
    rest = tuple(each for each in recorded.outcomes if each.ods_code != code)
    return Recorded(recorded.at, recorded.by, rest) if rest else None


def _keys(file: CaseFile) -> set[str]:
    """Who acted."""
    said: Iterable[Said | Recorded | Asked | Assessed | Corrected | None] = (
        file.recorded,
        file.signed_off,
        file.withdrawn,
        *(part for each in file.returned for part in (each.recorded, each.returned)),
        *file.asked,
        *file.corrected,
        *file.left.values(),
        *(each for said in file.assessments.values() for each in said),
    )
    keys = {each.by for each in said if each is not None} | {each.granted_by for each in file.extensions}
    return {key for key in keys if key is not None}
