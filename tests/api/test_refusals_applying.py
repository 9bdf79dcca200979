"""Every refusal that a CCG's system can meet: creating, submitting, amending, withdrawing. Whole bodies."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.api.conftest import Scene
from tests.api.steps import (
    IF_MATCH_REQUIRED,
    SCALE_DOWN,
    STALE,
    SUBMIT,
    WITHDRAW,
    assert_refused,
    drafted,
    handed_in,
    made_round,
)
from tests.world import ATTRIBUTION, NOON, NORTH_WEST_LONDON, World, application

APPLICATIONS = "/v1/applications"
CREATE_AND_SUBMIT, CREATE = True, False
NOT_OPEN = ("/roundId", "Not open today.")
ALL_MISSING = [
    (pointer, "Required at submission.")
    for pointer in (
        "/proposal/summary",
        "/proposal/benefits/integration",
        "/proposal/benefits/quality",
        "/proposal/benefits/inequalities",
        "/proposal/governance/committee/kind",
        "/proposal/governance/committee/layChair",
        "/proposal/governance/committee/layAndExecutiveMajority",
        "/proposal/governance/committee/termsOfReferenceUrl",
        "/proposal/governance/constitution/state",
        "/proposal/governance/constitution/agreedOn",
        "/proposal/conflictsOfInterest/policyUrl",
        "/proposal/conflictsOfInterest/registerOfInterestsUrl",
        "/proposal/conflictsOfInterest/lastReviewedOn",
        "/proposal/engagement/membersAgreedOn",
        "/proposal/engagement/narrative",
    )
]
ONLY_DELEGATED_MISSING = [
    (pointer, "Required at submission.")
    for pointer in (
        "/proposal/functions",
        "/proposal/finance/primaryCareSpendPounds",
        "/proposal/finance/currentYearForecastSurplusPercent",
        "/proposal/finance/plannedSurplusPercent",
        "/proposal/finance/meetsBusinessRules",
        "/proposal/finance/narrative",
        "/proposal/capacity/narrative",
        "/proposal/capacity/interimLeadership",
    )
]
NOT_A_MEMBER = (
    "Is not known here. The members here are roundId, requestedLevel, leadOdsCode, memberOdsCodes, proposal, "
    "signatories, attribution, submission."
)
NO_OFFICER = ("/signatories", "The accountable officer signs a submission.")


def changed(document: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The document with members replaced, and left out where the new value is None."""
    merged = {**document, **members}
    return {name: value for name, value in merged.items() if value is not None}


def bare(*members: str, level: str = "delegated", round_id: str = "2015-16") -> dict[str, Any]:
    """An application to be submitted at once in which nothing is filled in."""
    return changed(application(*members, level=level, round_id=round_id), proposal=None, signatories=None)


# --- creating -----------------------------------------------------------------------------------

