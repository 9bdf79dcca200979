"""``register check``: whether all that serving needs is there and fits."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import typer

from app.commands.console import FOUND_WANTING, now, show, show_json


def check(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Check settings, database, migrations, rights, clock, writing, log, keys, and the key set of each issuer.

    One line for each. Exit 1 if one of them has a fault.
    """
    looks = list(_looks())
    if as_json:
        show_json([look._asdict() for look in looks])
    else:
        for name, fit, detail in looks:
            show(f"{'fit   ' if fit else 'unfit '} {name}: {detail}")
    if not all(look.fit for look in looks):
        raise typer.Exit(FOUND_WANTING)


class Look(NamedTuple):
    """One thing that was checked, and the result."""

    name: str
    fit: bool
    detail: str


def _looks() -> Iterator[Look]:
    from app.settings import InvalidSettings, read_settings

    try:
        settings = read_settings()
    except InvalidSettings as invalid:
        yield Look("settings", False, "; ".join(invalid.faults))
        return
    yield Look("settings", True, settings.environment)
    yield from _looks_at_database(settings.database_url)
    yield from _looks_at_keys(settings)


def _looks_at_database(url: str) -> Iterator[Look]:
    """Check database, migrations and clock, as far as one allows to check the next."""
    from app.records import migrations
    from app.records.migrations import UnknownRevision
    from app.records.session import Database, DatabaseUnavailable

    try:
        database = Database(url)
    except ValueError as error:
        yield Look("database", False, f"REGISTER_DATABASE_URL: {error}")
        return
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    try:
        found, expected = migrations.current_revision(database), migrations.expected_revision()
        yield Look("database", True, kind)
        yield Look("migrations", found == expected, f"{found}, expected {expected}")
        if found == expected:
            yield from _look_at_rights(database)
            yield _look_at_clock(database)
            yield _look_at_writing(database)
            yield from _looks_at_log(database)
    except UnknownRevision as unknown:
        yield Look("migrations", False, str(unknown))
    except DatabaseUnavailable as error:
        yield Look("database", False, f"{kind}: {error.why}")
    finally:
        database.close()


def _look_at_rights(database: Any) -> Iterator[Look]:
    """The login must have the rights that serving needs. On SQLite there are none to give."""
    from app.records import rights

    with database.reading() as session:
        missing, needless = rights.missing(session), rights.needless(session)
    hint = "; see `register db grants`"
    if missing:
        yield Look("rights", False, f"missing: {'; '.join(missing)}{hint}")
    else:
        more = f", and more: {'; '.join(needless)}{hint}" if needless else ""
        yield Look("rights", True, f"all that serving needs{more}")


def _look_at_clock(database: Any) -> Look:
    """The clock cannot be before the newest entry of the log by more than clocks may differ."""
    from app.log.encoding import instant_text
    from app.records import ledger

    at = now()
    try:
        with database.reading() as session:
            newest = ledger.newest_instant(session)
            ledger.check_clock(session, at)
    except ledger.ClockBehind as behind:
        return Look("clock", False, f"{behind}; if this clock is right, see `register clock accept`")
    written = "the log is empty" if newest is None else f"the newest entry is of {instant_text(newest)}"
    return Look("clock", True, f"{instant_text(at)}; {written}")


def _look_at_writing(database: Any) -> Look:
    """Whether acts are taken, as ``/_status`` says it of a process that runs."""
    from app.records.condition import look

    reasons = look(database, now()).refuses_acts
    return Look("writing", not reasons, " ".join(reasons) or "acts are taken")


def _looks_at_log(database: Any) -> Iterator[Look]:
    """If the log is signed, it must be the one that was signed before. The next check covers the key itself."""
    from app.records.checkpoints import HistoryDiffers
    from app.settings import InvalidSettings

    try:
        signer = log_signer()
        if signer is not None:
            signer.check(database)
            yield Look("log", True, "it goes on from what was signed")
    except HistoryDiffers as differs:
        yield Look("log", False, f"{differs}; do not serve it as it is, and see `register verify`")
    except OSError as error:
        yield Look("log", False, f"the signer's memory cannot be read ({error})")
    except InvalidSettings:
        return


def _looks_at_keys(settings: Any) -> Iterator[Look]:
    from app.access.issuers import Keyring
    from app.access.log_keys import read_log_keys
    from app.settings import InvalidSettings

    try:
        ring = Keyring.of(settings)
        log_keys = read_log_keys(settings.log_key_file) if settings.log_key_file else None
    except InvalidSettings as invalid:
        yield Look("keys", False, "; ".join(invalid.faults))
        return
    kind = "token key from file" if settings.token_key_file else "token key of this process only"
    signed = f"the log is signed as {log_keys.origin}" if log_keys else "the log is not signed"
    yield Look("keys", True, f"{kind}; issuers of people's tokens: {len(ring.issuers)}; {signed}")
    for each in asyncio.run(ring.tried()):
        yield Look(f"issuer {each.issuer}", each.is_fit, each.detail)


def log_signer() -> Any:
    """The signer with the log key of the settings. None without a key."""
    from app.clockwork.signing import Signer
    from app.records.log_tree import LogTree
    from app.settings import read_settings

    path = read_settings().log_key_file
    return Signer.of(path, LogTree()) if path else None
