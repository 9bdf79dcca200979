"""The columns of the register's lists, for CSV and NDJSON, and how each takes its value from a row."""

from app.api.statistics_table import KNOWN_TO
from app.reading.organisations import Ccg
from app.reading.published import Detailed, Listed
from app.records.published_conditions import ConditionRow
from app.rules.grants import agreement_in_words
from app.rules.holdings import is_real
from app.web.formats import SEPARATOR, Column


def _condition(row: ConditionRow) -> str:
    return f"{row.text} (due {row.due_on or 'on a day not known'}, {row.state})"


def _coverage(each: Listed) -> str:
    return each.row.round_coverage


_ODS_CODE_SAYS = "The CCG's ODS code: 3 characters to 2020, 5 after."
_AGREEMENT_SAYS = "The agreement in words, for instance that no source confirms the start."
_ODS_CODE: Column[Listed] = Column("odsCode", "string", _ODS_CODE_SAYS, lambda each: each.row.ods_code, required=True)
_DECISION_ID: Column[Listed] = Column(
    "decisionId",
    "string",
    "The decision's id: it is at /v1/decisions/{decisionId}.",
    lambda each: each.row.decision_id,
    required=True,
)
_WHERE_IT_WAS: tuple[Column[Listed], ...] = (
    Column("name", "string", "What the CCG was called when it was decided.", lambda each: each.row.name, required=True),
    Column(
        "regionCode",
        "string",
        "The ODS code of the region it belonged to then.",
        lambda each: each.region.code,
        required=True,
    ),
    Column("regionName", "string", "The name of that region.", lambda each: each.region.name, required=True),
    Column(
        "areaTeamCode",
        "string",
        "The ODS code of NHS England's area team it belonged to then, if it did to one.",
        lambda each: each.area_team and each.area_team.code,
    ),
    Column(
        "areaTeamName", "string", "The name of that area team.", lambda each: each.area_team and each.area_team.name
    ),
)
_WHAT_WAS_DECIDED: tuple[Column[Listed], ...] = (
    Column(
        "round",
        "string",
        "The id of the round in which the CCG applied; empty for what follows from a merger.",
        lambda each: each.row.round_id,
    ),
    Column(
        "trial",
        "boolean",
        "Whether that was a trial round, which decides nothing.",
        lambda each: not is_real(each.row),
        required=True,
    ),
    Column("coverage", "string", "Of the round: all known (complete) or a part (partial).", _coverage, required=True),
    Column(
        "requestedLevel",
        "string",
        "The level applied for: delegated or joint; empty where no source tells it.",
        lambda each: each.row.requested_level,
    ),
    Column(
        "outcome",
        "string",
        "What was decided: approved (at the level applied for), conditional (approved once the conditions are met), "
        "rejected, or downgraded_to_joint (delegated was applied for, joint granted).",
        lambda each: each.row.outcome,
        required=True,
    ),
    Column(
        "grantedLevel",
        "string",
        "The level granted: delegated or joint; empty where nothing was granted.",
        lambda each: each.row.granted_level,
    ),
)
_REFERENCE: Column[Listed] = Column(
    "reference",
    "string",
    "The application's key; CCGs that applied together share it.",
    lambda each: each.row.reference,
)
_AGREEMENT_IN_WORDS: Column[Listed] = Column(
    "agreementInWords", "string", _AGREEMENT_SAYS, lambda each: agreement_in_words(each.row.agreement)
)
_CHOSEN_BY: Column[Listed] = Column(
    "chosenBy", "string", "Whose choice a downgrade to joint was: ccg or panel.", lambda each: each.row.chosen_by
)
_SCALED_DOWN_TO: Column[Listed] = Column(
    "scaledDownTo", "string", "The level to which the CCGs scaled down: joint.", lambda each: each.row.scaled_down_to
)
_FUNCTIONS: Column[Listed] = Column(
    "functions",
    "string",
    "The functions granted at delegated, which /v1/reference-data/functions explains; empty where they are not known.",
    lambda each: SEPARATOR.join(each.functions or ()),
    SEPARATOR,
)
_WHY: tuple[Column[Listed], ...] = (
    Column(
        "reasonCodes",
        "string",
        "The codes of the reasons, which /v1/reference-data/reasons explains.",
        lambda each: SEPARATOR.join(reason.code for reason in each.reasons),
        SEPARATOR,
    ),
    Column(
        "reasons",
        "string",
        "The reasons in words, in the order of their codes. A text that stands for several codes is there once.",
        lambda each: SEPARATOR.join(dict.fromkeys(reason.text for reason in each.reasons)),
        SEPARATOR,
    ),
)
_EFFECTIVE_FROM: Column[Listed] = Column(
    "effectiveFrom",
    "date",
    "The day from which the level was granted; empty where nothing was granted, or not known.",
    lambda each: each.row.effective_from,
)
_DECIDED_ON: Column[Listed] = Column(
    "decidedOn",
    "date",
    "The day on which it was decided; empty where that is not known.",
    lambda each: each.row.decided_on,
)
_PUBLISHED_AT: Column[Listed] = Column(
    "publishedAt",
    "dateTime",
    "When this register published the decision, in UTC.",
    lambda each: each.row.published_at,
    required=True,
)
_WHERE_IT_IS_FROM: tuple[Column[Listed], ...] = (
    Column(
        "origin",
        "string",
        "Where the decision is from: casework (it was made in this register), history (taken from a source) "
        "or succession (it follows from a merger).",
        lambda each: each.row.origin,
        required=True,
    ),
    Column(
        "basis",
        "string",
        "How a source tells a decision of history: stated, derived or implied.",
        lambda each: each.row.basis,
    ),
    Column("source", "string", "The source of a decision of history.", lambda each: each.row.source),
    Column("note", "string", "What a reader must know beside the source.", lambda each: each.row.note),
)

