"""What is meant to be new since d1816db (release 0.1.0), so that the nets do not take it for a slip.

A member of a document, the code of a refusal, or a header that was added on purpose stands here by its name, with the
reason. A name that release 0.1.0 had already cannot stand here: then the nets see that it is missing.
"""

from collections.abc import Collection
from typing import Any

NEW_MEMBERS: dict[str, str] = {
    "429": "limits by client and by address",
    "too-many-versions": "a draft has at most 100 versions a day, and 1 MB in all",
    "too-many-requests": "the refusal beyond them",
    "RateLimit": "what is left",
    "RateLimit-Policy": "of how many",
    "writing": "/_status says whether acts are taken, which a full disk keeps from being so without being unfit",
    "remarks": "/_status says why acts are refused",
    "lookedAt": "/_status says when the register last looked",
    "tickedAt": "and when it last did what is due by time",
    "findings": "and what an operator should know before it does harm (contract 11, operating)",
    "FindingOut": "one of them",
    "/v1/applications/{reference}/outcomes/withdrawal": "outcomes are taken back (contract 11)",
    "OutcomesWithdrawalIn": "what is sent there",
    "/v1/proposals/{proposalId}/withdrawal": "a proposal is taken back (contract 11)",
    "ProposalWithdrawalIn": "what is sent there",
    "/v1/decisions/{decisionId}/notice/withdrawal": "a notice is taken back (contract 11)",
    "/v1/decisions/{decisionId}/agreement/correction": "an agreement is corrected (contract 11)",
    "AgreementCorrectionIn": "what is sent there",
    "NoticeWithdrawalIn": "what is sent there",
    "NoticeOut": "a notice says its last day, and until when it can be taken back (contract 11)",
    "pastProposals": "what became of proposals: who, when and why (contract 11)",
    "PastProposalOut": "one of them",
    "write-unconfirmed": "an act whose COMMIT was not answered may have been done, and its caller is told so",
    "/v1/applications/{reference}/versions": "what an application said at each version",
    "/v1/applications/{reference}/versions/{version}": "one of them",
    "VersionsOut": "their list",
    "VersionRowOut": "one in the list",
    "VersionOut": "one of them",
    "ChangedOut": "a place that it changed",
    "ApplicationFileOut": "an application with its file",
    "AssessmentFileOut": "an assessment with its author and the words before",
    "SaidByOut": "words before",
    "ActorOut": "who acted",
    "PastChangeRequestOut": "change requests that were met too",
    "ExtensionGivenOut": "more time that was given",
    "WithdrawnOut": "why an application was withdrawn",
    "ReviewOut": "what the panel and NHS England said and did",
    "RecordedOut": "what was recorded in one act",
    "RecordedOutcomeOut": "an outcome as it was recorded",
    "RecordedConditionOut": "and its conditions",
    "ReturnedOut": "what was returned",
    "SignedOffOut": "who signed off",
    "CorrectedOut": "what replaced the outcome of one CCG",
    "MeetingOut": "who sat and who stood aside",
    "LeftOut": "who left, and why",
    "TimelineEventOut": "an event with who acted and what was said",
    "assessedBy": "who assessed",
    "earlier": "what was said before",
    "changeRequests": "what was asked for, met or not",
    "extensions": "more time that was given",
    "extendedTo": "the later day by which changes are due, beside the one that the panel named (contract 11)",
    "consentsMissing": "who has not agreed to a draft",
    "withdrawal": "why it was withdrawn",
    "review": "what officers said and did",
    "by": "who acted",
    "said": "the words of an entry, for those to whom they are promised",
    "acts": "what was said and done about a decision",
    "assessed": "by how many criteria an application in the queue is assessed",
    "AssessedOut": "so many of so many",
    "/v1/publications": "from a day to a sequence",
    "publications": "their table",
    "never_started": "a grant that ends before it would have begun (contract 9)",
    "PublicReasonOut": "a reason with all codes for which its text stands",
    "standings": "the words for how a grant stands, as reference data",
    "PublicationsOut": "their list",
    "PublicationOut": "one of them",
    "PublicationLinksOut": "the events of one, and the approvals of then",
}
# Entries that the same story has now beside those that it had. The others are numbered as if they were not there.
NEW_ENTRIES: dict[str, str] = {
    "proposal.closed": "a proposal that can no longer be confirmed closes itself (contract 11)",
}
# Acts, and what ``nextActions`` calls them.
NEW_ACTS: dict[str, str] = {
    "withdraw_outcomes": "a panel takes its outcomes back until they are signed off (contract 11)",
    "withdraw-outcomes": "the same",
    "withdraw_proposal": "NHS England takes a proposal back (contract 11)",
    "withdraw-proposal": "the same",
    "propose_agreement": "an agreement that was recorded wrongly is corrected (contract 11)",
    "propose-agreement-correction": "the same",
    "assess": "who may assess an application is told so",
    "withdraw_notice": "a CCG takes its notice back (contract 11)",
    "withdraw-notice": "the same",
}
# Headers likewise, in small letters.
NEW_HEADERS: dict[str, str] = {
    "ratelimit": "signed-in answers and those of the token endpoint say what is left",
    "ratelimit-policy": "of how many",
}
# A member whose name 0.1.0 had elsewhere: it is new only in an object that has these members as well.
NEW_BESIDE: dict[tuple[str, frozenset[str]], str] = {
    ("codes", frozenset({"code", "text"})): "a text that stands for several reasons is shown once",
    ("version", frozenset({"roundId", "deadlines"})): "a round says its version, for If-Match",
    ("version", frozenset({"criterion", "justification"})): "and so does an assessment",
    ("version", frozenset({"waitingOn", "ageDays"})): "and a row of the queue, for its CSV",
    ("applicant", frozenset({"panel", "national", "announcement", "condition"})): "a word that the queue takes",
    ("agreement", frozenset({"correction", "revocation", "waiver"})): "a kind of proposal (contract 11)",
    ("reason", frozenset({"occurredOn", "recordedAt"})): "a change says why, if a reason was given (contract 11)",
    **{
        (name, frozenset({"decidedOn", "correctionReason", "sequence"})): "a decision says what became of its grant"
        for name in ("standing", "inForceFrom", "inForceTo", "endedBy", "endReason", "legalBasis")
    },
    ("notice", frozenset({"agreement", "promotedOn"})): "a notice says its last day (contract 11)",
}
# Answers to the signed-in that say something else now, by who asks for what (with the method, if it is no GET).
_A_DRAFT = "a draft says the deadline by which it must be submitted"
SAID_OTHERWISE: dict[tuple[str, str], str] = {
    ("bradford-districts", "/v1/applications/trial-4-0000001t"): _A_DRAFT,
    ("bradford-districts", "/v1/applications/trial-4-0000001t/status"): _A_DRAFT,
    ("bradford-districts", "/v1/applications?limit=200"): _A_DRAFT,
    ("bradford-districts", "/v1/applications?limit=2"): _A_DRAFT,
    ("bradford-districts", "/v1/applications?state=draft,decided"): _A_DRAFT,
    ("hackney", "POST /v1/applications"): "403 for a CCG that is not registered names its pointer",
    ("stoke", "POST /v1/applications?validateOnly=true"): "likewise",
}
# Answers to the public likewise, with the format that ``Accept`` asks for, if it does.
_OVER = "nothing stays open of what is over, and what never was in force has not ended (contract 9)"
_PER_CENT = "nothing is said in per cent of what is not decided yet"
_COLUMNS = "the table of decisions says what became of the grants"
SAID_OTHERWISE |= {
    ("", "/v1/changes?after=999999"): "a position that nothing has reached yet is refused (contract 9)",
    ("", "/v1/reference-data"): "the words for how a grant stands are reference data too",
    **{
        ("", path): _OVER
        for path in (
            "/v1/approvals?outcome=conditional",
            "/v1/approvals?outcome=downgraded_to_joint",
            "/v1/approvals?standing=ended",
            "/v1/organisations.csv?on=2015-05-10",
            "/v1/approvals.csv-metadata.json",
            "/v1/organisations.csv-metadata.json",
            *(f"/v1/organisations/05C?on={day}" for day in ("2015-04-01", "2015-05-10", "2016-04-01")),
            *(f"/v1/organisations/05C?on={day}" for day in ("2018-04-01", "2019-06-01", "2020-04-01")),
        )
    },
    **{
        ("", path): _COLUMNS
        for path in (
            *("/v1/decisions.csv", "/v1/decisions.ndjson", "/v1/decisions.csv?on=2015-05-10"),
            *("/v1/decisions (text/csv)", "/v1/decisions (application/x-ndjson)"),
            *("/v1/decisions (application/json;q=0.5, text/csv)", "/v1/decisions.csv-metadata.json"),
        )
    },
    **{
        ("", path): _PER_CENT
        for path in (
            *("/v1/statistics.csv", "/v1/statistics.csv?on=2015-05-10", "/v1/statistics (text/csv)"),
            *("/v1/statistics (application/json;q=0.5, text/csv)", "/v1/statistics.csv-metadata.json"),
        )
    },
    **{(who, "/v1/queue"): _OVER for who in ("london-panel-1", "national-1", "national-system")},
    **{
        (who, f"/v1/{path}"): _OVER
        for own, paths in {
            "north-west-london": ("decisions/2015-16-00000001-07W/record", "decisions/late-0000001k-07W/record"),
            "slough": ("decisions/late-0000001c-10T/record",),
            "bradford": ("decisions/later-0000001f-02W/record",),
            "dudley": ("decisions/next-00000012-05C/record",),
            "hackney": (
                *("applications/next-0000000w", "applications/next-0000000w/status"),
                "decisions/next-0000000w-07T/record",
            ),
        }.items()
        for path in paths
        for who in (own, "national-1")
    },
}
# Operations that are new at an address that 0.1.0 had, by their operationId.
NEW_OPERATIONS: dict[str, str] = {"read_assessment": "what was said by one criterion, with its version"}
# Documents that say more than the one that 0.1.0 gave there.
WIDER: dict[str, str] = {
    "ApplicationFileOut": "ApplicationOut",
    "PublicReasonOut": "ReasonOut",
    "TimelineEventOut": "EventOut",
}
# Members that may be null now, by their document.
NULL_SINCE: dict[tuple[str, str], str] = {
    **{
        ("PercentOut", name): "nothing is said in per cent of what is not there yet"
        for name in (
            *("delegated", "joint", "greater_involvement", "none", "notDeclared"),
            *("approved", "conditional", "rejected", "downgraded_to_joint", "notApprovedAsRequested"),
        )
    },
}
# What is new of one operation (by its operationId): a parameter by its name, an answer by its status, or a header or a
# media type of an answer by both.
NEW_IN_OPERATION: dict[tuple[str, str], str] = {
    ("put_round", "If-Match"): "of two administrators the second is told",
    ("put_round", "200 ETag"): "the version that the next change names",
    ("put_round", "201"): "a new round",
    ("put_round", "428"): "a round that is there is changed only with its version",
    ("assess_application", "if-none-match"): "the first assessment",
    ("assess_application", "201"): "likewise",
    ("assess_application", "If-Match"): "likewise: it goes without",
    ("list_changes", "after"): "a position has no sign (contract 12)",
    ("list_events", "after"): "likewise",
    ("list_changes", "422"): "a position that nothing has reached yet (contract 9)",
    ("list_events", "422"): "likewise",
    ("list_entries", "422"): "likewise (contract 12)",
    ("list_approvals", "endedBy"): "grants by what ended them",
    ("list_decisions", "conditionState"): "decisions by their conditions",
    ("list_decisions", "overdue"): "likewise",
    ("list_decisions", "endedBy"): "and by what ended their grants",
    ("list_queue", "200 text/csv"): "the queue as CSV",
    ("list_queue", "odsCode"): "filters of the queue",
    ("list_queue", "round"): "likewise",
    ("list_queue", "level"): "likewise",
    ("list_queue", "flag"): "likewise",
    ("list_queue", "assessed"): "likewise",
}


