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
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        raise typer.Exit(code) from error


def _code_of(error: Exception) -> int | None:
    """Say what was raised, and return the exit code for it. None if it is a fault of the program.

    It is read only now what can be raised: the rooms of the database take most commands half a second to read.
    """
    from app.records.migrations import UnknownRevision
    from app.rules.refusals import Refusal
    from app.settings import InvalidSettings

    match error:
        case Refusal():
            tell(error.detail)
            for fault in error.faults:
                tell(f"  {fault.pointer}: {fault.detail}")
        case InvalidSettings():
            for text in error.faults:
                tell(text)
        case OSError():
            tell(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        case UnknownRevision():
            tell(str(error))
            return WRONG_USAGE
        case _:
            return _code_of_failure(error)
    return FOUND_WANTING


def _code_of_failure(error: Exception) -> int | None:
    """The same for what the database and its log refuse."""
    from app.records.audit.rebuilding import UnreadableLog
    from app.records.ledger import ClockBehind
    from app.records.session import DatabaseUnavailable

    match error:
        case UnreadableLog():
            tell(f"The log cannot be replayed ({error}); nothing was changed.")
        case ClockBehind():
            tell(f"Nothing can be written: {error}. If this clock is right, see `register clock accept`.")
        case DatabaseUnavailable():
            tell_why(error)
        case _:
            return None
    return FOUND_WANTING


def tell_why(error: Any, *, at: str = "The database") -> None:
    """Say in one line why the database at an address does not work."""
    from app.records.session import RightMissing

    mended = "; `register db grants ROLE` writes the SQL for what it needs" if isinstance(error, RightMissing) else ""
    tell(f"{at}: {error.why}{mended}.")


@contextmanager
def connect(*, alone: bool = False) -> Iterator[Any]:
    """The database that the settings name, whatever its schema. It is closed at the end.

    With ``alone`` no other setting is read: whoever keeps the schema need not have the keys of the service.
    """
    from app.records.session import DatabaseUnavailable
    from app.settings import read_database_settings, read_settings

    with plain_refusals():
        database = database_of(read_database_settings() if alone else read_settings())
        try:
            yield database
        except DatabaseUnavailable as error:
            tell_why(error, at=database.address)
            raise typer.Exit(FOUND_WANTING) from error
        finally:
            database.close()


def database_of(settings: Any) -> Any:
    """The database of some settings. Raises InvalidSettings if its address cannot be read."""
    from app.records.session import Database
    from app.settings import InvalidSettings

    try:
        return Database(settings.database_url, clock_tolerance=settings.clock_tolerance)
    except ValueError as error:
        raise InvalidSettings([f"REGISTER_DATABASE_URL: {error}"]) from error


@contextmanager
def open_database(*, alone: bool = False) -> Iterator[Any]:
    """The database with this release's schema. Ends the command with exit code 1 if it has another."""
    with connect(alone=alone) as database:
        check_schema(database)
        yield database


def check_schema(database: Any) -> None:
    """End the command with exit code 1 if a database has not this release's schema."""
    from app.records import migrations

    found, expected = migrations.current_revision(database), migrations.expected_revision()
    if found != expected:
        tell(behind(found, expected))
        raise typer.Exit(FOUND_WANTING)


def behind(found: str | None, expected: str | None) -> str:
    """The message about a database whose schema is not that of this release."""
    from app.records import migrations

    if found is not None and not migrations.is_known(found):
        return f"The database stands at {found}, which this release does not know: it needs a newer release."
    return f"The database stands at {found}, this release expects {expected}: run `register db upgrade`."
