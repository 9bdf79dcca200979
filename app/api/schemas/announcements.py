"""Previews and announcements as NHS England reads them."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Self

from app.api.schemas.approvals import OutcomeCountsOut
from app.casework.announcing import Announced, Preview
from app.records.tables import Decision
from app.web.documents import AppliedLevelOut, Day, Instant, Out, OutcomeOut, word_of


class RegionCountsOut(Out):
    """What would be announced in one region."""

    code: str
    name: str
    total: int
    by_outcome: OutcomeCountsOut


class LevelCountsOut(Out):
    """How many decisions there are on requests for each level."""

    delegated: int
    joint: int


class PreviewCountsOut(Out):
    """What would be announced, counted."""

    total: int
    by_outcome: OutcomeCountsOut
    by_region: list[RegionCountsOut]
    by_level: LevelCountsOut

    @classmethod
    def of(cls, decisions: Iterable[Decision], regions: dict[str, str]) -> Self:
        """Count decisions by outcome, in each region, and for each level requested."""
        rows = list(decisions)
        levels = Counter(each.requested_level for each in rows)
        return cls(
            total=len(rows),
            by_outcome=OutcomeCountsOut.of(Counter(each.outcome for each in rows)),
            by_region=[
                _in_region(code, regions[code], [each for each in rows if each.region_code == code])
                for code in sorted({each.region_code for each in rows})
            ],
            by_level=LevelCountsOut(delegated=levels["delegated"], joint=levels["joint"]),
        )


class PreviewDecisionOut(Out):
    """One decision that would be announced."""

    decision_id: str
    reference: str | None
    ods_code: str
    name: str
    region_code: str
    requested_level: AppliedLevelOut
    outcome: OutcomeOut
    granted_level: AppliedLevelOut | None
    effective_from: Day | None
    decided_on: Day | None


class NotYetSignedOffOut(Out):
    """One CCG that the announcement would leave out, because its application is not signed off."""

    reference: str
    ods_code: str
    name: str
    state: str


class ScheduledOut(Out):
    """A scheduled announcement. Its decisions appear in no preview."""

    announcement_id: str
    publish_at: Instant
    size: int
    href: str


class PreviewOut(Out):
    """What an announcement would publish now. Send ``setDigest`` as ``expect`` to announce exactly this set."""

    round: str
    levels: list[AppliedLevelOut]
    counts: PreviewCountsOut
    decisions: list[PreviewDecisionOut]
    not_yet_signed_off: list[NotYetSignedOffOut]
    scheduled: list[ScheduledOut]
    set_digest: str

    @classmethod
    def of(cls, found: Preview, regions: dict[str, str]) -> Self:
        """Show a preview."""
        names = PreviewDecisionOut.model_fields
        return cls(
            round=found.plan.round_id,
            levels=list(found.levels),
            counts=PreviewCountsOut.of(found.decisions, regions),
            decisions=[PreviewDecisionOut(**{name: getattr(each, name) for name in names}) for each in found.decisions],
            not_yet_signed_off=[NotYetSignedOffOut(**each._asdict()) for each in found.outstanding],
            scheduled=[
                ScheduledOut(
                    announcement_id=each.announcement_id,
                    publish_at=each.publish_at,
                    size=each.size,
                    href=f"/v1/rounds/{each.round_id}/announcement/{each.announcement_id}",
                )
                for each in found.scheduled
            ],
            set_digest=found.set_digest,
        )


class AnnouncementOut(Out):
    """An announcement: made, scheduled for ``publishAt``, or cancelled."""

    announcement_id: str
    round: str
    levels: list[AppliedLevelOut]
    state: Annotated[str, word_of("scheduled", "made", "cancelled")]
    publish_at: Instant | None
    published_at: Instant | None
    public_sequence: int | None
    counts: PreviewCountsOut
    decision_ids: list[str]
    set_digest: str

    @classmethod
    def of(cls, found: Announced, regions: dict[str, str]) -> Self:
        """Show an announcement."""
        row = found.announcement
        return cls(
            announcement_id=row.announcement_id,
            round=row.round_id,
            levels=row.levels,
            state=row.state,
            publish_at=row.publish_at,
            published_at=row.announced_at,
            public_sequence=found.public_sequence,
            counts=PreviewCountsOut.of(found.decisions, regions),
            decision_ids=[each.decision_id for each in found.decisions],
            set_digest=row.set_digest,
        )


def _in_region(code: str, name: str, rows: list[Decision]) -> RegionCountsOut:
    counts = OutcomeCountsOut.of(Counter(each.outcome for each in rows))
    return RegionCountsOut(code=code, name=name, total=len(rows), by_outcome=counts)
