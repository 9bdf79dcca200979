"""What is meant to be new since d1816db (release 0.1.0), so that the nets do not take it for a slip.

A member of a document, the code of a refusal, or a header that was added on purpose stands here by its name, with the
reason. A name that release 0.1.0 had already cannot stand here: then the nets see that it is missing.
"""

from collections.abc import Collection
from typing import Any

NEW_MEMBERS: dict[str, str] = {
    "note": "what a reader must know beside a source (contract 9)",
    "choices": "what CCGs chose without a known outcome (contract 9)",
    "ChoiceOut": "one of them",
    "chosenOn": "its day",
    "outcomeNotKnown": "how many they are",
    "requestNotKnown": "approvals of which no source tells the request (contract 12)",
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
    "MeetingOut": "who sat and who stood aside",
    "LeftOut": "who left, and why",
    "TimelineEventOut": "an event with who acted and what was said",
    "assessedBy": "who assessed",
    "earlier": "what was said before",
    "changeRequests": "what was asked for, met or not",
    "extensions": "more time that was given",
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
    ("areaTeam", frozenset({"measure", "asAt"})): "a total can be of an area team (contract 9)",
    ("reported", frozenset({"groupBy", "rounds"})): "totals of no round (contract 9)",
    ("notDeclared", frozenset({"notKnown"})): "CCGs that are known to have chosen nothing (contract 9)",
    ("outcome", frozenset({"chosenOn"})): "of a choice it is not known (contract 9)",
    ("version", frozenset({"roundId", "deadlines"})): "a round says its version, for If-Match",
    ("version", frozenset({"criterion", "justification"})): "and so does an assessment",
    ("agreement", frozenset({"correction", "revocation", "waiver"})): "a kind of proposal (contract 11)",
    ("reason", frozenset({"occurredOn", "recordedAt"})): "a change says why, if a reason was given (contract 11)",
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
# Operations that are new at an address that 0.1.0 had, by their operationId.
NEW_OPERATIONS: dict[str, str] = {"read_assessment": "what was said by one criterion, with its version"}
# Documents that say more than the one that 0.1.0 gave there.
WIDER: dict[str, str] = {"ApplicationFileOut": "ApplicationOut", "TimelineEventOut": "EventOut"}
# What is new of one operation (by its operationId): a parameter by its name, an answer by its status, or a header or a
# media type of an answer by both.
NEW_IN_OPERATION: dict[tuple[str, str], str] = {
    ("put_round", "If-Match"): "of two administrators the second is told",
    ("put_round", "200 ETag"): "the version that the next change names",
    ("put_round", "201"): "a new round",
    ("put_round", "428"): "a round that is there is changed only with its version",
    ("assess_application", "if-none-match"): "the first assessment",
    ("assess_application", "201"): "likewise",
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


def is_new_act(listed: Any) -> bool:
    """Whether something in a list is an act that was added on purpose, or what ``nextActions`` says of one."""
    name = listed.get("rel") if isinstance(listed, dict) else listed
    return isinstance(name, str) and name in NEW_ACTS
