"""What happens to a decision once it is public, tried on both."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from app.casework import agreements, conditions, correcting, decision_views, notice
from app.casework.decision_views import DecisionView
from app.records.session import Session
from app.rules.callers import Person, System
from app.rules.decisions import ProposalKind
from app.rules.grants import Agreement
from app.rules.outcomes import Condition, Ruling
from app.rules.words import Outcome
from tests.machine import model_post_decision
from tests.machine.deciding import FLAWS, Deciding, day_of
from tests.machine.harness import expectation
from tests.machine.model import ONE_DAY, Decision, Proposal
from tests.machine.small_world import NATIONAL, PANELS
from tests.world import ATTRIBUTION

_MONTH, _HALF_A_YEAR = timedelta(days=30), timedelta(days=183)
_MARCH = date(2015, 3, 31)
FITS = Callable[[Decision], bool]


class PostDecision(Deciding):
    """Evidence, discharge, lapse, agreements, notice, and what takes two people."""

    # --- what there is to choose from -----------------------------------------------------------

    def decisions(self, fits: FITS) -> list[str]:
        return [key for key, each in self.model.decisions.items() if fits(each)]

    def picked(self, random: Random, fits: FITS) -> Decision:
        return self.model.decisions[self.pick(random, self.decisions(fits), list(self.model.decisions))]

    def is_open(self, each: Decision) -> bool:
        return each.has_open_condition(self.model.day)

    def is_overdue(self, each: Decision) -> bool:
        late = [one for one in each.conditions.values() if one.state == "open" and one.due < self.model.day]
        return self.is_open(each) and bool(late)

    def is_awaited(self, each: Decision) -> bool:
        has = each.can_come_into_force(self.model.day) and each.grant is not None
        return has and each.grant is not None and each.grant.agreement == "awaited"

    def takes_notice(self, each: Decision) -> bool:
        has = each.can_come_into_force(self.model.day) and each.grant is not None
        return has and each.grant is not None and each.grant.lets_start and each.grant.own_end is None

    def shown_version(self, found: Decision) -> int:
        """The version that the CCG may know: it is not told of proposals."""
        made = [each for each in self.model.proposals.values() if each.decision_id == found.decision_id]
        return found.version - len(made) - sum(each.state == "withdrawn" for each in made)

    def has_notice(self, each: Decision) -> bool:
        has = each.can_come_into_force(self.model.day) and each.grant is not None and each.grant.end is not None
        return has and each.grant is not None and each.grant.end is not None and each.grant.end.by == "notice"

    def may_come(self, each: Decision) -> bool:
        return each.can_come_into_force(self.model.day)

    def condition(self, random: Random, found: Decision) -> str:
        still_open = [key for key, each in found.conditions.items() if each.state == "open"]
        return self.pick(random, still_open, ["c1", "c2"])

    def _through(self, session: Session, found: Decision, caller: System | Person) -> DecisionView:
        return decision_views.fetch_visible(session, found.decision_id, caller, self.model.at)

    # --- conditions -----------------------------------------------------------------------------

    def act_evidence(self, random: Random) -> None:
        found = self.picked(random, self.is_open)
        condition_id, expected = self.condition(random, found), self.version(random)
        caller = self.applicant(random, [found.ods_code, *found.members])

        def do(session: Session) -> None:
            conditions.give_evidence(
                session,
                self._through(session, found, caller),
                condition_id,
                text="See this.",
                links=[],
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, self.shown_version(found)),
                at=self.model.at,
            )

        self.attempt(
            "evidence",
            lambda model: model_post_decision.evidence(model, found.decision_id, condition_id, caller, expected),
            do,
        )

    def act_discharge(self, random: Random) -> None:
        found = self.picked(random, self.is_open)
        condition_id, expected = self.condition(random, found), self.version(random)
        panels = [*PANELS["Y57"], *PANELS["Y56"]]
        fit = [each for each in PANELS[found.region][:2] if each.key != found.recorded_by]
        person = self.person(random, fit, panels, found.members, found.recorded_by)

        def do(session: Session) -> None:
            conditions.discharge(
                session,
                self._through(session, found, person),
                condition_id,
                note=None,
                panel=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "discharge",
            lambda model: model_post_decision.discharge(model, found.decision_id, condition_id, person, expected),
            do,
            publishes=True,
        )

    def act_lapse(self, random: Random) -> None:
        found = self.picked(random, self.is_overdue)
        condition_id, expected = self.condition(random, found), self.version(random)

        def do(session: Session) -> None:
            conditions.lapse(
                session,
                self._through(session, found, NATIONAL[0]),
                condition_id,
                reason="Not done.",
                person=NATIONAL[0],
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "lapse",
            lambda model: model_post_decision.lapse(model, found.decision_id, condition_id, NATIONAL[0], expected),
            do,
            publishes=True,
        )

    # --- agreements and notice ------------------------------------------------------------------

    def act_sign(self, random: Random) -> None:
        found = self.picked(random, self.is_awaited)
        signed_on = random.choice([self.model.day, max(found.decided_on, self.model.day - _MONTH)])
        signed_on += timedelta(days=self.pick(random, [0], [1, -400]))
        named = day_of(self.pick(random, [None], [-1, 0, 60]), signed_on)
        expected = self.version(random)

        def do(session: Session) -> None:
            agreements.sign(
                session,
                self._through(session, found, NATIONAL[0]),
                signed_on=signed_on,
                in_force_from=named,
                person=NATIONAL[0],
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "sign",
            lambda model: model_post_decision.sign(model, found.decision_id, signed_on, named, NATIONAL[0], expected),
            do,
            publishes=True,
        )

    def act_decline(self, random: Random) -> None:
        found, expected = self.picked(random, self.is_awaited), self.version(random)

        def do(session: Session) -> None:
            agreements.decline(
                session,
                self._through(session, found, NATIONAL[0]),
                note=None,
                person=NATIONAL[0],
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "not taken up",
            lambda model: model_post_decision.decline(model, found.decision_id, NATIONAL[0], expected),
            do,
            publishes=True,
        )

    def act_notice(self, random: Random) -> None:
        found, expected = self.picked(random, self.takes_notice), self.version(random)
        caller = self.applicant(random, [found.ods_code, *found.members])
        years = [each.replace(year=self.model.day.year + 1) for each in (_MARCH, _MARCH.replace(day=30))]
        last_day = random.choice([None, None, *years, _MARCH.replace(year=self.model.day.year + 2)])

        def do(session: Session) -> None:
            notice.give(
                session,
                self._through(session, found, caller),
                last_day=last_day,
                reason=None,
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, self.shown_version(found)),
                at=self.model.at,
            )

        self.attempt(
            "notice",
            lambda model: model_post_decision.notice(model, found.decision_id, last_day, caller, expected),
            do,
            publishes=True,
        )

    def act_override(self, random: Random) -> None:
        found, expected = self.picked(random, self.has_notice), self.version(random)
        last_day = day_of(self.pick(random, [0, 30, 200], [-1, None]), self.model.day)
        reason = self.pick(random, ["Agreed."], [None])

        def do(session: Session) -> None:
            notice.override(
                session,
                self._through(session, found, NATIONAL[0]),
                last_day=last_day,
                reason=reason,
                person=NATIONAL[0],
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "override",
            lambda model: model_post_decision.override(
                model, found.decision_id, last_day, reason, NATIONAL[0], expected
            ),
            do,
            publishes=True,
        )

    def can_be_noticed_back(self, each: Decision) -> bool:
        end = each.grant.end if each.grant is not None else None
        return self.has_notice(each) and end is not None and end.day - _HALF_A_YEAR >= self.model.day

    def act_withdraw_notice(self, random: Random) -> None:
        found, expected = self.picked(random, self.can_be_noticed_back), self.version(random)
        caller = self.applicant(random, [found.ods_code, *found.members])

        def do(session: Session) -> None:
            notice.withdraw(
                session,
                self._through(session, found, caller),
                reason="We stay.",
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, self.shown_version(found)),
                at=self.model.at,
            )

        self.attempt(
            "withdraw notice",
            lambda model: model_post_decision.withdraw_notice(model, found.decision_id, caller, expected),
            do,
            publishes=True,
        )

    # --- two people -----------------------------------------------------------------------------

    def act_propose_correction(self, random: Random) -> None:
        self._propose(random, "correction")

    def has_settled(self, each: Decision) -> bool:
        """A decision of which a condition was settled, or that was promoted, or whose grant ends by itself."""
        is_settled = any(one.state != "open" for one in each.conditions.values())
        has_end = each.conditions and each.grant is not None and each.grant.own_end is not None
        return each.state == "published" and bool(is_settled or has_end)

    def act_reword(self, random: Random) -> None:
        """A correction that means to keep what was settled."""
        self._propose(random, "correction", is_reworded=True)

    def act_propose_revocation(self, random: Random) -> None:
        self._propose(random, "revocation")

    def act_propose_waiver(self, random: Random) -> None:
        self._propose(random, "waiver")

    def has_agreement(self, each: Decision) -> bool:
        is_settled = each.grant is not None and each.grant.agreement in {"signed", "novated", "not_taken_up"}
        return each.state == "published" and is_settled

    def act_propose_agreement(self, random: Random) -> None:
        self._propose(random, "agreement")

    def _propose_agreement(self, random: Random, found: Decision, made: Proposal) -> None:
        made.agreement = random.choice(["signed", "signed", "not_taken_up", "awaited"])
        if made.agreement == "signed":
            made.signed_on = random.choice([self.model.day, max(found.decided_on, self.model.day - _MONTH)])
            made.signed_on += timedelta(days=self.pick(random, [0], [1, -400]))
            made.day = day_of(self.pick(random, [None], [-1, 0, 60]), made.signed_on)

    def _propose(self, random: Random, kind: str, *, is_reworded: bool = False) -> None:
        fits: dict[str, FITS] = {
            "correction": self.has_settled if is_reworded else lambda each: each.state == "published",
            "revocation": self.may_come,
            "waiver": self.is_open,
            "agreement": self.has_agreement,
        }
        found, expected = self.picked(random, fits[kind]), self.version(random)
        person = random.choice(NATIONAL)
        made = Proposal(self.name("PR"), found.decision_id, kind, person.key)
        match kind:
            case "correction":
                flaw = random.choice(FLAWS[1:-1]) if self.now_and_then(random, 5) else ""
                made.ruling = self.ruling(
                    random, found.ods_code, found.requested, flaw, is_scaled_down=found.is_scaled_down
                )
                if found.conditions and (is_reworded or self.now_and_then(random, 2)):
                    made.ruling = reworded(random, found)
                made.day = day_of(random.choice([None, None, -200, 0, 90]), self.model.day)
            case "revocation":
                made.day = day_of(self.pick(random, [None, 0, 30], [-1]), self.model.day)
            case "agreement":
                self._propose_agreement(random, found, made)
            case _:
                made.condition_id = self.condition(random, found)
                made.day = day_of(self.pick(random, [None, None, 20], [-1]), self.model.day)
        terms = _terms(made)

        def do(session: Session) -> None:
            correcting.propose(
                session,
                self._through(session, found, person),
                ProposalKind(kind),
                terms,
                proposal_id=made.proposal_id,
                person=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(f"propose {kind}", lambda model: model_post_decision.propose(model, made, person, expected), do)

    def open_proposals(self) -> list[str]:
        return [key for key, each in self.model.proposals.items() if each.state == "open"]

    def act_confirm_proposal(self, random: Random) -> None:
        proposal = self.model.proposals[self.pick(random, self.open_proposals(), list(self.model.proposals))]
        fit = [each for each in NATIONAL[:2] if each.key != proposal.by]
        members = self.model.decisions[proposal.decision_id].members
        person = self.person(random, fit, NATIONAL, members, proposal.by)
        expected = self.version(random)
        version = self.model.decisions[proposal.decision_id].version

        def do(session: Session) -> None:
            correcting.confirm(
                session,
                proposal.proposal_id,
                person=person,
                expected=expectation(expected, version),
                at=self.model.at,
            )

        is_done = self.attempt(
            f"confirm {proposal.kind}",
            lambda model: model_post_decision.confirm(model, proposal.proposal_id, person, expected),
            do,
            publishes=True,
        )
        old = self.model.decisions[proposal.decision_id]
        if is_done and old.superseded_by is not None and old.conditions:
            self.tally["carried", carried(old, self.model.decisions[old.superseded_by])] += 1

    def act_withdraw_proposal(self, random: Random) -> None:
        proposal = self.model.proposals[self.pick(random, self.open_proposals(), list(self.model.proposals))]
        person, expected = random.choice(NATIONAL), self.version(random)
        version = self.model.decisions[proposal.decision_id].version

        def do(session: Session) -> None:
            correcting.withdraw(
                session,
                proposal.proposal_id,
                note="Not so.",
                person=person,
                expected=expectation(expected, version),
                at=self.model.at,
            )

        self.attempt(
            "withdraw proposal",
            lambda model: model_post_decision.withdraw_proposal(model, proposal.proposal_id, person, expected),
            do,
        )


def carried(old: Decision, new: Decision) -> str:
    """What a correction of a conditional decision left of it."""
    if new.outcome != Outcome.CONDITIONAL or old.grant is None or new.grant is None:
        return "nothing"
    if new.grant.promoted_on is not None:
        return "a promotion" if old.grant.promoted_on is not None else "no open condition"
    if new.grant.own_end is not None:
        return "an end"
    return "a condition" if any(each.state != "open" for each in new.conditions.values()) else "open conditions"


def reworded(random: Random, found: Decision) -> Ruling:
    """The same outcome again, with conditions of before and, now and then, one less or one more."""
    days = [each.due for each in found.conditions.values()]
    if random.random() < 0.4:
        days.remove(random.choice(days))
    if not days or random.random() < 0.1:
        days.append(found.decided_on + 90 * ONE_DAY)
    conditions = [Condition(f"c{place}", "To be done.", "governance", day) for place, day in enumerate(days, start=1)]
    return Ruling(found.ods_code, Outcome.CONDITIONAL, conditions=tuple(conditions))


def _terms(made: Proposal) -> Callable[[DecisionView], correcting.Terms]:
    """What is proposed, as the register takes it."""

    def terms(seen: DecisionView) -> correcting.Terms:
        if made.ruling is not None:
            return correcting.correction(seen, made.ruling, reason="It was wrong.", effective_from=made.day)
        if made.kind == "revocation":
            return correcting.revocation(seen, reason="It must.", legal_basis="Section 13Z", last_day=made.day)
        if made.kind == "agreement":
            state, signed_on = Agreement(made.agreement), made.signed_on
            return correcting.agreement(
                seen, reason="Recorded wrongly.", state=state, signed_on=signed_on, in_force_from=made.day
            )
        return correcting.waiver(seen, made.condition_id or "", reason="No need.", in_force_from=made.day)

    return terms
