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
from tests.machine.bed import expectation
from tests.machine.model import Application
from tests.machine.small_world import NATIONAL, PANELS, PEOPLE

WORDS = {
    "delegated": ("approved", "approved", "conditional", "rejected", "approved", "downgraded_to_joint", "conditional"),
    "joint": ("approved", "approved", "approved", "conditional", "rejected", "conditional"),
}
FLAWS = ("no member", "no reason", "no condition", "a condition", "a downgrade", "past due", "met ahead")
LEVELS: tuple[tuple[str, ...], ...] = (("delegated", "joint"), ("delegated", "joint"), ("delegated",), ("joint",))

# One in so many tries is by a person who is barred.
LENIENT = 6
# Round, levels, digest and set of a preview.
Looked = tuple[str, tuple[str, ...], str, tuple[str, ...]]


class Deciding(Applying):
    """Changes asked for, outcomes, sign-off, announcements."""

    looked_at: Looked | None = None

    def person(
        self, dice: Random, fit: Sequence[Person], others: Sequence[Person], members: Iterable[str], key: str | None
    ) -> Person:
        """Mostly one who may; else mostly one whom an interest bars, or an act of their own before; else anybody."""
        barred = [each for each in others if each.key == key or each.interests & set(members)]
        return self.pick(dice, [*list(fit) * LENIENT, *barred], [*barred * len(others), *others])

    def panel_member(self, dice: Random, region: str) -> Person:
        return self.pick(dice, PANELS[region][:2], [*PANELS["Y57"], *PANELS["Y56"]])

    def second_person(self, dice: Random, found: Application) -> Person:
        """Mostly one who may sign off; now and then anybody, who recorded it among them."""
        pool = NATIONAL[:2] if found.level == "delegated" else PANELS[found.region][:2]
        fit = [each for each in pool if each.key != found.recorded_by]
        return self.person(dice, fit, PEOPLE, found.members, found.recorded_by)

    def ruling(self, dice: Random, code: str, level: str, flaw: str = "") -> Ruling:
        word = dice.choice(WORDS[level])
        if flaw == "a downgrade":
            word = "downgraded_to_joint"
        due = self.model.day + timedelta(days=-1 if flaw == "past due" else dice.choice([10, 40]))
        number = dice.choice([1, 2]) if word == "conditional" and flaw != "no condition" else 0
        conditions = [Condition(f"c{place + 1}", "To be done.", "governance", due) for place in range(number)]
        if flaw == "a condition" and word != "conditional":
            conditions = [Condition("c1", "To be done.", "governance", due)]
        has_reason = word in {"rejected", "downgraded_to_joint"} and flaw != "no reason"
        reasons = (Reason("leadership", "Not settled."),) if has_reason else ()
        chosen = ChosenBy.CCG if word == "downgraded_to_joint" else None
        return Ruling(code, Outcome(word), reasons, tuple(conditions), chosen)

    # --- the panel ------------------------------------------------------------------------------

    def act_request_changes(self, dice: Random) -> None:
        found = self.picked_application(dice, "submitted")
        person, expected = self.panel_member(dice, found.region), self.version(dice)
        due = self.model.day + timedelta(days=self.pick(dice, [5, 20], [-1, 0, 500]))

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

    def act_record(self, dice: Random) -> None:
        found = self.picked_application(
            dice, "submitted", *(["changes_requested"] if self.now_and_then(dice, 3) else [])
        )
        flaw = dice.choice(FLAWS) if self.now_and_then(dice, 5) else ""
        members = found.members[1:] if flaw == "no member" else found.members
        rulings = [self.ruling(dice, code, found.level, flaw) for code in members]
        met_on = self.model.day + timedelta(days=1 if flaw == "met ahead" else 0)
        person, expected = self._recorder(dice, found), self.version(dice)

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

    def _recorder(self, dice: Random, found: Application) -> Person:
        return self.person(dice, PANELS[found.region][:2], PEOPLE, found.members, None)

    # --- the second person ----------------------------------------------------------------------

    def act_confirm(self, dice: Random) -> None:
        found = self.picked_application(dice, "recommended")
        person, expected = self.second_person(dice, found), self.version(dice)
        ahead = self.pick(dice, [None], [-1, 0, 120])
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

    def act_send_back(self, dice: Random) -> None:
        found = self.picked_application(dice, "recommended")
        person, expected = self.second_person(dice, found), self.version(dice)
        note = self.pick(dice, ["Look again."], [None])

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

    # --- announcing -----------------------------------------------------------------------------

    def waiting_rounds(self) -> list[str]:
        return [each for each in ROUND_IDS if model_deciding.waiting(self.model, each, LEVELS[0])]

    def act_look(self, dice: Random) -> None:
        """A preview: what it shows can be announced later by its digest, unless it has changed."""
        round_id = self.pick(dice, self.waiting_rounds(), ROUND_IDS)
        levels = dice.choice(LEVELS)
        with self.database.writing() as session:
            found = announcing.rehearse(session, round_id, [Level(each) for each in levels], at=self.model.at)
            shown = tuple(each.decision_id for each in found.decisions)
        assert shown == model_deciding.waiting(self.model, round_id, levels)
        self.looked_at = (round_id, levels, found.set_digest, shown)

    def act_announce(self, dice: Random, *, is_scheduled: bool) -> None:
        named: Looked | None = self.looked_at if self.now_and_then(dice, 2) else None
        if named is None:
            round_id = self.pick(dice, self.waiting_rounds(), ROUND_IDS)
            levels = dice.choice(LEVELS)
            named = (round_id, levels, "", model_deciding.waiting(self.model, round_id, levels))
        round_id, levels, digest, shown = named
        expect = self.pick(dice, [digest], ["sha256:0"])
        announcement_id = self.name("AN")
        hours = self.pick(dice, [1, 70], [-1, 0]) if is_scheduled else None
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
        self.attempt(
            "schedule" if is_scheduled else "announce",
            lambda model: model_deciding.announce(model, announcement_id, round_id, levels, looked, publish_at),
            do,
            publishes=not is_scheduled,
        )

    def has_scheduled(self) -> list[str]:
        return [key for key, each in self.model.announcements.items() if each.state == "scheduled"]

    def act_cancel(self, dice: Random) -> None:
        found = self.model.announcements
        scheduled = self.has_scheduled()
        announcement_id = self.pick(dice, scheduled, list(found))
        round_id = self.pick(dice, [found[announcement_id].round_id], ROUND_IDS)
        self.attempt(
            "cancel",
            lambda model: model_deciding.cancel(model, announcement_id, round_id),
            lambda session: announcing.cancel(session, round_id, announcement_id, person=NATIONAL[0], at=self.model.at),
        )


def day_of(ahead: int | None, today: date) -> date | None:
    """A day so many days from today."""
    return None if ahead is None else today + timedelta(days=ahead)
