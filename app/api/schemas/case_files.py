"""The case file of an application: what was asked, said, recorded and returned, for those to whom it is promised."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from app.reading.case_files import Asked, Assessed, CaseFile, Recorded, Returned, Said
from app.records.actors import Actor
from app.records.entries.reviews import ChangeItem, OutcomeRecommended
from app.records.tables import Assessment, Extension
from app.rules.words import Criterion, Rating
from app.web.documents import AppliedLevelOut, ChosenByOut, Day, Instant, Out, OutcomeOut, word_of

Actors = Mapping[str, Actor]


class ReasonOut(Out):
    """A reason, with its public text."""

    code: str
    text: str


class ConditionOut(Out):
    """A condition and its state. ``settledOn`` is the day it was met, waived or lapsed.

    One that was open when the grant was over has lapsed with it, without a day of its own. In a past round the due day
    may not be known.
    """

    id: str
    text: str
    reason_code: str
    due_on: Day | None
    state: Literal["open", "met", "waived", "lapsed"]
    settled_on: Day | None


class ActorOut(Out):
    """Who did something. ``name`` is the one registered now; the clockwork and the operator's commands have none."""

    key: str
    name: str | None


def actor_out(key: str | None, actors: Actors) -> ActorOut | None:
    """Who acted. None if that was redacted, and for readers who are not told."""
    found = None if key is None else actors.get(key)
    return None if found is None else ActorOut(key=found.key, name=found.name)


class ChangeRequestItemOut(Out):
    """One change that the panel asked for."""

    pointer: str | None
    text: str


class ChangeRequestOut(Out):
    """What the panel asked for, by the end of which London day, and the later one if it was extended."""

    items: list[ChangeRequestItemOut]
    due_on: Day
    extended_to: Day | None


class PastChangeRequestOut(Out):
    """A change request, met (`answeredAt`) or not. Officers see `requestedBy`. Null items were redacted."""

    items: list[ChangeRequestItemOut] | None
    due_on: Day
    extended_to: Day | None
    requested_at: Instant
    requested_by: ActorOut | None
    answered_at: Instant | None

    @classmethod
    def of(cls, asked: Asked, actors: Actors) -> Self:
        """Show a change request."""
        return cls(
            items=None if asked.items is None else items_out(asked.items),
            due_on=asked.due_on,
            extended_to=asked.extended_to,
            requested_at=asked.at,
            requested_by=actor_out(asked.by, actors),
            answered_at=asked.answered_at,
        )


def items_out(items: Sequence[ChangeItem]) -> list[ChangeRequestItemOut]:
    """What was asked for, item by item."""
    return [ChangeRequestItemOut(pointer=each.pointer, text=each.text) for each in items]


class ExtensionGivenOut(Out):
    """More time. Only the panel and NHS England see why, and who gave it."""

    extension_id: str
    ods_code: str
    level: AppliedLevelOut
    until: Day
    granted_at: Instant
    granted_by: ActorOut | None
    reason: str | None

    @classmethod
    def of(cls, row: Extension, actors: Actors, *, is_officers: bool) -> Self:
        """Show an extension."""
        return cls(
            extension_id=row.extension_id,
            ods_code=row.ods_code,
            level=row.level,
            until=row.until,
            granted_at=row.granted_at,
            granted_by=actor_out(row.granted_by, actors),
            reason=row.reason if is_officers else None,
        )


class WithdrawnOut(Out):
    """When an application was withdrawn, and why. ``withdrawnBy`` is for the panel and NHS England."""

    withdrawn_at: Instant
    withdrawn_by: ActorOut | None
    reason: str | None

    @classmethod
    def of(cls, said: Said, actors: Actors) -> Self:
        """Show a withdrawal."""
        return cls(withdrawn_at=said.at, withdrawn_by=actor_out(said.by, actors), reason=said.text)


class AssessmentOut(Out):
    """What the panel thinks about one criterion. Only panel and NHS England see it."""

    criterion: Annotated[str, word_of(*Criterion)]
    rating: Annotated[str, word_of(*Rating)] | None
    justification: str | None
    assessed_at: Instant

    @classmethod
    def of(cls, row: Assessment) -> Self:
        """Show the newest assessment by a criterion."""
        return cls(
            criterion=row.criterion, rating=row.rating, justification=row.justification, assessed_at=row.assessed_at
        )


class SaidByOut(Out):
    """A rating that another has replaced, the words for it, and who gave it."""

    rating: Annotated[str, word_of(*Rating)] | None
    justification: str | None
    assessed_at: Instant
    assessed_by: ActorOut | None


class AssessmentFileOut(AssessmentOut):
    """What the panel thinks about one criterion, who said so, and what was said before.

    ``version`` counts what was said by this criterion: name it in ``If-Match`` to say something else. ``earlier`` is
    what was said before, the newest first.
    """

    assessed_by: ActorOut | None
    version: int
    earlier: list[SaidByOut]

    @classmethod
    def of_said(cls, criterion: Criterion, said: Sequence[Assessed], actors: Actors) -> Self:
        """Show what was said by a criterion, the oldest given first."""
        *earlier, newest = said
        return cls(
            criterion=criterion,
            version=newest.version,
            earlier=[SaidByOut(**_words(each, actors)) for each in reversed(earlier)],
            **_words(newest, actors),
        )


