"""``register clients`` and ``register people``: who may call, and keys that stay with their owner."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from app.access.keys import Pair, generate_pair, thumbprint
from app.records import clients as records
from app.records.people import person_id_of
from app.records.session import Database
from app.settings import Settings
from tests.api.steps import submitted
from tests.commands.conftest import Register, Said
from tests.world import Clock, World

NEW = ("clients", "add", "dudley-2", "--name", "Second system of Dudley", "--scope", "applications")
DUDLEY = ("--ods-code", "05C")
ISSUER = "https://login.example/tenant"
SIGN_IN = json.dumps([{"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "audience": "register"}])


def clients(run: Register) -> dict[str, Any]:
    return {each["clientId"]: each for each in json.loads(run("clients", "list", "--json").out)}


def people(run: Register) -> dict[str, Any]:
    return {each["subject"]: each for each in json.loads(run("people", "list", "--json").out)}


def public_pem(pair: Pair) -> bytes:
    private = serialization.load_pem_private_key(pair.private_pem, password=None)
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def bare(pair: Pair) -> dict[str, str]:
    return {name: pair.public_jwk[name] for name in ("kty", "crv", "x", "y")}


# --- systems ------------------------------------------------------------------------------------


def test_a_client_is_registered_with_a_new_pair_and_listed(over_world: Register, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "dudley.pem"

    added = over_world(*NEW, *DUDLEY, "--generate", file, "--alg", "ES256")

    kid = added.out.split()[-1]
    assert added == Said(0, f"dudley-2: registered with key {kid}\n", "")
    assert clients(over_world)["dudley-2"] == {
        "clientId": "dudley-2",
        "name": "Second system of Dudley",
        "scopes": ["applications"],
        "odsCodes": ["05C"],
        "regions": [],
        "keys": [kid],
        "endedKeys": [],
        "disabledAt": None,
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert over_world("verify").code == 0


def test_a_new_pair_gets_a_token_until_the_client_is_disabled(
    over_sqlite: Register, sqlite_world_url: str, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "dudley.pem"
    kid = over_sqlite(*NEW, *DUDLEY, "--generate", file, "--alg", "ES256").out.split()[-1]
    database = Database(sqlite_world_url)
    world = World(database, settings, {"dudley-2": Pair(file.read_bytes(), {"kid": kid, "alg": "ES256"})})
    dudley = world.system("dudley-2")
    assert dudley.get("/v1/applications").status_code == 200

    disabled = over_sqlite("clients", "disable", "dudley-2")

    assert disabled == Said(0, "dudley-2: disabled\n", "")
    assert clients(over_sqlite)["dudley-2"]["disabledAt"].endswith("Z")
    assert dudley.get("/v1/applications").status_code == 401
    database.close()


def _enabled_at(database: Database) -> datetime:
    """When the command enabled it: its clock is not that of the world."""
    with database.reading() as session:
        client = records.fetch(session, "dudley")
    assert client is not None
    assert client.enabled_at is not None
    return client.enabled_at


def test_a_disabled_client_is_enabled_again(
    over_sqlite: Register, sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair]
) -> None:
    with closing(Database(sqlite_world_url)) as database:
        world = World(database, settings, pairs)
        before = world.system("dudley")
        over_sqlite("clients", "disable", "dudley")
        while_disabled = before.get("/v1/applications").status_code

        enabled = over_sqlite("clients", "enable", "dudley")

        world.clock.at = _enabled_at(database)
        after = world.system("dudley").get("/v1/applications").status_code
        assert (while_disabled, before.get("/v1/applications").status_code, after) == (401, 401, 200)
    assert enabled == Said(0, "dudley: enabled\n", "")
    assert clients(over_sqlite)["dudley"]["disabledAt"] is None
    assert over_sqlite("clients", "enable", "dudley") == Said(1, "", "The client dudley is not disabled.\n")
    assert over_sqlite("clients", "enable", "nobody") == Said(1, "", "There is no client nobody.\n")


def test_an_ended_key_gets_no_token_and_its_id_stays_taken(
    over_sqlite: Register, sqlite_world_url: str, settings: Settings, pairs: dict[str, Pair], tmp_path: Path
) -> None:
    [kid] = clients(over_sqlite)["dudley"]["keys"]
    over_sqlite("clients", "add-key", "dudley", "--generate", tmp_path / "new.pem", "--alg", "ES256", "--kid", "new")
    new = {**pairs, "dudley": Pair((tmp_path / "new.pem").read_bytes(), {"kid": "new", "alg": "ES256"})}

    ended = over_sqlite("clients", "end-key", "dudley", kid)

    assert ended == Said(0, f"dudley: key {kid} ended\n", "")
    listed = clients(over_sqlite)["dudley"]
    assert (listed["keys"], listed["endedKeys"]) == (["new"], [kid])
    with closing(Database(sqlite_world_url)) as database:
        now = Clock(datetime.now(UTC))
        assert World(database, settings, new, now).system("dudley").get("/v1/applications").status_code == 200
        with pytest.raises(AssertionError, match="no matching public key"):
            World(database, settings, pairs, now).system("dudley")
    again = over_sqlite("clients", "end-key", "dudley", kid)
    unknown = over_sqlite("clients", "end-key", "dudley", "none")
    taken = over_sqlite("clients", "add-key", "dudley", "--generate", tmp_path / "third.pem", "--kid", kid)
    assert [again, unknown, taken] == [
        Said(1, "", f"The key {kid} of dudley has ended already.\n"),
        Said(1, "", "The client dudley has no key none.\n"),
        Said(1, "", f"The client dudley has a key {kid} already.\n"),
    ]
    assert over_sqlite("verify").code == 0


def test_a_key_of_a_disabled_client_is_ended_before_the_client_is_enabled(over_sqlite: Register) -> None:
    [kid] = clients(over_sqlite)["dudley"]["keys"]
    over_sqlite("clients", "disable", "dudley")

    steps = [over_sqlite("clients", "end-key", "dudley", kid), over_sqlite("clients", "enable", "dudley")]

    assert [each.code for each in steps] == [0, 0]
    assert clients(over_sqlite)["dudley"]["keys"] == []


def test_a_clients_ccgs_change_at_once(
    over_world: Register, world_url: str, settings: Settings, pairs: dict[str, Pair]
) -> None:
    with closing(Database(world_url)) as database:
        world = World(database, settings, pairs)
        at, dudley = submitted(world, "10T"), world.system("dudley")
        before = dudley.get(at.where).status_code

        changed = over_world(
            *("clients", "change", "dudley", "--add-ods-code", "10T", "--add-ods-code", "07T"),
            *("--end-ods-code", "05C", "--add-region", "Y57"),
        )

        after = dudley.get(at.where).status_code
    assert changed == Said(0, "dudley: CCGs 07T,10T, regions Y57\n", "")
    assert (before, after) == (404, 200)
    listed = clients(over_world)["dudley"]
    assert (listed["odsCodes"], listed["regions"]) == (["07T", "10T"], ["Y57"])
    assert over_world("verify").code == 0


def test_every_fault_of_a_clients_change_is_named(over_sqlite: Register) -> None:
    refused = over_sqlite(
        *("clients", "change", "dudley", "--add-ods-code", "99Z", "--end-ods-code", "05C"),
        *("--end-ods-code", "10T", "--end-ods-code", "99Z", "--add-region", "Y99"),
    )
    idle = over_sqlite("clients", "change", "dudley")
    twice = over_sqlite("clients", "change", "dudley", "--add-ods-code", "05C")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines()[1:] == [
        "  /endOdsCodes/1: 10T is not there",
        "  /endOdsCodes/2: 99Z is not there",
        "  /addOdsCodes/0: there is no organisation 99Z",
        "  /addRegions/0: there is no region Y99",
        "  /odsCodes: needs at least one code for the scope applications",
    ]
    assert idle.err.splitlines()[1:] == ["  : names nothing to add or to end"]
    assert twice.err.splitlines()[1:] == ["  /addOdsCodes/0: 05C is there already"]
    assert clients(over_sqlite)["dudley"]["odsCodes"] == ["05C"]


@pytest.mark.parametrize("form", ["pem", "jwk", "named-jwk"])
def test_a_public_key_is_read_from_a_file(over_sqlite: Register, tmp_path: Path, form: str) -> None:
    pair, file = generate_pair("ES256"), tmp_path / "public"
    named = {**bare(pair), "kid": "ours-1", "alg": "ES256", "use": "sig"}
    content = {"pem": public_pem(pair), "jwk": json.dumps(bare(pair)).encode(), "named-jwk": json.dumps(named).encode()}
    file.write_bytes(content[form])

    added = over_sqlite(*NEW, *DUDLEY, "--key", file)

    kid = "ours-1" if form == "named-jwk" else thumbprint(bare(pair))
    assert added == Said(0, f"dudley-2: registered with key {kid}\n", "")


def test_a_second_key_is_added_beside_the_first(over_sqlite: Register, tmp_path: Path) -> None:
    first = clients(over_sqlite)["dudley"]["keys"]

    added = over_sqlite("clients", "add-key", "dudley", "--generate", tmp_path / "second.pem", "--kid", "second")

    assert added == Said(0, "dudley: key second added\n", "")
    assert clients(over_sqlite)["dudley"]["keys"] == [*first, "second"]


def test_every_fault_of_a_client_is_named_and_no_key_is_left_behind(over_sqlite: Register, tmp_path: Path) -> None:
    file = tmp_path / "dudley.pem"

    refused = over_sqlite(*NEW, "--scope", "all", "--ods-code", "99Z", "--region", "Y99", "--generate", file)

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines()[1:] == [
        "  /scopes/1: must be one of applications, panel, national, admin",
        "  /odsCodes/0: there is no organisation 99Z",
        "  /regions/0: there is no region Y99",
    ]
    assert not file.exists()
    assert "dudley-2" not in clients(over_sqlite)


def test_a_key_file_that_is_there_is_kept_and_nothing_is_registered(over_sqlite: Register, tmp_path: Path) -> None:
    file = tmp_path / "dudley.pem"
    file.write_text("somebody's")

    refused = over_sqlite(*NEW, *DUDLEY, "--generate", file)

    assert refused == Said(2, "", f"{file}: File exists; no key was written and nothing registered\n")
    assert file.read_text() == "somebody's"
    assert "dudley-2" not in clients(over_sqlite)


def test_a_private_key_is_not_taken(over_sqlite: Register, tmp_path: Path) -> None:
    pair = generate_pair("ES256")
    pem, jwk = tmp_path / "private.pem", tmp_path / "private.jwk"
    pem.write_bytes(pair.private_pem)
    jwk.write_text(json.dumps({**bare(pair), "d": "AQ"}))

    refused = [over_sqlite(*NEW, *DUDLEY, "--key", file) for file in (pem, jwk)]

    sentence = "holds a private key, which stays with its owner: give the public half"
    assert refused == [Said(2, "", f"{file}: {sentence}\n") for file in (pem, jwk)]


@pytest.mark.parametrize("content", ["no key", "{", "{}", '{"kty": "EC"}'])
def test_what_is_no_key_is_wrong_usage(over_sqlite: Register, tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content)

    refused = over_sqlite(*NEW, *DUDLEY, "--key", file)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"{file}: ")


@pytest.mark.parametrize("options", [(), ("--key", "a", "--generate", "b")])
def test_a_client_needs_one_source_of_its_key(over_sqlite: Register, options: tuple[str, ...]) -> None:
    refused = over_sqlite(*NEW, *DUDLEY, *options)

    assert refused == Said(2, "", "Give the public key with --key, or have a pair made with --generate.\n")


def test_a_pair_is_made_for_two_algorithms_only(over_sqlite: Register, tmp_path: Path) -> None:
    refused = over_sqlite(*NEW, *DUDLEY, "--generate", tmp_path / "key.pem", "--alg", "ES384")

    assert refused == Said(2, "", "A pair is made for RS512 or ES256.\n")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("disable", "nobody"), "There is no client nobody."),
        (("add-key", "nobody", "--generate", "{key}"), "There is no client nobody."),
        (
            ("add", "dudley", "--name", "D", "--scope", "applications", *DUDLEY, "--generate", "{key}"),
            "A client dudley is registered already.",
        ),
    ],
)
def test_a_client_that_is_not_there_or_there_already_is_named(
    over_sqlite: Register, tmp_path: Path, command: tuple[str, ...], sentence: str
) -> None:
    file = tmp_path / "key.pem"

    refused = over_sqlite("clients", *(str(file) if each == "{key}" else each for each in command))

    assert refused == Said(1, "", f"{sentence}\n")
    assert not file.exists()


def test_people_read_the_clients_as_a_table(over_sqlite: Register) -> None:
    listed = over_sqlite("clients", "list")

    heading, bradford, *_ = listed.lines
    assert heading.split() == ["clientId", "name", "scopes", "odsCodes", "regions", "keys", "endedKeys", "disabledAt"]
    assert bradford.split()[:2] == ["bradford", "System"]
    assert bradford.index("02W") == heading.index("odsCodes")


# --- people -------------------------------------------------------------------------------------


def test_a_person_is_given_a_role_listed_and_ended(over_world: Register) -> None:
    someone = ("people", "add", "--issuer", ISSUER, "--subject", "s-1", "--name", "A. Member", "--role", "panel")
    person_id = person_id_of(ISSUER, "s-1")

    added = over_world(*someone, "--region", "Y57", "--interest", "10T", oidc_issuers=SIGN_IN)
    during = people(over_world)["s-1"]
    ended = over_world("people", "end", person_id)

    assert added == Said(0, f"{person_id}: registered\n", "")
    assert during == {
        "personId": person_id,
        "issuer": ISSUER,
        "subject": "s-1",
        "name": "A. Member",
        "role": "panel",
        "regions": ["Y57"],
        "interests": ["10T"],
        "endedAt": None,
    }
    assert ended == Said(0, f"{person_id}: ended\n", "")
    assert people(over_world)["s-1"]["endedAt"].endswith("Z")
    assert over_world("verify").code == 0


def test_every_fault_of_a_person_is_named(over_sqlite: Register) -> None:
    refused = over_sqlite(
        *("people", "add", "--issuer", " ", "--subject", "s", "--name", "", "--role", "panel", "--interest", "99Z")
    )

    assert (refused.code, refused.out) == (1, "")
    assert [line.split(":")[0].strip() for line in refused.err.splitlines()[1:]] == [
        "/issuer",
        "/name",
        "/regions",
        "/interests/0",
    ]


def test_nobody_is_registered_with_an_issuer_for_which_no_sign_in_is_configured(
    over_sqlite: Register, settings: Settings
) -> None:
    someone = ("--subject", "s", "--name", "A", "--role", "national")
    slash, key_file = f"{ISSUER}/", settings.development_key_file

    wrong = over_sqlite("people", "add", "--issuer", slash, *someone, oidc_issuers=SIGN_IN)
    several = over_sqlite(
        "people", "add", "--issuer", slash, *someone, oidc_issuers=SIGN_IN, development_key_file=key_file
    )
    none = over_sqlite("people", "add", "--issuer", ISSUER, *someone)

    detail = f"no sign-in is configured for {slash}; it is for {ISSUER}"
    assert wrong == Said(1, "", f"This person cannot be registered: {detail}\n  /issuer: {detail}\n")
    assert several.err.endswith(f"; it is for {ISSUER}, {settings.development_issuer}\n")
    assert none.err.endswith(f"/issuer: no sign-in is configured for {ISSUER}; it is for no issuer\n")


def test_a_role_is_not_given_twice_nor_ended_twice(over_sqlite: Register, settings: Settings) -> None:
    person_id = person_id_of(settings.development_issuer, "admin-1")
    again = over_sqlite(
        *("people", "add", "--issuer", settings.development_issuer, "--subject", "admin-1"),
        *("--name", "A", "--role", "admin"),
        development_key_file=settings.development_key_file,
    )
    over_sqlite("people", "end", person_id)

    ended = [over_sqlite("people", "end", each) for each in (person_id, "nobody")]

    assert again == Said(1, "", f"The person {person_id} has the role admin already.\n")
    assert ended == [
        Said(1, "", f"The role of {person_id} has ended.\n"),
        Said(1, "", "There is no person nobody.\n"),
    ]


def test_a_role_that_is_not_known_is_wrong_usage(over_sqlite: Register) -> None:
    refused = over_sqlite(*("people", "add", "--issuer", ISSUER, "--subject", "s", "--name", "A", "--role", "director"))

    assert (refused.code, refused.out) == (2, "")
    assert "director" in refused.err


def test_a_persons_regions_and_interests_change_at_once(
    over_world: Register, world_url: str, settings: Settings, pairs: dict[str, Pair]
) -> None:
    panel = people(over_world)["south-panel-1"]["personId"]
    with closing(Database(world_url)) as database:
        world = World(database, settings, pairs)
        at, member = submitted(world, "10T"), world.person("south-panel-1")
        before = member.get(at.where).status_code

        changed = over_world(
            *("people", "change", panel, "--add-region", "Y56", "--end-region", "Y57"),
            *("--add-interest", "10T", "--add-interest", "07T"),
        )

        after = member.get(at.where).status_code
    assert changed == Said(0, f"{panel}: regions Y56, interests 07T,10T\n", "")
    assert (before, after) == (200, 404)
    listed = people(over_world)["south-panel-1"]
    assert (listed["regions"], listed["interests"]) == (["Y56"], ["07T", "10T"])
    assert over_world("people", "change", panel, "--end-interest", "10T").out.endswith("interests 07T\n")
    assert over_world("verify").code == 0


def test_every_fault_of_a_persons_change_is_named(over_sqlite: Register) -> None:
    panel = people(over_sqlite)["south-panel-1"]["personId"]

    refused = over_sqlite(
        *("people", "change", panel, "--end-region", "Y57", "--add-region", "Y57"),
        *("--end-interest", "10T", "--add-interest", "99Z"),
    )
    over_sqlite("people", "end", panel)
    ended = over_sqlite("people", "change", panel, "--add-region", "Y54")
    unknown = over_sqlite("people", "change", "0" * 32, "--add-region", "Y54")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines()[1:] == [
        "  /addRegions/0: Y57 is there already",
        "  /endInterests/0: 10T is not there",
        "  /addInterests/0: there is no organisation 99Z",
        "  /regions: needs at least one region for a panel member",
    ]
    assert ended == Said(1, "", f"The role of {panel} has ended.\n")
    assert unknown == Said(1, "", f"There is no person {'0' * 32}.\n")
