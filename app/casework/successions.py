"""Successions: what bodies held that merge moves on to the body that comes after them, by two people (rule 22).

One person proposes, and nothing is public; when another confirms, it is published at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from app.casework import succeeding
from app.casework.succeeding import Merged
from app.records import ledger, published, rounds, successions
from app.records.entries.codec import read
from app.records.entries.successions import ItemTerms, SuccessionProposed, SuccessionWithdrawn
from app.records.ledger import EntryReceipt
from app.records.published import PublishedRow
from app.records.session import Session
from app.records.successions import OpeningBody
from app.records.tables import Succession
from app.rules import permissions
from app.rules import successions as rules
from app.rules.callers import Person
from app.rules.decisions import ProposalState
from app.rules.refusals import AlreadyDecided, AlreadyProposed, Fault, InvalidDocument, NotFound, WrongState
from app.rules.successions import Predecessor, ProposedLevel, SuccessionItem
from app.rules.versions import Expectation

CONFIRM, WITHDRAW = "confirm", "withdraw"


@dataclass(frozen=True, slots=True)
class Prospect:
    """A body that opens on a day, what those held that it follows, and whether it would hold something by itself."""

    body: OpeningBody
    predecessors: tuple[Predecessor, ...]
    own_decision: str | None

    @property
    def ods_code(self) -> str:
        """The body's code."""
        return self.body.ods_code

    @property
    def proposed(self) -> ProposedLevel:
        """What the predecessors held together."""
        return rules.in_common(self.predecessors)


@dataclass(frozen=True, slots=True)
class SuccessionView:
    """A proposal, the bodies in which an interest bars, and what one person can do about it now."""

    row: Succession
    concerned: frozenset[str]
    acts: list[str]


class SuccessionActed(NamedTuple):
    """What an act came to: where it stands in the log, and the proposal after it."""

    receipt: EntryReceipt
    view: SuccessionView


def preview(session: Session, effective_on: date) -> list[Prospect]:
    """Every body that opens on a day, by ODS code, with what the bodies held that it follows."""
    return _prospects(session, effective_on, successions.opening_on(session, effective_on))


