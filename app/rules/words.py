"""The register's words: levels, outcomes, reasons and functions, with the labels people read.

The codes are those of NHS England's co-commissioning rounds (2014 to 2021); where the sources use
another word for the same thing, the description says so.
"""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How far a CCG takes part in commissioning GP services."""

    DELEGATED = "delegated"
    JOINT = "joint"
    GREATER_INVOLVEMENT = "greater_involvement"
    NONE = "none"

    @property
    def needs_approval(self) -> bool:
        """Only delegated and joint commissioning are applied for; the others are declared."""
        return self in {Level.DELEGATED, Level.JOINT}


class Outcome(StrEnum):
    """What the regional moderation panel recommends, and NHS England signs off, for one CCG."""

    APPROVED = "approved"
    CONDITIONAL = "conditional"
    REJECTED = "rejected"
    DOWNGRADED_TO_JOINT = "downgraded_to_joint"


class Criterion(StrEnum):
    """By what the panel assesses an application."""

    BENEFITS = "benefits"
    FUNCTIONS = "functions"
    GOVERNANCE = "governance"
    CONFLICTS_OF_INTEREST = "conflicts_of_interest"
    FINANCE = "finance"
    CAPACITY = "capacity"
    ENGAGEMENT = "engagement"

    @property
    def is_of_delegated_only(self) -> bool:
        """What only a request for delegated commissioning has to say something about."""
        return self in {Criterion.FUNCTIONS, Criterion.FINANCE, Criterion.CAPACITY}


class Rating(StrEnum):
    """How far a criterion is met."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"


class Word(NamedTuple):
    """One row of reference data: a code, its label for people, and what it means."""

    code: str
    label: str
    description: str


LEVELS = (
    Word(
        "delegated",
        "Delegated commissioning",
        "The CCG takes full responsibility for commissioning general practice; NHS England keeps statutory liability.",
    ),
    Word(
        "joint",
        "Joint commissioning",
        "One or several CCGs commission together with NHS England, through a joint committee or committees in common.",
    ),
    Word(
        "greater_involvement",
        "Greater involvement",
        "The CCG is consulted on NHS England's decisions. It takes none, and needs no approval.",
    ),
    Word("none", "No involvement", "The CCG wants no part in commissioning general practice. It needs no approval."),
)

OUTCOMES = (
    Word("approved", "Approved", "Approved at the level applied for."),
    Word(
        "conditional",
        "Approved with conditions",
        "Approved once the conditions are met; not in force, and not counted as approved, before that.",
    ),
    Word("rejected", "Not approved", "Not approved. The CCG may apply again in the next round."),
    Word(
        "downgraded_to_joint",
        "Downgraded to joint commissioning",
        "Delegated commissioning was applied for and joint commissioning granted; chosenBy says whose choice it was.",
    ),
)

REASONS = (
    Word("capability_and_capacity", "Capability and capacity", "The people and skills to take the functions on."),
    Word("leadership", "Leadership", "Uncertainty about the management or leadership of the CCG."),
    Word("financial_position", "Financial position", "Current or planned financial performance."),
    Word("cost_pressures", "Cost pressures", "Cost pressures that come with the functions."),
    Word("business_rules", "Business rules", "NHS England's business rules for commissioners are not met."),
    Word("governance", "Governance", "Committee, terms of reference or other governance arrangements."),
    Word("conflicts_of_interest", "Conflicts of interest", "How conflicts of interest are managed."),
    Word("constitution", "Constitution", "The CCG's constitution does not yet allow for the level."),
    Word("member_engagement", "Member engagement", "The CCG's member practices have not agreed, or were not asked."),
    Word("insufficient_time", "Insufficient time", "There was not enough time for the changes that were required."),
    Word("special_measures", "Special measures", "The CCG is in special measures, or in a state akin to them."),
    Word("other", "Other", "Another reason, given in the text."),
    Word("not_published", "Not published", "For past rounds only: no source gives a reason."),
)
HISTORY_ONLY_REASONS = frozenset({"not_published"})

DECLARATION_REASONS = (
    Word("unclear_governance", "Unclear governance", "How the arrangements would be governed was not clear."),
    Word("insufficient_time", "Insufficient time", "There was not enough time to prepare an application."),
    Word("due_diligence", "Due diligence", "The CCG first looks into what it would take on."),
    Word("financial_problems", "Financial problems", "The CCG's finances, or what the functions would cost."),
    Word("member_engagement", "Member engagement", "The CCG's member practices have not agreed, or were not asked."),
    Word("other", "Other", "Another reason, given in the text."),
)


