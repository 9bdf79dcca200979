"""Who sees what, when: the tables written out by hand, and a test a cell.

One application of Ealing (in the lead) and Brent, for delegated powers. The panel rejects Ealing
and approves Brent, each with a private note. For each stage there is one application, in a round of
its own; the one that is announced comes last, since Brent then holds what it applied for.
"""

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response

from app.rules.rounds import RoundKind
from tests.api.post_decision import ticked
from tests.api.steps import (
    At,
    announced,
    changes_requested,
    drafted,
    handed_in,
    made_round,
    recorded,
    registered,
    signed_off,
    withdrawn,
)
from tests.world import NOON, REASON, Speaker, World, outcome

LEAD, MEMBER = "07W", "07P"
NOTE = "We doubt the accounts."
CALLERS = {
    "public": "",
    "lead": "north-west-london",
    "member": "brent",
    "stranger": "hackney",
    "panel": "london-panel-1",
    "other panel": "south-panel-1",
    "panel system": "london-panel-system",
    "national": "national-1",
    "national system": "national-system",
    "admin": "admin-1",
}

# What each sees of the application: state, whom it waits on, Ealing's outcome, the panel's note on it.
# A number stands for a refusal. The public has no address for an application, only one for a decision.
APPLICANTS, ELSEWHERE = ("lead", "member"), ("stranger", "other panel")
OFFICERS = ("panel", "panel system", "national", "national system")
SIGHTS: dict[str, dict[str, str]] = {
    "draft": {
        "public": "404",
        "lead": "draft applicant - -",
        "member": "draft applicant - -",
        "stranger": "404",
        "panel": "404",
        "other panel": "404",
        "panel system": "404",
        "national": "404",
        "national system": "404",
        "admin": "403",
    },
    "submitted": {
        "public": "404",
        "lead": "submitted panel - -",
        "member": "submitted panel - -",
        "stranger": "404",
        "panel": "submitted panel - -",
        "other panel": "404",
        "panel system": "submitted panel - -",
        "national": "submitted panel - -",
        "national system": "submitted panel - -",
        "admin": "403",
    },
    "changes requested": {
        "public": "404",
        "lead": "changes_requested applicant - -",
        "member": "changes_requested applicant - -",
        "stranger": "404",
        "panel": "changes_requested applicant - -",
        "other panel": "404",
        "panel system": "changes_requested applicant - -",
        "national": "changes_requested applicant - -",
        "national system": "changes_requested applicant - -",
        "admin": "403",
    },
    "recommended": {
        "public": "404",
        "lead": "recommended national - -",
        "member": "recommended national - -",
        "stranger": "404",
        "panel": "recommended national rejected note",
        "other panel": "404",
        "panel system": "recommended national rejected note",
        "national": "recommended national rejected note",
        "national system": "recommended national rejected note",
        "admin": "403",
    },
    "decided": {
        "public": "404",
        "lead": "recommended announcement - -",
        "member": "recommended announcement - -",
        "stranger": "404",
        "panel": "decided announcement rejected note",
        "other panel": "404",
        "panel system": "decided announcement rejected note",
        "national": "decided announcement rejected note",
        "national system": "decided announcement rejected note",
        "admin": "403",
    },
    "decided, applicants may see": {
        "public": "404",
        "lead": "decided announcement rejected -",
        "member": "decided announcement rejected -",
        "stranger": "404",
        "panel": "decided announcement rejected note",
        "other panel": "404",
        "panel system": "decided announcement rejected note",
        "national": "decided announcement rejected note",
        "national system": "decided announcement rejected note",
        "admin": "403",
    },
    "withdrawn": {
        "public": "404",
        "lead": "withdrawn none - -",
        "member": "withdrawn none - -",
        "stranger": "404",
        "panel": "withdrawn none - -",
        "other panel": "404",
        "panel system": "withdrawn none - -",
        "national": "withdrawn none - -",
        "national system": "withdrawn none - -",
        "admin": "403",
    },
    "announced": {
        "public": "published rejected",
        "lead": "decided none rejected -",
        "member": "decided none rejected -",
        "stranger": "404",
        "panel": "decided none rejected note",
        "other panel": "404",
        "panel system": "decided none rejected note",
        "national": "decided none rejected note",
        "national system": "decided none rejected note",
        "admin": "403",
    },
}

