"""What a correction leaves as it was: conditions that were settled, and what came of the same grant.

Who corrects a word takes nothing away: a correction with the same outcome keeps what was met, signed,
promoted and ended (rule 7). Another outcome, or another level, is another
grant, which nobody has signed; a condition in other words, or with another day, is another condition.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.casework.decision_views import DecisionView
from app.records.tables import Approval, DecisionCondition
from app.rules.decisions import ConditionState
from app.rules.grants import Agreement, EndedBy
from app.rules.outcomes import Condition
from app.rules.words import Outcome


def conditions(view: DecisionView, ruled: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The conditions of a correction: one that stays the same is as settled as it had become."""
    carried = []
    for each, same in zip(ruled, _same(view, [_said(each) for each in ruled]), strict=True):
        if same is None or same.state == ConditionState.OPEN:
            carried.append(dict(each))
        else:
            carried.append({**each, "state": same.state, "settledOn": day_text(same.settled_on)})
    return carried


def kept(view: DecisionView, proposed: Sequence[Condition]) -> set[int]:
    """Which of the conditions that are proposed are those that the decision has, by their places."""
    identities = [(each.text, each.reason_code, day_text(each.due_on)) for each in proposed]
    return {place for place, same in enumerate(_same(view, identities)) if same is not None}


def grant(view: DecisionView, terms: Mapping[str, Any], carried: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What the correction gives, None for nothing; ``carried`` are its conditions."""
    if terms["grantedLevel"] is None:
        return None
    old, starts = view.dossier.approval, terms["effectiveFrom"]
    is_conditional = terms["outcome"] == Outcome.CONDITIONAL
    if old is None or not _is_same_grant(view, terms):
        first_day = None if is_conditional else starts
        return {"level": terms["grantedLevel"], "agreement": Agreement.AWAITED, "inForceFrom": first_day}
    is_due = not is_conditional or (old.promoted_on is not None and _are_settled(carried))
    is_moved = starts is not None and starts != day_text(view.dossier.decision.effective_from)
    days = [starts, day_text(old.signed_on), day_text(old.promoted_on)]
    first_day = max(filter(None, days)) if is_moved else day_text(old.in_force_from)
    return {
        "level": old.level,
        "agreement": old.agreement,
        "signedOn": day_text(old.signed_on),
        "promotedOn": day_text(old.promoted_on) if is_due else None,
        "inForceFrom": first_day if is_due else None,
        "startTold": old.start_told and is_due and not is_moved,
        **_own_end(old, carried),
    }


def is_promoted(view: DecisionView, granted: Mapping[str, Any] | None, carried: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the correction promotes what it gives: it has taken away the last condition that was open."""
    if granted is None or not carried or not _are_settled(carried) or granted.get("promotedOn") is not None:
        return False
    is_over = granted.get("inForceTo") is not None and granted["inForceTo"] < day_text(view.day)
    return granted["agreement"] != Agreement.NOT_TAKEN_UP and not is_over


def day_text(day: date | None) -> str | None:
    """A day as entries have it."""
    return None if day is None else day.isoformat()


Identity = tuple[str, str | None, str | None]


def _said(condition: Mapping[str, Any]) -> Identity:
    return condition["text"], condition["reasonCode"], condition["dueOn"]


def _same(view: DecisionView, proposed: Sequence[Identity]) -> list[DecisionCondition | None]:
    """For each condition that is proposed the one of the decision that it is, each of those once."""
    left = list(view.dossier.conditions)
    found = list[DecisionCondition | None]()
    for identity in proposed:
        same = next((old for old in left if (old.text, old.reason_code, day_text(old.due_on)) == identity), None)
        if same is not None:
            left.remove(same)
        found.append(same)
    return found


def _are_settled(carried: Sequence[Mapping[str, Any]]) -> bool:
    """Whether none is open, and none has lapsed."""
    return all(each.get("state") in {ConditionState.MET, ConditionState.WAIVED} for each in carried)


def _is_same_grant(view: DecisionView, terms: Mapping[str, Any]) -> bool:
    """Whether the level is the one that was granted before, and with conditions as before or without as before."""
    old = view.dossier.decision
    were, are = (outcome == Outcome.CONDITIONAL for outcome in (old.outcome, terms["outcome"]))
    return old.granted_level == terms["grantedLevel"] and were == are


def _own_end(old: Approval, carried: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The end by an act on the grant itself; what follows from other grants is settled anew.

    Of a lapse only where the condition that lapsed is still one.
    """
    has_lapsed = any(each.get("state") == ConditionState.LAPSED for each in carried)
    if old.own_by is None or (old.own_by == EndedBy.CONDITION_LAPSED and not has_lapsed):
        return {}
    return {
        "inForceTo": day_text(old.own_to),
        "endedBy": old.own_by,
        "reason": old.end_reason,
        "legalBasis": old.legal_basis,
        "endTold": old.end_told,
    }
