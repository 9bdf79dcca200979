"""Reference data as everybody reads it."""

from typing import Self

from app.reading.reference_data import DatedWord, ReferenceSet
from app.web.documents import Day, Out


class WordOut(Out):
    """One row of reference data."""

    code: str
    label: str
    description: str | None
    valid_from: Day | None
    valid_to: Day | None

    @classmethod
    def of(cls, word: DatedWord) -> Self:
        """Show a code."""
        return cls(
            code=word.code,
            label=word.label,
            description=word.description,
            valid_from=word.valid_from,
            valid_to=word.valid_to,
        )


class WordsOut(Out):
    """One set of reference data."""

    name: str
    results: list[WordOut]
    public_sequence: int

    @classmethod
    def of(cls, found: ReferenceSet) -> Self:
        """Show a set."""
        return cls(
            name=found.name,
            results=[WordOut.of(word) for word in found.words],
            public_sequence=found.public_sequence,
        )


class ReferenceSetOut(Out):
    """The address of one set of reference data."""

    name: str
    href: str


class ReferenceSetsOut(Out):
    """The sets of reference data."""

    results: list[ReferenceSetOut]
