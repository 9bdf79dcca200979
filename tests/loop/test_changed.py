"""``make changed`` runs what is nearest to a change, and hides nothing of what it leaves out."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.loop import graph, seconds
from tests.loop.changed import HOUSE, changed_files, plan

ROOM = "app/casework/applying.py"
NO_TIME, TIME_ENOUGH = 0.0, 1e9
NOTHING_KNOWN: dict[str, float] = {}


def reached(*files: str) -> set[str]:
    """Every module of tests that imports these, through whatever there is between."""
    modules = [module for file in files if (module := graph.module_of(file))]
    return {graph.file_of(each) for each in graph.distances(graph.imports(), modules) if graph.is_test(each)}


def test_what_is_run_and_what_is_left_out_are_all_that_the_change_reaches() -> None:
    planned = plan([ROOM], NOTHING_KNOWN, budget=20 * seconds.UNKNOWN)

    chosen = {file for file in planned.run if file != HOUSE}
    assert chosen | set(planned.left_out) == {file for file in reached(ROOM) if not file.startswith(f"{HOUSE}/")}
    assert (len(chosen), chosen & set(planned.left_out)) == (20, set())


def test_nothing_is_left_out_while_there_is_time() -> None:
    assert plan([ROOM], NOTHING_KNOWN, budget=TIME_ENOUGH).left_out == ()


def test_tests_that_import_a_changed_room_come_before_those_that_reach_it_over_http() -> None:
    house, *run = plan([ROOM], NOTHING_KNOWN, budget=TIME_ENOUGH).run

    importing = {
        graph.file_of(each) for each in graph.imports().find_modules_that_directly_import("app.casework.applying")
    }
    near = [file for file in run if file in importing]
    assert (house, near) == (HOUSE, run[: len(near)])
    assert near != []


def test_a_test_that_changed_is_run_however_long_it_takes() -> None:
    changed = "tests/machine/test_machine.py"

    assert plan([changed], {changed: 1000.0}, budget=NO_TIME) == ((HOUSE, changed), ())


def test_what_holds_fixtures_reaches_the_tests_of_its_folder() -> None:
    planned = plan(["tests/casework/conftest.py"], NOTHING_KNOWN, budget=TIME_ENOUGH)

    assert {file for file in planned.run if file.startswith("tests/casework/")} == {
        str(file) for file in Path("tests/casework").glob("test_*.py")
    }


@pytest.mark.parametrize(
    ("changed", "run"),
    [
        ("README.md", (HOUSE,)),
        ("migrations/versions/0001_register.py", (HOUSE, "tests/migrations")),
        ("openapi/openapi.json", ("tests/commands/test_tutorial.py", HOUSE, "tests/openapi")),
    ],
)
def test_what_no_module_imports_has_tests_that_look_at_it(changed: str, run: tuple[str, ...]) -> None:
    assert plan([changed], NOTHING_KNOWN, budget=TIME_ENOUGH) == (run, ())


def test_changed_is_what_differs_from_a_commit_and_what_git_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A test", "-c", "user.email=test@register.test")
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True)

    def write(**files: str) -> None:
        for name, text in files.items():
            Path(f"{name}.py").write_text(text, "utf-8")

    git("init", "--quiet")
    write(one="1", two="2", three="3")
    Path(".gitignore").write_text("ignored.py", "utf-8")
    git("add", "--all")
    git("commit", "--quiet", "--message", "First")
    write(one="1, committed")
    git("commit", "--quiet", "--all", "--message", "Second")
    write(two="2, changed", new="4", ignored="5")

    assert (changed_files("HEAD"), changed_files("HEAD~")) == (["new.py", "two.py"], ["new.py", "one.py", "two.py"])


def test_seconds_are_those_of_a_module_without_what_needs_a_postgresql(tmp_path: Path) -> None:
    kept = tmp_path / seconds.FILE
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"a.py::one": 1, "a.py::two[sqlite]": 2, "a.py::two[postgresql]": 4, "b.py::one": 8}))

    assert dict(seconds.of_files(tmp_path)) == {"a.py": 3, "b.py": 8}
