"""Who is approved: the listing of approved CCGs, and what one CCG holds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.reading import coverage
from app.reading.published import Detailed, Listed, detailed, listed, listed_in_chunks
from app.records import directory, ledger, published
from app.records.directory import DeclarationRow
from app.records.published import Filters
from app.records.session import Session
from app.rules import caveats
from app.rules.holdings import Holdings, holdings_of
from app.rules.positions import declared_by, without_outcome
from app.rules.refusals import NotFound
from app.rules.rounds import RoundPlan
from app.rules.words import Outcome


@dataclass(frozen=True, slots=True)
class ApprovalsAsked:
    """What is asked of the listing: its filters, and the day; ``on`` is None if none was named and it is today's.

    With a named day the grants in force on it are listed, of every outcome; without one what was approved, unless
    another outcome is asked for.
    """

    filters: Filters
    on: date | None
    today: date

    @property
    def day(self) -> date:
        """The day on which standing is judged."""
        return self.on or self.today

    @property
    def outcomes(self) -> Collection[str]:
        """The outcomes that are listed; empty for all."""
        return self.filters.outcomes or (() if self.on is not None else (Outcome.APPROVED,))

    @property
    def names_a_part(self) -> bool:
        """Whether rounds or regions are named."""
        return bool(self.filters.rounds or self.filters.regions)

    @property
    def listed(self) -> Filters:
        """The filters of what is listed."""
        return replace(self.filters, outcomes=self.outcomes, in_force_only=self.on is not None)

    @property
    def counted(self) -> Filters:
        """The filters of what is counted: those of the list, for every outcome."""
        return replace(self.listed, outcomes=())


@dataclass(frozen=True, slots=True)
class Approvals:
    """A part of the listing, with counts by outcome that the other filters leave, and how many it has in all."""

    rows: list[Listed]
    counts: dict[str, int]
    total: int
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def list_approvals(
    session: Session, asked: ApprovalsAsked, covered: Sequence[RoundPlan], *, after: Sequence[str] | None, limit: int
) -> Approvals:
    """The listing by ODS code, up to ``limit`` rows after a code and decision id. It covers these rounds."""
    rows = list(published.by_code(session, asked.listed, day=asked.day, after=after, limit=limit))
    counts = published.count_by_outcome(session, asked.counted, day=asked.day)
    known_to = directory.known_to(session)
    told = coverage.told(session, covered, asked.filters.regions, asked.outcomes) if asked.names_a_part else []
    return Approvals(
        rows=listed(session, rows, asked.day),
        counts=counts,
        total=sum(number for each, number in counts.items() if not asked.outcomes or each in asked.outcomes),
        known_to=known_to,
        in_words=[
            *caveats.known_in_part(covered),
            *told,
            *caveats.of_grants([(row.standing, row.agreement) for row in rows]),
            *caveats.known_until(known_to, asked.day),
        ],
        public_sequence=ledger.public_sequence(session),
    )


def every_approval(session: Session, asked: ApprovalsAsked) -> Iterator[Listed]:
    """The whole listing, by ODS code."""
    rows = published.by_code(session, asked.listed, day=asked.day, after=None, limit=None)
    return listed_in_chunks(session, rows, asked.day)


@dataclass(frozen=True, slots=True)
class CcgApprovals:
    """What one body holds, with its name on the day."""

    ods_code: str
    kind: str
    name: str
    holdings: Holdings[Detailed]
    choices: list[DeclarationRow]
    known_to: date | None
    in_words: list[str]
    public_sequence: int


def read_approvals(session: Session, ods_code: str, *, on: date | None, today: date) -> CcgApprovals:
    """What a CCG holds today; or on another day, by what had been decided by then. Raises NotFound."""
    day = on or today
    organisation = directory.fetch(session, ods_code, day=day)
    if organisation is None:
        raise NotFound("No such CCG.")
    rows = published.organisation_rows(session, [ods_code], day=day)
    rows = rows if on is None else published.decided_by(on, rows)
    shown = {each.key: each for each in detailed(session, rows, day)}
    held = holdings_of(rows).shown_as(lambda row: shown[row.decision_id])
    said = directory.declarations_of(session, [ods_code])
    choices = without_outcome(said if on is None else declared_by(on, said))
    known_to = directory.known_to(session, [organisation.kind])
    return CcgApprovals(
        ods_code=ods_code,
        kind=organisation.kind,
        name=organisation.name,
        holdings=held,
        choices=choices,
        known_to=known_to,
        in_words=[*caveats.noted([*rows, *choices]), *caveats.known_until(known_to, day)],
        public_sequence=ledger.public_sequence(session),
    )
