"""Sentences that stand beside a list, so that nobody takes what is not known for what is not so."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol

from app.rules.contradictions import NEVER_CLOSED, OPENED_ON
from app.rules.counts import Figures, all_of, is_about, named_in_words, unnamed_in_words
from app.rules.grants import Agreement, EndedBy, GrantStatus
from app.rules.rounds import Coverage, RoundPlan


def known_until(known_to: date | None, day: date) -> list[str]:
    """A sentence if a day lies beyond what is known of CCGs."""
    if known_to is None or day <= known_to:
        return []
    return [f"What is known of CCGs (mergers, closings) reaches to {_in_words(known_to)}, and not to this day."]


def of_ods(differences: Sequence[str], *, closed_on: date | None, day: date) -> list[str]:
    """What the ODS says otherwise of a body: its first day and, once it has closed, that its code goes on."""
    opened = [date.fromisoformat(each.removeprefix(OPENED_ON)) for each in differences if each.startswith(OPENED_ON)]
    goes_on = NEVER_CLOSED in differences and closed_on is not None and closed_on < day
    return [
        *(f"The ODS says that it opened on {_in_words(each)}." for each in opened),
        *(["The ODS has never closed its code."] if goes_on else []),
    ]


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


class Noted(Protocol):
    """A fact of the past with what a reader must know beside its source, or None."""

    @property
    def note(self) -> str | None:
        """The sentence, or None."""


def noted(facts: Iterable[Noted]) -> list[str]:
    """What a reader must know of these facts beside their sources, for instance that two of these disagree."""
    return [*dict.fromkeys(each.note for each in facts if each.note is not None)]


def known_in_part(plans: Iterable[RoundPlan]) -> list[str]:
    """A sentence if some of the rounds that a list covers are known in part."""
    named = sorted(plan.round_id for plan in plans if plan.coverage == Coverage.PARTIAL)
    if not named:
        return []
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    noun, verb = ("Round", "is") if len(named) == 1 else ("Rounds", "are")
    return [f"{noun} {listed} {verb} known in part: CCGs that our sources do not name are missing here."]


def named_of(found: Figures, totals: Iterable[tuple[str, int]], outcomes: Collection[str]) -> list[str]:
    """Sentences that say how many CCGs of each reported number are named, and of how many nothing is known.

    ``totals`` are measures with their values, ``outcomes`` those of the decisions that a list shows; empty for all.
    """
    told = [named_in_words(measure, value, found) for measure, value in totals if is_about(measure, outcomes)]
    return [*dict.fromkeys(each for each in told if each is not None), *unnamed_in_words(found, "its")]


def of_grants(held: Collection[tuple[str | None, str | None]]) -> list[str]:
    """What a reader must know of the grants that a list shows. ``held`` are standings with agreements."""
    return [*_start_not_confirmed(held), *_never_started({standing for standing, _ in held})]


def _start_not_confirmed(held: Collection[tuple[str | None, str | None]]) -> list[str]:
    """A sentence if a list shows grants as in force of which no source confirms the start."""
    if (GrantStatus.IN_FORCE, Agreement.NOT_KNOWN) not in held:
        return []
    grant = f"A grant with the agreement {Agreement.NOT_KNOWN} ({Agreement.NOT_KNOWN.in_words})"
    return [f"{grant} is in force as far as is known; it is counted as startNotConfirmed and not as inForce."]


def _never_started(standings: Collection[str | None]) -> list[str]:
    """A sentence if a list shows grants that were given and never are in force."""
    if GrantStatus.NEVER_STARTED not in standings:
        return []
    begins = "would have begun only after its CCG had closed"
    return [f"A grant with the standing {GrantStatus.NEVER_STARTED} {begins}; it never is in force."]


def lost_by_closing(lost: Sequence[str | None]) -> list[str]:
    """Sentences if levels were lost because CCGs closed: neither a merger nor the end of CCGs is a change of mind.

    ``lost`` is what ended each level that was lost.
    """
    closed, abolished = lost.count(EndedBy.SUCCEEDED), lost.count(EndedBy.ABOLISHED)
    told = []
    if closed:
        holds = "a successor holds it only by a grant of its own or a succession"
        told.append(f"{_who(closed, len(lost))} that lost a level closed; {holds}.")
    if abolished:
        verb = "was" if len(lost) == 1 else "were"
        told.append(f"{_who(abolished, len(lost))} that lost a level {verb} abolished; boards hold nothing here.")
    return told


def _who(number: int, of: int) -> str:
    return "The only CCG" if of == 1 else f"{_how_many(number, of)} CCGs"


def _how_many(number: int, of: int) -> str:
    return all_of(of) if number == of else f"{number} of the {of}"
