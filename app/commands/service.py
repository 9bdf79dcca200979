"""``register serve``, ``tick`` and ``verify``: the running service, and whether its log is sound."""

import ipaddress
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import FOUND_WANTING, WRONG_USAGE, now, open_database, plain_refusals, show, show_json, tell
from app.commands.fitness import log_signer
from app.commands.proof import check_growth, check_receipt, known_beside

# A terminal takes this as: clear the line from here on.
WIPE = "\x1b[K"
BAR_WIDTH = 30


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
        with open_database():
            """Nothing is served over a database that is not there or has another schema."""
        serve_app(settings, host, port, workers)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tick(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Do once what is due by time (announcements, lapses, starts, ends, checkpoints). Exit 1 if any of it fails.

    `register serve` does this by itself.
    """
    from app.clockwork.jobs import NotAllDone, purge
    from app.clockwork.jobs import tick as tick_once

    failures: dict[str, Exception] = {}
    with open_database() as database:
        at, signer = now(), log_signer()
        try:
            done = tick_once(database, at, signer)
        except NotAllDone as error:
            done, failures = error.done, error.failures
        done = [*done, *purge(database, at)]
    if as_json:
        show_json([each._asdict() for each in done])
    else:
        for each in done:
            show(f"{each.what}: {each.number}")
    for what, failure in failures.items():
        tell(f"Failed: {what} ({failure!r})")
    if failures:
        raise typer.Exit(FOUND_WANTING)
    if not done and not as_json:
        tell("Nothing was due.")


def verify(
    receipt: Annotated[Path | None, typer.Option(help="Check only this receipt: no database, no network.")] = None,
    since: Annotated[Path | None, typer.Option(help="Check also that the log continues this older checkpoint.")] = None,
    until: Annotated[Path | None, typer.Option(help="A newer checkpoint, for --proof.")] = None,
    proof: Annotated[
        Path | None, typer.Option(help="Check only this proof from --since to --until: no database, no network.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The log's key, or a file of keys. Default: the settings'.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Recompute the log, its checkpoints and every projection. Exit 1 and name the first wrong entry if there is one.

    `--receipt` checks a receipt with the log's key instead. `--proof` checks that a log only grew between two
    checkpoints.
    """
    from app.records.audit.verification import verify as verify_database
    from app.records.audit.verification import with_schema

    if receipt is not None:
        if (since, until, proof) != (None, None, None):
            tell("--receipt is checked alone: --since needs the database, or --until and --proof.")
            raise typer.Exit(WRONG_USAGE)
        check_receipt(receipt, key, as_json=as_json)
        return
    if since is not None and until is not None and proof is not None:
        check_growth(since, until, proof, key, as_json=as_json)
        return
    if until is not None or proof is not None:
        tell("--since, --until and --proof belong together.")
        raise typer.Exit(WRONG_USAGE)
    with open_database() as database, _progress() as progress:
        report = verify_database(database, progress, known_beside(since, key, as_json=as_json))
        report = with_schema(report, database)
        _tell_what_was_not_looked_at(database, key)
    if as_json:
        show_json(_as_document(report))
    else:
        for each in report.faults:
            where = "no entry" if each.index is None else f"entry {each.index}"
            show(f"{where}: {each.table} {each.key}: {each.what}")
        verdict = "sound" if report.is_sound else _counted(len(report.faults), "fault")
        show(f"{report.entries} entries, public sequence {report.public_sequence}: {verdict}")
    if not report.is_sound:
        raise typer.Exit(FOUND_WANTING)


def _tell_what_was_not_looked_at(database: Any, key: str | None) -> None:
    """Say what was not checked in a signed log: what only the key's file, or its public half, can show."""
    from app.records import checkpoints
    from app.settings import read_settings

    with database.reading() as session:
        is_signed = checkpoints.newest(session) is not None
    if is_signed and not read_settings().log_key_file:
        signatures = "" if key else "the signatures and "
        tell(f"Not looked at, since REGISTER_LOG_KEY_FILE is not set: {signatures}the signer's memory.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _as_document(report: Any) -> dict[str, Any]:
    return {
        "sound": report.is_sound,
        "entries": report.entries,
        "publicSequence": report.public_sequence,
        "faults": [
            {"index": each.index, "table": each.table, "key": each.key, "what": each.what} for each in report.faults
        ],
    }


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A function that shows the progress on a terminal; its line is cleared at the end. None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell_entries(entries: int, of: int) -> None:
        done = BAR_WIDTH * entries // of
        sys.stderr.write(f"\r[{'#' * done}{' ' * (BAR_WIDTH - done)}] {entries} of {of} entries")
        sys.stderr.flush()

    try:
        yield tell_entries
    finally:
        sys.stderr.write(f"\r{WIPE}")
        sys.stderr.flush()
