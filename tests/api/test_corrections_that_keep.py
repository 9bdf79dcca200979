"""A correction with the same outcome takes nothing away: conditions, signature, promotion and end stay."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.post_decision import (
    Decided,
    condition_of,
    conditional,
    corrected,
    discharged,
    in_force_on,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    public_sequence,
    published,
    published_since,
    recorded_as,
    revoked,
    shown_as,
    signed,
    waived,
)
from tests.api.steps import assert_refused
from tests.world import CONDITION, World

FIRST = CONDITION | {"text": "A chair of the committee is appointed."}
SECOND = CONDITION | {"text": "The constitution is amended."}
NOON, LATER = "2014-12-15T12:00:00Z", "2014-12-15T16:00:00Z"
GIVEN = ("standing", "agreement", "signedOn", "inForceFrom", "inForceTo", "endedBy")


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine takes the same acts to PostgreSQL."""
    return sqlite_world


def again(*conditions: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The same outcome, said again with these conditions."""
    return {"outcome": "conditional", "reasons": [], "conditions": list(conditions), **members}


def conditions_of(world: World, at: Decided) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = recorded_as(world, at, "national-1")["conditions"]
    return found


def given(world: World, at: Decided) -> tuple[Any, ...] | None:
    return shown_as(recorded_as(world, at, "national-1")["grant"], *GIVEN)


def promoted(world: World) -> Decided:
    """Both conditions settled, the agreement signed, and in force from 1 April 2015."""
    at = conditional(world, "07T", FIRST, SECOND)
    discharged(world, at, "c1")
    waived(world, at, "c2")
    signed(world, at, date(2014, 12, 15))
    return at


def test_what_was_settled_signed_and_promoted_stays(world: World) -> None:
    old = promoted(world)
    before, held = public_sequence(world), given(world, old)
    world.clock.move_by(hours=4)

    new = corrected(world, old, again(SECOND, FIRST, reasons=[{"code": "other", "text": "The minutes say so."}]))

    assert conditions_of(world, new) == [
        condition_of(1, SECOND, state="waived", settledOn="2014-12-15"),
        condition_of(2, FIRST, state="met", settledOn="2014-12-15"),
    ]
    assert given(world, new) == held == ("not_started", "signed", "2014-12-15", "2015-04-01", None, None)
    assert published_since(world, before) == [published(new, "decision.corrected", "2014-12-15", LATER)]
    [listed] = world.public.get("/v1/approvals?outcome=conditional").json()["results"]
    assert (listed["decisionId"], listed["promotedOn"]) == (new.decision_id, "2014-12-15")
    morning_of(world, date(2015, 4, 1))
    assert in_force_on(world, "2015-04-01") == ["07T"]
    assert [condition["state"] for condition in world.public.get(old.where).json()["conditions"]] == ["met", "waived"]


def test_what_is_in_force_stays_so_after_its_conditions_days_have_passed(world: World) -> None:
    """Also told only once that it started; a condition that stays may be due on a day that is over."""
    old = promoted(world)
    morning_of(world, date(2015, 4, 1))
    before = public_sequence(world)

    new = corrected(world, old, again(FIRST, SECOND))

    assert given(world, new) == ("in_force", "signed", "2014-12-15", "2015-04-01", None, None)
    assert [each["type"] for each in published_since(world, before)] == ["decision.corrected"]


def test_a_condition_in_other_words_is_open_and_has_a_day_ahead(world: World) -> None:
    old = promoted(world)
    changed = FIRST | {"text": "A lay chair of the committee is appointed."}

    new = corrected(world, old, again(changed, SECOND))

    assert conditions_of(world, new) == [
        condition_of(1, changed),
        condition_of(2, SECOND, state="waived", settledOn="2014-12-15"),
    ]
    assert given(world, new) == ("not_started", "signed", "2014-12-15", None, None, None)
    discharged(world, new, "c1")
    assert given(world, new) == ("not_started", "signed", "2014-12-15", "2015-04-01", None, None)

    world.clock.at = world.clock.at.replace(year=2015, month=8)
    version = recorded_as(world, new, "national-1")["version"]
    body = {"reason": "Read out wrongly.", **again(changed, changed, SECOND)}
    answer = world.person("national-1").post(f"{new.where}/correction", body, if_match=f'"v{version}"')
    passed = "2015-03-01 has passed."
    assert_refused(answer, 422, "invalid-document", passed, ("/conditions/1/dueOn", passed))


def test_a_correction_without_the_last_open_condition_promotes(world: World) -> None:
    old = conditional(world, "07T", FIRST, SECOND)
    discharged(world, old, "c2")
    before = public_sequence(world)

    new = corrected(world, old, again(SECOND))

    assert conditions_of(world, new) == [condition_of(1, SECOND, state="met", settledOn="2014-12-15")]
    assert given(world, new) == ("not_started", "awaited", None, "2015-04-01", None, None)
    assert published_since(world, before) == [
        published(new, "decision.corrected", "2014-12-15", NOON),
        published(new, "approval.promoted", "2014-12-15", NOON),
    ]


def test_a_day_that_is_moved_is_not_before_the_promotion(world: World) -> None:
    old = promoted(world)

    earlier = corrected(world, old, again(FIRST, SECOND, effectiveFrom="2014-11-01"))
    assert given(world, earlier) == ("in_force", "signed", "2014-12-15", "2014-12-15", None, None)

    later = corrected(world, earlier, again(FIRST, SECOND, effectiveFrom="2015-05-01"))
    assert given(world, later) == ("not_started", "signed", "2014-12-15", "2015-05-01", None, None)


def test_a_lapse_stays_with_its_condition_and_goes_with_it(world: World) -> None:
    old = conditional(world, "07T", FIRST)
    morning_of(world, date.fromisoformat(FIRST["dueOn"]) + timedelta(days=1))
    lapsed(world, old)
    ended = given(world, old)
    assert ended is not None
    assert ended[0::5] == ("ended", "condition_lapsed")

    kept = corrected(world, old, again(FIRST, reasons=[{"code": "other", "text": "Added."}]))
    assert given(world, kept) == ended
    freed = corrected(world, kept, again(SECOND | {"dueOn": "2015-12-31"}))

    assert given(world, freed) == ("not_started", "awaited", None, None, None, None)
    assert [each["state"] for each in conditions_of(world, freed)] == ["open"]


def test_notice_and_revocation_stay(world: World) -> None:
    old = promoted(world)
    noticed(world, old, lastDay="2016-03-31")
    told = given(world, old)
    assert told is not None
    assert told[4:] == ("2016-03-31", "notice")

    first = corrected(world, old, again(FIRST, SECOND))
    assert given(world, first) == told
    revoked(world, first)
    told = given(world, first)
    assert told is not None
    assert told[0::5] == ("ended", "revoked")

    assert given(world, corrected(world, first, again(FIRST, SECOND))) == told


def test_what_was_not_taken_up_is_not_promoted(world: World) -> None:
    old = conditional(world, "07T", FIRST, SECOND)
    discharged(world, old, "c2")
    not_taken_up(world, old)

    new = corrected(world, old, again(SECOND))

    assert given(world, new) == ("not_taken_up", "not_taken_up", None, None, None, None)
