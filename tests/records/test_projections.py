"""Projections: what each entry of a life, and of what comes after it, leaves in the tables, on both databases."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection
from sqlmodel import Session

from app.records import ledger, migrations
from app.records.audit import log_entries
from app.records.audit.replay import InMemoryProjections
from app.records.audit.verification import verify
from app.records.changes import primary_key, table_of
from app.records.entries import CLASSES
from app.records.entries.wire import Entry, LoggedEntry
from app.records.projections import PROJECTED
from app.records.session import Database
from tests.past import projected
from tests.records.post_decision import (
    BEGINNING,
    DUE,
    SET,
    SIGNED,
    STARTED,
    STORY,
    SUCCEEDS,
    UNMET,
    WAIVER,
    Told,
    after,
    announced,
    cancelled,
    confirmed,
    end,
    moving,
    step,
    tell,
    tell_all,
)

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


def keyed(database: Database) -> Rows:
    found = projected(database)
    names = {table_of(model).name: primary_key(model) for model in PROJECTED}
    return {table: {tuple(row[name] for name in names[table]): row for row in rows} for table, rows in found.items()}


def difference(before: Rows, after_: Rows, told: Told) -> Left:
    """What is other than before, with the act's own instant and indices by their names."""
    new: dict[str, list[dict[str, Any]]] = {}
    changed: Rows = {}
    gone: dict[str, list[tuple[Any, ...]]] = {}
    for table, rows in after_.items():
        there = before[table]
        for key, row in rows.items():
            if key not in there:
                new.setdefault(table, []).append(named(row, told))
            elif row != there[key]:
                values = {name: value for name, value in row.items() if value != there[key][name]}
                changed.setdefault(table, {})[key] = named(values, told)
        lost = [key for key in there if key not in rows]
        gone |= {table: lost} if lost else {}
    return Left(new, changed, gone)


def named(row: dict[str, Any], told: Told) -> dict[str, Any]:
    def name(column: str, value: object) -> object:
        if value == told.at:
            return NOW
        if column in INDICES and value in told.indices:
            return f"entry {told.indices.index(value)}"
        return value

    return {column: name(column, value) for column, value in row.items()}


