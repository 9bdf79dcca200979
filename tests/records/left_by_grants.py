"""What each act of the story leaves from the first evidence on, written out: grants, corrections, mergers."""

from datetime import date

from tests.records.left_rows import (
    AS_KNOWN,
    CORRECTION,
    CORRECTION_TERMS,
    FIRST,
    MOVED_ON,
    NOW,
    OF_A_MERGER,
    OF_HISTORY,
    PUBLISHED_FIRST,
    PUBLISHED_SECOND,
    REASONS_ROW,
    REJECTED,
    SCALED_DOWN,
    SECOND_ENTRY,
    SUBMITTED_AT,
    VOID,
    WAIVER_TERMS,
    Left,
    a_condition,
    a_decision,
    a_draft,
    a_proposal,
    a_succession,
    an_announcement,
    an_approval,
    at_version,
    gone,
    grant_is,
    handed_on,
    left,
    members_of,
    moved,
    no_longer_open,
    superseded,
)
from tests.records.post_decision import moving

OF_GRANTS: dict[str, Left] = {
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
