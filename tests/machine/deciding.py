"""What panels and NHS England do until a decision is public, tried on both."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random

from app.casework import announcing, application_views, reviewing, signing_off
from app.casework.reviewing import Item
from app.records.session import Session
from app.rules.callers import Person
from app.rules.outcomes import ChosenBy, Condition, Reason, Ruling, Sitting
from app.rules.words import Level, Outcome
from tests.machine import model_deciding
from tests.machine.applying import ROUND_IDS, Applying
from tests.machine.harness import expectation
from tests.machine.model import Application
from tests.machine.small_world import NATIONAL, PANELS, PEOPLE

WORDS = {
    "delegated": ("approved", "approved", "conditional", "rejected", "approved", "downgraded_to_joint", "conditional"),
    "joint": ("approved", "approved", "approved", "conditional", "rejected", "conditional"),
}
FLAWS = (
    "another choice",
    "no member",
    "no reason",
    "no condition",
    "a condition",
    "a downgrade",
    "past due",
    "met ahead",
)
LEVELS: tuple[tuple[str, ...], ...] = (("delegated", "joint"), ("delegated", "joint"), ("delegated",), ("joint",))

# One in so many tries is by a person who is barred.
LENIENT = 6
# Round, levels, digest and set of a preview.
Looked = tuple[str, tuple[str, ...], str, tuple[str, ...]]


class Deciding(Applying):
    """Changes asked for, outcomes, sign-off, announcements."""

    looked_at: Looked | None = None

    def person(
        self, random: Random, fit: Sequence[Person], others: Sequence[Person], members: Iterable[str], key: str | None
    ) -> Person:
        """Mostly one who may; else mostly one whom an interest bars, or an act of their own before; else anybody."""
        barred = [each for each in others if each.key == key or each.interests & set(members)]
        return self.pick(random, [*list(fit) * LENIENT, *barred], [*barred * len(others), *others])

    def panel_member(self, random: Random, region: str) -> Person:
        return self.pick(random, PANELS[region][:2], [*PANELS["Y57"], *PANELS["Y56"]])

    def second_person(self, random: Random, found: Application) -> Person:
        """Mostly one who may sign off; now and then anybody, who recorded it among them."""
        pool = NATIONAL[:2] if found.level == "delegated" else PANELS[found.region][:2]
        fit = [each for each in pool if each.key != found.recorded_by]
        return self.person(random, fit, PEOPLE, found.members, found.recorded_by)

    def ruling(self, random: Random, code: str, level: str, flaw: str = "", *, is_scaled_down: bool = False) -> Ruling:
        word = random.choice(("downgraded_to_joint", "rejected") if is_scaled_down else WORDS[level])
        if flaw == "another choice":
            word = random.choice(("approved", "downgraded_to_joint"))
        if flaw in {"a downgrade", "no reason"}:
            word = "downgraded_to_joint" if flaw == "a downgrade" else "rejected"
        due = self.model.day + timedelta(days=-1 if flaw == "past due" else random.choice([10, 40]))
        number = random.choice([1, 2]) if word == "conditional" and flaw != "no condition" else 0
        conditions = [Condition(f"c{place + 1}", "To be done.", "governance", due) for place in range(number)]
        if flaw == "a condition" and word != "conditional":
            conditions = [Condition("c1", "To be done.", "governance", due)]
        has_reason = word in {"rejected", "downgraded_to_joint"} and flaw != "no reason"
        reasons = (Reason("leadership", "Not settled."),) if has_reason else ()
        chooser = ChosenBy.CCG if is_scaled_down is (flaw != "another choice") else ChosenBy.PANEL
        chosen = chooser if word == "downgraded_to_joint" else None
        return Ruling(code, Outcome(word), reasons, tuple(conditions), chosen)

    # --- the panel ------------------------------------------------------------------------------

    def act_request_changes(self, random: Random) -> None:
        found = self.picked_application(random, "submitted")
        person, expected = self.panel_member(random, found.region), self.version(random)
        due = self.model.day + timedelta(days=self.pick(random, [5, 20], [-1, 0, 500]))

        def do(session: Session) -> None:
            reviewing.request_changes(
                session,
                application_views.fetch_visible(session, found.reference, person),
                [Item(None, "Say more.")],
                due,
                panel=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "request changes",
            lambda model: model_deciding.request_changes(model, found.reference, due, person, expected),
            do,
        )

    def act_record(self, random: Random) -> None:
        found = self.picked_application(
            random, "submitted", *(["changes_requested"] if self.now_and_then(random, 3) else [])
        )
        is_down = found.is_scaled_down
        flaws = ["another choice"] if is_down else FLAWS
        flaw = random.choice(flaws) if self.now_and_then(random, 1 if is_down else 5) else ""
        members = found.members[1:] if flaw == "no member" else found.members
        rulings = [self.ruling(random, code, found.level, flaw, is_scaled_down=is_down) for code in members]
        met_on = self.model.day + timedelta(days=1 if flaw == "met ahead" else 0)
        person, expected = self._recorder(random, found), self.version(random)

        def do(session: Session) -> None:
            reviewing.record_outcomes(
                session,
                application_views.fetch_visible(session, found.reference, person),
                rulings,
                Sitting(met_on, ("One",), ()),
                panel=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "record",
            lambda model: model_deciding.record(model, found.reference, rulings, met_on, person, expected),
            do,
        )

    def _recorder(self, random: Random, found: Application) -> Person:
        return self.person(random, PANELS[found.region][:2], PEOPLE, found.members, None)

    # --- the second person ----------------------------------------------------------------------

    def act_confirm(self, random: Random) -> None:
        found = self.picked_application(random, "recommended")
        person, expected = self.second_person(random, found), self.version(random)
        ahead = self.pick(random, [None], [-1, 0, 120])
        effective = None if ahead is None else self.model.day + timedelta(days=ahead)

        def do(session: Session) -> None:
            signing_off.confirm(
                session,
                application_views.fetch_visible(session, found.reference, person),
                note=None,
                effective_from=effective,
                person=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "decide", lambda model: model_deciding.confirm(model, found.reference, effective, person, expected), do
        )

    def act_send_back(self, random: Random) -> None:
        found = self.picked_application(random, "recommended")
        person, expected = self.second_person(random, found), self.version(random)
        note = self.pick(random, ["Look again."], [None])

        def do(session: Session) -> None:
            signing_off.send_back(
                session,
                application_views.fetch_visible(session, found.reference, person),
                note=note,
                person=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "return", lambda model: model_deciding.send_back(model, found.reference, note, person, expected), do
        )

    def act_withdraw_outcomes(self, random: Random) -> None:
        found = self.picked_application(random, "recommended")
        panels = [each for each in PEOPLE if each.role == "panel"]
        person = self.person(random, PANELS[found.region][:2], panels, found.members, None)
        expected = self.version(random)

        def do(session: Session) -> None:
            reviewing.withdraw_outcomes(
                session,
                application_views.fetch_visible(session, found.reference, person),
                note="Ticked wrongly.",
                panel=person,
                expected=expectation(expected, found.version),
                at=self.model.at,
            )

        self.attempt(
            "withdraw outcomes",
            lambda model: model_deciding.withdraw_outcomes(model, found.reference, person, expected),
            do,
        )

    # --- announcing -----------------------------------------------------------------------------

    def waiting_rounds(self) -> list[str]:
        return [each for each in ROUND_IDS if model_deciding.waiting(self.model, each, LEVELS[0])]

    def act_look(self, random: Random) -> None:
        """A preview: what it shows can be announced later by its digest, unless it has changed."""
        round_id = self.pick(random, self.waiting_rounds(), ROUND_IDS)
        levels = random.choice(LEVELS)
        with self.database.writing() as session:
            found = announcing.rehearse(session, round_id, [Level(each) for each in levels], at=self.model.at)
            shown = tuple(each.decision_id for each in found.decisions)
        assert shown == model_deciding.waiting(self.model, round_id, levels)
        self.looked_at = (round_id, levels, found.set_digest, shown)

    def act_announce(self, random: Random, *, is_scheduled: bool) -> None:
        named: Looked | None = self.looked_at if self.now_and_then(random, 2) else None
        if named is None:
            round_id = self.pick(random, self.waiting_rounds(), ROUND_IDS)
            levels = random.choice(LEVELS)
            named = (round_id, levels, "", model_deciding.waiting(self.model, round_id, levels))
        round_id, levels, digest, shown = named
        expect = self.pick(random, [digest], ["sha256:0"])
        announcement_id = self.name("AN")
        hours = self.pick(random, [1, 70], [-1, 0]) if is_scheduled else None
        publish_at = None if hours is None else self.model.at + timedelta(hours=hours)

        def do(session: Session) -> None:
            chosen = [Level(each) for each in levels]
            announcing.announce(
                session,
                round_id,
                chosen,
                expect=expect or announcing.preview(session, round_id, chosen).set_digest,
                publish_at=publish_at,
                announcement_id=announcement_id,
                person=NATIONAL[0],
                at=self.model.at,
            )

        looked = None if expect == "sha256:0" else shown
        announce = "answer interest" if round_id == "interest" else "announce"
        self.attempt(
            "schedule" if is_scheduled else announce,
            lambda model: model_deciding.announce(model, announcement_id, round_id, levels, looked, publish_at),
            do,
            publishes=not is_scheduled,
        )

    def has_scheduled(self) -> list[str]:
        return [key for key, each in self.model.announcements.items() if each.state == "scheduled"]

    def act_cancel(self, random: Random) -> None:
        found = self.model.announcements
        scheduled = self.has_scheduled()
        announcement_id = self.pick(random, scheduled, list(found))
        round_id = self.pick(random, [found[announcement_id].round_id], ROUND_IDS)
        self.attempt(
            "cancel",
            lambda model: model_deciding.cancel(model, announcement_id, round_id),
            lambda session: announcing.cancel(session, round_id, announcement_id, person=NATIONAL[0], at=self.model.at),
        )


def day_of(ahead: int | None, today: date) -> date | None:
    """A day so many days from today."""
    return None if ahead is None else today + timedelta(days=ahead)
