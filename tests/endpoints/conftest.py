"""A register in which a made-up round was played to its end, and somebody of every kind to call it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.access.keys import Pair, generate_pair
from app.casework.registration import register_client
from app.commands.documents import openapi_document
from app.records.audit.verification import verify
from app.records.clients import ClientKey
from app.records.session import Database
from app.settings import Settings
from tests.endpoints.expected import ADMIN, ADMIN_SYSTEM, CCG, NATIONAL, NATIONAL_SYSTEM, PANEL, PANEL_SYSTEM
from tests.openapi import recorder
from tests.openapi.reading import Operation, operations
from tests.world import NOON, Speaker, World

SYSTEMS_OF_OFFICERS = {
    "south-system": ("panel", ["Y57"]),
    "national-system": ("national", []),
    "admin-system": ("admin", []),
}
NOBODY = "nobody"
GARBAGE = "garbage"
EXPIRED = "an expired token"


# What is asked of an address that takes no question without it.
QUERIES = {
    "/v1/comparison": "?from=2014-04-01&to=2015-06-01",
    "/v1/log/proofs/inclusion": "?index=7&size=8",
    "/v1/log/proofs/consistency": "?from=3&to=8",
}


@dataclass
class PlayedRegister:
    """The register, and who may ask."""

    world: World
    places: dict[str, str]
    callers: dict[str, Speaker]

    def address(self, operation: Operation, **others: str) -> str:
        """The operation's address, of things that there are unless others are named, with the query that it needs."""
        path = operation.path
        for name, value in {**self.places, **others}.items():
            path = path.replace(f"{{{name}}}", value)
        return path + QUERIES.get(operation.path, "")


@pytest.fixture(scope="session")
def register(
    run_directory: Path, peopled_sqlite: Path, settings: Settings, pairs: dict[str, Pair]
) -> Iterator[PlayedRegister]:
    yield from open_register(run_directory / f"register-{peopled_sqlite.name}", peopled_sqlite, settings, pairs)


def open_register(file: Path, template: Path, settings: Settings, pairs: dict[str, Pair]) -> Iterator[PlayedRegister]:
    """A register of its own in a database file; at its end ``verify`` finds nothing wrong with it."""
    shutil.copyfile(template, file)
    database = Database(f"sqlite:///{file}")
    world = World(database, settings, {**pairs, **_register_officers_systems(database)})
    recorder.record(world)
    world.sign()
    yield PlayedRegister(world, _places(world), _callers(world))
    report = verify(database)
    database.close()
    assert report.faults == ()


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    return openapi_document()


@pytest.fixture(scope="session")
def by_name(document: dict[str, Any]) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations(document)}


def _register_officers_systems(database: Database) -> dict[str, Pair]:
    made = {client_id: generate_pair("ES256") for client_id in SYSTEMS_OF_OFFICERS}
    with database.writing() as session:
        for client_id, (scope, regions) in SYSTEMS_OF_OFFICERS.items():
            public = made[client_id].public_jwk
            register_client(
                session,
                client_id=client_id,
                name=f"{client_id} (made up)",
                regions=regions,
                scopes=[scope],
                keys=[ClientKey(public["kid"], "ES256", {name: public[name] for name in ("kty", "crv", "x", "y")})],
                actor="test",
                at=NOON,
            )
    return made


def _callers(world: World) -> dict[str, Speaker]:
    now = world.clock.at
    world.clock.move_to(now - timedelta(hours=1))
    expired = world.system("slough")
    world.clock.move_to(now)
    return {
        CCG: world.system("slough"),
        PANEL_SYSTEM: world.system("south-system"),
        NATIONAL_SYSTEM: world.system("national-system"),
        ADMIN_SYSTEM: world.system("admin-system"),
        PANEL: world.person("south-panel-1"),
        NATIONAL: world.person("national-1"),
        ADMIN: world.person("admin-1"),
        NOBODY: world.public,
        GARBAGE: Speaker(world, "garbage"),
        EXPIRED: expired,
    }


def _places(world: World) -> dict[str, str]:
    [decision] = world.public.get("/v1/decisions?round=trial&odsCode=10T").json()["results"]
    record = world.person("national-1").get(f"/v1/decisions/{decision['decisionId']}/record").json()
    return {
        "reference": decision["reference"],
        "odsCode": "10T",
        "roundId": "trial",
        "decisionId": decision["decisionId"],
        "criterion": "finance",
        "version": "2",
        "conditionId": "c1",
        "proposalId": record["proposal"]["proposalId"],
        "announcementId": "trial-announcement-00000000",
        "name": "outcomes",
        "table": "organisations",
    }
