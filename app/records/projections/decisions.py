"""What entries about decisions change."""

from collections.abc import Iterator
from typing import Any

from app.records import tables
from app.records.changes import Change, LoggedEntry, Put, Set, day, instant
from app.records.projections.applications import ended, live, moved
from app.records.projections.grants import granted, versioned


def decision_signed_off(entry: LoggedEntry) -> Iterator[Change]:
    """The first entry of the act moves the application; each one makes its member's decision."""
    if entry.data["position"] == 0:
        yield moved(entry, waiting_since=entry.at, shown_at=entry.at if entry.data.get("isShown") else None)
    yield from decided(
        entry,
        state="signed_off",
        signed_off_on=day(entry.data["signedOffOn"]),
        recorded_by=entry.kept("recordedBy"),
        signed_off_by=entry.kept("actor"),
        origin="casework",
    )


def decided(entry: LoggedEntry, **values: Any) -> Iterator[Change]:
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
            "version": 1,
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
                # Of a correction that leaves the condition as it was.
                "state": condition.get("state", "open"),
                "settled_on": day(condition.get("settledOn")),
            },
        )


def announcement_scheduled(entry: LoggedEntry) -> Iterator[Change]:
    """A fixed set is to be published at an hour."""
    yield _announcement(entry, state="scheduled", publish_at=instant(entry.data["publishAt"]), announced_at=None)


def announcement_cancelled(entry: LoggedEntry) -> Iterator[Change]:
    """What was scheduled is not to be published."""
    key = {"announcement_id": entry.data["announcementId"], "state": "scheduled"}
    yield Set(tables.Announcement, key, {"state": "cancelled"})


def announcement_made(entry: LoggedEntry) -> Iterator[Change]:
    """An announcement, at once or as it was scheduled, and which set it published."""
    data = entry.data
    if data.get("dueAt") is None:
        yield _announcement(entry, state="made", publish_at=None, announced_at=entry.at)
    else:
        key = {"announcement_id": data["announcementId"], "state": "scheduled"}
        yield Set(tables.Announcement, key, {"state": "made", "announced_at": entry.at})


def _announcement(entry: LoggedEntry, **values: Any) -> Change:
    data = entry.data
    return Put(
        tables.Announcement,
        {
            "announcement_id": data["announcementId"],
            "round_id": data["roundId"],
            "levels": data["levels"],
            "set_digest": data["setDigest"],
            "size": data["size"],
            "decision_ids": data.get("decisionIds", []),
            **values,
        },
    )


def decision_published(entry: LoggedEntry) -> Iterator[Change]:
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
        {"state": "published", "published_at": entry.at, "published_sequence": entry.index, "version": 2},
    )
    if data["grant"] is None:
        yield from ended(entry, [entry.ods_code or ""])
    else:
        yield granted(entry)
    if data["position"] == 0:
        yield moved(entry, waiting_since=entry.at, published_at=entry.at)


def decision_corrected(entry: LoggedEntry) -> Iterator[Change]:
    """Another decision stands in the place of one that stays readable; what that one gave is void."""
    data = entry.data
    yield from versioned(entry, data["supersedes"])
    key = {"decision_id": data["supersedes"]}
    yield Set(
        tables.Decision,
        {**key, "state": "published"},
        {"state": "superseded", "superseded_by": data["decisionId"]},
    )
    voids = data["voids"]
    if voids is not None:
        end = {"in_force_to": day(voids["inForceTo"]), "ended_by": voids["endedBy"], "end_told": True}
        yield Set(tables.Approval, key, {**end, "end_reason": None, "legal_basis": None})
    correction = {"supersedes": data["supersedes"], "correction_reason": data["correctionReason"]}
    if data.get("origin") == "history":
        yield from _of_history(entry, **correction)
    else:
        yield from _of_casework(entry, **correction)


def _of_casework(entry: LoggedEntry, **values: Any) -> Iterator[Change]:
    """A correction that one person proposed and another confirmed; it can change whether its CCG blocks others."""
    data = entry.data
    yield from decided(
        entry,
        state="published",
        published_at=entry.at,
        published_sequence=entry.index,
        signed_off_on=day(data["signedOffOn"]),
        recorded_by=entry.kept("proposedBy"),
        signed_off_by=entry.kept("actor"),
        origin="casework",
        **values,
    )
    if data["grant"] is not None:
        yield granted(entry)
    if data["member"] == "live":
        yield from live(entry, [entry.ods_code or ""])
    elif data["member"] == "ended":
        yield from ended(entry, [entry.ods_code or ""])


def _of_history(entry: LoggedEntry, **values: Any) -> Iterator[Change]:
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
        yield granted(entry)
