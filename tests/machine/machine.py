"""Every act in any order: which acts there are, when each is likely to be possible, and how often it is tried."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.machine.model_applying import UNDER_WAY, Wish
from tests.machine.passing import Passing


class Try(NamedTuple):
    """One kind of act: how often it is tried while it is likely to be possible."""

    weight: int
    is_likely: Callable[["Machine"], object]
    act: Callable[["Machine", Random], None]
    needs: Callable[["Machine"], object] = lambda _: True


class Plain(Random):
    """Dice that always fall on what is likely, the first of it."""

    def choice(self, seq: Any) -> Any:
        return seq[0]

    def randint(self, a: int, b: int) -> int:
        return min(a + 1, b)


class Conditional(Plain):
    """The same, but for an approval with two conditions."""

    def choice(self, seq: Any) -> Any:
        return "conditional" if "conditional" in seq else seq[-1] if seq == [1, 2] else seq[0]


BEGINNINGS = ("nothing", "nothing", "joint", "joint", "delegated", *("with conditions",) * 3)


class Machine(Passing):
    """What somebody does next is drawn from what fits; now and then from everything, in turn or not."""

    steps = 0

    @initialize(granted=st.sampled_from(BEGINNINGS))
    def begin(self, granted: str) -> None:
        """Some runs begin with a CCG that was granted joint, and may go on to delegated; some with one that has.

        Some begin with one of whose two conditions one is met.
        """
        if granted == "with conditions":
            random = Conditional()
            self._grant(random)
            self.act_discharge(random)
        elif granted != "nothing":
            self._grant(Plain())
        if granted == "delegated":
            [first] = self.model.applications.values()
            self._grant(Plain(), Wish("2016-17", "delegated", first.members, has_summary=True))

    def _grant(self, random: Random, wish: Wish | None = None) -> None:
        self.act_create(random, is_submitted=True, wish=wish)
        self.act_record(random)
        self.act_confirm(random)
        self.act_announce(random, is_scheduled=False)
        self.act_sign(random)

    @rule(number=st.integers(0, 2**32 - 1))
    def somebody_acts(self, number: int) -> None:
        self.steps += 1
        # Hypothesis likes to draw the same numbers again: the step makes other random of them.
        random = Random(f"{number} {self.steps}")  # noqa: S311 - no secret comes of it
        self.is_out_of_turn = self.now_and_then(random, 11)
        likely = [name for name, each in TRIES.items() if each.is_likely(self) for _ in range(each.weight)]
        possible = [name for name, each in TRIES.items() if each.needs(self)]
        TRIES[random.choice(possible if self.is_out_of_turn else likely)].act(self, random)


def _always(_: Machine) -> bool:
    return True


def _has(*states: str) -> Callable[[Machine], object]:
    return lambda machine: machine.references(*states)


def _fits(name: str) -> Callable[[Machine], object]:
    return lambda machine: machine.decisions(getattr(machine, name))


def _decided(machine: Machine) -> object:
    return machine.model.decisions


TRIES = {
    "create": Try(5, Machine.wants_more, lambda machine, random: machine.act_create(random, is_submitted=False)),
    "apply": Try(24, Machine.wants_more, lambda machine, random: machine.act_create(random, is_submitted=True)),
    "amend": Try(3, _has("draft", "changes_requested"), Machine.act_amend, _has()),
    "submit": Try(8, Machine.in_time, Machine.act_submit, _has()),
    "consent": Try(4, lambda machine: machine.groups("draft"), Machine.act_consent, _has()),
    "consent to scaling": Try(4, Machine.scalable_groups, Machine.act_consent_to_scaling, _has()),
    "scale down": Try(3, Machine.scalable, Machine.act_scale_down, _has()),
    "leave": Try(1, lambda machine: machine.groups(*UNDER_WAY), Machine.act_leave, _has()),
    "withdraw": Try(1, _has("draft", "submitted", "changes_requested", "recommended"), Machine.act_withdraw, _has()),
    "declare": Try(1, Machine.open_rounds, Machine.act_declare),
    "request changes": Try(4, _has("submitted"), Machine.act_request_changes, _has()),
    "record": Try(32, _has("submitted"), Machine.act_record, _has()),
    "record late": Try(6, _has("changes_requested"), Machine.act_record, _has()),
    "decide": Try(32, _has("recommended"), Machine.act_confirm, _has()),
    "return": Try(5, _has("recommended"), Machine.act_send_back, _has()),
    "withdraw outcomes": Try(2, _has("recommended"), Machine.act_withdraw_outcomes, _has()),
    "look": Try(3, Machine.waiting_rounds, Machine.act_look),
    "announce": Try(
        32, Machine.waiting_rounds, lambda machine, random: machine.act_announce(random, is_scheduled=False)
    ),
    "schedule": Try(
        10, Machine.waiting_rounds, lambda machine, random: machine.act_announce(random, is_scheduled=True)
    ),
    "announce the rest": Try(
        3, Machine.has_scheduled, lambda machine, random: machine.act_announce(random, is_scheduled=False)
    ),
    "cancel": Try(12, Machine.has_scheduled, Machine.act_cancel, lambda machine: machine.model.announcements),
    "evidence": Try(4, _fits("is_open"), Machine.act_evidence, _decided),
    "discharge": Try(12, _fits("is_open"), Machine.act_discharge, _decided),
    "lapse": Try(12, _fits("is_overdue"), Machine.act_lapse, _decided),
    "sign": Try(40, _fits("is_awaited"), Machine.act_sign, _decided),
    "decline": Try(5, _fits("is_awaited"), Machine.act_decline, _decided),
    "notice": Try(4, _fits("takes_notice"), Machine.act_notice, _decided),
    "override": Try(24, _fits("has_notice"), Machine.act_override, _decided),
    "withdraw notice": Try(24, _fits("can_be_noticed_back"), Machine.act_withdraw_notice, _decided),
    "correct": Try(8, _fits("may_come"), Machine.act_propose_correction, _decided),
    "reword": Try(20, _fits("has_settled"), Machine.act_reword, _decided),
    "revoke": Try(3, _fits("may_come"), Machine.act_propose_revocation, _decided),
    "mend agreement": Try(2, _fits("has_agreement"), Machine.act_propose_agreement, _decided),
    "waive": Try(8, _fits("is_open"), Machine.act_propose_waiver, _decided),
    "confirm": Try(16, Machine.open_proposals, Machine.act_confirm_proposal, lambda machine: machine.model.proposals),
    "withdraw proposal": Try(
        2, Machine.open_proposals, Machine.act_withdraw_proposal, lambda machine: machine.model.proposals
    ),
    "pass time": Try(8, _always, lambda machine, random: machine.act_pass_time(random, is_ticked=True)),
    "pass to notice": Try(1, _fits("takes_notice"), Machine.act_pass_to_notice),
    "stand still": Try(2, _always, lambda machine, random: machine.act_pass_time(random, is_ticked=False)),
    "merge into another": Try(3, Machine.wants_merger, Machine.act_merge_into, Machine.wants_merger),
    "propose succession": Try(
        12, lambda machine: machine.model.opened, Machine.act_propose_succession, lambda machine: machine.model.opened
    ),
    "confirm succession": Try(
        16, Machine.open_successions, Machine.act_confirm_succession, lambda machine: machine.model.successions
    ),
    "withdraw succession": Try(
        12, Machine.open_successions, Machine.act_withdraw_succession, lambda machine: machine.model.successions
    ),
    "merge": Try(2, _always, Machine.act_close),
    "crash": Try(2, _always, lambda machine, _: machine.act_crash()),
    "reopen": Try(1, _always, lambda machine, _: machine.act_reopen()),
}
