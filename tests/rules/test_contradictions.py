"""What a file may not say of bodies, and what is only worth a note."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.rules.bodies import BodyKind, OrganisationRecord, SaidBy, Statement
from app.rules.contradictions import Known, Standing, made_false, missing_bodies, objections
from tests.facts import one_ccg

OPENED, KNOWN_TO, DAY = date(2013, 4, 1), date(2019, 4, 1), date(2019, 6, 1)
CLOSED = date(2018, 3, 31)


def body(code: str, **members: Any) -> OrganisationRecord:
    return replace(one_ccg(code, f"NHS {code} CCG", "Y57", known_to=KNOWN_TO), **members)


BODIES = (
    body("10T", closed_on=CLOSED, successor="15D"),
    body("15D", opened_on=date(2018, 4, 1)),
    body("05C"),
    body("05L"),
)


def row(code: str, said_by: SaidBy = SaidBy.ODS, **members: Any) -> Statement:
    return Statement(code, said_by, DAY, DAY, **{"opened_on": OPENED, **members})


def judged(
    *rows: Statement,
    day: date = DAY,
    bodies: tuple[OrganisationRecord, ...] = BODIES,
    explained: dict[str, set[str]] | None = None,
) -> tuple[list[str], list[str]]:
    """The faults and the notes."""
    known = Known({each.ods_code: each for each in bodies}, explained or {}, KNOWN_TO)
    found = objections(rows, known, day)
    return [each.detail for each in found.faults], [each.detail for each in found.notes]


def test_an_older_file_is_silent_about_what_came_later() -> None:
    assert judged(row("10T"), row("05C"), day=date(2016, 2, 1)) == ([], [])
    assert judged(row("10T"), day=CLOSED) == ([], [])


def test_an_end_that_was_known_is_not_taken_away_unless_it_is_explained() -> None:
    said = "closed on 2018-03-31, and has no end here"

    assert judged(row("10T")) == ([said], [])
    assert judged(row("10T"), explained={"10T": {"never closed"}}) == ([], [said])


def test_a_planned_end_is_not_taken_away_by_a_newer_file_either() -> None:
    planned = (body("05C", closed_on=date(2020, 3, 31), successor="05L"),)
    said = "closes on 2020-03-31, and has no end here"

    assert judged(row("05C"), bodies=planned) == ([said], [])
    assert judged(row("05C", SaidBy.OWN), bodies=planned) == ([said, "has 05L as its successor, and none here"], [])
    assert judged(row("05C"), bodies=planned, day=KNOWN_TO) == ([], [])


def test_what_an_older_file_planned_may_have_become_otherwise() -> None:
    otherwise = ["closed on 2018-03-31, and on 2018-04-30 here"]

    assert judged(row("10T", closed_on=date(2018, 4, 30)), day=date(2018, 1, 1)) == ([], otherwise)
    assert judged(row("10T", closed_on=date(2018, 4, 30))) == (otherwise, [])
    assert judged(row("10T", closed_on=date(2017, 4, 30)), day=date(2018, 1, 1)) == (
        ["closed on 2018-03-31, and on 2017-04-30 here"],
        [],
    )


def test_no_file_closes_before_a_day_on_which_a_body_is_known_to_be_open() -> None:
    said = "is known to be open on 2019-04-01, and closed on 2018-03-31 here"

    assert judged(row("05C", closed_on=CLOSED), day=KNOWN_TO) == ([said], [])
    assert judged(row("05C", closed_on=CLOSED)) == ([], [])


def test_an_opening_is_not_moved_unless_it_is_explained() -> None:
    said = "opened on 2018-04-01, and on 2017-11-26 here"
    moved = row("15D", opened_on=date(2017, 11, 26))

    assert judged(moved) == ([said], [])
    assert judged(moved, explained={"15D": {"opened on 2017-11-26"}}) == ([], [said])
    assert judged(moved, explained={"15D": {"opened on 2017-11-27"}}) == ([said], [])


def test_a_ccg_is_no_board() -> None:
    assert judged(row("05C", SaidBy.OWN, kind=BodyKind.ICB)) == (["is of kind ccg, and icb here"], [])


def test_a_body_that_was_never_seen_opens_after_what_is_known_or_is_made_up() -> None:
    assert judged(row("27D")) == (
        ["is not known and opened on 2013-04-01, though all bodies are known to 2019-04-01"],
        [],
    )
    assert judged(row("X01", SaidBy.OWN, kind=BodyKind.TRIAL)) == ([], [])


def test_who_ends_is_followed_and_who_opens_follows() -> None:
    end, start = date(2019, 5, 31), date(2019, 6, 1)
    ends, follows = row("05C", closed_on=end), row("27D", opened_on=start)

    assert judged(ends, follows) == ([], [])
    assert judged(ends) == (["closes on 2019-05-31, and no body opens on 2019-06-01 to follow it"], [])
    assert judged(follows) == (["opens on 2019-06-01, and no body closes on the day before"], [])


def test_a_merger_of_the_year_before_excuses_nothing() -> None:
    late = row("05C", closed_on=date(2019, 3, 31))
    early = row("27D", opened_on=date(2019, 4, 1))

    assert judged(late, day=DAY) == (["closes on 2019-03-31, and no body opens on 2019-04-01 to follow it"], [])
    assert judged(early, row("05L", closed_on=date(2020, 3, 31)), row("28D", opened_on=date(2020, 4, 1))) == (
        ["opens on 2019-04-01, and no body closes on the day before"],
        [],
    )


def test_the_ods_may_open_who_follows_some_months_before_the_others_close() -> None:
    assert judged(row("05C", closed_on=date(2020, 3, 31)), row("27D", opened_on=date(2019, 11, 26))) == ([], [])
    assert judged(row("05C", closed_on=date(2020, 12, 31)), row("27D", opened_on=date(2019, 11, 26)))[0] != []


def test_our_own_files_name_who_follows() -> None:
    end = date(2020, 3, 31)
    own, ends = SaidBy.OWN, row("05C", SaidBy.OWN, closed_on=end)
    opens = row("27D", own, opened_on=date(2020, 4, 1))

    assert judged(replace(ends, successor="27D"), opens) == ([], [])
    assert judged(ends, opens) == (
        [
            "closes on 2020-03-31, and names no successor",
            "opens on 2020-04-01, and no body names it as its successor",
        ],
        [],
    )
    assert judged(replace(ends, successor="27D")) == (["its successor 27D is neither known nor in this file"], [])
    assert judged(replace(ends, successor="10T")) == (["its successor 10T is not open on 2020-04-01"], [])


def test_a_file_that_lacks_open_ccgs_is_partial() -> None:
    board = body("QWO", kind=BodyKind.ICB)
    known = {each.ods_code: each for each in (*BODIES, board)}

    assert missing_bodies([row("05C")], known, DAY) == ["05L", "15D"]
    assert missing_bodies([row("05C")], known, date(2015, 1, 1)) == ["05L", "10T"]


FIRST_DAY = date(2020, 4, 1)
MERGED = Standing("S2020-04-01-99X", "99X", "delegated", FIRST_DAY, ("05C", "05L"))
OTHER = Standing("7-1-05C", "05C", "joint", date(2015, 4, 1), ())
PLANNED = (
    body("05C", closed_on=date(2020, 3, 31), successor="99X"),
    body("05L", closed_on=date(2020, 3, 31), successor="99X"),
    body("99X", opened_on=FIRST_DAY),
)


def falsified(**changed: dict[str, Any]) -> list[str]:
    """What would be false if something else were known of these bodies, each by its code after an underscore."""
    before = {each.ods_code: each for each in PLANNED if f"_{each.ods_code}" in changed}
    after = {code: replace(each, **changed[f"_{code}"]) for code, each in before.items()}
    return [f"{each.ods_code} {each.detail}" for each in made_false([MERGED, OTHER], before, after)]


def test_no_decision_may_come_to_start_before_its_body_opens() -> None:
    said = "99X is granted delegated from 2020-04-01 by S2020-04-01-99X, before it would open."

    assert falsified(_99X={"opened_on": date(2020, 4, 2)}) == [f"{said} Correct that decision first."]
    assert falsified(_05C={"opened_on": date(2015, 4, 1)}) == []
    assert falsified(_05C={"opened_on": date(2015, 4, 2)}) == [
        "05C is granted joint from 2015-04-01 by 7-1-05C, before it would open. Correct that decision first."
    ]


def test_what_moved_on_is_not_taken_from_those_that_merged() -> None:
    first = "held what S2020-04-01-99X goes on with. Correct that decision first."

    assert falsified(_05C={"closed_on": None, "successor": None}, _05L={"closed_on": date(2020, 4, 30)}) == [
        f"05C {first}",
        f"05L {first}",
    ]
    assert falsified(_05L={"successor": "05C"}) == [f"05L {first}"]
    assert falsified(_05L={"facts": ()}, _99X={"closed_on": date(2022, 6, 30)}) == []


def test_a_merger_of_which_something_moved_on_does_not_come_earlier() -> None:
    assert falsified(_99X={"opened_on": date(2020, 1, 1)}) == [
        "99X goes on with what 05C, 05L held, by S2020-04-01-99X. Correct that decision first."
    ]
