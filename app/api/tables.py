"""The columns of the register's tables, for CSV and NDJSON."""

from collections.abc import Sequence
from datetime import date

from app.api.schemas.published import agreement_in_words, own_end
from app.records.directory import OrganisationRow
from app.records.published import ConditionRow, PublishedRow, ReasonRow
from app.web.formats import SEPARATOR, Column

_ODS_CODE = Column("odsCode", "string", "The CCG's ODS code: 3 characters to 2020, 5 after.", required=True)
_DECISION_ID = Column("decisionId", "string", "The decision's id: it is at /v1/decisions/{decisionId}.", required=True)
_WHERE_IT_WAS = (
    Column("name", "string", "What the CCG was called when it was decided.", required=True),
    Column("regionCode", "string", "The ODS code of the region it belonged to then.", required=True),
    Column("regionName", "string", "The name of that region.", required=True),
    Column("areaTeamCode", "string", "The ODS code of NHS England's area team it belonged to then, if it did to one."),
    Column("areaTeamName", "string", "The name of that area team."),
)
_WHAT_WAS_DECIDED = (
    Column("round", "string", "The id of the round in which the CCG applied.", required=True),
    Column("trial", "boolean", "Whether that was a trial round, which decides nothing.", required=True),
    Column("coverage", "string", "Whether all of the round is known (complete) or a part (partial).", required=True),
    Column("requestedLevel", "string", "The level applied for: delegated or joint.", required=True),
    Column(
        "outcome",
        "string",
        "What was decided: approved (at the level applied for), conditional (approved once the conditions are met), "
        "rejected, or downgraded_to_joint (delegated was applied for, joint granted).",
        required=True,
    ),
    Column("grantedLevel", "string", "The level granted: delegated or joint; empty where nothing was granted."),
)
_REFERENCE = Column("reference", "string", "The application's key; CCGs that applied together share it.")
_AGREEMENT_IN_WORDS = Column(
    "agreementInWords", "string", "The agreement in words, for instance that no source confirms the start."
)
_CHOSEN_BY = Column("chosenBy", "string", "Whose choice a downgrade to joint was: ccg or panel.")
_WHY = (
    Column("reasonCodes", "string", "The codes of the reasons, which /v1/reference-data/reasons explains.", SEPARATOR),
    Column("reasons", "string", "The reasons in words, in the order of their codes.", SEPARATOR),
)
_EFFECTIVE_FROM = Column(
    "effectiveFrom", "date", "The day from which the level was granted; empty where nothing was granted, or not known."
)
_DECIDED_ON = Column("decidedOn", "date", "The day on which it was decided; empty where that is not known.")
_PUBLISHED_AT = Column("publishedAt", "dateTime", "When this register published the decision, in UTC.", required=True)
_WHERE_IT_IS_FROM = (
    Column(
        "origin",
        "string",
        "Where the decision is from: casework (it was made in this register) or history (taken from a source).",
        required=True,
    ),
    Column("basis", "string", "How a source tells a decision of history: stated, derived or implied."),
    Column("source", "string", "The source of a decision of history."),
)

APPROVAL_COLUMNS = (
    _ODS_CODE,
    *_WHERE_IT_WAS,
    *_WHAT_WAS_DECIDED,
    _CHOSEN_BY,
    *_WHY,
    Column("standingOn", "date", "The day on which the standing is judged.", required=True),
    Column(
        "standing",
        "string",
        "How what was granted stands on the day asked for as on=, or else today: not_started, in_force, ended or "
        "not_taken_up; empty where nothing was granted.",
    ),
    _EFFECTIVE_FROM,
    Column("inForceFrom", "date", "The first day in force; empty while conditions are open."),
    Column("inForceTo", "date", "The last day in force; empty while no end is known."),
    Column("endedBy", "string", "What ended it, or will."),
    Column("endReason", "string", "Why it was ended, where that was an act on it (notice, revocation, lapse)."),
    Column("legalBasis", "string", "The legal basis of a revocation."),
    Column("promotedOn", "date", "The day on which the last condition of a conditional approval was settled."),
    Column(
        "agreement",
        "string",
        "The delegation or joint agreement that a grant waits for before it starts: awaited, signed, not_taken_up or "
        "not_known.",
    ),
    _AGREEMENT_IN_WORDS,
    Column("conditionsOpen", "integer", "How many conditions are still to be met.", required=True),
    Column("conditionsTotal", "integer", "How many conditions there are in all.", required=True),
    _DECIDED_ON,
    _PUBLISHED_AT,
    _DECISION_ID,
    _REFERENCE,
    *_WHERE_IT_IS_FROM,
)
DECISION_COLUMNS = (
    _DECISION_ID,
    _REFERENCE,
    _ODS_CODE,
    *_WHERE_IT_WAS,
    *_WHAT_WAS_DECIDED,
    _CHOSEN_BY,
    _EFFECTIVE_FROM,
    _AGREEMENT_IN_WORDS,
    *_WHY,
    Column(
        "conditions",
        "string",
        "What must be done, each with the day it is due and its state: open, met, waived or lapsed.",
        SEPARATOR,
    ),
    Column(
        "state",
        "string",
        "Whether the decision stands (published), or a correction stands in its place (superseded).",
        required=True,
    ),
    _DECIDED_ON,
    Column("signedOffOn", "date", "The day on which a second person signed it off; empty where that is not known."),
    _PUBLISHED_AT,
    Column("sequence", "integer", "The number of its publication, by which /v1/changes tells it.", required=True),
    Column("supersedes", "string", "The id of the decision that this one corrects."),
    Column("supersededBy", "string", "The id of the decision that corrects this one."),
    Column("correctionReason", "string", "Why this decision corrects another."),
    *_WHERE_IT_IS_FROM,
)
ORGANISATION_COLUMNS = (
    Column("on", "date", "The day of which the row speaks.", required=True),
    Column("knownTo", "date", "How far what is known of CCGs (mergers, closings) reaches.", required=True),
    _ODS_CODE,
    Column("onsCode", "string", "The CCG's code at the Office for National Statistics, where there is one."),
    Column("name", "string", "What the CCG was called on the day asked for as on=, or else is today.", required=True),
    Column("regionCode", "string", "The ODS code of the region it belonged to on that day.", required=True),
    Column("regionName", "string", "The name of that region.", required=True),
    Column("areaTeamCode", "string", "The ODS code of NHS England's area team it belonged to, if it did to one."),
    Column("areaTeamName", "string", "The name of that area team."),
    Column("open", "boolean", "Whether the CCG is open on that day.", required=True),
    Column("openedOn", "date", "The CCG's first day.", required=True),
    Column("closedOn", "date", "The CCG's last day; empty while none is known."),
    Column("successorOdsCode", "string", "The ODS code of the CCG that came after a closed one."),
    Column(
        "position",
        "string",
        "What is published about the CCG: in_force, not_started, ended, not_taken_up, not_approved, declared, or "
        "no_published_decision; trial rounds do not count.",
        required=True,
    ),
    Column(
        "level",
        "string",
        "The level that it holds, held, was granted or declared: delegated, joint, greater_involvement or none.",
    ),
    _AGREEMENT_IN_WORDS,
    Column("basis", "string", "How a source tells that, where it is of a past round: stated, derived or implied."),
    Column("source", "string", "The source that tells it, where it is of a past round."),
)


