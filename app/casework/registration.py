"""Who may call: registering systems and people, their keys and roles, and ending them.

Each act appends one entry with the whole new state. Names, codes and keys are private bytes; what
may one day be public is only that a client or a person changed, and when.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.casework.client_keys import is_text, key_faults, keys_faults, public_members
from app.records import clients, ledger, people, places
from app.records.clients import Client, ClientKey
from app.records.entries.callers import ClientChanged, PersonChanged
from app.records.people import RecordedPerson
from app.records.session import Session
from app.rules.callers import Scope
from app.rules.refusals import Conflict, Fault, InvalidDocument, NotFound

LONGEST_NAME = 200
LONGEST_CLAIM = 512
ROLES = frozenset({Scope.PANEL, Scope.NATIONAL, Scope.ADMIN})

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Change:
    """What joins a set of codes, and what leaves it."""

    add: Sequence[str] = ()
    end: Sequence[str] = ()

    def of(self, held: frozenset[str]) -> frozenset[str]:
        """The set afterwards."""
        return (held | set(self.add)) - set(self.end)

    def faults(self, held: frozenset[str], name: str) -> Iterator[Fault]:
        """What joins must be new, and what leaves must be there: anything else is a slip."""
        for place, code in enumerate(self.add):
            if code in held:
                yield Fault(f"/add{name}/{place}", f"{code} is there already")
        for place, code in enumerate(self.end):
            if code not in held:
                yield Fault(f"/end{name}/{place}", f"{code} is not there")


NONE = Change()


# --- systems ----------------------------------------------------------------------------------


def register_client(
    session: Session,
    *,
    client_id: str,
    name: str,
    ods_codes: Sequence[str] = (),
    regions: Sequence[str] = (),
    scopes: Sequence[str],
    keys: Sequence[ClientKey],
    actor: str,
    at: datetime,
) -> Client:
    """Register a system for the organisations, regions and scopes given.

    Raises InvalidDocument with every fault, Conflict when the id is taken.
    """
    faults = [
        *_id_faults(client_id),
        *_name_faults(name),
        *_scope_faults(scopes, ods_codes, regions),
        *_place_faults(session, ods_codes, regions),
        *keys_faults(keys),
    ]
    _check(faults, "This client cannot be registered")
    if clients.fetch(session, client_id) is not None:
        raise Conflict(f"A client {client_id} is registered already.")
    client = Client(
        client_id=client_id,
        name=name,
        ods_codes=frozenset(ods_codes),
        regions=frozenset(regions),
        scopes=frozenset(Scope(each) for each in scopes),
        keys=tuple(keys),
        disabled_at=None,
    )
    return _record_client(session, client, actor=actor, at=at)


def add_key(session: Session, client_id: str, key: ClientKey, *, actor: str, at: datetime) -> Client:
    """Give a client one more key, so that it can change keys without a gap.

    Raises NotFound, InvalidDocument, and Conflict for a disabled client or a ``kid`` in use.
    """
    client = _live_client(session, client_id)
    _check([*key_faults(key, "/key")], "This key cannot be registered")
    if any(key.kid == each.kid for each in client.keys):
        raise Conflict(f"The client {client_id} has a key {key.kid} already.")
    return _record_client(session, replace(client, keys=(*client.keys, key)), actor=actor, at=at)


def disable_client(session: Session, client_id: str, *, actor: str, at: datetime) -> Client:
    """Stop a client at once, its access tokens included. Raises NotFound, and Conflict when it is disabled already."""
    client = _live_client(session, client_id)
    return _record_client(session, replace(client, disabled_at=at), actor=actor, at=at)


def enable_client(session: Session, client_id: str, *, actor: str, at: datetime) -> Client:
    """Let a disabled client call again with its keys, but not with access tokens from before. Raises as these do."""
    client = _known_client(session, client_id)
    if client.disabled_at is None:
        raise Conflict(f"The client {client_id} is not disabled.")
    return _record_client(session, replace(client, disabled_at=None, enabled_at=at), actor=actor, at=at)


def end_key(session: Session, client_id: str, kid: str, *, actor: str, at: datetime) -> Client:
    """End a client's key at once, also a disabled client's. The ``kid`` stays taken.

    Raises NotFound, and Conflict if the key has ended already.
    """
    client = _known_client(session, client_id)
    key = next((each for each in client.keys if each.kid == kid), None)
    if key is None:
        raise NotFound(f"The client {client_id} has no key {kid}.")
    if key.has_ended(at):
        raise Conflict(f"The key {kid} of {client_id} has ended already.")
    # A key may still be used at the very instant at which it ends.
    ended = replace(key, not_after=at - timedelta(microseconds=1))
    keys = tuple(ended if each is key else each for each in client.keys)
    return _record_client(session, replace(client, keys=keys), actor=actor, at=at)


def change_client(
    session: Session, client_id: str, *, ods_codes: Change = NONE, regions: Change = NONE, actor: str, at: datetime
) -> Client:
    """Change for which CCGs and regions a client acts, from now on; also a disabled client's.

    Raises NotFound, and InvalidDocument with every fault.
    """
    client = _known_client(session, client_id)
    codes, places_after = ods_codes.of(client.ods_codes), regions.of(client.regions)
    faults = [
        *ods_codes.faults(client.ods_codes, "OdsCodes"),
        *regions.faults(client.regions, "Regions"),
        *_place_faults(session, ods_codes.add, regions.add, organisations_at="/addOdsCodes", regions_at="/addRegions"),
        *_scope_faults(sorted(client.scopes), sorted(codes), sorted(places_after)),
        *_emptiness(ods_codes, regions),
    ]
    _check(faults, "This client cannot be changed so")
    return _record_client(session, replace(client, ods_codes=codes, regions=places_after), actor=actor, at=at)


def _known_client(session: Session, client_id: str) -> Client:
    client = clients.fetch(session, client_id)
    if client is None:
        raise NotFound(f"There is no client {client_id}.")
    return client


def _live_client(session: Session, client_id: str) -> Client:
    client = _known_client(session, client_id)
    if client.disabled_at is not None:
        raise Conflict(f"The client {client_id} is disabled.")
    return client


def _record_client(session: Session, client: Client, *, actor: str, at: datetime) -> Client:
    entry = ClientChanged(
        client_id=client.client_id,
        disabled_at=client.disabled_at,
        enabled_at=client.enabled_at,
        name=client.name,
        ods_codes=tuple(sorted(client.ods_codes)),
        regions=tuple(sorted(client.regions)),
        scopes=tuple(sorted(client.scopes)),
        keys=tuple(replace(key, jwk=public_members(key)[1]) for key in client.keys),
        actor=actor,
    )
    ledger.append(session, [entry], at=at)
    return client


# --- people -----------------------------------------------------------------------------------


def register_person(
    session: Session,
    *,
    issuer: str,
    subject: str,
    name: str,
    role: str,
    regions: Sequence[str] = (),
    interests: Sequence[str] = (),
    known_issuers: Collection[str] | None = None,
    actor: str,
    at: datetime,
) -> RecordedPerson:
    """Give a person a role; ``interests`` are the ODS codes of CCGs on which the person may not decide.

    ``known_issuers`` are those with whose tokens people can sign in, if that is to be checked. Raises InvalidDocument
    with every fault, Conflict when the person has a role already. A role that has ended may be given again.
    """
    faults = [
        *_identity_faults(issuer, subject, known_issuers),
        *_name_faults(name),
        *_role_faults(role, regions),
        *_place_faults(session, interests, regions, organisations_at="/interests"),
    ]
    _check(faults, "This person cannot be registered")
    person_id = people.person_id_of(issuer, subject)
    earlier = people.fetch(session, person_id)
    if earlier is not None and earlier.ended_at is None:
        raise Conflict(f"The person {person_id} has the role {earlier.role} already.")
    person = RecordedPerson(
        person_id=person_id,
        issuer=issuer,
        subject=subject,
        name=name,
        role=Scope(role),
        regions=frozenset(regions),
        interests=frozenset(interests),
        ended_at=None,
    )
    return _record_person(session, person, actor=actor, at=at)


def end_person(session: Session, person_id: str, *, actor: str, at: datetime) -> RecordedPerson:
    """End a person's role at once. Raises NotFound, and Conflict when it has ended already."""
    person = _live_person(session, person_id)
    return _record_person(session, replace(person, ended_at=at), actor=actor, at=at)


