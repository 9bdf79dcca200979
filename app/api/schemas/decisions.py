"""Published decisions, all published changes, and publications, as everybody reads them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import Field

from app.api.schemas.approvals import (
    OutcomeCountsOut,
    PlaceOut,
    PublicReasonOut,
    SucceededOut,
    conditions_out,
    confirmed_late,
    reason_out,
    reasons_out,
    round_href,
)
from app.api.schemas.case_files import ConditionOut, ReasonOut
from app.api.schemas.log import PublishedReceiptOut
from app.api.schemas.rounds import ExpressionOfInterestOut
from app.reading.changes import Changes
from app.reading.decisions import Decisions
from app.reading.publications import Publications, Published
from app.reading.published import Detailed
from app.records.earlier_decisions import EarlierDecision
from app.records.events import Event
from app.rules.grants import EndedBy, GrantStatus, agreement_in_words
from app.rules.history import Origin
from app.rules.holdings import is_real
from app.rules.publications import PublicationKind
from app.rules.rounds import Coverage, RoundStage
from app.web.documents import AppliedLevelOut, ChosenByOut, Day, Instant, Out, OutcomeOut, word_of
from app.web.licence import PublicListOut
from app.web.paging import Page
from app.web.queries import PAGE_LIMIT

# What a decision says as it stands in its row.
_AS_DECIDED = (
    *("requested_level", "outcome", "granted_level", "chosen_by", "scaled_down_to", "effective_from", "standing"),
    *("ended_by", "state", "decided_on", "signed_off_on", "published_at", "supersedes", "superseded_by"),
    *("correction_reason", "origin", "basis", "source", "note"),
)


class DecisionLinksOut(Out):
    """Addresses of what belongs to a decision."""

    self: str
    approval: str
    organisation: str
    round: str | None


class DecisionOut(Out):
    """A published decision about one CCG. Its outcome never changes; a correction is a new decision.

    ``standing``, ``inForceFrom``, ``inForceTo`` and ``endedBy`` say what became of what it grants, ``endReason`` and
    ``legalBasis`` why it was ended, if that was an act on it.
    A fact of a past round (``origin`` history) has a ``basis`` and a ``source``; days that no source gives are
    null, and so is ``requestedLevel`` if none tells what was asked for. ``note`` is what a reader must know beside it.
    ``functions`` are those that it grants at delegated; none at another level, null if that is not known.
    What follows from a merger (``origin`` succession) has no round and no application. It says what it ``succeeds``,
    and whether it was confirmed only after the day from which it holds (``confirmedLate``).
    """

    decision_id: str
    reference: str | None
    ods_code: str
    name: str
    region: PlaceOut
    area_team: PlaceOut | None
    round: str | None
    trial: bool
    coverage: Annotated[str, word_of(*Coverage)]
    requested_level: AppliedLevelOut | None
    outcome: OutcomeOut
    granted_level: AppliedLevelOut | None
    chosen_by: ChosenByOut | None
    scaled_down_to: AppliedLevelOut | None
    scaled_down_reason: ReasonOut | None
    functions: Sequence[str] | None
    effective_from: Day | None
    standing: Annotated[str, word_of(*GrantStatus)] | None
    in_force_from: Day | None
    in_force_to: Day | None
    ended_by: Annotated[str, word_of(*EndedBy)] | None
    end_reason: str | None
    legal_basis: str | None
    agreement_in_words: str | None
    reasons: list[PublicReasonOut]
    conditions: list[ConditionOut]
    state: str
    decided_on: Day | None
    signed_off_on: Day | None
    published_at: Instant
    sequence: int
    supersedes: str | None
    superseded_by: str | None
    correction_reason: str | None
    origin: Annotated[str, word_of(*Origin)]
    basis: Annotated[str, word_of("stated", "derived", "implied")] | None
    source: str | None
    succeeds: list[SucceededOut] | None
    confirmed_late: bool | None
    note: str | None
    receipt: PublishedReceiptOut
    links: DecisionLinksOut

    @classmethod
    def of(cls, detailed: Detailed) -> Self:
        """Show a published decision."""
        row = detailed.row
        return cls(
            decision_id=row.decision_id,
            reference=row.reference,
            ods_code=row.ods_code,
            name=row.name,
            region=PlaceOut.of(detailed.region),
            area_team=PlaceOut.of_any(detailed.area_team),
            round=row.round_id,
            trial=not is_real(row),
            coverage=row.round_coverage,
            **{name: getattr(row, name) for name in _AS_DECIDED},
            scaled_down_reason=reason_out(row.scaled_down_code, row.scaled_down_text),
            functions=detailed.functions,
            **detailed.days_in_force._asdict(),
            **detailed.own_end._asdict(),
            agreement_in_words=agreement_in_words(row.agreement),
            reasons=reasons_out(detailed.reasons),
            conditions=conditions_out(detailed.conditions),
            sequence=row.published_sequence,
            succeeds=SucceededOut.of_all(row.succeeds),
            confirmed_late=confirmed_late(row),
            receipt=PublishedReceiptOut.of(row.decision_id, row.signed_off_index),
            links=DecisionLinksOut(
                self=f"/v1/decisions/{row.decision_id}",
                approval=f"/v1/approvals/{row.ods_code}",
                organisation=f"/v1/organisations/{row.ods_code}",
                round=round_href(row.round_id),
            ),
        )


class DecisionInFullOut(DecisionOut):
    """A published decision, and those on the expressions of interest that its CCG made before it applied.

    A decision at the ``stage`` of expressions of interest itself grants nothing, whatever its outcome.
    """

    stage: Annotated[str, word_of(*RoundStage)]
    expressions_of_interest: list[ExpressionOfInterestOut]

    @classmethod
    def in_full(cls, detailed: Detailed, interests: Iterable[EarlierDecision]) -> Self:
        """Show a published decision with what came before it."""
        said = dict(DecisionOut.of(detailed))
        before = [ExpressionOfInterestOut.of(each) for each in interests]
        return cls(**said, stage=detailed.row.round_stage, expressions_of_interest=before)


class DecisionsOut(PublicListOut):
    """Published decisions of every outcome, newest first. Those whose day is not known come last.

    ``counts`` leave superseded decisions out: only their corrections count. ``inWords`` says which of the listed rounds
    are only partly known; if the list is filtered by rounds or regions, also how many CCGs of each reported number are
    named.
    """

    results: list[DecisionOut]
    counts: OutcomeCountsOut
    on: Day | None
    known_to: Day | None
    in_words: list[str]
    public_sequence: int
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool

    @classmethod
    def of(cls, found: Decisions, page: Page[Detailed], on: date | None) -> Self:
        """Show a page of the list."""
        return cls(
            results=[DecisionOut.of(each) for each in page.rows],
            counts=OutcomeCountsOut.of(found.counts),
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
            total=found.total,
            **page.members(),
        )


# --- changes ------------------------------------------------------------------------------------


def _why(reason: Any) -> Any:
    """The text of a reason. A declaration's has a code too."""
    return reason["text"] if isinstance(reason, dict) else reason


