"""``register organisations``: what the register knows about CCGs and the boards that followed them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from app import reference
from app.commands.console import (
    ACTOR,
    FOUND_WANTING,
    WRONG_USAGE,
    now,
    open_database,
    read_text,
    show,
    show_json,
    tell,
)

commands = typer.Typer(help="Bodies: names, places, mergers.", no_args_is_help=True)


# As many codes are named of those that a partial file lacks; all of them in JSON.
SHOWN = 10
# What an import may change of a body's facts, by the names that answers use.
FACTS_SHOWN = {"name": "name", "ons_code": "onsCode", "region_code": "regionCode", "area_team_code": "areaTeamCode"}


class Correction(NamedTuple):
    """The bodies of which a file may overrule what is known, and why."""

    codes: Sequence[str]
    reason: str


@commands.callback()
def organisations() -> None:
    """Bodies: names, places, mergers."""


@commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="The ODS file eccg.csv, or our own layout with its changes beside it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day of which the file speaks; else the newest day inside it. Needed if it names none.",
        ),
    ] = None,
    correct: Annotated[
        list[str] | None, typer.Option(help="A body of which the file may overrule what is known. Repeatable.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; needed with --correct, and public.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The difference as JSON.")] = False,
) -> None:
    """Import what a file says about bodies on its own day, whole or not at all; repeatable.

    One log entry for the file, and one for each body of which something else is known by it.
    """
    correction = _correction(correct or (), reason)
    with open_database() as database:
        difference = take_over(
            database, file, at=now(), as_at=as_at.date() if as_at else None, dry_run=dry_run, correction=correction
        )
    if as_json:
        show_json(_as_json(difference, dry_run=dry_run))
    else:
        _show(difference, dry_run=dry_run)


def _correction(codes: Sequence[str], reason: str | None) -> Correction | None:
    from app.rules.history import is_reason_for_correction

    if bool(codes) != (reason is not None) or (reason is not None and not is_reason_for_correction(reason)):
        tell("--correct and --reason go together. The reason is public: one line, of at most 2,000 characters.")
        raise typer.Exit(WRONG_USAGE)
    return Correction(codes, reason) if reason is not None else None


def take_over(
    database: Any,
    file: Path,
    *,
    at: datetime,
    as_at: date | None = None,
    dry_run: bool = False,
    correction: Correction | None = None,
) -> Any:
    """Read a file in either layout and import it. If that fails, end the command with exit code 1 and all faults."""
    from app.casework.organisations import ContradictedFile, import_file
    from app.commands import taking_over
    from app.commands.file_rows import FileFault, UnreadableFile

    lines: dict[str, int] = {}
    try:
        reading = _reading(file, as_at=as_at, at=at, correction=correction)

        def read(session: Any) -> Any:
            found = reading(session)
            lines.update(found.lines)
            return found.says

        return taking_over.take_over(
            database,
            read,
            lambda session, says, is_dry: import_file(session, says, actor=ACTOR, at=at, dry_run=is_dry),
            dry_run=dry_run,
        )
    except UnreadableFile as unreadable:
        _tell_faults(file, unreadable.faults)
        raise typer.Exit(FOUND_WANTING) from unreadable
    except ContradictedFile as contradicted:
        _tell_faults(file, [FileFault(lines.get(code, 1), f"{code} {detail}") for code, detail in contradicted.faults])
        raise typer.Exit(FOUND_WANTING) from contradicted


def _reading(file: Path, *, as_at: date | None, at: datetime, correction: Correction | None) -> Callable[[Any], Any]:
    """How to read a file in the layout that it has."""
    from dataclasses import replace

    from app.commands.own_files import is_own_layout, read_beside, read_own
    from app.records import places

    text = read_text(file)
    files = read_beside(file, text) if is_own_layout(text) else None

    def read(session: Any) -> Any:
        known = places.stated(session)
        found = read_own(files, known, as_at=as_at) if files else _read_ods(text, known, as_at)
        _check_day(found.says.day, at)
        if correction is None:
            return found
        return found._replace(says=replace(found.says, corrected=frozenset(correction.codes), reason=correction.reason))

    return read


def _read_ods(text: str, known: Any, as_at: date | None) -> Any:
    """Read the ODS's file, which tells no regions and area teams; those that are not known come from our own files."""
    from dataclasses import replace

    from app.commands.ods_files import read_eccg
    from app.commands.own_files import read_beside, read_places

    shipped = read_places(read_beside(reference.ORGANISATIONS, ""))
    regions = [each for code, each in shipped.regions.items() if code not in known.regions]
    teams = [each for code, each in shipped.area_teams.items() if code not in known.area_teams]
    found = read_eccg(text, known._replace(regions={**shipped.regions, **known.regions}), as_at=as_at)
    return found._replace(says=replace(found.says, regions=tuple(regions), area_teams=tuple(teams)))