# --- what each act leaves, written out ----------------------------------------------------------

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
LEAVES: dict[str, Left] = {
    "drafted by three": left(
        {
            "applications": [an_application("CC-A", "07P")],
            "application_members": [
                a_member("CC-A", "07P", 0),
                a_member("CC-A", "07W", 1),
                a_member("CC-A", "09A", 2),
            ],
        }
    ),
    "consented": left(changed=moved("CC-A", 2) | members_of("CC-A", "07W", consented_at=NOW)),
    "amended with a consent": left(
        changed=moved("CC-A", 3, document={"proposal": {"summary": "Amended"}})
        | {
            "application_members": {
                ("CC-A", "07P"): {"consented_at": datetime(2014, 12, 16, 8, 30, tzinfo=UTC)},
                ("CC-A", "07W"): {"consented_at": None},
            }
        }
    ),
    "drafted by an earlier release": a_draft("CC-B", "08C", "joint"),
    "drafted for two": left(
        {
            "applications": [an_application("CC-C", "08E")],
            "application_members": [a_member("CC-C", "08E", 0), a_member("CC-C", "08G", 1)],
        }
    ),
    "left a draft": left(changed=moved("CC-C", 2) | members_of("CC-C", "08G", left_at=NOW)),
    "submitted": left(
        changed=handed_on("CC-A", 4, "submitted", first_submitted_at=SUBMITTED_AT)
        | members_of("CC-A", "07P", "07W", "09A", is_live=True, live_from=FIRST)
    ),
    "submitted by one": left(
        changed=handed_on("CC-B", 2, "submitted", first_submitted_at=SUBMITTED_AT)
        | members_of("CC-B", "08C", is_live=True, live_from=FIRST)
    ),
    "assessed": left(
        {
            "assessments": [
                {
                    "reference": "CC-A",
                    "criterion": "benefits",
                    "rating": "not_met",
                    "justification": "It says nothing of patients.",
                    "assessed_by": "person:one",
                    "assessed_at": NOW,
                }
            ]
        }
    ),
    "assessed anew": left(
        changed={
            "assessments": {
                ("CC-A", "benefits"): {
                    "rating": "met",
                    "justification": "It does say.",
                    "assessed_by": "person:two",
                    "assessed_at": NOW,
                }
            }
        }
    ),
    "assessed by another criterion": left(
        {
            "assessments": [
                {
                    "reference": "CC-A",
                    "criterion": "finance",
                    "rating": "met",
                    "justification": None,
                    "assessed_by": "person:one",
                    "assessed_at": NOW,
                }
            ]
        }
    ),
    "changes requested": left(
        changed=handed_on(
            "CC-A",
            5,
            "changes_requested",
            due_on=date(2015, 1, 9),
            asked_due_on=date(2015, 1, 9),
            change_request=[],
        )
    ),
    "extended for changes": left(
        {
            "extensions": [
                {
                    "extension_id": "EX-A",
                    "round_id": "trial",
                    "ods_code": "07P",
                    "level": "delegated",
                    "reference": "CC-A",
                    "until": date(2015, 1, 16),
                    "reason": "A governing body meets late.",
                    "granted_by": "person:one",
                    "granted_at": NOW,
                }
            ]
        },
        moved("CC-A", 6, due_on=date(2015, 1, 16)),
    ),
    "extended for a level": left(
        {
            "extensions": [
                {
                    "extension_id": "EX-B",
                    "round_id": "trial",
                    "ods_code": "08Y",
                    "level": "joint",
                    "reference": None,
                    "until": date(2015, 2, 20),
                    "reason": "Snow.",
                    "granted_by": "person:one",
                    "granted_at": NOW,
                }
            ]
        }
    ),
    "submitted again": left(
        changed=handed_on("CC-A", 7, "submitted", due_on=None, asked_due_on=None, change_request=None)
    ),
    "recommended": left(
        {
            "recommendations": [
                a_recommendation("CC-A", "07P", "conditional", conditions=CONDITIONS_RECOMMENDED),
                a_recommendation("CC-A", "07W", "approved"),
                a_recommendation(
                    "CC-A",
                    "09A",
                    "rejected",
                    granted_level=None,
                    reasons=[{"code": "leadership", "text": "Uncertain interim management."}],
                ),
            ]
        },
        handed_on("CC-A", 8, "recommended", recorded_by="person:one"),
    ),
    "left": left(
        changed=moved("CC-A", 9) | members_of("CC-A", "09A", is_live=False, live_to=FIRST, left_at=NOW),
        gone={"recommendations": [("CC-A", "09A")]},
    ),
    "drafted to lapse": a_draft("CC-D", "08G"),
    "submitted to lapse": left(
        changed=handed_on("CC-D", 2, "submitted", first_submitted_at=SUBMITTED_AT)
        | members_of("CC-D", "08G", is_live=True, live_from=FIRST)
    ),
    "recommended to lapse": left(
        {"recommendations": [a_recommendation("CC-D", "08G", "approved", private_note=None)]},
        handed_on("CC-D", 3, "recommended", recorded_by="person:one"),
    ),
    "lapsed": left(
        changed=handed_on("CC-D", 4, "lapsed", recorded_by=None)
        | members_of("CC-D", "08G", is_live=False, live_to=FIRST),
        gone={"recommendations": [("CC-D", "08G")]},
    ),
    "signed off by an earlier release": left(
        {
            "decisions": [
                a_decision("CC-A-07P", "CC-A", "07P", "conditional"),
                a_decision("CC-A-07W", "CC-A", "07W", "approved", signed_off_index=SECOND_ENTRY),
            ],
            "decision_conditions": [
                a_condition("CC-A-07P", 1, date(2015, 3, 1), "Change 1."),
                a_condition("CC-A-07P", 2, date(2015, 3, 2), "Change 2."),
                a_condition("CC-A-07P", 3, date(2015, 3, 3), "Change 3."),
            ],
        },
        handed_on("CC-A", 10, "decided"),
    ),
    "signed off and shown": left(
        {
            "decisions": [
                a_decision("CC-B-08C", "CC-B", "08C", "approved", requested_level="joint", granted_level="joint")
            ]
        },
        handed_on("CC-B", 3, "decided", shown_at=NOW),
    ),
    "shown": left(changed=moved("CC-A", 11, shown_at=NOW)),
    "scheduled": left(
        {"announcements": [an_announcement("AN-A", "scheduled", publish_at=datetime(2014, 12, 17, 9, 30, tzinfo=UTC))]}
    ),
    "cancelled": left(changed={"announcements": {("AN-A",): {"state": "cancelled"}}}),
    "scheduled anew": left(
        {"announcements": [an_announcement("AN-B", "scheduled", publish_at=datetime(2014, 12, 18, 9, 30, tzinfo=UTC))]}
    ),
    "announced as scheduled": left(
        {
            "approvals": [
                an_approval("CC-A-07P", "07P", in_force_from=None),
                an_approval("CC-A-07W", "07W"),
            ]
        },
        {
            "announcements": {("AN-B",): {"state": "made", "announced_at": NOW}},
            "applications": {("CC-A",): {"version": 12, "updated_at": NOW, "waiting_since": NOW, "published_at": NOW}},
            "decisions": {
                ("CC-A-07P",): {
                    "version": 2,
                    "state": "published",
                    "published_at": NOW,
                    "published_sequence": SECOND_ENTRY,
                },
                ("CC-A-07W",): {
                    "version": 2,
                    "state": "published",
                    "published_at": NOW,
                    "published_sequence": THIRD_ENTRY,
                },
            },
        },
    ),
    "announced by an earlier release": left(
        {
            "announcements": [an_announcement("AN-C", "made", size=1, decision_ids=[], announced_at=NOW)],
            "approvals": [an_approval("CC-B-08C", "08C", level="joint")],
        },
        {
            "applications": {("CC-B",): {"version": 4, "updated_at": NOW, "waiting_since": NOW, "published_at": NOW}},
            "decisions": {
                ("CC-B-08C",): {
                    "version": 2,
                    "state": "published",
                    "published_at": NOW,
                    "published_sequence": SECOND_ENTRY,
                }
            },
        },
    ),
    "evidence given": left(
        {
            "condition_evidence": [
                {
                    "decision_id": "CC-A-07P",
                    "condition_id": "c1",
                    "number": 1,
                    "text": "The committee has met.",
                    "links": [{"title": "Minutes", "url": "https://example.test/minutes"}],
                    "given_at": NOW,
                },
                {
                    "decision_id": "CC-A-07P",
                    "condition_id": "c1",
                    "number": 2,
                    "text": "And again.",
                    "links": [],
                    "given_at": NOW,
                },
            ]
        },
        at_version("CC-A-07P", 3),
    ),
    "condition met": left(
        changed=at_version("CC-A-07P", 4)
        | {"decision_conditions": {("CC-A-07P", "c1"): {"state": "met", "settled_on": date(2015, 2, 27)}}}
    ),
    "condition lapsed": left(
        changed=at_version("CC-A-07P", 5)
        | {"decision_conditions": {("CC-A-07P", "c2"): {"state": "lapsed", "settled_on": date(2015, 3, 3)}}}
    ),
    "waiver proposed": left(
        {"proposals": [a_proposal("PR-A", "CC-A-07P", "waiver", condition_id="c3", terms=WAIVER_TERMS)]},
        at_version("CC-A-07P", 6),
    ),
    "waiver confirmed": left(
        changed=at_version("CC-A-07P", 7)
        | {
            **gone("PR-A", "confirmed", "person:two"),
            "decision_conditions": {("CC-A-07P", "c3"): {"state": "waived", "settled_on": date(2015, 3, 4)}},
        }
        | grant_is("CC-A-07P", promoted_on=date(2015, 3, 4), in_force_from=date(2015, 4, 1))
    ),
    "not taken up": left(changed=at_version("CC-A-07P", 8) | grant_is("CC-A-07P", agreement="not_taken_up")),
    "signed": left(
        changed=at_version("CC-A-07W", 3)
        | grant_is("CC-A-07W", agreement="signed", signed_on=date(2015, 3, 20), in_force_from=date(2015, 5, 1))
    ),
    "started": left(changed=at_version("CC-B-08C", 3) | grant_is("CC-B-08C", start_told=True)),
    "notice given": left(
        changed=at_version("CC-A-07W", 4)
        | grant_is(
            "CC-A-07W",
            in_force_to=date(2016, 3, 31),
            ended_by="notice",
            end_reason="We merge.",
            own_to=date(2016, 3, 31),
            own_by="notice",
        )
    ),
    "resumed": left(changed=at_version("CC-A-07W", 5) | grant_is("CC-A-07W", in_force_to=None, ended_by=None)),
    "ended by an earlier release": left(
        changed=grant_is("CC-A-07W", in_force_to=date(2015, 12, 31), ended_by="superseded_by_grant", end_told=True)
    ),
    "resumed by an earlier release": left(
        changed=grant_is("CC-A-07W", in_force_to=None, ended_by=None, end_told=False)
    ),
    "ending": left(
        changed=at_version("CC-A-07W", 6) | grant_is("CC-A-07W", in_force_to=date(2018, 3, 31), ended_by="succeeded")
    ),
    "revocation proposed": left(
        {"proposals": [a_proposal("PR-B", "CC-B-08C", "revocation")]}, at_version("CC-B-08C", 4)
    ),
    "revoked": left(
        changed=at_version("CC-B-08C", 5)
        | gone("PR-B", "confirmed", "person:two")
        | grant_is(
            "CC-B-08C",
            in_force_to=date(2016, 3, 31),
            ended_by="revoked",
            end_reason="Its duties were not met.",
            legal_basis="NHS Act 2006, section 13Z",
            own_to=date(2016, 3, 31),
            own_by="revoked",
            end_told=True,
        )
    ),
    "proposed in vain": left({"proposals": [a_proposal("PR-C", "CC-A-07W", "revocation")]}, at_version("CC-A-07W", 7)),
    "replaced by a correction": left(
        {"proposals": [a_proposal("PR-D", "CC-A-07W", "correction", terms=CORRECTION_TERMS)]},
        at_version("CC-A-07W", 8) | gone("PR-C", "replaced", "person:one"),
    ),
    "corrected to a rejection": left(
        {
            "decisions": [
                a_decision(
                    "CC-A-07W-2",
                    "CC-A",
                    "07W",
                    "rejected",
                    **REJECTED,
                    **PUBLISHED_SECOND,
                    **CORRECTION,
                    supersedes="CC-A-07W",
                )
            ],
            "decision_reasons": [{"decision_id": "CC-A-07W-2", **REASONS_ROW}],
        },
        superseded("CC-A-07W", "CC-A-07W-2", version=9)
        | gone("PR-D", "confirmed", "person:two")
        | grant_is("CC-A-07W", **VOID, end_reason=None, end_told=True)
        | members_of("CC-A", "07W", is_live=False, live_to=SECOND_ENTRY),
    ),
    "drafted to be rejected": a_draft("CC-E", "07Y"),
    "submitted to be rejected": left(
        changed=handed_on("CC-E", 2, "submitted", first_submitted_at=SUBMITTED_AT)
        | members_of("CC-E", "07Y", is_live=True, live_from=FIRST)
    ),
    "rejected": left(
        {
            "decisions": [a_decision("CC-E-07Y", "CC-E", "07Y", "rejected", **REJECTED)],
            "decision_reasons": [{"decision_id": "CC-E-07Y", **REASONS_ROW}],
        },
        handed_on("CC-E", 3, "decided"),
    ),
    "rejection announced": left(
        {"announcements": [an_announcement("AN-D", "made", size=1, decision_ids=[], announced_at=NOW)]},
        moved("CC-E", 4, waiting_since=NOW, published_at=NOW)
        | at_version("CC-E-07Y", 2, state="published", published_at=NOW, published_sequence=SECOND_ENTRY)
        | members_of("CC-E", "07Y", is_live=False, live_to=SECOND_ENTRY),
    ),
    "corrected to an approval": left(
        {
            "decisions": [
                a_decision(
                    "CC-E-07Y-2", "CC-E", "07Y", "approved", **PUBLISHED_FIRST, **CORRECTION, supersedes="CC-E-07Y"
                )
            ],
            "approvals": [
                an_approval("CC-E-07Y-2", "07Y", agreement="signed", signed_on=date(2015, 3, 20), start_told=True)
            ],
        },
        superseded("CC-E-07Y", "CC-E-07Y-2") | members_of("CC-E", "07Y", is_live=True, live_from=FIRST, live_to=None),
    ),
    "corrected after it was revoked": left(
        {
            "decisions": [
                a_decision(
                    "CC-B-08C-2",
                    "CC-B",
                    "08C",
                    "approved",
                    requested_level="joint",
                    granted_level="joint",
                    **PUBLISHED_FIRST,
                    **CORRECTION,
                    supersedes="CC-B-08C",
                )
            ],
            "approvals": [an_approval("CC-B-08C-2", "08C", level="joint")],
        },
        superseded("CC-B-08C", "CC-B-08C-2") | grant_is("CC-B-08C", **VOID, end_reason=None, legal_basis=None),
    ),
    "told of the past": left(
        {
            "decisions": [a_decision("past-05L", None, "05L", "conditional", **OF_HISTORY)],
            "decision_conditions": [a_condition("past-05L", 1, None, "Mend the constitution.")],
            "approvals": [an_approval("past-05L", "05L", in_force_from=None, **AS_KNOWN)],
        }
    ),
    "condition of the past met": left(
        changed=at_version("past-05L", 2)
        | {"decision_conditions": {("past-05L", "c1"): {"state": "met", "settled_on": date(2015, 3, 1)}}}
    ),
    "notice given of the past": left(
        changed=at_version("past-05L", 3)
        | grant_is(
            "past-05L",
            in_force_to=date(2016, 3, 31),
            ended_by="notice",
            end_reason="We merge.",
            own_to=date(2016, 3, 31),
            own_by="notice",
            end_told=False,
        )
    ),
    "corrected by an earlier release": left(
        {
            "decisions": [
                a_decision("past-05L-2", None, "05L", "approved", **OF_HISTORY, **CORRECTION, supersedes="past-05L")
            ],
            "approvals": [
                an_approval("past-05L-2", "05L", in_force_to=date(2018, 3, 31), ended_by="succeeded", **AS_KNOWN)
            ],
        },
        superseded("past-05L", "past-05L-2") | grant_is("past-05L", **VOID, end_reason=None, end_told=True),
    ),
    "correction proposed": left(
        {"proposals": [a_proposal("PR-E", "CC-A-07P", "correction", terms=CORRECTION_TERMS)]}, at_version("CC-A-07P", 9)
    ),
    "proposal taken back": left(
        changed=at_version("CC-A-07P", 10) | gone("PR-E", "withdrawn", "person:two", settled_note="Not so.")
    ),
    "waiver proposed in vain": left(
        {"proposals": [a_proposal("PR-F", "CC-A-07P", "waiver", condition_id="c3", terms=WAIVER_TERMS)]},
        at_version("CC-A-07P", 11),
    ),
    "notice given in haste": left(
        changed=at_version("CC-A-07P", 12)
        | grant_is(
            "CC-A-07P",
            in_force_to=date(2016, 3, 31),
            ended_by="notice",
            end_reason="We merge.",
            own_to=date(2016, 3, 31),
            own_by="notice",
        )
    ),
    "notice taken back": left(
        changed=at_version("CC-A-07P", 14)
        | grant_is("CC-A-07P", in_force_to=None, ended_by=None, end_reason=None, own_to=None, own_by=None)
    ),
    "agreement corrected": left(
        changed=at_version("CC-A-07P", 15) | grant_is("CC-A-07P", agreement="signed", signed_on=date(2015, 3, 6))
    ),
    "proposal closed": left(changed=gone("PR-F", "closed", "person:one", closed_reason="Condition c3 is waived.")),
    "succession proposed in vain": left({"successions": [a_succession("SU-A", moving("15D", "none", "none"))]}),
    "succession taken back": left(changed=no_longer_open("SU-A", "withdrawn", settled_note="Too early.")),
    "succession proposed": left(
        {
            "successions": [
                a_succession(
                    "SU-B",
                    moving("15D", "joint", "mixed", agreement="novated", reason="All agreed."),
                    moving("15E", "none", "none"),
                )
            ]
        }
    ),
    "succession confirmed": left(
        {
            "decisions": [a_decision("S2018-04-01-15D", None, "15D", "conditional", **OF_A_MERGER)],
            "decision_conditions": [
                a_condition("S2018-04-01-15D", number, date(2015, 3, number), f"Change {number}.")
                for number in (1, 2, 3)
            ],
            "approvals": [an_approval("S2018-04-01-15D", "15D", **MOVED_ON, in_force_from=None)],
        },
        no_longer_open("SU-B", "confirmed"),
    ),
    "succession corrected": left(
        {
            "decisions": [
                a_decision(
                    "S2018-04-01-15D-2",
                    None,
                    "15D",
                    "approved",
                    **OF_A_MERGER,
                    supersedes="S2018-04-01-15D",
                    correction_reason="There was no condition.",
                )
            ],
            "approvals": [an_approval("S2018-04-01-15D-2", "15D", **MOVED_ON, in_force_from=date(2018, 4, 1))],
        },
        superseded("S2018-04-01-15D", "S2018-04-01-15D-2")
        | grant_is("S2018-04-01-15D", in_force_to=date(2014, 12, 15), ended_by="corrected", end_told=True),
    ),
    "drafted to be scaled down": a_draft("CC-F", "09C"),
    "submitted to be scaled down": left(
        changed=handed_on("CC-F", 2, "submitted", first_submitted_at=SUBMITTED_AT)
        | members_of("CC-F", "09C", is_live=True, live_from=FIRST)
    ),
    "scaling agreed to": left(changed=moved("CC-F", 3) | members_of("CC-F", "09C", scaling_agreed_at=NOW)),
    "scaled down": left(changed=moved("CC-F", 4, **SCALED_DOWN)),
    "downgraded by choice": left(
        {
            "decisions": [
                a_decision(
                    "CC-F-09C",
                    "CC-F",
                    "09C",
                    "downgraded_to_joint",
                    granted_level="joint",
                    chosen_by="ccg",
                    **SCALED_DOWN,
                )
            ]
        },
        handed_on("CC-F", 5, "decided"),
    ),
    "choice announced": left(
        {
            "announcements": [an_announcement("AN-E", "made", size=1, decision_ids=[], announced_at=NOW)],
            "approvals": [an_approval("CC-F-09C", "09C", level="joint")],
        },
        moved("CC-F", 6, waiting_since=NOW, published_at=NOW)
        | at_version("CC-F-09C", 2, state="published", published_at=NOW, published_sequence=SECOND_ENTRY),
    ),
}