CREATIONS: dict[str, tuple[str, dict[str, Any], str, str, list[tuple[str, str]]]] = {
    "greater involvement": (
        "slough",
        changed(application("10T", submitted=False), requestedLevel="greater_involvement"),
        "approval-not-needed",
        "greater_involvement needs no approval; declare it at /v1/declarations instead.",
        [("/requestedLevel", "Only delegated and joint are applied for.")],
    ),
    "no involvement, submitted at once": (
        "hackney",
        changed(application("07T"), requestedLevel="none"),
        "approval-not-needed",
        "none needs no approval; declare it at /v1/declarations instead.",
        [("/requestedLevel", "Only delegated and joint are applied for.")],
    ),
    "codes of no CCG": (
        "slough",
        application("10T", "ZZZ", "Y57", submitted=False),
        "unknown-organisation",
        "ZZZ, Y57: not the code of a CCG that is open.",
        [
            ("/memberOdsCodes/1", "ZZZ is not an open CCG. All are at /v1/organisations."),
            ("/memberOdsCodes/2", "Y57 is not an open CCG. All are at /v1/organisations."),
        ],
    ),
    "a CCG that has not opened yet": (
        "slough",
        application("10T", "15D", submitted=False),
        "unknown-organisation",
        "15D: not the code of a CCG that is open, or opens by 2015-04-01.",
        [("/memberOdsCodes/1", "15D opens on 2018-04-01, after the round starts on 2015-04-01.")],
    ),
    "three regions": (
        "slough",
        application("10T", "05W", "02W", submitted=False),
        "several-regions",
        "The members are in 3 regions: Y54, Y55, Y57.",
        [
            ("/memberOdsCodes", "10T is in Y57."),
            ("/memberOdsCodes", "05W is in Y55."),
            ("/memberOdsCodes", "02W is in Y54."),
        ],
    ),
    "delegated, granted in an earlier round": (
        "dudley",
        application("05C", submitted=False),
        "already-held",
        "05C: delegated is in force or granted ahead.",
        [("/memberOdsCodes", "05C already holds delegated.")],
    ),
    "joint, granted in an earlier round": (
        "hackney",
        application("07T", level="joint"),
        "already-held",
        "07T: joint is in force or granted ahead.",
        [("/memberOdsCodes", "07T already holds joint.")],
    ),
    "joint instead of delegated": (
        "dudley",
        application("05C", level="joint", submitted=False),
        "notice-required",
        "05C: delegated is in force or granted ahead; give notice first.",
        [("/memberOdsCodes", "05C holds delegated.")],
    ),
    "a round that opens next year": (
        "slough",
        application("10T", round_id="next", submitted=False),
        "round-not-open",
        "Round next takes applications from 2015-01-01 to 2015-03-31.",
        [NOT_OPEN],
    ),
    "no such round": (
        "slough",
        application("10T", round_id="2099-00", submitted=False),
        "unknown-round",
        "There is no round 2099-00.",
        [("/roundId", "No such round. All are at /v1/rounds.")],
    ),
    "a lead that is no member, a CCG twice": (
        "north-west-london",
        changed(application("07W", "07W", submitted=False), leadOdsCode="07P"),
        "invalid-document",
        "The lead, 07P, must be among the members.",
        [
            ("/memberOdsCodes", "The lead, 07P, must be among the members."),
            ("/memberOdsCodes", "A CCG is named twice."),
        ],
    ),
    "nothing filled in, delegated": (
        "slough",
        bare("10T", round_id="trial"),
        "incomplete-application",
        "24 things are missing or do not fit.",
        [*ALL_MISSING, *ONLY_DELEGATED_MISSING, NO_OFFICER],
    ),
    "nothing filled in, joint": (
        "slough",
        bare("10T", level="joint"),
        "incomplete-application",
        "16 things are missing or do not fit.",
        [*ALL_MISSING, NO_OFFICER],
    ),
    "a committee for the other level, signed by the wrong one": (
        "slough",
        changed(
            application("10T", level="joint"),
            requestedLevel="delegated",
            signatories=[{"name": "A. Chair", "role": "chair", "signedOn": "2014-12-12"}],
        ),
        "incomplete-application",
        "2 things are missing or do not fit.",
        [
            (
                "/proposal/governance/committee/kind",
                "A delegated application needs primary_care_commissioning_committee.",
            ),
            NO_OFFICER,
        ],
    ),
    "a committee for delegated, joint asked": (
        "slough",
        changed(application("10T"), requestedLevel="joint"),
        "incomplete-application",
        "1 thing is missing or does not fit.",
        [
            (
                "/proposal/governance/committee/kind",
                "A joint application needs committees_in_common or joint_committee.",
            ),
        ],
    ),
    "a member who has not agreed": (
        "brent",
        application("07P", "07W"),
        "consent-missing",
        "No consent from 07W.",
        [("/memberOdsCodes", "07W has not agreed. Its client does, at /consents of the draft.")],
    ),
    "everything at once": (
        "slough",
        bare("10T", "05W", "ZZZ", "10T", level="joint", round_id="next"),
        "round-not-open",
        "Round next takes applications from 2015-01-01 to 2015-03-31.",
        [
            NOT_OPEN,
            ("/memberOdsCodes", "A CCG is named twice."),
            ("/memberOdsCodes/2", "ZZZ is not an open CCG. All are at /v1/organisations."),
            ("/memberOdsCodes", "10T is in Y57."),
            ("/memberOdsCodes", "05W is in Y55."),
            ("/memberOdsCodes", "10T is in Y57."),
            *ALL_MISSING,
            NO_OFFICER,
            ("/memberOdsCodes", "05W has not agreed. Its client does, at /consents of the draft."),
            ("/memberOdsCodes", "ZZZ has not agreed. Its client does, at /consents of the draft."),
        ],
    ),
}


