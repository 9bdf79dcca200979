"""The columns of the register's tables, for CSV and NDJSON."""

from app.records.directory import OrganisationRow
from app.records.published import ConditionRow, PublishedRow, ReasonRow

APPROVAL_COLUMNS = (
    "odsCode",
    "name",
    "regionCode",
    "regionName",
    "areaTeamCode",
    "areaTeamName",
    "round",
    "trial",
    "requestedLevel",
    "outcome",
    "grantedLevel",
    "standing",
    "effectiveFrom",
    "inForceFrom",
    "inForceTo",
    "endedBy",
    "agreement",
    "conditionsOpen",
    "conditionsTotal",
    "decidedOn",
    "publishedAt",
    "decisionId",
    "origin",
    "basis",
    "source",
)
DECISION_COLUMNS = (
    "decisionId",
    "reference",
    "odsCode",
    "name",
    "regionCode",
    "regionName",
    "areaTeamCode",
    "areaTeamName",
    "round",
    "trial",
    "requestedLevel",
    "outcome",
    "grantedLevel",
    "chosenBy",
    "effectiveFrom",
    "reasonCodes",
    "reasons",
    "conditions",
    "state",
    "decidedOn",
    "signedOffOn",
    "publishedAt",
    "sequence",
    "supersedes",
    "supersededBy",
    "origin",
    "basis",
    "source",
)
ORGANISATION_COLUMNS = (
    "odsCode",
    "onsCode",
    "name",
    "regionCode",
    "regionName",
    "areaTeamCode",
    "areaTeamName",
    "openedOn",
    "closedOn",
    "successorOdsCode",
    "position",
    "level",
)


def approval_cells(row: PublishedRow, regions: dict[str, str], area_teams: dict[str, str]) -> list[object]:
    """One approval under ``APPROVAL_COLUMNS``."""
    return [
        row.ods_code,
        row.name,
        *_place(row.region_code, regions),
        *_place(row.area_team_code, area_teams),
        row.round_id,
        row.round_kind == "trial",
        row.requested_level,
        row.outcome,
        row.granted_level,
        row.standing,
        row.effective_from,
        row.in_force_from,
        row.in_force_to,
        row.ended_by,
        row.agreement,
        row.open_conditions,
        row.total_conditions,
        row.decided_on,
        row.published_at,
        row.decision_id,
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
    """One decision under ``DECISION_COLUMNS``; several reasons or conditions are parted by `` | ``."""
    return [
        row.decision_id,
        row.reference,
        row.ods_code,
        row.name,
        *_place(row.region_code, regions),
        *_place(row.area_team_code, area_teams),
        row.round_id,
        row.round_kind == "trial",
        row.requested_level,
        row.outcome,
        row.granted_level,
        row.chosen_by,
        row.effective_from,
        " | ".join(reason.code for reason in reasons),
        " | ".join(reason.text for reason in reasons),
        " | ".join(f"{each.text} (due {each.due_on}, {each.state})" for each in conditions),
        row.state,
        row.decided_on,
        row.signed_off_on,
        row.published_at,
        row.published_sequence,
        row.supersedes,
        row.superseded_by,
        row.origin,
        row.basis,
        row.source,
    ]


def organisation_cells(
    row: OrganisationRow, position: str, level: str | None, regions: dict[str, str], area_teams: dict[str, str]
) -> list[object]:
    """One CCG under ``ORGANISATION_COLUMNS``."""
    return [
        row.ods_code,
        row.ons_code,
        row.name,
        *_place(row.region_code, regions),
        *_place(row.area_team_code, area_teams),
        row.opened_on,
        row.closed_on,
        row.successor_ods_code,
        position,
        level,
    ]


def _place(code: str | None, names: dict[str, str]) -> tuple[str | None, str | None]:
    return (None, None) if code is None else (code, names[code])
