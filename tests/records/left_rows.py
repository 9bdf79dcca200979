"""Rows as an act leaves them: whole rows with what is usual in them, and what is other in rows that were there."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from tests.records.post_decision import SUCCEEDS

# What a row says of the act that wrote it: its instant, and the index of one of its entries.
NOW = "the instant of the act"
FIRST, SECOND_ENTRY, THIRD_ENTRY = "entry 0", "entry 1", "entry 2"
INDICES = {"live_from", "live_to", "signed_off_index", "published_sequence"}
Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


class Left(NamedTuple):
    """What an act left, and nothing besides: new rows whole, of changed ones what changed, keys of removed ones."""

    new: dict[str, list[dict[str, Any]]]
    changed: Rows
    gone: dict[str, list[tuple[Any, ...]]]


def left(
    new: dict[str, list[dict[str, Any]]] | None = None,
    changed: Rows | None = None,
    gone: dict[str, list[tuple[Any, ...]]] | None = None,
) -> Left:
    return Left(new or {}, changed or {}, gone or {})


SCALED_DOWN = {
    "scaled_down_to": "joint",
    "scaled_down_code": "leadership",
    "scaled_down_text": "Uncertain interim management.",
}
NOT_SCALED_DOWN = dict.fromkeys(SCALED_DOWN)


def an_application(reference: str, lead: str, level: str = "delegated") -> dict[str, Any]:
    return {
        "reference": reference,
        "round_id": "trial",
        "requested_level": level,
        "lead_ods_code": lead,
        "region_code": "Y56",
        "state": "draft",
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "first_submitted_at": None,
        "waiting_since": NOW,
        "due_on": None,
        "asked_due_on": None,
        **NOT_SCALED_DOWN,
        "shown_at": None,
        "published_at": None,
        "document": {"proposal": {"summary": reference}},
        "change_request": None,
        "recorded_by": None,
    }


def a_member(reference: str, code: str, position: int = 0) -> dict[str, Any]:
    return {
        "reference": reference,
        "ods_code": code,
        "position": position,
        "round_id": "trial",
        "is_live": False,
        "live_from": None,
        "live_to": None,
        "consented_at": None,
        "left_at": None,
        "scaling_agreed_at": None,
        "precedes": None,
    }


def a_draft(reference: str, code: str, level: str = "delegated") -> Left:
    return left(
        {"applications": [an_application(reference, code, level)], "application_members": [a_member(reference, code)]}
    )


def a_recommendation(reference: str, code: str, outcome: str, **changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "reference": reference,
        "ods_code": code,
        "requested_level": "delegated",
        "outcome": outcome,
        "granted_level": "delegated",
        "chosen_by": None,
        "reasons": [],
        "conditions": [],
        "functions": None,
        "private_note": f"Of {code}.",
        "recorded_by": "person:one",
        "recorded_at": NOW,
    }
    return {**row, **changed}


def a_decision(decision_id: str, reference: str | None, code: str, outcome: str, **changed: Any) -> dict[str, Any]:
    row = {
        "decision_id": decision_id,
        "reference": reference,
        "ods_code": code,
        "name": "NHS Somewhere CCG",
        "region_code": "Y56",
        "area_team_code": None,
        "round_id": "trial",
        "requested_level": "delegated",
        "outcome": outcome,
        "granted_level": "delegated",
        "chosen_by": None,
        "effective_from": date(2015, 4, 1),
        "state": "signed_off",
        "version": 1,
        "decided_on": date(2014, 12, 16),
        "signed_off_on": date(2014, 12, 16),
        "signed_off_index": FIRST,
        "recorded_by": "person:one",
        "signed_off_by": "person:two",
        "published_at": None,
        "published_sequence": None,
        "supersedes": None,
        "superseded_by": None,
        "correction_reason": None,
        "origin": "casework",
        "basis": None,
        "source": None,
        "note": None,
        "succeeds": None,
        "functions": None,
        **NOT_SCALED_DOWN,
    }
    return {**row, **changed}


def a_condition(decision_id: str, number: int, due_on: date | None, text: str) -> dict[str, Any]:
    return {
        "decision_id": decision_id,
        "condition_id": f"c{number}",
        "position": number - 1,
        "text": text,
        "reason_code": "governance",
        "due_on": due_on,
        "state": "open",
        "settled_on": None,
    }


def an_approval(decision_id: str, code: str, **changed: Any) -> dict[str, Any]:
    row = {
        "decision_id": decision_id,
        "ods_code": code,
        "round_id": "trial",
        "level": "delegated",
        "agreement": "awaited",
        "signed_on": None,
        "in_force_from": date(2015, 4, 1),
        "in_force_to": None,
        "ended_by": None,
        "end_reason": None,
        "legal_basis": None,
        "own_to": None,
        "own_by": None,
        "promoted_on": None,
        "start_told": False,
        "end_told": False,
    }
    return {**row, **changed}


def a_proposal(proposal_id: str, decision_id: str, kind: str, **changed: Any) -> dict[str, Any]:
    row = {
        "proposal_id": proposal_id,
        "decision_id": decision_id,
        "kind": kind,
        "condition_id": None,
        "terms": {
            "reason": "Its duties were not met.",
            "legalBasis": "NHS Act 2006, section 13Z",
            "lastDay": "2016-03-31",
        },
        "state": "open",
        "proposed_by": "person:one",
        "proposed_at": NOW,
        "settled_by": None,
        "settled_at": None,
        "settled_note": None,
        "closed_reason": None,
    }
    return {**row, **changed}


def gone(proposal_id: str, state: str, by: str, **why: str) -> dict[str, Any]:
    """A proposal that is no longer open."""
    said = {"state": state, "settled_by": by, "settled_at": NOW, **why}
    return {"proposals": {(proposal_id,): said}}


def a_succession(proposal_id: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {
        "proposal_id": proposal_id,
        "effective_on": date(2018, 4, 1),
        "items": list(items),
        "state": "open",
        "version": 1,
        "proposed_by": "person:one",
        "proposed_at": NOW,
        "settled_by": None,
        "settled_at": None,
        "settled_note": None,
    }


def no_longer_open(proposal_id: str, state: str, **why: str) -> Rows:
    said = {"state": state, "version": 2, "settled_by": "person:two", "settled_at": NOW, **why}
    return {"successions": {(proposal_id,): said}}


def an_announcement(announcement_id: str, state: str, **changed: Any) -> dict[str, Any]:
    row = {
        "announcement_id": announcement_id,
        "round_id": "trial",
        "levels": ["delegated", "joint"],
        "set_digest": f"sha256:{announcement_id}",
        "size": 2,
        "decision_ids": ["CC-A-07P", "CC-A-07W"],
        "state": state,
        "publish_at": None,
        "announced_at": None,
    }
    return {**row, **changed}


def moved(reference: str, version: int, **values: Any) -> Rows:
    """The application alone is at another version."""
    return {"applications": {(reference,): {"version": version, "updated_at": NOW, **values}}}


def handed_on(reference: str, version: int, state: str, **values: Any) -> Rows:
    """The application is in another state as well, and waits from now on."""
    return moved(reference, version, state=state, waiting_since=NOW, **values)


def members_of(reference: str, *codes: str, **values: Any) -> Rows:
    return {"application_members": {(reference, code): values for code in codes}}


def at_version(decision_id: str, version: int, **values: Any) -> Rows:
    return {"decisions": {(decision_id,): {"version": version, **values}}}


def grant_is(decision_id: str, **values: Any) -> Rows:
    return {"approvals": {(decision_id,): values}}


def superseded(decision_id: str, by: str, **values: Any) -> Rows:
    return {"decisions": {(decision_id,): {"state": "superseded", "superseded_by": by, **values}}}


REJECTED: dict[str, Any] = {"granted_level": None, "effective_from": None}
PUBLISHED_FIRST = {"state": "published", "published_at": NOW, "published_sequence": FIRST}
PUBLISHED_SECOND: dict[str, Any] = {
    "state": "published",
    "published_at": NOW,
    "published_sequence": SECOND_ENTRY,
    "signed_off_index": SECOND_ENTRY,
}
OF_HISTORY = {
    **PUBLISHED_FIRST,
    "region_code": "Y55",
    "round_id": "2015-16",
    "decided_on": None,
    "signed_off_on": None,
    "recorded_by": None,
    "signed_off_by": None,
    "origin": "history",
    "basis": "stated",
    "source": "HSJ, made up for a test",
}
OF_A_MERGER: dict[str, Any] = {
    **PUBLISHED_FIRST,
    "round_id": None,
    "requested_level": "joint",
    "granted_level": "joint",
    "effective_from": date(2018, 4, 1),
    "origin": "succession",
    "succeeds": SUCCEEDS,
}
MOVED_ON: dict[str, Any] = {"round_id": None, "level": "joint", "agreement": "novated"}
AS_KNOWN = {"round_id": "2015-16", "agreement": "not_known", "start_told": True, "end_told": True}
CORRECTION = {"correction_reason": "It was taken down wrongly."}
VOID = {"in_force_to": date(2015, 3, 31), "ended_by": "corrected"}
SUBMITTED_AT = datetime(2014, 12, 16, 10, 0, tzinfo=UTC)
REASONS_ROW = {"position": 0, "code": "leadership", "text": "Uncertain interim management."}
CONDITIONS_RECOMMENDED = [
    {"id": "c1", "text": "Change 1.", "reasonCode": "governance", "dueOn": "2015-03-01"},
    {"id": "c2", "text": "Change 2.", "reasonCode": "governance", "dueOn": "2015-03-02"},
    {"id": "c3", "text": "Change 3.", "reasonCode": "governance", "dueOn": "2015-03-03"},
]
WAIVER_TERMS = {"reason": "Overtaken.", "inForceFrom": None}
CORRECTION_TERMS = {
    "correctionReason": "It was taken down wrongly.",
    "outcome": "rejected",
    "chosenBy": None,
    "reasons": [{"code": "leadership", "text": "Uncertain interim management."}],
    "conditions": [],
    "grantedLevel": None,
    "effectiveFrom": None,
}
