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
    "lookedAt": "/_status says when the register last looked",
    "tickedAt": "and when it last did what is due by time",
    "findings": "and what an operator should know before it does harm (contract 11, operating)",
    "FindingOut": "one of them",
    "write-unconfirmed": "an act whose COMMIT was not answered may have been done, and its caller is told so",
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
# What is new of one operation (by its operationId): a parameter by its name, an answer by its status, or a header of
# an answer by both.
NEW_IN_OPERATION: dict[tuple[str, str], str] = {
    ("put_round", "If-Match"): "of two administrators the second is told",
    ("put_round", "200 ETag"): "the version that the next change names",
    ("put_round", "201"): "a new round",
    ("put_round", "428"): "a round that is there is changed only with its version",
}


def is_new(name: str, beside: Collection[str]) -> bool:
    """Whether a member of an object with these members was added on purpose."""
    needed = NEW_BESIDE.get(name)
    return name in NEW_MEMBERS or (needed is not None and needed[0].issubset(beside))
