"""The entries of a log as the golden file holds them: the exact bytes, but for what is drawn by chance.

``python -m tests.nets.make`` writes ``entries.jsonl``. What is meant to be written otherwise since stands in
``entries_since.jsonl``. A random id is replaced by its number in the order in which
ids first appear, and so is the digest of an announced set, which is made of such ids. The hash of the private part
is salted: it is checked here, and then left out. Many entries of one kind in a row are kept as one hash.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import accumulate, groupby
from pathlib import Path
from typing import NamedTuple

from tests.nets.since import NEW_ENTRIES

GOLDEN = Path(__file__).with_name("entries.jsonl")
# Kinds that came later: bytes as they were first written, one line at least for each.
LATER = GOLDEN.with_name("later_entries.jsonl")
SINCE = Path(__file__).with_name("entries_since.jsonl")
LONG_ROW, SHOWN_OF_ROW = 50, 3
_ID = re.compile(rb'(?<=-)[0-9a-hjkmnp-tv-z]{8}(?=[-"])')
_DIGEST = re.compile(rb"(?<=sha256:)[0-9a-f]{64}")
_NUMBER = re.compile(rb'"(act|index|opens)":([0-9]+)')
_PRIVATE_HASH = re.compile(rb'(?<="privateHash":")[0-9a-f]{64}(?=")')


class Written(NamedTuple):
    """An entry: its body, and its private part, which a redaction takes away."""

    kind: str
    body: bytes
    private: bytes | None


def written_in(database: Path) -> list[Written]:
    """Every entry of a log on SQLite, its private part checked against the hash in its body."""
    query = (
        "SELECT kind, log_entries.body, log_private.salt, log_private.body FROM log_entries "
        'LEFT JOIN log_private ON log_private."index" = log_entries."index" ORDER BY log_entries."index"'
    )
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(query).fetchall()
    numbers = _numbers([kind for kind, *_ in rows])
    return [_numbered(_checked(*row), numbers) for row in rows if row[0] not in NEW_ENTRIES]


def _numbers(kinds: list[str]) -> list[int]:
    """The number of each entry in a log without the new kinds; it counts from 0 as the log does."""
    return [0, *accumulate(kind not in NEW_ENTRIES for kind in kinds)]


def _numbered(written: Written, numbers: list[int]) -> Written:
    def number(found: re.Match[bytes]) -> bytes:
        return b'"%s":%d' % (found[1], numbers[int(found[2])])

    return written._replace(body=_NUMBER.sub(number, written.body))


def _checked(kind: str, body: bytes, salt: bytes | None, private: bytes | None) -> Written:
    [said] = _PRIVATE_HASH.findall(body)
    if salt is not None and private is not None:
        assert hashlib.sha256(salt + private).hexdigest().encode() == said, f"{kind}: the private hash is wrong"
    return Written(kind, _PRIVATE_HASH.sub(b"", body), private)


def lines_of(entries: list[Written]) -> list[str]:
    """The golden lines of a log."""
    named: dict[bytes, bytes] = {}

    def name(found: re.Match[bytes]) -> bytes:
        return named.setdefault(found[0], b"~%d~" % (len(named) + 1))

    def plain(raw: bytes | None) -> str | None:
        return None if raw is None else _DIGEST.sub(name, _ID.sub(name, raw)).decode()

    lines = [
        (each.kind, json.dumps({"body": plain(each.body), "private": plain(each.private)}, ensure_ascii=False))
        for each in entries
    ]
    return [
        line for kind, row in groupby(lines, lambda each: each[0]) for line in _shortened(kind, [x[1] for x in row])
    ]


def _shortened(kind: str, row: list[str]) -> Iterator[str]:
    if len(row) < LONG_ROW:
        yield from row
        return
    yield from row[:SHOWN_OF_ROW]
    rest = row[SHOWN_OF_ROW:]
    digest = hashlib.sha256("\n".join(rest).encode()).hexdigest()
    yield json.dumps({"kind": kind, "more": len(rest), "sha256": digest})


def kinds_of(lines: list[str]) -> set[str]:
    """The kinds that stand whole in golden lines."""
    return {json.loads(each["body"])["kind"] for each in map(json.loads, lines) if "body" in each}
