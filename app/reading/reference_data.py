"""Reference data: the codes that answers use, what they are called and what they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.records import ledger, reference_data
from app.records.session import Session
from app.rules import words
from app.rules.lifecycle import STATES
from app.rules.words import Function, Word

_IN_CODE: Mapping[str, Sequence[Word | Function]] = {
    "levels": words.LEVELS,
    "outcomes": words.OUTCOMES,
    "states": STATES,
    "declaration-reasons": words.DECLARATION_REASONS,
    "functions": words.FUNCTIONS,
    "function-kinds": words.FUNCTION_KINDS,
    "criteria": words.CRITERIA,
    "ratings": words.RATINGS,
    "conditions": words.CONDITION_STATES,
    "standings": words.STANDINGS,
    "agreements": words.AGREEMENTS,
    "endings": words.ENDINGS,
    "bases": words.BASES,
    "measures": words.MEASURES,
}


@dataclass(frozen=True, slots=True)
class DatedWord:
    """A code, what it is called and means, and from when to when it holds; without days it always does.

    Functions have a kind. ``known_to`` is the last day of which it is known which CCGs were an area team's, if the team
    went on after it. Functions, regions and area teams have a source.
    """

    code: str
    label: str
    description: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    known_to: date | None = None
    kind: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """One set of codes."""

    name: str
    words: list[DatedWord]
    public_sequence: int


def read_reference_set(session: Session, name: str) -> ReferenceSet:
    """A set by its name: those of the register's own words, or ``reasons``, ``regions`` or ``area-teams``."""
    return ReferenceSet(name, _words(session, name), ledger.public_sequence(session))


def _words(session: Session, name: str) -> list[DatedWord]:
    if name in {"regions", "area-teams"}:
        rows = reference_data.regions(session) if name == "regions" else reference_data.area_teams(session)
        return [
            DatedWord(row.code, row.name, None, row.valid_from, row.valid_to, row.known_to, source=row.source)
            for row in rows
        ]
    found = reference_data.reasons(session) if name == "reasons" else _IN_CODE[name]
    return [_shown(word) for word in found]


def _shown(word: Word | Function) -> DatedWord:
    said = DatedWord(word.code, word.label, word.description)
    return replace(said, kind=word.kind, source=word.source) if isinstance(word, Function) else said
