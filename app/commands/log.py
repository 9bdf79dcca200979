"""``register log``: entries of the log as the operator reads them, for an inquiry."""

from typing import Annotated

import typer

from app.commands.console import FOUND_WANTING, open_database, show_json, tell

commands = typer.Typer(help="Entries of the log, with what they keep private.", no_args_is_help=True)


@commands.callback()
def log() -> None:
    """Entries of the log, with what they keep private."""


@commands.command("show")
def show_entry(
    index: Annotated[int, typer.Argument(min=0, max=2**62, help="The entry's number; the first is 0.")],
) -> None:
    """Print one entry as JSON: what may be public as `data`, the rest as `private`, or null once redacted."""
    from app.records import ledger

    with open_database() as database, database.reading() as session:
        found = ledger.entry_at(session, index)
    if found is None:
        tell(f"The log has no entry {index}.")
        raise typer.Exit(FOUND_WANTING)
    body, private = found
    show_json(
        {name: body[name] for name in ("index", "act", "at", "kind", "reference", "odsCode", "publishes", "data")}
        | {"private": private}
    )