@pytest.mark.parametrize("case", CREATIONS)
@pytest.mark.parametrize("query", ["", "?validateOnly=true"])
def test_an_application_is_not_created(scene: Scene, case: str, query: str) -> None:
    client, document, code, detail, errors = CREATIONS[case]

    answer = scene.world.system(client).post(APPLICATIONS + query, document)

    assert_refused(answer, 422, code, detail, *errors)


def test_creating_needs_an_idempotency_key(scene: Scene) -> None:
    answer = scene.world.system("slough").post(APPLICATIONS, application("10T"), Idempotency_Key="")

    assert_refused(
        answer, 400, "idempotency-key-required", "Send an Idempotency-Key with this request, for instance a new UUID."
    )


def test_only_the_leads_own_client_creates(scene: Scene) -> None:
    answer = scene.world.system("brent").post(APPLICATIONS, application("07W", "07P"))

    detail = "This client is not registered for 07W, the lead CCG."
    assert_refused(answer, 403, "forbidden", detail, ("/leadOdsCode", detail))


def test_a_document_that_does_not_fit_is_told_every_fault(scene: Scene) -> None:
    document = changed(
        application("10T"),
        roundId="Trial!",
        requestedLevel="total",
        memberOdsCodes=[],
        attribution=None,
        extra=1,
        proposal={"finance": {"primaryCareSpendPounds": 1.5, "plannedSurplusPercent": 1.234}, "engagement": []},
    )

    answer = scene.world.system("slough").post(APPLICATIONS, document)

    assert_refused(
        answer,
        422,
        "invalid-document",
        "The document is not what this address takes.",
        (
            "/roundId",
            (
                "Must be an id such as 2015-16 or 2015-16-7k3m9q2x: "
                "a\u2013z and 0\u20139, and single hyphens between them."
            ),
        ),
        ("/requestedLevel", "Must be one of 'delegated', 'joint', 'greater_involvement' or 'none'."),
        ("/memberOdsCodes", "Must have at least 1 item."),
        ("/proposal/finance/primaryCareSpendPounds", "Must be a whole number."),
        ("/proposal/finance/plannedSurplusPercent", "Must have at most two decimals: no more are kept."),
        ("/proposal/engagement", "Must be an object."),
        ("/attribution", "Is required."),
        ("/extra", NOT_A_MEMBER),
    )


def test_a_second_live_application_of_the_round_is_named_to_its_own_client(scene: Scene) -> None:
    answer = scene.world.system("slough").post(APPLICATIONS, application("10T"))

    assert_refused(
        answer,
        409,
        "duplicate-application",
        "10T: there is a live application in round 2015-16 already.",
        ("/memberOdsCodes", "10T has a live application."),
        conflicts=[{"odsCode": "10T", "href": scene["submitted"].where}],
    )


def test_a_duplicate_of_another_client_is_not_told_before_it_agreed(scene: Scene) -> None:
    """Brent learns nothing of Ealing's live application, decided or not."""
    answer = scene.world.system("brent").post(APPLICATIONS, application("07P", "07W", level="joint"))

    assert_refused(
        answer,
        422,
        "consent-missing",
        "No consent from 07W.",
        ("/memberOdsCodes", "07W has not agreed. Its client does, at /consents of the draft."),
    )


# --- deadlines ----------------------------------------------------------------------------------

DEADLINES = [
    ("2015-16", "delegated", datetime(2015, 1, 10, tzinfo=UTC), "2015-01-09"),
    ("2015-16", "joint", datetime(2015, 1, 31, tzinfo=UTC), "2015-01-30"),
    ("summer", "delegated", datetime(2015, 7, 10, 23, tzinfo=UTC), "2015-07-10"),
    ("summer", "joint", datetime(2015, 10, 26, tzinfo=UTC), "2015-10-25"),
]


