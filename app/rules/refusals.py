"""Every way the register says no.

A refusal is one named class in one of six families. The class name gives the problem's code and
title, its docstring the text of the page that explains it; which HTTP status a family maps to is
known only to ``app.web.problems``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with a document: where (a JSON Pointer) and what."""

    pointer: str
    detail: str


class Refusal(Exception):
    """The register says no.

    ``detail`` is one sentence for the caller, ``faults`` every fault found, ``extra`` further
    members of the problem document (for a conflict: ``state`` and ``allowed`` as the caller may
    see them).
    """

    code: ClassVar[str]
    title: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        words = re.findall(r"[A-Z][a-z]*", cls.__name__)
        cls.code = "-".join(words).lower()
        cls.title = " ".join(words).capitalize()

    def __init__(self, detail: str, *, faults: Sequence[Fault] = (), extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.extra = dict(extra or {})


# --- families ---------------------------------------------------------------------------------


class Unrecognised(Refusal):
    """The caller did not prove who it is: the token is missing, has expired, or is not one this register
    accepts. Every cause gives the same answer; the cause is in the register's own log.
    """

    cause = "no token"


class Forbidden(Refusal):
    """The caller is known, but this act is not theirs: the role, the scope or the organisation does not
    fit.
    """


class NotFound(Refusal):
    """There is nothing at this address, or nothing that this caller may see.

    The two answer alike on purpose.
    """


class Conflict(Refusal):
    """The act does not fit the state that the record is in now."""


class Outdated(Refusal):
    """The act was made against a version of the record that is not the newest, or names no version."""


class Incomplete(Refusal):
    """The document can be read, but it breaks a rule of the register."""


FAMILIES: tuple[type[Refusal], ...] = (
    Unrecognised,
    Forbidden,
    NotFound,
    Conflict,
    Outdated,
    Incomplete,
)

# --- forbidden --------------------------------------------------------------------------------


class SamePerson(Forbidden):
    """Nobody signs off what they recorded: a second person must do it (four eyes)."""


class ConflictOfInterest(Forbidden):
    """A person with a declared interest in any member CCG may not decide on the application at all."""


class PersonRequired(Forbidden):
    """Acts that decide need a person's own token.

    A system's token reads only, since four eyes cannot rest on a name that a machine states.
    """


# --- conflict ---------------------------------------------------------------------------------


class WrongState(Conflict):
    """The record is in a state in which this act is not possible.

    ``state`` says which state, ``allowed`` which acts are possible now.
    """


class DuplicateApplication(Conflict):
    """A CCG has at most one live application in a round, and one of the named CCGs has one already."""


class LiveApplication(Conflict):
    """The CCG has a live application in this round, so it cannot declare a level that needs no approval.

    Withdraw the application first.
    """


class AnnouncementChanged(Conflict):
    """The decisions that would be announced are not the ones in the preview that ``expect`` names.

    ``difference`` says what was added and removed; make a new preview and look at it again.
    """


class NothingToAnnounce(Conflict):
    """No signed-off decision of this round waits to be announced."""


class RequestInProgress(Conflict):
    """A request with the same Idempotency-Key is still being worked on.

    Ask again shortly; the answer of the first one is kept.
    """


# --- outdated ---------------------------------------------------------------------------------


class Stale(Outdated):
    """The record has changed since the version that ``If-Match`` names.

    Read it again, look at what changed, and decide anew.
    """


class IfMatchRequired(Outdated):
    """This act needs ``If-Match`` with the version (the ``ETag``) of the record that was looked at."""


# --- incomplete -------------------------------------------------------------------------------


class InvalidDocument(Incomplete):
    """The JSON can be read, but its members are not what this address takes. ``errors`` names every fault."""


class ApprovalNotNeeded(Incomplete):
    """Greater involvement and no involvement need no approval: declare them at ``/v1/declarations``
    instead.
    """


class UnknownOrganisation(Incomplete):
    """A named ODS code is not that of a CCG open in this round."""


class UnknownRound(Incomplete):
    """No round has this id. ``/v1/rounds`` lists them."""


class SeveralRegions(Incomplete):
    """One application may name several CCGs, but all of one region, since one regional panel decides on
    it.
    """


class AlreadyHeld(Incomplete):
    """The CCG holds the level it applies for, in force or granted ahead."""


class NoticeRequired(Incomplete):
    """A CCG that holds delegated commissioning applies for joint commissioning only after giving notice to
    end the delegation.
    """


class NoticeTooShort(Incomplete):
    """A CCG that gives notice by 30 September ends its grant with 31 March of the next year, and after that day with
    31 March of the year after. NHS England can let it end on another day, with a reason.
    """


class RoundNotOpen(Incomplete):
    """The round does not take applications or declarations on this day."""


class IncompleteApplication(Incomplete):
    """A draft may be incomplete, a submission may not.

    ``errors`` names everything that is missing or does not fit, at once.
    """


class DeadlinePassed(Incomplete):
    """The deadline has passed: for a first submission the round's deadline for that level, for a
    resubmission the day named in the request for changes. Deadlines end with their day in London.
    """


class ConsentMissing(Incomplete):
    """The caller is not registered for every member CCG, and the others have not agreed to the
    application.
    """


class MemberMissing(Incomplete):
    """The panel records one outcome for each member CCG, all in one act: a member has none, has two, or a
    code is not a member's.
    """


class ReasonRequired(Incomplete):
    """A rejection and a downgrade carry at least one reason, which is published."""


class ConditionRequired(Incomplete):
    """A conditional approval carries at least one condition."""


class ConditionNotAllowed(Incomplete):
    """Only a conditional approval carries conditions."""


class NothingToDowngrade(Incomplete):
    """Only a request for delegated commissioning can be downgraded to joint commissioning."""


class OnlyRejection(Incomplete):
    """While changes are awaited, and once their day has passed, the panel can only record that the
    application is not approved.
    """


class NotYetKnown(Incomplete):
    """``asKnownAt`` asks for what the register knew at a public sequence that it has not reached yet.

    ``publicSequence`` is the newest one.
    """


class IdempotencyKeyReused(Incomplete):
    """This Idempotency-Key was used before with another body. Use a new key for a new request."""


class UnknownRounds(Exception):
    """A list is asked for rounds that there are not.

    It is no refusal with a code and a page of its own: what is wrong is how the list was asked for, and whoever
    shows the list says that in the way of its own addresses.
    """

    def __init__(self, round_ids: Sequence[str]) -> None:
        super().__init__(", ".join(round_ids))
        self.round_ids = tuple(round_ids)


def named_refusals() -> dict[str, type[Refusal]]:
    """Every refusal class by its code, families included."""

    def below(kind: type[Refusal]) -> list[type[Refusal]]:
        return [found for child in kind.__subclasses__() for found in (child, *below(child))]

    return {kind.code: kind for kind in below(Refusal)}


def check_all(*checks: Callable[[], None]) -> None:
    """Run every check and raise the first Incomplete refusal, with the faults of all that refused.

    So that a caller learns everything that is wrong with a document at once.
    """
    found: list[Incomplete] = []
    for check in checks:
        try:
            check()
        except Incomplete as refusal:
            found.append(refusal)
    if found:
        first = found[0]
        first.faults = tuple(fault for refusal in found for fault in refusal.faults)
        raise first
