"""``register serve``, ``check`` and ``verify``: the running service, and whether all is well with it."""

import ipaddress
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from app.commands.console import FOUND_WANTING, WRONG_USAGE, open_database, plain_refusals, show, show_json, tell


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; more than one needs a key file.")] = 1,
) -> None:
    """Serve the register over HTTP, with the settings of the environment."""
    from app.serving import serve as serve_app
    from app.settings import read_settings

    with plain_refusals():
        settings = read_settings()
        if settings.development_key_file is not None and not is_loopback(host):
            tell("The development issuer answers on loopback only: unset REGISTER_DEVELOPMENT_KEY_FILE.")
            raise typer.Exit(WRONG_USAGE)
        if workers > 1 and settings.token_key_file is None:
            tell("Several workers need one token key: set REGISTER_TOKEN_KEY_FILE.")
            raise typer.Exit(WRONG_USAGE)
        serve_app(settings, host, port, workers)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Look at settings, database, migrations, clock and keys: a line each; exit 1 when one is wanting."""
    lines = list(_checks())
    if as_json:
        show_json([{"name": name, "fit": fit, "detail": detail} for name, fit, detail in lines])
    else:
        for name, fit, detail in lines:
            show(f"{'fit   ' if fit else 'unfit '} {name}: {detail}")
    if not all(fit for _, fit, _ in lines):
        raise typer.Exit(FOUND_WANTING)


def _checks() -> Iterator[tuple[str, bool, str]]:
    from app.settings import InvalidSettings, read_settings

    try:
        settings = read_settings()
    except InvalidSettings as invalid:
        yield "settings", False, "; ".join(invalid.faults)
        return
    yield "settings", True, settings.environment
    yield from _database_checks(settings)
    yield "clock", *_clock_check()
    yield "keys", *_tried(lambda: _keys_check(settings))


def _database_checks(settings: Any) -> Iterator[tuple[str, bool, str]]:
    from app.records.session import Database

    database = Database(settings.database_url)
    try:
        is_there, said = _tried(lambda: _ping(database))
        yield "database", is_there, said
        if is_there:
            yield "migrations", *_migrations_check(database)
    finally:
        database.close()


def _ping(database: Any) -> str:
    database.ping()
    return "SQLite" if database.is_sqlite else "PostgreSQL"


def _tried(look: Callable[[], str]) -> tuple[bool, str]:
    """What a look found, or what kept it from looking."""
    from app.records.session import DatabaseUnavailable
    from app.settings import InvalidSettings

    try:
        return True, look()
    except DatabaseUnavailable:
        return False, "does not answer"
    except InvalidSettings as invalid:
        return False, "; ".join(invalid.faults)


def _migrations_check(database: Any) -> tuple[bool, str]:
    from app.records import migrations

    found, expected = migrations.current_revision(database), migrations.expected_revision()
    return found == expected, f"{found}, expected {expected}"


def _clock_check() -> tuple[bool, str]:
    """The clock cannot be before the newest entry of this release's own data."""
    from app.commands.console import now
    from app.rules.deadlines import london_day

    day = london_day(now())
    return day.year >= 2025, f"London day {day}"  # noqa: PLR2004 - this release is from 2026


def _keys_check(settings: Any) -> str:
    from app.access.issuers import Keyring

    ring = Keyring.of(settings)
    kind = "token key from file" if settings.token_key_file else "token key of this process only"
    return f"{kind}; {len(ring.issuers)} issuers of people's tokens"


def verify(as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False) -> None:
    """Recompute the log and every projection; exit 1 and name the first wrong entry."""
    from app.records.verification import verify as verify_database

    with open_database() as database:
        report = verify_database(database, _progress() if sys.stderr.isatty() else None)
    if as_json:
        show_json(
            {
                "sound": report.is_sound,
                "entries": report.entries,
                "publicSequence": report.public_sequence,
                "faults": [
                    {"index": each.index, "table": each.table, "key": each.key, "what": each.what}
                    for each in report.faults
                ],
            }
        )
    else:
        for each in report.faults:
            where = "no entry" if each.index is None else f"entry {each.index}"
            show(f"{where}: {each.table} {each.key}: {each.what}")
        verdict = "sound" if report.is_sound else f"{len(report.faults)} faults"
        show(f"{report.entries} entries, public sequence {report.public_sequence}: {verdict}")
    if not report.is_sound:
        raise typer.Exit(FOUND_WANTING)


def _progress() -> Callable[[int], None]:
    def told(entries: int) -> None:
        sys.stderr.write(f"\r{entries} entries")
        sys.stderr.flush()

    return told
