"""How large functions and rooms are: ``python -m tests.house.sizes`` prints it, the laws hold to it.

A function's length is the number of lines of its body, without docstring and blank lines. A room's
is that of its file.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import app

HOUSE = Path(app.__file__).parent
LARGEST_SHOWN = 8


class Size(NamedTuple):
    """How many lines something has, and where it stands."""

    lines: int
    place: str


def rooms() -> list[Path]:
    """Every room of the house."""
    return sorted(HOUSE.rglob("*.py"))


def room_sizes() -> list[Size]:
    """The rooms, the largest first."""
    return sorted((Size(len(_lines(room)), _name(room)) for room in rooms()), reverse=True)


def function_sizes() -> list[Size]:
    """The functions, the longest first."""
    return sorted((size for room in rooms() for size in _functions(room)), reverse=True)


def median_function_lines() -> float:
    """The median length of a function."""
    return median(size.lines for size in function_sizes())


def report() -> str:
    """What a reader of the test run sees."""
    functions, files = function_sizes(), room_sizes()
    return "\n".join(
        [
            f"functions: {len(functions)}, median {median_function_lines():g} lines, the longest:",
            *(f"  {size.lines:4} {size.place}" for size in functions[:LARGEST_SHOWN]),
            f"rooms: {len(files)}, median {median(size.lines for size in files):g} lines, the largest:",
            *(f"  {size.lines:4} {size.place}" for size in files[:LARGEST_SHOWN]),
        ]
    )


def _functions(room: Path) -> Iterator[Size]:
    lines = _lines(room)
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            text = lines[body[0].lineno - 1 : node.end_lineno] if body else []
            yield Size(sum(1 for line in text if line.strip()), f"{_name(room)}:{node.lineno} {node.name}")


def _lines(room: Path) -> list[str]:
    return room.read_text(encoding="utf-8").splitlines()


def _name(room: Path) -> str:
    return str(room.relative_to(HOUSE.parent))


if __name__ == "__main__":
    print(report())  # noqa: T201  printing it is what it is for