def approval_cells(
    row: PublishedRow, reasons: list[ReasonRow], regions: dict[str, str], area_teams: dict[str, str], day: date
) -> list[object]:
    """One approval under ``APPROVAL_COLUMNS``; ``day`` is the one on which its standing is judged."""
    return [
        row.ods_code,
        row.name,
        *_place(row.region_code, regions),
        *_place(row.area_team_code, area_teams),
        row.round_id,
        row.round_kind == "trial",
        row.round_coverage,
        row.requested_level,
        row.outcome,
        row.granted_level,
        row.chosen_by,
        SEPARATOR.join(reason.code for reason in reasons),
        SEPARATOR.join(reason.text for reason in reasons),
        day,
        row.standing,
        row.effective_from,
        row.in_force_from,
        row.in_force_to,
        row.ended_by,
        *own_end(row).values(),
        row.promoted_on,
        row.agreement,
        agreement_in_words(row.agreement),
        row.open_conditions,
        row.total_conditions,
        row.decided_on,
        row.published_at,
        row.decision_id,
        row.reference,
        row.origin,
        row.basis,
        row.source,
    ]


def decision_cells(
    row: PublishedRow,
    reasons: list[ReasonRow],
    conditions: list[ConditionRow],
    regions: dict[str, str],
    area_teams: dict[str, str],
) -> list[object]:
    """One decision under ``DECISION_COLUMNS``; several reasons or conditions are parted by ``SEPARATOR``."""
    return [
        row.decision_id,
        row.reference,
        row.ods_code,
        row.name,
        *_place(row.region_code, regions),
        *_place(row.area_team_code, area_teams),
        row.round_id,
        row.round_kind == "trial",
        row.round_coverage,
        row.requested_level,
        row.outcome,
        row.granted_level,
        row.chosen_by,
        row.effective_from,
        agreement_in_words(row.agreement),
        SEPARATOR.join(reason.code for reason in reasons),
        SEPARATOR.join(reason.text for reason in reasons),
        SEPARATOR.join(f"{each.text} (due {each.due_on or 'on a day not known'}, {each.state})" for each in conditions),
        row.state,
        row.decided_on,
        row.signed_off_on,
        row.published_at,
        row.published_sequence,
        row.supersedes,
        row.superseded_by,
        row.correction_reason,
        row.origin,
        row.basis,
        row.source,
    ]


def organisation_cells(
    row: OrganisationRow,
    position: Sequence[str | None],
    regions: dict[str, str],
    area_teams: dict[str, str],
    *,
    day: date,
    is_open: bool,
) -> list[object]:
    """One CCG under ``ORGANISATION_COLUMNS``."""
    return [
        day,
        row.known_to,
        row.ods_code,
        row.ons_code,
        row.name,
        *_place(row.region_code, regions),
        *_place(row.area_team_code, area_teams),
        is_open,
        row.opened_on,
        row.closed_on,
        row.successor_ods_code,
        *position,
    ]


def _place(code: str | None, names: dict[str, str]) -> tuple[str | None, str | None]:
    return (None, None) if code is None else (code, names[code])
