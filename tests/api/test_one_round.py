"""One round end to end, over HTTP, with tokens as in life: from a CCG's JSON to the public listing."""

import csv
import io
from typing import Any

import pytest

from tests.api.post_decision import FUNCTIONS
from tests.api.steps import (
    LICENSED,
    SUBMIT,
    At,
    acted,
    announced,
    assert_refused,
    created,
    log_size,
    made_round,
    previewed,
    recorded,
    signed_off,
    submitted,
)
from tests.world import ATTRIBUTION, CONDITION, NORTH_WEST_LONDON, REASON, World, application, outcome

AT_NOON = "2014-12-15T12:00:00Z"
WORDS = ("approved", "conditional", "rejected", "downgraded_to_joint")
GRANTED = {"approved": "delegated", "conditional": "delegated", "rejected": None, "downgraded_to_joint": "joint"}
REASONS = {"rejected": [REASON], "downgraded_to_joint": [REASON]}
SOUTH = {"code": "Y57", "name": "South of England"}
NONE = dict.fromkeys(WORDS, 0)


def conditions_of(word: str) -> list[dict[str, str | None]]:
    return [{"id": "c1", **CONDITION, "state": "open", "settledOn": None}] if word == "conditional" else []


def approval_row(world: World, at: At, word: str) -> dict[str, Any]:
    """The row of the public listing that an outcome for Slough must come to."""
    granted, opened = GRANTED[word], 1 if word == "conditional" else 0
    return {
        "reference": at.reference,
        "odsCode": "10T",
        "name": "NHS Slough CCG",
        "region": SOUTH,
        "areaTeam": area_team_of_slough(world),
        "round": "trial",
        "trial": True,
        "coverage": "complete",
        "requestedLevel": "delegated",
        "outcome": word,
        "grantedLevel": granted,
        "chosenBy": "panel" if word == "downgraded_to_joint" else None,
        "scaledDownTo": None,
        "scaledDownReason": None,
        "functions": FUNCTIONS if granted == "delegated" else [],
        "reasons": [{**each, "codes": [each["code"]]} for each in REASONS.get(word, [])],
        "standing": "not_started" if granted else None,
        "effectiveFrom": "2015-04-01" if granted else None,
        "inForceFrom": "2015-04-01" if granted and not opened else None,
        # It is known in this world already that Slough's CCG closes.
        "inForceTo": "2018-03-31" if granted else None,
        "endedBy": "succeeded" if granted else None,
        "endReason": None,
        "legalBasis": None,
        "promotedOn": None,
        "agreement": "awaited" if granted else None,
        "agreementInWords": "agreement awaited" if granted else None,
        "conditions": {"open": opened, "total": opened},
        "decidedOn": "2014-12-15",
        "publishedAt": AT_NOON,
        "decisionId": f"{at.reference}-10T",
        "origin": "casework",
        "basis": None,
        "source": None,
        "note": None,
        "links": {
            "self": "/v1/approvals/10T",
            "decision": at.decision(),
            "organisation": "/v1/organisations/10T",
            "round": "/v1/rounds/trial",
        },
    }


def area_team_of_slough(world: World) -> dict[str, str]:
    [code] = [
        word["code"]
        for word in world.public.get("/v1/reference-data/area-teams").json()["results"]
        if word["label"] == "Thames Valley"
    ]
    return {"code": code, "name": "Thames Valley"}


