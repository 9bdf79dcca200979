"""``register db``: the schema, up and down."""

from typing import Annotated

import typer

from app.commands.console import FOUND_WANTING, behind, connect, open_database, show, tell

commands = typer.Typer(help="The database's schema.", no_args_is_help=True)


@commands.command()
def upgrade(revision: Annotated[str, typer.Argument(help="A revision, or head.")] = "head") -> None:
    """Bring the schema up to a revision."""
    from app.records import migrations

    with connect(alone=True) as database:
        migrations.upgrade(database, revision)
        show(str(migrations.current_revision(database)))


@commands.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, or base for an empty database.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, even if signed checkpoints are lost.")] = False,
) -> None:
    """Take the schema back to a revision. The data in the newer tables is lost.

    Going up again makes the register's tables from the log anew. It does not bring back signed checkpoints.
    """
    from app.records import migrations

    with connect(alone=True) as database:
        lost = migrations.checkpoints_lost(database, revision)
        if lost:
            tell(f"Signed checkpoints that no upgrade brings back: {lost}. Keep a backup.")
        if not yes:
            typer.confirm("This drops tables and what they hold. Go on?", err=True, abort=True)
        migrations.downgrade(database, revision)
        show(str(migrations.current_revision(database)))


@commands.command()
def current() -> None:
    """Print the revision of the database."""
    from app.records import migrations

    with connect(alone=True) as database:
        show(str(migrations.current_revision(database)))


@commands.command()
def check() -> None:
    """Compare the database with this release. Exit 1 if it has another revision or has drifted."""
    from app.records import migrations

    with connect(alone=True) as database:
        found, expected = migrations.current_revision(database), migrations.expected_revision()
        faults = migrations.drift(database) if found == expected else [behind(found, expected)]
    for fault in faults:
        tell(fault)
    if faults:
        raise typer.Exit(FOUND_WANTING)
    show(f"{found}: no drift")


@commands.command()
def grants(role: Annotated[str, typer.Argument(help="The login of the service.")]) -> None:
    """Print the SQL for a login that can only add to the log. It runs nothing: the owner gives it to psql."""
    from app.records import rights

    with open_database(alone=True) as database, database.reading() as session:
        if database.is_sqlite:
            tell("SQLite has no logins: whoever may write to its file may change everything.")
            raise typer.Exit(FOUND_WANTING)
        try:
            statements = rights.grants(session, role)
        except rights.UnfitRole as unfit:
            tell(str(unfit))
            raise typer.Exit(FOUND_WANTING) from unfit
    for each in ("BEGIN;", *statements, "COMMIT;"):
        show(each)
