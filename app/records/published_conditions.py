"""The conditions of published decisions, as they stand by themselves: open until they were settled."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from app.records.tables import DecisionCondition


class ConditionRow(NamedTuple):
    """One condition of a published decision."""

    decision_id: str
    condition_id: str
    text: str
    reason_code: str
    due_on: date | None
    state: str
    settled_on: date | None


def conditions_of(session: Session, decision_ids: Collection[str]) -> dict[str, list[ConditionRow]]:
    """The conditions of these decisions, in their order, by decision id."""
    if not decision_ids:
        return {}
    query = (
        select(
            col(DecisionCondition.decision_id),
            col(DecisionCondition.condition_id),
            col(DecisionCondition.text),
            col(DecisionCondition.reason_code),
            col(DecisionCondition.due_on),
            col(DecisionCondition.state),
            col(DecisionCondition.settled_on),
        )
        .where(col(DecisionCondition.decision_id).in_(decision_ids))
        .order_by(col(DecisionCondition.decision_id), col(DecisionCondition.position))
    )
    found: dict[str, list[ConditionRow]] = {each: [] for each in decision_ids}
    for row in session.connection().execute(query):
        found[row[0]].append(ConditionRow(*row))
    return found