@pytest.mark.parametrize("word", WORDS)
def test_an_application_goes_from_json_to_the_public_listing(world: World, word: str) -> None:
    """Created and submitted in one, decided by the panel, signed off by another, previewed, announced, listed."""
    at = signed_off(world, recorded(world, submitted(world, "10T", round_id="trial"), outcome("10T", word)))
    preview = previewed(world, "trial")
    sequence = log_size(world) + 1  # the announcement itself comes first, and is not public

    announcement = announced(world, "trial")

    row, counts = approval_row(world, at, word), NONE | {word: 1}
    counted = {
        "total": 1,
        "byOutcome": counts,
        "byRegion": [{**SOUTH, "total": 1, "byOutcome": counts}],
        "byLevel": {"delegated": 1, "joint": 0},
    }
    shared = {name: row[name] for name in ("decisionId", "odsCode", "name", "requestedLevel", "outcome")}
    granted = {name: row[name] for name in ("grantedLevel", "effectiveFrom", "decidedOn")}
    assert preview == {
        "round": "trial",
        "levels": ["delegated", "joint"],
        "counts": counted,
        "decisions": [{**shared, "reference": at.reference, "regionCode": "Y57", **granted}],
        "notYetSignedOff": [],
        "scheduled": [],
        "setDigest": preview["setDigest"],
    }
    assert announcement == {
        "announcementId": announcement["announcementId"],
        "round": "trial",
        "levels": ["delegated", "joint"],
        "state": "made",
        "publishAt": None,
        "publishedAt": AT_NOON,
        "publicSequence": sequence,
        "counts": counted,
        "decisionIds": [f"{at.reference}-10T"],
        "setDigest": preview["setDigest"],
    }
    assert world.public.get(f"/v1/approvals?round=trial&outcome={word}").json() == {
        "results": [row],
        "counts": counts,
        "on": None,
        "knownTo": "2019-04-01",
        "inWords": [],
        "publicSequence": sequence,
        "total": 1,
        "limit": 50,
        "nextCursor": None,
        "hasMore": False,
        **LICENSED,
    }
    assert_published_everywhere(world, at, word, row, sequence)


def assert_published_everywhere(world: World, at: At, word: str, row: dict[str, Any], sequence: int) -> None:
    """CSV, decision, organisation, what the CCG holds, round and changes say the same as the listing."""
    conditions = conditions_of(word)
    held = {**row, "conditionDetails": conditions, "state": "published", "supersededBy": None}
    ahead = held if row["grantedLevel"] else None
    get = world.public.get
    assert_csv_says(get(f"/v1/approvals.csv?round=trial&outcome={word}").text, row)
    assert get(at.decision()).json() == {
        **{name: value for name, value in row.items() if name in DECISION_MEMBERS},
        "conditions": conditions,
        "state": "published",
        "signedOffOn": "2014-12-15",
        "sequence": sequence,
        "supersedes": None,
        "supersededBy": None,
        "correctionReason": None,
        "succeeds": None,
        "confirmedLate": None,
        "stage": "application",
        "expressionsOfInterest": [],
        "receipt": {"logIndex": sequence - 2, "href": f"{at.decision()}/receipt"},
        "links": {
            "self": at.decision(),
            "approval": "/v1/approvals/10T",
            "organisation": "/v1/organisations/10T",
            "round": "/v1/rounds/trial",
        },
    }
    assert get("/v1/approvals/10T").json() == {
        "odsCode": "10T",
        "name": "NHS Slough CCG",
        "current": None,
        "next": ahead,
        "past": [] if ahead else [held],
        "choices": [],
        "kind": "ccg",
        "on": None,
        "knownTo": "2019-04-01",
        "inWords": [],
        "publicSequence": sequence,
    }
    change = {
        "sequence": sequence,
        "type": "decision.published",
        "odsCode": "10T",
        "decisionId": row["decisionId"],
        "round": "trial",
        "occurredOn": "2014-12-15",
        "recordedAt": AT_NOON,
        "dueAt": None,
        "reason": None,
        "basis": None,
        "source": None,
        "href": at.decision(),
    }
    assert get(f"/v1/changes?after={sequence - 2}").json() == {
        "results": [change],
        "limit": 50,
        "nextAfter": sequence,
        "hasMore": False,
        "publicSequence": sequence,
        **LICENSED,
    }
    history, organisation = get("/v1/organisations/10T/history").json(), get("/v1/organisations/10T").json()
    assert history["results"][-1] == change
    assert (organisation["position"], organisation["next"]) == ("no_published_decision", row if ahead else None)
    assert get("/v1/rounds/trial").json()["counts"] == NONE | {word: 1}
    assert get("/v1/rounds/2015-16").json()["counts"] is None


