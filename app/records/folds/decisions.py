"""What entries about decisions change."""

from collections.abc import Iterator

from app.records import tables
from app.records.changes import Change, Folded, Put, Set, day
from app.records.folds.applications import live, moved


def decision_signed_off(entry: Folded) -> Iterator[Change]:
    """The first entry of the act moves the application; each one makes its member's decision."""
    data = entry.data
    if data["position"] == 0:
        yield moved(entry, waiting_since=entry.at)
    yield Put(
        tables.Decision,
        {
            "decision_id": data["decisionId"],
            "reference": entry.reference,
            "ods_code": entry.ods_code,
            "name": data["name"],
            "region_code": data["regionCode"],
            "area_team_code": data["areaTeamCode"],
            "round_id": data["roundId"],
            "requested_level": data["requestedLevel"],
            "outcome": data["outcome"],
            "granted_level": data["grantedLevel"],
            "chosen_by": data["chosenBy"],
            "effective_from": day(data["effectiveFrom"]),
            "state": "signed_off",
            "decided_on": day(data["decidedOn"]),
            "signed_off_on": day(data["signedOffOn"]),
            "signed_off_index": entry.index,
            "recorded_by": entry.kept("recordedBy"),
            "signed_off_by": entry.kept("actor"),
            "published_at": None,
            "published_sequence": None,
            "supersedes": None,
            "superseded_by": None,
            "origin": "casework",
            "basis": None,
            "source": None,
        },
    )
    for position, reason in enumerate(data["reasons"]):
        yield Put(
            tables.DecisionReason,
            {
                "decision_id": data["decisionId"],
                "position": position,
                "code": reason["code"],
                "text": reason["text"],
            },
        )
    for position, condition in enumerate(data["conditions"]):
        yield Put(
            tables.DecisionCondition,
            {
                "decision_id": data["decisionId"],
                "condition_id": condition["id"],
                "position": position,
                "text": condition["text"],
                "reason_code": condition["reasonCode"],
                "due_on": day(condition["dueOn"]),
                "state": "open",
            },
        )


def announcement_made(entry: Folded) -> Iterator[Change]:
    """An announcement, and which set it published."""
    data = entry.data
    yield Put(
        tables.Announcement,
        {
            "announcement_id": data["announcementId"],
            "round_id": data["roundId"],
            "levels": data["levels"],
            "set_digest": data["setDigest"],
            "size": data["size"],
            "announced_at": entry.at,
        },
    )


def decision_published(entry: Folded) -> Iterator[Change]:
    """A decision is public; the first of an application's moves the application."""
    data = entry.data
    yield Set(
        tables.Decision,
        {"decision_id": data["decisionId"], "state": "signed_off"},
        {"state": "published", "published_at": entry.at, "published_sequence": entry.index},
    )
    grant = data["grant"]
    if grant is not None:
        yield Put(
            tables.Approval,
            {
                "decision_id": data["decisionId"],
                "ods_code": entry.ods_code,
                "round_id": data["roundId"],
                "level": grant["level"],
                "agreement": grant["agreement"],
                "in_force_from": day(grant["inForceFrom"]),
                "in_force_to": None,
                "ended_by": None,
            },
        )
    else:
        yield from live(entry, [entry.ods_code or ""], is_live=False)
    if data["position"] == 0:
        yield moved(entry, waiting_since=entry.at, published_at=entry.at)
