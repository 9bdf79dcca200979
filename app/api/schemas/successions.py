"""Successions as NHS England previews, proposes and confirms them."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from app.api.schemas.applications import NextActionOut
from app.api.schemas.log import ReceiptOut
from app.api.schemas.panel import PublicText
from app.casework.successions import CONFIRM, WITHDRAW, Prospect, SuccessionView
from app.records.ledger import EntryReceipt
from app.rules.decisions import ProposalState
from app.rules.successions import (
    Handover,
    HeldLevel,
    MovedLevel,
    Predecessor,
    ProposedLevel,
    SuccessionItem,
    decision_id_of,
)
from app.web.documents import ITEMS_LIMIT, Day, In, Instant, OdsCode, Out, word_of
from app.web.paging import Page


class SuccessionPreviewIn(In):
    """The day from which bodies stand in the place of others."""

    effective_on: Day


class SuccessionItemIn(In):
    """What is to move on to one body that opens that day.

    ``agreement`` is required of a level: ``novated`` if the agreement goes on with the body, so that it starts on the
    day, ``awaited`` if it is still to be signed. ``reason`` is published. It is required if the level is another than
    the one that the preview proposes, or if that is mixed or not known.
    """

    ods_code: OdsCode
    level: Literal["delegated", "joint", "none"]
    agreement: Literal["novated", "awaited"] | None = None
    reason: PublicText | None = None

    def item(self) -> SuccessionItem:
        """The item as the register takes it."""
        agreement = None if self.agreement is None else Handover(self.agreement)
        return SuccessionItem(self.ods_code, MovedLevel(self.level), agreement, self.reason)


class SuccessionIn(In):
    """What is to move on to bodies that open on one day."""

    effective_on: Day
    items: Annotated[list[SuccessionItemIn], Field(min_length=1, max_length=ITEMS_LIMIT)]


class PredecessorOut(Out):
    """A body that closes, and what it holds on its last day, by what is published.

    If it holds nothing then, ``decisionId`` is the decision that ends on that day or is still ahead. ``openConditions``
    counts also those of a decision that is ahead beside it.
    """

    ods_code: str
    level: Annotated[str, word_of(*HeldLevel)]
    decision_id: str | None
    open_conditions: int
    ends_on_eve: bool

    @classmethod
    def of(cls, held: Predecessor) -> Self:
        """Show what a body holds on its last day."""
        return cls(**held._asdict())


class ProspectOut(Out):
    """A body that opens that day. ``proposed`` is what those that it follows hold together.

    ``ownDecision`` is a decision that gives it something for that day already: then nothing can be moved on to it.
    """

    ods_code: str
    name: str
    predecessors: list[PredecessorOut]
    proposed: Annotated[str, word_of(*ProposedLevel)]
    own_decision: str | None

    @classmethod
    def of(cls, prospect: Prospect) -> Self:
        """Show a body that opens."""
        return cls(
            ods_code=prospect.ods_code,
            name=prospect.body.place.name,
            predecessors=[PredecessorOut.of(each) for each in prospect.predecessors],
            proposed=prospect.proposed,
            own_decision=prospect.own_decision,
        )


class SuccessionPreviewOut(Out):
    """Every body that opens that day. ``withoutAnything`` counts those that no decision gives anything for it."""

    effective_on: Day
    items: list[ProspectOut]
    without_anything: int

    @classmethod
    def of(cls, effective_on: Any, prospects: list[Prospect]) -> Self:
        """Show what can be moved on."""
        return cls(
            effective_on=effective_on,
            items=[ProspectOut.of(each) for each in prospects],
            without_anything=sum(each.own_decision is None for each in prospects),
        )


class SuccessionItemOut(Out):
    """What is to move on to one body. ``decisionId`` is that of its decision once that is made."""

    ods_code: str
    level: Annotated[str, word_of(*MovedLevel)]
    agreement: Annotated[str, word_of(*Handover)] | None
    reason: str | None
    proposed: Annotated[str, word_of(*ProposedLevel)]
    decision_id: str | None


class SuccessionOut(Out):
    """A proposal of what moves on after mergers. Send its ``version`` as ``If-Match`` when you act on it."""

    proposal_id: str
    effective_on: Day
    items: list[SuccessionItemOut]
    state: Annotated[str, word_of(ProposalState.OPEN, ProposalState.CONFIRMED, ProposalState.WITHDRAWN)]
    version: int
    proposed_by: str | None
    proposed_at: Instant
    settled_by: str | None
    settled_at: Instant | None
    note: str | None
    next_actions: list[NextActionOut]
    receipt: ReceiptOut | None

    @classmethod
    def of(cls, view: SuccessionView, receipt: EntryReceipt | None = None) -> Self:
        """Show a proposal as this person may act on it."""
        row = view.row
        return cls(
            **{name: getattr(row, name) for name in _OWN},
            items=[_item(view, each) for each in row.items],
            note=row.settled_note,
            next_actions=[_action(view, act) for act in view.acts],
            receipt=None if receipt is None else ReceiptOut.of(receipt),
        )


_OWN = (
    *("proposal_id", "effective_on", "state", "version", "proposed_by", "proposed_at"),
    *("settled_by", "settled_at"),
)


class SuccessionsOut(Out):
    """Every succession that was proposed, the oldest first."""

    results: list[SuccessionOut]
    total: int
    limit: int
    next_cursor: str | None
    has_more: bool

    @classmethod
    def of(cls, page: Page[SuccessionView], total: int) -> Self:
        """Show a page of the list."""
        return cls(results=[SuccessionOut.of(each) for each in page.rows], total=total, **page.members())


def _item(view: SuccessionView, item: dict[str, Any]) -> SuccessionItemOut:
    is_made = view.row.state == ProposalState.CONFIRMED and item["level"] != MovedLevel.NONE
    return SuccessionItemOut(
        ods_code=item["odsCode"],
        level=item["level"],
        agreement=item["agreement"],
        reason=item["reason"],
        proposed=item["proposed"],
        decision_id=decision_id_of(view.row.effective_on, item["odsCode"]) if is_made else None,
    )


_ACTIONS = {CONFIRM: ("confirm", "confirmation"), WITHDRAW: ("withdraw-proposal", "withdrawal")}


def _action(view: SuccessionView, act: str) -> NextActionOut:
    rel, path = _ACTIONS[act]
    return NextActionOut(rel=rel, method="POST", href=f"/v1/proposals/{view.row.proposal_id}/{path}", scope="national")
