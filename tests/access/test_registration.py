"""Registering who may call: what is checked, and what the log then says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from app.casework import registration
from app.records import clients, people
from app.records.clients import Client, ClientKey
from app.records.people import RecordedPerson, person_id_of
from app.records.session import Database
from app.rules.callers import Scope
from app.rules.refusals import Conflict, InvalidDocument, NotFound
from tests.access import forge
from tests.access.conftest import CLIENT_ID, NOW, Pairs, add_organisations, register_slough

LATER = NOW + timedelta(days=1)


def _register(database: Database, **changes: Any) -> Client:
    given: dict[str, Any] = {
        "client_id": "bradford",
        "name": "Bradford",
        "ods_codes": ["02W"],
        "scopes": ["applications"],
        "keys": [],
        "actor": "test",
        "at": NOW,
        **changes,
    }
    with database.writing() as session:
        return registration.register_client(session, **given)


def _newest_entry(database: Database, kind: str) -> tuple[Any, Any, bool]:
    statement = (
        'SELECT e.body, p.body FROM log_entries e JOIN log_private p ON p."index" = e."index"'
        ' WHERE e.kind = :kind ORDER BY e."index" DESC LIMIT 1'
    )
    with database.reading() as session:
        body, private = session.connection().execute(text(statement), {"kind": kind}).one()
    entry = orjson.loads(bytes(body))
    return entry["data"], orjson.loads(bytes(private)), entry["publishes"]


def test_a_registered_client_reads_back_as_it_was_given_on_both_databases(database: Database, pairs: Pairs) -> None:
    add_organisations(database)
    key = replace(pairs.curve.registered, not_before=NOW, not_after=LATER)

    registered = _register(database, keys=[key])

    with database.reading() as session:
        found, listed = clients.fetch(session, "bradford"), clients.list_all(session)
    assert found == registered
    assert listed == [registered]
    assert registered == Client(
        client_id="bradford",
        name="Bradford",
        ods_codes=frozenset({"02W"}),
        regions=frozenset(),
        scopes=frozenset({Scope.APPLICATIONS}),
        keys=(key,),
        disabled_at=None,
    )


def test_the_log_keeps_names_and_keys_private_and_publishes_nothing(register_database: Database, pairs: Pairs) -> None:
    _register(register_database, keys=[pairs.curve.registered])

    data, private, publishes = _newest_entry(register_database, "client.changed")

    assert data == {"clientId": "bradford", "disabledAt": None}
    assert private == {
        "name": "Bradford",
        "odsCodes": ["02W"],
        "regions": [],
        "scopes": ["applications"],
        "keys": [{"kid": "client-2", "alg": "ES256", "jwk": pairs.curve.jwk, "notBefore": None, "notAfter": None}],
        "actor": "test",
    }
    assert publishes is False


def test_every_fault_of_a_client_is_named_at_once(register_database: Database, pairs: Pairs) -> None:
    key = pairs.client.registered
    with pytest.raises(InvalidDocument) as refused:
        _register(
            register_database,
            client_id="no spaces",
            name=" ",
            ods_codes=["02W", "ZZZ"],
            regions=["Y99"],
            scopes=["applications", "everything"],
            keys=[key, key, replace(key, kid="k2", alg="HS256")],
        )

    assert [tuple(fault) for fault in refused.value.faults] == [
        ("/clientId", "must be 1 to 64 letters, digits, dots, hyphens and underscores"),
        ("/name", "must be 1 to 200 printable characters"),
        ("/scopes/1", "must be one of applications, panel, national, admin"),
        ("/odsCodes/1", "there is no organisation ZZZ"),
        ("/regions/0", "there is no region Y99"),
        ("/keys/1/kid", "names two keys"),
        ("/keys/2/alg", "must be one of RS512, ES256, ES384"),
    ]


def test_a_client_needs_a_scope_a_key_and_what_its_scopes_are_for(register_database: Database) -> None:
    with pytest.raises(InvalidDocument) as none:
        _register(register_database, scopes=[])
    with pytest.raises(InvalidDocument) as both:
        _register(register_database, scopes=["applications", "panel"], ods_codes=[])

    assert [fault.pointer for fault in none.value.faults] == ["/scopes", "/keys"]
    assert [fault.pointer for fault in both.value.faults] == ["/odsCodes", "/regions", "/keys"]


def _bad_keys(pairs: Pairs) -> Sequence[tuple[ClientKey, str, str]]:
    rsa, point = pairs.client.registered, pairs.curve.registered
    small = {**rsa.jwk, "n": forge.base64url(b"\xff" * 128)}
    return [
        (replace(rsa, kid=""), "/key/kid", "must be 1 to 128 printable characters"),
        (replace(rsa, kid="k" * 129), "/key/kid", "must be 1 to 128 printable characters"),
        (replace(rsa, alg="RS256"), "/key/alg", "must be one of RS512, ES256, ES384"),
        (replace(rsa, alg="ES256"), "/key/jwk", "must be a key on P-256 for ES256"),
        (replace(point, alg="ES384"), "/key/jwk", "must be a key on P-384 for ES384"),
        (replace(point, alg="RS512"), "/key/jwk", "must be an RSA key for RS512"),
        (
            replace(rsa, jwk={**rsa.jwk, "d": "AQAB"}),
            "/key/jwk",
            "must be a public key: a private one stays with its owner",
        ),
        (
            replace(rsa, jwk=small),
            "/key/jwk",
            "does not make a public key: an RSA key has 2048 to 6144 bits, not 1024",
        ),
        (replace(rsa, jwk={"kty": "RSA"}), "/key/jwk", "does not make a public key: a number is missing"),
        (
            replace(rsa, jwk={**rsa.jwk, "e": "AQAB="}),
            "/key/jwk",
            "does not make a public key: a number is not base64url",
        ),
        (replace(rsa, not_before=LATER, not_after=NOW), "/key/notAfter", "lies before notBefore"),
    ]


@pytest.mark.parametrize("place", range(11))
def test_a_key_that_is_not_to_be_trusted_is_refused(register_database: Database, pairs: Pairs, place: int) -> None:
    register_slough(register_database, pairs)
    key, pointer, detail = _bad_keys(pairs)[place]

    with pytest.raises(InvalidDocument) as refused, register_database.writing() as session:
        registration.add_key(session, CLIENT_ID, key, actor="test", at=NOW)

    assert [tuple(fault) for fault in refused.value.faults] == [(pointer, detail)]


def test_a_point_off_its_curve_is_no_key(register_database: Database, pairs: Pairs) -> None:
    register_slough(register_database, pairs)
    key = pairs.curve.registered
    off = replace(key, kid="off", jwk={**key.jwk, "x": key.jwk["y"]})

    with pytest.raises(InvalidDocument) as refused, register_database.writing() as session:
        registration.add_key(session, CLIENT_ID, off, actor="test", at=NOW)

    assert refused.value.faults[0].pointer == "/key/jwk"


def test_an_id_a_kid_and_an_end_are_given_once(register_database: Database, pairs: Pairs) -> None:
    register_slough(register_database, pairs)
    key = pairs.client.registered

    with pytest.raises(Conflict):
        register_slough(register_database, pairs)
    with pytest.raises(Conflict), register_database.writing() as session:
        registration.add_key(session, CLIENT_ID, key, actor="test", at=NOW)
    with register_database.writing() as session:
        disabled = registration.disable_client(session, CLIENT_ID, actor="test", at=LATER)
        with pytest.raises(Conflict):
            registration.disable_client(session, CLIENT_ID, actor="test", at=LATER)
        with pytest.raises(Conflict):
            registration.add_key(session, CLIENT_ID, replace(key, kid="new"), actor="test", at=LATER)
        with pytest.raises(NotFound):
            registration.disable_client(session, "nobody", actor="test", at=LATER)

    assert disabled.disabled_at == LATER
    assert _newest_entry(register_database, "client.changed")[0] == {
        "clientId": CLIENT_ID,
        "disabledAt": "2026-03-03T09:30:00Z",
    }


# --- people -----------------------------------------------------------------------------------


def _register_person(database: Database, **changes: Any) -> RecordedPerson:
    given: dict[str, Any] = {
        "issuer": "https://issuer.example",
        "subject": "somebody",
        "name": "Some Body",
        "role": "panel",
        "regions": ["Y57"],
        "interests": ["10T"],
        "actor": "test",
        "at": NOW,
        **changes,
    }
    with database.writing() as session:
        return registration.register_person(session, **given)


def test_a_person_is_known_by_issuer_and_subject_on_both_databases(database: Database) -> None:
    add_organisations(database)

    registered = _register_person(database)

    with database.reading() as session:
        found = people.fetch(session, person_id_of("https://issuer.example", "somebody"))
        listed = people.list_all(session)
    assert found == registered
    assert listed == [registered]
    assert registered == RecordedPerson(
        person_id=person_id_of("https://issuer.example", "somebody"),
        issuer="https://issuer.example",
        subject="somebody",
        name="Some Body",
        role=Scope.PANEL,
        regions=frozenset({"Y57"}),
        interests=frozenset({"10T"}),
        ended_at=None,
    )


def test_a_persons_id_is_the_first_half_of_a_hash_of_who_it_is() -> None:
    assert person_id_of("https://issuer.example", "somebody") == "6fd8b7b7fc6df2703f12e8ca356ade06"


def test_what_could_name_a_person_is_private(register_database: Database) -> None:
    person = _register_person(register_database)

    data, private, publishes = _newest_entry(register_database, "person.changed")

    assert data == {"personId": person.person_id, "role": "panel", "endedAt": None}
    assert private == {
        "issuer": "https://issuer.example",
        "subject": "somebody",
        "name": "Some Body",
        "regions": ["Y57"],
        "interests": ["10T"],
        "actor": "test",
    }
    assert publishes is False


def test_every_fault_of_a_person_is_named_at_once(register_database: Database) -> None:
    with pytest.raises(InvalidDocument) as refused:
        _register_person(
            register_database,
            issuer="",
            subject="a\x00",
            name="",
            role="applications",
            regions=["Y99"],
            interests=["?"],
        )
    with pytest.raises(InvalidDocument) as homeless:
        _register_person(register_database, regions=[])

    assert [fault.pointer for fault in refused.value.faults] == [
        "/issuer", "/subject", "/name", "/role", "/interests/0", "/regions/0",
    ]  # fmt: skip
    assert [fault.pointer for fault in homeless.value.faults] == ["/regions"]


def test_a_role_is_given_once_ended_once_and_may_be_given_again(register_database: Database) -> None:
    person = _register_person(register_database)
    with pytest.raises(Conflict):
        _register_person(register_database, role="national")
    with register_database.writing() as session:
        ended = registration.end_person(session, person.person_id, actor="test", at=LATER)
        with pytest.raises(Conflict):
            registration.end_person(session, person.person_id, actor="test", at=LATER)
        with pytest.raises(NotFound):
            registration.end_person(session, "0" * 32, actor="test", at=LATER)

    again = _register_person(register_database, role="national", at=LATER)

    assert ended.ended_at == LATER
    assert (again.role, again.ended_at) == (Scope.NATIONAL, None)
