"""What was published when: from a day to the public sequence by which the register of then can be asked for."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from app.records import ledger, publications
from app.records.publications import Days, Publication
from app.records.session import Session
from app.rules.publications import PublicationKind, called

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Published:
    """One publication. ``before`` is a sequence after which its own events come first."""

    sequence: int
    kind: PublicationKind
    recorded_at: datetime
    events: int
    before: int


@dataclass(frozen=True, slots=True)
class Publications:
    """A part of the list, and how many publications it has in all."""

    rows: list[Published]
    total: int
    public_sequence: int


def list_publications(session: Session, days: Days, *, after: int, limit: int) -> Publications:
    """Publications of some London days, oldest first, up to ``limit`` after a sequence."""
    with closing(publications.oldest_first(session, days, after=after)) as found:
        rows = list(islice(found, limit))
    return Publications(
        rows=_told(session, rows),
        total=publications.count(session, days),
        public_sequence=ledger.public_sequence(session),
    )


def every_publication(session: Session, days: Days) -> Iterator[Published]:
    """The whole list, oldest first."""
    rest = publications.oldest_first(session, days, after=-1)
    while chunk := list(islice(rest, _CHUNK)):
        yield from _told(session, chunk)


def _told(session: Session, rows: Sequence[Publication]) -> list[Published]:
    """Publications with the word for what each was."""
    parts = publications.public_parts(session, [row.telling for row in rows])
    return [
        Published(row.sequence, called(row.kind, parts[row.telling]), row.recorded_at, row.events, row.first - 1)
        for row in rows
    ]
