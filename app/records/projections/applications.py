"""What entries about applications and declarations change."""

from collections.abc import Iterator
from typing import Any

from app.records import tables
from app.records.changes import Change, LoggedEntry, Put, Remove, Set, day, instant


def _members(entry: LoggedEntry, round_id: str) -> Iterator[Change]:
    for position, code in enumerate(entry.data["memberOdsCodes"]):
        yield Put(
            tables.ApplicationMember,
            {
                "reference": entry.reference,
                "ods_code": code,
                "position": position,
                "round_id": round_id,
                "is_live": False,
                "live_from": None,
                "live_to": None,
                "consented_at": instant(entry.data.get("consents", {}).get(code)),
                "left_at": None,
            },
        )


def application_created(entry: LoggedEntry) -> Iterator[Change]:
    """A draft: the application at version 1, and its members."""
    data = entry.data
    yield Put(
        tables.Application,
        {
            "reference": entry.reference,
            "round_id": data["roundId"],
            "requested_level": data["requestedLevel"],
            "lead_ods_code": data["leadOdsCode"],
            "region_code": data["regionCode"],
            "state": data["state"],
            "version": data["version"],
            "created_at": entry.at,
            "updated_at": entry.at,
            "first_submitted_at": None,
            "waiting_since": entry.at,
            "due_on": None,
            "shown_at": None,
            "published_at": None,
            "document": entry.kept("document"),
            "change_request": None,
            "recorded_by": None,
        },
    )
    yield from _members(entry, data["roundId"])


def moved(entry: LoggedEntry, **values: Any) -> Change:
    """The application is at its next version; that it was at the one before is part of the change."""
    version = entry.data["version"]
    return Set(
        tables.Application,
        {"reference": entry.reference, "version": version - 1},
        {"version": version, "state": entry.data["state"], "updated_at": entry.at, **values},
    )


def live(entry: LoggedEntry, codes: list[str]) -> Iterator[Change]:
    """The members block a second application in the round from here on, also where that had ended."""
    for code in codes:
        key = {"reference": entry.reference, "ods_code": code}
        yield Set(tables.ApplicationMember, key, {"is_live": True, "live_from": entry.index, "live_to": None})


def ended(entry: LoggedEntry, codes: list[str]) -> Iterator[Change]:
    """The members block nobody any more."""
    for code in codes:
        key = {"reference": entry.reference, "ods_code": code}
        yield Set(tables.ApplicationMember, key, {"is_live": False, "live_to": entry.index})


def application_amended(entry: LoggedEntry) -> Iterator[Change]:
    """The draft or the proposal, replaced."""
    data = entry.data
    yield moved(
        entry,
        requested_level=data["requestedLevel"],
        region_code=data["regionCode"],
        document=entry.kept("document"),
    )
    if data["state"] == "draft":
        yield Remove(tables.ApplicationMember, {"reference": entry.reference})
        yield from _members(entry, data["roundId"])


def application_submitted(entry: LoggedEntry) -> Iterator[Change]:
    """With the panel of its region: its members are live, and declarations of theirs have ended."""
    data = entry.data
    yield moved(
        entry,
        region_code=data["regionCode"],
        first_submitted_at=instant(data["firstSubmittedAt"]),
        waiting_since=entry.at,
        due_on=None,
        change_request=None,
    )
    # Entries of the first release do not say whether they are the first submission; their instants tell.
    if data.get("isFirst", instant(data["firstSubmittedAt"]) == entry.at):
        yield from live(entry, data["memberOdsCodes"])
    for declaration_id in data["endsDeclarations"]:
        key = {"declaration_id": declaration_id}
        yield Set(tables.Declaration, key, {"ended_by": entry.reference})


def consent_given(entry: LoggedEntry) -> Iterator[Change]:
    """A member CCG agrees to the draft as it stands."""
    yield moved(entry)
    key = {"reference": entry.reference, "ods_code": entry.ods_code}
    yield Set(tables.ApplicationMember, key, {"consented_at": entry.at})


