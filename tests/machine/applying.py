"""What applicants do, tried on both."""

from collections.abc import Sequence
from random import Random

from app.casework import application_views, applying, declaring, membership
from app.casework.eligibility import Draft
from app.records.session import Session
from app.rules.callers import System
from app.rules.outcomes import Reason
from app.rules.words import Level
from tests.machine import model_applying
from tests.machine.harness import Harness, expectation
from tests.machine.model import Application
from tests.machine.model_applying import UNDER_WAY, Wish
from tests.machine.small_world import GROUPS, REGIONS, ROUNDS
from tests.records.acting import draft, system
from tests.world import ATTRIBUTION

ROUND_IDS = [each.round_id for each in ROUNDS]
SINGLES = [(code,) for code in REGIONS]
PAIRS = [pair for pairs in GROUPS.values() for pair in pairs]
BUSY = 3
ODD = [("10T", "07T"), ("10T", "10T"), ("10T", "ZZZ"), ("ZZZ",)]


class Applying(Harness):
    """Create, change, agree, submit, leave, withdraw, declare."""

    # --- what there is to choose from -----------------------------------------------------------

    def references(self, *states: str) -> list[str]:
        """The applications in these states; without states all."""
        return [key for key, each in self.model.applications.items() if not states or each.state in states]

    def in_time(self) -> list[str]:
        """The applications that can still be submitted, for the first time or again."""
        return [key for key in self.references("draft", "changes_requested") if self._is_in_time(key)]

    def _is_in_time(self, reference: str) -> bool:
        found = self.model.applications[reference]
        days = self._levels_in_time(found.round_id)
        return found.level in days if found.due is None else self.model.day <= found.due

    def groups(self, *states: str) -> list[str]:
        """The applications in these states that have more than one member."""
        return [key for key in self.references(*states) if len(self.model.applications[key].members) > 1]

    def scalable(self) -> list[str]:
        """The delegated applications that can still be scaled down."""
        under_way = (self.model.applications[key] for key in self.references("submitted", "changes_requested"))
        return [each.reference for each in under_way if each.level == "delegated" and not each.is_scaled_down]

    def scalable_groups(self) -> list[str]:
        """Those of them in which another member can still agree to it."""
        found = (self.model.applications[key] for key in self.scalable())
        return [each.reference for each in found if set(each.members[1:]) - each.agreed_to_scaling]

    def open_rounds(self) -> list[str]:
        return [key for key, each in self.model.plans.items() if each.opens <= self.model.day <= each.closes]

    def applicant(self, random: Random, members: Sequence[str]) -> System:
        """Mostly a system of every member; now and then of one of them, or of another CCG."""
        some = [system(members[0]), system(members[-1]), system("07T"), system("11C")]
        return self.pick(random, [system(*members)], some)

    def wish(self, random: Random) -> Wish:
        over = [key for key in ROUND_IDS if key not in self.open_rounds()]
        is_late = over and self.now_and_then(random, 3)
        round_id = random.choice(over) if is_late else self.pick(random, self._likely_rounds(), [*ROUND_IDS, "1999-00"])
        free = self.free_members(round_id)
        climbers = [each for each in free if {"joint"} == self._held(each)]
        members = self.pick(random, [*free, *climbers * len(free)], [*SINGLES, *PAIRS, *ODD * 3])
        in_time = self._levels_in_time(round_id)
        levels = [each for each in in_time if each not in self._held(members)]
        too_late = [each for each in ("delegated", "joint") if each not in in_time]
        is_too_late = bool(too_late) and round_id in self.open_rounds() and self.now_and_then(random, 3)
        level = random.choice(too_late) if is_too_late else self.pick(random, levels, ["delegated", "joint", "none"])
        # In the model the first member leads; this one leads what it is no member of.
        lead = "11C" if self.now_and_then(random, 30) and "11C" not in members else None
        return Wish(round_id, level, members, has_summary=not self.now_and_then(random, 9), lead=lead)

    def _likely_rounds(self) -> list[str]:
        """The open rounds, mostly one of applications."""
        found = self.open_rounds()
        return [*found, *[each for each in found if each != "interest"] * 3]

    def _held(self, members: Sequence[str]) -> set[str]:
        return {each.level for code in members for each in self.model.grants(code)}

    def _levels_in_time(self, round_id: str) -> list[str]:
        plan = self.model.plans.get(round_id)
        days = {} if plan is None else {each: plan.deadlines.get(each, plan.closes) for each in ("joint", "delegated")}
        return [level for level, day in days.items() if self.model.day <= day]

    def wants_more(self) -> bool:
        """There are few applications under way, and members for another."""
        is_calm = len(self.references("draft", "submitted", "changes_requested", "recommended")) < BUSY
        return is_calm and any(self.free_members(each) for each in self.open_rounds())

    def free_members(self, round_id: str) -> list[tuple[str, ...]]:
        """Open CCGs that the round has no live application of."""
        free = {code for code, ccg in self.model.ccgs.items() if ccg.is_open(self.model.day)}
        free -= {code for code in free if self.model.live(round_id, code)}
        return [each for each in (*SINGLES, *PAIRS) if free.issuperset(each)]

    # --- the acts -------------------------------------------------------------------------------

    def act_create(self, random: Random, *, is_submitted: bool, wish: Wish | None = None) -> None:
        wish, reference = wish or self.wish(random), self.name("CC")
        caller = self.applicant(random, [wish.leader, *(code for code in wish.members if code != wish.leader)])

        def do(session: Session) -> None:
            applying.create(
                session,
                document(wish),
                reference=reference,
                caller=caller,
                attribution=ATTRIBUTION,
                declared_by="A. Officer" if is_submitted else None,
                at=self.model.at,
            )

        applied = "express interest" if wish.round_id == "interest" else "apply"
        self.attempt(
            applied if is_submitted else "create",
            lambda model: model_applying.create(model, reference, wish, caller, is_submitted=is_submitted),
            do,
        )

    def act_amend(self, random: Random) -> None:
        found = self.picked_application(random, "draft", "changes_requested")
        other = self.wish(random)
        same = Wish(found.round_id, found.level, found.members, has_summary=True)
        moved = Wish(found.round_id, other.level, (found.lead, *other.members), has_summary=other.has_summary)
        wish = self.pick(random, [same, same, moved], [other])
        caller, expected = self.applicant(random, found.members), self.version(random)

        def do(session: Session) -> None:
            applying.amend(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                document(wish),
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt("amend", lambda model: model_applying.amend(model, found.reference, wish, caller, expected), do)

    def act_submit(self, random: Random) -> None:
        found = self.model.applications[self.pick(random, self.in_time(), self.references())]
        registered = found.members if self.now_and_then(random, 1) else found.members[:1]
        caller, expected = self.applicant(random, registered), self.version(random)

        def do(session: Session) -> None:
            applying.submit(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                declared_by="A. Officer",
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt("submit", lambda model: model_applying.submit(model, found.reference, caller, expected), do)

    def act_consent(self, random: Random) -> None:
        found = self.model.applications[self.pick(random, self.groups("draft"), self.references())]
        code = self.pick(random, found.members[1:], list(REGIONS))
        caller, expected = self.pick(random, [system(code)], [system("07T"), system(found.lead)]), self.version(random)

        def do(session: Session) -> None:
            membership.consent(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                code,
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "consent", lambda model: model_applying.consent(model, found.reference, code, caller, expected), do
        )

    def act_consent_to_scaling(self, random: Random) -> None:
        found = self.model.applications[self.pick(random, self.scalable_groups(), self.references())]
        code = self.pick(random, found.members[1:], list(REGIONS))
        caller, expected = self.pick(random, [system(code)], [system("07T"), system(found.lead)]), self.version(random)

        def do(session: Session) -> None:
            membership.consent(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                code,
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
                scale_down_to=Level.JOINT,
            )

        self.attempt(
            "consent to scaling",
            lambda model: model_applying.consent_to_scaling(model, found.reference, code, caller, expected),
            do,
        )

    def act_scale_down(self, random: Random) -> None:
        found = self.model.applications[self.pick(random, self.scalable(), self.references())]
        caller = self.pick(random, [system(*found.members)], [system(found.lead), system(found.members[-1])])
        expected = self.version(random)

        def do(session: Session) -> None:
            membership.scale_down(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                Level.JOINT,
                Reason("leadership", "Not settled."),
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "scale down", lambda model: model_applying.scale_down(model, found.reference, caller, expected), do
        )

    def act_leave(self, random: Random) -> None:
        found = self.model.applications[self.pick(random, self.groups(*UNDER_WAY), self.references())]
        code = self.pick(random, found.members[1:], list(REGIONS))
        caller, expected = self.pick(random, [system(code)], [system("07T"), system(found.lead)]), self.version(random)

        def do(session: Session) -> None:
            membership.withdraw(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                code,
                reason=None,
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt("leave", lambda model: model_applying.leave(model, found.reference, code, caller, expected), do)

    def act_withdraw(self, random: Random) -> None:
        found = self.picked_application(random, "draft", "submitted", "changes_requested", "recommended")
        caller, expected = self.applicant(random, found.members), self.version(random)

        def do(session: Session) -> None:
            applying.withdraw(
                session,
                application_views.fetch_visible(session, found.reference, caller),
                reason=None,
                caller=caller,
                attribution=ATTRIBUTION,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt("withdraw", lambda model: model_applying.withdraw(model, found.reference, caller, expected), do)

    def act_declare(self, random: Random) -> None:
        code = random.choice(list(REGIONS))
        round_id = self.pick(random, self._likely_rounds(), [*ROUND_IDS, "1999-00"])
        caller, declaration_id = self.applicant(random, [code]), self.name("DE")

        def do(session: Session) -> None:
            declaring.declare(
                session,
                ods_code=code,
                round_id=round_id,
                level=Level.NONE,
                declaration_id=declaration_id,
                caller=caller,
                attribution=ATTRIBUTION,
                at=self.model.at,
            )

        self.attempt(
            "declare",
            lambda model: model_applying.declare(model, declaration_id, code, round_id, caller),
            do,
            publishes=True,
        )

    def picked_application(self, random: Random, *states: str) -> Application:
        return self.model.applications[self.pick(random, self.references(*states), self.references())]


def document(wish: Wish) -> Draft:
    """What the wish looks like when it is sent."""
    full = draft(*wish.members, level=wish.level, round_id=wish.round_id)
    proposal = dict(full.document["proposal"])
    if wish.round_id == "interest":
        proposal = {name: proposal[name] for name in ("summary", "benefits", "conflictsOfInterest")}
    if not wish.has_summary:
        del proposal["summary"]
    return Draft(full.round_id, full.level, wish.leader, full.members, {**full.document, "proposal": proposal})