def _words(said: Assessed, actors: Actors) -> dict[str, Any]:
    return {
        "rating": said.rating,
        "justification": said.justification,
        "assessed_at": said.at,
        "assessed_by": actor_out(said.by, actors),
    }


class MeetingOut(Out):
    """The panel's meeting: its day, who sat, who stood aside."""

    met_on: Day
    members: list[str]
    recusals: list[str]


class RecordedConditionOut(Out):
    """A condition as it was recorded."""

    text: str
    reason_code: str
    due_on: Day


class RecordedOutcomeOut(Out):
    """An outcome in the form in which it was recorded, so that it can be mended and recorded again."""

    ods_code: str
    outcome: OutcomeOut
    reasons: list[ReasonOut]
    conditions: list[RecordedConditionOut]
    chosen_by: ChosenByOut | None
    functions: Sequence[str] | None
    private_note: str | None

    @classmethod
    def of(cls, entry: OutcomeRecommended) -> Self:
        """Show an outcome as it was recorded."""
        return cls(
            ods_code=entry.ods_code,
            outcome=entry.outcome,
            reasons=[ReasonOut(code=each.code, text=each.text) for each in entry.reasons],
            conditions=[
                RecordedConditionOut(text=each.text, reason_code=each.reason_code, due_on=each.due_on)
                for each in entry.conditions
                if each.due_on is not None
            ],
            chosen_by=entry.chosen_by,
            functions=entry.functions,
            private_note=entry.private_note,
        )


class RecordedOut(Out):
    """What the panel recorded in one act. ``panel`` and ``outcomes`` are the body that recorded it."""

    panel: MeetingOut | None
    outcomes: list[RecordedOutcomeOut]
    recorded_by: ActorOut | None
    recorded_at: Instant

    @classmethod
    def of(cls, recorded: Recorded, actors: Actors) -> Self:
        """Show what was recorded in one act."""
        return cls(**recorded_members(recorded, actors))


class ReturnedOut(RecordedOut):
    """What was recorded and did not stand: the words with which it was returned, and by whom.

    ``takenBack`` says that the panel itself took it back.
    """

    taken_back: bool
    note: str | None
    returned_by: ActorOut | None
    returned_at: Instant

    @classmethod
    def of_returned(cls, found: Returned, actors: Actors) -> Self:
        """Show what was returned."""
        return cls(
            **recorded_members(found.recorded, actors),
            taken_back=found.is_taken_back,
            note=found.returned.text,
            returned_by=actor_out(found.returned.by, actors),
            returned_at=found.returned.at,
        )


def recorded_members(recorded: Recorded, actors: Actors) -> dict[str, object]:
    """The members of ``RecordedOut``."""
    sitting = recorded.outcomes[0].panel
    return {
        "panel": None
        if sitting is None
        else MeetingOut(met_on=sitting.met_on, members=list(sitting.members), recusals=list(sitting.recusals)),
        "outcomes": [RecordedOutcomeOut.of(each) for each in recorded.outcomes],
        "recorded_by": actor_out(recorded.by, actors),
        "recorded_at": recorded.at,
    }


class SignedOffOut(Out):
    """Who signed off what was recorded, when, and with which note."""

    signed_off_by: ActorOut | None
    signed_off_at: Instant
    note: str | None


class LeftOut(Out):
    """A member that left the application, and why."""

    ods_code: str
    left_at: Instant
    left_by: ActorOut | None
    reason: str | None


class CorrectedOut(Out):
    """Another decision about one CCG, in the place of what was recorded."""

    ods_code: str
    decision_id: str
    corrected_at: Instant
    corrected_by: ActorOut | None
    reason: str


class ReviewOut(Out):
    """What the panel and NHS England said and did. Only they see it.

    ``recorded`` is what was recorded last; for the CCGs in ``corrected`` another decision stands in its place.
    ``returned`` is what did not stand, the newest first.
    """

    recorded: RecordedOut | None
    signed_off: SignedOffOut | None
    corrected: list[CorrectedOut]
    returned: list[ReturnedOut]
    left: list[LeftOut]

    @classmethod
    def of(cls, file: CaseFile) -> Self:
        """Show the officers' part of a case file."""
        signed = file.signed_off
        return cls(
            recorded=None if file.recorded is None else RecordedOut.of(file.recorded, file.actors),
            signed_off=None
            if signed is None
            else SignedOffOut(
                signed_off_by=actor_out(signed.by, file.actors), signed_off_at=signed.at, note=signed.text
            ),
            corrected=[
                CorrectedOut(
                    ods_code=each.ods_code,
                    decision_id=each.decision_id,
                    corrected_at=each.at,
                    corrected_by=actor_out(each.by, file.actors),
                    reason=each.reason,
                )
                for each in file.corrected
            ],
            returned=[ReturnedOut.of_returned(each, file.actors) for each in reversed(file.returned)],
            left=[
                LeftOut(ods_code=code, left_at=said.at, left_by=actor_out(said.by, file.actors), reason=said.text)
                for code, said in file.left.items()
            ],
        )
