"""The laws of the house that no linter knows."""

import ast
import importlib
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from app import rules
from app.records import tables
from app.records.changes import table_of
from app.records.projections import PROJECTED
from tests.house.sizes import HOUSE, function_sizes, median_function_lines, room_sizes, rooms

ROOT = HOUSE.parent
TESTS = Path(__file__).parent.parent
NAMELESS = {"utils", "helpers", "common", "core", "services", "managers", "crud", "misc"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
MAY_READ_THE_CLOCK = re.compile(r"main\.py|commands/|serving(\.py|/)")
NOT_IN_A_TEST = {"time.sleep", "asyncio.sleep", "mock.patch", "unittest.mock"}
LONGEST_ROOM = 350
# The form of an entry that no type checker sees.
WIRE = "app.records.entries.wire"
LONGEST_MEDIAN, LONGEST_NINE_IN_TEN = 8, 20
MOST_ROOMS_OF_THE_API = 40

# Written in pieces, so that this room does not hold what it forbids.
LOCKS = sorted(ROOT.glob("requirements*.lock"))
HOME_PATHS = [f"/{place}/" for place in ("home", "root", "Users")]

LOG: set[type[SQLModel]] = {tables.LogEntry, tables.LogPrivate, tables.LogHead, tables.LogCheckpoint}
REFERENCE: set[type[SQLModel]] = {tables.ReasonCode}
OPERATIONAL: set[type[SQLModel]] = {tables.StoredAnswer, tables.UsedAssertion, tables.AnnouncementPreview}


def dotted_names(room: Path) -> Iterator[str]:
    """The last two parts of every dotted name in a room, and every module it imports."""
    for node in ast.walk(ast.parse(room.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                yield f"{owner}.{name}"
            case ast.ImportFrom(module=str(module)):
                yield module
                yield from (f"{module}.{alias.name}" for alias in node.names)
            case ast.Import():
                yield from (alias.name for alias in node.names)


def enumerated() -> set[str]:
    """What the members of the enumerations of the rules say, each in its own text."""
    names = [f"{rules.__name__}.{room.name}" for room in pkgutil.iter_modules(rules.__path__)]
    found = [kind for name in names for kind in vars(importlib.import_module(name)).values()]
    kinds = [kind for kind in found if isinstance(kind, type) and issubclass(kind, StrEnum)]
    return {member.value for kind in kinds for member in kind}


def compared_texts(source: str) -> Iterator[tuple[int, str]]:
    """Each text that something is compared with, by an operator or by a case, with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare():
                sides = [node.left, *node.comparators]
                parts = [part for side in sides for part in getattr(side, "elts", [side])]
            case ast.MatchValue():
                parts = [node.value]
            case _:
                continue
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.lineno, part.value


def test_no_room_is_named_for_nothing() -> None:
    assert [str(room) for room in rooms() if NAMELESS & {room.stem, *room.relative_to(HOUSE).parts}] == []


def test_every_room_says_what_it_is_for() -> None:
    assert [str(room) for room in rooms() if not ast.get_docstring(ast.parse(room.read_text(encoding="utf-8")))] == []


def test_only_the_front_door_and_the_command_line_read_the_clock() -> None:
    readers = {
        str(room.relative_to(HOUSE)): sorted(CLOCKS.intersection(dotted_names(room)))
        for room in rooms()
        if not MAY_READ_THE_CLOCK.match(str(room.relative_to(HOUSE)))
    }

    assert {room: found for room, found in readers.items() if found} == {}


def test_no_test_sleeps_or_mocks() -> None:
    found = {str(room): NOT_IN_A_TEST.intersection(dotted_names(room)) for room in TESTS.rglob("*.py")}

    assert {room: names for room, names in found.items() if names} == {}


def test_no_room_is_longer_than_350_lines() -> None:
    assert [size for size in room_sizes() if size.lines > LONGEST_ROOM] == []


def test_the_api_has_at_most_40_rooms() -> None:
    assert len([room for room in rooms() if room.is_relative_to(HOUSE / "api")]) <= MOST_ROOMS_OF_THE_API


def test_half_of_the_functions_have_at_most_eight_lines_and_nine_in_ten_at_most_twenty() -> None:
    lengths = sorted(size.lines for size in function_sizes())

    assert median_function_lines() <= LONGEST_MEDIAN
    assert lengths[len(lengths) * 9 // 10] <= LONGEST_NINE_IN_TEN


def test_casework_writes_typed_entries_only() -> None:
    found = [str(room) for room in rooms() if WIRE in dotted_names(room) and "records" not in room.parts]

    assert found == []


def test_a_text_that_something_is_compared_with_is_found() -> None:
    source = """
plain = kind == "trial"
turned = "trial" != kind
among = kind in {"real", "trial"}
listed = kind not in ("real", OTHER)
match kind:
    case "trial" | "real":
        pass
told = kind == RoundKind.TRIAL, row["trial"], "trial"
"""
    among = [(4, "real"), (4, "trial"), (5, "real")]

    assert sorted(compared_texts(source)) == [(2, "trial"), (3, "trial"), *among, (7, "real"), (7, "trial")]


def test_states_and_kinds_are_compared_as_members_of_their_enumerations() -> None:
    words = enumerated()
    found = [
        (str(room.relative_to(HOUSE)), line, text)
        for room in rooms()
        for line, text in compared_texts(room.read_text(encoding="utf-8"))
        if text in words
    ]

    assert {"trial", "open", "signed", "correction", "history"} <= words
    assert found == []


def test_every_table_is_log_or_reference_or_operational_or_projected() -> None:
    kinds = [{table_of(model).name for model in models} for models in (LOG, REFERENCE, OPERATIONAL, set(PROJECTED))]

    assert sorted(name for kind in kinds for name in kind) == sorted(tables.LogEntry.metadata.tables)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    assert "--hash=sha256:" in text
    assert not [word for word in ("://", "--index-url", "--extra-index-url", "--find-links") if word in text]


@pytest.mark.parametrize("forbidden", HOME_PATHS)
def test_no_file_names_a_path_in_somebodys_home(forbidden: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]

    assert [str(file) for file in files if forbidden.encode() in file.read_bytes()] == []
    assert files
