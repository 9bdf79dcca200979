"""What entries about decisions change."""

from collections.abc import Iterator
from typing import Any

from app.records import tables
from app.records.changes import Change, Folded, Put, Set, day
from app.records.folds.applications import ended, moved


def decision_signed_off(entry: Folded) -> Iterator[Change]:
    """The first entry of the act moves the application; each one makes its member's decision."""
    if entry.data["position"] == 0:
        yield moved(entry, waiting_since=entry.at)
    yield from decided(
        entry,
        state="signed_off",
        signed_off_on=day(entry.data["signedOffOn"]),
        recorded_by=entry.kept("recordedBy"),
        signed_off_by=entry.kept("actor"),
        origin="casework",
    )


def decided(entry: Folded, **values: Any) -> Iterator[Change]:
    """The decision that an entry says, with its reasons and conditions; ``values`` is what only its kind says."""
    data = entry.data
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
            "decided_on": day(data["decidedOn"]),
            "signed_off_index": entry.index,
            **dict.fromkeys(_ONLY_SOME_DECISIONS),
            **values,
        },
    )
    yield from _reasons(data)
    yield from _conditions(data)


_ONLY_SOME_DECISIONS = (
    "signed_off_on",
    "recorded_by",
    "signed_off_by",
    "published_at",
    "published_sequence",
    "supersedes",
    "superseded_by",
    "correction_reason",
    "basis",
    "source",
)


def _reasons(data: dict[str, Any]) -> Iterator[Change]:
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


def _conditions(data: dict[str, Any]) -> Iterator[Change]:
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
    """A decision is public; the first of an application's moves the application.

    One of history comes whole with the entry that publishes it.
    """
    data = entry.data
    if data.get("origin") == "history":
        yield from _of_history(entry)
        return
    yield Set(
        tables.Decision,
        {"decision_id": data["decisionId"], "state": "signed_off"},
        {"state": "published", "published_at": entry.at, "published_sequence": entry.index},
    )
    if data["grant"] is None:
        yield from ended(entry, [entry.ods_code or ""])
    else:
        yield _granted(entry)
    if data["position"] == 0:
        yield moved(entry, waiting_since=entry.at, published_at=entry.at)


def decision_corrected(entry: Folded) -> Iterator[Change]:
    """Another decision stands in the place of one that stays readable; what that one gave is void."""
    data = entry.data
    key = {"decision_id": data["supersedes"]}
    yield Set(
        tables.Decision,
        {**key, "state": "published"},
        {"state": "superseded", "superseded_by": data["decisionId"]},
    )
    voids = data["voids"]
    if voids is not None:
        yield Set(tables.Approval, key, {"in_force_to": day(voids["inForceTo"]), "ended_by": voids["endedBy"]})
    yield from _of_history(entry, supersedes=data["supersedes"], correction_reason=data["correctionReason"])


def approval_ended(entry: Folded) -> Iterator[Change]:
    """The last day of a grant is known, and what ended it."""
    data = entry.data
    yield Set(
        tables.Approval,
        {"decision_id": data["decisionId"]},
        {"in_force_to": day(data["inForceTo"]), "ended_by": data["endedBy"]},
    )


def approval_resumed(entry: Folded) -> Iterator[Change]:
    """What was said to end a grant is not so: no end of it is known."""
    yield Set(
        tables.Approval,
        {"decision_id": entry.data["decisionId"]},
        {"in_force_to": None, "ended_by": None},
    )


def _of_history(entry: Folded, **values: Any) -> Iterator[Change]:
    data = entry.data
    yield from decided(
        entry,
        state="published",
        published_at=entry.at,
        published_sequence=entry.index,
        origin="history",
        basis=data["basis"],
        source=data["source"],
        **values,
    )
    if data["grant"] is not None:
        yield _granted(entry)


def _granted(entry: Folded) -> Change:
    """What the decision gives. Of the past it may be known already how it ended."""
    grant = entry.data["grant"]
    return Put(
        tables.Approval,
        {
            "decision_id": entry.data["decisionId"],
            "ods_code": entry.ods_code,
            "round_id": entry.data["roundId"],
            "level": grant["level"],
            "agreement": grant["agreement"],
            "in_force_from": day(grant["inForceFrom"]),
            "in_force_to": day(grant.get("inForceTo")),
            "ended_by": grant.get("endedBy"),
        },
    )
