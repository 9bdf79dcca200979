"""Declarations: a CCG says that it chooses a level which needs no approval."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.casework import eligibility
from app.records import applications, declarations, ledger, places
from app.records.entries.declarations import DeclarationMade
from app.records.ledger import EntryReceipt
from app.records.session import Session
from app.rules import deadlines, permissions
from app.rules.callers import System
from app.rules.outcomes import Reason
from app.rules.refusals import Fault, LiveApplication, UnknownOrganisation
from app.rules.words import Level


def declare(
    session: Session,
    *,
    ods_code: str,
    round_id: str,
    level: Level,
    reason: Reason | None = None,
    declaration_id: str,
    caller: System,
    attribution: Mapping[str, Any],
    at: datetime,
) -> EntryReceipt:
    """Declare greater involvement or none for a round; it replaces an earlier declaration of the CCG.

    Public at once. Refused while the CCG has a live application in the round.
    """
    permissions.check_is_for(caller, ods_code)
    day = deadlines.london_day(at)
    plan = eligibility.round_of(session, round_id)
    plan.check_takes("declarations", day)
    if not places.places_on(session, [ods_code], day):
        raise UnknownOrganisation(
            f"{ods_code} is not the code of a CCG that is open.",
            faults=[Fault("/odsCode", "Not an open CCG. All are at /v1/organisations.")],
        )
    live = applications.live_members(session, round_id, [ods_code])
    if live:
        raise LiveApplication(
            f"{ods_code} has an application in round {round_id} that is under way or was granted.",
            extra={"href": f"/v1/applications/{live[ods_code]}"},
        )
    entry = DeclarationMade(
        ods_code=ods_code,
        declaration_id=declaration_id,
        round_id=round_id,
        level=level,
        declared_on=day,
        occurred_on=day,
        replaces=tuple(declarations.newest_declarations(session, round_id, ods_code)),
        reason=reason,
        actor=caller.key,
        attribution=attribution,
    )
    [receipt] = ledger.append(session, [entry], at=at)
    return receipt
