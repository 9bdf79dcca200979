"""Every refusal on the way to a decision: change requests, outcomes, sign-off, announcement. Whole bodies."""

from typing import Any

import pytest

from tests.api.conftest import Scene
from tests.api.steps import (
    CONFIRM,
    IF_MATCH_REQUIRED,
    NO_VERSION,
    NOTHING_HERE,
    PERSON_REQUIRED,
    RETURN,
    STALE,
    announced,
    assert_refused,
    previewed,
    recorded,
    returned,
    signed_off,
    submitted,
    withdrawn,
)
from tests.world import CONDITION, PANEL, REASON, World, outcome, outcomes

UNUSABLE = " is none of the reason codes at /v1/reference-data/reasons that can be used now."
NOT_WHAT_IT_TAKES = "The document is not what this address takes."
CHANGES = {"items": [{"text": "Say more."}], "dueOn": "2014-12-20"}


# --- what an outcome must carry -----------------------------------------------------------------

DELEGATED, JOINT, SEVERAL = "submitted", "joint", "several"
MISSING, REASONS, REQUIRED = "member-missing", "reason-required", "condition-required"
UNWANTED, DOWNGRADE, DOCUMENT = "condition-not-allowed", "nothing-to-downgrade", "invalid-document"


def bare(code: str, word: str, **members: Any) -> dict[str, Any]:
    """An outcome that carries only what is given."""
    return {"odsCode": code, "outcome": word, **members}