class ChangeOut(Out):
    """One published event. Gaps in ``sequence`` are normal, because the same log numbers other acts too.

    ``occurredOn`` is the day it happened (null if no source gives it), ``recordedAt`` the instant the register recorded
    it. ``dueAt`` is when a timed event was due. ``reason`` is why somebody did it, if they said so. A fact of a past
    round has a ``basis`` and a ``source``.
    """

    sequence: int
    type: str
    ods_code: str | None
    decision_id: str | None
    round: str | None
    occurred_on: Day | None
    recorded_at: Instant
    due_at: Instant | None
    reason: str | None
    basis: str | None
    source: str | None
    href: str | None

    @classmethod
    def of(cls, event: Event) -> Self:
        """Make a change from a publishing log entry."""
        data = event.data
        occurred = data.get("occurredOn")
        return cls(
            sequence=event.sequence,
            type=event.kind,
            ods_code=event.ods_code,
            decision_id=data.get("decisionId"),
            round=data.get("roundId"),
            occurred_on=date.fromisoformat(occurred) if occurred else None,
            recorded_at=event.at,
            due_at=datetime.fromisoformat(data["dueAt"]) if data.get("dueAt") else None,
            # A correction has reasons of its own beside why it was made, and a redaction or an accepted clock a ground.
            reason=_why(data.get("reason")) or data.get("correctionReason") or data.get("ground"),
            basis=data.get("basis"),
            source=data.get("source"),
            href=href_of(event),
        )


