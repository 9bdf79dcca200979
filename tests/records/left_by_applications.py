"""What each act of the story leaves until the outcomes of an application are announced, written out."""

from datetime import UTC, date, datetime

from tests.records.left_rows import (
    CONDITIONS_RECOMMENDED,
    FIRST,
    NOW,
    SECOND_ENTRY,
    SUBMITTED_AT,
    THIRD_ENTRY,
    Left,
    a_condition,
    a_decision,
    a_draft,
    a_member,
    a_recommendation,
    an_announcement,
    an_application,
    an_approval,
    handed_on,
    left,
    members_of,
    moved,
)

OF_APPLICATIONS: dict[str, Left] = {
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
}
