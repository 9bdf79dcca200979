"""``register organisations``: what the register knows about CCGs."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import ACTOR, FOUND_WANTING, now, open_database, read_text, show, show_json, tell

commands = typer.Typer(help="CCGs: names, places, mergers.", no_args_is_help=True)
KNOWN_TO = date(2019, 4, 1)


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
    from app.casework.organisations import import_organisations, import_snapshot
    from app.commands.file_rows import UnreadableFile
    from app.commands.organisation_files import is_own_layout, read_eccg, read_own
    from app.records.organisations import geography

    text = read_text(file)
    opened = database.reading() if dry_run else database.writing()
    with opened as session:
        known = geography(session)
        try:
            if is_own_layout(text):
                events = file.with_name("organisation_events.csv")
                beside = read_text(events) if events.exists() else ""
                rows = read_own(text, beside, known, known_to=as_at or KNOWN_TO)
                return import_organisations(session, rows, actor=ACTOR, at=at, dry_run=dry_run)
            day = as_at or datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
            snapshot = read_eccg(text, known)
        except UnreadableFile as unreadable:
            for fault in unreadable.faults:
                tell(f"{file}:{fault.line}: {fault.detail}")
            raise typer.Exit(FOUND_WANTING) from unreadable
        return import_snapshot(session, snapshot, valid_from=day, actor=ACTOR, at=at, dry_run=dry_run)
