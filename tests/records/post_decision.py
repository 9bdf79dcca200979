"""A story that has every kind of entry of a life and what comes after it, written into the ledger past casework.

It goes together with what else tests write: its references and CCGs are its own. Some of its entries are
as earlier releases wrote them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from app.records import ledger
from app.records.entries.wire import Entry
from app.records.session import Database

BEGINNING = datetime(2014, 12, 16, 9, 0, tzinfo=UTC)
ONE, TWO = "person:one", "person:two"
MEMBERS = ["07P", "07W", "09A"]
REASON = {"code": "leadership", "text": "Uncertain interim management."}
CONDITIONS = [
    {"id": f"c{number}", "text": f"Change {number}.", "reasonCode": "governance", "dueOn": f"2015-03-0{number}"}
    for number in (1, 2, 3)
]
OF_THE_PAST = {"id": "c1", "text": "Mend the constitution.", "reasonCode": "governance", "dueOn": None}
LINKS = [{"title": "Minutes", "url": "https://example.test/minutes"}]


class Act(NamedTuple):
    """Entries that are written together, and what the tests call them."""

    name: str
    entries: tuple[Entry, ...]


class Told(NamedTuple):
    """An act that was written, when, and the indices of its entries."""

    act: Act
    at: datetime
    indices: list[int]


def act(name: str, *entries: Entry) -> Act:
    return Act(name, entries)


def step(kind: str, reference: str, version: int, state: str, *codes: str, **given: Any) -> Entry:
    """An entry that moves an application; it may be about one CCG."""
    private = {"actor": ONE, **given.pop("private", {})}
    data = {"version": version, "state": state, **given}
    return Entry(kind, data, private, reference=reference, ods_code=codes[0] if codes else None)


def created(reference: str, *members: str, level: str = "delegated", **given: Any) -> Entry:
    terms = {"roundId": "trial", "requestedLevel": level, "leadOdsCode": members[0], "regionCode": "Y56"}
    private = {"document": {"proposal": {"summary": reference}}}
    return step("application.created", reference, 1, "draft", memberOdsCodes=members, private=private, **terms, **given)


def submitted(reference: str, version: int, *members: str, **given: Any) -> Entry:
    said = {
        "regionCode": "Y56",
        "memberOdsCodes": members,
        "isFirst": True,
        "firstSubmittedAt": "2014-12-16T10:00:00Z",
        "endsDeclarations": [],
    }
    return step("application.submitted", reference, version, "submitted", **{**said, **given})


def ruled(outcome: str, level: str = "delegated", **given: Any) -> dict[str, Any]:
    """An outcome as entries say it."""
    return {
        "requestedLevel": level,
        "outcome": outcome,
        "grantedLevel": None if outcome == "rejected" else level,
        "chosenBy": None,
        "reasons": [REASON] if outcome == "rejected" else [],
        "conditions": CONDITIONS if outcome == "conditional" else [],
        **given,
    }


def decided(decision_id: str, outcome: str, level: str = "delegated", **given: Any) -> dict[str, Any]:
    """A decision as the entry that makes it says it."""
    said = {
        "decisionId": decision_id,
        "roundId": "trial",
        "name": "NHS Somewhere CCG",
        "regionCode": "Y56",
        "areaTeamCode": None,
        **ruled(outcome, level),
        "effectiveFrom": None if outcome == "rejected" else "2015-04-01",
        "decidedOn": "2014-12-16",
    }
    return {**said, **given}


def signed_off(reference: str, version: int, code: str, outcome: str, level: str = "delegated", **given: Any) -> Entry:
    said = {"position": 0, "signedOffOn": "2014-12-16", **decided(f"{reference}-{code}", outcome, level), **given}
    private = {"actor": TWO, "recordedBy": ONE}
    return step("decision.signed_off", reference, version, "decided", code, private=private, **said)


def published(
    reference: str, version: int, code: str, given: dict[str, Any] | None = None, *, position: int = 0
) -> Entry:
    data = {
        "decisionId": f"{reference}-{code}",
        "announcementId": "AN-B",
        "roundId": "trial",
        "opens": 1,
        "occurredOn": "2014-12-18",
        "position": position,
        "version": version,
        "state": "decided",
        "grant": given,
    }
    return Entry("decision.published", data, {"actor": ONE}, reference=reference, ods_code=code, publishes=True)


def grant(level: str = "delegated", starts: str | None = "2015-04-01", **given: Any) -> dict[str, Any]:
    return {"level": level, "agreement": "awaited", "inForceFrom": starts, **given}


def after(kind: str, decision_id: str, version: int | None = None, /, **given: Any) -> Entry:
    """An entry about a decision and what it gives; the first of its act says the version."""
    private = {"actor": ONE, **given.pop("private", {})}
    version_said = {} if version is None else {"decisionVersion": version}
    data = {"decisionId": decision_id, "roundId": "trial", **version_said, **given}
    reference, code = decision_id.rsplit("-", 1)
    return Entry(kind, data, private, reference=reference, ods_code=code, publishes=True)


def end(last_day: str, ended_by: str) -> dict[str, str]:
    return {"occurredOn": last_day, "inForceTo": last_day, "endedBy": ended_by}


def proposed(proposal_id: str, decision_id: str, version: int, kind: str, terms: dict[str, Any], **given: Any) -> Entry:
    said = {"proposalId": proposal_id, "kind": kind, "conditionId": None, "terms": terms, "replaces": None, **given}
    return after("proposal.made", decision_id, version, **said)


def confirmed(proposal_id: str, decision_id: str, version: int, kind: str = "revocation") -> Entry:
    return after("proposal.confirmed", decision_id, version, proposalId=proposal_id, kind=kind, private={"actor": TWO})


def corrected(superseded: str, decision: dict[str, Any], **given: Any) -> Entry:
    """The correction of a decision by casework, or with an ``origin`` by history."""
    said = {
        "supersedes": superseded,
        "correctionReason": "It was taken down wrongly.",
        "voids": {"inForceTo": "2015-03-31", "endedBy": "corrected"},
        "grant": None,
    }
    if "origin" not in given:
        said |= {"member": None, "proposalId": "PR-D", "signedOffOn": "2014-12-16", "occurredOn": "2014-12-16"}
    private = {"actor": TWO} if "origin" in given else {"actor": TWO, "proposedBy": ONE}
    reference, code = superseded.rsplit("-", 1)
    return Entry(
        "decision.corrected",
        {**decision, **said, **given},
        private,
        reference=None if "origin" in given else reference,
        ods_code=code,
        publishes=True,
    )


def announced(kind: str, announcement_id: str, **given: Any) -> Entry:
    said = {
        "announcementId": announcement_id,
        "roundId": "trial",
        "levels": ["delegated", "joint"],
        "setDigest": f"sha256:{announcement_id}",
        "size": 2,
    }
    return Entry(f"announcement.{kind}", {**said, **given}, {"actor": ONE})


def cancelled(announcement_id: str) -> Entry:
    return Entry("announcement.cancelled", {"announcementId": announcement_id, "roundId": "trial"}, {"actor": ONE})


SET = ["CC-A-07P", "CC-A-07W"]
PAST = {
    "origin": "history",
    "basis": "stated",
    "source": "HSJ, made up for a test",
    "regionCode": "Y55",
    "occurredOn": None,
}
SIGNED = {"occurredOn": "2015-03-20", "signedOn": "2015-03-20"}
STARTED = {"occurredOn": "2015-04-01", "inForceFrom": "2015-04-01"}
UNMET = {"reason": "It was overtaken."}
DUE = "2014-12-17T09:00:00Z"
REVOCATION = {"reason": "Its duties were not met.", "legalBasis": "NHS Act 2006, section 13Z", "lastDay": "2016-03-31"}
WAIVER = {"reason": "Overtaken.", "inForceFrom": None}
CORRECTION = {
    "correctionReason": "It was taken down wrongly.",
    "outcome": "rejected",
    "chosenBy": None,
    "reasons": [REASON],
    "conditions": [],
    "grantedLevel": None,
    "effectiveFrom": None,
}

BEFORE_A_DECISION = (
    act("drafted by three", created("CC-A", *MEMBERS)),
    act("consented", step("consent.given", "CC-A", 2, "draft", "07W")),
    act(
        "amended with a consent",
        step(
            "application.amended",
            "CC-A",
            3,
            "draft",
            roundId="trial",
            requestedLevel="delegated",
            leadOdsCode="07P",
            regionCode="Y56",
            memberOdsCodes=MEMBERS,
            consents={"07P": "2014-12-16T08:30:00Z"},
            private={"document": {"proposal": {"summary": "Amended"}}},
        ),
    ),
    act("drafted by an earlier release", created("CC-B", "08C", level="joint")),
    act("drafted for two", created("CC-C", "08E", "08G")),
    act("left a draft", step("member.left", "CC-C", 2, "draft", "08G", wasLive=False)),
    act("submitted", submitted("CC-A", 4, *MEMBERS)),
    act("submitted by one", submitted("CC-B", 2, "08C")),
    act(
        "assessed",
        step(
            "assessment.recorded",
            "CC-A",
            5,
            "submitted",
            criterion="benefits",
            private={"rating": "not_met", "justification": "It says nothing of patients."},
        ),
    ),
    act(
        "assessed anew",
        step(
            "assessment.recorded",
            "CC-A",
            6,
            "submitted",
            criterion="benefits",
            private={"actor": TWO, "rating": "met", "justification": "It does say."},
        ),
    ),
    act(
        "assessed by another criterion",
        step("assessment.recorded", "CC-A", 7, "submitted", criterion="finance", private={"rating": "met"}),
    ),
    act(
        "changes requested",
        step("changes.requested", "CC-A", 5, "changes_requested", dueOn="2015-01-09", private={"items": []}),
    ),
    act(
        "extended for changes",
        step(
            "extension.granted",
            "CC-A",
            6,
            "changes_requested",
            "07P",
            extensionId="EX-A",
            roundId="trial",
            level="delegated",
            until="2015-01-16",
            private={"reason": "A governing body meets late."},
        ),
    ),
    act(
        "extended for a level",
        Entry(
            "extension.granted",
            {"extensionId": "EX-B", "roundId": "trial", "level": "joint", "until": "2015-02-20"},
            {"actor": ONE, "reason": "Snow."},
            ods_code="08Y",
        ),
    ),
    act("submitted again", submitted("CC-A", 7, *MEMBERS, isFirst=False)),
    act(
        "recommended",
        *(
            step(
                "outcome.recommended",
                "CC-A",
                8,
                "recommended",
                code,
                position=position,
                **ruled(outcome),
                private={"privateNote": f"Of {code}."},
            )
            for position, (code, outcome) in enumerate(
                [("07P", "conditional"), ("07W", "approved"), ("09A", "rejected")]
            )
        ),
    ),
    act("left", step("member.left", "CC-A", 9, "recommended", "09A", wasLive=True)),
    act("drafted to lapse", created("CC-D", "08G")),
    act("submitted to lapse", submitted("CC-D", 2, "08G")),
    act(
        "recommended to lapse",
        step("outcome.recommended", "CC-D", 3, "recommended", "08G", position=0, **ruled("approved")),
    ),
    act("lapsed", step("application.lapsed", "CC-D", 4, "lapsed", memberOdsCodes=["08G"], dueAt=DUE)),
)
ANNOUNCEMENTS = (
    act(
        "signed off by an earlier release",
        signed_off("CC-A", 10, "07P", "conditional"),
        signed_off("CC-A", 10, "07W", "approved", position=1),
    ),
    act("signed off and shown", signed_off("CC-B", 3, "08C", "approved", "joint", isShown=True)),
    act("shown", step("outcome.shown", "CC-A", 11, "decided", memberOdsCodes=MEMBERS[:2], dueAt=DUE)),
    act(
        "scheduled",
        announced("scheduled", "AN-A", decisionIds=SET, publishAt="2014-12-17T09:30:00Z"),
    ),
    act("cancelled", cancelled("AN-A")),
    act(
        "scheduled anew",
        announced("scheduled", "AN-B", decisionIds=SET, publishAt="2014-12-18T09:30:00Z"),
    ),
    act(
        "announced as scheduled",
        announced("made", "AN-B", decisionIds=SET, dueAt="2014-12-18T09:30:00Z"),
        published("CC-A", 12, "07P", grant(starts=None)),
        published("CC-A", 12, "07W", grant(), position=1),
    ),
    act(
        "announced by an earlier release",
        announced("made", "AN-C", size=1),
        published("CC-B", 4, "08C", grant("joint")),
    ),
)
OF_GRANTS = (
    act(
        "evidence given",
        after(
            "evidence.given",
            "CC-A-07P",
            3,
            conditionId="c1",
            number=1,
            private={"text": "The committee has met.", "links": LINKS},
        ),
        after("evidence.given", "CC-A-07P", conditionId="c1", number=2, private={"text": "And again.", "links": []}),
    ),
    act("condition met", after("condition.met", "CC-A-07P", 4, conditionId="c1", occurredOn="2015-02-27")),
    act(
        "condition lapsed", after("condition.lapsed", "CC-A-07P", 5, conditionId="c2", occurredOn="2015-03-03", **UNMET)
    ),
    act(
        "waiver proposed",
        proposed("PR-A", "CC-A-07P", 6, "waiver", WAIVER, conditionId="c3"),
    ),
    act(
        "waiver confirmed",
        confirmed("PR-A", "CC-A-07P", 7, "waiver"),
        after("condition.waived", "CC-A-07P", conditionId="c3", occurredOn="2015-03-04", **UNMET),
        after("approval.promoted", "CC-A-07P", occurredOn="2015-03-04", inForceFrom="2015-04-01"),
    ),
    act("not taken up", after("approval.not_taken_up", "CC-A-07P", 8, occurredOn="2015-03-05")),
    act("signed", after("agreement.signed", "CC-A-07W", 3, **SIGNED, inForceFrom="2015-05-01")),
    act("started", after("approval.started", "CC-B-08C", 3, **STARTED)),
    act(
        "notice given",
        after(
            "notice.given",
            "CC-A-07W",
            4,
            occurredOn="2016-03-31",
            inForceTo="2016-03-31",
            endedBy="notice",
            reason="We merge.",
        ),
    ),
    act("resumed", after("approval.resumed", "CC-A-07W", 5)),
    act(
        "ended by an earlier release",
        after("approval.ended", "CC-A-07W", **end("2015-12-31", "superseded_by_grant")),
    ),
    act("resumed by an earlier release", after("approval.resumed", "CC-A-07W")),
    act(
        "ending",
        after("approval.ending", "CC-A-07W", 6, **end("2018-03-31", "succeeded")),
    ),
    act("revocation proposed", proposed("PR-B", "CC-B-08C", 4, "revocation", REVOCATION)),
    act(
        "revoked",
        confirmed("PR-B", "CC-B-08C", 5),
        after(
            "approval.ended",
            "CC-B-08C",
            occurredOn="2016-03-31",
            inForceTo="2016-03-31",
            endedBy="revoked",
            reason="Its duties were not met.",
            legalBasis="NHS Act 2006, section 13Z",
        ),
    ),
)
CORRECTIONS = (
    act("proposed in vain", proposed("PR-C", "CC-A-07W", 7, "revocation", REVOCATION)),
    act(
        "replaced by a correction",
        proposed("PR-D", "CC-A-07W", 8, "correction", CORRECTION, replaces="PR-C"),
    ),
    act(
        "corrected to a rejection",
        confirmed("PR-D", "CC-A-07W", 9, "correction"),
        corrected("CC-A-07W", decided("CC-A-07W-2", "rejected"), member="ended"),
    ),
    act("drafted to be rejected", created("CC-E", "07Y")),
    act("submitted to be rejected", submitted("CC-E", 2, "07Y")),
    act("rejected", signed_off("CC-E", 3, "07Y", "rejected")),
    act("rejection announced", announced("made", "AN-D", size=1), published("CC-E", 4, "07Y")),
    act(
        "corrected to an approval",
        corrected(
            "CC-E-07Y",
            decided("CC-E-07Y-2", "approved"),
            voids=None,
            grant=grant(agreement="signed", signedOn="2015-03-20", startTold=True),
            member="live",
        ),
    ),
    act(
        "corrected after it was revoked",
        corrected("CC-B-08C", decided("CC-B-08C-2", "approved", "joint"), grant=grant("joint")),
    ),
)
HISTORY = (
    act(
        "told of the past",
        Entry(
            "decision.published",
            {
                **decided("past-05L", "conditional", roundId="2015-16", decidedOn=None, conditions=[OF_THE_PAST]),
                **PAST,
                "grant": {
                    "level": "delegated",
                    "agreement": "not_known",
                    "inForceFrom": None,
                    "inForceTo": None,
                    "endedBy": None,
                },
            },
            {"actor": ONE},
            ods_code="05L",
            publishes=True,
        ),
    ),
    act(
        "condition of the past met",
        after("condition.met", "past-05L", 2, roundId="2015-16", conditionId="c1", occurredOn="2015-03-01"),
    ),
    act(
        "notice given of the past",
        after(
            "notice.given",
            "past-05L",
            3,
            roundId="2015-16",
            occurredOn="2016-03-31",
            inForceTo="2016-03-31",
            endedBy="notice",
            reason="We merge.",
        ),
    ),
    act(
        "corrected by an earlier release",
        corrected(
            "past-05L",
            decided("past-05L-2", "approved", roundId="2015-16", decidedOn=None),
            **PAST,
            grant={
                "level": "delegated",
                "agreement": "not_known",
                "inForceFrom": "2015-04-01",
                "inForceTo": "2018-03-31",
                "endedBy": "succeeded",
            },
        ),
    ),
)
TAKEN_BACK = (
    act("correction proposed", proposed("PR-E", "CC-A-07P", 9, "correction", CORRECTION)),
    act(
        "proposal taken back",
        after(
            "proposal.withdrawn",
            "CC-A-07P",
            10,
            proposalId="PR-E",
            kind="correction",
            private={"actor": TWO, "note": "Not so."},
        ),
    ),
    act("waiver proposed in vain", proposed("PR-F", "CC-A-07P", 11, "waiver", WAIVER, conditionId="c3")),
    act(
        "proposal closed",
        after("proposal.closed", "CC-A-07P", proposalId="PR-F", kind="waiver", reason="Condition c3 is waived."),
    ),
    act(
        "notice given in haste",
        after(
            "notice.given",
            "CC-A-07P",
            12,
            occurredOn="2015-03-06",
            inForceTo="2016-03-31",
            endedBy="notice",
            reason="We merge.",
        ),
    ),
    act(
        "notice taken back",
        after("notice.withdrawn", "CC-A-07P", 13, occurredOn="2015-03-07", reason="We do not merge."),
        after("approval.resumed", "CC-A-07P", 14),
    ),
    act(
        "agreement corrected",
        after(
            "agreement.corrected",
            "CC-A-07P",
            15,
            occurredOn="2015-03-08",
            agreement="signed",
            signedOn="2015-03-06",
            inForceFrom="2015-04-01",
            startTold=False,
            reason="They had signed.",
            private={"proposedBy": TWO},
        ),
    ),
)


def succession(kind: str, code: str | None = None, /, *, by: str = ONE, **given: Any) -> Entry:
    """An entry about what moves on after a merger; what was confirmed is about a body, and public."""
    private = {"actor": by, **given.pop("private", {})}
    return Entry(f"succession.{kind}", given, private, ods_code=code, publishes=kind == "confirmed")


def moving(code: str, level: str, proposed_level: str, **given: Any) -> dict[str, Any]:
    return {"odsCode": code, "level": level, "agreement": None, "reason": None, "proposed": proposed_level, **given}


MOVED = {"effectiveOn": "2018-04-01", "confirmedLate": False, "occurredOn": "2014-12-16"}
SUCCEEDS = [{"odsCode": "10T", "decisionId": "past-05L-05L"}, {"odsCode": "11C", "decisionId": None}]
SUCCESSIONS = (
    act(
        "succession proposed in vain",
        succession("proposed", proposalId="SU-A", effectiveOn="2018-04-01", items=[moving("15D", "none", "none")]),
    ),
    act("succession taken back", succession("withdrawn", by=TWO, proposalId="SU-A", private={"note": "Too early."})),
    act(
        "succession proposed",
        succession(
            "proposed",
            proposalId="SU-B",
            effectiveOn="2018-04-01",
            items=[
                moving("15D", "joint", "mixed", agreement="novated", reason="All agreed."),
                moving("15E", "none", "none"),
            ],
        ),
    ),
    act(
        "succession confirmed",
        succession(
            "confirmed",
            "15D",
            by=TWO,
            **decided("S2018-04-01-15D", "conditional", "joint", roundId=None, effectiveFrom="2018-04-01"),
            **MOVED,
            origin="succession",
            proposalId="SU-B",
            position=0,
            succeeds=SUCCEEDS,
            reason="All agreed.",
            signedOffOn="2014-12-16",
            grant=grant("joint", None, agreement="novated"),
            private={"proposedBy": ONE},
        ),
        succession(
            "confirmed",
            "15E",
            by=TWO,
            **MOVED,
            proposalId="SU-B",
            position=1,
            succeeds=[],
            reason=None,
            private={"proposedBy": ONE},
        ),
    ),
    act(
        "succession corrected",
        Entry(
            "decision.corrected",
            {
                **decided("S2018-04-01-15D-2", "approved", "joint", roundId=None, effectiveFrom="2018-04-01"),
                "supersedes": "S2018-04-01-15D",
                "correctionReason": "There was no condition.",
                "voids": {"inForceTo": "2014-12-15", "endedBy": "corrected"},
                "grant": grant("joint", "2018-04-01", agreement="novated"),
                "member": None,
                "proposalId": "PR-S",
                "signedOffOn": "2014-12-16",
                "occurredOn": "2014-12-16",
                "succeeds": SUCCEEDS,
            },
            {"actor": TWO, "proposedBy": ONE},
            ods_code="15D",
            publishes=True,
        ),
    ),
)
SCALED = {"level": "joint", "reason": REASON}
CHOSEN = {"requestedLevel": "delegated", "chosenBy": "ccg", "scaledDown": SCALED}
SCALINGS = (
    act("drafted to be scaled down", created("CC-F", "09C")),
    act("submitted to be scaled down", submitted("CC-F", 2, "09C")),
    act("scaling agreed to", step("consent.given", "CC-F", 3, "submitted", "09C", scaleDownTo="joint")),
    act("scaled down", step("application.scaled_down", "CC-F", 4, "submitted", **SCALED)),
    act("downgraded by choice", signed_off("CC-F", 5, "09C", "downgraded_to_joint", "joint", **CHOSEN)),
    act("choice announced", announced("made", "AN-E", size=1), published("CC-F", 6, "09C", grant("joint"))),
)
STORY = (
    *BEFORE_A_DECISION,
    *ANNOUNCEMENTS,
    *OF_GRANTS,
    *CORRECTIONS,
    *HISTORY,
    *TAKEN_BACK,
    *SUCCESSIONS,
    *SCALINGS,
)


def tell(database: Database) -> Iterator[Told]:
    """Write the story act by act, a minute apart, each in a transaction of its own."""
    for number, each in enumerate(STORY):
        at = BEGINNING + timedelta(minutes=number)
        with database.writing() as session:
            receipts = ledger.append_written(session, each.entries, at=at)
        yield Told(each, at, [receipt.index for receipt in receipts])


def tell_all(database: Database) -> None:
    """Write the whole story."""
    for _ in tell(database):
        pass
