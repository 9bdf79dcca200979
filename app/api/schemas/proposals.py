"""What a CCG sends: the application document (rule 17). A draft may leave any part out."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.api.schemas.panel import FunctionIn, PublicText, ReasonIn
from app.web import forms
from app.web.documents import Day, In, Line, LongProse, OdsCode, Percent, Pounds, Prose, Url

LevelWord = Literal["delegated", "joint", "greater_involvement", "none"]
RoundId = Annotated[str, Field(pattern=forms.ID, max_length=40, examples=["trial", "2015-16"])]


DeclarationReasonWord = Literal[
    "unclear_governance",
    "insufficient_time",
    "due_diligence",
    "financial_problems",
    "member_engagement",
    "other",
]


class BenefitsIn(In):
    """What the population gains."""

    integration: LongProse | None = None
    quality: LongProse | None = None
    inequalities: LongProse | None = None


class CommitteeIn(In):
    """The committee that will decide."""

    kind: Literal["primary_care_commissioning_committee", "joint_committee", "committees_in_common"] | None = None
    lay_chair: bool | None = None
    lay_and_executive_majority: bool | None = None
    terms_of_reference_url: Url | None = None


class ConstitutionIn(In):
    """How far the CCG has got with amending its constitution."""

    state: Literal["not_agreed", "agreed_by_members", "approved_by_nhs_england"] | None = None
    agreed_on: Day | None = None


class GovernanceIn(In):
    """Committee and constitution."""

    committee: CommitteeIn | None = None
    constitution: ConstitutionIn | None = None


class ConflictsOfInterestIn(In):
    """How conflicts of interest are managed."""

    policy_url: Url | None = None
    register_of_interests_url: Url | None = None
    last_reviewed_on: Day | None = None


class FinanceIn(In):
    """The CCG's finances. Money is in whole pounds, percentages have at most two decimals."""

    primary_care_spend_pounds: Pounds | None = None
    current_year_forecast_surplus_percent: Percent | None = None
    planned_surplus_percent: Percent | None = None
    meets_business_rules: bool | None = None
    narrative: LongProse | None = None


class CapacityIn(In):
    """The people who will do the work."""

    narrative: LongProse | None = None
    interim_leadership: bool | None = None


class EngagementIn(In):
    """How member practices were involved."""

    members_agreed_on: Day | None = None
    narrative: LongProse | None = None


class ProposalIn(In):
    """What the CCG proposes."""

    summary: LongProse | None = None
    benefits: BenefitsIn | None = None
    functions: Annotated[list[FunctionIn], Field(max_length=7)] | None = None
    governance: GovernanceIn | None = None
    conflicts_of_interest: ConflictsOfInterestIn | None = None
    finance: FinanceIn | None = None
    capacity: CapacityIn | None = None
    engagement: EngagementIn | None = None


class SignatoryIn(In):
    """Who signed for the CCG."""

    name: Line
    role: Literal["accountable_officer", "chair", "chief_finance_officer", "clinical_lead", "lay_member", "other"]
    signed_on: Day


class AttributionIn(In):
    """Who did this, in the client's own system. Private: it is stored with the log's private bytes."""

    name: Line
    email: Line | None = None
    user_id: Line | None = None


class SubmissionIn(In):
    """Who declares that the application is complete and the CCG's own."""

    declared_by: Line


class ApplicationIn(In):
    """An application. With ``submission`` one act creates and submits it."""

    round_id: RoundId
    requested_level: LevelWord
    lead_ods_code: OdsCode
    member_ods_codes: Annotated[list[OdsCode], Field(min_length=1, max_length=40)]
    proposal: ProposalIn | None = None
    signatories: Annotated[list[SignatoryIn], Field(max_length=20)] | None = None
    attribution: AttributionIn
    submission: SubmissionIn | None = None

    def document(self) -> dict[str, Any]:
        """Proposal and signatories in the form that the register stores."""
        kept = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {name: kept[name] for name in ("proposal", "signatories") if name in kept}


class SubmitIn(In):
    """Submit a draft, or submit again after changes."""

    declared_by: Line
    attribution: AttributionIn


class ConsentIn(In):
    """A member CCG agrees to the draft as it is now, or with ``scaleDownTo`` to scaling down what was submitted."""

    ods_code: OdsCode
    scale_down_to: Literal["joint"] | None = None
    attribution: AttributionIn


class ScaleDownIn(In):
    """The CCGs of an application choose joint commissioning, though they applied for delegated.

    The reason is public with the decision.
    """

    level: Literal["joint"]
    reason: ReasonIn
    attribution: AttributionIn


class WithdrawIn(In):
    """Withdraw an application, or with ``odsCode`` take one member out of it.

    Only applicants, panel and NHS England see the reason.
    """

    ods_code: OdsCode | None = None
    reason: Prose | None = None
    attribution: AttributionIn


class DeclarationReasonIn(In):
    """Why a CCG declares a level. It is published."""

    code: DeclarationReasonWord
    text: PublicText


class DeclarationIn(In):
    """A level that needs no approval, declared for a round."""

    ods_code: OdsCode
    round_id: RoundId
    level: Literal["greater_involvement", "none"]
    reason: DeclarationReasonIn | None = None
    attribution: AttributionIn


# --- about a decision ---------------------------------------------------------------------------


class EvidenceLinkIn(In):
    """A document that shows something: where it is, and the SHA-256 of its bytes."""

    url: Url
    sha256: Annotated[str, Field(pattern=forms.SHA256)]
    title: Line | None = None


class EvidenceIn(In):
    """The evidence that a condition is met."""

    text: PublicText
    links: Annotated[list[EvidenceLinkIn], Field(max_length=20, default_factory=list)]
    attribution: AttributionIn


class NoticeWithdrawalIn(In):
    """Why a CCG takes its notice back, which is published, and who did it."""

    reason: PublicText
    attribution: AttributionIn


class NoticeIn(In):
    """A CCG's notice. A system must send ``attribution``.

    ``lastDay`` is a 31 March; if left out, the first possible one. Once there is a notice, NHS England may name another
    day and give a reason. The reason is published.
    """

    last_day: Day | None = None
    reason: PublicText | None = None
    attribution: AttributionIn | None = None
