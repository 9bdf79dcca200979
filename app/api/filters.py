"""Query parameters that several listings share."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query

from app.api.schemas.base import Day
from app.api.unanswerable import InvalidParameter, ParameterFault
from app.rules.words import Level

CODES = r"^[0-9A-Z]{3,5}(,[0-9A-Z]{3,5}){0,99}$"
ROUNDS = r"^[a-z0-9-]{1,40}(,[a-z0-9-]{1,40}){0,49}$"


class AppliedLevel(StrEnum):
    """The levels that are applied for."""

    DELEGATED = Level.DELEGATED.value
    JOINT = Level.JOINT.value


WordList = Annotated[str | None, Query(max_length=300, description="One word, or several with commas between them.")]
LevelFilter = Annotated[str | None, Query(max_length=100, description="`delegated`, `joint`, or both with a comma.")]
RegionFilter = Annotated[str | None, Query(pattern=CODES, description="ODS codes of regions, for instance `Y56`.")]
AreaTeamFilter = Annotated[
    str | None, Query(alias="areaTeam", pattern=CODES, description="ODS codes of area teams, for instance `Q71`.")
]
RoundFilter = Annotated[
    str | None,
    Query(alias="round", pattern=ROUNDS, description="Round ids. A trial round is listed only when it is named here."),
]
CodeFilter = Annotated[str | None, Query(alias="odsCode", pattern=CODES, description="ODS codes of CCGs.")]
TextFilter = Annotated[
    str | None, Query(min_length=1, max_length=100, description="Part of a name, or a whole ODS code.")
]
OnFilter = Annotated[Day | None, Query(description="A day, for instance `2015-04-01`: what held on it.")]
After = Annotated[int, Query(ge=-1, le=2**62, description="The last sequence already read; -1 to start.")]


def parts(text: str | None) -> tuple[str, ...]:
    """The parts of a comma list whose shape was checked; none when nothing was asked."""
    return tuple(dict.fromkeys(text.split(","))) if text else ()


def check_day(position: list[Any] | None) -> list[Any] | None:
    """A cursor's position that starts with a day. Raises InvalidParameter when somebody has made it up."""
    return _checked(position, date.fromisoformat)


def check_instant(position: list[Any] | None) -> list[Any] | None:
    """A cursor's position that starts with an instant. Raises InvalidParameter when somebody has made it up."""
    return _checked(position, _aware)


def _checked(position: list[Any] | None, read: Callable[[str], Any]) -> list[Any] | None:
    if position is None:
        return None
    try:
        read(position[0])
    except ValueError:
        fault = ParameterFault("cursor", "Is not a cursor of this query; start again without one.")
        raise InvalidParameter("The cursor does not fit.", parameters=[fault]) from None
    return position


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no time zone")
    return at
