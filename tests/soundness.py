"""Whether a world is sound at the end of a test: the whole of it, from the log's beginning.

Every world is a copy of a template, whose log was read, replayed and found sound when it was made. ``verify`` goes on
from there where a log still begins with the very same rows, and otherwise starts at its first entry.
"""

from app.records.audit.verification import Base, verify
from app.records.session import Database

_bases: dict[bool, Base] = {}


def remember(template: Database) -> None:
    """Worlds on this kind of database are copies of this one from now on."""
    _bases[template.is_sqlite] = Base.of(template)


def assert_sound(database: Database) -> None:
    """``verify`` finds nothing wrong with the log, and every table is what it comes to."""
    assert verify(database, base=_bases.get(database.is_sqlite)).faults == ()
