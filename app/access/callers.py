"""From a request to its caller: the guards that routes depend on.

A route names the guard it needs. The guard names, in the OpenAPI document, the kinds of token it takes. The database
says at every request what a caller may do, so disabling a client or ending a role works at once. Every failure to prove
an identity gets the same answer; only the log has the cause.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NoReturn

import structlog
from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import HTTPBearer, OAuth2
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from app.access import tokens
from app.access.issuers import Keyring
from app.access.tokens import TokenRejected
from app.records import clients, people
from app.records.session import Database
from app.rules.callers import Caller, Person, Scope, System
from app.rules.permissions import has_scope
from app.rules.refusals import Forbidden, PersonRequired, Unrecognised
from app.web.admission import Kind, Ticket
from app.web.rates import Rates

DETAIL = "A valid access token is required."
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +(\S+)")

log = structlog.get_logger(__name__)

client_credentials = OAuth2(
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl="/oauth2/token",
            scopes={
                Scope.APPLICATIONS: "write and read the applications of the client's own CCGs",
                Scope.PANEL: "read what the panel of the client's regions sees",
                Scope.NATIONAL: "read what NHS England sees",
                Scope.ADMIN: "read how the register runs",
            },
        )
    ),
    scheme_name="clientCredentials",
    description="For systems: an access token from the token endpoint. You get one with a signed client assertion.",
    auto_error=False,
)
person_token = HTTPBearer(
    bearerFormat="JWT",
    scheme_name="personToken",
    description="For people: an access token for this register from a configured OpenID Connect issuer.",
    auto_error=False,
)

APPLICATIONS = Security(client_credentials, scopes=[Scope.APPLICATIONS])
ANY_SYSTEM = Security(client_credentials)
PERSON = Security(person_token)


async def keyring(request: Request) -> Keyring:
    """The keys of this application."""
    found: Keyring = request.app.state.keys
    return found


KeyringDep = Annotated[Keyring, Depends(keyring)]


# --- proving who it is --------------------------------------------------------------------------


async def proven_caller(request: Request) -> Caller:
    """Who sent the request, as the database knows them now. Also stored in ``request.state.caller``.

    Only the look into the database takes a thread. Raises Unrecognised, and TooManyRequests if this caller has sent too
    many. Of those that nobody recognises, writes are counted by address.
    """
    rates: Rates = request.app.state.rates
    ticket = _ticket_of(request)
    if ticket is None or ticket.kind in {Kind.LOGIN, Kind.PUBLIC}:
        rates.check_stranger(request)
    try:
        caller = await _recognised(request)
    except Unrecognised:
        rates.spend_of_stranger(request)
        raise
    rates.spend_of_client(request, caller.key)
    return caller


def prove(request: Request, caller: str, authorization: str | None = None) -> None:
    """The request's token is good, or this one is given to it: whoever sends it shares places as this caller."""
    ticket = _ticket_of(request)
    if ticket is not None:
        ticket.prove(caller, authorization)


def _ticket_of(request: Request) -> Ticket | None:
    """With what the request got its place. None if the application is asked without a server."""
    found: Ticket | None = getattr(request.state, "ticket", None)
    return found


async def _recognised(request: Request) -> Caller:
    headers = request.headers.getlist("authorization")
    match = _BEARER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    if match is None:
        _turn_away(f"{len(headers)} authorization headers, none a bearer token" if headers else "no token")
    try:
        caller = await _caller_of(match[1], request.app.state)
    except TokenRejected as rejected:
        _turn_away(str(rejected))
    request.state.caller = caller
    prove(request, caller.key)
    return caller


def _turn_away(cause: str) -> NoReturn:
    log.warning("caller_not_recognised", cause=cause)
    raise Unrecognised(DETAIL)


async def _caller_of(token: str, state: State) -> Caller:
    keys, now = state.keys, state.clock()
    name = tokens.unverified_issuer(token)
    is_own = name == keys.own.profile.issuer
    issuer = keys.own if is_own else keys.issuers.get(name)
    if issuer is None:
        _turn_away("no such issuer")
    key = await issuer.find_key(tokens.named_key(token, issuer.profile), now)
    claims = tokens.verify(token, lambda _: key, issuer.profile, now)
    return await run_in_threadpool(_system if is_own else _person, claims, state.database)


def _system(claims: dict[str, Any], database: Database) -> System:
    if claims["sub"] != claims["client_id"]:
        _turn_away("sub is not client_id")
    with database.reading() as session:
        client = clients.fetch(session, claims["client_id"])
        regions = people.acting_in(session, client.regions) if client else frozenset()
    if client is None or client.disabled_at is not None:
        _turn_away("the client is unknown or disabled")
    if claims["iat"] < client.first_second():
        _turn_away("the token is from before the client was enabled again")
    return System(
        client_id=client.client_id,
        name=client.name,
        ods_codes=client.ods_codes,
        regions=regions,
        scopes=client.scopes & set(claims["scope"].split(" ")),
    )


