"""Corrections: what stays as it was, of conditions and of the grant (rule 7).

Who corrects a word takes nothing away: a correction with the same outcome keeps what was met, signed,
promoted and ended. Another outcome, or another level, is another grant, which nobody has signed; a condition in
other words, or with another day, is another condition.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.rules.decisions import ConditionState
from app.rules.grants import Agreement, EndedBy
from app.rules.outcomes import Condition
from app.rules.words import Level

_FULFILLED = frozenset({ConditionState.MET, ConditionState.WAIVED})


@dataclass(frozen=True, slots=True)
class ConditionSoFar:
    """A condition of the decision that is corrected, and what has become of it."""

    text: str
    reason_code: str
    due_on: date | None
    state: ConditionState
    settled_on: date | None


@dataclass(frozen=True, slots=True)
class Given:
    """What a decision says that it gives. The first day may be unknown of the past."""

    level: Level
    is_conditional: bool
    effective_from: date | None


@dataclass(frozen=True, slots=True)
class OwnEnd:
    """The end of a grant by an act on the grant itself, not by what else its CCG was given."""

    last_day: date
    by: EndedBy
    reason: str | None
    legal_basis: str | None
    is_announced: bool


@dataclass(frozen=True, slots=True)
class GrantSoFar:
    """What a decision gives, and what has become of it."""

    given: Given
    agreement: Agreement
    signed_on: date | None
    promoted_on: date | None
    in_force_from: date | None
    is_start_announced: bool
    end: OwnEnd | None


def surviving_conditions(
    before: Sequence[ConditionSoFar], proposed: Sequence[Condition]
) -> tuple[ConditionSoFar | None, ...]:
    """For each condition that is proposed the one that it was before; None for a new one.

    It is the same with the same text, reason and day. Each of those before goes on in one at most, in their order.
    """
    left = list(before)
    found = list[ConditionSoFar | None]()
    for each in proposed:
        said = (each.text, each.reason_code, each.due_on)
        same = next((old for old in left if (old.text, old.reason_code, old.due_on) == said), None)
        if same is not None:
            left.remove(same)
        found.append(same)
    return tuple(found)


def new_grant(given: Given) -> GrantSoFar:
    """A grant that nobody has signed. A conditional one has no first day before it is promoted."""
    first_day = None if given.is_conditional else given.effective_from
    return GrantSoFar(
        given,
        Agreement.AWAITED,
        signed_on=None,
        promoted_on=None,
        in_force_from=first_day,
        is_start_announced=False,
        end=None,
    )


def surviving_grant(before: GrantSoFar, given: Given, conditions: Collection[ConditionState]) -> GrantSoFar | None:
    """What goes on of a grant; None if the correction gives another. ``conditions`` are those of the correction.

    It is another with another level, or if only one of the two is conditional. A signature goes on in any case. A
    promotion goes on, and with it the first day, if every condition of the correction is fulfilled. Another first
    day counts from the last of that day, the signature and the promotion, and its start is announced anew. What
    follows from other grants is settled anew too; an end by an act on the grant itself stays.
    """
    old = before.given
    if (old.level, old.is_conditional) != (given.level, given.is_conditional):
        return None
    end = _surviving_end(before.end, conditions)
    if given.is_conditional and (before.promoted_on is None or not _are_fulfilled(conditions)):
        return replace(before, given=given, promoted_on=None, in_force_from=None, is_start_announced=False, end=end)
    if given.effective_from in {None, old.effective_from}:
        return replace(before, given=given, end=end)
    days = [day for day in (given.effective_from, before.signed_on, before.promoted_on) if day is not None]
    return replace(before, given=given, in_force_from=max(days), is_start_announced=False, end=end)


def is_promoted(grant: GrantSoFar, conditions: Collection[ConditionState], day: date) -> bool:
    """Whether the correction itself promotes what it gives: it has taken away the last condition that was open.

    It has conditions, and all of them are fulfilled. A grant that was promoted before, that was not taken up, or
    that is over is not promoted.
    """
    if not conditions or not _are_fulfilled(conditions) or grant.promoted_on is not None:
        return False
    is_over = grant.end is not None and grant.end.last_day < day
    return grant.agreement is not Agreement.NOT_TAKEN_UP and not is_over


def _are_fulfilled(conditions: Collection[ConditionState]) -> bool:
    """Whether none is open, and none has lapsed."""
    return _FULFILLED.issuperset(conditions)


def _surviving_end(end: OwnEnd | None, conditions: Collection[ConditionState]) -> OwnEnd | None:
    """A lapse ends a grant only as long as the condition that lapsed is still one."""
    if end is not None and end.by is EndedBy.CONDITION_LAPSED and ConditionState.LAPSED not in conditions:
        return None
    return end
