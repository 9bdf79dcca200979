"""Lists of decisions by their conditions and by what ended the grants, today, on a day, and as known then."""

from datetime import date

import pytest

from app.rules.deadlines import start_of
from tests.api.counting import sequence
from tests.api.post_decision import (
    approved,
    conditional,
    corrected,
    discharged,
    lapsed,
    noticed,
    revoked,
    signed,
    ticked,
    waived,
)
from tests.api.steps import assert_refused
from tests.world import CONDITION, REASON, World

IN_JANUARY = CONDITION | {"dueOn": "2015-01-31"}


class Told:
    """A world in which conditions went every way, and what it was known to be before most of that."""

    def __init__(self, world: World) -> None:
        """Hackney owes; Slough met on 10 February, late; Stoke's was waived; Bradford's lapsed; Dudley's corrected."""
        self.world = world
        conditional(world, "07T", IN_JANUARY)
        slough, stoke, bradford, dudley = (
            conditional(world, code, IN_JANUARY) for code in ("10T", "05W", "02W", "05C")
        )
        world.clock.move_to(start_of(date(2015, 1, 20)))
        waived(world, stoke)
        self.early = sequence(world)
        world.clock.move_to(start_of(date(2015, 2, 10)))
        discharged(world, slough)
        lapsed(world, bradford)
        corrected(world, dudley, {"outcome": "rejected", "reasons": [REASON]})
        world.clock.move_to(start_of(date(2015, 3, 1)))

    def codes(self, question: str, path: str = "/v1/decisions") -> list[str]:
        """Whose decisions are listed. The CSV has the same, and the count of them is right."""
        found = self.world.public.get(f"{path}?{question}").json()
        table = self.world.public.get(f"{path}.csv?{question}").text.splitlines()[1:]
        codes = [row["odsCode"] for row in found["results"]]
        assert (found["total"], len(table)) == (len(codes), len(codes))
        return sorted(codes)


@pytest.fixture(scope="module")
def told(shared_world: World) -> Told:
    return Told(shared_world)


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("conditionState=open", ["07T"]),
        ("conditionState=lapsed&state=published", ["02W"]),
        ("conditionState=met", ["10T"]),
        ("conditionState=waived,lapsed", ["02W", "05C", "05W"]),
        ("overdue=true", ["07T"]),
        ("overdue=false", ["02W", "05C", "05C", "05W", "10T"]),
        ("overdue=true&conditionState=met", []),
        ("overdue=true&on=2015-01-31", []),
        ("overdue=true&on=2015-02-01", ["02W", "07T", "10T"]),
        ("overdue=true&on=2015-02-09", ["02W", "07T", "10T"]),
        ("overdue=true&on=2015-02-10", ["07T"]),
        ("conditionState=open&on=2015-01-19", ["02W", "05W", "07T", "10T"]),
        ("conditionState=waived&on=2015-01-19", []),
        ("conditionState=waived&on=2015-01-20", ["05W"]),
        ("endedBy=condition_lapsed", ["02W"]),
        ("endedBy=corrected,condition_lapsed", ["02W", "05C"]),
    ],
)
def test_decisions_are_listed_by_how_their_conditions_stand_on_the_day(
    told: Told, question: str, codes: list[str]
) -> None:
    assert told.codes(question) == codes


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("conditionState=open", ["02W", "05C", "07T", "10T"]),
        ("conditionState=met,lapsed", []),
        ("overdue=true", []),
        ("overdue=true&on=2015-02-10", ["02W", "05C", "07T", "10T"]),
        ("endedBy=condition_lapsed", []),
    ],
)
def test_asked_as_it_was_known_a_list_knows_no_later_state(told: Told, question: str, codes: list[str]) -> None:
    assert told.codes(f"{question}&asKnownAt={told.early}") == codes


def test_counts_agree_with_the_filter(told: Told) -> None:
    counts = told.world.public.get("/v1/decisions?conditionState=open").json()["counts"]

    assert counts == {"approved": 0, "conditional": 1, "rejected": 0, "downgraded_to_joint": 0}


def test_grants_are_listed_by_what_ends_them(sqlite_world: World) -> None:
    world = sqlite_world
    kept, given_up, taken = (approved(world, code) for code in ("10T", "05W", "07T"))
    for at in (kept, given_up, taken):
        signed(world, at, date(2014, 12, 15))
    world.clock.move_to(start_of(date(2015, 5, 1)))
    ticked(world)
    noticed(world, given_up)
    revoked(world, taken, lastDay="2015-06-30")

    def listed(question: str) -> list[tuple[str, str | None, str | None]]:
        rows = world.public.get(f"/v1/approvals?{question}").json()["results"]
        return [(row["odsCode"], row["endedBy"], row["inForceTo"]) for row in rows]

    assert listed("endedBy=notice") == [("05W", "notice", "2016-03-31")]
    assert listed("endedBy=notice,revoked&on=2015-06-30") == [
        ("05W", "notice", "2016-03-31"),
        ("07T", "revoked", "2015-06-30"),
    ]
    assert listed("endedBy=revoked&on=2015-07-01") == []
    assert listed("endedBy=succeeded") == [("10T", "succeeded", "2018-03-31")]


@pytest.mark.parametrize(
    ("question", "detail", "fault"),
    [
        (
            "conditionState=settled",
            "A filter has an unknown word.",
            ("conditionState", "Must be one or several of open, met, waived, lapsed, with commas between them."),
        ),
        ("overdue=yes", "The query or a header has values that do not fit.", ("overdue", "Must be true or false.")),
    ],
)
def test_a_word_that_is_not_known_is_refused(told: Told, question: str, detail: str, fault: tuple[str, str]) -> None:
    assert_refused(told.world.public.get(f"/v1/decisions?{question}"), 400, "invalid-parameter", detail, fault)
