"""A round as it is put: the document that reading one gives; what the register computes is ignored."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from app.rules.rounds import LONGEST_SOURCE, RoundPlan
from app.web.documents import Day, In, Instant, Line, line

COMPUTED = frozenset(
    {"state", "deadlinesAt", "closesAt", "counts", "publicSequence", "links"}
    | {"inForceOn", "countsApplications", "outsideDenominator", "recorded", "reported", "inWords"}
)


class DeadlinesIn(In):
    """The last London day for a first submission at each level; null where there is no national deadline."""

    delegated: Day | None
    joint: Day | None


class RoundIn(In):
    """A round, as reading it gives it. What the register computes (`state`, `counts`, …) is ignored here.

    Only of a past round, known in part, may the days it opened and closed be null.
    """

    round_id: Annotated[str, Field(max_length=40)]
    title: Line
    kind: Literal["real", "trial"]
    coverage: Literal["complete", "partial"]
    opens_on: Day | None
    deadlines: DeadlinesIn
    closes_on: Day | None
    starts_on: Day
    counted_on: Day
    applications_public_from: Day | None = None
    applicants_see_at: Instant | None = None
    source: Annotated[str, *line(1, LONGEST_SOURCE)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_computed(cls, document: Any) -> Any:
        if not isinstance(document, dict):
            return document
        return {name: value for name, value in document.items() if name not in COMPUTED}

    def plan(self) -> RoundPlan:
        """The round as the rules know it."""
        return RoundPlan(
            round_id=self.round_id,
            title=self.title,
            kind=self.kind,
            coverage=self.coverage,
            opens_on=self.opens_on,
            delegated_deadline=self.deadlines.delegated,
            joint_deadline=self.deadlines.joint,
            closes_on=self.closes_on,
            starts_on=self.starts_on,
            counted_on=self.counted_on,
            applications_public_from=self.applications_public_from,
            applicants_see_at=self.applicants_see_at,
            source=self.source,
        )
