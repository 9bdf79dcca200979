"""What is meant to be new since d1816db (release 0.1.0), so that the nets do not take it for a slip.

A member of a document, or the code of a refusal, that was added on purpose stands here by its name, with the
reason. A name that release 0.1.0 had already cannot stand here: then the nets see that it is missing.
"""

NEW_MEMBERS: dict[str, str] = {}
