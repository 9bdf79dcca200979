"""Published decisions of every outcome, with reasons and conditions, and the changes in their order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Annotated, cast

from fastapi import APIRouter

from app.api.figures import known_in_part, listed_rounds
from app.api.responses import reads_publicly
from app.api.schemas.changes import ChangeOut, ChangesOut
from app.api.schemas.published import DecisionOut, DecisionsOut, OutcomeCountsOut
from app.api.tables import DECISION_COLUMNS, decision_cells
from app.records import events, ledger, places, published
from app.records.published import NEVER, Filters, PublishedRow
from app.records.session import Session
from app.rules import deadlines
from app.rules.refusals import NotFound
from app.rules.words import REASONS, Outcome
from app.web.caching import KnownSnapshotDep, Public, SnapshotDep, public_read
from app.web.filters import (
    After,
    AppliedLevel,
    AreaTeamFilter,
    CodeFilter,
    LevelFilter,
    OnFilter,
    OutcomeFilter,
    RegionFilter,
    RoundFilter,
    TextFilter,
    one_or_several,
    parts,
)
from app.web.formats import FormatDep, Table
from app.web.identifiers import DecisionPath
from app.web.paging import PagingDep
from app.web.queries import (
    LimitDep,
    comma_list,
)

router = APIRouter(prefix="/v1", tags=["public register"])


class PublishedState(StrEnum):
    """How a published decision stands: for itself, or with a correction in its place."""

    PUBLISHED = "published"
    SUPERSEDED = "superseded"


ReasonWord = cast("type[StrEnum]", StrEnum("ReasonWord", {word.code.upper(): word.code for word in REASONS}))
ReasonFilter = Annotated[str | None, one_or_several(ReasonWord, "Codes of reasons.")]
StateFilter = Annotated[str | None, one_or_several(PublishedState, "Whether a correction stands in the place.")]
_CHUNK = 200


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
    q: TextFilter = None,
    on: OnFilter = None,
) -> Public | Table:
    """Decisions of every outcome, the newest first, superseded ones included and marked; `counts` leave those out.

    With `on`: those that had been decided by that day. Where that day is not known, the first day of the
    grant stands for it, or else the day the round starts.

    Also at `/v1/decisions.csv` and `/v1/decisions.ndjson`, or by `Accept`: then the whole list comes
    at once, and `limit` and `cursor` do not apply.
    """
    day = on or deadlines.london_day(snapshot.at)
    outcomes = comma_list(outcome, Outcome, parameter="outcome") or ()
    others = Filters(
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        reasons=comma_list(reason, ReasonWord, parameter="reason") or (),
        regions=parts(region),
        area_teams=parts(area_team),
        rounds=parts(round_id),
        ods_codes=parts(ods_code),
        states=comma_list(state, PublishedState, parameter="state") or (),
        text=q,
        with_superseded=True,
        decided_by=on,
    )
    filters = replace(others, outcomes=outcomes)
    covered = listed_rounds(snapshot.session, others.rounds)
    if wanted_format != "json":
        rows = published.newest_first(snapshot.session, filters, day=day, after=None, limit=None)
        return Table(
            DECISION_COLUMNS, _cells(snapshot.session, rows), kind="csv" if wanted_format == "csv" else "ndjson"
        )
    after = paging.after(date.fromisoformat, int)
    found = published.newest_first(snapshot.session, filters, day=day, after=after, limit=paging.wanted)
    page = paging.cut(found, lambda row: [(row.decided_on or NEVER).isoformat(), str(row.published_sequence)])
    counts = published.count_by_outcome(snapshot.session, replace(others, with_superseded=False), day=day)
    content = DecisionsOut(
        results=_shown(snapshot.session, page.rows),
        counts=OutcomeCountsOut.of(counts),
        on=on,
        in_words=known_in_part(covered),
        public_sequence=ledger.public_sequence(snapshot.session),
        total=published.count(snapshot.session, filters, day=day),
        limit=page.limit,
        next_cursor=page.next_cursor,
        has_more=page.has_more,
    )
    return Public(content, page.link_next)


@router.get(
    "/decisions/{decisionId}",
    response_model=DecisionOut,
    summary="Read one published decision",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_decision(decision_id: DecisionPath, snapshot: KnownSnapshotDep) -> DecisionOut:
    """The permanent address of a decision. Before its announcement there is nothing here."""
    row = published.fetch(snapshot.session, decision_id, day=deadlines.london_day(snapshot.at))
    if row is None:
        raise NotFound("No such published decision.")
    [shown] = _shown(snapshot.session, [row])
    return shown


@router.get(
    "/changes",
    response_model=ChangesOut,
    summary="Follow every published change",
    responses=reads_publicly(),
)
@public_read
def list_changes(snapshot: SnapshotDep, limit: LimitDep, after: After = -1) -> ChangesOut:
    """Published events, oldest first, never expiring: go on with `after` set to `nextAfter`."""
    rows = events.published(snapshot.session, after=after, limit=limit + 1)
    page = rows[:limit]
    return ChangesOut(
        results=[ChangeOut.of(event) for event in page],
        limit=limit,
        next_after=page[-1].sequence if page else after,
        has_more=len(rows) > limit,
        public_sequence=ledger.public_sequence(snapshot.session),
    )


def _shown(session: Session, rows: list[PublishedRow]) -> list[DecisionOut]:
    ids = [row.decision_id for row in rows]
    reasons, conditions = published.reasons_of(session, ids), published.conditions_of(session, ids)
    regions, teams = places.region_names(session), places.area_team_names(session)
    return [DecisionOut.of(row, reasons[row.decision_id], conditions[row.decision_id], regions, teams) for row in rows]


def _cells(session: Session, rows: Iterator[PublishedRow]) -> Iterator[list[object]]:
    regions, teams = places.region_names(session), places.area_team_names(session)
    while chunk := list(islice(rows, _CHUNK)):
        ids = [row.decision_id for row in chunk]
        reasons, conditions = published.reasons_of(session, ids), published.conditions_of(session, ids)
        for row in chunk:
            yield decision_cells(row, reasons[row.decision_id], conditions[row.decision_id], regions, teams)