RULINGS: dict[str, tuple[str, list[dict[str, Any]], str, list[tuple[str, str]]]] = {
    "a member without an outcome": (
        SEVERAL,
        [outcome("07W", "approved"), outcome("09A", "approved")],
        MISSING,
        [("/outcomes", "07P has no outcome.")],
    ),
    "an outcome for no member": (
        SEVERAL,
        [outcome(code, "approved") for code in ("07W", "07P", "10T", "09A")],
        MISSING,
        [("/outcomes/2/odsCode", "10T is not a member of this application.")],
    ),
    "two outcomes for a member": (
        DELEGATED,
        [outcome("10T", "approved"), outcome("10T", "rejected")],
        MISSING,
        [("/outcomes", "10T has 2 outcomes.")],
    ),
    "a rejection without a reason": (
        DELEGATED,
        [bare("10T", "rejected")],
        REASONS,
        [("/outcomes/0/reasons", "rejected needs at least one reason.")],
    ),
    "a downgrade without a reason": (
        DELEGATED,
        [bare("10T", "downgraded_to_joint", chosenBy="panel")],
        REASONS,
        [("/outcomes/0/reasons", "downgraded_to_joint needs at least one reason.")],
    ),
    "a downgrade that does not say whose choice it was": (
        DELEGATED,
        [bare("10T", "downgraded_to_joint", reasons=[REASON])],
        REASONS,
        [("/outcomes/0/chosenBy", "A downgrade says whose choice it was: ccg or panel.")],
    ),
    "a conditional approval without a condition": (
        DELEGATED,
        [bare("10T", "conditional", reasons=[REASON])],
        REQUIRED,
        [("/outcomes/0/conditions", "conditional needs at least one condition.")],
    ),
    "an approval with a condition": (
        DELEGATED,
        [bare("10T", "approved", conditions=[CONDITION])],
        UNWANTED,
        [("/outcomes/0/conditions", "approved carries no conditions.")],
    ),
    "a rejection with a condition": (
        DELEGATED,
        [bare("10T", "rejected", reasons=[REASON], conditions=[CONDITION])],
        UNWANTED,
        [("/outcomes/0/conditions", "rejected carries no conditions.")],
    ),
    "a downgrade with a condition": (
        DELEGATED,
        [outcome("10T", "downgraded_to_joint", conditions=[CONDITION])],
        UNWANTED,
        [("/outcomes/0/conditions", "downgraded_to_joint carries no conditions.")],
    ),
    "a downgrade of a joint request": (
        JOINT,
        [outcome("10T", "downgraded_to_joint")],
        DOWNGRADE,
        [("/outcomes/0/outcome", "Delegated commissioning was not requested.")],
    ),
    "an approval that says whose choice it was": (
        DELEGATED,
        [outcome("10T", "approved", chosenBy="ccg")],
        DOWNGRADE,
        [("/outcomes/0/chosenBy", "Only a downgrade says whose choice it was.")],
    ),
    "reason codes of history and of nowhere": (
        DELEGATED,
        [
            outcome(
                "10T",
                "rejected",
                reasons=[REASON, {"code": "not_published", "text": "None."}, {"code": "weather", "text": "Rain."}],
            )
        ],
        DOCUMENT,
        [
            (
                "/outcomes/0/reasons/1/code",
                f"not_published{UNUSABLE}",
            ),
            (
                "/outcomes/0/reasons/2/code",
                f"weather{UNUSABLE}",
            ),
        ],
    ),
    "a condition that was due yesterday, for no known reason": (
        DELEGATED,
        [outcome("10T", "conditional", conditions=[CONDITION | {"dueOn": "2014-12-14", "reasonCode": "weather"}])],
        DOCUMENT,
        [
            (
                "/outcomes/0/conditions/0/reasonCode",
                f"weather{UNUSABLE}",
            ),
            ("/outcomes/0/conditions/0/dueOn", "2014-12-14 has passed."),
        ],
    ),
    "everything at once": (
        SEVERAL,
        [
            bare("07W", "rejected", conditions=[CONDITION]),
            bare("07W", "conditional", chosenBy="panel"),
            bare("02W", "downgraded_to_joint", reasons=[{"code": "not_published", "text": "None."}]),
        ],
        MISSING,
        [
            ("/outcomes", "07P has no outcome."),
            ("/outcomes", "09A has no outcome."),
            ("/outcomes/2/odsCode", "02W is not a member of this application."),
            ("/outcomes", "07W has 2 outcomes."),
            ("/outcomes/0/reasons", "rejected needs at least one reason."),
            ("/outcomes/0/conditions", "rejected carries no conditions."),
            ("/outcomes/1/chosenBy", "Only a downgrade says whose choice it was."),
            ("/outcomes/1/conditions", "conditional needs at least one condition."),
            ("/outcomes/2/chosenBy", "A downgrade says whose choice it was: ccg or panel."),
            (
                "/outcomes/2/reasons/0/code",
                f"not_published{UNUSABLE}",
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", RULINGS)
def test_outcomes_that_do_not_carry_what_they_must_are_not_recorded(scene: Scene, case: str) -> None:
    name, rulings, code, errors = RULINGS[case]
    at = scene[name]

    answer = scene.world.person(at.panel()).post(f"{at.where}/outcomes", outcomes(*rulings), if_match=at.etag)

    assert_refused(answer, 422, code, errors[0][1], *errors)


def test_a_panel_cannot_have_met_tomorrow(scene: Scene) -> None:
    at = scene["submitted"]
    body = {"panel": PANEL | {"metOn": "2014-12-16"}, "outcomes": [outcome("10T", "approved")]}

    answer = scene.world.person("south-panel-1").post(f"{at.where}/outcomes", body, if_match=at.etag)

    detail = "The panel cannot have met in the future."
    assert_refused(answer, 422, DOCUMENT, detail, ("/panel/metOn", detail))


def test_outcomes_that_are_none_are_told_every_fault(scene: Scene) -> None:
    at = scene["submitted"]
    word = bare("10t", "maybe", reasons=[{"code": "Rain", "text": ""}], conditions=[{"dueOn": "2015-02-30"}])

    answer = scene.world.person("south-panel-1").post(
        f"{at.where}/outcomes", {"panel": {"metOn": "today", "members": []}, "outcomes": [word]}, if_match=at.etag
    )

    assert_refused(
        answer,
        422,
        DOCUMENT,
        NOT_WHAT_IT_TAKES,
        ("/panel/metOn", "Must be a day such as 2015-04-01."),
        ("/panel/members", "Must have at least 1 item."),
        ("/outcomes/0/odsCode", "Must be an ODS code such as 10T: 3 or 5 of A\u2013Z and 0\u20139."),
        ("/outcomes/0/outcome", "Must be one of 'approved', 'conditional', 'rejected' or 'downgraded_to_joint'."),
        (
            "/outcomes/0/reasons/0/code",
            (
                "Must be a reason code such as governance: a\u2013z and underscores. "
                "All of them are at /v1/reference-data/reasons."
            ),
        ),
        ("/outcomes/0/reasons/0/text", "Must have at least 1 character."),
        ("/outcomes/0/conditions/0/text", "Is required."),
        ("/outcomes/0/conditions/0/reasonCode", "Is required."),
        ("/outcomes/0/conditions/0/dueOn", "Is not a day of the calendar."),
    )


# --- who may decide -----------------------------------------------------------------------------

NO_NATIONAL = "A delegated request is signed off by NHS England."
NO_SECOND = "A joint request is signed off by a second member of the regional panel."
NEEDS_PANEL = "This needs the role panel."
NEEDS_EITHER = "This needs the role panel or national."
WHO: list[tuple[str, str, str, tuple[int, str, str]]] = [
    ("outcomes", "submitted", "south-panel-interested", (403, "conflict-of-interest", "in 10T")),
    ("outcomes", "several", "south-panel-1", NOTHING_HERE),
    ("outcomes", "submitted", "london-panel-1", NOTHING_HERE),
    ("outcomes", "submitted", "national-1", (403, "forbidden", NEEDS_PANEL)),
    ("outcomes", "submitted", "admin-1", (403, "forbidden", NEEDS_PANEL)),
    ("outcomes", "several", "london-panel-system", PERSON_REQUIRED),
    ("outcomes", "submitted", "slough", PERSON_REQUIRED),
    ("outcomes", "draft", "london-panel-1", NOTHING_HERE),
    ("change-requests", "submitted", "london-panel-1", NOTHING_HERE),
    ("change-requests", "submitted", "national-1", (403, "forbidden", NEEDS_PANEL)),
    ("change-requests", "several", "london-panel-system", PERSON_REQUIRED),
    ("sign-off", "recommended", "midlands-panel-2", (403, "forbidden", NO_NATIONAL)),
    ("sign-off", "recommended", "midlands-panel-1", (403, "forbidden", NO_NATIONAL)),
    ("sign-off", "recommended", "south-panel-1", NOTHING_HERE),
    ("sign-off", "recommended", "admin-1", (403, "forbidden", NEEDS_EITHER)),
    ("sign-off", "recommended", "national-system", PERSON_REQUIRED),
    ("sign-off", "joint-recommended", "national-1", (403, "forbidden", NO_SECOND)),
    (
        "sign-off",
        "joint-recommended",
        "midlands-panel-1",
        (403, "same-person", "You recorded this outcome; a second person signs it off."),
    ),
    ("sign-off", "joint-recommended", "south-panel-2", NOTHING_HERE),
    ("sign-off", "submitted", "national-interested", (403, "conflict-of-interest", "in 10T")),
    ("sign-off", "joint", "south-panel-interested", (403, "conflict-of-interest", "in 10T")),
    ("sign-off", "decided", "london-panel-interested", (403, "conflict-of-interest", "in 08G")),
]


@pytest.mark.parametrize(("path", "name", "who", "refusal"), WHO)
def test_who_may_not_decide(scene: Scene, path: str, name: str, who: str, refusal: tuple[int, str, str]) -> None:
    """An interest in one of eight members bars from the whole application; a return is a sign-off too."""
    world, at = scene.world, scene[name]
    speaker = world.system(who) if who in world.pairs else world.person(who)
    bodies = {
        "outcomes": [outcomes(outcome(at.lead, "approved"))],
        "change-requests": [CHANGES],
        "sign-off": [CONFIRM, RETURN],
    }

    answers = [speaker.post(f"{at.where}/{path}", body, if_match=at.etag) for body in bodies[path]]

    status, code, detail = refusal
    words = f"You have declared an interest {detail}." if code == "conflict-of-interest" else detail
    for answer in answers:
        assert_refused(answer, status, code, words)


def test_an_interest_in_one_member_bars_a_sign_off_of_all(sqlite_world: World) -> None:
    joint = recorded(sqlite_world, submitted(sqlite_world, "07P", "08G", "08Y", level="joint"))

    answer = sqlite_world.person("london-panel-interested").post(
        f"{joint.where}/sign-off", CONFIRM, if_match=joint.etag
    )

    assert_refused(answer, 403, "conflict-of-interest", "You have declared an interest in 08G.")


# --- versions and states ------------------------------------------------------------------------

ACTS = [
    ("submitted", "outcomes", "south-panel-1", outcomes(outcome("10T", "approved"))),
    ("submitted", "change-requests", "south-panel-1", CHANGES),
    ("recommended", "sign-off", "national-1", CONFIRM),
    ("recommended", "sign-off", "national-1", RETURN),
    ("joint-recommended", "sign-off", "midlands-panel-2", CONFIRM),
]


@pytest.mark.parametrize(("name", "path", "who", "body"), ACTS)
@pytest.mark.parametrize(
    ("if_match", "refusal"),
    [('"v1"', STALE), ('"v99", W/"v98"', STALE), ('"other"', NO_VERSION), ("", IF_MATCH_REQUIRED)],
)
def test_an_act_names_the_version_that_was_looked_at(
    scene: Scene, name: str, path: str, who: str, body: Any, if_match: str, refusal: tuple[int, str, str]
) -> None:
    answer = scene.world.person(who).post(f"{scene[name].where}/{path}", body, if_match=if_match)

    assert_refused(answer, *refusal)


def test_a_version_that_cannot_be_read_is_no_version(scene: Scene) -> None:
    answer = scene.world.person("national-1").post(f"{scene['recommended'].where}/sign-off", CONFIRM, if_match="v3")

    detail = 'If-Match must be an entity tag in its quotes, such as If-Match: "v7", or several with commas.'
    assert_refused(answer, 400, "invalid-header", detail)


# In each state: what the panel may do, and NHS England with a delegated request.
STANDS: dict[str, tuple[str, list[str], list[str]]] = {
    "submitted": ("submitted", ["request_changes", "record_outcomes"], []),
    "changes": ("changes_requested", ["record_outcomes"], []),
    "recommended": ("recommended", ["withdraw_outcomes"], ["confirm", "return"]),
    "announced": ("decided", [], []),
    "withdrawn": ("withdrawn", [], []),
}
PANEL_ACTS = {"request_changes": ("change-requests", CHANGES), "record_outcomes": ("outcomes", None)}
NATIONAL_ACTS = {"confirm": ("sign-off", CONFIRM), "return": ("sign-off", RETURN)}


@pytest.mark.parametrize(
    ("name", "act"), [(name, act) for name in STANDS for act in PANEL_ACTS if act not in STANDS[name][1]]
)
def test_a_panels_act_that_does_not_fit_the_state(scene: Scene, name: str, act: str) -> None:
    at, (state, allowed, _), (path, body) = scene[name], STANDS[name], PANEL_ACTS[act]

    panel = scene.world.person(at.panel())
    answer = panel.post(
        f"{at.where}/{path}",
        body or outcomes(outcome(at.lead, "approved")),
        if_match=panel.get(at.where).headers["etag"],
    )

    detail = f"The application is {state}; {act} is not possible."
    now = [] if name == "changes" else allowed  # the day for the changes has not passed
    assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=now)


@pytest.mark.parametrize(
    ("name", "act"), [(name, act) for name in STANDS for act in NATIONAL_ACTS if act not in STANDS[name][2]]
)
def test_a_sign_off_that_does_not_fit_the_state(scene: Scene, name: str, act: str) -> None:
    at, (state, _, allowed), (path, body) = scene[name], STANDS[name], NATIONAL_ACTS[act]

    national = scene.world.person("national-1")
    answer = national.post(f"{at.where}/{path}", body, if_match=national.get(at.where).headers["etag"])

    detail = f"The application is {state}; {act} is not possible."
    assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=allowed)


@pytest.mark.parametrize(
    ("name", "state", "allowed"),
    [("joint", "submitted", ["request_changes", "record_outcomes"]), ("decided", "decided", [])],
)
def test_a_joint_sign_off_that_does_not_fit_the_state(scene: Scene, name: str, state: str, allowed: list[str]) -> None:
    """The panel sees an embargoed decision as decided; its applicants are told ``recommended``."""
    at = scene[name]

    answer = scene.world.person(at.panel(2)).post(f"{at.where}/sign-off", CONFIRM, if_match=at.etag)

    detail = f"The application is {state}; confirm is not possible."
    assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=allowed)


def test_a_joint_request_recorded_once_is_not_recorded_again(scene: Scene) -> None:
    at = scene["joint-recommended"]

    answer = scene.world.person("midlands-panel-2").post(
        f"{at.where}/outcomes", outcomes(outcome("05W", "rejected")), if_match=at.etag
    )

    detail = "The application is recommended; record_outcomes is not possible."
    assert_refused(
        answer, 409, "wrong-state", detail, state="recommended", allowed=["confirm", "return", "withdraw_outcomes"]
    )


# --- sign-off -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "detail", "errors"),
    [
        ({"decision": "return"}, "A return says why.", [("/note", "Required when returning.")]),
        (
            {"decision": "confirm", "effectiveFrom": "2014-12-14"},
            "A decision does not take effect before it is made.",
            [("/effectiveFrom", "2014-12-14 is before 2014-12-15.")],
        ),
        (
            {"decision": "approve", "note": " "},
            NOT_WHAT_IT_TAKES,
            [("/decision", "Must be one of 'confirm' or 'return'."), ("/note", "Must not be blank.")],
        ),
    ],
)
def test_a_sign_off_that_does_not_fit(
    scene: Scene, body: dict[str, str], detail: str, errors: list[tuple[str, str]]
) -> None:
    at = scene["recommended"]

    answer = scene.world.person("national-1").post(f"{at.where}/sign-off", body, if_match=at.etag)

    assert_refused(answer, 422, DOCUMENT, detail, *errors)