def is_new(name: str, beside: Collection[str]) -> bool:
    """Whether a member of an object with these members was added on purpose."""
    return name in NEW_MEMBERS or any(name == new and needed.issubset(beside) for new, needed in NEW_BESIDE)


def as_then(value: dict[str, Any]) -> dict[str, Any]:
    """An object as 0.1.0 would have said it, as far as that can be told from what is said now.

    A condition stayed open when its grant was over, what never started had ended, and what is not there yet was 0.0 %.
    """
    said = dict(value)
    if said.get("state") == "lapsed" and said.get("settledOn", "") is None:
        said["state"] = "open"
    if said.get("standing") == "never_started":
        said["standing"] = "ended"
    if isinstance(said.get("percent"), dict):
        nobody = {name: 100.0 if name == "notDeclared" else 0.0 for name in said["percent"]}
        said["percent"] = {name: nobody[name] if each is None else each for name, each in said["percent"].items()}
    if said.get("coverage") == "complete" and said.get("percentApproved", "") is None:
        said["percentApproved"] = 0.0
    return said


def is_new_act(listed: Any) -> bool:
    """Whether something in a list is an act that was added on purpose, or what ``nextActions`` says of one."""
    name = listed.get("rel") if isinstance(listed, dict) else listed
    return isinstance(name, str) and name in NEW_ACTS
