"""To whom the private words of an entry are promised, so that nothing that is asked for is lost from sight.

What an entry keeps private is for people or systems with a part in the matter. The table says for each kind of entry
and each of its private members who may read it. ``docs/heard.md`` shows it with the addresses.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.rules.visibility import Viewer


class Reader(StrEnum):
    """Somebody to whom words are promised."""

    WRITER = "writer"
    CCG = "ccg"
    APPLICANTS = "applicants"
    PANEL = "panel"
    NATIONAL = "national"
    OPERATOR = "operator"


_OFFICERS = frozenset({Reader.PANEL, Reader.NATIONAL})
_ALL = _OFFICERS | {Reader.APPLICANTS}
_WRITER_AND_OFFICERS = _OFFICERS | {Reader.WRITER}
# A name, an address and an account in the writer's own system: for the writer, and for who answers for the register.
_ATTRIBUTION = frozenset({Reader.WRITER, Reader.NATIONAL})
# What no address answers: the operator reads it, for an inquiry, with ``register log show``.
_OPERATOR = frozenset({Reader.OPERATOR})
WHO = "actor"
"""The member that says who did it. Every kind of entry has it but the log's first.

Of applications and decisions the panel and NHS England are told, of all else the operator.
"""
DOCUMENT = "document"
"""The member that is the whole proposal. It is read as a version of the application."""
UNTIL_PUBLIC = ("terms", "scaleDownTo")
"""Members of the public part of an entry that are told to some before the entry is published."""

PROMISED: Mapping[str, Mapping[str, frozenset[Reader]]] = {
    "application.created": {"attribution": _ATTRIBUTION, DOCUMENT: _ALL},
    "application.amended": {"attribution": _ATTRIBUTION, DOCUMENT: _ALL},
    "application.submitted": {"attribution": _ATTRIBUTION, "declaredBy": _ALL, DOCUMENT: _ALL},
    "consent.given": {"attribution": _ATTRIBUTION, "scaleDownTo": _ALL},
    "member.left": {"attribution": _ATTRIBUTION, "reason": _WRITER_AND_OFFICERS},
    "application.withdrawn": {"attribution": _ATTRIBUTION, "reason": _ALL},
    "application.scaled_down": {"attribution": _ATTRIBUTION},
    "extension.granted": {"reason": _OFFICERS},
    "changes.requested": {"items": _ALL},
    "assessment.recorded": {"rating": _OFFICERS, "justification": _OFFICERS},
    "outcome.recommended": {"panel": _OFFICERS, "privateNote": _OFFICERS},
    "outcome.returned": {"note": _OFFICERS, "takenBack": _OFFICERS},
    "declaration.made": {"attribution": _OPERATOR},
    "decision.signed_off": {"note": _OFFICERS, "recordedBy": _OFFICERS},
    "decision.corrected": {"proposedBy": _OFFICERS},
    "succession.withdrawn": {"note": frozenset({Reader.NATIONAL})},
    "succession.confirmed": {"proposedBy": _OFFICERS},
    "evidence.given": {
        "attribution": _ATTRIBUTION,
        "text": _OFFICERS | {Reader.CCG},
        "links": _OFFICERS | {Reader.CCG},
    },
    "condition.met": {"note": _OFFICERS},
    "agreement.signed": {"note": _OFFICERS},
    "agreement.corrected": {"proposedBy": _OFFICERS},
    "approval.not_taken_up": {"note": _OFFICERS},
    "proposal.made": {"terms": _OFFICERS},
    "proposal.withdrawn": {"note": _OFFICERS},
    "notice.given": {"attribution": _ATTRIBUTION},
    "notice.withdrawn": {"attribution": _ATTRIBUTION},
    "client.changed": dict.fromkeys(("keys", "name", "odsCodes", "regions", "scopes"), _OPERATOR),
    "person.changed": dict.fromkeys(("interests", "issuer", "name", "regions", "subject"), _OPERATOR),
}

_READS_AS = {
    Viewer.APPLICANT: frozenset({Reader.APPLICANTS}),
    Viewer.PANEL: frozenset({Reader.PANEL}),
    Viewer.NATIONAL: frozenset({Reader.NATIONAL}),
    Viewer.STRANGER: frozenset[Reader](),
}


def said_to(viewer: Viewer, kind: str, private: Mapping[str, Any], *, is_writer: bool, is_own: bool) -> dict[str, Any]:
    """What a viewer of an application or a decision may read of the private part of one of its entries.

    ``is_writer`` if the viewer wrote the entry, ``is_own`` if the viewer is the system of the CCG that it is about. The
    whole proposal is left out: it has an address of its own.
    """
    readers = set(_READS_AS[viewer])
    readers |= {Reader.WRITER} if is_writer else set()
    readers |= {Reader.CCG} if is_own and viewer is Viewer.APPLICANT else set()
    promised = PROMISED.get(kind, {})
    return {
        name: value
        for name, value in private.items()
        if name != DOCUMENT and value is not None and not readers.isdisjoint(promised.get(name, frozenset()))
    }
