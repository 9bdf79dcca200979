"""Who may act on what: roles, regions, four eyes and declared interests (rule 4)."""

from collections.abc import Container, Iterable, Mapping

from app.rules.callers import Caller, Person, Scope, System
from app.rules.refusals import ConflictOfInterest, ConsentMissing, Fault, Forbidden, SamePerson
from app.rules.words import Level


def check_is_for(caller: System, ods_code: str) -> None:
    """Only a CCG's own client speaks for it. The document names the CCG in ``odsCode``."""
    if ods_code not in caller.ods_codes:
        detail = f"This client is not registered for {ods_code}."
        raise Forbidden(detail, faults=[Fault("/odsCode", detail)])


def check_is_for_lead(caller: System, lead_ods_code: str, *, pointer: str | None = "/leadOdsCode") -> None:
    """Only the lead CCG's own client creates and changes an application.

    ``pointer`` is where the document names the lead. None if it does not.
    """
    if lead_ods_code not in caller.ods_codes:
        detail = f"This client is not registered for {lead_ods_code}, the lead CCG."
        raise Forbidden(detail, faults=[] if pointer is None else [Fault(pointer, detail)])


def check_may_withdraw_all(caller: System, lead_ods_code: str) -> None:
    """Only the lead CCG's own client withdraws the whole. Another member's names its own CCG, to leave."""
    if lead_ods_code not in caller.ods_codes:
        raise Forbidden(
            f"This client is not registered for {lead_ods_code}, the lead CCG. Only its client withdraws the whole.",
            faults=[Fault("/odsCode", "Name a member that this client is registered for, and only that CCG leaves.")],
        )


def missing_consents(caller: System, members: Iterable[str], consented: Container[str]) -> list[str]:
    """The members that have not agreed, and for which the client is not registered either."""
    return [code for code in members if code not in caller.ods_codes and code not in consented]


def check_consents(
    caller: System,
    members: Iterable[str],
    consented: Container[str],
    predecessors: Mapping[str, str] | None = None,
    asked: Container[str] | None = None,
) -> None:
    """A client registered for every member submits at once; any other member must agree first.

    So must an open body in whose place a member opens: ``predecessors`` has each with that member. The draft asks those
    of ``asked``; a merger that became known later may have others.
    """
    before = predecessors or {}
    others = missing_consents(caller, [*members, *before], consented)
    if others:
        raise ConsentMissing(
            f"No consent from {', '.join(others)}.",
            faults=[
                Fault("/memberOdsCodes", _must_agree(code, before.get(code), is_asked=asked is None or code in asked))
                for code in others
            ],
        )


def _must_agree(code: str, member: str | None, *, is_asked: bool) -> str:
    if member is None:
        return f"{code} has not agreed. Its client does, at /consents of the draft."
    who = f"{code}, in whose place {member} opens,"
    if not is_asked:
        return f"{who} is not asked yet: the merger became known after the draft. Amend the draft, then its client can."
    return f"{who} has not agreed. Its client does, at /consents of the draft."


def check_scaling_consents(caller: System, members: Iterable[str], consented: Container[str]) -> None:
    """As at submission: a member for which the client is not registered agrees itself, here to the scaling down."""
    others = missing_consents(caller, members, consented)
    if others:
        raise ConsentMissing(
            f"No consent to the scaling down from {', '.join(others)}.",
            faults=[
                Fault("", f"{code} has not agreed. Its client does, at /consents with scaleDownTo.") for code in others
            ],
        )


def check_has_no_interest(person: Person, members: Iterable[str]) -> None:
    """A declared interest in one member bars a person from deciding on the whole application."""
    touched = sorted(person.interests & set(members))
    if touched:
        raise ConflictOfInterest(f"You have declared an interest in {', '.join(touched)}.")


def check_may_record(person: Person, members: Iterable[str]) -> None:
    """Panel members record outcomes, without an interest in any member."""
    if person.role is not Scope.PANEL:
        raise Forbidden("Only a member of the regional moderation panel records outcomes.")
    check_has_no_interest(person, members)


def check_may_sign_off(person: Person, level: Level, members: Iterable[str], *, recorded_by: str) -> None:
    """NHS England signs off delegated requests, a second panel member of the region joint ones."""
    if level is Level.DELEGATED and person.role is not Scope.NATIONAL:
        raise Forbidden("A delegated request is signed off by NHS England.")
    if level is Level.JOINT and person.role is not Scope.PANEL:
        raise Forbidden("A joint request is signed off by a second member of the regional panel.")
    if person.key == recorded_by:
        raise SamePerson("You recorded this outcome; a second person signs it off.")
    check_has_no_interest(person, members)


def check_may_discharge(person: Person, concerned: Iterable[str], *, recorded_by: str | None) -> None:
    """A panel member who did not record the decision discharges its conditions, without an interest."""
    if person.key == recorded_by:
        raise SamePerson("You recorded this outcome; another member of the panel discharges its conditions.")
    check_has_no_interest(person, concerned)


def check_may_confirm(person: Person, concerned: Iterable[str], *, proposed_by: str | None) -> None:
    """A second person for NHS England confirms what another proposed, without an interest."""
    if person.key == proposed_by:
        raise SamePerson("You proposed this; a second person confirms it.")
    check_has_no_interest(person, concerned)


def has_scope(caller: Caller, *scopes: Scope) -> bool:
    """Whether the caller has one of the scopes now."""
    return not caller.scopes.isdisjoint(scopes)
