"""Published decisions of every outcome, with reasons and conditions; the changes in their order, and publications."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query

from app.api.responses import reads_publicly
from app.api.schemas.decisions import ChangesOut, DecisionInFullOut, DecisionsOut, PublicationsOut
from app.api.statistics_table import PUBLICATION_COLUMNS
from app.api.tables import DECISION_COLUMNS
from app.reading import changes, publications
from app.reading import decisions as reading
from app.reading.rounds import listed_rounds
from app.records import directory
from app.records.publications import Days
from app.records.published import NEVER, Filters
from app.rules.decisions import ConditionState
from app.rules.grants import EndedBy
from app.rules.words import REASONS, Outcome
from app.web.caching import KnownSnapshotDep, Public, SnapshotDep, public_read
from app.web.documents import Day
from app.web.filters import (
    BEFORE_ALL,
    After,
    AppliedLevel,
    AreaTeamFilter,
    CodeFilter,
    EndedByFilter,
    LevelFilter,
    OnFilter,
    OutcomeFilter,
    RegionFilter,
    RoundFilter,
    TextFilter,
    one_or_several,
    parts,
    parts_of,
    refuse_reversed,
)
from app.web.formats import FormatDep, Table, table
from app.web.identifiers import DecisionPath
from app.web.paging import PagingDep
from app.web.queries import (
    TRUE_OR_FALSE,
    LimitDep,
    comma_list,
)

router = APIRouter(prefix="/v1", tags=["public register"])


class PublishedState(StrEnum):
    """The state of a published decision: in effect, or replaced by a correction."""

    PUBLISHED = "published"
    SUPERSEDED = "superseded"


ReasonWord = cast("type[StrEnum]", StrEnum("ReasonWord", {word.code.upper(): word.code for word in REASONS}))
ReasonFilter = Annotated[str | None, one_or_several(ReasonWord, "Codes of reasons.")]
ConditionFilter = Annotated[
    str | None,
    one_or_several(
        ConditionState,
        "States of conditions, of which a decision has at least one: today, or on the day `on`.",
        alias="conditionState",
    ),
]
OverdueFilter = Annotated[
    bool | None,
    Query(
        description="Whether a condition is open today, or on the day `on`, although it was due before. It is not "
        "overdue if the decision is superseded or the grant is over."
    ),
    TRUE_OR_FALSE,
]
FirstDay = Annotated[
    Day | None, Query(alias="from", description="The first London day, for instance `2015-02-18`. All if left out.")
]
LastDay = Annotated[
    Day | None, Query(alias="to", description="The last London day, which is included. All if left out.")
]
StateFilter = Annotated[str | None, one_or_several(PublishedState, "Whether a correction has replaced the decision.")]


@router.get("/decisions.csv", include_in_schema=False, name="list_decisions_csv")
@router.get("/decisions.ndjson", include_in_schema=False, name="list_decisions_ndjson")
@router.get(
    "/decisions",
    response_model=DecisionsOut,
    summary="List published decisions",
    responses=reads_publicly("not-yet-known", columns=DECISION_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_decisions(
    snapshot: KnownSnapshotDep,
    wanted_format: FormatDep,
    paging: PagingDep,
    outcome: OutcomeFilter = None,
    reason: ReasonFilter = None,
    level: LevelFilter = None,
    region: RegionFilter = None,
    area_team: AreaTeamFilter = None,
    round_id: RoundFilter = None,
    ods_code: CodeFilter = None,
    state: StateFilter = None,
    condition_state: ConditionFilter = None,
    overdue: OverdueFilter = None,
    ended_by: EndedByFilter = None,
    q: TextFilter = None,
    on: OnFilter = None,
) -> Public | Table[Any]:
    """Decisions of every outcome, newest first. Superseded ones are included and marked; `counts` leave them out.

    With `on`: those that had been decided by that day. If that day is not known, the first day of the grant is used
    instead, or else the day the round starts. Rows show how conditions stand now, and since when (`settledOn`).

    Also at `/v1/decisions.csv` and `/v1/decisions.ndjson`, or by `Accept`. Those give the whole list at once and take
    no `limit` and no `cursor`.
    """
    regions, area_teams, rounds = parts_of(region, area_team, round_id)
    filters = Filters(
        outcomes=comma_list(outcome, Outcome, parameter="outcome") or (),
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        reasons=comma_list(reason, ReasonWord, parameter="reason") or (),
        regions=regions,
        area_teams=area_teams,
        rounds=rounds,
        ods_codes=parts(ods_code),
        states=comma_list(state, PublishedState, parameter="state") or (),
        condition_states=comma_list(condition_state, ConditionState, parameter="conditionState") or (),
        is_overdue=overdue,
        ended_by=comma_list(ended_by, EndedBy, parameter="endedBy") or (),
        text=q,
    )
    asked = reading.DecisionsAsked(filters, on, snapshot.today)
    covered = listed_rounds(snapshot.session, rounds, regions=regions, area_teams=area_teams)
    if wanted_format != "json":
        rows = reading.every_decision(snapshot.session, asked)
        return table(DECISION_COLUMNS, rows, wanted_format, {"knownTo": directory.known_to(snapshot.session)})
    after = paging.after(date.fromisoformat, int)
    found = reading.list_decisions(snapshot.session, asked, covered, after=after, limit=paging.wanted)
    page = paging.cut(
        found.rows, lambda each: [(each.row.decided_on or NEVER).isoformat(), str(each.row.published_sequence)]
    )
    return Public(DecisionsOut.of(found, page, on), page.link_next)


@router.get(
    "/decisions/{decisionId}",
    response_model=DecisionInFullOut,
    summary="Read one published decision",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_decision(decision_id: DecisionPath, snapshot: KnownSnapshotDep) -> DecisionInFullOut:
    """The permanent address of a decision. Before the announcement the answer is 404.

    `expressionsOfInterest` are the published decisions on what the CCG expressed before it applied.
    """
    return DecisionInFullOut.in_full(*reading.read_decision(snapshot.session, decision_id, today=snapshot.today))


@router.get(
    "/changes",
    response_model=ChangesOut,
    summary="Follow every published change",
    responses=reads_publicly("not-yet-known"),
)
@public_read
def list_changes(snapshot: SnapshotDep, limit: LimitDep, after: After = None) -> ChangesOut:
    """Published events, oldest first. They never expire. To go on, set `after` to `nextAfter`."""
    found = changes.list_changes(snapshot.session, after=BEFORE_ALL if after is None else after, limit=limit)
    return ChangesOut.of(found, limit)


@router.get("/publications.csv", include_in_schema=False, name="list_publications_csv")
@router.get("/publications.ndjson", include_in_schema=False, name="list_publications_ndjson")
@router.get(
    "/publications",
    response_model=PublicationsOut,
    summary="Find the sequence of a day",
    responses=reads_publicly(columns=PUBLICATION_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_publications(
    snapshot: SnapshotDep,
    wanted_format: FormatDep,
    paging: PagingDep,
    from_day: FirstDay = None,
    to_day: LastDay = None,
) -> Public | Table[Any]:
    """Every act that published something, oldest first, with the sequence to send as `asKnownAt`.

    For what the register knew at the end of a London day, ask with `to` and take the last row. An act counts once,
    however many events it published; its `sequence` is that of the last one.

    Also at `/v1/publications.csv` and `/v1/publications.ndjson`, or by `Accept`. Those give the whole list at once and
    take no `limit` and no `cursor`.
    """
    refuse_reversed(from_day, to_day)
    days = Days(from_day, to_day)
    if wanted_format != "json":
        return table(PUBLICATION_COLUMNS, publications.every_publication(snapshot.session, days), wanted_format)
    after = paging.after(int)
    found = publications.list_publications(
        snapshot.session, days, after=-1 if after is None else int(after[0]), limit=paging.wanted
    )
    page = paging.cut(found.rows, lambda each: [str(each.sequence)])
    return Public(PublicationsOut.of(found, page, from_day, to_day), page.link_next)
