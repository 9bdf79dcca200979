"""What was decided before about the CCGs of an application: rejections, and expressions of interest."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import String, and_, bindparam, or_, select
from sqlmodel import col

from app.records.tables import Application, ApplicationMember, Decision, Round
from app.rules.decisions import DecisionState
from app.rules.rounds import RoundStage
from app.rules.words import Outcome


class EarlierDecision(NamedTuple):
    """A decision about a CCG, and its round."""

    decision_id: str
    ods_code: str
    round_id: str
    outcome: str
    state: str
    kind: str
    stage: str
    starts_on: date

    @property
    def is_interest(self) -> bool:
        """Whether it is about an expression of interest."""
        return self.stage == RoundStage.EXPRESSION_OF_INTEREST

    @property
    def is_public(self) -> bool:
        """Whether it is published; else its applicants alone were shown it."""
        return self.state == DecisionState.PUBLISHED


class Following(NamedTuple):
    """The round of an application, as far as it says what came before it."""

    kind: str
    stage: str
    starts_on: date


_IS_PUBLIC = col(Decision.state) == DecisionState.PUBLISHED
_IS_INTEREST = col(Round.stage) == RoundStage.EXPRESSION_OF_INTEREST
# What applicants were shown of their own before it is public.
_OWN = select(col(ApplicationMember.reference)).where(
    col(ApplicationMember.ods_code).in_(bindparam("own", expanding=True, type_=String())),
    col(ApplicationMember.left_at).is_(None),
)
_SHOWN = select(col(Application.reference)).where(
    col(Application.reference).in_(_OWN), col(Application.shown_at).is_not(None)
)
_WAS_SHOWN = and_(col(Decision.state) == DecisionState.SIGNED_OFF, col(Decision.reference).in_(_SHOWN))
EARLIER = (
    select(
        *(col(Decision.decision_id), col(Decision.ods_code), col(Decision.round_id), col(Decision.outcome)),
        *(col(Decision.state), col(Round.kind), col(Round.stage), col(Round.starts_on)),
    )
    .join(Round, col(Round.round_id) == col(Decision.round_id))
    .where(
        col(Decision.ods_code).in_(bindparam("codes", expanding=True)),
        or_(
            and_(_IS_PUBLIC, col(Decision.outcome) == Outcome.REJECTED),
            and_(_IS_INTEREST, or_(_IS_PUBLIC, _WAS_SHOWN)),
        ),
    )
    .order_by(col(Decision.decision_id))
)
"""Rejections and expressions of interest that are decided about ``codes``, and public or shown to ``own``."""


def rejections(found: Iterable[EarlierDecision], before: Following) -> list[str]:
    """Those of the applications of earlier rounds of the same kind that were rejected."""
    earlier = (each for each in found if not each.is_interest and each.starts_on < before.starts_on)
    return [each.decision_id for each in earlier if each.kind == before.kind and each.outcome == Outcome.REJECTED]


def interests(found: Iterable[EarlierDecision], before: Following) -> list[EarlierDecision]:
    """The expressions of interest that an application follows: of the same kind, for the same start or an earlier one.

    An expression of interest follows none.
    """
    if before.stage == RoundStage.EXPRESSION_OF_INTEREST:
        return []
    earlier = (each for each in found if each.is_interest and each.starts_on <= before.starts_on)
    return [each for each in earlier if each.kind == before.kind]
