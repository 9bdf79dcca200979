"""More time from NHS England, and deadlines to the millisecond in London, through both changes of the clock."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from httpx2 import Response

from tests.api.steps import (
    NOTHING_HERE,
    PERSON_REQUIRED,
    SUBMIT,
    At,
    announced,
    assert_refused,
    changes_extended,
    changes_requested,
    drafted,
    extended,
    handed_in,
    log_size,
    made_round,
    recorded,
    signed_off,
    submitted,
)
from tests.world import World, application, outcome


@pytest.fixture
def world(sqlite_world: World) -> World:
    """On SQLite: the machine and the real cases take the same acts to PostgreSQL."""
    return sqlite_world


EXTENSIONS = "/v1/rounds/2015-16/extensions"
LATE = {"odsCode": "10T", "level": "delegated", "until": "2015-01-20", "reason": "The board meets late."}
KEY = "4b1d7a30-6f8e-4c52-9d11-0a2b3c4d5e6f"
AFTER_THE_DEADLINE = datetime(2015, 1, 12, 9, 0, tzinfo=UTC)


def extend(
    world: World, body: dict[str, Any], who: str = "national-1", path: str = EXTENSIONS, **sent: Any
) -> Response:
    speaker = world.system(who) if who in world.pairs else world.person(who)
    return speaker.post(path, body, **sent)


def submit(world: World, at: At) -> Response:
    return world.system(at.client).post(f"{at.where}/submission", SUBMIT)


def assert_late(answer: Response, day: str, level: str = "delegated") -> None:
    fault = ("/requestedLevel", f"The deadline for {level} was the end of {day} in London.")
    assert_refused(answer, 422, "deadline-passed", f"The deadline was {day}.", fault)


# --- for a first submission ---------------------------------------------------------------------


def test_more_time_is_granted_and_its_document_says_what(world: World) -> None:
    answer = extend(world, LATE)

    found = answer.json()
    assert answer.status_code == 201
    assert "etag" not in answer.headers
    assert found.pop("extensionId").startswith("2015-16-extension-")
    assert found.pop("receipt").keys() == {"logIndex", "leafHash", "href"}
    assert found == {
        "roundId": "2015-16",
        "odsCode": "10T",
        "level": "delegated",
        "reference": None,
        "until": "2015-01-20",
    }
    assert "board" not in answer.text


def test_it_holds_for_that_ccg_that_level_and_that_round(world: World) -> None:
    slough = {name: drafted(world, "10T", **each) for name, each in APPLIED.items()}
    hackney = drafted(world, "07T")
    extended(world, "10T", "2015-03-20")
    world.clock.move_to(datetime(2015, 2, 20, 9, 0, tzinfo=UTC))

    answers = {name: submit(world, at) for name, at in slough.items()}

    assert_late(submit(world, hackney), "2015-01-09")
    assert_late(answers["joint"], "2015-01-30", "joint")
    assert_late(answers["another round"], "2015-01-20")
    assert answers["delegated"].status_code == 200


APPLIED: dict[str, dict[str, str]] = {
    "delegated": {},
    "joint": {"level": "joint"},
    "another round": {"round_id": "trial"},
}


def test_it_holds_for_what_the_ccg_leads(world: World) -> None:
    """A member's extension is not the lead's."""
    led = drafted(world, "07W", "07P")
    extended(world, "07P", "2015-01-20")
    world.clock.move_to(AFTER_THE_DEADLINE)

    before = submit(world, led)
    extended(world, "07W", "2015-01-15")

    assert_late(before, "2015-01-09")
    assert submit(world, led).status_code == 200


def test_it_holds_for_creating_and_submitting_in_one(world: World) -> None:
    extended(world, "10T", "2015-01-20")
    world.clock.move_to(AFTER_THE_DEADLINE)

    slough = world.system("slough").post("/v1/applications", application("10T"))
    hackney = world.system("hackney").post("/v1/applications", application("07T"))

    assert slough.status_code == 201
    assert_late(hackney, "2015-01-09")


def test_of_several_the_latest_day_holds(world: World) -> None:
    extended(world, "10T", "2015-01-12")
    extended(world, "10T", "2015-01-20")

    earlier = extend(world, LATE | {"until": "2015-01-15"})

    detail = "There is time until 2015-01-20 already."
    assert_refused(earlier, 422, "invalid-document", detail, ("/until", detail))


def test_it_may_be_granted_when_the_deadline_has_passed(world: World) -> None:
    at = drafted(world, "10T")
    world.clock.move_to(AFTER_THE_DEADLINE)
    assert_late(submit(world, at), "2015-01-09")

    extended(world, "10T", "2015-01-12")

    assert submit(world, at).status_code == 200


# --- for changes --------------------------------------------------------------------------------


def test_changes_are_due_later_and_the_applicants_see_it(world: World) -> None:
    at = changes_requested(world, submitted(world, "10T"), "2014-12-20")
    slough = world.system("slough")
    before = slough.get(f"{at.where}/status")

    body = {"reference": at.reference, "until": "2015-01-20", "reason": "The accounts are audited."}
    answer = extend(world, body, if_match=at.etag)

    found = answer.json()
    after = slough.get(f"{at.where}/status", If_None_Match=before.headers["etag"])
    assert (answer.status_code, answer.headers["etag"]) == (201, '"v4"')
    assert {name: found[name] for name in ("odsCode", "level", "reference", "until")} == {
        "odsCode": "10T",
        "level": "delegated",
        "reference": at.reference,
        "until": "2015-01-20",
    }
    assert (after.status_code, after.json()["dueOn"], after.json()["version"]) == (200, "2015-01-20", 4)
    file = slough.get(at.where).json()
    assert file["changeRequest"] == {
        "items": [{"pointer": "/proposal/summary", "text": "Say more."}],
        "dueOn": "2014-12-20",
        "extendedTo": "2015-01-20",
    }
    assert [(each["dueOn"], each["extendedTo"]) for each in file["changeRequests"]] == [("2014-12-20", "2015-01-20")]
    assert slough.get(f"{at.where}/events").json()["results"][-1]["type"] == "extension.granted"
    assert "audited" not in slough.get(f"{at.where}/events").text


def test_the_day_that_the_panel_named_stays_when_the_changes_are_made(world: World) -> None:
    at = changes_requested(world, submitted(world, "10T"), "2014-12-20")
    at = changes_extended(world, at, "2014-12-28")
    at = changes_extended(world, at, "2015-01-20")
    at = changes_requested(world, handed_in(world, at), "2015-01-30")

    for who in (world.system("slough"), world.person("south-panel-1")):
        file = who.get(at.where).json()
        told = [(each["dueOn"], each["extendedTo"]) for each in file["changeRequests"]]
        assert told == [("2014-12-20", "2015-01-20"), ("2015-01-30", None)]
        assert (file["dueOn"], file["changeRequest"]["dueOn"], file["changeRequest"]["extendedTo"]) == (
            *("2015-01-30", "2015-01-30"),
            None,
        )


def test_nothing_is_recorded_before_the_later_day(world: World) -> None:
    at = changes_requested(world, submitted(world, "10T"), "2014-12-20")
    at = changes_extended(world, at, "2015-01-20")
    world.clock.move_to(datetime(2015, 1, 20, 23, 59, 59, 999000, tzinfo=UTC))
    body = {"panel": {"metOn": "2015-01-20", "members": ["One"]}, "outcomes": [outcome("10T", "rejected")]}

    early = world.person("south-panel-1").post(f"{at.where}/outcomes", body, if_match=at.etag)
    world.clock.move_by(milliseconds=1)
    recorded(world, at, outcome("10T", "rejected"))

    detail = "Changes are awaited until the end of 2015-01-20."
    assert_refused(early, 409, "wrong-state", detail, state="changes_requested", allowed=[])


def test_more_time_for_changes_is_none_for_a_first_submission(world: World) -> None:
    at = changes_requested(world, submitted(world, "10T"), "2014-12-20")
    changes_extended(world, at, "2015-01-20")
    world.system("slough").post(f"{at.where}/withdrawal", {"attribution": SUBMIT["attribution"]})
    world.clock.move_to(AFTER_THE_DEADLINE)

    answer = world.system("slough").post("/v1/applications", application("10T"))

    assert_late(answer, "2015-01-09")


# --- to the millisecond, through both changes of the clock --------------------------------------

# The last day, and the instant it ends. In 2015 British Summer Time ran from 29 March to 25 October.
ENDS = {
    "the day before the clocks go forward": ("2015-03-28", datetime(2015, 3, 29, 0, tzinfo=UTC)),
    "the day of 23 hours": ("2015-03-29", datetime(2015, 3, 29, 23, tzinfo=UTC)),
    "the day after the clocks went forward": ("2015-03-30", datetime(2015, 3, 30, 23, tzinfo=UTC)),
    "the day before the clocks go back": ("2015-10-24", datetime(2015, 10, 24, 23, tzinfo=UTC)),
    "the day of 25 hours": ("2015-10-25", datetime(2015, 10, 26, 0, tzinfo=UTC)),
    "the day after the clocks went back": ("2015-10-26", datetime(2015, 10, 27, 0, tzinfo=UTC)),
}


def of_the_year(world: World, **days: Any) -> str:
    """A round that is open from December 2014 to November 2015."""
    return made_round(world, "long", **({"closes_on": date(2015, 11, 30)} | days))


def by_the_millisecond(world: World, at: At, day: str, ends: datetime) -> None:
    world.clock.move_to(ends)
    late = submit(world, at)
    world.clock.move_by(milliseconds=-1)
    assert_late(late, day)
    assert submit(world, at).status_code == 200


@pytest.mark.parametrize("case", ENDS)
def test_a_first_submission_is_in_time_to_the_millisecond(sqlite_world: World, case: str) -> None:
    day, ends = ENDS[case]
    of_the_year(sqlite_world, delegated_deadline=date.fromisoformat(day))

    by_the_millisecond(sqlite_world, drafted(sqlite_world, "10T", round_id="long"), day, ends)


@pytest.mark.parametrize("case", ENDS)
def test_an_extended_submission_is_in_time_to_the_millisecond(sqlite_world: World, case: str) -> None:
    day, ends = ENDS[case]
    of_the_year(sqlite_world)
    at = drafted(sqlite_world, "10T", round_id="long")
    extended(sqlite_world, "10T", day, round_id="long")

    by_the_millisecond(sqlite_world, at, day, ends)


@pytest.mark.parametrize("case", ENDS)
def test_a_resubmission_is_in_time_to_the_millisecond(sqlite_world: World, case: str) -> None:
    day, ends = ENDS[case]
    of_the_year(sqlite_world)

    at = changes_requested(sqlite_world, submitted(sqlite_world, "10T", round_id="long"), day)

    by_the_millisecond(sqlite_world, at, day, ends)


@pytest.mark.parametrize("case", ENDS)
def test_an_extended_resubmission_is_in_time_to_the_millisecond(sqlite_world: World, case: str) -> None:
    day, ends = ENDS[case]
    of_the_year(sqlite_world)
    at = changes_requested(sqlite_world, submitted(sqlite_world, "10T", round_id="long"), "2014-12-20")
    at = changes_extended(sqlite_world, at, day, round_id="long")

    by_the_millisecond(sqlite_world, at, day, ends)


@pytest.mark.parametrize("case", ENDS)
def test_more_time_is_granted_until_its_day_is_over(sqlite_world: World, case: str) -> None:
    """Today is a London day."""
    day, ends = ENDS[case]
    of_the_year(sqlite_world)
    body, path = LATE | {"until": day}, "/v1/rounds/long/extensions"

    sqlite_world.clock.move_to(ends)
    late = extend(sqlite_world, body, path=path)
    sqlite_world.clock.move_by(milliseconds=-1)

    assert_refused(late, 422, "invalid-document", f"{day} has passed.", ("/until", f"{day} has passed."))
    assert extend(sqlite_world, body, path=path).status_code == 201


# --- rolling rounds -----------------------------------------------------------------------------


def test_a_level_without_a_deadline_is_applied_for_until_the_round_closes(world: World) -> None:
    of_the_year(world, joint_deadline=None, closes_on=date(2015, 10, 25))
    at = drafted(world, "10T", level="joint", round_id="long")
    found = world.public.get("/v1/rounds/long").json()

    world.clock.move_to(datetime(2015, 10, 26, tzinfo=UTC))
    late = submit(world, at)
    too_late = world.system("hackney").post("/v1/applications", application("07T", level="joint", round_id="long"))
    world.clock.move_by(milliseconds=-1)
    at_once = world.system("hackney").post("/v1/applications", application("07T", level="joint", round_id="long"))
    delegated = world.system("bradford").post("/v1/applications", application("02W", round_id="long"))

    assert (found["deadlines"], found["deadlinesAt"], found["closesOn"], found["closesAt"]) == (
        {"delegated": "2015-03-01", "joint": None},
        {"delegated": "2015-03-02T00:00:00Z", "joint": None},
        "2015-10-25",
        "2015-10-26T00:00:00Z",
    )
    assert_late(late, "2015-10-25", "joint")
    assert too_late.json()["code"] == "round-not-open"
    assert (at_once.status_code, submit(world, at).status_code) == (201, 200)
    assert_late(delegated, "2015-03-01")


def test_a_rolling_level_is_decided_whenever_it_comes(world: World) -> None:
    of_the_year(world, joint_deadline=None)
    world.clock.move_to(datetime(2015, 9, 1, 9, 0, tzinfo=UTC))
    at = recorded(world, submitted(world, "10T", level="joint", round_id="long"))
    signed_off(world, at, at.panel(2))

    assert announced(world, "long", levels=["joint"])["counts"]["total"] == 1


def test_there_is_no_more_time_than_the_whole_of_a_rolling_round(sqlite_world: World) -> None:
    of_the_year(sqlite_world, joint_deadline=None)
    body = LATE | {"level": "joint", "until": "2015-11-30"}

    answer = extend(sqlite_world, body, path="/v1/rounds/long/extensions")

    detail = "There is time until 2015-11-30 already."
    assert_refused(answer, 422, "invalid-document", detail, ("/until", detail))


# --- refusals -----------------------------------------------------------------------------------

SHAPE = "Name either odsCode and level, or reference alone."
REQUIRED, NOT_TOGETHER = "Is required if there is no reference.", "Not together with a reference."
UNFIT: dict[str, tuple[dict[str, Any], str, list[tuple[str, str]]]] = {
    "nothing named": (
        {"until": "2015-01-20", "reason": "Why."},
        SHAPE,
        [("/odsCode", REQUIRED), ("/level", REQUIRED)],
    ),
    "no level": ({"odsCode": "10T", "until": "2015-01-20", "reason": "Why."}, SHAPE, [("/level", REQUIRED)]),
    "both": (
        LATE | {"reference": "2015-16-7k3m9q2x"},
        SHAPE,
        [("/odsCode", NOT_TOGETHER), ("/level", NOT_TOGETHER)],
    ),
    "a reference and a level": (
        {"reference": "2015-16-7k3m9q2x", "level": "joint", "until": "2015-01-20", "reason": "Why."},
        SHAPE,
        [("/level", NOT_TOGETHER)],
    ),
    "yesterday": (
        LATE | {"until": "2014-12-14"},
        "2014-12-14 has passed.",
        [("/until", "2014-12-14 has passed."), ("/until", "There is time until 2015-01-09 already.")],
    ),
    "the deadline itself": (
        LATE | {"until": "2015-01-09"},
        "There is time until 2015-01-09 already.",
        [("/until", "There is time until 2015-01-09 already.")],
    ),
    "after the round": (
        LATE | {"until": "2015-04-01"},
        "The round closes on 2015-03-31.",
        [("/until", "The round closes on 2015-03-31.")],
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_more_time_that_cannot_be_is_told_why(sqlite_world: World, case: str) -> None:
    body, detail, errors = UNFIT[case]
    size = log_size(sqlite_world)

    assert_refused(extend(sqlite_world, body), 422, "invalid-document", detail, *errors)
    assert log_size(sqlite_world) == size


def test_a_code_of_no_ccg_is_told_with_the_other_faults(sqlite_world: World) -> None:
    answer = extend(sqlite_world, LATE | {"odsCode": "ZZZ", "until": "2015-04-01"})

    faults = (
        ("/odsCode", "ZZZ is not an open CCG. All are at /v1/organisations."),
        ("/until", "The round closes on 2015-03-31."),
    )
    detail = "ZZZ: not the code of a CCG that is open."
    assert_refused(answer, 422, "unknown-organisation", detail, *faults)


def test_a_body_that_does_not_fit_is_told_every_fault(sqlite_world: World) -> None:
    answer = extend(sqlite_world, {"odsCode": "10T", "level": "none", "until": "2015-02-30"})

    detail = "The document is not what this address takes."
    assert_refused(
        answer,
        422,
        "invalid-document",
        detail,
        ("/level", "Must be one of 'delegated' or 'joint'."),
        ("/until", "Is not a day of the calendar."),
        ("/reason", "Is required."),
    )


def test_only_nhs_england_grants_more_time(sqlite_world: World) -> None:
    role = (403, "forbidden", "This needs the role national.")
    for who, refusal in (("south-panel-1", role), ("admin-1", role), ("slough", PERSON_REQUIRED)):
        assert_refused(extend(sqlite_world, LATE, who), *refusal)


def test_nothing_is_extended_that_is_not_there(sqlite_world: World) -> None:
    asked = changes_requested(sqlite_world, submitted(sqlite_world, "10T"))
    draft = drafted(sqlite_world, "07T")
    body = {"until": "2015-01-20", "reason": "Why."}

    for answer in (
        extend(sqlite_world, LATE, path="/v1/rounds/2099-00/extensions"),
        extend(sqlite_world, body | {"reference": "2015-16-00000000"}, if_match='"v1"'),
        extend(sqlite_world, body | {"reference": draft.reference}, if_match=draft.etag),
        extend(sqlite_world, body | {"reference": asked.reference}, path="/v1/rounds/trial/extensions"),
    ):
        assert_refused(answer, *NOTHING_HERE)


def test_an_application_is_named_with_its_version(sqlite_world: World) -> None:
    at = changes_requested(sqlite_world, submitted(sqlite_world, "10T"))
    body = {"reference": at.reference, "until": "2015-01-20", "reason": "Why."}

    bare, older = extend(sqlite_world, body), extend(sqlite_world, body, if_match='"v2"')
    needed = 'Read the application, and send the version that you looked at, such as If-Match: "v3". * names none.'
    assert_refused(bare, 428, "if-match-required", needed)
    detail = "The application is at version 3 now, not at the one that If-Match names. Read it again."
    assert_refused(older, 412, "stale", detail)


def test_there_must_be_changes_to_wait_for(sqlite_world: World) -> None:
    at = handed_in(sqlite_world, changes_requested(sqlite_world, submitted(sqlite_world, "10T")))
    body = {"reference": at.reference, "until": "2015-01-20", "reason": "Why."}

    answer = extend(sqlite_world, body, if_match=at.etag)

    detail = "The application is submitted; no changes are awaited."
    assert_refused(answer, 409, "wrong-state", detail, state="submitted", allowed=[])


@pytest.mark.parametrize(
    ("until", "errors"),
    [
        ("2014-12-20", [("/until", "There is time until 2014-12-20 already.")]),
        (
            "2014-12-01",
            [("/until", "2014-12-01 has passed."), ("/until", "There is time until 2014-12-20 already.")],
        ),
        ("2015-04-01", [("/until", "The round closes on 2015-03-31.")]),
    ],
)
def test_changes_are_due_later_and_within_the_round(
    sqlite_world: World, until: str, errors: list[tuple[str, str]]
) -> None:
    at = changes_requested(sqlite_world, submitted(sqlite_world, "10T"), "2014-12-20")
    body = {"reference": at.reference, "until": until, "reason": "Why."}

    answer = extend(sqlite_world, body, if_match=at.etag)

    assert_refused(answer, 422, "invalid-document", errors[0][1], *errors)


def test_more_time_asked_for_again_is_granted_once(world: World) -> None:
    at = changes_requested(world, submitted(world, "10T"))
    body = {"reference": at.reference, "until": "2015-01-20", "reason": "Why."}
    first = [extend(world, LATE, Idempotency_Key=KEY), extend(world, body, if_match=at.etag, Idempotency_Key=KEY + "2")]
    size = log_size(world)

    again = [extend(world, LATE, Idempotency_Key=KEY), extend(world, body, Idempotency_Key=KEY + "2")]

    assert [(each.status_code, each.content) for each in again] == [(201, each.content) for each in first]
    assert log_size(world) == size
