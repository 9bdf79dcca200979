"""How grants end by what else becomes known of a CCG: a grant that follows, or the CCG's closing."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from app.records import approvals, ledger, organisations
from app.records.approvals import Held
from app.records.ledger import Entry
from app.records.session import Session
from app.rules.rounds import RoundKind
from app.rules.standing import End, end_of


def settle(session: Session, codes: Collection[str], *, actor: str, at: datetime) -> int:
    """End the grants of these CCGs that have ended or are known to end by now (rules 11 and 14).

    One publishing entry each; returns how many there were. An end that followed from what has been
    corrected since is moved, or taken back where nothing ends the grant any more. An end of another
    cause stays, unless the new one comes before it.
    """
    closing = {code: row.closed_on for code, row in organisations.all_known(session).items()}
    entries = []
    for kind in RoundKind:
        held = approvals.held_by(session, codes, kind=kind)
        for each, end in _ends(held, closing):
            entries.append(_resumed(each, actor) if end is None else _ended(each, end, actor))
    if entries:
        ledger.append(session, entries, at=at)
    return len(entries)


def _ends(held: list[Held], closing: dict[str, date | None]) -> Iterator[tuple[Held, End | None]]:
    for each in held:
        others = [other.grant for other in held if other is not each and other.grant.ods_code == each.grant.ods_code]
        end = end_of(each.grant, others, closed_on=closing[each.grant.ods_code])
        if _is_news(each, end):
            yield each, end


def _is_news(held: Held, end: End | None) -> bool:
    """Whether a grant is not known to end so already."""
    if held.grant.in_force_to is None or held.ended_by is None:
        return end is not None
    if held.ended_by.follows:
        return end != End(held.grant.in_force_to, held.ended_by)
    return end is not None and end.last_day < held.grant.in_force_to


def _ended(held: Held, end: End, actor: str) -> Entry:
    return Entry(
        "approval.ended",
        {
            "decisionId": held.decision_id,
            "roundId": held.round_id,
            "occurredOn": end.last_day.isoformat(),
            "inForceTo": end.last_day.isoformat(),
            "endedBy": end.by,
        },
        {"actor": actor},
        reference=held.reference,
        ods_code=held.grant.ods_code,
        publishes=True,
    )


def _resumed(held: Held, actor: str) -> Entry:
    """What was said to end the grant is not so."""
    return Entry(
        "approval.resumed",
        {"decisionId": held.decision_id, "roundId": held.round_id},
        {"actor": actor},
        reference=held.reference,
        ods_code=held.grant.ods_code,
        publishes=True,
    )