DECISION_MEMBERS = {
    "decisionId",
    "reference",
    "odsCode",
    "name",
    "region",
    "areaTeam",
    "round",
    "trial",
    "coverage",
    "requestedLevel",
    "outcome",
    "grantedLevel",
    "agreementInWords",
    "chosenBy",
    "scaledDownTo",
    "scaledDownReason",
    "functions",
    "reasons",
    "effectiveFrom",
    "standing",
    "inForceFrom",
    "inForceTo",
    "endedBy",
    "endReason",
    "legalBasis",
    "decidedOn",
    "publishedAt",
    "origin",
    "basis",
    "source",
    "note",
}


NOT_IN_CSV = {"scaledDownReason", "region", "areaTeam", "conditions", "links"}


def assert_csv_says(text: str, row: dict[str, Any]) -> None:
    """One line under the header, with what the JSON row says."""
    [line] = csv.DictReader(io.StringIO(text, newline=""))
    flat = {
        **{name: value for name, value in row.items() if name not in NOT_IN_CSV},
        "standingOn": "2014-12-15",
        "functions": " | ".join(row["functions"]),
        "reasonCodes": " | ".join(each["code"] for each in row["reasons"]),
        "reasons": " | ".join(each["text"] for each in row["reasons"]),
        "regionCode": row["region"]["code"],
        "regionName": row["region"]["name"],
        "areaTeamCode": row["areaTeam"]["code"],
        "areaTeamName": row["areaTeam"]["name"],
        "conditionsOpen": row["conditions"]["open"],
        "conditionsTotal": row["conditions"]["total"],
        "knownTo": "2019-04-01",
    }
    assert line == {name: "" if value is None else str(value) for name, value in flat.items()} | {"trial": "true"}


@pytest.mark.parametrize("word", WORDS)
def test_the_applicants_read_what_was_decided(sqlite_world: World, word: str) -> None:
    world = sqlite_world
    at = signed_off(world, recorded(world, submitted(world, "10T", round_id="trial"), outcome("10T", word)))
    announced(world, "trial")

    status = world.system("slough").get(f"{at.where}/status")
    whole = world.system("slough").get(at.where).json()
    ccg = world.system("slough").get("/v1/organisations/10T/status").json()

    expected: dict[str, Any] = {
        "reference": at.reference,
        "state": "decided",
        "waitingOn": "applicant" if word == "conditional" else "none",
        "dueOn": CONDITION["dueOn"] if word == "conditional" else None,
        "expectedBy": None,
        "version": 5,
        "consentsMissing": None,
        "conditions": [
            {
                "decisionId": f"{at.reference}-10T",
                "odsCode": "10T",
                "conditionId": "c1",
                "dueOn": CONDITION["dueOn"],
                "state": "open",
            }
        ]
        if word == "conditional"
        else [],
        "members": [
            {
                "odsCode": "10T",
                "outcome": word,
                "grantedLevel": GRANTED[word],
                "decisionId": f"{at.reference}-10T",
                "openConditions": len(conditions_of(word)),
            }
        ],
        "nextActions": [
            {
                "rel": "give-evidence",
                "method": "POST",
                "href": f"{at.decision()}/conditions/c1/evidence",
                "scope": "applications",
            }
        ]
        if word == "conditional"
        else [],
    }
    row = approval_row(world, at, word)
    assert status.json() == expected
    assert whole["members"] == [
        {
            **expected["members"][0],
            "name": "NHS Slough CCG",
            "consentedAt": None,
            "chosenBy": "panel" if word == "downgraded_to_joint" else None,
            "functions": row["functions"],
            "reasons": REASONS.get(word, []),
            "conditions": conditions_of(word),
            "privateNote": None,
        }
    ]
    assert ccg == {
        "odsCode": "10T",
        "name": "NHS Slough CCG",
        "current": None,
        "next": row if row["grantedLevel"] else None,
        "choices": [],
        "declarations": [],
        "applications": [expected],
    }


# --- several CCGs -------------------------------------------------------------------------------

EACH = dict(zip(NORTH_WEST_LONDON, (*WORDS, "approved", "rejected", "approved", "conditional"), strict=True))


