"""Approvals as everybody reads them: the list, and what one CCG holds."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import ConfigDict

from app.api.schemas.case_files import ConditionOut, ReasonOut
from app.reading.approvals import Approvals, CcgApprovals
from app.reading.published import Detailed, Listed
from app.records.directory import DeclarationRow
from app.records.places import Named
from app.records.published import PublishedRow, ReasonRow
from app.records.published_conditions import ConditionRow
from app.records.tables import Decision
from app.rules.bodies import BodyKind
from app.rules.grants import Agreement, GrantStatus, agreement_in_words, days_in_force
from app.rules.history import Origin
from app.rules.holdings import is_real
from app.rules.rounds import Coverage
from app.rules.successions import effective_on_of
from app.rules.words import Outcome
from app.web.documents import AppliedLevelOut, ChosenByOut, Day, Instant, Out, OutcomeOut, word_of
from app.web.licence import PublicListOut
from app.web.paging import Page

OutcomeWord = Literal["approved", "conditional", "rejected", "downgraded_to_joint"]


def round_href(round_id: str | None) -> str | None:
    """The address of a round; None for what follows from a merger, which has no round."""
    return None if round_id is None else f"/v1/rounds/{round_id}"


class SucceededOut(Out):
    """A body that merged, and the decision by which it held something on its last day, if it did."""

    ods_code: str
    decision_id: str | None

    @classmethod
    def of_all(cls, rows: Sequence[Mapping[str, str | None]] | None) -> list[Self] | None:
        """Those that a decision succeeds. None if it does not follow from a merger."""
        if rows is None:
            return None
        return [cls(ods_code=row["odsCode"] or "", decision_id=row["decisionId"]) for row in rows]


def confirmed_late(row: PublishedRow | Decision) -> bool | None:
    """Whether what follows from a merger was confirmed after its day. None for every other decision."""
    if row.origin != Origin.SUCCESSION or row.decided_on is None:
        return None
    return row.decided_on > effective_on_of(row.decision_id)


class PlaceOut(Out):
    """A region or an area team."""

    code: str
    name: str

    @classmethod
    def of(cls, place: Named) -> Self:
        """A place with its name."""
        return cls(code=place.code, name=place.name)

    @classmethod
    def of_any(cls, place: Named | None) -> Self | None:
        """A place, or None if there is none."""
        return None if place is None else cls.of(place)


class PublicReasonOut(ReasonOut):
    """A reason as everybody reads it. ``codes`` are all for which the text stands, ``code`` is the first of them."""

    codes: list[str]


class ConditionCountOut(Out):
    """How many conditions there are, and how many are open."""

    open: int
    total: int


class ApprovalLinksOut(Out):
    """Addresses of what belongs to an approval."""

    self: str
    decision: str
    organisation: str
    round: str | None


class ApprovalOut(Out):
    """One row of the list: a published decision, what it grants, and why.

    ``promotedOn`` is the day the last condition of a conditional approval was settled; the approval counts from then
    on. Name, region and area team are the CCG's on the day of the decision. CCGs that applied together share a
    ``reference``. A fact of a past round (``origin`` history) has the ``basis`` and the ``source`` from which it is
    known; days that no source gives are null, and so is ``requestedLevel`` if none tells what was asked for. ``note``
    is what a reader must know beside the source. ``functions`` are null if those granted at delegated are not known.
    """

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
    reasons: list[PublicReasonOut]
    standing: Annotated[str, word_of(*GrantStatus)] | None
    effective_from: Day | None
    in_force_from: Day | None
    in_force_to: Day | None
    ended_by: str | None
    end_reason: str | None
    legal_basis: str | None
    promoted_on: Day | None
    agreement: Annotated[str, word_of(*Agreement)] | None
    agreement_in_words: str | None
    conditions: ConditionCountOut
    decided_on: Day | None
    published_at: Instant
    decision_id: str
    origin: Annotated[str, word_of(*Origin)]
    basis: Annotated[str, word_of("stated", "derived", "implied")] | None
    source: str | None
    note: str | None
    links: ApprovalLinksOut

    @classmethod
    def of(cls, listed: Listed) -> Self:
        """Show a row of the list."""
        row = listed.row
        return cls(
            reference=row.reference,
            ods_code=row.ods_code,
            name=row.name,
            region=PlaceOut.of(listed.region),
            area_team=PlaceOut.of_any(listed.area_team),
            round=row.round_id,
            trial=not is_real(row),
            coverage=row.round_coverage,
            **{name: getattr(row, name) for name in _DECIDED},
            scaled_down_reason=reason_out(row.scaled_down_code, row.scaled_down_text),
            functions=listed.functions,
            reasons=reasons_out(listed.reasons),
            standing=row.standing,
            effective_from=row.effective_from,
            **days_in_force(row.in_force_from, row.in_force_to, ended_by=row.ended_by, standing=row.standing)._asdict(),
            ended_by=row.ended_by,
            **listed.own_end._asdict(),
            promoted_on=row.promoted_on,
            agreement=row.agreement,
            agreement_in_words=agreement_in_words(row.agreement),
            conditions=ConditionCountOut(open=row.open_conditions, total=row.total_conditions),
            decided_on=row.decided_on,
            published_at=row.published_at,
            decision_id=row.decision_id,
            origin=row.origin,
            basis=row.basis,
            source=row.source,
            note=row.note,
            links=ApprovalLinksOut(
                self=f"/v1/approvals/{row.ods_code}",
                decision=f"/v1/decisions/{row.decision_id}",
                organisation=f"/v1/organisations/{row.ods_code}",
                round=round_href(row.round_id),
            ),
        )


_DECIDED = ("requested_level", "outcome", "granted_level", "chosen_by", "scaled_down_to")


class OutcomeCountsOut(Out):
    """How many decisions there are of each outcome. Approved and conditional are always counted apart."""

    model_config = ConfigDict(alias_generator=None)  # the members are outcomes, with the same values as everywhere

    approved: int
    conditional: int
    rejected: int
    downgraded_to_joint: int

    @classmethod
    def of(cls, counts: dict[str, int]) -> Self:
        """Counts with a zero for each outcome that does not occur."""
        return cls(**{outcome.value: counts.get(outcome, 0) for outcome in Outcome})


class ApprovalsOut(PublicListOut):
    """The list of approved CCGs. ``counts`` cover all outcomes that match the other filters.

    ``inWords`` says which of the listed rounds are only partly known; if the list is filtered by rounds or regions,
    also how many CCGs of each reported number are named. ``knownTo`` is the day to which the register knows about CCGs
    (mergers, closings).
    """

    results: list[ApprovalOut]
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
    def of(cls, found: Approvals, page: Page[Listed], on: date | None) -> Self:
        """Show a page of the list."""
        return cls(
            results=[ApprovalOut.of(each) for each in page.rows],
            counts=OutcomeCountsOut.of(found.counts),
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
            total=found.total,
            **page.members(),
        )


class HeldOut(ApprovalOut):
    """An approval of one CCG with its conditions in full. A superseded one was never in force."""

    condition_details: list[ConditionOut]
    state: str
    superseded_by: str | None

    @classmethod
    def in_full(cls, detailed: Detailed) -> Self:
        """A row of the list with its conditions, and whether a correction has replaced it."""
        listed = ApprovalOut.of(detailed)
        return cls(
            **{name: getattr(listed, name) for name in ApprovalOut.model_fields},
            condition_details=conditions_out(detailed.conditions),
            state=detailed.row.state,
            superseded_by=detailed.row.superseded_by,
        )


class ChoiceOut(Out):
    """What a CCG chose in a past round, of which no source tells the outcome. It is no decision.

    ``level`` is ``not_declared`` if a source says that it chose nothing, and null if none tells even that. ``note`` is
    what a reader must know beside the source.
    """

    round: str
    level: Literal["delegated", "joint", "not_declared"] | None
    chosen_on: Day | None
    outcome: Literal["not_known"]
    basis: Annotated[str, word_of("stated", "derived", "implied")] | None
    source: str | None
    note: str | None

    @classmethod
    def of(cls, row: DeclarationRow) -> Self:
        """Make a choice from its row."""
        return cls.model_validate(
            {
                "round": row.round_id,
                "level": row.level,
                "chosen_on": row.declared_on,
                "outcome": "not_known",
                "basis": row.basis,
                "source": row.source,
                "note": row.note,
            },
            by_name=True,
            by_alias=False,
        )


class OrganisationApprovalsOut(Out):
    """What one CCG holds on the day: in force, starting later, and everything decided earlier or not granted."""

    ods_code: str
    name: str
    current: HeldOut | None
    next: HeldOut | None
    past: list[HeldOut]
    choices: list[ChoiceOut]
    kind: Annotated[str, word_of(*BodyKind)]
    on: Day | None
    known_to: Day | None
    in_words: list[str]
    public_sequence: int

    @classmethod
    def of(cls, found: CcgApprovals, on: date | None) -> Self:
        """Show what a CCG holds."""
        held = found.holdings.shown_as(HeldOut.in_full)
        return cls(
            ods_code=found.ods_code,
            name=found.name,
            current=held.current,
            next=held.next,
            past=held.past,
            choices=[ChoiceOut.of(each) for each in found.choices],
            kind=found.kind,
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
        )


def reason_out(code: str | None, text: str | None) -> ReasonOut | None:
    """Show a reason, if there is one."""
    return None if code is None or text is None else ReasonOut(code=code, text=text)


def reasons_out(rows: Sequence[ReasonRow]) -> list[PublicReasonOut]:
    """Reasons as they are published: a text that stands for several codes is there once."""
    codes_of = {row.text: [each.code for each in rows if each.text == row.text] for row in rows}
    return [PublicReasonOut(code=codes[0], text=text, codes=codes) for text, codes in codes_of.items()]


def conditions_out(rows: Sequence[ConditionRow]) -> list[ConditionOut]:
    """Conditions as they are published."""
    return [
        ConditionOut.model_validate(
            {
                "id": row.condition_id,
                "text": row.text,
                "reason_code": row.reason_code,
                "due_on": row.due_on,
                "state": row.state,
                "settled_on": row.settled_on,
            },
            by_name=True,
            by_alias=False,
        )
        for row in rows
    ]
