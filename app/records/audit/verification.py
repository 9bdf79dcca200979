"""Verification: recomputes the log entry by entry, replays it, and compares the result with every projection.

It reports every fault and raises none: a database that somebody has edited may hold anything.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Self

from sqlalchemy import JSON, Connection, Row, func, select
from sqlmodel import SQLModel

from app.log.leaves import canonical
from app.records import migrations
from app.records.audit import canonical_values, log_entries, signatures, triggers
from app.records.audit.log_entries import BATCH, UNREADABLE
from app.records.audit.replay import InMemoryProjections, Key
from app.records.audit.signatures import Known, Written
from app.records.changes import primary_key, table_of
from app.records.entries.log import ClockAccepted
from app.records.entries.wire import LoggedEntry
from app.records.projections import PROJECTED
from app.records.session import Database
from app.records.tables import METADATA, LogEntry, LogHead

Progress = Callable[[int, int], object]
SCHEMA = "the schema"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the entry (None if no entry is to blame), table and key, and what is wrong."""

    index: int | None
    table: str
    key: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. ``entries`` and ``public_sequence`` are those of the log itself.

    The log's faults come first, then those of the projections by the entry that wrote the row last, then those without
    an entry.
    """

    entries: int
    public_sequence: int
    faults: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def first(self) -> Finding | None:
        """The first wrong entry, or else the first other fault."""
        return next(iter(self.faults), None)


def verify(
    database: Database, progress: Progress | None = None, known: Known | None = None, base: "Base | None" = None
) -> Report:
    """Recompute the log, what was signed and every projection of a database, as one snapshot.

    ``known`` is what is known from outside the database: keys, the signer's memory, a checkpoint stored elsewhere.

    ``progress`` gets, every thousand entries, how many were checked and how many there are. With ``base`` the log is
    recomputed only from there, if it begins with the very same rows. Raises DatabaseUnavailable.
    """
    with database.reading() as session:
        connection = session.connection()
        reading = _read_on(base, connection) if base else None
        reading = reading or _read(connection, progress)
        reading.compare_private(connection)
        reading.compare_head(connection)
        reading.compare_signed(connection, known or Known())
        reading.compare_guards(connection)
        for model in PROJECTED:
            reading.compare_table(connection, model)
        for name, rows in migrations.reference_rows().items():
            reading.compare_reference(connection, name, rows)
        reading.compare_spelling(connection)
        return Report(reading.entries, reading.public_sequence, tuple(sorted(reading.faults, key=_order)))


@dataclass(frozen=True, slots=True)
class Base:
    """The beginning of a log that was found sound: its rows, and the state after reading them."""

    rows: Sequence[tuple[Any, ...]]
    reading: "_Reading"

    @classmethod
    def of(cls, database: Database) -> Self:
        """The whole log as it is now. Raises ValueError if something is wrong, and DatabaseUnavailable."""
        report = verify(database)
        if not report.is_sound:
            raise ValueError(f"no base to go on from: {report.first}")
        with database.reading() as session:
            connection = session.connection()
            return cls([_typed(entry) for entry in log_entries.read(connection)], _read(connection))


def _read_on(base: Base, connection: Connection) -> "_Reading | None":
    """Read on from the base. None if the log begins with other rows, or if some were redacted since.

    The same rows give the same result, so recomputing them would add nothing.
    """
    redacted = _redacted(connection)
    if set(range(len(base.rows))).intersection(redacted) != set(base.reading.redacted):
        return None
    reading = base.reading.copy(redacted)
    entries = _entries(connection, reading)
    if [_typed(entry) for entry in islice(entries, len(base.rows))] != base.rows:
        return None
    for entry in entries:
        reading.take(entry)
    return reading


def _read(connection: Connection, progress: Progress | None = None) -> "_Reading":
    """Read the log from its first entry."""
    reading = _Reading(redacted=_redacted(connection))
    entries = connection.execute(select(func.count()).select_from(table_of(LogEntry))).scalar_one()
    for entry in _entries(connection, reading):
        reading.take(entry)
        if progress is not None and reading.entries % BATCH == 0:
            progress(reading.entries, entries)
    return reading


def _typed(entry: Row[Any]) -> tuple[Any, ...]:
    """A row's values with their types, because 1 is not true."""
    return (*entry, *map(type, entry))