def test_one_application_of_eight_ccgs_gets_an_outcome_for_each(world: World) -> None:
    """North West London: eight members, outcomes of every kind, one sign-off, one announcement."""
    at = submitted(world, *NORTH_WEST_LONDON)
    at = recorded(world, at, *(outcome(code, word) for code, word in reversed(EACH.items())))
    at = signed_off(world, at)
    preview = previewed(world)

    announcement = announced(world)

    counts = {"approved": 3, "conditional": 2, "rejected": 2, "downgraded_to_joint": 1}
    ids = {code: f"{at.reference}-{code}" for code in EACH}
    assert preview["counts"] == announcement["counts"]
    assert announcement["counts"] == {
        "total": 8,
        "byOutcome": counts,
        "byRegion": [{"code": "Y56", "name": "London", "total": 8, "byOutcome": counts}],
        "byLevel": {"delegated": 8, "joint": 0},
    }
    assert announcement["decisionIds"] == sorted(ids.values())
    listed = world.public.get("/v1/approvals?outcome=approved,conditional,rejected,downgraded_to_joint").json()
    found = {row["odsCode"]: (row["outcome"], row["grantedLevel"], row["decisionId"]) for row in listed["results"]}
    assert found == {code: (word, GRANTED[word], ids[code]) for code, word in EACH.items()}
    assert (listed["counts"], listed["total"]) == (counts, 8)
    assert world.public.get("/v1/rounds/2015-16").json()["counts"] == counts
    positions = {code: world.public.get(f"/v1/organisations/{code}").json()["position"] for code in EACH}
    assert positions == {code: "not_started" if GRANTED[word] else "not_approved" for code, word in EACH.items()}
    sequences = [each["sequence"] for each in world.public.get("/v1/changes?after=200&limit=200").json()["results"]]
    assert sequences[-8:] == list(range(announcement["publicSequence"] - 7, announcement["publicSequence"] + 1))
    members = world.system("brent").get(at.where).json()["members"]
    assert [(each["odsCode"], each["outcome"]) for each in members] == list(EACH.items())


def test_a_joint_application_is_signed_off_by_a_second_panel_member(world: World) -> None:
    at = recorded(world, submitted(world, "10T", level="joint"))
    waiting = world.system("slough").get(f"{at.where}/status").json()["waitingOn"]

    at = signed_off(world, at, "south-panel-2")
    announced(world, levels=["joint"])

    held = world.public.get("/v1/approvals/10T").json()["next"]
    shown = (held["requestedLevel"], held["outcome"], held["grantedLevel"], held["decisionId"])
    assert waiting == "panel"
    assert shown == ("joint", "approved", "joint", f"{at.reference}-10T")
    assert world.public.get("/v1/approvals?level=joint").json()["total"] == 1
    assert world.public.get("/v1/approvals?level=delegated").json()["total"] == 0