@pytest.mark.parametrize(("round_id", "level", "closes_at", "day"), DEADLINES)
def test_a_deadline_ends_with_its_day_in_london(
    sqlite_world: World, round_id: str, level: str, closes_at: datetime, day: str
) -> None:
    """In winter at 00:00 UTC, in summer at 23:00; the joint deadline of the summer round is the day clocks go back."""
    made_round(
        sqlite_world,
        "summer",
        delegated_deadline=date(2015, 7, 10),
        joint_deadline=date(2015, 10, 25),
        closes_on=date(2015, 10, 31),
    )
    draft = drafted(sqlite_world, "10T", level=level, round_id=round_id)
    another = application("07T", level=level, round_id=round_id)
    refusal = (422, "deadline-passed", f"The deadline was {day}.")
    fault = ("/requestedLevel", f"The deadline for {level} was the end of {day} in London.")

    sqlite_world.clock.move_to(closes_at)
    late = sqlite_world.system("slough").post(f"{draft.where}/submission", SUBMIT)
    late_at_once = sqlite_world.system("hackney").post(APPLICATIONS, another)
    sqlite_world.clock.move_by(milliseconds=-1)
    in_time = sqlite_world.system("hackney").post(APPLICATIONS, another)
    handed_in(sqlite_world, draft)

    assert_refused(late, *refusal, fault)
    assert_refused(late_at_once, *refusal, fault)
    assert in_time.status_code == 201


def test_a_round_ends_with_its_day_in_london(scene: Scene) -> None:
    document = application("10T", round_id="trial", submitted=False)

    scene.world.clock.move_to(datetime(2015, 3, 31, 23, 0, tzinfo=UTC))  # BST since two days
    late = scene.world.system("slough").post(f"{APPLICATIONS}?validateOnly=true", document)
    scene.world.clock.move_by(milliseconds=-1)
    in_time = scene.world.system("slough").post(f"{APPLICATIONS}?validateOnly=true", document)

    detail = "Round trial takes applications from 2014-12-01 to 2015-03-31."
    assert_refused(late, 422, "round-not-open", detail, NOT_OPEN)
    assert (in_time.status_code, in_time.json()) == (200, {"valid": True, "state": "draft", "flags": []})


# --- submitting ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "errors"),
    [("delegated", [*ALL_MISSING, *ONLY_DELEGATED_MISSING, NO_OFFICER]), ("joint", [*ALL_MISSING, NO_OFFICER])],
)
def test_a_draft_that_is_not_complete_is_not_submitted(
    sqlite_world: World, level: str, errors: list[tuple[str, str]]
) -> None:
    slough = sqlite_world.system("slough")
    draft = slough.post(APPLICATIONS, changed(bare("10T", level=level), submission=None))

    answer = slough.post(f"{draft.headers['location']}/submission", SUBMIT)

    detail = f"{len(errors)} things are missing or do not fit."
    assert_refused(answer, 422, "incomplete-application", detail, *errors)


def test_a_submission_waits_for_every_members_client(sqlite_world: World) -> None:
    brent = sqlite_world.system("brent")
    draft = brent.post(APPLICATIONS, application("07P", "07W", "08Y", submitted=False))

    answer = brent.post(f"{draft.headers['location']}/submission", SUBMIT)

    assert_refused(
        answer,
        422,
        "consent-missing",
        "No consent from 07W, 08Y.",
        ("/memberOdsCodes", "07W has not agreed. Its client does, at /consents of the draft."),
        ("/memberOdsCodes", "08Y has not agreed. Its client does, at /consents of the draft."),
    )


def test_a_draft_of_a_ccg_with_a_live_application_is_not_submitted(sqlite_world: World) -> None:
    other = drafted(sqlite_world, *NORTH_WEST_LONDON[:2])
    draft = drafted(sqlite_world, "07W", "07P")
    handed_in(sqlite_world, other)

    answer = sqlite_world.system("north-west-london").post(f"{draft.where}/submission", SUBMIT)

    assert_refused(
        answer,
        409,
        "duplicate-application",
        "07P, 07W: there is a live application in round 2015-16 already.",
        ("/memberOdsCodes", "07P has a live application."),
        ("/memberOdsCodes", "07W has a live application."),
        conflicts=[{"odsCode": "07P", "href": other.where}, {"odsCode": "07W", "href": other.where}],
    )