def _check_day(day: date, at: datetime) -> None:
    """Raise UnreadableFile if a file's day is still to come."""
    from app.commands.file_rows import FileFault, UnreadableFile
    from app.rules.deadlines import london_day

    if day > london_day(at):
        raise UnreadableFile([FileFault(1, f"the file speaks of {day}, which has not come yet")])


def _tell_faults(file: Path, faults: Sequence[Any]) -> None:
    for fault in sorted(faults):
        tell(f"{file}:{fault.line}: {fault.detail}")


# --- what it shows ------------------------------------------------------------------------------


def _as_json(difference: Any, *, dry_run: bool) -> dict[str, Any]:
    return {
        "added": difference.added,
        "changed": [
            {
                "odsCode": each.ods_code,
                "members": each.members,
                "before": _members(each.before, each.members),
                "after": _members(each.after, each.members),
            }
            for each in difference.changed
        ],
        "unchanged": len(difference.unchanged),
        "notes": [f"{note.ods_code} {note.detail}" for note in difference.notes],
        "notCcgs": difference.counted,
        "missing": difference.missing,
        "ends": [
            {
                "decisionId": each.decision_id,
                "odsCode": each.ods_code,
                "lastDay": each.last_day,
                "neverStarts": each.never_starts,
            }
            for each in difference.ends
        ],
        "dryRun": dry_run,
    }


def _members(record: Any, names: Sequence[str]) -> Mapping[str, Any]:
    """What is known of a body, as far as it changes."""
    known = {
        "kind": record.kind,
        "openedOn": record.opened_on,
        "closedOn": record.closed_on,
        "successor": record.successor,
        "facts": [
            {
                "validFrom": fact.valid_from,
                "validTo": fact.valid_to,
                "name": fact.name,
                "onsCode": fact.ons_code,
                "regionCode": fact.region_code,
                "areaTeamCode": fact.area_team_code,
            }
            for fact in record.facts
        ],
    }
    return {name: known[name] for name in names}


def _show(difference: Any, *, dry_run: bool) -> None:
    for code in difference.added:
        show(f"+ {code}")
    for change in difference.changed:
        show(f"~ {change.ods_code}: {', '.join(_told(change))}")
    for end in difference.ends:
        what = "would never start" if end.never_starts else f"ends on {end.last_day}"
        show(f"! {end.decision_id}: the grant of {end.ods_code} {what}")
    for note in difference.notes:
        tell(f"note: {note.ods_code} {note.detail}")
    if difference.counted:
        tell(f"{difference.counted} rows are of bodies that are no CCGs: counted, not compared")
    if difference.missing:
        tell(_partial(difference.missing, difference.open))
    tell(
        f"{len(difference.added)} new, {len(difference.changed)} changed, {len(difference.unchanged)} unchanged"
        + (" (nothing was written)" if dry_run else "")
    )


def _partial(missing: Sequence[str], how_many: int) -> str:
    named = ", ".join([*missing[:SHOWN], *(["…"] if len(missing) > SHOWN else [])])
    return f"partial: nothing is said of {len(missing)} of {how_many} open CCGs ({named}), so knownTo stays as it is"


def _told(change: Any) -> Iterator[str]:
    """The changes of a body, before and after."""
    for member in change.members:
        if member == "facts":
            yield from _facts_told(change.before, change.after)
        else:
            before, after = (_members(record, [member])[member] for record in (change.before, change.after))
            yield f"{member} {before or 'none'} → {after or 'none'}"


def _facts_told(before: Any, after: Any) -> Iterator[str]:
    """What is otherwise from which day on. Where only the source or an end is, that facts are."""
    days = sorted({fact.valid_from for record in (before, after) for fact in record.facts})
    told = []
    for day in days:
        for name, shown in FACTS_SHOWN.items():
            was, now_is = getattr(before.fact_on(day), name), getattr(after.fact_on(day), name)
            if was != now_is:
                told.append(f"from {day} {shown} {was or 'none'} → {now_is or 'none'}")
    yield from told or ["facts"]
