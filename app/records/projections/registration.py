"""What entries about CCGs, rounds and callers change."""

from collections.abc import Iterator

from app.records import tables
from app.records.changes import Change, LoggedEntry, Put, Remove, day, instant


def nothing(_: LoggedEntry) -> Iterator[Change]:
    """The first entry, and one that says what was redacted: no row comes of it."""
    return iter(())


def organisation_changed(entry: LoggedEntry) -> Iterator[Change]:
    """A CCG and its dated facts, replaced whole."""
    data = entry.data
    yield Put(
        tables.Organisation,
        {
            "ods_code": data["odsCode"],
            "opened_on": day(data["openedOn"]),
            "closed_on": day(data["closedOn"]),
            "successor_ods_code": data["successor"],
            "known_to": day(data["knownTo"]),
            "changed_sequence": entry.index,
        },
    )
    yield Remove(tables.OrganisationFact, {"ods_code": data["odsCode"]})
    for fact in data["facts"]:
        yield Put(
            tables.OrganisationFact,
            {
                "ods_code": data["odsCode"],
                "valid_from": day(fact["validFrom"]),
                "valid_to": day(fact["validTo"]),
                "name": fact["name"],
                "ons_code": fact["onsCode"],
                "region_code": fact["regionCode"],
                "area_team_code": fact["areaTeamCode"],
            },
        )


def round_changed(entry: LoggedEntry) -> Iterator[Change]:
    """A round, replaced whole."""
    data = entry.data
    yield Put(
        tables.Round,
        {
            "round_id": data["roundId"],
            "title": data["title"],
            "kind": data["kind"],
            "coverage": data["coverage"],
            "opens_on": day(data["opensOn"]),
            "delegated_deadline": day(data["deadlines"]["delegated"]),
            "joint_deadline": day(data["deadlines"]["joint"]),
            "closes_on": day(data["closesOn"]),
            "starts_on": day(data["startsOn"]),
            "counted_on": day(data["countedOn"]),
            "applications_public_from": day(data["applicationsPublicFrom"]),
            "applicants_see_at": instant(data["applicantsSeeAt"]),
            "source": data.get("source"),
        },
    )


def total_reported(entry: LoggedEntry) -> Iterator[Change]:
    """A total as it was reported at the time, replaced whole."""
    data = entry.data
    yield Put(
        tables.ReportedTotal,
        {
            "round_id": data["roundId"],
            "measure": data["measure"],
            "region_code": data["regionCode"] or "",
            "value": data["value"],
            "of": data["of"],
            "as_at": data["asAt"],
            "source": data["source"],
        },
    )


def client_changed(entry: LoggedEntry) -> Iterator[Change]:
    """A registered system, replaced whole."""
    yield Put(
        tables.RegisteredClient,
        {
            "client_id": entry.data["clientId"],
            "name": entry.kept("name") or "",
            "ods_codes": entry.kept("odsCodes") or [],
            "regions": entry.kept("regions") or [],
            "scopes": entry.kept("scopes") or [],
            "keys": entry.kept("keys") or [],
            "disabled_at": instant(entry.data["disabledAt"]),
        },
    )


def person_changed(entry: LoggedEntry) -> Iterator[Change]:
    """A registered person, replaced whole. One whose private part was redacted has a subject that nobody else has."""
    yield Put(
        tables.RegisteredPerson,
        {
            "person_id": entry.data["personId"],
            "issuer": entry.kept("issuer") or "",
            "subject": entry.kept("subject") or entry.data["personId"],
            "name": entry.kept("name") or "",
            "role": entry.data["role"],
            "regions": entry.kept("regions") or [],
            "interests": entry.kept("interests") or [],
            "ended_at": instant(entry.data["endedAt"]),
        },
    )
