"""Standing: what a CCG holds on a day (contract, section 3 and rule 14)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.rules.refusals import AlreadyHeld, Fault, NoticeRequired
from app.rules.words import Level


class Standing(StrEnum):
    """How a grant stands on a day."""

    NOT_STARTED = "not_started"
    IN_FORCE = "in_force"
    ENDED = "ended"
    NOT_TAKEN_UP = "not_taken_up"


class Agreement(StrEnum):
    """The delegation or joint agreement that a grant waits for before it starts."""

    AWAITED = "awaited"
    SIGNED = "signed"
    NOT_TAKEN_UP = "not_taken_up"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a published decision gives. ``in_force_from`` is empty while conditions are open."""

    ods_code: str
    level: Level
    agreement: Agreement
    in_force_from: date | None
    in_force_to: date | None


def standing_on(grant: Grant, day: date) -> Standing:
    """How a grant stands on a day.

    In force from its first day to its last, when the agreement is signed or, for history, not
    known to have been signed or not.
    """
    if grant.agreement is Agreement.NOT_TAKEN_UP:
        return Standing.NOT_TAKEN_UP
    if grant.in_force_to is not None and grant.in_force_to < day:
        return Standing.ENDED
    has_agreement = grant.agreement in {Agreement.SIGNED, Agreement.NOT_KNOWN}
    if has_agreement and grant.in_force_from is not None and grant.in_force_from <= day:
        return Standing.IN_FORCE
    return Standing.NOT_STARTED


def check_may_apply(requested: Level, held: Iterable[Grant], *, starts_on: date) -> None:
    """Refuse an application for what a CCG already holds or has been granted for that day.

    Raises AlreadyHeld for the same level, NoticeRequired for joint by a delegated holder, naming every
    CCG that is in the way.
    """
    live = [grant for grant in held if standing_on(grant, starts_on) in {Standing.IN_FORCE, Standing.NOT_STARTED}]
    same = [grant.ods_code for grant in live if grant.level is requested]
    higher = [grant.ods_code for grant in live if grant.level is Level.DELEGATED and requested is Level.JOINT]
    faults = [Fault("/memberOdsCodes", f"{code} already holds {requested}.") for code in same]
    faults += [Fault("/memberOdsCodes", f"{code} holds delegated.") for code in higher]
    if same:
        raise AlreadyHeld(f"{', '.join(same)}: {requested} is in force or granted ahead.", faults=faults)
    if higher:
        raise NoticeRequired(
            f"{', '.join(higher)}: delegated is in force or granted ahead; give notice first.", faults=faults
        )
