"""Mergers, and what moves on after them by two people, tried on both."""

from datetime import date, timedelta
from random import Random

from app.casework import successions
from app.casework.organisations import import_organisations
from app.rules.bodies import DatedFact, OrganisationRecord
from app.rules.successions import Handover, MovedLevel, SuccessionItem
from tests.machine import model_succession
from tests.machine.harness import expectation
from tests.machine.model import ONE_DAY, Moving
from tests.machine.post_decision import PostDecision
from tests.machine.small_world import NATIONAL, REGIONS, record_of

MOST_MERGERS = 2


class Succeeding(PostDecision):
    """A merger into a new body, proposals of what moves on, their confirmation, and taking them back."""

    known = 0

    def can_merge(self) -> list[tuple[str, ...]]:
        """Bodies that are there, alone or with another of their region; those that hold something come first."""
        there = [code for code in REGIONS if self.model.ccgs[code].closed is None]
        held = [code for code in there if self.model.standing_decisions(code)]
        pairs = [(one, two) for one in held for two in there if one != two and REGIONS[one] == REGIONS[two]]
        return [*((code,) for code in held), *pairs]

    def wants_merger(self) -> bool:
        """There is something to lose, and there are few new bodies."""
        return len(self.model.opened) < MOST_MERGERS and bool(self.can_merge())

    def act_merge_into(self, random: Random) -> None:
        codes = self.pick(random, self.can_merge(), [(code,) for code in REGIONS])
        into, opens = f"9{len(self.model.opened):02}", self._opening(random)
        self.known += 1
        rows = [record_of(code, opens - ONE_DAY, into, self.known) for code in codes]
        fact = DatedFact(opens, None, f"NHS {into} CCG", None, REGIONS[codes[0]], None)
        rows.append(OrganisationRecord(into, opens, None, None, rows[0].known_to, (fact,)))
        self.attempt(
            "merge into another",
            lambda model: model_succession.merge(model, codes, into, opens),
            lambda session: import_organisations(session, rows, actor="test", at=self.model.at),
            publishes=True,
        )

    def _opening(self, random: Random) -> date:
        """Soon, or some days ago; mostly after what has been granted has started."""
        april = [date(year, 4, 1) for year in (2015, 2016) if date(year, 4, 1) > self.model.day]
        return random.choice([self.model.day + timedelta(days=each) for each in (-10, 1, 40)] + 2 * april)

    def merged(self) -> list[str]:
        """The new bodies about which nothing is decided."""
        decided = {each.ods_code for each in self.model.decisions.values()}
        return [code for code in self.model.opened if code not in decided]

    def act_propose_succession(self, random: Random) -> None:
        every = [*self.model.opened, "10T"]
        code = random.choice(every) if self.now_and_then(random, 2) else self.pick(random, self.merged(), every)
        on = self.pick(random, [self.model.opened.get(code, self.model.day)], [self.model.day])
        said = model_succession.proposed(self.model, code, on)
        level = random.choice([said or "none", "delegated", "joint", "none"])
        level = random.choice(["delegated", "joint", "none"]) if level == "mixed" else level
        agreement = None if level == "none" else random.choice(["novated", "novated", "awaited"])
        has_reason = level != said and not self.now_and_then(random)
        person = random.choice(NATIONAL)
        made = Moving(self.name("SU"), code, on, level, agreement, has_reason, person.key)
        item = SuccessionItem(
            code,
            MovedLevel(level),
            None if agreement is None else Handover(agreement),
            "Agreed." if has_reason else None,
        )
        self.attempt(
            "propose succession",
            lambda model: model_succession.propose(model, made, person),
            lambda session: successions.propose(
                session, on, [item], proposal_id=made.proposal_id, person=person, at=self.model.at
            ),
        )

    def open_successions(self) -> list[str]:
        return [key for key, each in self.model.successions.items() if each.state == "open"]

    def act_confirm_succession(self, random: Random) -> None:
        made = self.model.successions[self.pick(random, self.open_successions(), list(self.model.successions))]
        fit = [each for each in NATIONAL[:2] if each.key != made.by]
        person = self.pick(random, fit, NATIONAL)
        expected, version = self.version(random), made.version
        self.attempt(
            "confirm succession",
            lambda model: model_succession.confirm(model, made.proposal_id, person, expected),
            lambda session: successions.confirm(
                session,
                made.proposal_id,
                person=person,
                expected=expectation(expected, version),
                at=self.model.at,
            ),
            publishes=True,
        )

    def act_withdraw_succession(self, random: Random) -> None:
        made = self.model.successions[self.pick(random, self.open_successions(), list(self.model.successions))]
        expected, version = self.version(random), made.version
        self.attempt(
            "withdraw succession",
            lambda model: model_succession.withdraw(model, made.proposal_id, expected),
            lambda session: successions.withdraw(
                session,
                made.proposal_id,
                note="Too early.",
                person=NATIONAL[0],
                expected=expectation(expected, version),
                at=self.model.at,
            ),
        )
