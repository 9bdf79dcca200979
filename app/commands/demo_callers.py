"""Registers the demo's people and systems, and writes down their credentials."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from app.commands.console import ACTOR
from app.commands.demo_cast import CLIENTS, PEOPLE, DemoClient, DemoPerson

SCOPES = ("applications",)


def register_people(database: Any, issuer: str, at: datetime) -> None:
    """Give everybody in the demo their role, unless they already have it."""
    from app.casework.registration import register_person
    from app.records import people

    with database.reading() as session:
        known = {(each.issuer, each.subject) for each in people.list_all(session)}
    missing = [each for each in PEOPLE if (issuer, each.subject) not in known]
    if not missing:
        return
    with database.writing() as session:
        for person in missing:
            register_person(
                session,
                issuer=issuer,
                subject=person.subject,
                name=person.name,
                role=person.role,
                regions=person.regions,
                interests=person.interests,
                actor=ACTOR,
                at=at,
            )


def register_clients(database: Any, data_dir: Path, at: datetime) -> dict[str, str]:
    """Register each system with a key pair of its own, and return the id of each system's key.

    It writes the private key before it registers the public half. If a start is cut off between the two, the next one
    goes on with the same key.
    """
    from app.records import clients

    with database.reading() as session:
        known = {each.client_id: each for each in clients.list_all(session)}
    kids = {}
    for client in CLIENTS:
        file = key_file(data_dir, client.client_id)
        registered = known.get(client.client_id)
        if registered is not None and file.exists():
            kids[client.client_id] = registered.keys[-1].kid
        else:
            kids[client.client_id] = _register_client(database, client, file, at, is_known=registered is not None)
    return kids


def _register_client(database: Any, client: DemoClient, file: Path, at: datetime, *, is_known: bool) -> str:
    from app.access.keys import generate_pair, public_jwk, thumbprint, write_private_key
    from app.casework.registration import add_key, register_client
    from app.records.clients import ClientKey

    if not file.exists():
        write_private_key(file, generate_pair(client.alg).private_pem)
    public = public_jwk(file.read_bytes())
    key = ClientKey(thumbprint(public), client.alg, public)
    with database.writing() as session:
        if is_known:
            add_key(session, client.client_id, key, actor=ACTOR, at=at)
        else:
            register_client(
                session,
                client_id=client.client_id,
                name=client.name,
                ods_codes=client.ods_codes,
                scopes=SCOPES,
                keys=[key],
                actor=ACTOR,
                at=at,
            )
    return key.kid


def key_file(data_dir: Path, client_id: str) -> Path:
    """The file with a demo system's private key."""
    return data_dir / "keys" / f"{client_id}.pem"


def write_credentials(data_dir: Path, settings: Any, kids: dict[str, str]) -> None:
    """Write credentials.json, whole or not at all, readable only by its owner."""
    document = {
        "baseUrl": settings.public_url,
        "tokenUrl": settings.token_url,
        "clients": [_credentials(client, kids[client.client_id], data_dir) for client in CLIENTS],
        "people": [_profile(person) for person in PEOPLE],
    }
    draft = data_dir / ".credentials.json"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(data_dir / "credentials.json")


def _credentials(client: DemoClient, kid: str, data_dir: Path) -> dict[str, Any]:
    return {
        "clientId": client.client_id,
        "name": client.name,
        "odsCodes": list(client.ods_codes),
        "scopes": list(SCOPES),
        "kid": kid,
        "alg": client.alg,
        "privateKeyFile": str(key_file(data_dir, client.client_id).resolve()),
    }


def _profile(person: DemoPerson) -> dict[str, Any]:
    return {
        "subject": person.subject,
        "name": person.name,
        "role": person.role,
        "regions": list(person.regions),
        "interests": list(person.interests),
    }
