"""Files of the ODS of 2013 to 2024, read in any order: what is known afterwards is the same.

The rules are run over many orders, and the register itself, with what it answers, over a few.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.casework.organisations import FileSays, import_file
from app.main import create_app
from app.records import directory, organisations
from app.records.audit.verification import verify
from app.records.session import Database
from app.rules.bodies import BodyKind, OrganisationRecord, records_of
from app.rules.contradictions import Known, objections
from app.rules.statements import Said, differences_in, newly_said
from app.settings import Settings
from tests import eccg
from tests.in_process import client_of, shared_loop
from tests.world import PUBLIC_URL

ORDERS = int(os.environ.get("REGISTER_TEST_IMPORT_ORDERS", "100"))
# With more orders than usual all bodies are there, else those in which everything happens.
CODES = eccg.FEW if ORDERS <= 100 else None
FILES = tuple(eccg.said_in(day, CODES) for day in eccg.DAYS)
NOTHING: Said = {}
SHIPPED: Said = {each.key: each for each in eccg.shipped().statements if CODES is None or each.ods_code in CODES}
MANY = hypothesis_settings(max_examples=ORDERS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
AT = datetime(2024, 12, 31, 12, 0, tzinfo=UTC)
PLACES = FileSays(date(2013, 4, 1), (), tuple(eccg.places().regions.values()), tuple(eccg.places().area_teams.values()))
IN_ORDER = (0, 3, 6, 8, 11)
OTHERWISE = (8, 0, 11, 6, 3)


def known_from(files: Sequence[FileSays], said: Said) -> dict[str, OrganisationRecord]:
    """What is known after these files, none of which contradicts what is known before it."""
    now = dict(said)
    for each in files:
        known = records_of(now.values(), eccg.teams())
        rows = [row for row in each.statements if row.is_of_body]
        before = Known(known, differences_in([*now.values(), *each.statements]), known_to(known))
        assert objections(rows, before, each.day).faults == ()
        now |= newly_said(now, each.statements, frozenset())
    return records_of(now.values(), eccg.teams())


def known_to(known: Mapping[str, OrganisationRecord]) -> date | None:
    """The least day to which an open CCG is known; without one the newest."""
    ccgs = [each for each in known.values() if each.kind is BodyKind.CCG]
    of_open = [each.known_to for each in ccgs if (each.closed_on or date.max) >= each.known_to]
    return min(of_open, default=max((each.known_to for each in ccgs), default=None))


@pytest.fixture(scope="module", params=["an empty register", "the shipped facts"])
def beginning(request: pytest.FixtureRequest) -> tuple[Said, dict[str, OrganisationRecord]]:
    """What is said before, and what is known once the files were read from the oldest to the newest."""
    said = NOTHING if request.param == "an empty register" else SHIPPED
    return said, known_from(FILES, said)


@MANY
@given(order=st.permutations(FILES))
def test_files_in_any_order_come_to_the_same(
    beginning: tuple[Said, dict[str, OrganisationRecord]], order: list[FileSays]
) -> None:
    said, expected = beginning

    assert known_from(order, said) == expected


def test_the_files_change_nothing_of_what_the_shipped_facts_say() -> None:
    expected = {code: each for code, each in eccg.true_bodies().items() if CODES is None or code in CODES}

    assert known_from(FILES, SHIPPED) == expected
    assert known_to(expected) == date(2022, 7, 1)


def test_the_files_alone_tell_mergers_and_leave_open_what_the_ods_never_closed() -> None:
    known = known_from(FILES, NOTHING)

    assert known_to(known) == eccg.DAYS[-1]
    assert {code: (known[code].opened_on, known[code].closed_on) for code in ("00F", "13T", "10T", "15D", "01H")} == {
        "00F": (date(2013, 4, 1), date(2015, 3, 31)),
        "13T": (date(2014, 11, 26), None),
        "10T": (date(2013, 4, 1), date(2018, 3, 31)),
        "15D": (date(2018, 4, 1), date(2021, 3, 31)),
        "01H": (date(2013, 4, 1), None),
    }


def test_no_dated_fact_leaves_a_gap_whatever_was_read() -> None:
    for order in (FILES, FILES[::-1], FILES[6:], FILES[-1:]):
        for body in known_from(order, NOTHING).values():
            assert body.facts[0].valid_from == body.opened_on
            assert body.facts[-1].valid_to == body.closed_on
            assert all(
                earlier.valid_to == later.valid_from - timedelta(days=1) for earlier, later in pairwise(body.facts)
            )
            assert all(fact.name and fact.region_code for fact in body.facts)


def answers_of(database: Database, settings: Settings) -> list[object]:
    """What the public is told of each 1 April and its eve, without the sequence."""
    public = client_of(create_app(settings, database=database, clock=lambda: AT), shared_loop, PUBLIC_URL)
    days = [f"{year}-{day}" for year in range(2013, 2025) for day in ("03-31", "04-01")]
    paths = [f"/v1/organisations?on={day}&limit=200&open=true" for day in days]
    paths += [f"/v1/organisations/{code}?on={day}" for code in ("00F", "13T", "01H", "15D") for day in days[::5]]
    found = [public.get(path).json() for path in paths]
    return [{name: value for name, value in each.items() if name != "publicSequence"} for each in found]


@pytest.mark.parametrize("said", [(), (eccg.shipped(),)], ids=["an empty register", "the shipped facts"])
def test_the_register_answers_the_same_after_another_order(
    sqlite_urls: tuple[str, str], settings: Settings, said: tuple[FileSays, ...]
) -> None:
    known, answers = [], []
    for url, order in zip(sqlite_urls, (IN_ORDER, OTHERWISE), strict=True):
        database = Database(url)
        for each in (*said, PLACES, *(FILES[number] for number in order)):
            with database.writing() as session:
                import_file(session, each, actor="test", at=AT)
        with database.reading() as session:
            known.append((organisations.all_known(session), directory.known_to(session)))
        answers.append(answers_of(database, settings))
        assert verify(database).faults == ()
        database.close()

    assert known[0] == known[1]
    assert answers[0] == answers[1]