# --- wrong state --------------------------------------------------------------------------------

# What an applicant may do in each state, as the applicant may know the state.
STANDS = {
    "draft": ("draft", ["amend", "submit", "withdraw"]),
    "submitted": ("submitted", ["withdraw", "scale_down"]),
    "changes": ("changes_requested", ["amend", "submit", "withdraw", "scale_down"]),
    "recommended": ("recommended", ["withdraw"]),
    "decided": ("recommended", []),
    "announced": ("decided", []),
    "withdrawn": ("withdrawn", []),
}
REFUSED = [
    (name, act)
    for name, (_, allowed) in STANDS.items()
    for act in ("amend", "submit", "withdraw", "scale_down")
    if act not in allowed
]


@pytest.mark.parametrize(("name", "act"), REFUSED)
def test_an_applicants_act_that_does_not_fit_the_state(scene: Scene, name: str, act: str) -> None:
    at, (state, allowed) = scene[name], STANDS[name]
    client = scene.world.system(at.client)
    acts: dict[str, Callable[[], Any]] = {
        "amend": lambda: client.patch(at.where, {"attribution": ATTRIBUTION}, if_match=current(scene, name)),
        "submit": lambda: client.post(f"{at.where}/submission", SUBMIT),
        "withdraw": lambda: client.post(f"{at.where}/withdrawal", WITHDRAW),
        "scale_down": lambda: client.post(f"{at.where}/scale-down", SCALE_DOWN, if_match=current(scene, name)),
    }

    answer = acts[act]()

    detail = f"The application is {state}; {act} is not possible."
    assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=allowed)


def current(scene: Scene, name: str) -> str:
    """The version now: an announcement moved it on since the last step."""
    at = scene[name]
    etag: str = scene.world.system(at.client).get(at.where).headers["etag"]
    return etag


# --- versions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/submission", "/withdrawal"])
def test_an_act_on_an_older_version_is_stale(scene: Scene, path: str) -> None:
    body = SUBMIT if path == "/submission" else WITHDRAW

    answer = scene.world.system("hackney").post(scene["draft"].where + path, body, if_match='"v7"')

    assert_refused(answer, *STALE)


def test_amending_an_older_version_is_stale(scene: Scene) -> None:
    body = {"attribution": ATTRIBUTION, "signatories": []}

    answer = scene.world.system("hackney").patch(scene["draft"].where, body, if_match='"v2", W/"v3"')

    assert_refused(answer, *STALE)


def test_amending_needs_a_version(scene: Scene) -> None:
    answer = scene.world.system("hackney").patch(scene["draft"].where, {"attribution": ATTRIBUTION})

    assert_refused(answer, *IF_MATCH_REQUIRED)


# --- amending -----------------------------------------------------------------------------------

