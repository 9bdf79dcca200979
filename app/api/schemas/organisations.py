"""CCGs as the public reads them, and what they declared."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from app.api.schemas.approvals import ApprovalOut, ChoiceOut, PlaceOut
from app.api.schemas.case_files import ReasonOut
from app.api.schemas.decisions import ChangeOut
from app.reading.changes import CcgHistory
from app.reading.lineage import BodyHeld, Lineage
from app.reading.organisations import Ccg, CcgRecord, Directory
from app.records.directory import DeclarationRow, FactRow
from app.records.places import PlaceNames
from app.records.published import PublishedRow
from app.rules.bodies import BodyKind
from app.rules.grants import EndedBy, agreement_in_words
from app.rules.history import Basis, Origin
from app.rules.positions import PositionWord, is_declared, without_outcome
from app.rules.rounds import RoundKind
from app.web.documents import AppliedLevelOut, Day, Out, word_of
from app.web.licence import PublicListOut
from app.web.paging import Page


class SuccessorOut(Out):
    """The CCG that came after a closed one."""

    ods_code: str
    href: str


class DeclarationOut(Out):
    """A declared level that needs no approval. In a past round it has a ``basis`` and a ``source``."""

    round: str
    trial: bool
    level: Literal["greater_involvement", "none"]
    declared_on: Day | None
    reason: ReasonOut | None
    origin: Annotated[str, word_of(*Origin)]
    basis: Annotated[str, word_of(*Basis)] | None
    source: str | None

    @classmethod
    def of(cls, row: DeclarationRow) -> Self:
        """Make a declaration from its row."""
        return cls.model_validate(
            {
                "round": row.round_id,
                "trial": row.round_kind == RoundKind.TRIAL,
                "level": row.level,
                "declared_on": row.declared_on,
                "reason": {"code": row.reason_code, "text": row.reason_text} if row.reason_code else None,
                "origin": row.origin,
                "basis": row.basis,
                "source": row.source,
            },
            by_name=True,
            by_alias=False,
        )


class OrganisationLinksOut(Out):
    """Addresses of what belongs to a CCG."""

    self: str
    history: str
    approvals: str


class OrganisationRowOut(Out):
    """One body. ``position`` says what is published about it, ``level`` what it holds or has been granted.

    ``basis`` and ``source`` are those of that position, if it is from a past round. ``factsSource`` says where the name
    and the place are known from.
    """

    ods_code: str
    kind: Annotated[str, word_of(*BodyKind)]
    ons_code: str | None
    name: str
    region: PlaceOut
    area_team: PlaceOut | None
    open: bool
    opened_on: Day
    closed_on: Day | None
    successor: SuccessorOut | None
    position: Annotated[str, word_of(*PositionWord)]
    level: str | None
    agreement_in_words: str | None
    basis: Annotated[str, word_of(*Basis)] | None
    source: str | None
    facts_source: str | None
    links: OrganisationLinksOut

    @classmethod
    def of(cls, ccg: Ccg) -> Self:
        """Show a CCG."""
        return cls(**_shared(ccg))


class OrganisationsOut(PublicListOut):
    """The CCGs, by ODS code. Closed ones are included unless only open ones are asked for."""

    results: list[OrganisationRowOut]
    on: Day | None
    known_to: Day | None
    in_words: list[str]
    public_sequence: int
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool

    @classmethod
    def of(cls, found: Directory, page: Page[Ccg], on: date | None) -> Self:
        """Show a page of the list."""
        return cls(
            results=[OrganisationRowOut.of(each) for each in page.rows],
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
            total=found.total,
            **page.members(),
        )


class FactOut(Out):
    """What a CCG was called, and where it belonged, from one day to another."""

    valid_from: Day
    valid_to: Day | None
    name: str
    ons_code: str | None
    region: PlaceOut
    area_team: PlaceOut | None
    source: str | None

    @classmethod
    def of(cls, row: FactRow, names: PlaceNames) -> Self:
        """Make a dated fact from its row."""
        return cls(
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            name=row.name,
            ons_code=row.ons_code,
            region=PlaceOut.of(names.region(row.region_code)),
            area_team=PlaceOut.of_any(names.area_team(row.area_team_code)),
            source=row.source,
        )


class OrganisationOut(OrganisationRowOut):
    """One CCG in full: what it holds on the day, what starts later, and everything else decided by then."""

    predecessors: list[str]
    names: list[FactOut]
    current: ApprovalOut | None
    next: ApprovalOut | None
    past: list[ApprovalOut]
    declarations: list[DeclarationOut]
    choices: list[ChoiceOut]
    on: Day | None
    known_to: Day
    in_words: list[str]
    public_sequence: int

    @classmethod
    def in_full(cls, found: CcgRecord, on: date | None) -> Self:
        """Show a CCG in full."""
        held = found.holdings.shown_as(ApprovalOut.of)
        return cls(
            **_shared(found.ccg),
            predecessors=found.predecessors,
            names=[FactOut.of(fact, found.names) for fact in found.facts],
            current=held.current,
            next=held.next,
            past=held.past,
            declarations=[DeclarationOut.of(each) for each in found.declarations if is_declared(each.level)],
            choices=[ChoiceOut.of(each) for each in without_outcome(found.declarations)],
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
        )


class HistoryOut(Out):
    """Every published event about one CCG, oldest first."""

    ods_code: str
    name: str
    results: list[ChangeOut]
    public_sequence: int

    @classmethod
    def of(cls, found: CcgHistory) -> Self:
        """Show what was published about a CCG."""
        return cls(
            ods_code=found.ods_code,
            name=found.name,
            results=[ChangeOut.of(event) for event in found.events],
            public_sequence=found.public_sequence,
        )


class HeldPeriodOut(Out):
    """A level that a body held, from one day to another, and the decision by which it did.

    Without ``inForceTo`` no end is known. ``agreementInWords`` says if no source confirms that it started.
    """

    level: AppliedLevelOut
    in_force_from: Day
    in_force_to: Day | None
    ended_by: Annotated[str, word_of(*EndedBy)] | None
    agreement_in_words: str | None
    origin: Annotated[str, word_of(*Origin)]
    decision_id: str
    href: str

    @classmethod
    def of(cls, row: PublishedRow) -> Self:
        """Show what a body held."""
        return cls.model_validate(
            {
                "level": row.granted_level,
                **{name: getattr(row, name) for name in ("in_force_from", "in_force_to", "ended_by", "origin")},
                "agreement_in_words": agreement_in_words(row.agreement),
                "decision_id": row.decision_id,
                "href": f"/v1/decisions/{row.decision_id}",
            },
            by_name=True,
            by_alias=False,
        )


class LineageBodyOut(Out):
    """A body before or after another. ``generation`` counts the mergers between them."""

    ods_code: str
    name: str
    generation: int
    opened_on: Day
    closed_on: Day | None
    successor: SuccessorOut | None
    held: list[HeldPeriodOut]

    @classmethod
    def of(cls, body: BodyHeld) -> Self:
        """Show a body."""
        return cls(**_of_body(body), generation=body.generation)


class LineageOut(Out):
    """A body with those ``before`` it and ``after`` it, the nearest first, and what each held when.

    With ``on`` only mergers of before that day, and what had been decided by then.
    """

    ods_code: str
    name: str
    opened_on: Day
    closed_on: Day | None
    successor: SuccessorOut | None
    held: list[HeldPeriodOut]
    before: list[LineageBodyOut]
    after: list[LineageBodyOut]
    on: Day | None
    known_to: Day | None
    in_words: list[str]
    public_sequence: int

    @classmethod
    def of(cls, found: Lineage, on: date | None) -> Self:
        """Show the lineage of a body."""
        return cls(
            **_of_body(found.body),
            before=[LineageBodyOut.of(each) for each in found.before],
            after=[LineageBodyOut.of(each) for each in found.after],
            on=on,
            known_to=found.known_to,
            in_words=found.in_words,
            public_sequence=found.public_sequence,
        )


def _of_body(body: BodyHeld) -> dict[str, Any]:
    successor = body.successor
    return {
        "ods_code": body.days.ods_code,
        "name": body.name,
        "opened_on": body.days.opened_on,
        "closed_on": body.closed_on,
        "successor": successor and SuccessorOut(ods_code=successor, href=f"/v1/organisations/{successor}"),
        "held": [HeldPeriodOut.of(row) for row in body.held],
    }


def _shared(ccg: Ccg) -> dict[str, Any]:
    """The fields that the list and a single record share."""
    row, base = ccg.row, f"/v1/organisations/{ccg.row.ods_code}"
    href = f"/v1/organisations/{ccg.successor}"
    return {
        "ods_code": row.ods_code,
        "kind": row.kind,
        "ons_code": row.ons_code,
        "name": row.name,
        "region": PlaceOut.of(ccg.region),
        "area_team": PlaceOut.of_any(ccg.area_team),
        "open": ccg.is_open,
        "opened_on": row.opened_on,
        "closed_on": ccg.closed_on,
        "successor": SuccessorOut(ods_code=ccg.successor, href=href) if ccg.successor else None,
        **ccg.position._asdict(),
        "facts_source": row.source,
        "links": OrganisationLinksOut(self=base, history=f"{base}/history", approvals=f"/v1/approvals/{row.ods_code}"),
    }