_STANDING_SAYS = (
    "How what was granted stands on the day asked for as on=, or else today: not_started, in_force, ended, "
    "not_taken_up or never_started; empty where nothing was granted."
)
_IN_FORCE: tuple[Column[Listed], ...] = (
    Column(
        "inForceFrom",
        "date",
        "The first day in force; empty while conditions are open, and of what never started.",
        lambda each: each.days_in_force.in_force_from,
    ),
    Column(
        "inForceTo",
        "date",
        "The last day in force; empty while no end is known, and of what never started.",
        lambda each: each.days_in_force.in_force_to,
    ),
    Column("endedBy", "string", "What ended it, or will.", lambda each: each.row.ended_by),
    Column(
        "endReason",
        "string",
        "Why it was ended, where that was an act on it (notice, revocation, lapse).",
        lambda each: each.own_end.end_reason,
    ),
    Column("legalBasis", "string", "The legal basis of a revocation.", lambda each: each.own_end.legal_basis),
)

APPROVAL_COLUMNS: tuple[Column[Listed], ...] = (
    _ODS_CODE,
    *_WHERE_IT_WAS,
    *_WHAT_WAS_DECIDED,
    *(_CHOSEN_BY, _SCALED_DOWN_TO, _FUNCTIONS),
    *_WHY,
    Column("standingOn", "date", "The day on which the standing is judged.", lambda each: each.day, required=True),
    Column("standing", "string", _STANDING_SAYS, lambda each: each.row.standing),
    _EFFECTIVE_FROM,
    *_IN_FORCE,
    Column(
        "promotedOn",
        "date",
        "The day on which the last condition of a conditional approval was settled.",
        lambda each: each.row.promoted_on,
    ),
    Column(
        "agreement",
        "string",
        "The delegation or joint agreement that a grant waits for before it starts: awaited, signed, not_taken_up or "
        "not_known.",
        lambda each: each.row.agreement,
    ),
    _AGREEMENT_IN_WORDS,
    Column(
        "conditionsOpen",
        "integer",
        "How many conditions are still to be met.",
        lambda each: each.row.open_conditions,
        required=True,
    ),
    Column(
        "conditionsTotal",
        "integer",
        "How many conditions there are in all.",
        lambda each: each.row.total_conditions,
        required=True,
    ),
    _DECIDED_ON,
    _PUBLISHED_AT,
    _DECISION_ID,
    _REFERENCE,
    *_WHERE_IT_IS_FROM,
    KNOWN_TO,
)
DECISION_COLUMNS: tuple[Column[Detailed], ...] = (
    _DECISION_ID,
    _REFERENCE,
    _ODS_CODE,
    *_WHERE_IT_WAS,
    *_WHAT_WAS_DECIDED,
    *(_CHOSEN_BY, _SCALED_DOWN_TO, _FUNCTIONS),
    _EFFECTIVE_FROM,
    Column("standing", "string", _STANDING_SAYS, lambda each: each.row.standing),
    *_IN_FORCE,
    _AGREEMENT_IN_WORDS,
    *_WHY,
    Column(
        "conditions",
        "string",
        "What must be done, each with the day it is due and its state: open, met, waived or lapsed.",
        lambda each: SEPARATOR.join(map(_condition, each.conditions)),
        SEPARATOR,
    ),
    Column(
        "state",
        "string",
        "Whether the decision stands (published), or a correction stands in its place (superseded).",
        lambda each: each.row.state,
        required=True,
    ),
    _DECIDED_ON,
    Column(
        "signedOffOn",
        "date",
        "The day on which a second person signed it off; empty where that is not known.",
        lambda each: each.row.signed_off_on,
    ),
    _PUBLISHED_AT,
    Column(
        "sequence",
        "integer",
        "The number of its publication, by which /v1/changes tells it.",
        lambda each: each.row.published_sequence,
        required=True,
    ),
    Column("supersedes", "string", "The id of the decision that this one corrects.", lambda each: each.row.supersedes),
    Column(
        "supersededBy", "string", "The id of the decision that corrects this one.", lambda each: each.row.superseded_by
    ),
    Column(
        "correctionReason", "string", "Why this decision corrects another.", lambda each: each.row.correction_reason
    ),
    *_WHERE_IT_IS_FROM,
    KNOWN_TO,
)
ORGANISATION_COLUMNS: tuple[Column[Ccg], ...] = (
    Column("on", "date", "The day of which the row speaks.", lambda each: each.day, required=True),
    KNOWN_TO,
    Column("odsCode", "string", _ODS_CODE_SAYS, lambda each: each.row.ods_code, required=True),
    Column(
        "kind", "string", "What it is: ccg, icb (a board), trial (made up).", lambda each: each.row.kind, required=True
    ),
    Column("onsCode", "string", "The code at the Office for National Statistics.", lambda each: each.row.ons_code),
    Column(
        "name",
        "string",
        "What the CCG was called on the day asked for as on=, or else is today.",
        lambda each: each.row.name,
        required=True,
    ),
    Column(
        "regionCode",
        "string",
        "The ODS code of the region it belonged to on that day.",
        lambda each: each.region.code,
        required=True,
    ),
    Column("regionName", "string", "The name of that region.", lambda each: each.region.name, required=True),
    Column(
        "areaTeamCode",
        "string",
        "The ODS code of NHS England's area team it belonged to, if it did to one.",
        lambda each: each.area_team and each.area_team.code,
    ),
    Column(
        "areaTeamName", "string", "The name of that area team.", lambda each: each.area_team and each.area_team.name
    ),
    Column("open", "boolean", "Whether the CCG is open on that day.", lambda each: each.is_open, required=True),
    Column("openedOn", "date", "The CCG's first day.", lambda each: each.row.opened_on, required=True),
    Column("closedOn", "date", "The CCG's last day; empty while none is known.", lambda each: each.closed_on),
    Column(
        "successorOdsCode", "string", "The ODS code of the CCG that came after a closed one.", lambda row: row.successor
    ),
    Column(
        "position",
        "string",
        "What is published about the CCG: in_force, not_started, ended, not_taken_up, never_started, not_approved, "
        "declared, chosen (no source tells the outcome), approved (none tells for which days), or "
        "no_published_decision; trial rounds do not count.",
        lambda each: each.position.position,
        required=True,
    ),
    Column(
        "level",
        "string",
        "The level that it holds, held, was granted, declared or chose: delegated, joint, greater_involvement or none.",
        lambda each: each.position.level,
    ),
    Column("agreementInWords", "string", _AGREEMENT_SAYS, lambda each: each.position.agreement_in_words),
    Column(
        "basis",
        "string",
        "How a source tells that, where it is of a past round: stated, derived or implied.",
        lambda each: each.position.basis,
    ),
    Column(
        "source", "string", "The source that tells it, where it is of a past round.", lambda each: each.position.source
    ),
    Column("factsSource", "string", "Where the name and the place are known from.", lambda each: each.row.source),
)
