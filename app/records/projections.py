"""How an entry changes what stands: the fold from the log into the projections.

``changes`` is a pure function of one entry. ``ledger.append`` carries its changes out on the
tables; ``register verify`` carries them out on dictionaries, from the first entry on, and compares.
Because there is one function for both, the tables cannot say anything that the log does not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Self

import orjson
from sqlalchemy import Connection, Table, and_, delete, insert, update
from sqlmodel import SQLModel

from app.records import tables


class Put(NamedTuple):
    """The row under its primary key is this one, whether there was one before or not."""

    table: type[SQLModel]
    row: dict[str, Any]


class Set(NamedTuple):
    """The one row with this key has these values now. That there is exactly one is part of the change."""

    table: type[SQLModel]
    key: dict[str, Any]
    values: dict[str, Any]


class Remove(NamedTuple):
    """No row with these values is left."""

    table: type[SQLModel]
    key: dict[str, Any]


Change = Put | Set | Remove


@dataclass(frozen=True, slots=True)
class Folded:
    """An entry as the fold sees it. ``private`` is None where the private bytes were redacted."""

    index: int
    kind: str
    reference: str | None
    ods_code: str | None
    at: datetime
    data: dict[str, Any]
    private: dict[str, Any] | None

    @classmethod
    def of(cls, body: bytes, private: bytes | None) -> Self:
        """Read an entry from its exact bytes."""
        entry = orjson.loads(body)
        return cls(
            index=entry["index"],
            kind=entry["kind"],
            reference=entry["reference"],
            ods_code=entry["odsCode"],
            at=datetime.fromisoformat(entry["at"]),
            data=entry["data"],
            private=None if private is None else orjson.loads(private),
        )

    def kept(self, name: str) -> Any:
        """A private member, or None where it was redacted or never there."""
        return None if self.private is None else self.private.get(name)


def changes(entry: Folded) -> list[Change]:
    """The changes that one entry makes. Raises KeyError for a kind that the register does not know."""
    return list(_FOLDS[entry.kind](entry))


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


def primary_key(model: type[SQLModel]) -> tuple[str, ...]:
    """The names of a table's primary key columns, in order."""
    return tuple(column.name for column in table_of(model).primary_key.columns)


def carry_out(connection: Connection, change: Change) -> None:
    """Make one change on the tables. Raises LookupError when a row to be set is not there."""
    table = table_of(change.table)
    match change:
        case Put(model, row):
            key = {name: row[name] for name in primary_key(model)}
            rest = {name: value for name, value in row.items() if name not in key}
            found = connection.execute(update(table).where(_matches(table, key)).values(rest or key))
            if found.rowcount == 0:
                connection.execute(insert(table).values(row))
        case Set(_, key, values):
            found = connection.execute(update(table).where(_matches(table, key)).values(values))
            if found.rowcount != 1:
                raise LookupError(f"{found.rowcount} rows of {table.name} match {key}")
        case Remove(_, key):
            connection.execute(delete(table).where(_matches(table, key)))


def _matches(table: Table, key: dict[str, Any]) -> Any:
    return and_(*(table.c[name] == value for name, value in key.items()))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


# --- organisations, rounds, callers -------------------------------------------------------------


def _log_opened(_: Folded) -> Iterator[Change]:
    return iter(())


def _organisation_changed(entry: Folded) -> Iterator[Change]:
    data = entry.data
    yield Put(
        tables.Organisation,
        {
            "ods_code": data["odsCode"],
            "opened_on": _day(data["openedOn"]),
            "closed_on": _day(data["closedOn"]),
            "successor_ods_code": data["successor"],
            "known_to": _day(data["knownTo"]),
            "changed_sequence": entry.index,
        },
    )
    yield Remove(tables.OrganisationFact, {"ods_code": data["odsCode"]})
    for fact in data["facts"]:
        yield Put(
            tables.OrganisationFact,
            {
                "ods_code": data["odsCode"],
                "valid_from": _day(fact["validFrom"]),
                "valid_to": _day(fact["validTo"]),
                "name": fact["name"],
                "ons_code": fact["onsCode"],
                "region_code": fact["regionCode"],
                "area_team_code": fact["areaTeamCode"],
            },
        )