def _person(claims: dict[str, Any], database: Database) -> Person:
    with database.reading() as session:
        person = people.fetch_acting(session, people.person_id_of(claims["iss"], claims["sub"]))
    if person is None or person.ended_at is not None:
        _turn_away("the person is unknown or the role has ended")
    return Person(
        person_id=person.person_id,
        name=person.name,
        role=person.role,
        regions=person.regions,
        interests=person.interests,
    )


ProvenDep = Annotated[Caller, Depends(proven_caller)]


# --- guards: they only look at the caller, so they need no thread of their own ------------------


async def any_caller(caller: ProvenDep, _system: Any = ANY_SYSTEM, _person: Any = PERSON) -> Caller:
    """Any registered system, or any person with a role."""
    return caller


async def applicant(caller: ProvenDep, _system: Any = APPLICATIONS) -> System:
    """A CCG's system. Raises Forbidden for everybody else."""
    if not isinstance(caller, System) or not has_scope(caller, Scope.APPLICATIONS):
        raise Forbidden("This needs a system's token with the scope applications.")
    return caller


async def panel_member(caller: ProvenDep, _person: Any = PERSON) -> Person:
    """A member of a regional moderation panel. Raises PersonRequired for systems, Forbidden for other people."""
    return _in_role(caller, Scope.PANEL)


async def national_signatory(caller: ProvenDep, _person: Any = PERSON) -> Person:
    """A person who acts for NHS England. Raises PersonRequired for systems, Forbidden for other people."""
    return _in_role(caller, Scope.NATIONAL)


async def administrator(caller: ProvenDep, _person: Any = PERSON) -> Person:
    """An administrator of the register. Raises PersonRequired for systems, Forbidden for other people."""
    return _in_role(caller, Scope.ADMIN)


async def deciding_person(caller: ProvenDep, _person: Any = PERSON) -> Person:
    """A panel member or a signatory of NHS England. Raises PersonRequired or Forbidden for everybody else."""
    return _in_role(caller, Scope.PANEL, Scope.NATIONAL)


async def officer(caller: ProvenDep, _system: Any = ANY_SYSTEM, _person: Any = PERSON) -> Caller:
    """Panel or NHS England, people and systems, to read. Raises Forbidden for everybody else."""
    return _with_scope(caller, Scope.PANEL, Scope.NATIONAL)


async def applicant_or_officer(caller: ProvenDep, _system: Any = ANY_SYSTEM, _person: Any = PERSON) -> Caller:
    """A CCG's system, the panel or NHS England, to read. Raises Forbidden for administrators."""
    return _with_scope(caller, Scope.APPLICATIONS, Scope.PANEL, Scope.NATIONAL)


async def noticing(caller: ProvenDep, _system: Any = APPLICATIONS, _person: Any = PERSON) -> Caller:
    """A CCG's system, or a person who acts for NHS England. Raises PersonRequired or Forbidden for everybody else."""
    return await applicant(caller) if has_scope(caller, Scope.APPLICATIONS) else _in_role(caller, Scope.NATIONAL)


def _in_role(caller: Caller, *roles: Scope) -> Person:
    if isinstance(caller, System):
        raise PersonRequired("A system reads only; this needs a person's own token.")
    if caller.role not in roles:
        raise Forbidden(f"This needs the role {' or '.join(roles)}.")
    return caller


def _with_scope(caller: Caller, *scopes: Scope) -> Caller:
    if not has_scope(caller, *scopes):
        raise Forbidden(f"This needs the scope {' or '.join(scopes)}.")
    return caller


async def caller_if_any(request: Request) -> Caller | None:
    """The caller of an open route that shows some callers more. None if no token was sent. It is not counted."""
    return await _recognised(request) if "authorization" in request.headers else None


CallerDep = Annotated[Caller, Depends(any_caller)]
CcgDep = Annotated[System, Depends(applicant)]
PanelDep = Annotated[Person, Depends(panel_member)]
NationalDep = Annotated[Person, Depends(national_signatory)]
AdminDep = Annotated[Person, Depends(administrator)]
PersonDep = Annotated[Person, Depends(deciding_person)]
PanelOrNationalDep = Annotated[Caller, Depends(officer)]
ApplicantOrOfficerDep = Annotated[Caller, Depends(applicant_or_officer)]
CcgOrNationalDep = Annotated[Caller, Depends(noticing)]
CallerIfAnyDep = Annotated[Caller | None, Depends(caller_if_any)]

GUARDS: frozenset[Callable[..., Awaitable[Caller]]] = frozenset(
    {
        any_caller,
        applicant,
        panel_member,
        national_signatory,
        administrator,
        deciding_person,
        officer,
        applicant_or_officer,
        noticing,
    }
)
"""Every guard. A route that depends on none of them must be on the list of public routes."""
