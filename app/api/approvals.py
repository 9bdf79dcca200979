"""Who is approved: the listing of approved CCGs, and what one CCG holds."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Annotated

from fastapi import APIRouter

from app.api.figures import known_in_part, known_until, listed_rounds
from app.api.responses import reads_publicly
from app.api.schemas.published import ApprovalsOut, HeldOut, OrganisationApprovalsOut, OutcomeCountsOut
from app.api.standings import listed, pick_current, pick_next
from app.api.tables import APPROVAL_COLUMNS, approval_cells
from app.records import directory, ledger, places, published
from app.records.published import Filters, PublishedRow
from app.records.session import Session
from app.rules import deadlines
from app.rules.grants import GrantStatus
from app.rules.refusals import NotFound
from app.rules.words import Outcome
from app.web.caching import KnownSnapshotDep, Public, public_read
from app.web.filters import (
    AppliedLevel,
    AreaTeamFilter,
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
from app.web.identifiers import OdsCodePath
from app.web.paging import PagingDep
from app.web.queries import (
    comma_list,
)

router = APIRouter(prefix="/v1", tags=["public register"])
_CHUNK = 200
StandingFilter = Annotated[str | None, one_or_several(GrantStatus, "How what was granted stands on the day.")]


@router.get("/approvals.csv", include_in_schema=False, name="list_approvals_csv")
@router.get("/approvals.ndjson", include_in_schema=False, name="list_approvals_ndjson")
@router.get(
    "/approvals",
    response_model=ApprovalsOut,
    summary="List the approved CCGs",
    responses=reads_publicly("not-yet-known", columns=APPROVAL_COLUMNS),
)
@public_read(offers=("json", "csv", "ndjson"))
def list_approvals(
    snapshot: KnownSnapshotDep,
    wanted_format: FormatDep,
    paging: PagingDep,
    level: LevelFilter = None,
    outcome: OutcomeFilter = None,
    standing: StandingFilter = None,
    region: RegionFilter = None,
    area_team: AreaTeamFilter = None,
    round_id: RoundFilter = None,
    q: TextFilter = None,
    on: OnFilter = None,
) -> Public | Table:
    """Every published decision that is not superseded, `outcome=approved` unless another is asked for.

    With `on`: the grants in force on that day, of every outcome unless one is asked for. Rows are
    ordered by ODS code. A decision without a grant is found by the level requested. `counts` are of
    all outcomes that the other filters leave.

    Also at `/v1/approvals.csv` and `/v1/approvals.ndjson`, or by `Accept`: then the whole list comes
    at once, and `limit` and `cursor` do not apply.
    """
    day = on or deadlines.london_day(snapshot.at)
    outcomes = comma_list(outcome, Outcome, parameter="outcome")
    others = Filters(
        levels=comma_list(level, AppliedLevel, parameter="level") or (),
        standings=comma_list(standing, GrantStatus, parameter="standing") or (),
        regions=parts(region),
        area_teams=parts(area_team),
        rounds=parts(round_id),
        text=q,
        in_force_only=on is not None,
    )
    chosen = outcomes or (() if on is not None else (Outcome.APPROVED,))
    filters = replace(others, outcomes=chosen)
    covered = listed_rounds(snapshot.session, others.rounds)
    if wanted_format != "json":
        rows = published.by_code(snapshot.session, filters, day=day, after=None, limit=None)
        return Table(
            APPROVAL_COLUMNS, _cells(snapshot.session, rows, day), kind="csv" if wanted_format == "csv" else "ndjson"
        )
    found = published.by_code(snapshot.session, filters, day=day, after=paging.after(str, str), limit=paging.wanted)
    page = paging.cut(found, lambda row: [row.ods_code, row.decision_id])
    counts = published.count_by_outcome(snapshot.session, others, day=day)
    content = ApprovalsOut(
        results=list(listed(snapshot.session, page.rows).values()),
        counts=OutcomeCountsOut.of(counts),
        on=on,
        known_to=directory.known_to(snapshot.session),
        in_words=[*known_in_part(covered), *known_until(directory.known_to(snapshot.session), day)],
        public_sequence=ledger.public_sequence(snapshot.session),
        total=sum(number for each, number in counts.items() if not chosen or each in chosen),
        limit=page.limit,
        next_cursor=page.next_cursor,
        has_more=page.has_more,
    )
    return Public(content, page.link_next)


@router.get(
    "/approvals/{odsCode}",
    response_model=OrganisationApprovalsOut,
    summary="Read what one CCG holds",
    responses=reads_publicly("not-yet-known", "not-found"),
)
@public_read
def read_approvals(ods_code: OdsCodePath, snapshot: KnownSnapshotDep, on: OnFilter = None) -> OrganisationApprovalsOut:
    """The grant in force, the one granted ahead, and everything else that was decided, newest first.

    With `on`: as it stood on that day, by what had been decided by then. A grant of a trial round says
    `trial: true`, and comes after real ones.
    """
    day = on or deadlines.london_day(snapshot.at)
    organisation = directory.fetch(snapshot.session, ods_code, day=day)
    if organisation is None:
        raise NotFound("No such CCG.")
    rows = published.of_organisations(snapshot.session, [ods_code], day=day)
    rows = rows if on is None else published.decided_by(on, rows)
    current, following = pick_current(rows), pick_next(rows)
    conditions = published.conditions_of(snapshot.session, [row.decision_id for row in rows])
    shown = {
        row.decision_id: HeldOut.with_details(seen, row, conditions[row.decision_id])
        for row, seen in zip(rows, listed(snapshot.session, rows).values(), strict=True)
    }
    past = [shown[row.decision_id] for row in reversed(rows) if row not in (current, following)]
    return OrganisationApprovalsOut(
        ods_code=ods_code,
        name=organisation.name,
        current=shown[current.decision_id] if current else None,
        next=shown[following.decision_id] if following else None,
        past=past,
        on=on,
        public_sequence=ledger.public_sequence(snapshot.session),
    )


def _cells(session: Session, rows: Iterator[PublishedRow], day: date) -> Iterator[list[object]]:
    regions, teams = places.region_names(session), places.area_team_names(session)
    while chunk := list(islice(rows, _CHUNK)):
        reasons = published.reasons_of(session, [row.decision_id for row in chunk])
        for row in chunk:
            yield approval_cells(row, reasons[row.decision_id], regions, teams, day)
