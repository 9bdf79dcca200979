"""``register demo``: the main job in one go, on a directory of its own."""

import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import ACTOR, plain_refusals, show, show_json, tell
from app.commands.console import now as clock
from app.commands.demo_cast import CLIENTS, PEOPLE, DemoClient

ORGANISATIONS = Path(__file__).parent.parent / "reference" / "organisations.csv"
DELEGATED_DAYS, JOINT_DAYS, LEAD_DAYS = 60, 90, 30


def demo(
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Where the demo keeps its data.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Prepare everything, and do not serve.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The addresses as JSON.")] = False,
) -> None:
    """Make a register with the CCGs of 2013 to 2019, an open trial round and people to try it with, and serve it.

    A second start keeps what is there. The database is SQLite in the data directory, or the one
    that REGISTER_DATABASE_URL names.
    """
    with plain_refusals():
        data_dir.mkdir(parents=True, exist_ok=True)
        settings = demo_settings(data_dir, port)
        round_id = prepare(data_dir, settings)
        _announce(data_dir, settings, round_id, as_json=as_json)
        if not no_serve:
            from app.serving import serve

            serve(settings, "127.0.0.1", port)


def demo_settings(data_dir: Path, port: int) -> Any:
    """The demo's settings; what the environment says of the database and the log level holds."""
    from app.settings import Settings

    directory = data_dir.resolve()
    return Settings(
        environment="development",
        database_url=os.environ.get("REGISTER_DATABASE_URL", f"sqlite:///{directory / 'register.db'}"),
        public_url=f"http://127.0.0.1:{port}",
        allowed_hosts=frozenset({"localhost"}),
        token_key_file=directory / "token-key.pem",
        development_key_file=directory / "development-key.pem",
        oidc_issuers=(),
    )


def prepare(data_dir: Path, settings: Any) -> str:
    """Make whatever is missing, one step after another; returns the id of the open trial round."""
    from app.commands.organisations import take_over
    from app.records import migrations
    from app.records.session import Database

    _make_keys(settings)
    database = Database(settings.database_url)
    try:
        if migrations.current_revision(database) != migrations.expected_revision():
            tell("Making the database …")
            migrations.upgrade(database)
        with database.reading() as session:
            is_new = not _has_organisations(session)
        if is_new:
            tell("Importing the CCGs …")
            take_over(database, ORGANISATIONS)
        round_id = _open_trial_round(database)
        _register_people(database, settings)
        kids = _register_clients(database, data_dir)
    finally:
        database.close()
    _write_credentials(data_dir, settings, kids)
    return round_id


def _make_keys(settings: Any) -> None:
    from app.access.keys import generate_token_key, write_private_key

    for file in (settings.token_key_file, settings.development_key_file):
        if not file.exists():
            write_private_key(file, generate_token_key())


def _has_organisations(session: Any) -> bool:
    from app.records import directory

    return directory.known_to(session) is not None


def _open_trial_round(database: Any) -> str:
    """The trial round that still takes applications for both levels; a new one when there is none."""
    from app.casework.rounds import put_round
    from app.records import rounds
    from app.rules.deadlines import london_day
    from app.rules.rounds import RoundKind
    from app.rules.words import Level

    at = clock()
    today = london_day(at)
    with database.writing() as session:
        trials = [plan for plan in rounds.all_rounds(session) if plan.kind == RoundKind.TRIAL]
        for plan in trials:
            if plan.opens_on <= today <= plan.deadline_for(Level.DELEGATED):
                return str(plan.round_id)
        taken = {plan.round_id for plan in trials}
        numbers = ["trial", *(f"trial-{number}" for number in range(2, len(taken) + 3))]
        round_id = next(each for each in numbers if each not in taken)
        put_round(session, trial_plan(round_id, today), actor=ACTOR, at=at)
    return round_id


def trial_plan(round_id: str, today: date) -> Any:
    """A trial round from today: deadlines in 60 and 90 days, starting on the first 1 April 30 days after those."""
    from app.rules.rounds import RoundPlan

    delegated, joint = today + timedelta(days=DELEGATED_DAYS), today + timedelta(days=JOINT_DAYS)
    ready = joint + timedelta(days=LEAD_DAYS)
    starts_on = date(ready.year, 4, 1)
    if starts_on < ready:
        starts_on = date(ready.year + 1, 4, 1)
    return RoundPlan(
        round_id=round_id,
        title="Trial round, for trying the register out: nothing in it is real",
        kind="trial",
        coverage="complete",
        opens_on=today,
        delegated_deadline=delegated,
        joint_deadline=joint,
        closes_on=starts_on - timedelta(days=1),
        starts_on=starts_on,
        counted_on=today,
    )


