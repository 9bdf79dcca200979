"""Run the tests that a change can touch, the nearest first: ``python -m tests.loop.changed [BASE]``.

Changed is what differs from BASE, a commit (HEAD unless another is named), and what Git does not know yet. The
import graph says which tests a change can reach. A test over HTTP reaches nearly everything, so they are ranked:
tests that changed; tests that import what did; those named for it, or for what imports it; then the others, for as
long as there is time. What is left out is said at the end.
"""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.loop import graph, seconds

# The seconds of tests that fit: two processes share them, beside their start and the checks of style and types.
BUDGET = 60.0
HOUSE = "tests/house"
# What no import leads to, and the tests that look at it.
LOOKED_AT = {
    "migrations/": ("tests/migrations",),
    "app/reference/": ("tests/migrations", "tests/commands/test_demo.py"),
    "openapi/": ("tests/openapi", "tests/commands/test_tutorial.py"),
}
STEM = 5


class Near(NamedTuple):
    """A module of tests: its rank (0 is what changed itself), how far it is, and what it takes."""

    rank: int
    distance: int
    seconds: float
    file: str


class Plan(NamedTuple):
    """What is run, and what could be touched as well."""

    run: tuple[str, ...]
    left_out: tuple[str, ...]


def changed_files(base: str) -> list[str]:
    """The paths that differ from a commit, and those that Git does not know."""
    differing = _lines("git", "diff", "--name-only", "--diff-filter=d", base, "--")
    return sorted({*differing, *_lines("git", "ls-files", "--others", "--exclude-standard")})


def plan(changed: Iterable[str], took: Mapping[str, float], budget: float = BUDGET) -> Plan:
    """Which tests to run after these files changed; the tests of the house and what changed itself always."""
    changed = list(changed)
    always = {HOUSE, *_looked_at(changed)}
    ranked = [each for each in sorted(_near(changed, took)) if not _is_within(each.file, always)]
    run, spent = [], 0.0
    for each in ranked:
        if each.rank == 0 or spent + each.seconds <= budget:
            run.append(each.file)
            spent += each.seconds
    return Plan((*sorted(always), *run), tuple(each.file for each in ranked if each.file not in run))


def _near(changed: Iterable[str], took: Mapping[str, float]) -> Iterable[Near]:
    modules = {module for file in changed if (module := graph.module_of(file)) is not None}
    far = graph.distances(graph.imports(), modules)
    stems = [_stems_of(module for module, distance in far.items() if distance <= most) for most in (0, 1)]
    for module, distance in far.items():
        if graph.is_test(module):
            file = graph.file_of(module)
            yield Near(_rank(module, distance, stems), distance, took.get(file, seconds.UNKNOWN), file)


def _rank(module: str, distance: int, stems: list[set[str]]) -> int:
    """What changed itself, what imports it, what is named for it, what is named for what imports it, the others."""
    if distance <= 1:
        return distance
    return next((rank for rank, words in enumerate(stems, start=2) if words & _stems_of([module])), 3 + distance)


def _stems_of(modules: Iterable[str]) -> set[str]:
    """How the words begin that modules are named for: ``announcing`` is about announcements."""
    words = (word for module in modules for word in module.rpartition(".")[2].removeprefix("test_").split("_"))
    return {word[:STEM] for word in words if len(word) >= STEM}


def _looked_at(changed: Iterable[str]) -> set[str]:
    return {
        tests for file in changed for place, looking in LOOKED_AT.items() if file.startswith(place) for tests in looking
    }


def _is_within(file: str, places: Iterable[str]) -> bool:
    return any(file == place or file.startswith(f"{place}/") for place in places)


def main(base: str = "HEAD") -> int:
    """Run what is planned; the exit code is that of pytest."""
    changed = changed_files(base)
    if not changed:
        print(f"Nothing differs from {base}.")  # noqa: T201 - what a developer reads
        return 0
    planned = plan(changed, seconds.of_files(Path.cwd()))
    print(f"{len(changed)} files differ from {base}; run: {' '.join(planned.run)}", flush=True)  # noqa: T201
    status = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", "-k", "not postgresql", *planned.run],
        check=False,
    ).returncode
    print(_said(planned))  # noqa: T201
    return status


def _said(planned: Plan) -> str:
    left = planned.left_out
    said = "Left out, for `make test` to run: what needs a PostgreSQL"
    if left:
        said += f", and {len(left)} modules of tests that the change reaches from further off than there is time for"
    return "\n".join([f"{said}.", *(f"  {file}" for file in left)])


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