def propose(
    session: Session,
    effective_on: date,
    items: Sequence[SuccessionItem],
    *,
    proposal_id: str,
    person: Person,
    at: datetime,
) -> SuccessionActed:
    """Propose what moves on to bodies that open on a day. Raises every fault at once."""
    found = _found(session, effective_on, [item.ods_code for item in items])
    _check_items(items, found)
    permissions.check_has_no_interest(person, _concerned(found.values()))
    _check_not_decided(items, found)
    _check_not_proposed(session, items)
    entry = SuccessionProposed(
        proposal_id=proposal_id,
        effective_on=effective_on,
        items=tuple(_terms(item, found[item.ods_code]) for item in items),
        actor=person.key,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return SuccessionActed(receipt, fetch(session, proposal_id, person))


def confirm(
    session: Session, proposal_id: str, *, person: Person, expected: Expectation, at: datetime
) -> SuccessionActed:
    """Let what another person proposed take effect, and publish it. Raises NotFound, and SamePerson."""
    view = fetch(session, proposal_id, person)
    row = view.row
    permissions.check_may_confirm(person, view.concerned, proposed_by=row.proposed_by)
    expected.check(row.version)
    _check_open(view)
    terms = _terms_of(row)
    found = _found(session, row.effective_on, [each.ods_code for each in terms])
    _check_unchanged(view, terms, found)
    _check_not_decided(terms, found)
    merged = [Merged(each, found[each.ods_code].body, found[each.ods_code].predecessors) for each in terms]
    receipts = succeeding.hand_over(session, row, merged, person=person, at=at)
    return SuccessionActed(receipts[0], fetch(session, proposal_id, person))


def withdraw(
    session: Session, proposal_id: str, *, note: str, person: Person, expected: Expectation, at: datetime
) -> SuccessionActed:
    """Take a proposal back; anybody of NHS England may, also who made it. Raises NotFound."""
    view = fetch(session, proposal_id, person)
    expected.check(view.row.version)
    _check_open(view)
    entry = SuccessionWithdrawn(proposal_id=proposal_id, note=note, actor=person.key)
    [receipt] = ledger.append(session, [entry], at=at)
    return SuccessionActed(receipt, fetch(session, proposal_id, person))


# --- what there is ------------------------------------------------------------------------------


def fetch(session: Session, proposal_id: str, person: Person) -> SuccessionView:
    """A proposal as a person of NHS England may see it. Raises NotFound."""
    row = successions.fetch(session, proposal_id)
    if row is None:
        raise NotFound("There is no such proposal.")
    return _viewed(session, row, person)


def proposed(session: Session, person: Person) -> list[SuccessionView]:
    """Every proposal, the oldest first."""
    return [_viewed(session, row, person) for row in successions.proposed(session)]


def _viewed(session: Session, row: Succession, person: Person) -> SuccessionView:
    codes = [item["odsCode"] for item in row.items]
    before = successions.predecessors_of(session, codes, closed_before=row.effective_on)
    concerned = frozenset({*codes, *(code for each in before.values() for code in each)})
    if row.state != ProposalState.OPEN:
        return SuccessionView(row, concerned, [])
    may_confirm = person.key != row.proposed_by and not person.interests & concerned
    return SuccessionView(row, concerned, [CONFIRM, WITHDRAW] if may_confirm else [WITHDRAW])


def _terms_of(row: Succession) -> list[ItemTerms]:
    return [read(ItemTerms, item) for item in row.items]


def _found(session: Session, effective_on: date, codes: Collection[str]) -> dict[str, Prospect]:
    """Those of these bodies that open on a day in the place of others."""
    bodies = successions.opening_on(session, effective_on, codes)
    return {each.ods_code: each for each in _prospects(session, effective_on, bodies) if each.predecessors}


def _prospects(session: Session, effective_on: date, bodies: Sequence[OpeningBody]) -> list[Prospect]:
    eve = rules.eve_of(effective_on)
    holders = _holders(session, [code for body in bodies for code in body.predecessors], eve)
    own = successions.own_decisions(session, [body.ods_code for body in bodies], effective_on)
    return [
        Prospect(body, tuple(holders[code] for code in body.predecessors), own.get(body.ods_code)) for body in bodies
    ]


def _holders(session: Session, codes: Collection[str], eve: date) -> dict[str, Predecessor]:
    """What each of these bodies held on the eve, by what is published."""
    rows: dict[str, list[PublishedRow]] = {code: [] for code in codes}
    for row in published.organisation_rows(session, codes, day=eve):
        rows[row.ods_code].append(row)
    declared, plans = successions.declared_rounds(session, codes), rounds.all_rounds(session)
    opened = successions.opened_on(session, codes)
    in_part = {
        code: rules.is_known_in_part(found, declared[code], plans, eve, opened_on=opened[code])
        for code, found in rows.items()
    }
    return {code: rules.holder_on(code, found, eve, is_known_in_part=in_part[code]) for code, found in rows.items()}


# --- what bars ----------------------------------------------------------------------------------

AnyItem = SuccessionItem | ItemTerms


def _concerned(prospects: Collection[Prospect]) -> frozenset[str]:
    """The bodies in which an interest bars: those that merge, and those that come after."""
    return frozenset(code for each in prospects for code in (each.ods_code, *each.body.predecessors))


def _check_items(items: Sequence[SuccessionItem], found: dict[str, Prospect]) -> None:
    faults = list[Fault]()
    named = set[str]()
    for place, item in enumerate(items):
        prospect = found.get(item.ods_code)
        faults += rules.item_faults(place, item, None if prospect is None else prospect.proposed)
        if item.ods_code in named:
            faults.append(Fault(f"/items/{place}/odsCode", f"{item.ods_code} is named twice."))
        named.add(item.ods_code)
    if faults:
        raise InvalidDocument(faults[0].detail, faults=faults)


def _check_not_decided(items: Sequence[AnyItem], found: dict[str, Prospect]) -> None:
    own = [(place, each.ods_code, found[each.ods_code].own_decision) for place, each in enumerate(items)]
    faults = [Fault(f"/items/{place}/odsCode", f"{code} holds {key}.") for place, code, key in own if key is not None]
    if faults:
        codes = ", ".join(code for _, code, key in own if key is not None)
        raise AlreadyDecided(f"{codes}: a decision gives something for that day already.", faults=faults)


def _check_not_proposed(session: Session, items: Sequence[SuccessionItem]) -> None:
    waiting = successions.proposed_already(session, [item.ods_code for item in items])
    faults = [
        Fault(f"/items/{place}/odsCode", f"{item.ods_code} is in {waiting[item.ods_code]}.")
        for place, item in enumerate(items)
        if item.ods_code in waiting
    ]
    if faults:
        raise AlreadyProposed(f"{', '.join(waiting)}: a succession waits to be confirmed.", faults=faults)


def _check_open(view: SuccessionView) -> None:
    if view.row.state != ProposalState.OPEN:
        extra = {"state": view.row.state, "allowed": view.acts}
        raise WrongState(f"The proposal is {view.row.state}.", extra=extra)


def _check_unchanged(view: SuccessionView, terms: Sequence[ItemTerms], found: dict[str, Prospect]) -> None:
    """What those held that merge is still what it was when it was proposed, and the merger is still known."""
    changed = [each.ods_code for each in terms if _is_changed(each, found.get(each.ods_code))]
    if changed:
        raise WrongState(
            f"{', '.join(changed)}: what merges there, or what it held, is not what it was when this was proposed. "
            "Take it back, and propose again.",
            extra={"state": view.row.state, "allowed": [each for each in view.acts if each != CONFIRM]},
        )


def _is_changed(terms: ItemTerms, prospect: Prospect | None) -> bool:
    if prospect is None or prospect.proposed is not terms.proposed:
        return True
    return terms.predecessors is not None and terms.predecessors != prospect.body.predecessors


def _terms(item: SuccessionItem, prospect: Prospect) -> ItemTerms:
    return ItemTerms(
        ods_code=item.ods_code,
        level=item.level,
        agreement=item.agreement,
        reason=item.reason,
        proposed=prospect.proposed,
        predecessors=prospect.body.predecessors,
    )