def _round_changed(entry: Folded) -> Iterator[Change]:
    data = entry.data
    yield Put(
        tables.Round,
        {
            "round_id": data["roundId"],
            "title": data["title"],
            "kind": data["kind"],
            "coverage": data["coverage"],
            "opens_on": _day(data["opensOn"]),
            "delegated_deadline": _day(data["deadlines"]["delegated"]),
            "joint_deadline": _day(data["deadlines"]["joint"]),
            "closes_on": _day(data["closesOn"]),
            "starts_on": _day(data["startsOn"]),
            "counted_on": _day(data["countedOn"]),
            "applications_public_from": _day(data["applicationsPublicFrom"]),
            "applicants_see_at": _instant(data["applicantsSeeAt"]),
        },
    )


def _client_changed(entry: Folded) -> Iterator[Change]:
    yield Put(
        tables.RegisteredClient,
        {
            "client_id": entry.data["clientId"],
            "name": entry.kept("name") or "",
            "ods_codes": entry.kept("odsCodes") or [],
            "regions": entry.kept("regions") or [],
            "scopes": entry.kept("scopes") or [],
            "keys": entry.kept("keys") or [],
            "disabled_at": _instant(entry.data["disabledAt"]),
        },
    )


def _person_changed(entry: Folded) -> Iterator[Change]:
    yield Put(
        tables.RegisteredPerson,
        {
            "person_id": entry.data["personId"],
            "issuer": entry.kept("issuer") or "",
            "subject": entry.kept("subject") or "",
            "name": entry.kept("name") or "",
            "role": entry.data["role"],
            "regions": entry.kept("regions") or [],
            "interests": entry.kept("interests") or [],
            "ended_at": _instant(entry.data["endedAt"]),
        },
    )


# --- applications -------------------------------------------------------------------------------


def _members(entry: Folded, round_id: str) -> Iterator[Change]:
    for position, code in enumerate(entry.data["memberOdsCodes"]):
        yield Put(
            tables.ApplicationMember,
            {
                "reference": entry.reference,
                "ods_code": code,
                "position": position,
                "round_id": round_id,
                "is_live": False,
            },
        )


def _application_created(entry: Folded) -> Iterator[Change]:
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
            "published_at": None,
            "earlier": data["earlier"],
            "document": entry.kept("document"),
            "change_request": None,
            "recorded_by": None,
        },
    )
    yield from _members(entry, data["roundId"])


def _moved(entry: Folded, **values: Any) -> Change:
    """The application is at its next version; that it was at the one before is part of the change."""
    version = entry.data["version"]
    return Set(
        tables.Application,
        {"reference": entry.reference, "version": version - 1},
        {"version": version, "state": entry.data["state"], "updated_at": entry.at, **values},
    )


def _live(entry: Folded, codes: list[str], *, is_live: bool) -> Iterator[Change]:
    for code in codes:
        key = {"reference": entry.reference, "ods_code": code}
        yield Set(tables.ApplicationMember, key, {"is_live": is_live})


def _application_amended(entry: Folded) -> Iterator[Change]:
    data = entry.data
    yield _moved(
        entry,
        requested_level=data["requestedLevel"],
        region_code=data["regionCode"],
        earlier=data["earlier"],
        document=entry.kept("document"),
    )
    if data["state"] == "draft":
        yield Remove(tables.ApplicationMember, {"reference": entry.reference})
        yield from _members(entry, data["roundId"])