def _register_people(database: Any, settings: Any) -> None:
    from app.casework.registration import register_person
    from app.records import people

    with database.reading() as session:
        known = {(each.issuer, each.subject) for each in people.list_all(session)}
    missing = [each for each in PEOPLE if (settings.development_issuer, each.subject) not in known]
    if not missing:
        return
    with database.writing() as session:
        for person in missing:
            register_person(
                session,
                issuer=settings.development_issuer,
                subject=person.subject,
                name=person.name,
                role=person.role,
                regions=person.regions,
                interests=person.interests,
                actor=ACTOR,
                at=clock(),
            )


def _register_clients(database: Any, data_dir: Path) -> dict[str, str]:
    """Register each system with a key pair of its own; returns the id of each system's key.

    The private key is written before its public half is registered: a start that is cut off between
    the two goes on with the same key.
    """
    from app.records import clients

    with database.reading() as session:
        known = {each.client_id: each for each in clients.list_all(session)}
    kids = {}
    for client in CLIENTS:
        file = key_file(data_dir, client.client_id)
        registered = known.get(client.client_id)
        if registered is not None and file.exists():
            kids[client.client_id] = registered.keys[-1].kid
        else:
            kids[client.client_id] = _register_client(database, client, file, is_known=registered is not None)
    return kids


def _register_client(database: Any, client: DemoClient, file: Path, *, is_known: bool) -> str:
    from app.access.keys import generate_pair, public_jwk, thumbprint, write_private_key
    from app.casework.registration import add_key, register_client
    from app.records.clients import ClientKey

    if not file.exists():
        write_private_key(file, generate_pair(client.alg).private_pem)
    public = public_jwk(file.read_bytes())
    key = ClientKey(thumbprint(public), client.alg, public)
    with database.writing() as session:
        if is_known:
            add_key(session, client.client_id, key, actor=ACTOR, at=clock())
        else:
            register_client(
                session,
                client_id=client.client_id,
                name=client.name,
                ods_codes=client.ods_codes,
                scopes=["applications"],
                keys=[key],
                actor=ACTOR,
                at=clock(),
            )
    return key.kid


def key_file(data_dir: Path, client_id: str) -> Path:
    """Where a demo system's private key is."""
    return data_dir / "keys" / f"{client_id}.pem"


def _write_credentials(data_dir: Path, settings: Any, kids: dict[str, str]) -> None:
    """Write credentials.json whole or not at all."""
    clients = []
    for client in CLIENTS:
        file = key_file(data_dir, client.client_id).resolve()
        clients.append(
            {
                "clientId": client.client_id,
                "name": client.name,
                "odsCodes": list(client.ods_codes),
                "scopes": ["applications"],
                "kid": kids[client.client_id],
                "alg": client.alg,
                "privateKeyFile": str(file),
            }
        )
    people = [
        {
            "subject": person.subject,
            "name": person.name,
            "role": person.role,
            "regions": list(person.regions),
            "interests": list(person.interests),
        }
        for person in PEOPLE
    ]
    document = {"baseUrl": settings.public_url, "tokenUrl": settings.token_url, "clients": clients, "people": people}
    draft = data_dir / ".credentials.json"
    draft.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(data_dir / "credentials.json")


def _announce(data_dir: Path, settings: Any, round_id: str, *, as_json: bool) -> None:
    base = settings.public_url
    addresses = {
        "baseUrl": base,
        "docs": f"{base}/docs",
        "round": f"{base}/v1/rounds/{round_id}",
        "credentials": str(data_dir / "credentials.json"),
        "try": f"curl '{base}/v1/organisations/07L'",
    }
    if as_json:
        show_json(addresses)
        return
    show(f"The register:   {addresses['baseUrl']}")
    show(f"Documentation:  {addresses['docs']}")
    show(f"Trial round:    {addresses['round']}")
    show(f"Credentials:    {addresses['credentials']}")
    show(f"Try it:         {addresses['try']}")