def test_each_act_leaves_these_rows_and_no_others_and_they_are_what_the_log_says(world_url: str) -> None:
    database = Database(world_url)
    found, before = {}, keyed(database)
    for told in tell(database):
        now = keyed(database)
        found[told.act.name] = difference(before, now, told)
        before = now
        assert (told.act.name, verify(database).faults) == (told.act.name, ())

    database.close()
    assert found == LEAVES


def test_every_kind_is_in_the_story_or_older_than_it() -> None:
    kinds = {cls.KIND for cls in CLASSES}
    told = {entry.kind for each in STORY for entry in each.entries}

    assert kinds - told == {
        "log.opened",
        "entry.redacted",  # of which no row comes
        "clock.accepted",
        "organisation.changed",
        "organisations.stated",  # imports, of which tests of their own tell
        "round.changed",
        "total.reported",
        "client.changed",
        "person.changed",
        "application.withdrawn",
        "outcome.returned",
        "declaration.made",
    }
    assert told - kinds == set()


# --- what was private is gone -------------------------------------------------------------------

PRIVATE = {
    "applications": {"document", "change_request", "recorded_by"},
    "recommendations": {"private_note", "recorded_by"},
    "assessments": {"rating", "justification", "assessed_by"},
    "extensions": {"reason", "granted_by"},
    "decisions": {"recorded_by", "signed_off_by"},
    "condition_evidence": {"text", "links"},
    "proposals": {"proposed_by", "settled_by", "settled_note"},
    "successions": {"proposed_by", "settled_by", "settled_note"},
}


