"""What a correction leaves as it was, from rows to entries: the rule is that of ``rules.corrections``."""

from collections.abc import Sequence
from typing import NamedTuple

from app.casework import closing
from app.casework.decision_views import DecisionView
from app.records.entries.decisions import CarriedCondition
from app.records.entries.grants import CarriedGrant, CorrectedGrant, EndedGrant, NewGrant
from app.records.entries.proposals import CorrectionTerms
from app.records.tables import Approval, Decision, DecisionCondition, Proposal
from app.rules import corrections as rules
from app.rules.corrections import ConditionSoFar, Given, GrantSoFar, OwnEnd
from app.rules.decisions import ConditionState
from app.rules.grants import Agreement, EndedBy
from app.rules.outcomes import Condition
from app.rules.refusals import WrongState
from app.rules.successions import decision_id_of, effective_on_of
from app.rules.words import Level, Outcome


class ResultingGrant(NamedTuple):
    """What a correction gives, and whether it promotes that at once."""

    entry: CorrectedGrant | None
    is_promoted: bool


def kept(view: DecisionView, proposed: Sequence[Condition]) -> set[int]:
    """The places of those proposed conditions that the decision has already."""
    return {place for place, same in enumerate(_surviving(view, proposed)) if same is not None}


def conditions(view: DecisionView, ruled: Sequence[Condition]) -> tuple[CarriedCondition, ...]:
    """The conditions of a correction: one that stays the same is as settled as it had become."""
    return tuple(_carried(each, same) for each, same in zip(ruled, _surviving(view, ruled), strict=True))


def check_start(view: DecisionView, proposal: Proposal) -> None:
    """Raise WrongState if the CCG is known by now to open only after what was proposed would start."""
    why = closing.too_early(view.dossier, proposal)
    if why is not None:
        raise WrongState(why, extra={"state": view.dossier.decision.state, "allowed": view.acts})


def resulting_grant(view: DecisionView, terms: CorrectionTerms, carried: Sequence[CarriedCondition]) -> ResultingGrant:
    """What the correction gives; ``carried`` are its conditions."""
    if terms.granted_level is None:
        return ResultingGrant(None, is_promoted=False)
    given = Given(terms.granted_level, terms.outcome is Outcome.CONDITIONAL, terms.effective_from)
    states = [each.state or ConditionState.OPEN for each in carried]
    before = _so_far(view.dossier.decision, view.dossier.approval)
    surviving = rules.surviving_grant(before, given, states) if before else None
    grant = surviving or rules.new_grant(given)
    entry = _as_new(grant) if surviving is None else _as_carried(surviving)
    return ResultingGrant(entry, is_promoted=rules.is_promoted(grant, states, view.day))


# --- from rows ------------------------------------------------------------------------------------


def _surviving(view: DecisionView, proposed: Sequence[Condition]) -> tuple[ConditionSoFar | None, ...]:
    return rules.surviving_conditions([_condition_so_far(each) for each in view.dossier.conditions], proposed)


def _condition_so_far(row: DecisionCondition) -> ConditionSoFar:
    return ConditionSoFar(row.text, row.reason_code, row.due_on, ConditionState(row.state), row.settled_on)


def _so_far(decision: Decision, approval: Approval | None) -> GrantSoFar | None:
    if decision.granted_level is None or approval is None:
        return None
    return GrantSoFar(
        Given(Level(decision.granted_level), decision.outcome == Outcome.CONDITIONAL, decision.effective_from),
        Agreement(approval.agreement),
        signed_on=approval.signed_on,
        promoted_on=approval.promoted_on,
        in_force_from=approval.in_force_from,
        is_start_announced=approval.start_told,
        end=_own_end(approval),
    )


def _own_end(row: Approval) -> OwnEnd | None:
    if row.own_to is None or row.own_by is None:
        return None
    return OwnEnd(row.own_to, EndedBy(row.own_by), row.end_reason, row.legal_basis, row.end_told)


# --- to entries -----------------------------------------------------------------------------------


def _carried(condition: Condition, same: ConditionSoFar | None) -> CarriedCondition:
    """What the entry says of a condition; of one that is open it says no state."""
    settled = same if same is not None and same.state is not ConditionState.OPEN else None
    return CarriedCondition(
        condition_id=condition.condition_id,
        text=condition.text,
        reason_code=condition.reason_code,
        due_on=condition.due_on,
        state=settled.state if settled else None,
        settled_on=settled.settled_on if settled else None,
    )


def _as_new(grant: GrantSoFar) -> NewGrant:
    return NewGrant(level=grant.given.level, agreement=grant.agreement, in_force_from=grant.in_force_from)


def _as_carried(grant: GrantSoFar) -> CarriedGrant:
    going_on = CarriedGrant(
        level=grant.given.level,
        agreement=grant.agreement,
        signed_on=grant.signed_on,
        promoted_on=grant.promoted_on,
        in_force_from=grant.in_force_from,
        start_announced=grant.is_start_announced,
    )
    return _as_ended(going_on, grant.end) if grant.end else going_on


def _as_ended(going_on: CarriedGrant, end: OwnEnd) -> EndedGrant:
    return EndedGrant(
        level=going_on.level,
        agreement=going_on.agreement,
        signed_on=going_on.signed_on,
        promoted_on=going_on.promoted_on,
        in_force_from=going_on.in_force_from,
        start_announced=going_on.start_announced,
        in_force_to=end.last_day,
        ended_by=end.by,
        reason=end.reason,
        legal_basis=end.legal_basis,
        end_announced=end.is_announced,
    )


def first_id(old: Decision) -> str:
    """The key of the first decision about the same CCG's part in an application, or from the same merger."""
    if old.reference is None:
        return decision_id_of(effective_on_of(old.decision_id), old.ods_code)
    return f"{old.reference}-{old.ods_code}"
