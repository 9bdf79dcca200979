"""Published decisions of every outcome, with reasons and conditions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.reading import coverage
from app.reading.published import Detailed, detailed, detailed_in_chunks
from app.records import applications, directory, ledger, published
from app.records.earlier_decisions import EarlierDecision, Following, interests
from app.records.published import Filters
from app.records.session import Session
from app.rules import caveats
from app.rules.refusals import NotFound
from app.rules.rounds import RoundPlan


@dataclass(frozen=True, slots=True)
class DecisionsAsked:
    """What is asked of the listing: its filters, and the day by which it was decided, if one was named."""

    filters: Filters
    on: date | None
    today: date

    @property
    def day(self) -> date:
        """The day on which standing is judged."""
        return self.on or self.today

    @property
    def names_a_part(self) -> bool:
        """Whether rounds or regions are named."""
        return bool(self.filters.rounds or self.filters.regions)

    @property
    def listed(self) -> Filters:
        """The filters of what is listed: superseded decisions are among them."""
        return replace(self.filters, with_superseded=True, decided_by=self.on)

    @property
    def counted(self) -> Filters:
        """The filters of what is counted: those of the list, for every outcome, without what is superseded."""
        return replace(self.listed, outcomes=(), with_superseded=False)


@dataclass(frozen=True, slots=True)
class Decisions:
    """A part of the listing, with counts by outcome that the other filters leave, and how many it has in all."""

    rows: list[Detailed]
    counts: dict[str, int]
    total: int
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def list_decisions(
    session: Session, asked: DecisionsAsked, covered: Sequence[RoundPlan], *, after: Sequence[str] | None, limit: int
) -> Decisions:
    """The listing, newest first, up to ``limit`` rows after a day and sequence. It covers these rounds."""
    rows = list(published.newest_first(session, asked.listed, day=asked.day, after=after, limit=limit))
    wanted = asked.filters
    told = coverage.told(session, covered, wanted.regions, wanted.outcomes) if asked.names_a_part else []
    known_to = directory.known_to(session)
    return Decisions(
        rows=detailed(session, rows, asked.day),
        counts=published.count_by_outcome(session, asked.counted, day=asked.day),
        total=published.count(session, asked.listed, day=asked.day),
        known_to=known_to,
        in_words=[*caveats.known_in_part(covered), *told, *caveats.known_until(known_to, asked.day)],
        public_sequence=ledger.public_sequence(session),
    )


def every_decision(session: Session, asked: DecisionsAsked) -> Iterator[Detailed]:
    """The whole listing, newest first."""
    rows = published.newest_first(session, asked.listed, day=asked.day, after=None, limit=None)
    return detailed_in_chunks(session, rows, asked.day)


def read_decision(session: Session, decision_id: str, *, today: date) -> tuple[Detailed, list[EarlierDecision]]:
    """One published decision, and those on expressions of interest before it. Raises NotFound for an embargoed one."""
    row = published.fetch(session, decision_id, day=today)
    if row is None:
        raise NotFound("No such published decision.")
    [found] = detailed(session, [row], today)
    before = applications.earlier_decisions(session, [row.ods_code]) if row.reference is not None else []
    following = Following(row.round_kind, row.round_stage, row.round_starts_on)
    return found, interests(before, following)
