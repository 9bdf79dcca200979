"""``register clients`` and ``register people``: who may call."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.commands.console import ACTOR, WRONG_USAGE, now, open_database, read_text, show, show_json, tell

clients = typer.Typer(help="Registered systems.", no_args_is_help=True)
people = typer.Typer(help="Panel members, NHS England, administrators.", no_args_is_help=True)

Codes = Annotated[list[str] | None, typer.Option("--ods-code", help="A CCG the client speaks for; repeatable.")]
Regions = Annotated[list[str] | None, typer.Option("--region", help="A region, for instance Y56; repeatable.")]
KeyFile = Annotated[Path | None, typer.Option("--key", help="The public key: PEM, or a JWK with kid and alg.")]
Generate = Annotated[
    Path | None, typer.Option("--generate", help="Make a key pair; the private half is written to this new file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Algorithm = Annotated[Literal["RS512", "ES256"], typer.Option("--alg", help="The key's algorithm.")]
Kid = Annotated[str | None, typer.Option("--kid", help="The key's id; its thumbprint when left out.")]


@clients.command("add")
def add_client(
    client_id: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option(help="What people call the system.")],
    scope: Annotated[list[str], typer.Option(help="applications, panel or national; repeatable.")],
    ods_code: Codes = None,
    region: Regions = None,
    key: KeyFile = None,
    generate: Generate = None,
    alg: Algorithm = "RS512",
    kid: Kid = None,
) -> None:
    """Register a system and its first public key."""
    from app.casework.registration import register_client

    public = client_key(key, generate, alg, kid)
    with open_database() as database, database.writing() as session:
        register_client(
            session,
            client_id=client_id,
            name=name,
            ods_codes=ods_code or [],
            regions=region or [],
            scopes=scope,
            keys=[public],
            actor=ACTOR,
            at=now(),
        )
    show(f"{client_id}: registered with key {public.kid}")


@clients.command("add-key")
def add_key(
    client_id: Annotated[str, typer.Argument()],
    key: KeyFile = None,
    generate: Generate = None,
    alg: Algorithm = "RS512",
    kid: Kid = None,
) -> None:
    """Give a client one more public key, so that it can change keys without a gap."""
    from app.casework import registration

    public = client_key(key, generate, alg, kid)
    with open_database() as database, database.writing() as session:
        registration.add_key(session, client_id, public, actor=ACTOR, at=now())
    show(f"{client_id}: key {public.kid} added")


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

    with open_database() as database, database.reading() as session:
        rows = [
            {
                "clientId": each.client_id,
                "name": each.name,
                "scopes": sorted(each.scopes),
                "odsCodes": sorted(each.ods_codes),
                "regions": sorted(each.regions),
                "keys": [key.kid for key in each.keys],
                "disabledAt": each.disabled_at,
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
    """Register a person with a role."""
    from app.casework.registration import register_person

    with open_database() as database, database.writing() as session:
        person = register_person(
            session,
            issuer=issuer,
            subject=subject,
            name=name,
            role=role,
            regions=region or [],
            interests=interest or [],
            actor=ACTOR,
            at=now(),
        )
    show(f"{person.person_id}: registered")


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
                "endedAt": each.ended_at,
            }
            for each in records.list_all(session)
        ]
    _show_rows(rows, as_json=as_json)


def client_key(key: Path | None, generate: Path | None, alg: Literal["RS512", "ES256"], kid: str | None) -> Any:
    """The public key to register: read from a file, or the public half of a new pair."""
    from app.access.keys import generate_pair, public_jwk, thumbprint, write_private_key
    from app.records.clients import ClientKey

    if (key is None) == (generate is None):
        tell("Give the public key with --key, or have a pair made with --generate.")
        raise typer.Exit(WRONG_USAGE)
    if generate is not None:
        pair = generate_pair(alg)
        try:
            write_private_key(generate, pair.private_pem)
        except OSError as error:
            tell(f"{generate}: {error.strerror}; no key is overwritten")
            raise typer.Exit(WRONG_USAGE) from error
        return ClientKey(kid or pair.public_jwk["kid"], alg, _bare(pair.public_jwk))
    text = read_text(key or Path())
    try:
        jwk = json.loads(text) if text.lstrip().startswith("{") else public_jwk(text.encode())
    except ValueError as error:
        tell(f"{key}: {error}")
        raise typer.Exit(WRONG_USAGE) from error
    return ClientKey(kid or jwk.get("kid") or thumbprint(jwk), jwk.get("alg", alg), _bare(jwk))


def _bare(jwk: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in jwk.items() if name in {"kty", "n", "e", "crv", "x", "y", "d"}}


def _show_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show_json(rows)
        return
    for row in rows:
        show("  ".join(_cell(value) for value in row.values()))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value) or "-"
    return "-" if value is None else str(value)