class ChangesOut(PublicListOut):
    """Published events after a sequence, oldest first."""

    results: list[ChangeOut]
    limit: int
    next_after: int
    has_more: bool
    public_sequence: int

    @classmethod
    def of(cls, found: Changes, limit: int) -> Self:
        """Show changes after a sequence."""
        return cls(
            results=[ChangeOut.of(event) for event in found.events],
            limit=limit,
            next_after=found.next_after,
            has_more=found.has_more,
            public_sequence=found.public_sequence,
        )


_OF_A_GRANT = ("approval.", "agreement.", "notice.")


def href_of(event: Event) -> str | None:
    """The address of what a published event is about. For a grant, that of what its CCG holds."""
    if event.kind.startswith(_OF_A_GRANT) and event.ods_code is not None:
        return f"/v1/approvals/{event.ods_code}"
    if "decisionId" in event.data:
        return f"/v1/decisions/{event.data['decisionId']}"
    if event.ods_code is not None:
        return f"/v1/organisations/{event.ods_code}"
    if "roundId" in event.data:
        return f"/v1/rounds/{event.data['roundId']}"
    return None


# --- publications -------------------------------------------------------------------------------


class PublicationLinksOut(Out):
    """The events of a publication, and the approvals as the register knew them by it."""

    changes: str
    approvals: str


class PublicationOut(Out):
    """One act that published something, as a whole. ``sequence`` is what ``asKnownAt`` takes.

    ``kind`` says what it was. ``announcement``: decisions of a round. ``correction``: a decision that replaces
    another. ``history_import``: facts of past rounds from sources. ``organisations_import``: facts about CCGs.
    ``round_change``: a round planned or changed. ``declaration``: a CCG declared a level. ``condition``: one was met,
    waived or lapsed. ``notice``: a CCG or NHS England gave notice of a grant's end. ``agreement``: one was signed or
    not taken up. ``revocation``: a grant revoked. ``start``, ``end``: grants of which the first day came, or the last
    day passed or changed. ``redaction``: private text deleted. ``clock``: a clock accepted as right. What follows from
    an act (a grant ends because its CCG closed) is part of it. ``events`` is how many events it published.
    """

    sequence: int
    kind: Annotated[str, word_of(*PublicationKind)]
    recorded_at: Instant
    events: int
    links: PublicationLinksOut

    @classmethod
    def of(cls, row: Published) -> Self:
        """Show a publication. Its first events are at the address for changes; if they are many, pages follow."""
        return cls(
            sequence=row.sequence,
            kind=row.kind,
            recorded_at=row.recorded_at,
            events=row.events,
            links=PublicationLinksOut(
                changes=f"/v1/changes?after={row.before}&limit={min(row.events, PAGE_LIMIT)}",
                approvals=f"/v1/approvals?asKnownAt={row.sequence}",
            ),
        )


class PublicationsOut(PublicListOut):
    """Publications, oldest first."""

    results: list[PublicationOut]
    from_: Annotated[Day | None, Field(alias="from")]
    to: Day | None
    public_sequence: int
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool

    @classmethod
    def of(cls, found: Publications, page: Page[Published], from_day: date | None, to_day: date | None) -> Self:
        """Show a page of the list."""
        return cls(
            results=[PublicationOut.of(row) for row in page.rows],
            from_=from_day,
            to=to_day,
            public_sequence=found.public_sequence,
            total=found.total,
            **page.members(),
        )