def _application_submitted(entry: Folded) -> Iterator[Change]:
    data = entry.data
    yield _moved(
        entry,
        first_submitted_at=_instant(data["firstSubmittedAt"]),
        waiting_since=entry.at,
        due_on=None,
        change_request=None,
    )
    yield from _live(entry, data["memberOdsCodes"], is_live=True)
    for declaration_id in data["endsDeclarations"]:
        key = {"declaration_id": declaration_id}
        yield Set(tables.Declaration, key, {"ended_by": entry.reference})


def _application_withdrawn(entry: Folded) -> Iterator[Change]:
    yield _moved(entry, waiting_since=entry.at, due_on=None, change_request=None, recorded_by=None)
    yield from _live(entry, entry.data["memberOdsCodes"], is_live=False)
    yield Remove(tables.Recommendation, {"reference": entry.reference})


def _changes_requested(entry: Folded) -> Iterator[Change]:
    yield _moved(
        entry, waiting_since=entry.at, due_on=_day(entry.data["dueOn"]), change_request=entry.kept("items")
    )


def _outcome_recommended(entry: Folded) -> Iterator[Change]:
    """The first entry of the act moves the application; each one sets its member's recommendation."""
    data = entry.data
    if data["position"] == 0:
        yield _moved(
            entry, waiting_since=entry.at, due_on=None, change_request=None, recorded_by=entry.kept("actor")
        )
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


def _outcome_returned(entry: Folded) -> Iterator[Change]:
    yield _moved(entry, waiting_since=entry.at, recorded_by=None)
    yield Remove(tables.Recommendation, {"reference": entry.reference})


def _declaration_made(entry: Folded) -> Iterator[Change]:
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
            "declared_on": _day(data["declaredOn"]),
            "is_newest": True,
            "ended_by": None,
        },
    )


# --- decisions ----------------------------------------------------------------------------------


def _decision_signed_off(entry: Folded) -> Iterator[Change]:
    """The first entry of the act moves the application; each one makes its member's decision."""
    data = entry.data
    if data["position"] == 0:
        yield _moved(entry, waiting_since=entry.at)
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
            "effective_from": _day(data["effectiveFrom"]),
            "state": "signed_off",
            "decided_on": _day(data["decidedOn"]),
            "signed_off_on": _day(data["signedOffOn"]),
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
                "due_on": _day(condition["dueOn"]),
                "state": "open",
            },
        )


def _announcement_made(entry: Folded) -> Iterator[Change]:
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


def _decision_published(entry: Folded) -> Iterator[Change]:
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
                "in_force_from": _day(grant["inForceFrom"]),
                "in_force_to": None,
                "ended_by": None,
            },
        )
    else:
        yield from _live(entry, [entry.ods_code or ""], is_live=False)
    if data["position"] == 0:
        yield _moved(entry, waiting_since=entry.at, published_at=entry.at)


_FOLDS: dict[str, Callable[[Folded], Iterator[Change]]] = {
    "log.opened": _log_opened,
    "organisation.changed": _organisation_changed,
    "round.changed": _round_changed,
    "client.changed": _client_changed,
    "person.changed": _person_changed,
    "application.created": _application_created,
    "application.amended": _application_amended,
    "application.submitted": _application_submitted,
    "application.withdrawn": _application_withdrawn,
    "changes.requested": _changes_requested,
    "outcome.recommended": _outcome_recommended,
    "outcome.returned": _outcome_returned,
    "declaration.made": _declaration_made,
    "decision.signed_off": _decision_signed_off,
    "announcement.made": _announcement_made,
    "decision.published": _decision_published,
}

PROJECTED: tuple[type[SQLModel], ...] = (
    tables.Organisation,
    tables.OrganisationFact,
    tables.Round,
    tables.RegisteredClient,
    tables.RegisteredPerson,
    tables.Application,
    tables.ApplicationMember,
    tables.Recommendation,
    tables.Declaration,
    tables.Decision,
    tables.DecisionReason,
    tables.DecisionCondition,
    tables.Approval,
    tables.Announcement,
)