# What each is offered to do next; who is not named is offered nothing.
ASSESS = ["assess"] * 7  # by each criterion of a delegated request
ACTIONS: dict[str, dict[str, list[str]]] = {
    "draft": {"lead": ["amend", "submit", "withdraw"], "member": ["consent", "leave"]},
    "submitted": {
        "lead": ["withdraw", "scale-down"],
        "member": ["consent-to-scale-down", "leave"],
        "panel": ["request-changes", "record-outcomes", *ASSESS],
    },
    "changes requested": {
        "lead": ["amend", "submit", "withdraw", "scale-down"],
        "member": ["consent-to-scale-down", "leave"],
        "panel": ASSESS,
    },
    "recommended": {
        "lead": ["withdraw"],
        "member": ["leave"],
        "panel": ["withdraw-outcomes", *ASSESS],
        "national": ["sign-off"],
    },
    "decided": {},
    "decided, applicants may see": {},
    "announced": {},
    "withdrawn": {},
}

# Whose queue the application is in, as waiting on whom: the panel's, its system's, and NHS England's alike.
QUEUES = {
    "draft": [],
    "submitted": ["", "panel"],
    "changes requested": [""],
    "recommended": ["", "national"],
    "decided": ["", "announcement"],
    "decided, applicants may see": ["", "announcement"],
    "announced": [],
    "withdrawn": [],
}

# What happened, for everybody who sees the application; nothing of it names a decision before it is published.
BOTH_RECOMMENDED = ["outcome.recommended", "outcome.recommended"]
BOTH_SIGNED = ["decision.signed_off", "decision.signed_off"]
SUBMITTED = ["application.created", "application.submitted"]
# That it was signed off is told to its applicants only with the outcome.
UNTOLD = {"decided": [*SUBMITTED, *BOTH_RECOMMENDED]}
EVENTS = {
    "draft": ["application.created"],
    "submitted": SUBMITTED,
    "changes requested": [*SUBMITTED, "changes.requested"],
    "recommended": [*SUBMITTED, *BOTH_RECOMMENDED],
    "decided": [*SUBMITTED, *BOTH_RECOMMENDED, *BOTH_SIGNED],
    "decided, applicants may see": [*SUBMITTED, *BOTH_RECOMMENDED, *BOTH_SIGNED],
    "announced": [*SUBMITTED, *BOTH_RECOMMENDED, *BOTH_SIGNED, "decision.published", "decision.published"],
    "withdrawn": [*SUBMITTED, *BOTH_RECOMMENDED, "application.withdrawn"],
}
CELLS = [(stage, who) for stage, row in SIGHTS.items() for who in row]
STATES = ("draft", "submitted", "changes_requested", "recommended", "decided", "withdrawn", "lapsed")


class Stages:
    """One world with an application in each stage."""

    def __init__(self, world: World) -> None:
        self.world = world
        registered(world, "london-panel-system", ["panel"], regions=["Y56"])
        registered(world, "national-system", ["national"])
        self._answers: dict[tuple[str, str], Response] = {}
        self.at = {stage: self._staged(number, stage) for number, stage in enumerate(SIGHTS)}

    def round(self, stage: str) -> str:
        return f"round-{list(SIGHTS).index(stage)}"

    def get(self, who: str, path: str) -> Response:
        """What somebody is answered at an address; asked once, since nothing changes here."""
        if (who, path) not in self._answers:
            self._answers[who, path] = self._speaker(CALLERS[who]).get(path)
        return self._answers[who, path]

    def _speaker(self, name: str) -> Speaker:
        if not name:
            return self.world.public
        return self.world.system(name) if name in self.world.pairs else self.world.person(name)

    def _staged(self, number: int, stage: str) -> At:
        """Taken as far as the stage; in the fifth round the applicants' hour has struck, in the others it comes."""
        sees_at = NOON if stage == "decided, applicants may see" else NOON + timedelta(hours=1)
        made_round(self.world, f"round-{number}", kind=RoundKind.TRIAL, applicants_see_at=sees_at)
        at = drafted(self.world, LEAD, MEMBER, round_id=f"round-{number}")
        if stage == "draft":
            return at
        at = handed_in(self.world, at)
        if stage == "submitted":
            return at
        if stage == "changes requested":
            return changes_requested(self.world, at)
        at = recorded(
            self.world, at, outcome(LEAD, "rejected", privateNote=NOTE), outcome(MEMBER, "approved", privateNote=NOTE)
        )
        if stage == "recommended":
            return at
        if stage == "withdrawn":
            return withdrawn(self.world, at)
        at = signed_off(self.world, at)
        if stage == "announced":
            announced(self.world, f"round-{number}")
        return at


@pytest.fixture(scope="module")
def stages(shared_world: World) -> Stages:
    """Made once, since nothing here does anything but read."""
    return Stages(shared_world)


# --- the cells ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_what_is_seen_of_an_application(stages: Stages, stage: str, who: str) -> None:
    at = stages.at[stage]

    sight = public_sight(stages, at) if who == "public" else sight_of(stages, who, at)

    assert sight == SIGHTS[stage][who]


