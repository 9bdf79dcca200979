"""Who may call: registering systems and people, their keys and roles, and ending them.

Each act appends one entry with the whole new state. Names, codes and keys are private bytes; what
may one day be public is only that a client or a person changed, and when.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.records import clients, ledger, people, places
from app.records.clients import Client, ClientKey
from app.records.entries.callers import ClientChanged, PersonChanged
from app.records.people import RecordedPerson
from app.records.session import Session
from app.rules.callers import Scope
from app.rules.refusals import Conflict, Fault, InvalidDocument, NotFound

LONGEST_NAME = 200
LONGEST_KID = 128
LONGEST_CLAIM = 512
SMALLEST_RSA, LARGEST_RSA = 2048, 6144
ALGORITHMS = {"RS512": ("RSA", None), "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384")}
ROLES = frozenset({Scope.PANEL, Scope.NATIONAL, Scope.ADMIN})

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}


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
        *_keys_faults(keys),
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
    _check([*_key_faults(key, "/key")], "This key cannot be registered")
    if any(key.kid == each.kid for each in client.keys):
        raise Conflict(f"The client {client_id} has a key {key.kid} already.")
    return _record_client(session, replace(client, keys=(*client.keys, key)), actor=actor, at=at)


def disable_client(session: Session, client_id: str, *, actor: str, at: datetime) -> Client:
    """Stop a client at once, its access tokens included. Raises NotFound, and Conflict when it is disabled already."""
    client = _live_client(session, client_id)
    return _record_client(session, replace(client, disabled_at=at), actor=actor, at=at)


def _live_client(session: Session, client_id: str) -> Client:
    client = clients.fetch(session, client_id)
    if client is None:
        raise NotFound(f"There is no client {client_id}.")
    if client.disabled_at is not None:
        raise Conflict(f"The client {client_id} is disabled.")
    return client


def _record_client(session: Session, client: Client, *, actor: str, at: datetime) -> Client:
    entry = ClientChanged(
        client_id=client.client_id,
        disabled_at=client.disabled_at,
        name=client.name,
        ods_codes=tuple(sorted(client.ods_codes)),
        regions=tuple(sorted(client.regions)),
        scopes=tuple(sorted(client.scopes)),
        keys=tuple(replace(key, jwk=_public_members(key)[1]) for key in client.keys),
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
    actor: str,
    at: datetime,
) -> RecordedPerson:
    """Give a person a role; ``interests`` are the ODS codes of CCGs on which the person may not decide.

    Raises InvalidDocument with every fault, Conflict when the person has a role already. Somebody
    whose role has ended may be given one again.
    """
    faults = [
        *_identity_faults(issuer, subject),
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
    person = people.fetch(session, person_id)
    if person is None:
        raise NotFound(f"There is no person {person_id}.")
    if person.ended_at is not None:
        raise Conflict(f"The role of {person_id} has ended.")
    return _record_person(session, replace(person, ended_at=at), actor=actor, at=at)


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


def _is_text(value: str, longest: int) -> bool:
    return 0 < len(value) <= longest and value.isprintable() and value == value.strip()


def _id_faults(client_id: str) -> Iterator[Fault]:
    if not _CLIENT_ID.fullmatch(client_id):
        yield Fault("/clientId", "must be 1 to 64 letters, digits, dots, hyphens and underscores")


def _name_faults(name: str) -> Iterator[Fault]:
    if not _is_text(name, LONGEST_NAME):
        yield Fault("/name", f"must be 1 to {LONGEST_NAME} printable characters")


def _identity_faults(issuer: str, subject: str) -> Iterator[Fault]:
    for pointer, value in (("/issuer", issuer), ("/subject", subject)):
        if not _is_text(value, LONGEST_CLAIM):
            yield Fault(pointer, f"must be 1 to {LONGEST_CLAIM} printable characters")


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
    session: Session, ods_codes: Sequence[str], regions: Sequence[str], *, organisations_at: str = "/odsCodes"
) -> Iterator[Fault]:
    known = places.names_of(session, set(ods_codes))
    for place, code in enumerate(ods_codes):
        if code not in known:
            yield Fault(f"{organisations_at}/{place}", f"there is no organisation {code}")
    known = places.region_names(session)
    for place, code in enumerate(regions):
        if code not in known:
            yield Fault(f"/regions/{place}", f"there is no region {code}")


# --- keys -------------------------------------------------------------------------------------


def _keys_faults(keys: Sequence[ClientKey]) -> Iterator[Fault]:
    if not keys:
        yield Fault("/keys", "needs at least one public key")
    for place, key in enumerate(keys):
        yield from _key_faults(key, f"/keys/{place}")
        if any(key.kid == earlier.kid for earlier in keys[:place]):
            yield Fault(f"/keys/{place}/kid", "names two keys")


def _key_faults(key: ClientKey, at: str) -> Iterator[Fault]:
    if not _is_text(key.kid, LONGEST_KID):
        yield Fault(f"{at}/kid", f"must be 1 to {LONGEST_KID} printable characters")
    if key.not_before is not None and key.not_after is not None and key.not_after < key.not_before:
        yield Fault(f"{at}/notAfter", "lies before notBefore")
    if key.alg not in ALGORITHMS:
        yield Fault(f"{at}/alg", f"must be one of {', '.join(ALGORITHMS)}")
        return
    fault, _ = _public_members(key)
    if fault is not None:
        yield Fault(f"{at}/jwk", fault)


def _public_members(key: ClientKey) -> tuple[str | None, dict[str, Any]]:
    """What is wrong with a key, if anything, and the members that make it (RFC 7518, section 6)."""
    family, curve = ALGORITHMS[key.alg]
    if key.jwk.get("kty") != family or key.jwk.get("crv") != curve:
        return f"must be {'an RSA key' if family == 'RSA' else f'a key on {curve}'} for {key.alg}", {}
    if {"d", "k"} & key.jwk.keys():
        return "must be a public key: a private one stays with its owner", {}
    names = ("kty", "n", "e") if family == "RSA" else ("kty", "crv", "x", "y")
    members = {name: key.jwk.get(name) for name in names}
    try:
        _check_numbers(members, curve)
    except (ValueError, UnsupportedAlgorithm) as error:
        return f"does not make a public key: {error}", {}
    return None, members


def _check_numbers(members: Mapping[str, Any], curve: str | None) -> None:
    if curve is not None:
        point = ec.EllipticCurvePublicNumbers(_number(members["x"]), _number(members["y"]), _CURVES[curve]())
        point.public_key()  # raises ValueError for a point that is not on the curve
        return
    modulus = _number(members["n"])
    if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA:
        raise ValueError(f"an RSA key has {SMALLEST_RSA} to {LARGEST_RSA} bits, not {modulus.bit_length()}")
    rsa.RSAPublicNumbers(_number(members["e"]), modulus).public_key()


def _number(text: object) -> int:
    """A Base64urlUInt of RFC 7518, section 2, in its one canonical form."""
    if not isinstance(text, str):
        raise ValueError("a number is missing")  # noqa: TRY004 - a fault of the document
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode("ascii"):
        raise ValueError("a number is not base64url")
    return int.from_bytes(raw)
