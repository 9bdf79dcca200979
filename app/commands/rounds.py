"""``register rounds``: yearly application cycles."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.console import ACTOR, FOUND_WANTING, now, open_database, read_text, show, tell

commands = typer.Typer(help="Rounds: windows and deadlines.", no_args_is_help=True)


@commands.callback()
def rounds() -> None:
    """Rounds: windows and deadlines."""


@commands.command()
def put(
    file: Annotated[Path, typer.Argument(help="A JSON file: a round as GET /v1/rounds/{roundId} gives it.")],
) -> None:
    """Plan a round as a file says. A repeat changes nothing."""
    from pydantic import ValidationError

    from app.api.schemas.rounds import RoundIn
    from app.casework.rounds import put_round
    from app.web.bodies import loads
    from app.web.problems import document_faults
    from app.web.request_errors import MalformedBody

    try:
        plan = RoundIn.model_validate(loads(read_text(file).encode())).plan()
    except MalformedBody as malformed:
        tell(f"{file}: {malformed.detail}")
        raise typer.Exit(FOUND_WANTING) from malformed
    except ValidationError as invalid:
        for fault in document_faults(invalid, RoundIn):
            tell(f"{file}: {fault.pointer}: {fault.detail}")
        raise typer.Exit(FOUND_WANTING) from invalid
    with open_database() as database, database.writing() as session:
        is_changed = put_round(session, plan, actor=ACTOR, at=now())
    show(f"{plan.round_id}: {'put' if is_changed else 'unchanged'}")
