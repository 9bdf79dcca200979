"""``register demo``: the whole register in one command, in a directory of its own."""

import os
import socket
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from app import reference
from app.commands.console import ACTOR, FOUND_WANTING, now, plain_refusals, show, show_json, tell
from app.commands.demo_callers import register_clients, register_people, write_credentials
from app.commands.demo_round import open_trial_round


def demo(
    data_dir: Annotated[Path, typer.Option("--data-dir", help="The directory for the demo's data.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Prepare everything, and do not serve.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The addresses as JSON.")] = False,
) -> None:
    """Make a register with the CCGs and past rounds, and with bodies, people and an open round to try; and serve it.

    A second start uses the data that is there. The database is SQLite in the data directory, or the one in
    REGISTER_DATABASE_URL.
    """
    if not no_serve:
        _check_port_is_free(port)
    with plain_refusals():
        data_dir.mkdir(parents=True, exist_ok=True)
        settings = demo_settings(data_dir, port)
        round_id = prepare(data_dir, settings, now())
        announce = partial(_announce, data_dir, settings, round_id, as_json=as_json)
        if no_serve:
            announce()
            return
        from app.serving import serve

        serve(settings, "127.0.0.1", port, listening=announce)


def _check_port_is_free(port: int) -> None:
    """End the command before it prepares anything if the port is already in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            tell(f'Port {port} is taken: name another with --port (make demo ARGS="--port 8001").')
            raise typer.Exit(FOUND_WANTING) from error


def demo_settings(data_dir: Path, port: int) -> Any:
    """The demo's settings. The environment's database and log level take precedence."""
    from app.settings import read_settings

    directory = data_dir.resolve()
    return read_settings(
        environment="development",
        database_url=os.environ.get("REGISTER_DATABASE_URL", f"sqlite:///{directory / 'register.db'}"),
        public_url=f"http://127.0.0.1:{port}",
        allowed_hosts=frozenset({"localhost"}),
        token_key_file=directory / "token-key.pem",
        development_key_file=directory / "development-key.pem",
        log_key_file=directory / "log-key.txt",
        oidc_issuers=(),
    )


def prepare(data_dir: Path, settings: Any, at: datetime) -> str:
    """Make whatever is missing, step by step. Returns the id of the trial round that is open at ``at``."""
    from app.records.session import Database

    _make_keys(settings)
    database = Database(settings.database_url)
    try:
        _make_database(database, at)
        _load_past_rounds(database, at)
        _make_trial_bodies(database, at)
        round_id = open_trial_round(database, at)
        register_people(database, settings.development_issuer, at)
        kids = register_clients(database, data_dir, at)
    finally:
        database.close()
    write_credentials(data_dir, settings, kids)
    return round_id


def _make_keys(settings: Any) -> None:
    from app.access.keys import generate_token_key, write_private_key
    from app.log.notes import SigningLogKey

    for file in (settings.token_key_file, settings.development_key_file):
        if not file.exists():
            write_private_key(file, generate_token_key())
    if not settings.log_key_file.exists():
        write_private_key(settings.log_key_file, SigningLogKey.generate("demo.approvals-register").written().encode())


def _make_database(database: Any, at: datetime) -> None:
    database.make_file()
    from app.commands.organisations import take_over
    from app.records import directory, migrations

    if migrations.current_revision(database) != migrations.expected_revision():
        tell("Making the database …")
        migrations.upgrade(database)
    with database.reading() as session:
        is_new = directory.known_to(session) is None
    if is_new:
        tell("Importing the CCGs …")
        take_over(database, reference.ORGANISATIONS, at=at)


def _make_trial_bodies(database: Any, at: datetime) -> None:
    """Let the made-up bodies open, unless they are there: they take the part of CCGs, which are all closed."""
    from app.casework.organisations import FileSays, import_file
    from app.commands.demo_cast import BODIES
    from app.records import organisations
    from app.rules.bodies import BodyKind, SaidBy, Statement
    from app.rules.deadlines import ONE_DAY, london_day

    today = london_day(at)
    with database.writing() as session:
        known = organisations.all_known(session)
        missing = [
            Statement(
                ods_code=body.ods_code,
                said_by=SaidBy.OWN,
                valid_from=today - ONE_DAY,
                as_at=today,
                kind=BodyKind.TRIAL,
                name=body.name,
                region_code=body.region_code,
                opened_on=today - ONE_DAY,
                source="Made up for the demo",
            )
            for body in BODIES
            if body.ods_code not in known
        ]
        if missing:
            import_file(session, FileSays(today, tuple(missing)), actor=ACTOR, at=at)


def _load_past_rounds(database: Any, at: datetime) -> None:
    """Import the rounds from 2015-16 on, unless some are already there: somebody may have corrected them."""
    from app.commands.history import take_over
    from app.records import history

    known = (
        (reference.PAST_ROUNDS, history.has_past_rounds),
        (reference.KNOWN_ROUNDS, history.has_facts),
        (reference.REPORTED_TOTALS, history.has_totals),
    )
    with database.reading() as session:
        missing = [file for file, is_there in known if not is_there(session)]
    if missing:
        tell("Importing what is known of past rounds …")
    for file in missing:
        take_over(database, file, at=at)


def _announce(data_dir: Path, settings: Any, round_id: str, *, as_json: bool) -> None:
    base = settings.public_url
    addresses = {
        "baseUrl": base,
        "docs": f"{base}/docs",
        "round": f"{base}/v1/rounds/{round_id}",
        "credentials": str(data_dir / "credentials.json"),
        "try": f"curl '{base}/v1/approvals?round=2015-16'",
    }
    if as_json:
        show_json(addresses)
        return
    show(f"The register:   {addresses['baseUrl']}")
    show(f"Documentation:  {addresses['docs']}")
    show(f"Trial round:    {addresses['round']}")
    show(f"Credentials:    {addresses['credentials']}")
    show(f"Try it:         {addresses['try']}")
