"""What panel members and NHS England send."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from app.casework.reviewing import Item
from app.rules.grants import Agreement
from app.rules.outcomes import ChosenBy, Condition, Reason, Ruling, Sitting
from app.rules.words import FUNCTIONS, FunctionKind, Outcome
from app.web import forms
from app.web.documents import Day, In, InstantIn, Line, OdsCode, Prose

OutcomeWord = Literal["approved", "conditional", "rejected", "downgraded_to_joint"]
ReasonCodeWord = Annotated[str, Field(pattern=forms.REASON_CODE, examples=["governance"])]
FunctionWord = Literal[
    "gms_pms_apms_contracts",
    "newly_designed_enhanced_services",
    "local_incentive_schemes",
    "new_practices",
    "practice_mergers",
    "discretionary_payments",
    "practice_complaints",
]
PublicText = Annotated[Prose, Field(min_length=1, max_length=2000)]


_RESERVED = {each.code: each for each in FUNCTIONS if each.kind is FunctionKind.RESERVED}


def _not_reserved(value: Any) -> Any:
    """A code of a function. One that NHS England keeps is refused by its name."""
    kept = _RESERVED.get(value) if isinstance(value, str) else None
    if kept is not None:
        raise ValueError(f"{kept.label}: reserved, so no CCG takes it on. {kept.description}")
    return value


FunctionIn = Annotated[FunctionWord, BeforeValidator(_not_reserved)]
# What is granted, if that is not all that was proposed.
GrantedIn = Annotated[list[FunctionIn], Field(min_length=1, max_length=7)]


class ItemIn(In):
    """One change to ask for. ``pointer`` is a JSON Pointer into the application, if it is about one place."""

    pointer: Annotated[str, Field(pattern=forms.POINTER, max_length=200)] | None = None
    text: PublicText


class ChangeRequestIn(In):
    """What must change, and the London day by whose end it is due."""

    items: Annotated[list[ItemIn], Field(min_length=1, max_length=50)]
    due_on: Day

    def wanted(self) -> list[Item]:
        """The items in the form that casework takes."""
        return [Item(item.pointer, item.text) for item in self.items]


class ReasonIn(In):
    """A reason. Its text is published."""

    code: ReasonCodeWord
    text: PublicText


class ConditionIn(In):
    """A condition of a conditional approval. It is published."""

    text: PublicText
    reason_code: ReasonCodeWord
    due_on: Day


class OutcomeIn(In):
    """What the panel records for one member CCG. Only the panel and NHS England ever see ``privateNote``.

    ``functions`` are those that delegated commissioning gives, if they are not all that were proposed.
    """

    ods_code: OdsCode
    outcome: OutcomeWord
    reasons: Annotated[list[ReasonIn], Field(max_length=20, default_factory=list)]
    conditions: Annotated[list[ConditionIn], Field(max_length=20, default_factory=list)]
    chosen_by: Literal["ccg", "panel"] | None = None
    functions: GrantedIn | None = None
    private_note: Prose | None = None

    def ruling(self) -> Ruling:
        """The outcome as the rules know it. Conditions are numbered c1, c2, … in their order."""
        return Ruling(
            self.ods_code,
            Outcome(self.outcome),
            tuple(Reason(reason.code, reason.text) for reason in self.reasons),
            tuple(
                Condition(f"c{number}", condition.text, condition.reason_code, condition.due_on)
                for number, condition in enumerate(self.conditions, start=1)
            ),
            ChosenBy(self.chosen_by) if self.chosen_by else None,
            self.private_note,
            None if self.functions is None else tuple(self.functions),
        )


class PanelIn(In):
    """The meeting: its day, who sat, who stood aside. It stays private."""

    met_on: Day
    members: Annotated[list[Line], Field(min_length=1, max_length=40)]
    recusals: Annotated[list[Line], Field(max_length=40, default_factory=list)]


class OutcomesIn(In):
    """One outcome for each member CCG, all in one act."""

    panel: PanelIn
    outcomes: Annotated[list[OutcomeIn], Field(min_length=1, max_length=80)]

    def rulings(self) -> list[Ruling]:
        """The outcomes as the rules know them."""
        return [outcome.ruling() for outcome in self.outcomes]

    def sitting(self) -> Sitting:
        """The meeting as the rules know it."""
        return Sitting(self.panel.met_on, tuple(self.panel.members), tuple(self.panel.recusals))


class OutcomesWithdrawalIn(In):
    """Why the panel takes its outcomes back. Only panel and NHS England see it."""

    note: PublicText


class AssessmentIn(In):
    """How far the application meets a criterion, and why. Only panel and NHS England see it."""

    rating: Literal["met", "partly_met", "not_met"]
    justification: Prose


class SignOffIn(In):
    """Confirm what was recorded, or return it with a note."""

    decision: Literal["confirm", "return"]
    note: Prose | None = None
    effective_from: Day | None = None


class PreviewIn(In):
    """The levels to preview. Both if left out."""

    levels: Annotated[list[Literal["delegated", "joint"]], Field(min_length=1, max_length=2)] | None = None


class AnnouncementIn(PreviewIn):
    """Announce the set with the digest ``expect``, which a preview gave: at ``publishAt``, or at once without it."""

    publish_at: InstantIn | None = None
    expect: Annotated[str, Field(pattern=forms.SET_DIGEST)]


# --- about a decision ---------------------------------------------------------------------------


class DischargeIn(In):
    """A note. Only panel and NHS England see it."""

    note: PublicText | None = None


class ReasonedIn(In):
    """The reason. It is published."""

    reason: PublicText


class WaiverIn(ReasonedIn):
    """Why a condition is no longer required, and another day for the approval to start, if there is one."""

    in_force_from: Day | None = None


class RevocationIn(ReasonedIn):
    """Why a grant is revoked, its legal basis, and its last day. Without a last day: the day of confirmation."""

    legal_basis: PublicText
    last_day: Day | None = None


class CorrectionIn(ReasonedIn):
    """The whole decision as it should have been, and why it is corrected. All of it is published.

    ``functions`` are those that it grants at delegated. If they are left out, they stay what they were.
    """

    outcome: OutcomeWord
    reasons: Annotated[list[ReasonIn], Field(max_length=20, default_factory=list)]
    conditions: Annotated[list[ConditionIn], Field(max_length=20, default_factory=list)]
    chosen_by: Literal["ccg", "panel"] | None = None
    functions: GrantedIn | None = None
    effective_from: Day | None = None

    def ruling(self, ods_code: str) -> Ruling:
        """The correction as the rules know it. Conditions are numbered c1, c2, … in their order."""
        return Ruling(
            ods_code,
            Outcome(self.outcome),
            tuple(Reason(reason.code, reason.text) for reason in self.reasons),
            tuple(
                Condition(f"c{number}", condition.text, condition.reason_code, condition.due_on)
                for number, condition in enumerate(self.conditions, start=1)
            ),
            ChosenBy(self.chosen_by) if self.chosen_by else None,
            functions=None if self.functions is None else tuple(self.functions),
        )


class AgreementCorrectionIn(ReasonedIn):
    """What should have been recorded of an agreement, and why. It is published once a second person confirms it.

    ``awaited`` if nobody has signed yet. ``inForceFrom`` is another first day that NHS England names.
    """

    state: Literal["signed", "not_taken_up", "awaited"]
    signed_on: Day | None = None
    in_force_from: Day | None = None

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if Agreement(self.state) is Agreement.SIGNED and self.signed_on is None:
            raise ValueError("signedOn is required of a signed agreement.")
        if Agreement(self.state) is not Agreement.SIGNED and (self.signed_on or self.in_force_from):
            raise ValueError("Only a signed agreement has signedOn and inForceFrom.")
        return self


class ProposalWithdrawalIn(In):
    """Why a proposal is taken back. Only panel and NHS England see it."""

    note: PublicText


class AgreementIn(In):
    """The agreement, signed by both on a day, or not taken up.

    ``inForceFrom`` is another first day that NHS England names.
    """

    state: Literal["signed", "not_taken_up"]
    signed_on: Day | None = None
    in_force_from: Day | None = None
    note: PublicText | None = None

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if Agreement(self.state) is Agreement.SIGNED and self.signed_on is None:
            raise ValueError("signedOn is required of a signed agreement.")
        if Agreement(self.state) is Agreement.NOT_TAKEN_UP and (self.signed_on or self.in_force_from):
            raise ValueError("An agreement that was not taken up has neither signedOn nor inForceFrom.")
        return self