def change_person(
    session: Session, person_id: str, *, regions: Change = NONE, interests: Change = NONE, actor: str, at: datetime
) -> RecordedPerson:
    """Change for which regions a person acts, and on which CCGs the person may not decide, from now on.

    Raises NotFound, Conflict if the role has ended, and InvalidDocument with every fault.
    """
    person = _live_person(session, person_id)
    places_after, codes = regions.of(person.regions), interests.of(person.interests)
    faults = [
        *regions.faults(person.regions, "Regions"),
        *interests.faults(person.interests, "Interests"),
        *_place_faults(session, interests.add, regions.add, organisations_at="/addInterests", regions_at="/addRegions"),
        *_role_faults(person.role, sorted(places_after)),
        *_emptiness(regions, interests),
    ]
    _check(faults, "This person cannot be changed so")
    return _record_person(session, replace(person, regions=places_after, interests=codes), actor=actor, at=at)


def _live_person(session: Session, person_id: str) -> RecordedPerson:
    person = people.fetch(session, person_id)
    if person is None:
        raise NotFound(f"There is no person {person_id}.")
    if person.ended_at is not None:
        raise Conflict(f"The role of {person_id} has ended.")
    return person


def _record_person(session: Session, person: RecordedPerson, *, actor: str, at: datetime) -> RecordedPerson:
    entry = PersonChanged(
        person_id=person.person_id,
        role=person.role,
        ended_at=person.ended_at,
        issuer=person.issuer,
        subject=person.subject,
        name=person.name,
        regions=tuple(sorted(person.regions)),
        interests=tuple(sorted(person.interests)),
        actor=actor,
    )
    ledger.append(session, [entry], at=at)
    return person


