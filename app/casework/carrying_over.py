"""What a correction leaves as it was: conditions that were settled, and what came of the same grant.

Who corrects a word takes nothing away: a correction with the same outcome keeps what was met, signed,
promoted and ended (rule 7). Another outcome, or another level, is another
grant, which nobody has signed; a condition in other words, or with another day, is another condition.
"""

from collections.abc import Sequence

from app.casework.decision_views import DecisionView
from app.records.entries.decisions import CarriedCondition
from app.records.entries.grants import CarriedGrant, CorrectedGrant, EndedGrant, NewGrant
from app.records.entries.proposals import CorrectionTerms
from app.records.tables import Approval, DecisionCondition
from app.rules.decisions import ConditionState
from app.rules.grants import Agreement, EndedBy
from app.rules.outcomes import Condition
from app.rules.words import Level, Outcome


def conditions(view: DecisionView, ruled: Sequence[Condition]) -> tuple[CarriedCondition, ...]:
    """The conditions of a correction: one that stays the same is as settled as it had become."""
    return tuple(_carried(each, same) for each, same in zip(ruled, _same(view, ruled), strict=True))


def kept(view: DecisionView, proposed: Sequence[Condition]) -> set[int]:
    """Which of the conditions that are proposed are those that the decision has, by their places."""
    return {place for place, same in enumerate(_same(view, proposed)) if same is not None}


def grant(view: DecisionView, terms: CorrectionTerms, carried: Sequence[CarriedCondition]) -> CorrectedGrant | None:
    """What the correction gives, None for nothing; ``carried`` are its conditions."""
    if terms.granted_level is None:
        return None
    old, starts = view.dossier.approval, terms.effective_from
    is_conditional = terms.outcome is Outcome.CONDITIONAL
    if old is None or not _is_same_grant(view, terms):
        begins = None if is_conditional else starts
        return NewGrant(level=terms.granted_level, agreement=Agreement.AWAITED, in_force_from=begins)
    is_due = not is_conditional or (old.promoted_on is not None and _are_settled(carried))
    is_moved = starts is not None and starts != view.dossier.decision.effective_from
    days = [day for day in (starts, old.signed_on, old.promoted_on) if day is not None]
    first_day = max(days) if is_moved else old.in_force_from
    going_on = CarriedGrant(
        level=Level(old.level),
        agreement=Agreement(old.agreement),
        signed_on=old.signed_on,
        promoted_on=old.promoted_on if is_due else None,
        in_force_from=first_day if is_due else None,
        start_announced=old.start_told and is_due and not is_moved,
    )
    return _ended(going_on, old, carried)


def is_promoted(view: DecisionView, granted: CorrectedGrant | None, carried: Sequence[CarriedCondition]) -> bool:
    """Whether the correction promotes what it gives: it has taken away the last condition that was open."""
    if granted is None or not carried or not _are_settled(carried):
        return False
    if isinstance(granted, CarriedGrant) and granted.promoted_on is not None:
        return False
    is_over = isinstance(granted, EndedGrant) and granted.in_force_to < view.day
    return granted.agreement is not Agreement.NOT_TAKEN_UP and not is_over


def _carried(condition: Condition, same: DecisionCondition | None) -> CarriedCondition:
    is_settled = same is not None and same.state != ConditionState.OPEN
    return CarriedCondition(
        condition_id=condition.condition_id,
        text=condition.text,
        reason_code=condition.reason_code,
        due_on=condition.due_on,
        state=ConditionState(same.state) if same is not None and is_settled else None,
        settled_on=same.settled_on if same is not None and is_settled else None,
    )


def _same(view: DecisionView, proposed: Sequence[Condition]) -> list[DecisionCondition | None]:
    """For each condition that is proposed the one of the decision that it is, each of those once."""
    left = list(view.dossier.conditions)
    found = list[DecisionCondition | None]()
    for each in proposed:
        said = (each.text, each.reason_code, each.due_on)
        same = next((old for old in left if (old.text, old.reason_code, old.due_on) == said), None)
        if same is not None:
            left.remove(same)
        found.append(same)
    return found


def _are_settled(carried: Sequence[CarriedCondition]) -> bool:
    """Whether none is open, and none has lapsed."""
    return all(each.state in {ConditionState.MET, ConditionState.WAIVED} for each in carried)


def _is_same_grant(view: DecisionView, terms: CorrectionTerms) -> bool:
    """Whether the level is the one that was granted before, and with conditions as before or without as before."""
    old = view.dossier.decision
    were, are = (outcome == Outcome.CONDITIONAL for outcome in (old.outcome, terms.outcome))
    return old.granted_level == terms.granted_level and were == are


def _ended(going_on: CarriedGrant, old: Approval, carried: Sequence[CarriedCondition]) -> CarriedGrant:
    """With the end by an act on the grant itself; what follows from other grants is settled anew.

    A lapse ends it only if the condition that lapsed is still one.
    """
    has_lapsed = any(each.state is ConditionState.LAPSED for each in carried)
    if old.own_to is None or old.own_by is None or (old.own_by == EndedBy.CONDITION_LAPSED and not has_lapsed):
        return going_on
    return EndedGrant(
        level=going_on.level,
        agreement=going_on.agreement,
        signed_on=going_on.signed_on,
        promoted_on=going_on.promoted_on,
        in_force_from=going_on.in_force_from,
        start_announced=going_on.start_announced,
        in_force_to=old.own_to,
        ended_by=EndedBy(old.own_by),
        reason=old.end_reason,
        legal_basis=old.legal_basis,
        end_announced=old.end_told,
    )
