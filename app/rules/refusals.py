"""Every way the register says no.

A refusal is one named class in one of six families. The class name gives the problem's code and title. Its docstring is
the text of the page that explains the problem. Only ``app.web.problems`` knows which HTTP status a family has.
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

    ``detail`` is one sentence for the caller. ``faults`` are all the faults found. ``extra`` adds members to the
    problem document (for a conflict: ``state`` and ``allowed``, as the caller may see them).
    """

    code: ClassVar[str]
    title: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        words = re.findall(r"[A-Z][a-z]*", cls.__name__)
        cls.code = "-".join(words).lower()
        cls.title = " ".join(words).capitalize()

    def __init__(self, detail: str, *, faults: Sequence[Fault] = (), extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = dict(extra or {})
        self.gather(faults)

    def gather(self, faults: Sequence[Fault]) -> None:
        """Take these faults: its own, or together with those that other checks found."""
        self.faults = tuple(faults)


# --- families ---------------------------------------------------------------------------------


class Unrecognised(Refusal):
    """The register does not know who is calling. Get a new access token and try again.

    The token is missing, has expired, or is not one that this register accepts. The answer is the same for every cause;
    only the register's own log says which it was.
    """

    cause = "no token"


class Forbidden(Refusal):
    """The caller is known but may not do this: the role, the scope or the organisation does not fit.

    Ask somebody who may do it. If the registration is wrong, ask an administrator to change it.
    """


class NotFound(Refusal):
    """There is nothing at this address, or nothing that this caller may see.

    The register gives the same answer for both on purpose. Check the address, and that the record is yours to read.
    """


class Conflict(Refusal):
    """The record's current state does not allow this. Read the record again, and do what its state allows."""


class Outdated(Refusal):
    """The request names no version of the record, or not the newest one. Read the record again before you act."""


class Incomplete(Refusal):
    """The register can read the document, but it breaks one of the register's rules. Correct it and send it again."""


FAMILIES: tuple[type[Refusal], ...] = (Unrecognised, Forbidden, NotFound, Conflict, Outdated, Incomplete)

# --- forbidden --------------------------------------------------------------------------------


class SamePerson(Forbidden):
    """Nobody may sign off what they recorded themselves. Ask a second person to do it (four eyes)."""


class ConflictOfInterest(Forbidden):
    """A person with a declared interest in any member CCG may not decide on the application at all.

    Ask another person to decide.
    """


class PersonRequired(Forbidden):
    """Only a person may decide, with a token of their own. Sign in as a person and try again.

    A system's token can only read: four eyes cannot rest on a name that a machine gives.
    """


# --- conflict ---------------------------------------------------------------------------------


class WrongState(Conflict):
    """The record's state does not allow this act. ``state`` is that state, ``allowed`` what you may do now."""


class DuplicateApplication(Conflict):
    """One of these CCGs already has a live application in the round, and a CCG can have only one.

    Amend that application, or withdraw it before you make another.
    """


class LiveApplication(Conflict):
    """The CCG has a live application, so it cannot declare a level that needs no approval in the same round.

    Nor can it take back a notice without which it could not have applied. Withdraw the application first.
    """


class AnnouncementChanged(Conflict):
    """The decisions that would be announced are not the ones in the preview that ``expect`` names.

    ``difference`` lists what was added and what was removed. Make a new preview and look at it again.
    """


class NothingToAnnounce(Conflict):
    """No signed-off decision of this round is waiting to be announced. Sign off an application first."""


class TooManyVersions(Conflict):
    """A draft has at most 100 versions a London day, and all its versions together at most 1,000,000 bytes.

    For the first, ``Retry-After`` says when the next London day begins. For the second, submit the draft, or withdraw
    it and create a new one.
    """

    def __init__(self, detail: str, *, seconds: int | None = None) -> None:
        super().__init__(detail)
        self.seconds = seconds
        """After how many seconds it can be tried again. None if waiting does not help."""


class AlreadyDecided(Conflict):
    """A decision gives the CCG something for that day already, so that nothing has to move on to it."""


class AlreadyProposed(Conflict):
    """A succession that waits for a second person names the CCG already."""


class RequestInProgress(Conflict):
    """The register is still working on the first request with this Idempotency-Key.

    Ask again shortly: the register stores the first answer and gives it again.
    """


# --- outdated ---------------------------------------------------------------------------------


class Stale(Outdated):
    """The record has changed since the version that ``If-Match`` names.

    Read it again, look at what changed, and decide anew.
    """


class IfMatchRequired(Outdated):
    """This act needs ``If-Match``. Read the record and send the ``ETag`` of the version you looked at."""


# --- incomplete -------------------------------------------------------------------------------


class InvalidDocument(Incomplete):
    """The register can read the JSON, but this address does not take these members or values.

    ``errors`` lists every fault. Correct them all and send the document again.
    """


class ApprovalNotNeeded(Incomplete):
    """Greater involvement and no involvement need no approval. Declare them at ``/v1/declarations`` instead."""


class UnknownOrganisation(Incomplete):
    """One of the ODS codes is not that of a CCG that is open in this round. ``/v1/organisations`` lists the CCGs."""


class UnknownRound(Incomplete):
    """No round has this id. ``/v1/rounds`` lists them."""


class SeveralRegions(Incomplete):
    """The CCGs of an application must all be in one region, because one regional panel decides on it.

    Make a separate application for each region.
    """


class AlreadyHeld(Incomplete):
    """The CCG already holds the level it applies for, or has been granted it from a later day.

    It needs no other application for that level.
    """


class NoticeRequired(Incomplete):
    """The CCG holds delegated commissioning, or has been granted it, and applies for joint commissioning.

    Give notice to end the delegation first, then apply.
    """


class NoticeTooShort(Incomplete):
    """The notice is too short for that last day.

    A CCG that gives notice by 30 September ends its grant on 31 March of the next year. If it gives notice later, the
    grant ends on 31 March of the year after. NHS England can let it end on another day, with a reason.
    """


class RoundNotOpen(Incomplete):
    """The round does not take applications or declarations on this day.

    ``/v1/rounds`` shows when each round opens and closes.
    """


class IncompleteApplication(Incomplete):
    """A draft may be incomplete; a submission may not.

    ``errors`` lists everything that is missing or does not fit. Complete the draft and submit it again.
    """

    def gather(self, faults: Sequence[Fault]) -> None:
        """Take these faults instead, and count them anew."""
        super().gather(faults)
        count = "1 thing is missing or does" if len(faults) == 1 else f"{len(faults)} things are missing or do"
        self.detail = f"{count} not fit."


class DeadlinePassed(Incomplete):
    """The deadline has passed. NHS England can give a CCG more time: ask it for an extension.

    For a first submission it is the round's deadline for that level. For a resubmission it is the day named in the
    request for changes. A deadline passes when its day ends in London.
    """


class ConsentMissing(Incomplete):
    """The caller is not registered for every member CCG, and the other members have not agreed.

    Ask the client of each of those CCGs to consent, to the draft or to its scaling down, then try again.
    """


class MemberMissing(Incomplete):
    """The panel must record exactly one outcome for each member CCG, all in one act.

    One of the members has no outcome or has two, or one of the codes is not a member's.
    """


class ReasonRequired(Incomplete):
    """A rejection or a downgrade needs at least one reason, which the register publishes. Add one."""


class ConditionRequired(Incomplete):
    """A conditional approval needs at least one condition. Add one, or approve without conditions."""


class ConditionNotAllowed(Incomplete):
    """Only a conditional approval can have conditions. Leave them out, or choose ``conditional``.

    An expression of interest is never ``conditional``: its decision grants nothing. Choose another outcome.
    """


class NothingToDowngrade(Incomplete):
    """Only a request for delegated commissioning can be downgraded to joint commissioning. Choose another outcome."""


class NotScaledDown(Incomplete):
    """A downgrade is the CCG's choice only if its client scaled the application down. Otherwise it is the panel's."""


class ScaledDown(Incomplete):
    """The application was scaled down: it can only be ``downgraded_to_joint``, chosen by the CCG, or ``rejected``."""


class OnlyRejection(Incomplete):
    """The panel asked for changes, and their day has passed without them. It can now only record ``rejected``."""


class NotYetKnown(Incomplete):
    """A parameter names a position that nothing has reached yet. Use the newest one, or an earlier one.

    The newest is the ``publicSequence``, ``nextAfter`` for events, or the ``size`` for entries of the log.
    """

    def __init__(self, detail: str, *, parameter: str = "asKnownAt", extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, extra=extra)
        self.parameter = parameter


class IdempotencyKeyReused(Incomplete):
    """An earlier request used this Idempotency-Key with another body. Use a new key for a new request."""


def named_refusals() -> dict[str, type[Refusal]]:
    """Every refusal class by its code, families included."""

    def below(kind: type[Refusal]) -> list[type[Refusal]]:
        return [found for child in kind.__subclasses__() for found in (child, *below(child))]

    return {kind.code: kind for kind in below(Refusal)}


def check_all(*checks: Callable[[], None]) -> None:
    """Run every check, then raise the first Incomplete refusal with the faults of all: a caller learns them at once."""
    found: list[Incomplete] = []
    for check in checks:
        try:
            check()
        except Incomplete as refusal:
            found.append(refusal)
    if found:
        first = found[0]
        first.gather([fault for refusal in found for fault in refusal.faults])
        raise first
