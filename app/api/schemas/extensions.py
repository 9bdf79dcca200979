"""More time: what NHS England sends, and what was granted."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field

from app.api.schemas.log import ReceiptOut
from app.casework.extending import Extended, FirstSubmission
from app.rules.refusals import Fault, InvalidDocument
from app.rules.words import Level
from app.web.documents import AppliedLevelOut, Day, In, OdsCode, Out, Prose


class ExtensionIn(In):
    """More time, until the end of a London day. The reason is private.

    For the first submission of a CCG at a level ``odsCode`` and ``level`` are given, for the changes that
    are awaited of one application its ``reference`` alone.
    """

    ods_code: OdsCode | None = None
    level: Literal["delegated", "joint"] | None = None
    reference: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] | None = None
    until: Day
    reason: Prose

    def wanted(self) -> FirstSubmission | str:
        """What is to be extended: a first submission, or the changes of the application with a reference."""
        if self.reference is None and self.ods_code is not None and self.level is not None:
            return FirstSubmission(self.ods_code, Level(self.level))
        if self.reference is not None and self.ods_code is None and self.level is None:
            return self.reference
        raise InvalidDocument("Name either odsCode and level, or reference alone.", faults=list(self._shape_faults()))

    def _shape_faults(self) -> Iterator[Fault]:
        for pointer, value in (("/odsCode", self.ods_code), ("/level", self.level)):
            if self.reference is None and value is None:
                yield Fault(pointer, "Is required where there is no reference.")
            if self.reference is not None and value is not None:
                yield Fault(pointer, "Not together with a reference.")


class ExtensionOut(Out):
    """What was granted; ``reference`` where it is for the changes of one application."""

    extension_id: str
    round_id: str
    ods_code: str
    level: AppliedLevelOut
    reference: str | None
    until: Day
    receipt: ReceiptOut

    @classmethod
    def of(cls, done: Extended, round_id: str) -> Self:
        """An extension as it was granted."""
        return cls(
            extension_id=done.extension_id,
            round_id=round_id,
            ods_code=done.ods_code,
            level=done.level,
            reference=done.reference,
            until=done.until,
            receipt=ReceiptOut.of(done.receipt),
        )