def application_ended(entry: LoggedEntry) -> Iterator[Change]:
    """Withdrawn or lapsed: nobody is blocked any more, and nothing is recommended."""
    yield moved(entry, waiting_since=entry.at, due_on=None, change_request=None, recorded_by=None)
    yield from ended(entry, entry.data["memberOdsCodes"])
    yield Remove(tables.Recommendation, {"reference": entry.reference})


def member_left(entry: LoggedEntry) -> Iterator[Change]:
    """One CCG is a member no more; the others go on."""
    yield moved(entry)
    key = {"reference": entry.reference, "ods_code": entry.ods_code}
    yield Set(tables.ApplicationMember, key, {"left_at": entry.at})
    if entry.data["wasLive"]:
        yield from ended(entry, [entry.ods_code or ""])
    yield Remove(tables.Recommendation, key)


def extension_granted(entry: LoggedEntry) -> Iterator[Change]:
    """More time: for a level of the round, or for the changes that were asked of one application."""
    data = entry.data
    if entry.reference is not None:
        yield moved(entry, due_on=day(data["until"]))
    yield Put(
        tables.Extension,
        {
            "extension_id": data["extensionId"],
            "round_id": data["roundId"],
            "ods_code": entry.ods_code,
            "level": data["level"],
            "reference": entry.reference,
            "until": day(data["until"]),
            "reason": entry.kept("reason"),
            "granted_at": entry.at,
        },
    )


def changes_requested(entry: LoggedEntry) -> Iterator[Change]:
    """Back with the applicants, until a day."""
    yield moved(entry, waiting_since=entry.at, due_on=day(entry.data["dueOn"]), change_request=entry.kept("items"))


def assessment_recorded(entry: LoggedEntry) -> Iterator[Change]:
    """What the panel thinks by one criterion; the newest word stands. The application stays at its version."""
    yield Put(
        tables.Assessment,
        {
            "reference": entry.reference,
            "criterion": entry.data["criterion"],
            "rating": entry.kept("rating"),
            "justification": entry.kept("justification"),
            "assessed_by": entry.kept("actor"),
            "assessed_at": entry.at,
        },
    )


def outcome_recommended(entry: LoggedEntry) -> Iterator[Change]:
    """The first entry of the act moves the application; each one sets its member's recommendation."""
    data = entry.data
    if data["position"] == 0:
        yield moved(entry, waiting_since=entry.at, due_on=None, change_request=None, recorded_by=entry.kept("actor"))
    yield Put(
        tables.Recommendation,
        {
            "reference": entry.reference,
            "ods_code": entry.ods_code,
            "requested_level": data["requestedLevel"],
            "outcome": data["outcome"],
            "granted_level": data["grantedLevel"],
            "chosen_by": data["chosenBy"],
            "reasons": data["reasons"],
            "conditions": data["conditions"],
            "private_note": entry.kept("privateNote"),
            "recorded_by": entry.kept("actor"),
            "recorded_at": entry.at,
        },
    )


def outcome_returned(entry: LoggedEntry) -> Iterator[Change]:
    """Back with the panel: what it recommended is gone from what stands."""
    yield moved(entry, waiting_since=entry.at, recorded_by=None)
    yield Remove(tables.Recommendation, {"reference": entry.reference})


def outcome_shown(entry: LoggedEntry) -> Iterator[Change]:
    """Its applicants may see the outcome, ahead of the announcement."""
    yield moved(entry, shown_at=entry.at)


def declaration_made(entry: LoggedEntry) -> Iterator[Change]:
    """The newest declaration of a CCG for a round; one of history says on what basis it is known."""
    data = entry.data
    for earlier in data["replaces"]:
        yield Set(tables.Declaration, {"declaration_id": earlier}, {"is_newest": False})
    yield Put(
        tables.Declaration,
        {
            "declaration_id": data["declarationId"],
            "ods_code": entry.ods_code,
            "round_id": data["roundId"],
            "level": data["level"],
            "declared_on": day(data["declaredOn"]),
            "is_newest": True,
            "ended_by": None,
            "origin": data.get("origin", "casework"),
            "basis": data.get("basis"),
            "source": data.get("source"),
        },
    )
