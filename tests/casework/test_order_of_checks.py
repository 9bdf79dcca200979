"""In which order an act is refused: sight, permission, version, state, rule."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest

from app.casework import application_views, applying, eligibility, extending, membership, reviewing, signing_off
from app.casework.reviewing import Item
from app.records.session import Session
from app.rules.callers import Caller, Person, System
from app.rules.outcomes import Sitting
from app.rules.refusals import (
    ConflictOfInterest,
    DeadlinePassed,
    Forbidden,
    IfMatchRequired,
    InvalidDocument,
    MemberMissing,
    NotFound,
    Refusal,
    SamePerson,
    Stale,
    WrongState,
)
from app.rules.versions import Expectation
from app.rules.words import Criterion, Rating
from tests.records.acting import (
    LONDON,
    NATIONAL,
    NATIONAL_TOO,
    SLOUGH,
    SOUTH,
    SOUTH_TOO,
    Steps,
    draft,
    national,
    panel,
    ruling,
    system,
)
from tests.world import ATTRIBUTION

ANY, NONE, OLD = Expectation(None, is_any=True), Expectation(None), Expectation(1)
PAST = date(2014, 12, 1)


class Try(NamedTuple):
    """One act on one application, as somebody tries it."""

    session: Session
    reference: str
    by: Caller
    expected: Expectation
    steps: Steps

    def seen(self) -> application_views.ApplicationView:
        return application_views.fetch_visible(self.session, self.reference, self.by)


Act = Callable[[Try], object]


def amend(this: Try) -> object:
    assert isinstance(this.by, System)
    return applying.amend(
        this.session,
        this.seen(),
        draft("10T", round_id="trial"),  # the round cannot change: the rule that is broken
        caller=this.by,
        attribution=ATTRIBUTION,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def submit(this: Try) -> object:
    assert isinstance(this.by, System)
    return applying.submit(
        this.session,
        this.seen(),
        declared_by="A. Officer",
        caller=this.by,
        attribution=ATTRIBUTION,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def withdraw(this: Try) -> object:
    assert isinstance(this.by, System)
    return applying.withdraw(
        this.session,
        this.seen(),
        reason=None,
        caller=this.by,
        attribution=ATTRIBUTION,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def consent(this: Try) -> object:
    assert isinstance(this.by, System)
    return membership.consent(
        this.session,
        this.seen(),
        "10T",  # the lead: the rule that is broken
        caller=this.by,
        attribution=ATTRIBUTION,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def leave(this: Try) -> object:
    assert isinstance(this.by, System)
    return membership.withdraw(
        this.session,
        this.seen(),
        "10T",  # the lead: the rule that is broken
        reason=None,
        caller=this.by,
        attribution=ATTRIBUTION,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def assess(this: Try) -> object:
    assert isinstance(this.by, Person)
    return reviewing.assess(
        this.session,
        this.seen(),
        Criterion.FINANCE,  # of delegated requests only: the rule that is broken on a joint one
        Rating.MET,
        "Sound.",
        panel=this.by,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def extend(this: Try) -> object:
    assert isinstance(this.by, Person)
    return extending.extend_changes(
        this.session,
        eligibility.round_of(this.session, "2015-16"),
        this.reference,
        PAST,  # a day in the past: the rule that is broken
        extension_id="made-up",
        reason="Why.",
        person=this.by,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def request_changes(this: Try) -> object:
    assert isinstance(this.by, Person)
    return reviewing.request_changes(
        this.session,
        this.seen(),
        [Item(None, "Say more.")],
        PAST,  # a day in the past: the rule that is broken
        panel=this.by,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def record(this: Try) -> object:
    assert isinstance(this.by, Person)
    return reviewing.record_outcomes(
        this.session,
        this.seen(),
        [ruling("10G", "approved")],  # no member: the rule that is broken
        Sitting(PAST, ("One",), ()),
        panel=this.by,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def confirm(this: Try) -> object:
    assert isinstance(this.by, Person)
    return signing_off.confirm(
        this.session,
        this.seen(),
        note=None,
        effective_from=PAST,  # before it is decided: the rule that is broken
        person=this.by,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def send_back(this: Try) -> object:
    assert isinstance(this.by, Person)
    return signing_off.send_back(
        this.session,
        this.seen(),
        note=None,  # the rule that is broken
        person=this.by,
        expected=this.expected,
        at=this.steps.clock.at,
    )


def drafted(steps: Steps) -> str:
    return steps.create("10T", "10G")


def submitted(steps: Steps) -> str:
    return steps.apply("10T")


def recommended(steps: Steps) -> str:
    reference = steps.apply("10T")
    steps.record(reference, SOUTH, ruling("10T", "approved"))
    return reference


def joint(steps: Steps) -> str:
    reference = steps.apply("10T", level="joint")
    steps.record(reference, SOUTH, ruling("10T", "approved"))
    return reference


def withdrawn(steps: Steps) -> str:
    reference = steps.apply("10T")
    steps.withdraw(reference, SLOUGH)
    return reference


def joint_withdrawn(steps: Steps) -> str:
    reference = steps.apply("10T", level="joint")
    steps.withdraw(reference, SLOUGH)
    return reference


def withdrawn_of_two(steps: Steps) -> str:
    reference = steps.create("10T", "10G")
    steps.withdraw(reference, SLOUGH)
    return reference


BOTH, MEMBER, STRANGER = system("10T", "10G"), system("10G"), system("07T")
SOUTH_INTERESTED, NATIONAL_INTERESTED = panel("Y57", "three", "10T"), national("three", "10T")
# Each row breaks the rule of its line and all that come after it.
ORDER: list[tuple[Act, Callable[[Steps], str], Caller, Expectation, type[Refusal]]] = [
    (amend, withdrawn, STRANGER, OLD, NotFound),
    (amend, drafted, MEMBER, OLD, Forbidden),
    (amend, withdrawn, SLOUGH, OLD, Stale),
    (amend, withdrawn, SLOUGH, NONE, IfMatchRequired),
    (amend, withdrawn, SLOUGH, ANY, WrongState),
    (amend, drafted, BOTH, ANY, InvalidDocument),
    (submit, withdrawn, STRANGER, OLD, NotFound),
    (submit, drafted, MEMBER, Expectation(9), Forbidden),
    (submit, withdrawn, SLOUGH, OLD, Stale),
    (submit, withdrawn, SLOUGH, NONE, WrongState),
    (submit, drafted, SLOUGH, NONE, DeadlinePassed),
    (withdraw, withdrawn, STRANGER, OLD, NotFound),
    (withdraw, drafted, MEMBER, Expectation(9), Forbidden),
    (withdraw, withdrawn, SLOUGH, OLD, Stale),
    (withdraw, withdrawn, SLOUGH, NONE, WrongState),
    (consent, withdrawn, STRANGER, OLD, NotFound),
    (consent, withdrawn_of_two, MEMBER, OLD, Forbidden),
    (consent, withdrawn, SLOUGH, OLD, Stale),
    (consent, withdrawn, SLOUGH, NONE, WrongState),
    (consent, drafted, SLOUGH, NONE, InvalidDocument),
    (leave, withdrawn, STRANGER, OLD, NotFound),
    (leave, withdrawn_of_two, MEMBER, OLD, Forbidden),
    (leave, withdrawn_of_two, SLOUGH, OLD, Stale),
    (leave, withdrawn_of_two, SLOUGH, NONE, WrongState),
    (leave, drafted, SLOUGH, NONE, InvalidDocument),
    (assess, drafted, SOUTH, OLD, NotFound),
    (assess, joint_withdrawn, LONDON, OLD, NotFound),
    (assess, joint_withdrawn, SOUTH_INTERESTED, OLD, ConflictOfInterest),
    (assess, joint_withdrawn, SOUTH, OLD, Stale),
    (assess, joint_withdrawn, SOUTH, NONE, IfMatchRequired),
    (assess, joint_withdrawn, SOUTH, ANY, WrongState),
    (assess, joint, SOUTH, ANY, InvalidDocument),
    (extend, drafted, NATIONAL, OLD, NotFound),
    (extend, submitted, NATIONAL, OLD, Stale),
    (extend, submitted, NATIONAL, NONE, IfMatchRequired),
    (extend, submitted, NATIONAL, ANY, WrongState),
    (request_changes, recommended, LONDON, OLD, NotFound),
    (request_changes, recommended, SOUTH, OLD, Stale),
    (request_changes, recommended, SOUTH, NONE, IfMatchRequired),
    (request_changes, recommended, SOUTH, ANY, WrongState),
    (request_changes, submitted, SOUTH, ANY, InvalidDocument),
    (record, drafted, SOUTH, OLD, NotFound),
    (record, recommended, LONDON, OLD, NotFound),
    (record, recommended, NATIONAL, OLD, Forbidden),
    (record, recommended, SOUTH_INTERESTED, OLD, ConflictOfInterest),
    (record, recommended, SOUTH, OLD, Stale),
    (record, recommended, SOUTH, NONE, IfMatchRequired),
    (record, recommended, SOUTH, ANY, WrongState),
    (record, submitted, SOUTH, ANY, MemberMissing),
    *(
        row
        for act in (confirm, send_back)
        for row in (
            (act, submitted, LONDON, OLD, NotFound),
            (act, submitted, SOUTH_TOO, OLD, Forbidden),
            (act, submitted, NATIONAL_INTERESTED, OLD, ConflictOfInterest),
            (act, joint, SOUTH, OLD, SamePerson),
            (act, joint, NATIONAL, OLD, Forbidden),
            (act, submitted, NATIONAL_TOO, OLD, Stale),
            (act, submitted, NATIONAL_TOO, NONE, IfMatchRequired),
            (act, submitted, NATIONAL_TOO, ANY, WrongState),
            (act, recommended, NATIONAL_TOO, ANY, InvalidDocument),
        )
    ),
]


@pytest.mark.parametrize(("act", "way", "by", "expected", "kind"), ORDER)
def test_the_first_thing_that_is_wrong_is_the_one_that_is_said(
    steps: Steps, act: Act, way: Callable[[Steps], str], by: Caller, expected: Expectation, kind: type[Refusal]
) -> None:
    reference = way(steps)
    if way is drafted:
        steps.clock.move_by(days=60)

    with pytest.raises(kind) as refused, steps.database.writing() as session:
        act(Try(session, reference, by, expected, steps))

    assert type(refused.value) is kind