# --- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_filled_in_by_and_by_and_submitted(world: World) -> None:
    """Begun with nothing but names; members, level and proposal come by patch; null takes away."""
    client, complete = world.system("north-west-london"), application("07W", "07P", level="joint")
    bare = {name: complete[name] for name in ("roundId", "leadOdsCode", "attribution")}
    draft = client.post("/v1/applications", {**bare, "requestedLevel": "delegated", "memberOdsCodes": ["07W"]})
    at = At(draft.headers["location"], draft.headers["etag"], ("07W", "07P"))

    def patch(at: At, **members: Any) -> At:
        body = {"attribution": ATTRIBUTION, **members}
        return acted(at, client.patch(at.where, body, if_match=at.etag), 200)

    at = patch(at, proposal=complete["proposal"], requestedLevel="joint", memberOdsCodes=["07W", "07P"])
    at = patch(at, signatories=complete["signatories"], proposal={"finance": None, "summary": "Shorter."})
    submission = client.post(f"{at.where}/submission", SUBMIT, if_match=at.etag)

    proposal = {name: value for name, value in complete["proposal"].items() if name != "finance"}
    answer = submission.json()
    assert (submission.status_code, submission.headers["etag"]) == (200, '"v4"')
    assert answer == {
        "reference": at.reference,
        "roundId": "2015-16",
        "trial": False,
        "requestedLevel": "joint",
        "scaledDownTo": None,
        "scaledDownReason": None,
        "leadOdsCode": "07W",
        "memberOdsCodes": ["07W", "07P"],
        "regionCode": "Y56",
        "state": "submitted",
        "waitingOn": "panel",
        "version": 4,
        "createdAt": AT_NOON,
        "updatedAt": AT_NOON,
        "firstSubmittedAt": AT_NOON,
        "dueOn": None,
        "proposal": proposal | {"summary": "Shorter."},
        "signatories": complete["signatories"],
        "flags": [],
        "assessments": None,
        "expressionsOfInterest": [],
        "changeRequest": None,
        "consentsMissing": None,
        "earlierDecisions": [],
        "members": [undecided("07W", "NHS Ealing CCG"), undecided("07P", "NHS Brent CCG")],
        "nextActions": [
            {"rel": "withdraw", "method": "POST", "href": f"{at.where}/withdrawal", "scope": "applications"}
        ],
        "receipt": {
            "logIndex": log_size(world) - 1,
            "leafHash": answer["receipt"]["leafHash"],
            "href": f"{at.where}/receipt",
        },
        "links": {
            "self": at.where,
            "status": f"{at.where}/status",
            "events": f"{at.where}/events",
            "round": "/v1/rounds/2015-16",
        },
    }
    file: dict[str, Any] = {"changeRequests": [], "extensions": [], "withdrawal": None, "review": None}
    assert client.get(at.where).json() == answer | {"receipt": None} | file


def undecided(code: str, name: str) -> dict[str, Any]:
    nothing = (
        "outcome",
        "grantedLevel",
        "decisionId",
        "openConditions",
        "chosenBy",
        "functions",
        "reasons",
        "conditions",
    )
    return {"odsCode": code, "name": name, "consentedAt": None, **dict.fromkeys(nothing), "privateNote": None}


# --- rounds after rounds ------------------------------------------------------------------------


def test_what_is_signed_off_later_is_announced_later(world: World) -> None:
    first = signed_off(world, recorded(world, submitted(world, "10T")))
    late = recorded(world, submitted(world, "05W"))
    preview = previewed(world)
    announced(world)

    signed_off(world, late)
    second = announced(world)

    assert [each["decisionId"] for each in preview["decisions"]] == [f"{first.reference}-10T"]
    assert preview["notYetSignedOff"] == [
        {"reference": late.reference, "odsCode": "05W", "name": "NHS Stoke on Trent CCG", "state": "recommended"}
    ]
    assert second["decisionIds"] == [f"{late.reference}-05W"]
    assert world.public.get("/v1/approvals").json()["total"] == 2


def test_after_a_rejection_the_ccg_applies_again_in_the_next_round(sqlite_world: World) -> None:
    """And the new application leads to the earlier decision."""
    world = sqlite_world
    rejected = signed_off(world, recorded(world, submitted(world, "10T"), outcome("10T", "rejected")))
    announced(world)
    made_round(world, "2016-17")

    again = created(world, "10T", round_id="2016-17")

    answer = world.system("slough").get(again.where).json()
    assert answer["earlierDecisions"] == [rejected.decision()]


def test_a_grant_of_one_round_is_held_in_the_next(sqlite_world: World) -> None:
    world = sqlite_world
    signed_off(world, recorded(world, submitted(world, "10T")))
    announced(world)
    made_round(world, "2016-17")

    answer = world.system("slough").post("/v1/applications", application("10T", round_id="2016-17"))

    fault = ("/memberOdsCodes", "10T already holds delegated.")
    assert_refused(answer, 422, "already-held", "10T: delegated is in force or granted ahead.", fault)


def test_a_day_for_the_start_is_named_at_sign_off(sqlite_world: World) -> None:
    at = recorded(sqlite_world, submitted(sqlite_world, "10T"))
    signed_off(sqlite_world, at, body={"decision": "confirm", "effectiveFrom": "2015-10-01", "note": "Half a year."})
    announced(sqlite_world)

    held = sqlite_world.public.get("/v1/approvals/10T").json()["next"]

    assert (held["effectiveFrom"], held["inForceFrom"]) == ("2015-10-01", "2015-10-01")