def public_sight(stages: Stages, at: At) -> str:
    assert stages.get("public", at.where).status_code == 401
    answer = stages.get("public", at.decision())
    return f"{answer.json()['state']} {answer.json()['outcome']}" if answer.status_code == 200 else "404"


def sight_of(stages: Stages, who: str, at: At) -> str:
    answer = stages.get(who, at.where)
    if answer.status_code != 200:
        return str(answer.status_code)
    [lead] = [member for member in answer.json()["members"] if member["odsCode"] == LEAD]
    words = [answer.json()["state"], answer.json()["waitingOn"], lead["outcome"], lead["privateNote"] and "note"]
    assert_outcome_is_whole(lead)
    return " ".join(word or "-" for word in words)


def assert_outcome_is_whole(member: dict[str, Any]) -> None:
    """Reasons, conditions and the rest come with the outcome or not at all."""
    is_shown = member["outcome"] is not None
    assert member["reasons"] == ([REASON] if is_shown else None)
    assert member["conditions"] == ([] if is_shown else None)
    assert member["openConditions"] == (0 if is_shown else None)
    assert (member["grantedLevel"], member["chosenBy"]) == (None, None)


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_a_status_says_what_the_application_says(stages: Stages, stage: str, who: str) -> None:
    at = stages.at[stage]

    whole, status = stages.get(who, at.where), stages.get(who, f"{at.where}/status")

    assert status.status_code == whole.status_code
    if status.status_code == 200:
        # What conditions are owed, and when to expect the announcement, stands in the status only.
        own = {name: status.json()[name] for name in ("conditions", "expectedBy")}
        shared = {name: whole.json()[name] for name in status.json() if name not in {"members", *own}}
        members = [{name: each[name] for name in status.json()["members"][0]} for each in whole.json()["members"]]
        assert status.json() == shared | {"members": members} | own


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_a_list_is_searched_by_the_state_that_is_shown(stages: Stages, stage: str, who: str) -> None:
    """Or a filter would tell what the row does not."""
    shown = SIGHTS[stage][who].split()[0]
    others = ",".join(state for state in STATES if state != shown)
    listing = f"/v1/applications?round={stages.round(stage)}&state="

    of_others = stages.get(who, listing + others)
    of_its_own = stages.get(who, listing + shown) if shown in STATES else of_others

    if who in {"public", "admin"}:
        assert of_others.status_code == (401 if who == "public" else 403)
    else:
        assert of_others.json()["results"] == []
        found = [(row["href"], row["state"]) for row in of_its_own.json()["results"]]
        assert found == ([(stages.at[stage].where, shown)] if shown in STATES else [])


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_what_is_offered_to_do_next(stages: Stages, stage: str, who: str) -> None:
    answer = stages.get(who, stages.at[stage].where).json()

    assert [each["rel"] for each in answer.get("nextActions", [])] == ACTIONS[stage].get(who, [])


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_whose_queue_an_application_is_in(stages: Stages, stage: str, who: str) -> None:
    where = stages.at[stage].where

    answers = {
        awaited: stages.get(who, "/v1/queue" + (f"?waitingOn={awaited}" if awaited else ""))
        for awaited in ("", "panel", "national", "announcement")
    }

    if who in OFFICERS:
        rows = {
            awaited: [row["state"] for row in answer.json()["results"] if row["href"] == where]
            for awaited, answer in answers.items()
        }
        shown = SIGHTS[stage][who].split()[0]
        assert rows == {awaited: [shown] if awaited in QUEUES[stage] else [] for awaited in answers}
    elif who == "other panel":
        assert [answer.json()["results"] for answer in answers.values()] == [[]] * 4
    else:
        assert {answer.status_code for answer in answers.values()} == {401 if who == "public" else 403}


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_what_is_told_of_what_happened(stages: Stages, stage: str, who: str) -> None:
    at = stages.at[stage]

    answer = stages.get(who, f"{at.where}/events")

    if who in {*APPLICANTS, *OFFICERS} and SIGHTS[stage][who] != "404":
        expected = UNTOLD.get(stage, EVENTS[stage]) if who in APPLICANTS else EVENTS[stage]
        told = [(each["type"], each["decisionId"] is not None) for each in answer.json()["results"]]
        assert told == [(kind, kind == "decision.published") for kind in expected]
    else:
        assert answer.status_code == {"public": 401, "admin": 403}.get(who, 404)


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_a_ccgs_own_feed_has_its_applications_and_nobody_elses(stages: Stages, stage: str, who: str) -> None:
    answer = stages.get(who, "/v1/events?limit=200&after=200")

    if who in {*APPLICANTS, "stranger"}:
        assert not answer.json()["hasMore"]
        told = [each["type"] for each in answer.json()["results"] if each["reference"] == stages.at[stage].reference]
        published = [kind for kind in EVENTS[stage] if kind == "decision.published"]
        assert told == (UNTOLD.get(stage, EVENTS[stage]) if who in APPLICANTS else published)
    else:
        assert answer.status_code == (401 if who == "public" else 403)


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_a_ccgs_status_lists_what_its_asker_sees(stages: Stages, stage: str, who: str) -> None:
    at = stages.at[stage]

    answer = stages.get(who, f"/v1/organisations/{MEMBER}/status")

    if who in {*APPLICANTS, *OFFICERS}:
        shown = [each for each in answer.json()["applications"] if each["reference"] == at.reference]
        own = stages.get(who, f"{at.where}/status")
        assert shown == ([own.json()] if own.status_code == 200 else [])
    else:
        assert answer.status_code == {"public": 401, "admin": 403}.get(who, 404)


