"""Two days beside each other: which CCGs gained a level, lost one, or hold another."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.published import ApprovalOut
from app.api.schemas.statistics import ReportedOut
from app.web.documents import Day, Out
from app.web.licence import PublicListOut


class LevelHeldOut(Out):
    """How many CCGs held a level on a day; those whose start no source confirms are apart."""

    in_force: int
    start_not_confirmed: int


class DayOut(Out):
    """What was held on one day, and how many CCGs were open on it."""

    on: Day
    organisations: int
    delegated: LevelHeldOut
    joint: LevelHeldOut


class ComparedOut(Out):
    """A CCG whose level differs between two days, with what it held on each."""

    ods_code: str
    name: str
    closed_on: Day | None
    successor: str | None
    before: ApprovalOut | None
    after: ApprovalOut | None


class ComparisonOut(PublicListOut):
    """Which CCGs gained a level, lost one, or hold another one, between two days. Trial rounds are left out.

    ``unchanged`` CCGs hold the same level on both. ``reported`` is how many were reported to hold delegated
    commissioning at the time, from the one day to the other; it is no part of what is counted here.
    ``inWords`` says which rounds are known in part only (CCGs that no source names are missing here), and
    what else a reader must know. What is known of CCGs reaches to ``knownTo``.
    """

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    before: DayOut
    after: DayOut
    gained: list[ComparedOut]
    lost: list[ComparedOut]
    changed: list[ComparedOut]
    unchanged: int
    reported: list[ReportedOut]
    in_words: list[str]
    known_to: Day | None
    public_sequence: int
