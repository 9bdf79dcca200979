"""``register clients`` and ``register people``: who may call."""

from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from app.commands.client_keys import Algorithm, Generate, KeyFile, Kid, client_key
from app.commands.console import ACTOR, now, open_database, show, show_json

clients = typer.Typer(help="Registered systems.", no_args_is_help=True)
people = typer.Typer(help="Panel members, NHS England, administrators.", no_args_is_help=True)

Codes = Annotated[list[str] | None, typer.Option("--ods-code", help="A CCG that the client acts for; repeatable.")]
Regions = Annotated[list[str] | None, typer.Option("--region", help="A region, for instance Y56; repeatable.")]
AddCodes = Annotated[list[str] | None, typer.Option("--add-ods-code", help="A further CCG; repeatable.")]
EndCodes = Annotated[list[str] | None, typer.Option("--end-ods-code", help="A CCG that it had; repeatable.")]
AddRegions = Annotated[list[str] | None, typer.Option("--add-region", help="A further region; repeatable.")]
EndRegions = Annotated[list[str] | None, typer.Option("--end-region", help="A region that it had; repeatable.")]
AddInterests = Annotated[
    list[str] | None, typer.Option("--add-interest", help="A CCG with a further declared interest; repeatable.")
]
EndInterests = Annotated[list[str] | None, typer.Option("--end-interest", help="An interest that ends; repeatable.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@clients.command("add")
def add_client(
    client_id: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option(help="The system's name for people.")],
    scope: Annotated[list[str], typer.Option(help="applications, panel or national; repeatable.")],
    ods_code: Codes = None,
    region: Regions = None,
    key: KeyFile = None,
    generate: Generate = None,
    alg: Algorithm = None,
    kid: Kid = None,
) -> None:
    """Register a system and its first public key."""
    from app.casework.registration import register_client

    new = client_key(key, generate, alg, kid)
    with open_database() as database, database.writing() as session:
        register_client(
            session,
            client_id=client_id,
            name=name,
            ods_codes=ods_code or [],
            regions=region or [],
            scopes=scope,
            keys=[new.public],
            actor=ACTOR,
            at=now(),
        )
        new.keep()
    show(f"{client_id}: registered with key {new.public.kid}")


@clients.command("add-key")
def add_key(
    client_id: Annotated[str, typer.Argument()],
    key: KeyFile = None,
    generate: Generate = None,
    alg: Algorithm = None,
    kid: Kid = None,
) -> None:
    """Give a client one more public key, so that it can change keys without a gap."""
    from app.casework import registration

    new = client_key(key, generate, alg, kid)
    with open_database() as database, database.writing() as session:
        registration.add_key(session, client_id, new.public, actor=ACTOR, at=now())
        new.keep()
    show(f"{client_id}: key {new.public.kid} added")


@clients.command("end-key")
def end_key(client_id: Annotated[str, typer.Argument()], kid: Annotated[str, typer.Argument()]) -> None:
    """End a client's key at once, for instance after a leak. No key can have its id again.

    Access tokens that the client got with it are good for ten minutes more. `register clients disable` stops them.
    """
    from app.casework import registration

    with open_database() as database, database.writing() as session:
        registration.end_key(session, client_id, kid, actor=ACTOR, at=now())
    show(f"{client_id}: key {kid} ended")


@clients.command("change")
def change_client(
    client_id: Annotated[str, typer.Argument()],
    add_ods_code: AddCodes = None,
    end_ods_code: EndCodes = None,
    add_region: AddRegions = None,
    end_region: EndRegions = None,
) -> None:
    """Change for which CCGs and regions a client acts, for instance after a merger. It counts at once."""
    from app.casework import registration
    from app.casework.registration import Change

    with open_database() as database, database.writing() as session:
        client = registration.change_client(
            session,
            client_id,
            ods_codes=Change(add_ods_code or (), end_ods_code or ()),
            regions=Change(add_region or (), end_region or ()),
            actor=ACTOR,
            at=now(),
        )
    show(f"{client_id}: CCGs {_cell(sorted(client.ods_codes))}, regions {_cell(sorted(client.regions))}")


@clients.command("enable")
def enable_client(client_id: Annotated[str, typer.Argument()]) -> None:
    """Let a disabled client call again, with the keys that it has. Access tokens from before stay refused."""
    from app.casework import registration

    with open_database() as database, database.writing() as session:
        registration.enable_client(session, client_id, actor=ACTOR, at=now())
    show(f"{client_id}: enabled")


@clients.command("disable")
def disable_client(client_id: Annotated[str, typer.Argument()]) -> None:
    """Stop a client at once, its access tokens included."""
    from app.casework import registration

    with open_database() as database, database.writing() as session:
        registration.disable_client(session, client_id, actor=ACTOR, at=now())
    show(f"{client_id}: disabled")


@clients.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """List the registered systems."""
    from app.records import clients as records

    at = now()
    with open_database() as database, database.reading() as session:
        rows = [
            {
                "clientId": each.client_id,
                "name": each.name,
                "scopes": sorted(each.scopes),
                "odsCodes": sorted(each.ods_codes),
                "regions": sorted(each.regions),
                "keys": [key.kid for key in each.keys if not key.has_ended(at)],
                "endedKeys": [key.kid for key in each.keys if key.has_ended(at)],
                "disabledAt": instant_or_none(each.disabled_at),
            }
            for each in records.list_all(session)
        ]
    _show_rows(rows, as_json=as_json)


@people.command("add")
def add_person(
    issuer: Annotated[str, typer.Option(help="The OIDC issuer, exactly as its tokens name it.")],
    subject: Annotated[str, typer.Option(help="The person's subject at that issuer.")],
    name: Annotated[str, typer.Option(help="The person's name; kept private.")],
    role: Annotated[Literal["panel", "national", "admin"], typer.Option()],
    region: Regions = None,
    interest: Annotated[
        list[str] | None, typer.Option(help="The ODS code of a CCG with a declared interest; repeatable.")
    ] = None,
) -> None:
    """Register a person with a role. The settings must be those of the service: they name the issuers."""
    from app.casework.registration import register_person
    from app.settings import read_settings

    with open_database() as database, database.writing() as session:
        person = register_person(
            session,
            issuer=issuer,
            subject=subject,
            name=name,
            role=role,
            regions=region or [],
            interests=interest or [],
            known_issuers=read_settings().issuers,
            actor=ACTOR,
            at=now(),
        )
    show(f"{person.person_id}: registered")


@people.command("change")
def change_person(
    person_id: Annotated[str, typer.Argument(help="As `register people list` shows it.")],
    add_region: AddRegions = None,
    end_region: EndRegions = None,
    add_interest: AddInterests = None,
    end_interest: EndInterests = None,
) -> None:
    """Change a person's regions and declared interests. It counts at once."""
    from app.casework import registration
    from app.casework.registration import Change

    with open_database() as database, database.writing() as session:
        person = registration.change_person(
            session,
            person_id,
            regions=Change(add_region or (), end_region or ()),
            interests=Change(add_interest or (), end_interest or ()),
            actor=ACTOR,
            at=now(),
        )
    show(f"{person_id}: regions {_cell(sorted(person.regions))}, interests {_cell(sorted(person.interests))}")


@people.command("end")
def end_person(person_id: Annotated[str, typer.Argument(help="As `register people list` shows it.")]) -> None:
    """End a person's role at once."""
    from app.casework import registration

    with open_database() as database, database.writing() as session:
        registration.end_person(session, person_id, actor=ACTOR, at=now())
    show(f"{person_id}: ended")


@people.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List the registered people."""
    from app.records import people as records

    with open_database() as database, database.reading() as session:
        rows = [
            {
                "personId": each.person_id,
                "issuer": each.issuer,
                "subject": each.subject,
                "name": each.name,
                "role": each.role,
                "regions": sorted(each.regions),
                "interests": sorted(each.interests),
                "endedAt": instant_or_none(each.ended_at),
            }
            for each in records.list_all(session)
        ]
    _show_rows(rows, as_json=as_json)


def instant_or_none(at: datetime | None) -> str | None:
    """An instant in the log's form. None if there is none."""
    from app.log.encoding import instant_text

    return None if at is None else instant_text(at)


def _show_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show_json(rows)
        return
    table = [list(row) for row in rows[:1]] + [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        show("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value) or "-"
    return "-" if value is None else str(value)
