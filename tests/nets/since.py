"""What is meant to be new since d1816db (release 0.1.0), so that the nets do not take it for a slip.

A member of a document, the code of a refusal, or a header that was added on purpose stands here by its name, with the
reason. A name that release 0.1.0 had already cannot stand here: then the nets see that it is missing.
"""

from collections.abc import Collection

NEW_MEMBERS: dict[str, str] = {
    "429": "limits by client and by address",
    "too-many-versions": "a draft has at most 100 versions a day, and 1 MB in all",
    "too-many-requests": "the refusal beyond them",
    "RateLimit": "what is left",
    "RateLimit-Policy": "of how many",
    "writing": "/_status says whether acts are taken, which a full disk keeps from being so without being unfit",
    "remarks": "/_status says why acts are refused",
    "write-unconfirmed": "an act whose COMMIT was not answered may have been done, and its caller is told so",
    "assessed": "by how many criteria an application in the queue is assessed",
    "AssessedOut": "so many of so many",
    "/v1/publications": "from a day to a sequence",
    "publications": "their table",
    "PublicationsOut": "their list",
    "PublicationOut": "one of them",
    "PublicationLinksOut": "the events of one, and the approvals of then",
}
# Headers likewise, in small letters.
NEW_HEADERS: dict[str, str] = {
    "ratelimit": "signed-in answers and those of the token endpoint say what is left",
    "ratelimit-policy": "of how many",
}
# A member whose name 0.1.0 had elsewhere: it is new only in an object that has these members as well.
NEW_BESIDE: dict[str, tuple[frozenset[str], str]] = {
    "version": (frozenset({"roundId", "deadlines"}), "a round says its version, for If-Match"),
}
# What is new of one operation (by its operationId): a parameter by its name, an answer by its status, or a header or a
# media type of an answer by both.
NEW_IN_OPERATION: dict[tuple[str, str], str] = {
    ("put_round", "If-Match"): "of two administrators the second is told",
    ("put_round", "200 ETag"): "the version that the next change names",
    ("put_round", "201"): "a new round",
    ("put_round", "428"): "a round that is there is changed only with its version",
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
    needed = NEW_BESIDE.get(name)
    return name in NEW_MEMBERS or (needed is not None and needed[0].issubset(beside))
