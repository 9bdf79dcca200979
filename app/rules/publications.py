"""Publications: what an act that publishes was, in one word."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from app.rules.grants import EndedBy


class PublicationKind(StrEnum):
    """What a publication was."""

    ANNOUNCEMENT = "announcement"
    CORRECTION = "correction"
    HISTORY_IMPORT = "history_import"
    ORGANISATIONS_IMPORT = "organisations_import"
    ROUND = "round_change"
    DECLARATION = "declaration"
    CONDITION = "condition"
    NOTICE = "notice"
    AGREEMENT = "agreement"
    REVOCATION = "revocation"
    START = "start"
    END = "end"
    SUCCESSION = "succession"
    REDACTION = "redaction"
    CLOCK = "clock"


# By the kind of an entry. An act is called after the one that stands first here: the others follow from it.
CALLED_AFTER = {
    "organisation.changed": PublicationKind.ORGANISATIONS_IMPORT,
    "organisations.stated": PublicationKind.ORGANISATIONS_IMPORT,
    "total.reported": PublicationKind.HISTORY_IMPORT,
    "decision.corrected": PublicationKind.CORRECTION,
    "decision.published": PublicationKind.ANNOUNCEMENT,
    "succession.confirmed": PublicationKind.SUCCESSION,
    "declaration.made": PublicationKind.DECLARATION,
    "round.changed": PublicationKind.ROUND,
    "condition.met": PublicationKind.CONDITION,
    "condition.waived": PublicationKind.CONDITION,
    "condition.lapsed": PublicationKind.CONDITION,
    "approval.promoted": PublicationKind.CONDITION,
    "notice.given": PublicationKind.NOTICE,
    "notice.withdrawn": PublicationKind.NOTICE,
    "agreement.signed": PublicationKind.AGREEMENT,
    "agreement.corrected": PublicationKind.AGREEMENT,
    "approval.not_taken_up": PublicationKind.AGREEMENT,
    "approval.started": PublicationKind.START,
    "approval.ended": PublicationKind.END,
    "approval.ending": PublicationKind.END,
    "approval.resumed": PublicationKind.END,
    "entry.redacted": PublicationKind.REDACTION,
    "clock.accepted": PublicationKind.CLOCK,
}
_RANKS = {kind: rank for rank, kind in enumerate(CALLED_AFTER)}


def telling(kinds: Iterable[str]) -> str:
    """The kind of entry after which an act is called that published these kinds."""
    return min(kinds, key=_RANKS.__getitem__)


def called(kind: str, data: Mapping[str, Any]) -> PublicationKind:
    """What an act was, by the kind and the public part of the entry that tells it."""
    word = CALLED_AFTER[kind]
    if "basis" in data:  # only what was taken from a source says how the source tells it
        return PublicationKind.HISTORY_IMPORT
    is_timed = "dueAt" in data
    if word is PublicationKind.END and data.get("endedBy") == EndedBy.REVOKED and not is_timed:
        return PublicationKind.REVOCATION
    return word
