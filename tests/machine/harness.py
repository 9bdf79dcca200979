"""The machine's bed: one act is tried on the register and on the model, and whatever differs fails."""

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any, TypeVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, invariant

from app.records.audit.verification import verify
from app.records.session import Database, Session
from app.rules.refusals import Refusal
from app.rules.versions import Expectation
from tests.machine import readings, small_world
from tests.machine.model import Model, Refused

T = TypeVar("T")
DONE = "done"
# One in so many is a choice that is not the likely one.
SELDOM = 15
VERSIONS = (*["right"] * 12, *["any"] * 3, "stale", "none")


class Torn(Exception):
    """The connection is gone before the commit."""


class Harness(RuleBasedStateMachine):
    """A register and its model. ``fresh`` gives a prepared database, ``tally`` counts what was said."""

    def __init__(self, fresh: Callable[[], Database], tally: Counter[tuple[str, str]]) -> None:
        super().__init__()
        self.database, self.tally = fresh(), tally
        self.model = small_world.model()
        self.made = 0
        self.is_out_of_turn = self.is_torn = False
        self.was_unpublished = False
        self.held_before: Any = None
        self.seen_in_public: Any = None

    # --- choosing -------------------------------------------------------------------------------

    def pick(self, random: Random, likely: Sequence[T], every: Sequence[T]) -> T:
        """Mostly one that the act is for, now and then any."""
        is_likely = likely and not self.is_out_of_turn and random.randint(0, SELDOM) > 0
        return random.choice(likely if is_likely else every)

    def now_and_then(self, random: Random, often: int = SELDOM) -> bool:
        return random.randint(0, often) == often

    def version(self, random: Random) -> str:
        return random.choice(VERSIONS)

    def name(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}-{self.made:03}"

    # --- trying ---------------------------------------------------------------------------------

    def attempt(
        self,
        act: str,
        expect: Callable[[Model], object],
        do: Callable[[Session], object],
        *,
        publishes: bool = False,
    ) -> bool:
        """Try an act on both; whether it was done."""
        is_torn, self.is_torn = self.is_torn, False
        model = copy.deepcopy(self.model) if is_torn else self.model
        said, expected = self._of_register(do, is_torn=is_torn), _of_model(model, expect)
        assert said == expected, f"{act}: the register says {said}, the model {expected}"
        note(f"{self.model.at:%Y-%m-%d %H:%M} {act}: {said}{', torn away' if is_torn else ''}")
        self.tally["crash" if is_torn else act, said] += 1
        self.was_unpublished = is_torn or said != DONE or not publishes
        return said == DONE and not is_torn

    def _of_register(self, do: Callable[[Session], object], *, is_torn: bool) -> str:
        with suppress(Torn):
            try:
                with self.database.writing() as session:
                    do(session)
                    if is_torn:
                        session.connection().invalidate()
                        raise Torn
            except Refusal as refusal:
                return refusal.code
        return DONE

    # --- comparing ------------------------------------------------------------------------------

    @invariant()
    def the_register_says_what_the_model_says(self) -> None:
        with self.database.reading() as session:
            held = readings.everything(session)
            now = (held, self.model.day, readings.public_sequence(session))
            public = self.seen_in_public
            if now != self.held_before:
                public = readings.public(session, [*small_world.REGIONS, *self.model.opened], self.model.day)
        found = readings.differences(held, readings.expected(self.model))
        found += readings.differences(public, readings.expected_public(self.model))
        assert not found, "\n".join(found)
        if self.was_unpublished:
            before = (self.seen_in_public, self.held_before[-1])
            assert before == (public, now[-1]), "an unpublished act changed what the public reads"
        self.held_before, self.seen_in_public, self.was_unpublished = now, public, False

    def teardown(self) -> None:
        """The log and every projection are sound after each run."""
        for each in self.model.decisions.values():
            if each.grant is not None and each.grant.end is not None:
                self.tally["end", each.grant.end.by] += 1
        self.tally["proposal closed", DONE] += sum(each.state == "closed" for each in self.model.proposals.values())
        report = verify(self.database)
        self.database.close()
        assert report.faults == ()


def _of_model(model: Model, expect: Callable[[Model], object]) -> str:
    try:
        expect(model)
    except Refused as refused:
        return str(refused)
    return DONE


def expectation(word: str, version: int) -> Expectation:
    """What a caller says of a version: any, the right one, a stale one or none."""
    known = {"right": Expectation(version), "stale": Expectation(version - 1), "none": Expectation(None)}
    return known.get(word, Expectation(None, is_any=True))
