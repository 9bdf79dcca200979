"""Query parameters that several lists share."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query

from app.rules.filters import UnknownName
from app.rules.grants import EndedBy
from app.rules.words import Level, Outcome
from app.web import forms
from app.web.documents import Day
from app.web.queries import WHOLE
from app.web.request_errors import InvalidParameter, ParameterFault


class AppliedLevel(StrEnum):
    """The levels that CCGs apply for."""

    DELEGATED = Level.DELEGATED.value
    JOINT = Level.JOINT.value


def one_or_several(words: type[StrEnum], description: str, *, alias: str | None = None) -> Any:
    """The metadata of a comma list of such words. ``comma_list`` reads it."""
    known = ", ".join(f"`{word}`" for word in words)
    return Query(
        alias=alias,
        max_length=300,
        description=f"{description} One, or several with commas between them: {known}.",
        json_schema_extra=_list_of({"type": "string", "enum": [str(word) for word in words]}),
    )


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    """The mark that makes the API's description show a comma list."""
    return {"x-comma-list": items}


_ODS_CODES = _list_of({"type": "string", "pattern": "^[0-9A-Z]{3,5}$"})
_ROUND_IDS = _list_of({"type": "string", "pattern": "^[a-z0-9-]{1,40}$"})
LevelFilter = Annotated[str | None, one_or_several(AppliedLevel, "Levels applied for.")]
OutcomeFilter = Annotated[str | None, one_or_several(Outcome, "Outcomes.")]
EndedByFilter = Annotated[str | None, one_or_several(EndedBy, "What ended the grant, or will.", alias="endedBy")]
RegionFilter = Annotated[
    str | None,
    Query(
        pattern=forms.REGIONS,
        description="ODS codes of regions, for instance `Y56`, separated by commas; "
        "all of them are at `/v1/reference-data/regions`.",
        json_schema_extra=_ODS_CODES,
    ),
]
AreaTeamFilter = Annotated[
    str | None,
    Query(
        alias="areaTeam",
        pattern=forms.AREA_TEAMS,
        description="ODS codes of area teams, for instance `Q71`, separated by commas; "
        "all of them are at `/v1/reference-data/area-teams`.",
        json_schema_extra=_ODS_CODES,
    ),
]
RoundFilter = Annotated[
    str | None,
    Query(
        alias="round",
        pattern=forms.ROUND_IDS,
        description="Round ids, separated by commas. A trial round is listed only if it is named here.",
        json_schema_extra=_ROUND_IDS,
    ),
]
RoundOfWorkFilter = Annotated[
    str | None,
    Query(
        alias="round",
        pattern=forms.ROUND_IDS,
        description="Round ids, separated by commas. All if left out, trial rounds too.",
        json_schema_extra=_ROUND_IDS,
    ),
]
CodeFilter = Annotated[
    str | None,
    Query(
        alias="odsCode",
        pattern=forms.ODS_CODES,
        description="ODS codes of CCGs, separated by commas.",
        json_schema_extra=_ODS_CODES,
    ),
]
TextFilter = Annotated[
    str | None, Query(min_length=1, max_length=100, description="Part of a name, or a whole ODS code.")
]
OnFilter = Annotated[Day | None, Query(description="A day, for instance `2015-04-01`: what held on it.")]
KnownAtFilter = Annotated[
    int | None,
    Query(
        alias="asKnownAt",
        ge=0,
        le=2**62,
        description="A public sequence: as the register knew it by the newest complete publication up to there. With "
        "`on` the answer of then, byte for byte within a release; without it, of the London day of that publication.",
    ),
    WHOLE,
]
After = Annotated[
    int | None,
    Query(ge=0, le=2**62, description="The last sequence already read. From the start if left out."),
    WHOLE,
]
BEFORE_ALL = -1
"""The sequence before the first: where a reader starts who has read nothing."""


def parts(text: str | None) -> tuple[str, ...]:
    """The parts of a comma list that has the right form. Empty if nothing was asked for."""
    return tuple(dict.fromkeys(text.split(","))) if text else ()


def parts_of(*texts: str | None) -> list[tuple[str, ...]]:
    """The parts of each of several comma lists."""
    return [parts(text) for text in texts]


def refuse_reversed(first: date | None, last: date | None) -> None:
    """Raise InvalidParameter if ``from`` is after ``to``."""
    if first is not None and last is not None and first > last:
        fault = ParameterFault("from", f"{first} is after {last}, the day named by `to`.")
        raise InvalidParameter("The days are the wrong way round.", parameters=[fault])


# Names in filters: their parameter, and where all of them are.
_NAMED = {
    "round": ("round", "/v1/rounds"),
    "region": ("region", "/v1/reference-data/regions"),
    "area team": ("areaTeam", "/v1/reference-data/area-teams"),
}
NAMES_TOLD = 12


def refused_names(unknown: Sequence[UnknownName]) -> InvalidParameter:
    """The refusal of names in filters that there are not."""
    nouns = dict.fromkeys(each.noun for each in unknown)
    faults = [ParameterFault(_NAMED[each.noun][0], _not_a_name(each)) for each in unknown]
    return InvalidParameter(f"There is no such {' and no such '.join(nouns)}.", parameters=faults)


def _not_a_name(unknown: UnknownName) -> str:
    article = "an" if unknown.noun[0] in "aeiou" else "a"
    every = ", ".join(unknown.known) if 0 < len(unknown.known) <= NAMES_TOLD else f"at {_NAMED[unknown.noun][1]}"
    return f"{unknown.name} is not {article} {unknown.noun}; those that there are: {every}."
