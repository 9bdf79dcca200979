"""The projections replayed in memory: what the tables must hold, and which entry last changed what."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlmodel import SQLModel

from app.records import projections
from app.records.changes import Change, Put, Remove, Set, primary_key, table_of
from app.records.entries.wire import LoggedEntry

Key = tuple[Any, ...]


class InMemoryProjections:
    """The projections' rows by the first member of their key, then by the whole key.

    ``touched`` says which entry wrote each row last, also for a removed row.
    """

    def __init__(self, reference: Mapping[str, Sequence[dict[str, Any]]] = MappingProxyType({})) -> None:
        """Before the first entry there are the rows that the schema's revisions put there, by table."""
        self.touched: dict[tuple[str, Key], int] = {}
        self._rows: dict[str, dict[Any, dict[Key, dict[str, Any]]]] = defaultdict(lambda: defaultdict(dict))
        for model in projections.PROJECTED:
            for row in reference.get(table_of(model).name, ()):
                whole = {**dict.fromkeys(table_of(model).columns.keys()), **row}
                key = tuple(whole[name] for name in primary_key(model))
                self._rows[table_of(model).name][key[0]][key] = whole

    def copy(self) -> "InMemoryProjections":
        """An independent copy."""
        twin = InMemoryProjections()
        twin.touched = dict(self.touched)
        for table, groups in self._rows.items():
            for first, group in groups.items():
                twin._rows[table][first] = {key: dict(row) for key, row in group.items()}
        return twin

    def rows_of(self, model: type[SQLModel]) -> dict[Key, dict[str, Any]]:
        """The rows that a table must hold, by primary key."""
        return {key: row for group in self._rows[table_of(model).name].values() for key, row in group.items()}

    def apply(self, entry: LoggedEntry) -> None:
        """Apply the changes of one entry. Raises LookupError if a change does not find its row."""
        for change in projections.changes(entry):
            self._carry_out(change, entry.position.index)

    def _carry_out(self, change: Change, index: int) -> None:
        table, names = table_of(change.table).name, primary_key(change.table)
        match change:
            case Put(_, row):
                key = tuple(row[name] for name in names)
                self._rows[table][key[0]][key] = row
                self.touched[table, key] = index
            case Set(_, wanted, values):
                found = list(self._matching(table, names, wanted))
                if len(found) != 1:
                    raise LookupError(f"{len(found)} rows of {table} match {wanted}")
                self._rows[table][found[0][0]][found[0]] |= values
                self.touched[table, found[0]] = index
            case Remove(_, wanted):
                for key in list(self._matching(table, names, wanted)):
                    del self._rows[table][key[0]][key]
                    self.touched[table, key] = index

    def _matching(self, table: str, names: tuple[str, ...], wanted: dict[str, Any]) -> Iterator[Key]:
        groups = self._rows[table]
        near = [groups[wanted[names[0]]]] if names[0] in wanted else list(groups.values())
        for group in near:
            yield from (key for key, row in group.items() if all(row[name] == value for name, value in wanted.items()))
