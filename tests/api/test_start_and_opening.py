"""No decision starts before the body that it is about opens: signed off, corrected, or overtaken by what is known."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.casework.organisations import import_organisations
from app.records import organisations
from app.rules.bodies import OrganisationRecord
from tests.api.post_decision import Decided, corrected, decided, etag, proposed, recorded_as
from tests.api.steps import CONFIRM, At, acted, announced, assert_refused, granted, registered, signed_off
from tests.api.succession import NEW, held, looked, merged, moved_on
from tests.world import REASON, World, application, outcome, outcomes

BEFORE = ("10G", "10T")
OPENS, JUNE = date(2015, 4, 1), date(2015, 6, 1)
TOO_EARLY = "A decision does not take effect before its body opens."


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the database has no part in it."""
    return sqlite_world


def submitted_early(world: World) -> At:
    """The body that is to open on the day the round starts has applied."""
    merged(world, *BEFORE, on=OPENS)
    registered(world, "new", ["applications"], ods_codes=[NEW, *BEFORE])
    sent = world.system("new").post("/v1/applications", application(NEW))
    assert sent.status_code == 201, sent.text
    return At(sent.headers["location"], sent.headers["etag"], (NEW,))


def recommended(world: World, at: At, word: str) -> At:
    sent = outcomes(outcome(NEW, word))
    return acted(at, world.person("south-panel-1").post(f"{at.where}/outcomes", sent, if_match=at.etag))


def put_off(world: World, *codes: str, to: date) -> None:
    """The body opens on another day, and these close on the day before."""
    with world.database.writing() as session:
        known = organisations.all_known(session)
        opening = [replace(each, valid_from=to) for each in known[NEW].facts]
        rows = [replace(known[NEW], opened_on=to, facts=tuple(opening))]
        rows += [_closed(known[code], to - timedelta(days=1)) for code in codes]
        import_organisations(session, rows, actor="test", at=world.clock.at)


def _closed(body: OrganisationRecord, last_day: date) -> OrganisationRecord:
    return replace(body, closed_on=last_day, facts=(*body.facts[:-1], replace(body.facts[-1], valid_to=last_day)))


def test_a_sign_off_names_no_day_before_the_opening(world: World) -> None:
    at = recommended(world, submitted_early(world), "approved")
    where, national = f"{at.where}/sign-off", world.person("national-1")

    eve = national.post(where, {**CONFIRM, "effectiveFrom": "2015-03-31"}, if_match=at.etag)
    past = national.post(where, {**CONFIRM, "effectiveFrom": "2014-12-14"}, if_match=at.etag)
    on_the_day = national.post(where, {**CONFIRM, "effectiveFrom": "2015-04-01"}, if_match=at.etag)

    assert_refused(
        eve, 422, "invalid-document", TOO_EARLY, ("/effectiveFrom", "99A opens on 2015-04-01, after 2015-03-31.")
    )
    assert_refused(
        past,
        422,
        "invalid-document",
        "A decision does not take effect before it is made.",
        ("/effectiveFrom", "2014-12-14 is before 2014-12-15."),
        ("/effectiveFrom", "99A opens on 2015-04-01, after 2014-12-14."),
    )
    assert on_the_day.status_code == 201, on_the_day.text


@pytest.mark.parametrize("word", ["approved", "rejected"])
def test_without_a_day_it_starts_as_the_body_opens_if_that_is_after_the_rounds_start(world: World, word: str) -> None:
    at = submitted_early(world)
    put_off(world, *BEFORE, to=JUNE)
    signed_off(world, recommended(world, at, word))
    announced(world)
    made = decided(at.reference, NEW)
    starts = world.public.get(made.where).json()["effectiveFrom"]

    now = corrected(world, made, {"outcome": "approved"})

    assert starts == ("2015-06-01" if word == "approved" else None)
    assert world.public.get(now.where).json()["effectiveFrom"] == "2015-06-01"


def moved(world: World) -> Decided:
    """What 10T held has moved on to the body that opens on 1 April 2016."""
    at = granted(world, "10T")
    held(world, decided(at.reference, "10T"))
    merged(world, "10T")
    looked(world)
    return moved_on(world)


def test_a_correction_names_no_day_before_the_opening(world: World) -> None:
    at = moved(world)
    said = {"outcome": "rejected", "effectiveFrom": "2016-03-31", "reason": "Wrong."}

    early = world.person("national-1").post(
        f"{at.where}/correction", {**said, "outcome": "approved"}, if_match=etag(world, at)
    )
    twice = world.person("national-1").post(f"{at.where}/correction", said, if_match=etag(world, at))

    fault = ("/effectiveFrom", "99A opens on 2016-04-01, after 2016-03-31.")
    assert_refused(early, 422, "invalid-document", TOO_EARLY, fault)
    reason = "rejected needs at least one reason."
    assert_refused(twice, 422, "reason-required", reason, ("/reasons", reason), fault)


def test_a_correction_cannot_be_confirmed_once_the_body_opens_after_its_start(world: World) -> None:
    at = moved(world)
    corrected(world, at, {"outcome": "rejected", "reasons": [REASON]})
    rejected = Decided(f"{at.decision_id}-2", at.code)
    proposed(world, rejected, "correction", {"outcome": "approved", "effectiveFrom": "2016-04-01", "reason": "Wrong."})
    put_off(world, "10T", to=date(2016, 7, 1))
    record = recorded_as(world, rejected, "national-2")

    answer = world.person("national-2").post(record["proposal"]["href"], None, if_match=etag(world, rejected))

    assert "confirm" not in [each["rel"] for each in record["nextActions"]]
    assert_refused(
        answer,
        409,
        "wrong-state",
        "99A opens on 2016-07-01, after the proposed start on 2016-04-01.",
        state="published",
        allowed=["propose_correction", "withdraw_proposal"],
    )