class FunctionKind(StrEnum):
    """Whether delegated commissioning hands a function over, or NHS England keeps it."""

    DELEGATED = "delegated"
    RESERVED = "reserved"


class Function(NamedTuple):
    """A task in commissioning primary care: whether it can be delegated, and by which source."""

    code: str
    label: str
    description: str
    kind: FunctionKind
    source: str


_DERBY = "Southern Derbyshire CCG, governing body paper of 15 January 2015"
_HSJ = "Health Service Journal, January 2015"
_ARRANGEMENTS = "NHS England, CCG arrangements for primary care co-commissioning"
_OUTSIDE = "Outside of what is co-commissioned in 2015-16."


def _delegated(code: str, label: str, description: str, source: str = f"{_DERBY}; Pulse, November 2014") -> Function:
    return Function(code, label, description, FunctionKind.DELEGATED, source)


def _reserved(code: str, label: str, description: str, source: str = _DERBY) -> Function:
    return Function(code, label, description, FunctionKind.RESERVED, source)


FUNCTION_KINDS = (
    Word("delegated", "Delegated", "Delegated commissioning hands it over to the CCG."),
    Word("reserved", "Reserved", "NHS England keeps it; no CCG takes it on."),
)

FUNCTIONS = (
    _delegated(
        "gms_pms_apms_contracts", "GMS, PMS and APMS contracts", "Design, monitoring, remedial notices, removal."
    ),
    _delegated(
        "newly_designed_enhanced_services", "Newly designed enhanced services", "Enhanced services the CCG designs."
    ),
    _delegated(
        "local_incentive_schemes", "Local incentive schemes", "Schemes in place of the quality and outcomes framework."
    ),
    _delegated("new_practices", "New practices", "Deciding whether a new GP practice is established in an area."),
    _delegated("practice_mergers", "Practice mergers", "Approving mergers of GP practices."),
    _delegated(
        "discretionary_payments", "Discretionary payments", "Payments to practices at the commissioner's discretion."
    ),
    _delegated("practice_complaints", "Complaints about practices", "Handling complaints about GP practices.", _HSJ),
    _reserved(
        "individual_gp_performance",
        "Performance of individual GPs",
        "Managing how individual GPs perform.",
    ),
    _reserved(
        "payments_and_list_management",
        "Payments and list management",
        "Administering payments to practices, and managing their lists.",
    ),
    _reserved("national_contract_terms", "National contract terms", "The terms that contracts have in all of England."),
    _reserved("dental_services", "Dental services", _OUTSIDE, f"{_DERBY}; {_ARRANGEMENTS}"),
    _reserved("eye_health_services", "Eye health services", _OUTSIDE, f"{_DERBY}; {_ARRANGEMENTS}"),
    _reserved("community_pharmacy_services", "Community pharmacy", _OUTSIDE, f"{_DERBY}; {_ARRANGEMENTS}"),
)

CRITERIA = (
    Word("benefits", "Benefits", "What the population gains: integration, quality, fewer inequalities."),
    Word("functions", "Functions", "Which functions are taken on; of delegated requests only."),
    Word("governance", "Governance", "The committee, its terms of reference and the constitution."),
    Word("conflicts_of_interest", "Managing conflicts of interest", "How conflicts of interest are managed."),
    Word("finance", "Finance", "The CCG's finances, and what the functions cost; of delegated requests only."),
    Word("capacity", "Capacity and capability", "The people who will do the work; of delegated requests only."),
    Word("engagement", "Engagement", "How member practices were involved, and whether they agreed."),
)

RATINGS = (
    Word("met", "Met", "The criterion is met."),
    Word("partly_met", "Partly met", "The criterion is met in part; the justification says what is missing."),
    Word("not_met", "Not met", "The criterion is not met."),
)

CONDITION_STATES = (
    Word("open", "Open", "Still to be met."),
    Word("met", "Met", "Met, and discharged by the panel."),
    Word("waived", "Waived", "No longer required; waived by NHS England."),
    Word("lapsed", "Lapsed", "Not met in time, or no longer owed: what was granted is over, or was not taken up."),
)

