"""What is known of a body, from all that files said of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.rules.bodies import BodyKind, DatedFact, SaidBy, Statement, TeamDays, folded, record_of, records_of

OPENED, LAST_DAY = date(2013, 4, 1), date(2018, 3, 31)
TEAMS = {"Q69": TeamDays(OPENED, date(2015, 3, 31)), "Q82": TeamDays(date(2015, 4, 1), LAST_DAY)}
OWN = Statement(
    "10T",
    SaidBy.OWN,
    OPENED,
    date(2019, 4, 1),
    kind=BodyKind.CCG,
    name="NHS Slough CCG",
    region_code="Y57",
    opened_on=OPENED,
    source="Our file",
)


def ods(day: str, **members: Any) -> Statement:
    at = date.fromisoformat(day)
    said = {"name": "NHS SLOUGH CCG", "region_code": "Y57", "opened_on": OPENED, "source": day, **members}
    return Statement("10T", SaidBy.ODS, at, at, **said)


def facts(*said: Statement, teams: Mapping[str, TeamDays] = TEAMS) -> tuple[DatedFact, ...]:
    return record_of(said, teams).facts


def test_a_change_holds_from_its_day_on_and_names_its_source() -> None:
    moved = Statement("10T", SaidBy.CHANGE, date(2017, 4, 1), OWN.as_at, region_code="Y59", source="Moved")

    assert facts(OWN, moved) == (
        DatedFact(OPENED, date(2017, 3, 31), "NHS Slough CCG", None, "Y57", None, "Our file"),
        DatedFact(date(2017, 4, 1), None, "NHS Slough CCG", None, "Y59", None, "Our file; Moved"),
    )


def test_an_area_team_ends_with_its_last_day_and_what_follows_is_not_known() -> None:
    found = facts(replace(OWN, area_team_code="Q69"))

    assert [(fact.valid_from, fact.area_team_code) for fact in found] == [(OPENED, "Q69"), (date(2015, 4, 1), None)]


def test_the_ods_is_not_believed_about_a_team_that_is_not_there_on_its_day() -> None:
    said = (ods("2014-05-01", area_team_code="Q69"), ods("2016-02-01", area_team_code="Q69"))

    assert [fact.area_team_code for fact in facts(*said)] == ["Q69", None]
    assert [fact.area_team_code for fact in facts(*said, teams={})] == [None]


def test_another_spelling_is_no_other_name_and_the_oldest_stays() -> None:
    [fact] = facts(ods("2014-05-01", name="NHS Slough & Eton CCG"), ods("2015-05-01", name="NHS SLOUGH AND ETON CCG"))

    assert fact.name == "NHS Slough & Eton CCG"


def test_the_ods_counts_only_for_days_after_those_that_our_own_files_tell() -> None:
    older, newer = ods("2018-05-01", name="OLDER CCG"), ods("2019-06-01", name="NEWER CCG")

    assert [fact.name for fact in facts(OWN, older, newer)] == ["NHS Slough CCG", "NEWER CCG"]
    assert [fact.name for fact in facts(OWN, replace(older, is_correction=True))] == ["NHS Slough CCG", "OLDER CCG"]


def test_what_is_said_of_a_day_after_the_end_counts_only_if_nothing_else_was() -> None:
    late = ods("2024-12-02", name="LATE CCG", closed_on=LAST_DAY)

    assert facts(late) == (DatedFact(OPENED, LAST_DAY, "LATE CCG", None, "Y57", None, "2024-12-02"),)
    assert [fact.name for fact in facts(late, ods("2016-02-01"))] == ["NHS SLOUGH CCG"]


def test_a_plan_holds_from_the_opening_on() -> None:
    [fact] = facts(ods("2013-03-15"))

    assert (fact.valid_from, fact.name) == (OPENED, "NHS SLOUGH CCG")


@pytest.mark.parametrize(
    ("said", "known_to"),
    [
        ([ods("2016-02-01"), ods("2017-02-01")], "2017-02-01"),
        ([ods("2018-03-01", closed_on=LAST_DAY), ods("2017-02-01")], "2018-03-01"),
        ([ods("2018-05-01", closed_on=LAST_DAY), ods("2024-02-01", closed_on=LAST_DAY)], "2018-05-01"),
        ([replace(OWN, closed_on=LAST_DAY), ods("2018-05-01", closed_on=LAST_DAY)], "2019-04-01"),
        ([ods("2018-03-01", closed_on=LAST_DAY), ods("2018-05-01", closed_on=LAST_DAY)], "2018-05-01"),
    ],
)
def test_a_closed_body_is_known_for_ever_from_the_first_day_on_which_its_end_was(
    said: list[Statement], known_to: str
) -> None:
    assert record_of(said, TEAMS).known_to == record_of(said[::-1], TEAMS).known_to == date.fromisoformat(known_to)


def test_our_own_files_weigh_more_than_the_ods_and_a_correction_more_than_both() -> None:
    other = date(2013, 5, 1)
    newer, corrected = ods("2020-01-01", opened_on=other), ods("2014-01-01", opened_on=other, is_correction=True)

    assert record_of([OWN, newer], TEAMS).opened_on == OPENED
    assert record_of([OWN, corrected], TEAMS).opened_on == other


def test_a_correction_without_an_end_takes_earlier_ends_away_and_no_later_ones() -> None:
    closed = replace(OWN, closed_on=LAST_DAY, successor="15D")
    opened_again = ods("2019-05-01", is_correction=True)
    later = ods("2020-05-01", closed_on=date(2020, 3, 31))

    assert (record_of([closed, opened_again], TEAMS).closed_on, record_of([closed], TEAMS).successor) == (None, "15D")
    assert record_of([closed, opened_again], TEAMS).successor is None
    assert record_of([closed, opened_again, later], TEAMS).closed_on == date(2020, 3, 31)


def test_a_body_of_which_only_changes_are_said_is_not_known() -> None:
    alone = Statement("10G", SaidBy.CHANGE, OPENED, OPENED, name="NHS Bracknell and Ascot CCG")

    assert list(records_of([OWN, alone], TEAMS)) == ["10T"]


@pytest.mark.parametrize(
    "name",
    ["NHS CITY & HACKNEY CCG", "NHS City and  Hackney CCG", "nhs city and hackney ccg", "NHS City, and Hackney CCG"],
)
def test_names_are_compared_folded(name: str) -> None:
    assert folded(name) == "nhs city and hackney ccg"