# --- what never leaves --------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "who"), CELLS)
def test_no_address_tells_more_than_the_table(stages: Stages, stage: str, who: str) -> None:
    """No reason before its time, and the panel's note to nobody but panel and NHS England."""
    at = stages.at[stage]
    is_seen = "rejected" in SIGHTS[stage][who]

    answers = [
        stages.get(who, path)
        for path in (
            at.where,
            f"{at.where}/status",
            f"{at.where}/events",
            f"/v1/applications?round={stages.round(stage)}",
            at.decision(),
            f"/v1/decisions?round={stages.round(stage)}",
            f"/v1/decisions.csv?round={stages.round(stage)}",
            f"/v1/approvals?round={stages.round(stage)}&outcome=rejected",
        )
    ]
    texts = [answer.text for answer in answers if answer.status_code == 200]

    # What the panel recorded stays readable to officers once it was withdrawn.
    was_recorded = who in OFFICERS and stage == "withdrawn"
    is_public, is_decided = stage == "announced", is_seen and stage != "recommended"
    assert any(REASON["text"] in text for text in texts) == (is_seen or is_public or was_recorded)
    assert any('"outcome":"rejected"' in text for text in texts) == (is_seen or is_public or was_recorded)
    assert any(NOTE in text for text in texts) == ((is_seen and who in OFFICERS) or was_recorded)
    assert any(at.decision() in text for text in texts) == is_public
    assert any(f'"decisionId":"{at.reference}-' in text for text in texts) == (is_public or is_decided)


def test_what_applicants_may_see_moves_their_version_without_an_act(sqlite_world: World) -> None:
    """Lifted by the clockwork, so a poller with the old tag is told."""
    made_round(sqlite_world, "lifted", kind=RoundKind.TRIAL, applicants_see_at=NOON + timedelta(minutes=5))
    at = drafted(sqlite_world, LEAD, MEMBER, round_id="lifted")
    at = signed_off(sqlite_world, recorded(sqlite_world, handed_in(sqlite_world, at)))
    ealing = sqlite_world.system("north-west-london")
    before = ealing.get(f"{at.where}/status")

    sqlite_world.clock.move_by(minutes=5, milliseconds=-1)
    ticked(sqlite_world)
    same = ealing.get(f"{at.where}/status", If_None_Match=before.headers["etag"])
    sqlite_world.clock.move_by(milliseconds=1)
    ticked(sqlite_world)
    lifted = ealing.get(f"{at.where}/status", If_None_Match=before.headers["etag"])

    assert (before.json()["state"], same.status_code, lifted.status_code) == ("recommended", 304, 200)
    assert (lifted.json()["state"], lifted.json()["members"][0]["outcome"]) == ("decided", "approved")
    assert ealing.get(f"{at.where}/status", If_None_Match=lifted.headers["etag"]).status_code == 304


def test_an_application_before_its_submission_was_never_there_for_the_panel(sqlite_world: World) -> None:
    at = withdrawn(sqlite_world, drafted(sqlite_world, LEAD, MEMBER))

    for who in ("london-panel-1", "national-1"):
        assert sqlite_world.person(who).get(at.where).status_code == 404


def test_a_joint_request_waits_for_a_second_panel_member(sqlite_world: World) -> None:
    at = recorded(sqlite_world, handed_in(sqlite_world, drafted(sqlite_world, LEAD, "08G", level="joint")))

    offered = {
        who: [each["rel"] for each in sqlite_world.person(who).get(at.where).json()["nextActions"]]
        for who in ("london-panel-1", "london-panel-2", "london-panel-interested", "national-1")
    }

    assert sqlite_world.system("north-west-london").get(at.where).json()["waitingOn"] == "panel"
    assert offered == {
        "london-panel-1": ["withdraw-outcomes", *ASSESS[:4]],
        "london-panel-2": ["sign-off", "withdraw-outcomes", *ASSESS[:4]],
        "london-panel-interested": [],
        "national-1": [],
    }
