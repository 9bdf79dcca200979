"""What is meant to be new since d1816db (release 0.1.0), so that the nets do not take it for a slip.

A member of a document, the code of a refusal, or a header that was added on purpose stands here by its name, with the
reason. A name that release 0.1.0 had already cannot stand here: then the nets see that it is missing.
"""

NEW_MEMBERS: dict[str, str] = {
    "429": "limits by client and by address",
    "too-many-versions": "a draft has at most 100 versions a day, and 1 MB in all",
    "too-many-requests": "the refusal beyond them",
    "RateLimit": "what is left",
    "RateLimit-Policy": "of how many",
    "writing": "/_status says whether acts are taken, which a full disk keeps from being so without being unfit",
    "remarks": "/_status says why acts are refused",
    "write-unconfirmed": "an act whose COMMIT was not answered may have been done, and its caller is told so",
}
# Headers likewise, in small letters.
NEW_HEADERS: dict[str, str] = {
    "ratelimit": "signed-in answers and those of the token endpoint say what is left",
    "ratelimit-policy": "of how many",
}
