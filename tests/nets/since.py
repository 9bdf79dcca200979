"""What is meant to be new since d1816db, so that the nets do not take it for a slip.

A member of a document that was added on purpose stands here by its name, with the reason. A name that
the answers of d1816db had already cannot stand here: then the nets see that it is missing.
"""

NEW_MEMBERS: dict[str, str] = {}