def with_schema(report: Report, database: Database) -> Report:
    """The report, and how the schema differs from this release's: without an index, two decisions can be in effect.

    Raises DatabaseUnavailable.
    """
    drifted = (Finding(None, SCHEMA, "", difference) for difference in migrations.drift(database))
    return replace(report, faults=(*report.faults, *drifted))


def _redacted(connection: Connection) -> Collection[int]:
    """The redacted entries. One that cannot be read is found wrong later, in its turn."""
    try:
        return log_entries.redacted(connection)
    except UNREADABLE:
        return ()


def _order(fault: Finding) -> tuple[bool, bool, int]:
    return fault.table != "log_entries", fault.index is None, fault.index or 0


def _entries(connection: Connection, reading: "_Reading") -> Iterator[Row[Any]]:
    """The entries in order. At one that cannot even be read it notes the fault and stops."""
    try:
        for entry in log_entries.read(connection):
            if type(entry.number) is not int:
                raise TypeError(f"its index is {entry.number!r}")
            yield entry
    except UNREADABLE as error:
        reading.note(
            reading.next_index, "log_entries", reading.next_index, f"an entry from here on is unreadable: {error}"
        )


@dataclass(slots=True)
class _Reading:
    """How far the log has been read, what it says, and what is wrong."""

    redacted: Collection[int]
    entries: int = 0
    next_index: int = 0
    act: int = 0
    public_sequence: int = 0
    faults: list[Finding] = field(default_factory=list)
    replayed: InMemoryProjections = field(default_factory=InMemoryProjections)
    leaves: list[bytes] = field(default_factory=list)
    instants: list[datetime] = field(default_factory=list)
    acceptances: list[int] = field(default_factory=list)
    publishing: int = -1
    publications: dict[int, int] = field(default_factory=dict)

    def copy(self, redacted: Collection[int]) -> "_Reading":
        """An independent copy."""
        return replace(
            self,
            redacted=redacted,
            faults=[*self.faults],
            replayed=self.replayed.copy(),
            leaves=[*self.leaves],
            instants=[*self.instants],
            acceptances=[*self.acceptances],
            publications=dict(self.publications),
        )

    def note(self, index: int | None, table: str, key: object, what: str) -> None:
        self.faults.append(Finding(index, table, str(key), what))

    def take(self, entry: Row[Any]) -> None:
        """Check one entry and project it."""
        if entry.number != self.next_index:
            missing = f"entries {self.next_index} to {entry.number - 1} are missing"
            self.note(self.next_index, "log_entries", self.next_index, missing)
        for fault in log_entries.faults_of(entry, act=self.act, redacted=self.redacted):
            self.note(entry.number, "log_entries", entry.number, fault)
        self.leaves.append(entry.leaf)
        self.instants.append(entry.at)
        if entry.kind == ClockAccepted.KIND:
            self.acceptances.append(entry.number)
        self.entries += 1
        self.next_index, self.act = entry.number + 1, entry.act
        if entry.publishes:
            self.public_sequence, self.publishing = entry.number, entry.act
        if entry.act == self.publishing:
            self.publications[entry.act] = self.next_index
        try:
            self.replayed.apply(LoggedEntry.of(entry.body, entry.private_body))
        except (*UNREADABLE, LookupError) as error:
            self.note(entry.number, "log_entries", entry.number, f"cannot be replayed: {error!r}")

    def compare_private(self, connection: Connection) -> None:
        """Private bytes must belong to an entry. Those of an entry were checked with it."""
        try:
            for orphan in log_entries.orphans(connection):
                self.note(None, "log_private", orphan, "no entry has these private bytes")
        except UNREADABLE as error:
            self.note(None, "log_private", "", f"a row is unreadable: {error}")

    def compare_head(self, connection: Connection) -> None:
        """The head must have the right count and point at the newest publishing entry."""
        try:
            self._compare_head(connection)
        except UNREADABLE as error:
            self.note(None, "log_head", 1, f"the row is unreadable: {error}")

    def _compare_head(self, connection: Connection) -> None:
        heads = connection.execute(select(table_of(LogHead))).all()
        if len(heads) != 1:
            self.note(None, "log_head", 1, f"there are {len(heads)} rows" if heads else "the row is missing")
            return
        [head] = heads
        if head.id != 1:
            self.note(None, "log_head", head.id, "the row has another number, so no writer waits for it")
        if head.size > self.next_index:
            self.note(
                self.next_index, "log_entries", self.next_index, f"the entry is missing: the head counts {head.size}"
            )
        elif head.size != self.next_index:
            self.note(None, "log_head", 1, f"size is {head.size}, the log has {self.next_index}")
        if head.public_sequence != self.public_sequence:
            self.note(None, "log_head", 1, f"public_sequence is {head.public_sequence}, not {self.public_sequence}")

    def compare_signed(self, connection: Connection, known: Known) -> None:
        """The checkpoints must follow from this log."""
        try:
            log = Written(self.leaves, self.instants, sorted(self.publications.values()), self.acceptances)
            found = signatures.doubts(connection, log, known)
        except UNREADABLE as error:
            self.note(None, "log_checkpoints", "", f"a row is unreadable: {error}")
            return
        for index, checkpoint, what in found:
            self.note(index, "log_checkpoints" if checkpoint else "log_entries", checkpoint or index, what)

    def compare_guards(self, connection: Connection) -> None:
        """The triggers that protect the log must be there, and nothing that undoes them."""
        for guard, what in triggers.wrong(connection):
            self.note(None, SCHEMA, guard, what)

    def compare_table(self, connection: Connection, model: type[SQLModel]) -> None:
        """Every row of a projection must equal the replayed row, and none may be missing."""
        table, names = table_of(model), table_of(model).c.keys()
        has_documents = any(isinstance(column.type, JSON) for column in table.c)
        expected = self.replayed.rows_of(model)
        try:
            for row in connection.execute(select(table), execution_options={"yield_per": BATCH}):
                there = dict(zip(names, row, strict=True))
                key = tuple(there[name] for name in primary_key(model))
                wanted = expected.pop(key, None)
                if has_documents or there != wanted:
                    self._compare_row(table.name, key, wanted, there)
        except UNREADABLE as error:
            self.note(None, table.name, "", f"a row is unreadable: {error}")
            return
        for key in expected:
            self.note(self.replayed.touched[table.name, key], table.name, _written(key), "the row is missing")

    def compare_reference(self, connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
        """A reference table must hold what the release put there, because public answers show its names."""
        try:
            found = {row["code"]: dict(row) for row in connection.execute(select(METADATA.tables[name])).mappings()}
        except UNREADABLE as error:
            self.note(None, name, "", f"a row is unreadable: {error}")
            return
        expected = {row["code"]: row for row in rows}
        differing = {code for code in found.keys() | expected.keys() if found.get(code) != expected.get(code)}
        for code in sorted(differing, key=str):
            self.note(None, name, code, "not as this release has it")

    def compare_spelling(self, connection: Connection) -> None:
        """What reads right must also be stored right, because queries compare stored values."""
        try:
            for table, key, column in canonical_values.misspelt(connection):
                index = key[0] if table == "log_entries" and isinstance(key[0], int) else None
                self.note(index, table, _written(key), f"{column} is not written as the register writes it")
        except UNREADABLE as error:
            self.note(None, "the tables", "", f"a value is unreadable: {error}")

    def _compare_row(self, table: str, key: Key, expected: dict[str, Any] | None, there: dict[str, Any]) -> None:
        index = self.replayed.touched.get((table, key))
        if expected is None:
            self.note(index, table, _written(key), "no entry left this row")
            return
        differing = [name for name, value in there.items() if not _same(value, expected[name])]
        if differing:
            self.note(index, table, _written(key), f"{', '.join(differing)} not as the log says")


def _written(key: Key) -> str:
    return " ".join(map(str, key))


def _same(left: Any, right: Any) -> bool:
    """Whether two values are equal, where true does not count as 1 inside documents."""
    if isinstance(left, (dict, list)):
        return canonical(left) == canonical(right)
    return bool(left == right)
