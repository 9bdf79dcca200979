"""Acts through casework, without HTTP: who acts in the world, and one function for each step of an application."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.casework import announcing, application_views, applying, declaring, reviewing, signing_off
from app.casework.application_views import ApplicationView
from app.casework.eligibility import Draft
from app.casework.reviewing import Item
from app.records.session import Database, Session
from app.rules.callers import Caller, Person, Scope, System
from app.rules.outcomes import ChosenBy, Condition, Reason, Ruling, Sitting
from app.rules.versions import Expectation
from app.rules.words import Level, Outcome
from tests.world import ATTRIBUTION, NORTH_WEST_LONDON, Clock, application

ANY_VERSION = Expectation(None, is_any=True)
LATER = date(2015, 3, 1)


def system(*codes: str) -> System:
    return System("-".join(codes).lower(), "A system", frozenset(codes), frozenset(), frozenset({Scope.APPLICATIONS}))


def panel(region: str, name: str = "one", *interests: str) -> Person:
    return Person(f"{region}-{name}", name, Scope.PANEL, frozenset({region}), frozenset(interests))


def national(name: str = "one", *interests: str) -> Person:
    return Person(f"national-{name}", name, Scope.NATIONAL, frozenset(), frozenset(interests))


SLOUGH, HACKNEY, BRENT = system("10T"), system("07T"), system("07P")
LONDON_EIGHT = system(*NORTH_WEST_LONDON)
SOUTH, SOUTH_TOO = panel("Y57"), panel("Y57", "two")
LONDON, LONDON_TOO = panel("Y56"), panel("Y56", "two")
NATIONAL, NATIONAL_TOO = national(), national("two")


def draft(*members: str, level: str = "delegated", round_id: str = "2015-16") -> Draft:
    whole = application(*members, level=level, round_id=round_id)
    kept = {name: whole[name] for name in ("proposal", "signatories")}
    return Draft(round_id, Level(level), members[0], members, kept)


def ruling(code: str, word: str, private_note: str | None = None) -> Ruling:
    """An outcome with what it must carry."""
    reasons = (Reason("leadership", "Uncertain interim management."),)
    conditions = (Condition("c1", "Complete the governance changes.", "governance", LATER),)
    return Ruling(
        code,
        Outcome(word),
        reasons if word in {"rejected", "downgraded_to_joint"} else (),
        conditions if word == "conditional" else (),
        ChosenBy.PANEL if word == "downgraded_to_joint" else None,
        private_note,
    )


@dataclass
class Steps:
    """Steps in a world, each in a transaction of its own, at the hour of its clock."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    made: int = field(default=0)

    def seen(self, session: Session, reference: str, caller: Caller) -> ApplicationView:
        return application_views.fetch_visible(session, reference, caller)

    def create(
        self, *members: str, level: str = "delegated", round_id: str = "2015-16", by: System | None = None, **given: Any
    ) -> str:
        """A draft, or with ``declared_by`` a submission; the reference."""
        self.made += 1
        reference = f"CC-{self.made}"
        options: dict[str, Any] = {"attribution": ATTRIBUTION, "declared_by": None, **given}
        document = options.pop("document", None) or draft(*members, level=level, round_id=round_id)
        with self.database.writing() as session:
            applying.create(
                session, document, reference=reference, caller=by or system(*members), at=self.clock.at, **options
            )
        return reference

    def apply(self, *members: str, **given: Any) -> str:
        """Created and submitted in one act."""
        return self.create(*members, **{"declared_by": "A. Officer", **given})

    def amend(self, reference: str, by: System, document: Draft, attribution: Any = ATTRIBUTION) -> None:
        with self.database.writing() as session:
            applying.amend(
                session,
                self.seen(session, reference, by),
                document,
                caller=by,
                attribution=attribution,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def submit(
        self, reference: str, by: System, declared_by: str = "A. Officer", attribution: Any = ATTRIBUTION
    ) -> None:
        with self.database.writing() as session:
            applying.submit(
                session,
                self.seen(session, reference, by),
                declared_by=declared_by,
                caller=by,
                attribution=attribution,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def withdraw(self, reference: str, by: System, reason: str | None = None, attribution: Any = ATTRIBUTION) -> None:
        with self.database.writing() as session:
            applying.withdraw(
                session,
                self.seen(session, reference, by),
                reason=reason,
                caller=by,
                attribution=attribution,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def request_changes(self, reference: str, by: Person, due_on: date, text: str = "Say more.") -> None:
        with self.database.writing() as session:
            reviewing.request_changes(
                session,
                self.seen(session, reference, by),
                [Item("/proposal/summary", text)],
                due_on,
                panel=by,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def record(
        self,
        reference: str,
        by: Person,
        *rulings: Ruling,
        members: Sequence[str] = ("One",),
        recusals: Sequence[str] = (),
    ) -> None:
        sitting = Sitting(self.clock.at.date(), tuple(members), tuple(recusals))
        with self.database.writing() as session:
            reviewing.record_outcomes(
                session,
                self.seen(session, reference, by),
                rulings,
                sitting,
                panel=by,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def confirm(self, reference: str, by: Person, note: str | None = None) -> None:
        with self.database.writing() as session:
            signing_off.confirm(
                session,
                self.seen(session, reference, by),
                note=note,
                effective_from=None,
                person=by,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def send_back(self, reference: str, by: Person, note: str = "Look again.") -> None:
        with self.database.writing() as session:
            signing_off.send_back(
                session,
                self.seen(session, reference, by),
                note=note,
                person=by,
                expected=ANY_VERSION,
                at=self.clock.at,
            )

    def announce(self, round_id: str = "2015-16", by: Person = NATIONAL) -> None:
        levels = [Level.DELEGATED, Level.JOINT]
        self.made += 1
        with self.database.writing() as session:
            found = announcing.preview(session, round_id, levels)
            announcing.announce(
                session,
                round_id,
                levels,
                expect=found.set_digest,
                announcement_id=f"AN-{self.made}",
                person=by,
                at=self.clock.at,
            )

    def declare(
        self, by: System, code: str, level: str = "none", round_id: str = "2015-16", attribution: Any = ATTRIBUTION
    ) -> str:
        self.made += 1
        declaration_id = f"DE-{self.made}"
        with self.database.writing() as session:
            declaring.declare(
                session,
                ods_code=code,
                round_id=round_id,
                level=Level(level),
                declaration_id=declaration_id,
                caller=by,
                attribution=attribution,
                at=self.clock.at,
            )
        return declaration_id
