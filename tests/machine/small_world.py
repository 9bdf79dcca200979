"""A small world: five CCGs of two regions, three rounds, a few people, and who calls for whom."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from app.casework.organisations import import_organisations
from app.casework.rounds import put_round
from app.records.session import Database
from app.rules.bodies import BodyKind, DatedFact, OrganisationRecord
from app.rules.callers import Person
from app.rules.rounds import RoundPlan
from tests.machine.model import BOARD, Ccg, Model, Plan
from tests.records.acting import national, panel

START = datetime(2014, 12, 15, 12, 0, tzinfo=UTC)
REGIONS = {"10T": "Y57", "11C": "Y57", "07P": "Y56", "07T": "Y56", "07W": "Y56"}
OPENED = date(2013, 4, 1)
ROUNDS = (
    RoundPlan(
        round_id="2015-16",
        title="This year's",
        kind="real",
        coverage="complete",
        opens_on=date(2014, 11, 10),
        delegated_deadline=date(2015, 1, 9),
        joint_deadline=date(2015, 1, 30),
        closes_on=date(2015, 3, 31),
        starts_on=date(2015, 4, 1),
        counted_on=date(2015, 2, 18),
        applicants_see_at=datetime(2015, 2, 16, 9, 0, tzinfo=UTC),
    ),
    RoundPlan(
        round_id="2016-17",
        title="Next year's: joint is rolling, and its applications are counted before they are decided",
        kind="real",
        coverage="complete",
        opens_on=date(2014, 12, 1),
        delegated_deadline=date(2015, 11, 6),
        joint_deadline=None,
        closes_on=date(2016, 3, 31),
        starts_on=date(2016, 4, 1),
        counted_on=date(2016, 4, 1),
        applications_public_from=date(2015, 6, 1),
    ),
    RoundPlan(
        round_id="interest",
        title="Expressions of interest: nothing is granted",
        kind="real",
        coverage="complete",
        opens_on=date(2014, 12, 1),
        delegated_deadline=None,
        joint_deadline=None,
        closes_on=date(2015, 1, 31),
        starts_on=date(2015, 4, 1),
        counted_on=date(2015, 2, 18),
        stage="expression_of_interest",
    ),
)
GROUPS = {"Y57": [("10T", "11C")], "Y56": [("07P", "07W"), ("07W", "07P"), ("07P", "07T")]}
PANELS = {
    "Y57": (panel("Y57", "one"), panel("Y57", "two"), panel("Y57", "interested", "10T")),
    "Y56": (panel("Y56", "one"), panel("Y56", "two"), panel("Y56", "interested", "07P")),
}
NATIONAL = (national("one"), national("two"), national("interested", "07W"))
PEOPLE: tuple[Person, ...] = (*PANELS["Y57"], *PANELS["Y56"], *NATIONAL)
# Instants about which something ends or begins: deadlines, years of the NHS, notice, changes of the clocks.
TURNS = sorted(
    datetime.fromisoformat(each)
    for each in (
        *("2015-01-09T23:59:59+00:00", "2015-01-10T00:00:00+00:00", "2015-01-30T23:59:59+00:00"),
        *("2015-02-16T09:00:00+00:00", "2015-03-29T00:59:59+00:00", "2015-03-31T22:59:59+00:00"),
        *("2015-03-31T23:00:00+00:00", "2015-05-31T23:00:00+00:00", "2015-09-30T22:59:59+00:00"),
        *("2015-09-30T23:00:00+00:00", "2015-10-25T01:00:00+00:00", "2015-11-06T23:59:59+00:00"),
        *("2015-11-07T00:00:00+00:00", "2016-03-31T22:59:59+00:00", "2016-03-31T23:00:00+00:00"),
        *("2016-09-30T22:59:59+00:00", "2016-09-30T23:00:00+00:00", "2017-03-31T23:00:00+00:00"),
    )
)


def record_of(
    code: str, closed: date | None = None, successor: str | None = None, known: int = 0
) -> OrganisationRecord:
    """A CCG as the ``known``-th source shows it."""
    fact = DatedFact(OPENED, closed, f"NHS {code} CCG", None, REGIONS[code], None)
    return OrganisationRecord(code, OPENED, closed, successor, date(2014, 11, 1 + known), (fact,))


def board() -> OrganisationRecord:
    fact = DatedFact(OPENED, None, "NHS Integrated Care Board", None, "Y56", None)
    return OrganisationRecord(BOARD, OPENED, None, None, date(2014, 11, 1), (fact,), BodyKind.ICB)


def fill(database: Database) -> None:
    """What every run starts from."""
    at = datetime(2014, 11, 1, 9, 0, tzinfo=UTC)
    with database.writing() as session:
        import_organisations(session, [board(), *(record_of(code) for code in REGIONS)], actor="test", at=at)
        for plan in ROUNDS:
            put_round(session, plan, actor="test", at=at)


def model() -> Model:
    return Model(START, {code: Ccg(region) for code, region in REGIONS.items()}, dict(_plans(ROUNDS)))


def _plans(rounds: Iterable[RoundPlan]) -> Iterable[tuple[str, Plan]]:
    for each in rounds:
        deadlines = {"delegated": each.delegated_deadline, "joint": each.joint_deadline}
        known = {level: day for level, day in deadlines.items() if day is not None}
        assert each.opens_on is not None
        assert each.closes_on is not None
        yield (
            each.round_id,
            Plan(
                *(each.round_id, each.opens_on, known, each.closes_on, each.starts_on, each.applicants_see_at),
                is_interest=each.stage == "expression_of_interest",
            ),
        )
