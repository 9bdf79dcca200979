"""Announcing signed-off decisions, and declaring levels that need no approval."""

from fastapi import APIRouter

from app.access.callers import CcgDep, NationalDep
from app.api.responses import rehearses, writes
from app.api.schemas.announcements import AnnouncementOut, PreviewOut
from app.api.schemas.listings import DeclaredOut
from app.api.schemas.panel import AnnouncementIn, PreviewIn
from app.api.schemas.proposals import DeclarationIn
from app.casework import announcing, declaring
from app.records import places
from app.rules import deadlines
from app.rules.outcomes import Reason
from app.rules.words import Level
from app.web.bodies import StrictRoute
from app.web.identifiers import AnnouncementPath, RoundPath, new_announcement_id, new_declaration_id
from app.web.transactions import Answer, TransactionDep, transactional

router = APIRouter(prefix="/v1", route_class=StrictRoute)


@router.post(
    "/rounds/{roundId}/announcement/preview",
    response_model=PreviewOut,
    tags=["panel and NHS England"],
    summary="Preview an announcement",
    responses=rehearses("not-found", "invalid-document"),
)
@transactional(key="ignored")
def preview_announcement(
    round_id: RoundPath, national: NationalDep, transaction: TransactionDep, body: PreviewIn | None = None
) -> Answer:
    """Count and list what an announcement would publish now, and what is not signed off yet.

    This publishes nothing. Send the `setDigest` as `expect` to announce exactly this set.
    """
    del national  # the guard checks the person; nothing else is needed of them
    found = announcing.rehearse(transaction.session, round_id, _levels(body), at=transaction.at)
    return Answer(PreviewOut.of(found, places.region_names(transaction.session)))


@router.post(
    "/rounds/{roundId}/announcement",
    status_code=201,
    response_model=AnnouncementOut,
    tags=["panel and NHS England"],
    summary="Announce signed-off decisions",
    responses=writes("not-found", "announcement-changed", "nothing-to-announce", "invalid-document"),
)
@transactional
def announce(round_id: RoundPath, national: NationalDep, body: AnnouncementIn, transaction: TransactionDep) -> Answer:
    """Publish the previewed set in one transaction, now or at `publishAt`.

    The register refuses if the set has changed since the preview. Announce again whenever more decisions are signed
    off. A scheduled announcement keeps its set; cancel it to change the set.
    """
    made = announcing.announce(
        transaction.session,
        round_id,
        _levels(body),
        expect=body.expect,
        publish_at=body.publish_at,
        announcement_id=new_announcement_id(round_id),
        person=national,
        at=transaction.at,
    )
    return Answer(AnnouncementOut.of(made, places.region_names(transaction.session)), status=201)


@router.delete(
    "/rounds/{roundId}/announcement/{announcementId}",
    response_model=AnnouncementOut,
    tags=["panel and NHS England"],
    summary="Cancel a scheduled announcement",
    responses=writes("not-found", "wrong-state"),
)
@transactional
def cancel_announcement(
    round_id: RoundPath,
    announcement_id: AnnouncementPath,
    national: NationalDep,
    transaction: TransactionDep,
) -> Answer:
    """Cancel a scheduled announcement before its hour.

    Its decisions stay signed off, and you can announce them again.
    """
    found = announcing.cancel(transaction.session, round_id, announcement_id, person=national, at=transaction.at)
    return Answer(AnnouncementOut.of(found, places.region_names(transaction.session)))


@router.post(
    "/declarations",
    status_code=201,
    response_model=DeclaredOut,
    tags=["applications"],
    summary="Declare a level that needs no approval",
    responses=writes("live-application", "invalid-document", "unknown-round", "round-not-open", "unknown-organisation"),
)
@transactional
def declare(ccg: CcgDep, body: DeclarationIn, transaction: TransactionDep) -> Answer:
    """Declare greater involvement, or no involvement.

    It is public at once; you can replace it until the round closes.
    """
    declaration_id = new_declaration_id(body.round_id, body.ods_code)
    receipt = declaring.declare(
        transaction.session,
        ods_code=body.ods_code,
        round_id=body.round_id,
        level=Level(body.level),
        reason=None if body.reason is None else Reason(body.reason.code, body.reason.text),
        declaration_id=declaration_id,
        caller=ccg,
        attribution=body.attribution.model_dump(mode="json", by_alias=True),
        at=transaction.at,
    )
    shown = DeclaredOut.of(body, declaration_id, deadlines.london_day(transaction.at), receipt)
    return Answer(shown, status=201, ods_code=body.ods_code)


def _levels(body: PreviewIn | None) -> list[Level]:
    return [Level(each) for each in body.levels] if body and body.levels else [Level.DELEGATED, Level.JOINT]