# --- what can be wrong ------------------------------------------------------------------------


def _check(faults: Sequence[Fault], detail: str) -> None:
    if faults:
        raise InvalidDocument(f"{detail}: {faults[0].detail}", faults=faults)


def _emptiness(*changes: Change) -> Iterator[Fault]:
    if not any(each.add or each.end for each in changes):
        yield Fault("", "names nothing to add or to end")


def _id_faults(client_id: str) -> Iterator[Fault]:
    if not _CLIENT_ID.fullmatch(client_id):
        yield Fault("/clientId", "must be 1 to 64 letters, digits, dots, hyphens and underscores")


def _name_faults(name: str) -> Iterator[Fault]:
    if not is_text(name, LONGEST_NAME):
        yield Fault("/name", f"must be 1 to {LONGEST_NAME} printable characters")


def _identity_faults(issuer: str, subject: str, known: Collection[str] | None) -> Iterator[Fault]:
    for pointer, value in (("/issuer", issuer), ("/subject", subject)):
        if not is_text(value, LONGEST_CLAIM):
            yield Fault(pointer, f"must be 1 to {LONGEST_CLAIM} printable characters")
    if known is not None and is_text(issuer, LONGEST_CLAIM) and issuer not in known:
        named = ", ".join(sorted(known)) or "no issuer"
        yield Fault("/issuer", f"no sign-in is configured for {issuer}; it is for {named}")


def _scope_faults(scopes: Sequence[str], ods_codes: Sequence[str], regions: Sequence[str]) -> Iterator[Fault]:
    if not scopes:
        yield Fault("/scopes", "needs at least one scope")
    for place, scope in enumerate(scopes):
        if scope not in set(Scope):
            yield Fault(f"/scopes/{place}", f"must be one of {', '.join(Scope)}")
    if Scope.APPLICATIONS in scopes and not ods_codes:
        yield Fault("/odsCodes", "needs at least one code for the scope applications")
    if Scope.PANEL in scopes and not regions:
        yield Fault("/regions", "needs at least one region for the scope panel")


def _role_faults(role: str, regions: Sequence[str]) -> Iterator[Fault]:
    if role not in ROLES:
        yield Fault("/role", f"must be one of {', '.join(sorted(ROLES))}")
    if role == Scope.PANEL and not regions:
        yield Fault("/regions", "needs at least one region for a panel member")


def _place_faults(
    session: Session,
    ods_codes: Sequence[str],
    regions: Sequence[str],
    *,
    organisations_at: str = "/odsCodes",
    regions_at: str = "/regions",
) -> Iterator[Fault]:
    known = places.names_of(session, set(ods_codes))
    for place, code in enumerate(ods_codes):
        if code not in known:
            yield Fault(f"{organisations_at}/{place}", f"there is no organisation {code}")
    known = places.region_names(session)
    for place, code in enumerate(regions):
        if code not in known:
            yield Fault(f"{regions_at}/{place}", f"there is no region {code}")
