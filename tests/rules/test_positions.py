"""A CCG's position: what is published about it, in one word."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from app.rules.positions import Position, PositionWord, declared_by, position_of


@dataclass(frozen=True)
class Decision:
    """A decision of the round that starts in 2015, about a delegated request."""

    standing: str | None = "in_force"
    granted_level: str | None = "delegated"
    agreement: str | None = "signed"
    round_starts_on: date = date(2015, 4, 1)
    in_force_from: date | None = date(2015, 4, 1)
    round_kind: str = "real"
    round_stage: str = "application"
    published_sequence: int = 1
    state: str = "published"
    origin: str = "casework"
    basis: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Declaration:
    """A declaration for the round that starts in 2016."""

    level: str = "greater_involvement"
    round_starts_on: date = date(2016, 4, 1)
    declared_on: date | None = date(2015, 12, 1)
    round_kind: str = "real"
    round_stage: str = "application"
    basis: str | None = "stated"
    source: str | None = "A board paper"


HELD = Decision()
AHEAD = replace(HELD, standing="not_started", granted_level="joint", round_starts_on=date(2016, 4, 1))
ENDED = replace(HELD, standing="ended")
LEFT = replace(HELD, standing="not_taken_up", agreement="not_taken_up", basis="derived", source="Pulse")
REJECTED = replace(HELD, standing=None, granted_level=None, agreement=None)
SIGNED = "agreement signed"
DECLARED = Position(PositionWord.DECLARED, "greater_involvement", None, "stated", "A board paper")
NOTHING = Position(PositionWord.NO_PUBLISHED_DECISION)
IN_FORCE = Position(PositionWord.IN_FORCE, "delegated", SIGNED)


@pytest.mark.parametrize(
    ("decided", "expected"),
    [
        ([], NOTHING),
        ([HELD], IN_FORCE),
        ([ENDED, AHEAD, HELD], IN_FORCE),
        ([ENDED, AHEAD], Position(PositionWord.NOT_STARTED, "joint", SIGNED)),
        ([REJECTED, ENDED], Position(PositionWord.ENDED, "delegated", SIGNED)),
        ([ENDED, REJECTED], Position(PositionWord.NOT_APPROVED)),
        ([LEFT], Position(PositionWord.NOT_TAKEN_UP, "delegated", "not taken up", "derived", "Pulse")),
    ],
)
def test_what_was_decided_gives_the_position(decided: list[Decision], expected: Position) -> None:
    assert position_of(decided, []) == expected


@pytest.mark.parametrize("decided", [[HELD], [AHEAD], [ENDED, AHEAD]])
def test_what_is_held_or_granted_ahead_stands_before_a_later_declaration(decided: list[Decision]) -> None:
    assert position_of(decided, [Declaration()]) == position_of(decided, [])


@pytest.mark.parametrize("decided", [ENDED, LEFT, REJECTED])
def test_otherwise_the_newest_round_has_the_word_and_within_a_round_the_decision(decided: Decision) -> None:
    assert position_of([decided], [Declaration()]) == DECLARED
    of_the_same_round = Declaration(round_starts_on=decided.round_starts_on)
    assert position_of([decided], [of_the_same_round]) == position_of([decided], [])


def test_of_several_declarations_the_last_stands() -> None:
    assert position_of([], [Declaration(level="none", round_starts_on=date(2015, 4, 1)), Declaration()]) == DECLARED


def test_expressions_of_interest_do_not_count() -> None:
    interest = "expression_of_interest"
    decided, declared = replace(ENDED, round_stage=interest), replace(Declaration(), round_stage=interest)

    assert position_of([decided], [declared]) == NOTHING


def test_trial_rounds_and_what_was_superseded_do_not_count() -> None:
    of_a_trial = replace(HELD, round_kind="trial")
    superseded = replace(HELD, state="superseded")

    assert position_of([of_a_trial, superseded], [replace(Declaration(), round_kind="trial")]) == NOTHING
    assert position_of([ENDED, of_a_trial], []) == position_of([ENDED], [])


def test_a_declaration_counts_from_its_day_or_else_from_the_start_of_its_round() -> None:
    dated, undated = Declaration(), Declaration(declared_on=None)

    found = {day: declared_by(day, [dated, undated]) for day in (date(2015, 11, 30), date(2015, 12, 1))}
    assert found == {date(2015, 11, 30): [], date(2015, 12, 1): [dated]}
    assert declared_by(date(2016, 3, 31), [undated]) == []
    assert declared_by(date(2016, 4, 1), [undated]) == [undated]
