"""``register history``: what is known about rounds before the register began."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app import reference
from app.commands.console import FOUND_WANTING, WRONG_USAGE, now, open_database, read_text, show, show_json, tell

commands = typer.Typer(help="Past rounds: what sources say of them.", no_args_is_help=True)
Reading = Callable[[Any], Any]
Writing = Callable[[Any, Any, bool], Any]


@commands.callback()
def history() -> None:
    """Past rounds: what sources say of them."""


@commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="Decisions and declarations, totals as reported, or the rounds (CSV).")],
    reason: Annotated[
        str | None, typer.Option(help="Why existing facts are corrected. If left out: what has changed.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The difference as JSON.")] = False,
) -> None:
    """Import what a file says about past rounds, one log entry for each row, published at once; repeatable.

    A changed row is a correction. A row that the file leaves out stays as it is.
    """
    from app.rules.history import is_reason_for_correction

    if reason is not None and not is_reason_for_correction(reason):
        tell("--reason is public for ever: one line, of at most 2,000 characters.")
        raise typer.Exit(WRONG_USAGE)
    with open_database() as database:
        difference = take_over(database, file, reason=reason, at=now(), dry_run=dry_run)
    if as_json:
        show_json(
            {
                "added": difference.added,
                "changed": [{"key": each.key, "members": each.members} for each in difference.changed],
                "unchanged": len(difference.unchanged),
                "dryRun": dry_run,
            }
        )
        return
    for key in difference.added:
        show(f"+ {key}")
    for change in difference.changed:
        show(f"~ {change.key}: {', '.join(change.members)}")
    tell(
        f"{len(difference.added)} new, {len(difference.changed)} changed, {len(difference.unchanged)} unchanged"
        + (" (nothing was written)" if dry_run else "")
    )


def take_over(database: Any, file: Path, *, at: datetime, reason: str | None = None, dry_run: bool = False) -> Any:
    """Read a file in one of the layouts and import it.

    If that fails, end the command with exit code 1 and all faults.
    """
    from app.commands import taking_over
    from app.commands.file_rows import UnreadableFile
    from app.commands.history_files import Layout, layout_of
    from app.rules.refusals import InvalidDocument

    text = read_text(file)
    layout = layout_of(text)
    if layout is None:
        tell(f"{file}: the header is none of those that register history import reads.")
        raise typer.Exit(WRONG_USAGE)
    layouts: Mapping[Layout, Callable[..., tuple[Reading, Writing]]] = {
        Layout.ROUNDS: _of_rounds,
        Layout.FACTS: _of_facts,
        Layout.TOTALS: _of_totals,
    }
    read, write = layouts[layout](text, reason=reason, at=at)
    try:
        return taking_over.take_over(database, read, write, dry_run=dry_run)
    except InvalidDocument as invalid:
        for lacking in invalid.faults:
            tell(f"{file}: coverage complete: {lacking.detail}")
        raise typer.Exit(FOUND_WANTING) from invalid
    except UnreadableFile as unreadable:
        for fault in unreadable.faults:
            tell(f"{file}:{fault.line}: {fault.detail}")
        raise typer.Exit(FOUND_WANTING) from unreadable


def _of_rounds(text: str, *, reason: str | None, at: datetime) -> tuple[Reading, Writing]:
    from app.casework.history import casework_rounds, import_rounds
    from app.commands.file_rows import FileFault, raise_if_any
    from app.commands.history_files import read_rounds

    del reason  # this only records how the round was planned; it decides nothing

    def read(session: Any) -> Any:
        faults: list[FileFault] = []
        found = read_rounds(text, faults)
        plans = [plan for _, plan in found]
        kept = casework_rounds(session, plans)
        faults += [
            FileFault(line, f"round {plan.round_id} is casework's own: it has applications or declarations")
            for line, plan in found
            if plan.round_id in kept
        ]
        raise_if_any(faults)
        return plans

    return read, lambda session, plans, is_dry: import_rounds(session, plans, at=at, dry_run=is_dry)


def _of_facts(text: str, *, reason: str | None, at: datetime) -> tuple[Reading, Writing]:
    from app.casework.history import import_facts
    from app.casework.history_rows import Background
    from app.commands.file_rows import FileFault, raise_if_any
    from app.commands.history_files import read_facts

    plans = _known_rounds()

    def read(session: Any) -> Any:
        faults: list[FileFault] = []
        rows = read_facts(text, faults)
        known = Background.of(session, rows, plans, at)
        faults += [FileFault(*fault) for fault in known.faults(rows)]
        raise_if_any(faults)
        return rows, known

    def write(session: Any, found: Any, is_dry: bool) -> Any:
        rows, known = found
        return import_facts(session, rows, plans, reason=reason, at=at, dry_run=is_dry, known=known)

    return read, write


def _of_totals(text: str, *, reason: str | None, at: datetime) -> tuple[Reading, Writing]:
    from app.casework.history import import_totals
    from app.commands.file_rows import FileFault, raise_if_any
    from app.commands.history_files import read_totals
    from app.records import rounds
    from app.records.organisations import geography
    from app.rules.deadlines import london_day
    from app.rules.history import total_faults

    del reason  # a total is what was reported; a better reading of the report replaces it
    plans = _known_rounds()

    def read(session: Any) -> Any:
        faults: list[FileFault] = []
        known = geography(session)
        totals = read_totals(text, known.region_codes, {team.code for team in known.area_teams}, faults)
        present = {plan.round_id for plan in rounds.all_rounds(session)} | plans.keys()
        faults += [
            FileFault(line, f"there is no round {total.round_id}; put it first")
            for line, total in totals
            if total.round_id and total.round_id not in present
        ]
        faults += [FileFault(line, fault) for line, total in totals for fault in total_faults(total, london_day(at))]
        raise_if_any(faults)
        return [total for _, total in totals]

    return read, lambda session, totals, is_dry: import_totals(session, totals, plans, at=at, dry_run=is_dry)


def _known_rounds() -> dict[str, Any]:
    """The past rounds in the register's own data. Each is put with the first fact that names it."""
    from app.commands.file_rows import FileFault, raise_if_any
    from app.commands.history_files import read_rounds

    faults: list[FileFault] = []
    plans = read_rounds(read_text(reference.PAST_ROUNDS), faults)
    raise_if_any(faults)
    return {plan.round_id: plan for _, plan in plans}