# --- change requests ----------------------------------------------------------------------------


@pytest.mark.parametrize("due_on", ["2014-12-14", "2015-04-01"])
def test_changes_are_due_while_the_round_lasts(scene: Scene, due_on: str) -> None:
    at = scene["submitted"]

    answer = scene.world.person("south-panel-1").post(
        f"{at.where}/change-requests", CHANGES | {"dueOn": due_on}, if_match=at.etag
    )

    detail = "Changes are due from today, 2014-12-15, to the end of the round, 2015-03-31."
    fault = ("/dueOn", f"{due_on} is not between 2014-12-15 and 2015-03-31.")
    assert_refused(answer, 422, DOCUMENT, detail, fault)


def test_a_change_request_says_what_should_change(scene: Scene) -> None:
    at = scene["submitted"]

    answer = scene.world.person("south-panel-1").post(f"{at.where}/change-requests", {"items": []}, if_match=at.etag)

    faults = [("/items", "Must have at least 1 item."), ("/dueOn", "Is required.")]
    assert_refused(answer, 422, DOCUMENT, NOT_WHAT_IT_TAKES, *faults)


# --- announcing ---------------------------------------------------------------------------------

ANNOUNCEMENT = "/v1/rounds/2015-16/announcement"
UNSEEN = "sha256:" + "0" * 64
CHANGED = "The decisions to announce are not those of the preview that was named."
NOTHING = (409, "nothing-to-announce", "Nothing in round 2015-16 is signed off and waiting to be announced.")


