"""``register organisations``: what the register knows about CCGs."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import ACTOR, FOUND_WANTING, now, open_database, read_text, show, show_json, tell

commands = typer.Typer(help="CCGs: names, places, mergers.", no_args_is_help=True)
KNOWN_TO = date(2019, 4, 1)
Reading = Callable[[Any], Any]
Importing = Callable[..., Any]


@commands.callback()
def organisations() -> None:
    """CCGs: names, places, mergers."""


@commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="The ODS file eccg.csv, or our own layout with its events beside it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that the file describes; else its own date."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The difference as JSON.")] = False,
) -> None:
    """Import what a file says about CCGs, one log entry for each that is new or changed; repeatable."""
    with open_database() as database:
        difference = take_over(database, file, at=now(), as_at=as_at.date() if as_at else None, dry_run=dry_run)
    if as_json:
        show_json(
            {
                "added": difference.added,
                "changed": [{"odsCode": each.ods_code, "members": each.members} for each in difference.changed],
                "unchanged": len(difference.unchanged),
                "outdated": difference.outdated,
                "dryRun": dry_run,
            }
        )
        return
    for code in difference.added:
        show(f"+ {code}")
    for change in difference.changed:
        show(f"~ {change.ods_code}: {', '.join(change.members)}")
    for code in difference.outdated:
        tell(f"{code}: left alone, the register knows more recent facts")
    tell(
        f"{len(difference.added)} new, {len(difference.changed)} changed, {len(difference.unchanged)} unchanged"
        + (" (nothing was written)" if dry_run else "")
    )


def take_over(database: Any, file: Path, *, at: datetime, as_at: date | None = None, dry_run: bool = False) -> Any:
    """Read a file in either layout and import it. If that fails, end the command with exit code 1 and all faults."""
    from app.commands import taking_over
    from app.commands.file_rows import UnreadableFile
    from app.commands.organisation_files import is_own_layout

    text = read_text(file)
    layout = _own_layout if is_own_layout(text) else _ods_layout
    read, import_rows = layout(file, text, as_at)

    def write(session: Any, rows: Any, is_dry: bool) -> Any:
        return import_rows(session, rows, actor=ACTOR, at=at, dry_run=is_dry)

    try:
        return taking_over.take_over(database, read, write, dry_run=dry_run)
    except UnreadableFile as unreadable:
        for fault in unreadable.faults:
            tell(f"{file}:{fault.line}: {fault.detail}")
        raise typer.Exit(FOUND_WANTING) from unreadable


def _own_layout(file: Path, text: str, as_at: date | None) -> tuple[Reading, Importing]:
    from app.casework.organisations import import_organisations
    from app.commands.organisation_files import read_own
    from app.records.organisations import geography

    events = file.with_name("organisation_events.csv")
    beside = read_text(events) if events.exists() else ""
    known_to = as_at or KNOWN_TO
    return lambda session: read_own(text, beside, geography(session), known_to=known_to), import_organisations


def _ods_layout(file: Path, text: str, as_at: date | None) -> tuple[Reading, Importing]:
    from app.casework.organisations import import_snapshot
    from app.commands.organisation_files import read_eccg
    from app.records.organisations import geography

    day = as_at or datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    return lambda session: read_eccg(text, geography(session)), partial(import_snapshot, valid_from=day)
