"""A panel's work on one application, from the queue to an outcome that was returned and mended.

Nothing is typed twice that the register knows already: every address comes from an answer, and what was returned is
sent again in the form in which it was read.
"""

from typing import Any

from tests.api.steps import handed_in, submitted
from tests.world import REASON, Speaker, World


def offered(document: dict[str, Any], rel: str) -> dict[str, str]:
    [found] = [each for each in document["nextActions"] if each["rel"] == rel]
    action: dict[str, str] = found
    return action


def act(speaker: Speaker, row: dict[str, Any], rel: str, body: dict[str, Any], tag: str) -> dict[str, Any]:
    """Take an act that an answer offers."""
    action = offered(row, rel)
    answer = speaker.send(action["method"], action["href"], body, If_Match=tag)
    assert answer.status_code == 201, answer.text
    done: dict[str, Any] = answer.json()
    return done


def test_from_the_queue_to_a_mended_outcome(world: World) -> None:
    at = submitted(world, "07W", "07P")
    panel, second, national = (world.person(each) for each in ("london-panel-1", "london-panel-2", "national-1"))

    # The oldest of what waits, its application, and what its applicants said.
    [row] = panel.get("/v1/queue?waitingOn=panel&assessed=none").json()["results"]
    file = panel.get(row["href"]).json()
    assert (row["assessed"]["done"], file["assessments"], file["changeRequests"]) == (0, [], [])

    # Two members of the panel assess it; the second reads what the first said.
    [where] = [each["href"] for each in row["nextActions"] if each["href"].endswith("/assessments/governance")]
    panel.put(where, {"rating": "partly_met", "justification": "Who chairs?"}, If_None_Match="*")
    read = second.get(where)
    better = {"rating": read.json()["rating"], "justification": read.json()["justification"] + " Nobody yet."}
    assert second.put(where, better, if_match=read.headers["etag"]).status_code == 200

    # Changes are asked for, and made.
    items = [{"pointer": "/proposal/governance", "text": "Say who chairs."}]
    asked = act(panel, row, "request-changes", {"items": items, "dueOn": "2014-12-20"}, row["etag"])
    handed_in(world, at)
    [met] = panel.get(row["href"]).json()["changeRequests"]
    assert (met["items"], met["requestedBy"]["name"]) == (items, "london-panel-1 (made up)")
    assert met["answeredAt"] is not None
    assert asked["state"] == "changes_requested"

    # The outcome is recorded, and returned with a note.
    [row] = panel.get("/v1/queue?waitingOn=panel&assessed=partly").json()["results"]
    outcomes = [
        {"odsCode": code, "outcome": "rejected", "reasons": [REASON], "privateNote": f"Of {code}."}
        for code in file["memberOdsCodes"]
    ]
    meeting = {"metOn": "2014-12-15", "members": ["One", "Two"], "recusals": ["Three"]}
    act(panel, row, "record-outcomes", {"panel": meeting, "outcomes": outcomes}, row["etag"])
    [waiting] = national.get("/v1/queue?waitingOn=national").json()["results"]
    back = {"decision": "return", "note": "Say what would help."}
    act(national, waiting, "sign-off", back, waiting["etag"])

    # What was returned is mended in the form in which it is read, and recorded again.
    [row] = panel.get("/v1/queue?waitingOn=panel").json()["results"]
    file = panel.get(row["href"]).json()
    [returned] = file["review"]["returned"]
    assert (returned["note"], returned["returnedBy"]["name"]) == (back["note"], "national-1 (made up)")
    again = {"panel": returned["panel"], "outcomes": returned["outcomes"]}
    assert again["panel"] == meeting
    for each in again["outcomes"]:
        each["reasons"][0]["text"] += " A lay chair would help."
    recorded = act(panel, row, "record-outcomes", again, row["etag"])
    assert [each["reasons"][0]["text"] for each in recorded["members"]] == [
        f"{REASON['text']} A lay chair would help."
    ] * 2
    assert [each["privateNote"] for each in recorded["members"]] == ["Of 07W.", "Of 07P."]

    # The second person sees all of it beside each other.
    [waiting] = national.get("/v1/queue?waitingOn=national").json()["results"]
    file = national.get(waiting["href"]).json()
    assert file["review"]["recorded"]["panel"] == meeting
    assert file["review"]["recorded"]["recordedBy"]["name"] == "london-panel-1 (made up)"
    assert len(file["review"]["returned"]) == 1
    act(national, waiting, "sign-off", {"decision": "confirm", "note": "Now it does."}, waiting["etag"])
    signed = national.get(waiting["href"]).json()["review"]["signedOff"]
    assert (signed["note"], signed["signedOffBy"]["name"]) == ("Now it does.", "national-1 (made up)")