def test_a_set_that_grew_and_shrank_since_its_preview_is_not_announced(sqlite_world: World) -> None:
    """A delegated set cannot shrink once signed off, so what is removed here is a level that was not asked for."""
    world, national = sqlite_world, sqlite_world.person("national-1")
    joint = signed_off(world, recorded(world, submitted(world, "10T", level="joint")), "south-panel-2")
    seen = previewed(world)
    delegated = signed_off(world, recorded(world, submitted(world, "05W")))

    grown = national.post(ANNOUNCEMENT, {"expect": seen["setDigest"]})
    other = national.post(ANNOUNCEMENT, {"expect": seen["setDigest"], "levels": ["delegated"]})
    unseen = national.post(ANNOUNCEMENT, {"expect": UNSEEN})

    now = previewed(world)["setDigest"]
    added, removed = [f"{delegated.reference}-05W"], [f"{joint.reference}-10T"]
    difference = {"added": added, "removed": [], "expected": 1, "found": 2}
    assert_refused(grown, 409, "announcement-changed", CHANGED, difference=difference, setDigest=now)
    difference = {"added": added, "removed": removed, "expected": 1, "found": 1}
    digest = previewed(world, levels=["delegated"])["setDigest"]
    assert_refused(other, 409, "announcement-changed", CHANGED, difference=difference, setDigest=digest)
    difference = {"added": None, "removed": None, "expected": None, "found": 2}
    assert_refused(unseen, 409, "announcement-changed", CHANGED, difference=difference, setDigest=now)


