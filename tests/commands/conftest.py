"""The command line, run in this process: what it says on stdout and stderr, and its exit code."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer import testing
from typer.main import get_command
from typer.testing import CliRunner

from app.commands.root import register

# The tree of all commands is the same each time, and making it takes longer than many a command does.
testing._get_command = cache(get_command)  # type: ignore[attr-defined]  # noqa: SLF001


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Register:
    """The command line over one database; ``settings`` are those of the environment, and there are no others."""

    def __init__(self, **settings: object) -> None:
        self.settings = settings

    def __call__(self, *arguments: object, answer: str | None = None, **settings: object) -> Said:
        """Run one command. An exception that escapes it fails the test."""
        variables: dict[str, Any] = {name: None for name in os.environ if name.startswith("REGISTER_")}
        for name, value in {**self.settings, **settings}.items():
            variables[f"REGISTER_{name.upper()}"] = str(value)
        done = CliRunner().invoke(register, [str(each) for each in arguments], input=answer, env=variables)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def over_world(world_url: str) -> Register:
    """The command line over the world, on each kind of database."""
    return Register(database_url=world_url)


@pytest.fixture
def over_sqlite(sqlite_world_url: str) -> Register:
    """The command line over the world, where the kind of database makes no difference."""
    return Register(database_url=sqlite_world_url)


@pytest.fixture(scope="session")
def started_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """The directory of a demo that was started once, and what it said; whoever changes or serves it takes a copy."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    return directory, Register()("demo", "--no-serve", "--json", "--port", "8123", "--data-dir", directory)