FOR_GOOD = "Cannot change; withdraw and create a new application."
ONCE_SUBMITTED = "Cannot change after submission."
AMENDMENTS: dict[str, tuple[str, dict[str, Any], str, str, list[tuple[str, str]]]] = {
    "round and lead of a draft": (
        "draft",
        {"roundId": "trial", "leadOdsCode": "07P", "memberOdsCodes": ["07P"]},
        "invalid-document",
        "A fixed member was changed.",
        [("/roundId", FOR_GOOD), ("/leadOdsCode", FOR_GOOD)],
    ),
    "everything fixed while changes are asked for": (
        "changes",
        {"roundId": "trial", "leadOdsCode": "02Y", "memberOdsCodes": ["02Y"], "requestedLevel": "joint"},
        "invalid-document",
        "A fixed member was changed.",
        [
            ("/roundId", FOR_GOOD),
            ("/leadOdsCode", FOR_GOOD),
            ("/requestedLevel", ONCE_SUBMITTED),
            ("/memberOdsCodes", ONCE_SUBMITTED),
        ],
    ),
    "a submission by patch": (
        "draft",
        {"submission": {"declaredBy": "A. Officer"}},
        "invalid-document",
        "A patch does not submit.",
        [("/submission", "Submit at /submission instead.")],
    ),
    "what an application cannot be": (
        "draft",
        {"leadOdsCode": None, "proposal": {"benefits": {"integration": 1}}, "attribution": None, "state": "decided"},
        "invalid-document",
        "The patched document does not fit.",
        [
            ("/leadOdsCode", "Is required."),
            ("/proposal/benefits/integration", "Must be a text."),
            ("/attribution", "Is required."),
            ("/state", NOT_A_MEMBER),
        ],
    ),
    "a level that needs no approval": (
        "draft",
        {"requestedLevel": "none"},
        "approval-not-needed",
        "none needs no approval; declare it at /v1/declarations instead.",
        [("/requestedLevel", "Only delegated and joint are applied for.")],
    ),
    "a level that is held": (
        "draft",
        {"requestedLevel": "joint"},
        "already-held",
        "07T: joint is in force or granted ahead.",
        [("/memberOdsCodes", "07T already holds joint.")],
    ),
    "a member of another region, and one that is none": (
        "draft",
        {"memberOdsCodes": ["07T", "10T", "ZZZ"]},
        "unknown-organisation",
        "ZZZ: not the code of a CCG that is open.",
        [
            ("/memberOdsCodes/2", "ZZZ is not an open CCG. All are at /v1/organisations."),
            ("/memberOdsCodes", "07T is in Y56."),
            ("/memberOdsCodes", "10T is in Y57."),
        ],
    ),
    "a member of another region": (
        "draft",
        {"memberOdsCodes": ["07T", "10T"]},
        "several-regions",
        "The members are in 2 regions: Y56, Y57.",
        [("/memberOdsCodes", "07T is in Y56."), ("/memberOdsCodes", "10T is in Y57.")],
    ),
}


@pytest.mark.parametrize("case", AMENDMENTS)
def test_an_application_is_not_amended(scene: Scene, case: str) -> None:
    name, patch, code, detail, errors = AMENDMENTS[case]
    at = scene[name]

    answer = scene.world.system(at.client).patch(at.where, {"attribution": ATTRIBUTION, **patch}, if_match=at.etag)

    assert_refused(answer, 422, code, detail, *errors)


def test_another_members_client_reads_but_changes_nothing(scene: Scene) -> None:
    at, brent = scene["several"], scene.world.system("brent")

    answers = [
        brent.patch(at.where, {"attribution": ATTRIBUTION}, if_match=at.etag),
        brent.post(f"{at.where}/submission", SUBMIT),
        brent.post(f"{at.where}/withdrawal", WITHDRAW),
    ]

    detail = f"This client is not registered for {at.lead}, the lead CCG."
    whole = f"{detail} Only its client withdraws the whole."
    own = "Name a member that this client is registered for, and only that CCG leaves."
    assert_refused(answers[0], 403, "forbidden", detail, ("/leadOdsCode", detail))
    assert_refused(answers[1], 403, "forbidden", detail)
    assert_refused(answers[2], 403, "forbidden", whole, ("/odsCode", own))
    assert brent.get(at.where).status_code == 200


def test_acts_by_a_system_say_who_in_it_acted(scene: Scene) -> None:
    hackney, where = scene.world.system("hackney"), scene["draft"].where

    submission = hackney.post(f"{where}/submission", {"declaredBy": " ", "attribution": {}})
    withdrawal = hackney.post(f"{where}/withdrawal", {"reason": ""})

    detail = "The document is not what this address takes."
    blank, required = ("/declaredBy", "Must not be blank."), "Is required."
    assert_refused(submission, 422, "invalid-document", detail, blank, ("/attribution/name", required))
    fault = ("/reason", "Must have at least 1 character.")
    assert_refused(withdrawal, 422, "invalid-document", detail, fault, ("/attribution", required))


def test_the_scene_stands_where_its_names_say(scene: Scene) -> None:
    """What the tables above take for granted."""
    found = {name: scene.world.system(scene[name].client).get(scene[name].where).json()["state"] for name in STANDS}

    assert found == {name: state for name, (state, _) in STANDS.items()}
    assert scene.world.clock.at == NOON