def test_nothing_is_announced_twice(sqlite_world: World) -> None:
    world, national = sqlite_world, sqlite_world.person("national-1")
    empty = previewed(world)["setDigest"]
    before = national.post(ANNOUNCEMENT, {"expect": empty})
    at = signed_off(world, recorded(world, submitted(world, "10T")))
    digest = announced(world)["setDigest"]

    again = national.post(ANNOUNCEMENT, {"expect": digest})
    unseen = national.post(ANNOUNCEMENT, {"expect": UNSEEN})

    difference = {"added": [], "removed": [f"{at.reference}-10T"], "expected": 1, "found": 0}
    assert_refused(before, *NOTHING)
    assert_refused(again, 409, "announcement-changed", CHANGED, difference=difference, setDigest=empty)
    assert_refused(unseen, *NOTHING)


def test_what_was_returned_or_withdrawn_is_not_announced(sqlite_world: World) -> None:
    world = sqlite_world
    returned(world, recorded(world, submitted(world, "10T")))
    withdrawn(world, recorded(world, submitted(world, "05W")))

    answer = world.person("national-1").post(ANNOUNCEMENT, {"expect": previewed(world)["setDigest"]})

    assert_refused(answer, *NOTHING)


@pytest.mark.parametrize("path", ["/announcement", "/announcement/preview"])
def test_no_such_round_is_announced(scene: Scene, path: str) -> None:
    body = {} if path.endswith("preview") else {"expect": UNSEEN}

    answer = scene.world.person("national-1").post(f"/v1/rounds/2099-00{path}", body)

    assert_refused(answer, *NOTHING_HERE)


def test_an_announcement_names_the_set_it_means(scene: Scene) -> None:
    answer = scene.world.person("national-1").post(ANNOUNCEMENT, {"levels": [], "publishNow": True})

    faults = [
        ("/levels", "Must have at least 1 item."),
        ("/expect", "Is required."),
        ("/publishNow", "Is not known here. The members here are levels, publishAt, expect."),
    ]
    assert_refused(answer, 422, DOCUMENT, NOT_WHAT_IT_TAKES, *faults)
