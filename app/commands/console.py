"""How commands speak: data on stdout, messages on stderr, exit codes 0, 1 (a fault was found) and 2 (wrong usage)."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

FOUND_WANTING = 1
WRONG_USAGE = 2
ACTOR = "operator"


def now() -> datetime:
    """The instant, aware and in UTC. It is the clock of a command."""
    return datetime.now(UTC)


def show(text: str) -> None:
    """Print a line of data on stdout at once, even if that is a pipe and the command goes on."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show_json(document: Any) -> None:
    """Print a document as indented JSON on stdout."""
    show(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def tell(text: str) -> None:
    """Print a message for the person at the terminal on stderr."""
    sys.stderr.write(f"{text}\n")


def read_text(file: Path) -> str:
    """The text of a file. Ends the command with exit code 2 if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        tell(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})")
        raise typer.Exit(WRONG_USAGE) from error


@contextmanager
def plain_refusals() -> Iterator[None]:
    """Turn refusals, bad settings, unusable files and an unreachable database into messages and exit code 1."""
    from app.records.migrations import UnknownRevision
    from app.rules.refusals import Refusal
    from app.settings import InvalidSettings

    try:
        with _plain_failures():
            yield
    except Refusal as refusal:
        tell(refusal.detail)
        for fault in refusal.faults:
            tell(f"  {fault.pointer}: {fault.detail}")
        raise typer.Exit(FOUND_WANTING) from refusal
    except InvalidSettings as invalid:
        for text in invalid.faults:
            tell(text)
        raise typer.Exit(FOUND_WANTING) from invalid
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        raise typer.Exit(FOUND_WANTING) from error
    except UnknownRevision as unknown:
        tell(str(unknown))
        raise typer.Exit(WRONG_USAGE) from unknown


@contextmanager
def _plain_failures() -> Iterator[None]:
    """What the database and its log refuse, as messages and exit code 1."""
    from app.records.audit.rebuilding import UnreadableLog
    from app.records.ledger import ClockBehind
    from app.records.session import DatabaseDamaged, DatabaseUnavailable

    try:
        yield
    except UnreadableLog as unreadable:
        tell(f"The log cannot be replayed ({unreadable}); nothing was changed.")
        raise typer.Exit(FOUND_WANTING) from unreadable
    except DatabaseDamaged as damaged:
        tell(f"The database cannot be read: {damaged}.")
        raise typer.Exit(FOUND_WANTING) from damaged
    except ClockBehind as behind:
        tell(f"Nothing can be written: {behind}. If this clock is right, see `register clock accept`.")
        raise typer.Exit(FOUND_WANTING) from behind
    except DatabaseUnavailable as error:
        tell(
            "The database does not answer, is not there, or somebody else holds its lock. "
            "`register db upgrade` makes a new one."
        )
        raise typer.Exit(FOUND_WANTING) from error


@contextmanager
def connect() -> Iterator[Any]:
    """The database that the settings name, whatever its schema. It is closed at the end."""
    from app.records.session import Database, DatabaseUnavailable
    from app.settings import read_settings

    with plain_refusals():
        settings = read_settings()
        database = Database(settings.database_url, clock_tolerance=settings.clock_tolerance)
        try:
            yield database
        except DatabaseUnavailable:
            tell(f"{database.address}:")
            raise
        finally:
            database.close()


@contextmanager
def open_database() -> Iterator[Any]:
    """The database with this release's schema. Ends the command with exit code 1 if it has another."""
    from app.records import migrations

    with connect() as database:
        found, expected = migrations.current_revision(database), migrations.expected_revision()
        if found != expected:
            tell(behind(found, expected))
            raise typer.Exit(FOUND_WANTING)
        yield database


def behind(found: str | None, expected: str | None) -> str:
    """The message about a database whose schema is not that of this release."""
    return f"The database stands at {found}, this release expects {expected}: run `register db upgrade`."