@pytest.fixture(scope="module")
def told(shared: Database) -> Database:
    """The story told once for the room."""
    tell_all(shared)
    return shared


def test_without_the_private_bytes_the_same_rows_stand_without_what_was_private(told: Database) -> None:
    replayed = InMemoryProjections(migrations.reference_rows())
    with told.reading() as session:
        for entry in log_entries.read(session.connection()):
            is_of_the_story = entry.at >= BEGINNING
            replayed.apply(LoggedEntry.of(entry.body, None if is_of_the_story else entry.private_body))

    bared = {table_of(model).name: replayed.rows_of(model) for model in PROJECTED}
    assert bared == {
        table: {key: {**row, **dict.fromkeys(PRIVATE.get(table, ()))} for key, row in rows.items()}
        for table, rows in keyed(told).items()
    }


# --- what no act could have gone on with --------------------------------------------------------

UNFIT: dict[str, Entry] = {
    "consent at a version that is over": step("consent.given", "CC-C", 2, "draft", "08E"),
    "consent of another": step("consent.given", "CC-C", 3, "draft", "07P"),
    "leaving of another": step("member.left", "CC-C", 3, "draft", "07P", wasLive=False),
    "showing at a version that is over": step("outcome.shown", "CC-A", 12, "decided", memberOdsCodes=[], dueAt=DUE),
    "lapse of nothing": step("application.lapsed", "CC-Z", 2, "lapsed", memberOdsCodes=[], dueAt=DUE),
    "extension at a version that is over": step(
        "extension.granted",
        "CC-C",
        2,
        "draft",
        "08E",
        extensionId="EX-Z",
        roundId="trial",
        level="joint",
        until="2015-02-20",
    ),
    "version of a decision that is over": after("approval.started", "CC-E-07Y-2", 1, **STARTED),
    "version of a decision to come": after("approval.started", "CC-E-07Y-2", 3, **STARTED),
    "condition met twice": after("condition.met", "CC-A-07P", conditionId="c1", occurredOn="2015-03-05"),
    "condition waived that lapsed": after(
        "condition.waived", "CC-A-07P", conditionId="c2", occurredOn="2015-03-05", **UNMET
    ),
    "condition lapsed that is not there": after(
        "condition.lapsed", "CC-A-07P", conditionId="c9", occurredOn="2015-03-05", **UNMET
    ),
    "proposal confirmed twice": confirmed("PR-A", "CC-A-07P", 16, "waiver"),
    "proposal confirmed that was replaced": confirmed("PR-C", "CC-A-07W", 10),
    "proposal confirmed that was taken back": confirmed("PR-E", "CC-A-07P", 16, "correction"),
    "proposal confirmed that was closed": confirmed("PR-F", "CC-A-07P", 16, "waiver"),
    "proposal that replaces one confirmed": after(
        "proposal.made",
        "CC-A-07P",
        16,
        proposalId="PR-Z",
        kind="waiver",
        conditionId="c3",
        terms=WAIVER,
        replaces="PR-A",
    ),
    "announcement made that was cancelled": announced("made", "AN-A", decisionIds=SET, dueAt="2014-12-17T09:30:00Z"),
    "announcement made twice": announced("made", "AN-B", decisionIds=SET, dueAt="2014-12-18T09:30:00Z"),
    "announcement cancelled that was made": cancelled("AN-B"),
    "signature for a rejection": after("agreement.signed", "CC-E-07Y", 3, **SIGNED, inForceFrom="2015-04-01"),
    "end of a rejection": after("approval.ended", "CC-E-07Y", **end("2016-03-31", "revoked")),
}


@pytest.mark.usefixtures("clocks_go_back")
@pytest.mark.parametrize("name", UNFIT)
def test_an_entry_that_does_not_find_its_row_is_not_appended(told: Database, bare: Connection, name: str) -> None:
    with Session(bare) as session, pytest.raises(LookupError, match=r"^0 rows of "):
        ledger.append_written(session, [UNFIT[name]], at=BEGINNING)
