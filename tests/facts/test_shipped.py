"""What the register knows by itself: how many CCGs and boards were open when and where, and some facts by hand."""

from datetime import date

import pytest

from app.rules.bodies import BodyKind, DatedFact, OrganisationRecord
from tests import eccg

REGIONS = ("Y54", "Y55", "Y56", "Y57", "Y58", "Y59", "Y60", "Y61", "Y62", "Y63")


def open_on(day: str, kind: BodyKind = BodyKind.CCG) -> list[OrganisationRecord]:
    at = date.fromisoformat(day)
    return [each for each in eccg.true_bodies().values() if each.kind is kind and each.is_open_on(at)]


def by_region(day: str) -> tuple[int, ...]:
    found = [each.fact_on(date.fromisoformat(day)).region_code for each in open_on(day)]
    return tuple(found.count(region) for region in REGIONS)


def test_as_many_ccgs_are_open_as_published() -> None:
    days = {
        "2013-04-01": 211,
        "2015-04-01": 209,
        "2016-04-01": 209,
        "2017-04-01": 207,
        "2018-03-31": 207,
        "2018-04-01": 195,
        "2019-04-01": 191,
        "2020-03-31": 191,
        "2020-04-01": 135,
        "2021-04-01": 106,
        "2022-04-01": 106,
        "2022-06-30": 106,
        "2022-07-01": 0,
    }

    assert {day: len(open_on(day)) for day in days} == days


def test_forty_two_boards_follow_and_none_is_counted_before() -> None:
    assert [len(open_on(day, BodyKind.ICB)) for day in ("2022-06-30", "2022-07-01", "2024-04-01")] == [0, 42, 42]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2018-03-31", (64, 61, 32, 50, 0, 0, 0, 0, 0, 0)),
        ("2018-04-01", (62, 59, 32, 0, 10, 32, 0, 0, 0, 0)),
        ("2019-04-01", (0, 0, 32, 0, 9, 32, 36, 20, 30, 32)),
        ("2020-04-01", (0, 0, 18, 0, 7, 18, 24, 16, 27, 25)),
        ("2021-04-01", (0, 0, 5, 0, 7, 11, 18, 14, 27, 24)),
        ("2022-06-30", (0, 0, 5, 0, 7, 11, 18, 14, 27, 24)),
    ],
)
def test_regions_have_as_many_as_the_sources_count(day: str, counts: tuple[int, ...]) -> None:
    assert by_region(day) == counts


def test_no_body_is_ever_in_a_region_that_is_not_there() -> None:
    regions = eccg.places().regions
    for body in eccg.true_bodies().values():
        for fact in body.facts:
            region = regions[fact.region_code]
            assert region.valid_from <= fact.valid_from
            assert (fact.valid_to or date.max) <= (region.valid_to or date.max), body.ods_code


def test_some_facts_are_as_read_by_hand() -> None:
    known = eccg.true_bodies()
    ends = {code: (str(known[code].closed_on), known[code].successor) for code in ("00F", "10T", "02W", "07P", "36J")}
    assert ends == {
        "00F": ("2015-03-31", "13T"),
        "10T": ("2018-03-31", "15D"),
        "02W": ("2020-03-31", "36J"),
        "07P": ("2021-03-31", "W2U3Z"),
        "36J": ("2022-06-30", "QWO"),
    }
    assert (known["13T"].opened_on, known["W2U3Z"].opened_on) == (date(2015, 4, 1), date(2021, 4, 1))


def name_and_codes(fact: DatedFact) -> tuple[str, str | None, str]:
    return fact.name, fact.ons_code, fact.region_code


def test_a_name_and_a_code_change_under_the_same_ods_code() -> None:
    cumbria = eccg.true_bodies()["01H"]

    assert [name_and_codes(cumbria.fact_on(date(year, 4, 1))) for year in (2013, 2017, 2019)] == [
        ("NHS Cumbria CCG", "E38000041", "Y54"),
        ("NHS North Cumbria CCG", "E38000215", "Y54"),
        ("NHS North Cumbria CCG", "E38000215", "Y63"),
    ]


def test_every_fact_names_its_source() -> None:
    assert [each.ods_code for each in eccg.true_bodies().values() if not all(fact.source for fact in each.facts)] == []
