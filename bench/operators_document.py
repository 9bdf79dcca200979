"""The commands of `docs/operating.md`, and which of them somebody has run."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """The lines of its blocks that have no language, by heading and in order; the other blocks hold no commands."""

    lines: list[tuple[str, str]]
    taken: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Read the document."""
        text = path.read_text("utf-8")
        places = [(found.start(), found.group(1)) for found in HEADING.finditer(text)]
        lines = [
            ([heading for start, heading in places if start < block.start()][-1], line)
            for block in BLOCK.finditer(text)
            if not block.group(1)
            for line in _commands(textwrap.dedent(block.group(2)))
        ]
        return cls(lines)

    def take(self, heading: str, *beginnings: str) -> Iterator[str]:
        """The commands under a heading, each once: those that begin so, in this order, or else all of them."""
        there = list(dict.fromkeys(line for place, line in self.lines if place == heading))
        for beginning in beginnings or there:
            found = [line for line in there if line.startswith(beginning)]
            if len(found) != 1:
                raise LookupError(f"{heading}: {len(found)} commands begin with {beginning!r}")
            self.taken.add(found[0])
            yield found[0]

    def left(self) -> list[str]:
        """The commands that nobody has taken."""
        return [line for _, line in self.lines if line not in self.taken]


def _commands(block: str) -> Iterator[str]:
    """The commands of a block without the comments behind them; one that goes on in the next line is one."""
    for line in block.replace("\\\n", "").splitlines():
        command = re.sub(r"(^|\s+)#.*$", "", line).strip()
        if command:
            yield re.sub(r"  +", " ", command)
