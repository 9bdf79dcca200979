"""``allowed`` in a conflict names only what this caller may do now: every state, every caller, every word."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import pytest

from app.casework import application_views, applying, eligibility, membership, reviewing, signing_off
from app.casework.application_views import ApplicationView
from app.records import clients, people
from app.records.session import Session
from app.rules.callers import Caller, Person, Scope, System
from app.rules.outcomes import Reason, Ruling, Sitting
from app.rules.refusals import Incomplete, NotFound
from app.rules.versions import Expectation
from app.rules.words import Level, Outcome
from tests.api.conftest import Scene
from tests.world import ATTRIBUTION, NOON, World

SYSTEMS = ("slough", "hackney", "bradford", "stoke", "brent", "north-west-london")
READERS = ("london-panel-system", "south-panel-system", "national-system")
PEOPLE = ("london-panel-1", "london-panel-2", "south-panel-1", "south-panel-interested", "national-1", "national-2")
STATES = (
    "draft",
    "submitted",
    "changes",
    "recommended",
    "decided",
    "announced",
    "withdrawn",
    "several",
    "joint",
    "joint-recommended",
)
ANY = Expectation(None, is_any=True)
SITTING = Sitting(date(2014, 12, 15), ("A. Chair",), ())


def _caller(world: World, name: str) -> Caller:
    with world.database.reading() as session:
        if not name.endswith("-system") and name not in SYSTEMS:
            person = people.fetch(session, people.person_id_of(world.settings.development_issuer or "", name))
            assert person is not None
            return Person(person.person_id, person.name, person.role, person.regions, person.interests)
        client = clients.fetch(session, name)
        assert client is not None
        return System(client.client_id, client.name, client.ods_codes, client.regions, client.scopes)


class _Undone(Exception):
    """Ends a transaction that should leave no trace."""


@contextmanager
def _undone(world: World) -> Iterator[Session]:
    with suppress(_Undone), world.database.writing() as session:
        yield session
        raise _Undone


def _as_system(session: Session, view: ApplicationView, word: str, caller: System) -> None:
    case = view.case
    own = next(code for code in (*case.members[1:], case.members[0]) if code in caller.ods_codes)
    said: dict[str, Any] = {"caller": caller, "attribution": ATTRIBUTION, "expected": ANY, "at": NOON}
    match word:
        case "amend":
            applying.amend(session, view, eligibility.draft_of(case), **said)
        case "submit":
            applying.submit(session, view, declared_by="A. Officer", **said)
        case "withdraw":
            applying.withdraw(session, view, reason=None, **said)
        case "consent":
            membership.consent(session, view, own, **said)
        case "scale_down":
            membership.scale_down(session, view, Level.JOINT, Reason("governance", "Too early."), **said)
        case "consent_to_scale_down":
            membership.consent(session, view, own, scale_down_to=Level.JOINT, **said)
        case "leave":
            membership.withdraw(session, view, own, reason=None, **said)
        case _:
            raise AssertionError(f"{word} is no act of a system")


def _as_person(session: Session, view: ApplicationView, word: str, person: Person) -> None:
    rulings = [
        Ruling(code, Outcome.REJECTED, (Reason("governance", "No."),), (), None, None) for code in view.case.members
    ]
    match word:
        case "request_changes":
            items = [reviewing.Item(None, "Say more.")]
            reviewing.request_changes(session, view, items, date(2014, 12, 20), panel=person, expected=ANY, at=NOON)
        case "record_outcomes":
            reviewing.record_outcomes(session, view, rulings, SITTING, panel=person, expected=ANY, at=NOON)
        case "confirm":
            signing_off.confirm(session, view, note=None, effective_from=None, person=person, expected=ANY, at=NOON)
        case "return":
            signing_off.send_back(session, view, note="Again.", person=person, expected=ANY, at=NOON)
        case "withdraw_outcomes":
            reviewing.withdraw_outcomes(session, view, note="Wrong.", panel=person, expected=ANY, at=NOON)
        case _:
            raise AssertionError(f"{word} is no act of a person")


def _allowed(scene: Scene, state: str, caller: Caller) -> list[str] | None:
    """What a conflict would name. None if the caller does not see the application."""
    with scene.world.database.reading() as session:
        try:
            view = application_views.fetch_visible(session, scene[state].reference, caller)
        except NotFound:
            return None
        return [str(each) for each in view.conflict("No.", NOON).extra["allowed"]]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", [*SYSTEMS, *READERS, *PEOPLE])
def test_each_word_is_an_act_that_this_caller_is_not_refused_for_role_or_state(
    scene: Scene, state: str, name: str
) -> None:
    caller = _caller(scene.world, name)

    for word in _allowed(scene, state, caller) or []:
        # What an application still lacks is another matter: only role and state count here.
        with suppress(Incomplete), _undone(scene.world) as session:
            view = application_views.fetch_visible(session, scene[state].reference, caller)
            if isinstance(caller, System):
                _as_system(session, view, word, caller)
            else:
                _as_person(session, view, word, caller)


@pytest.mark.parametrize(
    ("state", "name", "expected"),
    [
        ("draft", "hackney", ["amend", "submit", "withdraw"]),
        ("submitted", "slough", ["withdraw", "scale_down"]),
        ("submitted", "south-panel-1", ["request_changes", "record_outcomes"]),
        ("submitted", "south-panel-interested", ["request_changes"]),
        ("submitted", "south-panel-system", []),
        ("submitted", "london-panel-1", None),
        ("submitted", "national-1", []),
        ("recommended", "national-1", ["confirm", "return"]),
        ("recommended", "national-system", []),
        ("several", "north-west-london", ["withdraw", "scale_down"]),
        ("several", "brent", ["consent_to_scale_down", "leave"]),
        ("several", "hackney", None),
        ("withdrawn", "bradford", []),
        ("announced", "hackney", []),
    ],
)
def test_what_each_caller_may_do_written_out(scene: Scene, state: str, name: str, expected: list[str] | None) -> None:
    assert _allowed(scene, state, _caller(scene.world, name)) == expected


def test_who_recorded_an_outcome_is_not_told_to_sign_it_off(scene: Scene) -> None:
    panel = [_caller(scene.world, f"midlands-panel-{number}") for number in (1, 2)]

    assert [_allowed(scene, "joint-recommended", each) for each in panel] == [
        ["withdraw_outcomes"],
        ["confirm", "return", "withdraw_outcomes"],
    ]


def test_all_callers_are_of_the_scene(scene: Scene) -> None:
    roles = {next(iter(_caller(scene.world, name).scopes)) for name in (*SYSTEMS, *READERS, *PEOPLE)}

    assert roles == {Scope.APPLICATIONS, Scope.PANEL, Scope.NATIONAL}
