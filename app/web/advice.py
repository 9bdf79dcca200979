"""What each problem means and what to do about it: the words of its page, and of its example in the API's description.

What a problem means is the docstring of its refusal. What to do stands here, by its code.
"""

from app.rules.refusals import Refusal

ADVICE = {
    "too-many-versions": (
        "If the answer has Retry-After, amend again on the next London day; meanwhile you can submit or withdraw the "
        "draft. If it has none, waiting does not help: submit the draft, or withdraw it and create a new one."
    ),
    "write-unconfirmed": (
        "If the request had an Idempotency-Key, send the same request again with the same key: it is done once. If it "
        "had none, read the record first, and send the request again only if the act was not done."
    ),
    "already-decided": "Leave the CCGs that errors names out of the succession. If such a decision is wrong, propose its correction.",  # noqa: E501
    "already-held": "Look at the CCG's approvals at /v1/approvals/{odsCode}. Take the CCG out of memberOdsCodes, or apply for the other level.",  # noqa: E501
    "already-proposed": "Look at /v1/successions: confirm the one that names the CCG, or take it back first.",
    "announcement-changed": "Make a new preview, look at what difference names, and announce with the new setDigest as expect.",  # noqa: E501
    "approval-not-needed": "POST {odsCode, roundId, level, attribution} to /v1/declarations instead.",
    "body-too-large": "Send at most 262144 bytes: shorten the texts, and link documents instead of quoting them.",
    "condition-not-allowed": "Leave conditions out of that outcome, or record it as conditional.",
    "condition-required": "Add a condition with text, reasonCode and dueOn, or record the outcome as approved.",
    "conflict": "Read the record again, and do what its nextActions offer.",
    "conflict-of-interest": "Let a person without an interest in any of these CCGs act. If the interest has ended, ask an administrator to change it.",  # noqa: E501
    "consent-missing": "Create the draft, let each CCG that errors names agree by its own client at /consents, then submit. Any amendment ends the consents.",  # noqa: E501
    "deadline-passed": "Ask NHS England for an extension, then submit again. Without one, apply in the next round.",
    "duplicate-application": "Follow href in conflicts to the other application: amend it or withdraw it. If href is null it is another client's: ask that CCG.",  # noqa: E501
    "forbidden": "Compare detail with your registration: scope, CCGs, role and regions. Use the client or person that fits, or ask an administrator to change the registration.",  # noqa: E501
    "header-too-large": "Send at most 16 KB of address and headers: drop cookies and headers that the register does not need, and shorten the query.",  # noqa: E501
    "idempotency-key-required": "Send a new UUID as Idempotency-Key, and keep it: the same request is sent again with the same key.",  # noqa: E501
    "idempotency-key-reused": "If this is a new request, send it with a new key. If it is the old one again, send the old body, byte for byte as you meant it.",  # noqa: E501
    "if-match-required": 'GET the record, look at it, and send its ETag as it came, for instance If-Match: "v3". For something new send If-None-Match: * instead.',  # noqa: E501
    "incomplete": "Read detail: it names the rule. Change the document so that it keeps the rule, and send it again.",
    "incomplete-application": "PATCH the draft so that it has a value at each pointer in errors, then submit again.",
    "internal": "Give the trace id to the register's operators. Read the record before you send the request again.",
    "invalid-document": "Change the value at each pointer in errors as its detail says. The empty pointer is the whole document. Then send it again.",  # noqa: E501
    "invalid-header": "Write the header that detail names in the form that it gives, once, and send the request again.",
    "invalid-parameter": "Change each parameter in errors as its detail says, or leave it out, and ask again.",
    "live-application": "Withdraw the application at href, if the CCG no longer wants it, and declare then. Otherwise declare nothing.",  # noqa: E501
    "malformed-body": "Let a JSON library write the body in UTF-8, and send what it wrote unchanged. detail says what is wrong.",  # noqa: E501
    "member-missing": "Send one entry in outcomes for each code in members of the application, and none for any other.",
    "method-not-allowed": "Use one of the methods in the Allow header, or check the address: an act has an address of its own.",  # noqa: E501
    "not-acceptable": "Put one of the formats that detail lists into Accept, or leave Accept out.",
    "not-found": "Check the address letter by letter (ODS codes in capitals, references in small letters), and that you sent the token of somebody who may see the record.",  # noqa: E501
    "not-scaled-down": "Record chosenBy panel, or ask the lead's client to scale the application down first.",
    "not-signed-yet": "Wait for as many seconds as Retry-After says, then ask for the same proof again.",
    "not-yet-known": "Ask with the position that this answer names as the newest, or leave the parameter out.",
    "nothing-to-announce": "Make a preview and look at notYetSignedOff: those must be signed off first. If it is empty, all is announced.",  # noqa: E501
    "nothing-to-downgrade": "Record approved, conditional or rejected: a joint request has no lower level to go to.",
    "notice-required": "POST to /v1/decisions/{decisionId}/notice of the CCG's delegated decision, then apply for joint commissioning.",  # noqa: E501
    "notice-too-short": "Name a later lastDay, or leave it out: the register then takes the first that is possible. For an earlier one, ask NHS England.",  # noqa: E501
    "only-rejection": "Record rejected with a reason for each member, or let NHS England give more time before its day has passed.",  # noqa: E501
    "person-required": "Send a person's token from a configured issuer, not one from /oauth2/token. Systems can do the reading for them.",  # noqa: E501
    "reason-required": "Add a reason with a code from /v1/reference-data/reasons and a text, which will be public.",
    "request-in-progress": "Wait for as many seconds as Retry-After says, then send the same request with the same key: you get the first one's answer.",  # noqa: E501
    "round-not-open": "Look up opensOn and closesOn at /v1/rounds, and name a round that is open today.",
    "same-person": "Let a second person with the same role act: nextActions in that person's answers offers it.",
    "scaled-down": "Record downgraded_to_joint with chosenBy ccg, or rejected.",
    "several-regions": "Group the CCGs by the region that errors gives for each, and create one application for each group.",  # noqa: E501
    "stale": "GET the record again, look at what changed, decide anew, and send the new ETag as If-Match.",
    "unavailable": "Wait for as many seconds as Retry-After says, then send the same request again. It was not done.",
    "unknown-host": "Use the address that the operators published. Operators: name this host in REGISTER_ALLOWED_HOSTS, and let the proxy pass Host on.",  # noqa: E501
    "unknown-organisation": "Look the code up at /v1/organisations: it must be a CCG that is open today. For a closed one its record names the successor.",  # noqa: E501
    "unknown-round": "Take a roundId from /v1/rounds. It is written in small letters, for instance 2015-16.",
    "unrecognised": "Get a new token (systems at /oauth2/token, people from their issuer), and send it once, as Authorization: Bearer. If a new one fails too, ask the operators: their log says why.",  # noqa: E501
    "unsupported-media-type": "Send the body uncompressed in UTF-8, with the Content-Type that detail names. PATCH takes application/merge-patch+json.",  # noqa: E501
    "wrong-state": "Choose one of the acts in allowed. If there is none, nothing is yours to do: wait until waitingOn in the status names you.",  # noqa: E501
}
# These say themselves what to do; the rest is the same for each.
_BY_STATUS = {
    429: "Wait for as many seconds as Retry-After says, then send the same request again, and ask less often.",
    503: "Wait for as many seconds as Retry-After says, then send the same request again.",
}


def meaning_of(kind: type[Refusal]) -> str:
    """What a problem means, as plain text."""
    return " ".join((kind.__doc__ or "").replace("``", "").split())


def advice_on(kind: type[Refusal], status: int) -> str:
    """What to do about a problem that is answered with this status."""
    return ADVICE.get(kind.code) or _BY_STATUS[status]