STANDINGS = (
    Word("not_started", "Not started", "Granted, and not in force yet."),
    Word("in_force", "In force", "In force on the day, as far as is known."),
    Word("ended", "Ended", "It was in force, and its last day is over."),
    Word("not_taken_up", "Not taken up", "The CCG did not go ahead; the grant never was in force."),
    Word(
        "never_started",
        "Never started",
        "It would have begun only after the CCG had closed; it never is in force.",
    ),
)

AGREEMENTS = (
    Word("awaited", "Agreement awaited", "Approved, and the agreement is not signed by both; nothing has started."),
    Word("signed", "Agreement signed", "Signed by the CCG and by NHS England: the grant is in force from its day."),
    Word(
        "novated", "Agreement novated", "After a merger: the agreement of those that merged goes on with the new CCG."
    ),
    Word("not_taken_up", "Not taken up", "The CCG did not go ahead; the grant never was in force."),
    Word(
        "not_known", "Start not confirmed by a source", "For past rounds only: no source says that the grant started."
    ),
)

ENDINGS = (
    Word("superseded_by_grant", "Followed by another grant", "A new grant of the CCG starts the day after."),
    Word(
        "notice", "Notice given", "The CCG gave notice; NHS England may have let it end on another day, with a reason."
    ),
    Word("revoked", "Revoked", "NHS England revoked it."),
    Word(
        "succeeded",
        "Succeeded by another CCG",
        "The CCG closed; the one that came after it needs a grant of its own, or a succession.",
    ),
    Word(
        "abolished", "CCG abolished", "CCGs were abolished on 1 July 2022, and a board followed; it holds nothing here."
    ),
    Word("condition_lapsed", "Condition lapsed", "A condition was not met in time."),
    Word("corrected", "Corrected", "A correction stands in its place; it never was in force."),
)

BASES = (
    Word("stated", "Stated", "A source says it in so many words."),
    Word("derived", "Derived", "It follows from two things that sources say."),
    Word("implied", "Implied", "A source says it between the lines."),
)

MEASURES = (
    Word("applied_delegated", "Applied for delegated commissioning", "CCGs that applied for delegated commissioning."),
    Word("chose_joint", "Chose joint commissioning", "CCGs that told a survey that they chose joint commissioning."),
    Word("chose_greater_involvement", "Chose greater involvement", "CCGs that told a survey so."),
    Word("chose_none", "Chose no involvement", "CCGs that told a survey so."),
    Word("choices_known", "Choices known", "CCGs that answered a survey of choices."),
    Word("approved_first_statement", "Approved, first statement", "A statement that was corrected the same day."),
    Word("approved", "Approved for delegated commissioning", "Approved without conditions, as announced."),
    Word("authorised", "Authorised for delegated commissioning", "Authorised, as announced; not all of them started."),
    Word("conditional", "Approved with conditions", "Approved with conditions for delegated commissioning."),
    Word("not_approved_as_requested", "Not approved as requested", "Not approved, or downgraded to joint."),
    Word("joint_approved", "Approved for joint commissioning", "Approved for joint commissioning."),
    Word("delegated_in_force", "Delegated commissioning in force", "CCGs that held it on a day, of whatever round."),
    Word(
        "delegated_in_force_other_count",
        "Delegated commissioning in force, another count",
        "What another source counted, where sources disagree.",
    ),
    Word("joint_in_force", "Joint commissioning in force", "CCGs that held it on a day, of whatever round."),
    Word("greater_involvement_in_force", "Greater involvement", "CCGs that were at it on a day, of whatever round."),
    Word("newly_started", "Delegated commissioning started", "CCGs whose delegated commissioning started."),
    Word("approved_not_started", "Approved and not started", "CCGs that were approved and did not go ahead."),
    Word("conditional_not_taken_up", "Approved with conditions, not taken up", "CCGs that did not go ahead."),
    Word("invited", "Invited to apply", "CCGs that were invited to apply for delegated commissioning."),
    Word(
        "icbs_delegated_primary_medical",
        "Boards that hold delegated primary medical services",
        "Integrated care boards, which followed the CCGs.",
    ),
    Word(
        "icbs_delegated_pharmacy_ophthalmic_or_dental",
        "Boards that hold delegated pharmacy, ophthalmic or dental services",
        "Integrated care boards that hold one or more of the three.",
    ),
    Word(
        "icbs_delegated_pharmacy_ophthalmic_and_dental",
        "Boards that hold delegated pharmacy, ophthalmic and dental services",
        "Integrated care boards that hold all three.",
    ),
)
