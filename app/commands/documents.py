"""``register openapi`` and ``lifecycle``: documents that are made from the code."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import FOUND_WANTING, show, tell

SNAPSHOT = Path("openapi/register.json")


def openapi(
    check: Annotated[bool, typer.Option("--check", help=f"Compare with {SNAPSHOT}; exit 1 when they differ.")] = False,
) -> None:
    """Print the published contract of this release."""
    text = openapi_text()
    if not check:
        show(text.rstrip("\n"))
        return
    if not SNAPSHOT.exists() or SNAPSHOT.read_text(encoding="utf-8") != text:
        tell(f"{SNAPSHOT} is not what this release serves. If that is meant: register openapi > {SNAPSHOT}")
        raise typer.Exit(FOUND_WANTING)
    tell(f"{SNAPSHOT} is what this release serves.")


def openapi_text() -> str:
    """The OpenAPI document in the form of the snapshot: indented, ending with a line feed."""
    return json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of this release. It does not depend on the settings."""
    from app.main import create_app
    from app.records.session import Database
    from app.settings import Settings

    database = Database("sqlite:///nowhere.db")
    app = create_app(Settings.model_construct(), database=database)
    found: dict[str, Any] = app.openapi()
    return found


def lifecycle(
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid state diagram.")] = False,
) -> None:
    """Print the life cycle of an application from the state table."""
    from app.rules.lifecycle import MOVES, as_mermaid

    if mermaid:
        show(as_mermaid().rstrip("\n"))
        return
    for move in MOVES:
        note = f" ({move.condition})" if move.condition else ""
        show(f"{move.source:18} {move.act:16} {move.target:18} {move.by}{note}")
