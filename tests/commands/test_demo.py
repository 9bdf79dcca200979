"""``register demo``: what it makes, what a second start keeps, and what it writes down to try it with."""

import csv
import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import reference
from app.access.keys import public_jwk, thumbprint
from app.casework.registration import disable_client
from app.commands.demo import demo_settings, prepare
from app.commands.demo_round import trial_plan
from app.records import rounds
from app.records.session import Database
from app.rules.deadlines import closes_at, london_day
from app.rules.rounds import RoundPlan
from tests.commands.conftest import Register, Said
from tests.crash.server import Server
from tests.world import ASSERTION_TYPE, application

REGIONS = {"Y54", "Y55", "Y56", "Y57"}
JUST_BEFORE = timedelta(microseconds=-1)


@dataclass(frozen=True)
class Demo:
    """A data directory that a demo has filled, and the commands on it."""

    directory: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.directory / 'register.db'}"

    @property
    def credentials(self) -> Any:
        return json.loads((self.directory / "credentials.json").read_bytes())

    def run(self, *arguments: object) -> Said:
        return Register()(*arguments, "--data-dir", self.directory)

    def start(self) -> Said:
        return self.run("demo", "--no-serve")

    def prepare(self, at: datetime) -> str:
        return prepare(self.directory, demo_settings(self.directory, 8000), at)

    def rounds(self) -> list[RoundPlan]:
        """The trial rounds."""
        database = Database(self.url)
        with database.reading() as session:
            found = [plan for plan in rounds.all_rounds(session) if plan.kind == "trial"]
        database.close()
        return found

    def entries(self) -> Any:
        verified = Register(database_url=self.url)("verify", "--json")
        assert verified.code == 0
        return json.loads(verified.out)["entries"]


@pytest.fixture
def first(started_demo: tuple[Path, Said]) -> tuple[Demo, Said]:
    """A demo that was started once, and what it said; not to be changed."""
    directory, said = started_demo
    return Demo(directory), said


@pytest.fixture
def demo(first: tuple[Demo, Said], tmp_path: Path) -> Demo:
    """A copy of it, to be changed."""
    return Demo(shutil.copytree(first[0].directory, tmp_path / "data"))


def regions_of_open_ccgs() -> dict[str, str]:
    with reference.ORGANISATIONS.open(encoding="utf-8", newline="") as file:
        return {row["ods_code"]: row["region_ods_code"] for row in csv.DictReader(file) if not row["closed_on"]}


# --- the first start ----------------------------------------------------------------------------


def test_the_first_start_prints_the_addresses_as_data_and_the_rest_as_messages(first: tuple[Demo, Said]) -> None:
    demo, said = first

    assert said.code == 0
    assert json.loads(said.out) == {
        "baseUrl": "http://127.0.0.1:8123",
        "docs": "http://127.0.0.1:8123/docs",
        "round": "http://127.0.0.1:8123/v1/rounds/trial",
        "credentials": str(demo.directory / "credentials.json"),
        "try": "curl 'http://127.0.0.1:8123/v1/approvals?round=2015-16'",
    }
    assert said.err.splitlines()[:3] == [
        "Making the database …",
        "Importing the CCGs …",
        "Importing what is known of past rounds …",
    ]


def test_keys_and_credentials_are_for_their_owner_only(first: tuple[Demo, Said]) -> None:
    directory = first[0].directory
    files = [*directory.glob("*.pem"), *directory.glob("keys/*"), directory / "credentials.json"]

    assert len(files) == 2 + len(first[0].credentials["clients"]) + 1
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert [file.name for file in directory.rglob(".*")] == []


def test_the_credentials_name_the_addresses_and_every_member(first: tuple[Demo, Said]) -> None:
    credentials = first[0].credentials

    assert list(credentials) == ["baseUrl", "tokenUrl", "clients", "people"]
    assert credentials["baseUrl"] == "http://127.0.0.1:8123"
    assert credentials["tokenUrl"] == "http://127.0.0.1:8123/oauth2/token"
    members = ["clientId", "name", "odsCodes", "scopes", "kid", "alg", "privateKeyFile"]
    assert {tuple(client) for client in credentials["clients"]} == {tuple(members)}
    assert {tuple(person) for person in credentials["people"]} == {("subject", "name", "role", "regions", "interests")}


def test_the_systems_speak_for_open_ccgs_of_every_region_and_one_for_a_group(first: tuple[Demo, Said]) -> None:
    clients, region_of = first[0].credentials["clients"], regions_of_open_ccgs()
    single = [client["odsCodes"][0] for client in clients if len(client["odsCodes"]) == 1]
    [group] = [client["odsCodes"] for client in clients if len(client["odsCodes"]) > 1]

    assert len(set(single)) == len(single) >= 6
    assert {region_of[code] for code in single} == REGIONS
    assert len({region_of[code] for code in group}) == 1
    assert {client["alg"] for client in clients} == {"RS512", "ES256"}
    assert {tuple(client["scopes"]) for client in clients} == {("applications",)}


def test_every_private_key_is_the_one_that_is_registered(first: tuple[Demo, Said]) -> None:
    for client in first[0].credentials["clients"]:
        file = Path(client["privateKeyFile"])
        assert file.is_absolute()
        assert thumbprint(public_jwk(file.read_bytes())) == client["kid"]


def test_there_are_panel_members_signatories_and_an_administrator(first: tuple[Demo, Said]) -> None:
    people, clients = first[0].credentials["people"], first[0].credentials["clients"]
    single = {client["odsCodes"][0] for client in clients if len(client["odsCodes"]) == 1}
    panel = [person for person in people if person["role"] == "panel"]
    free = sorted(person["regions"][0] for person in panel if not person["interests"])
    interested = {person["regions"][0]: person["interests"] for person in panel if person["interests"]}

    assert free == sorted([*REGIONS, *REGIONS])
    assert interested.keys() == REGIONS
    assert {code for codes in interested.values() for code in codes} <= single
    assert sorted(person["role"] for person in people if person["role"] != "panel") == ["admin", "national", "national"]
    assert all("made up" in person["name"] for person in people)


# --- the trial round ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "starts_on"),
    [
        (date(2026, 11, 22), date(2027, 4, 1)),
        (date(2026, 12, 2), date(2027, 4, 1)),
        (date(2026, 12, 3), date(2028, 4, 1)),
        (date(2027, 12, 2), date(2028, 4, 1)),
        (date(2024, 2, 29), date(2025, 4, 1)),
    ],
)
def test_a_trial_round_starts_on_the_first_1_april_30_days_after_its_deadlines(today: date, starts_on: date) -> None:
    assert trial_plan("trial", today) == RoundPlan(
        round_id="trial",
        title="Trial round, for trying the register out: nothing in it is real",
        kind="trial",
        coverage="complete",
        opens_on=today,
        delegated_deadline=today + timedelta(days=60),
        joint_deadline=today + timedelta(days=90),
        closes_on=starts_on - timedelta(days=1),
        starts_on=starts_on,
        counted_on=today,
    )


def test_the_trial_round_is_open_today(first: tuple[Demo, Said]) -> None:
    [plan] = first[0].rounds()

    assert plan.opens_on is not None
    assert plan == trial_plan("trial", plan.opens_on)
    assert abs(plan.opens_on - london_day(datetime.now(UTC))) <= timedelta(days=1)


def test_a_trial_round_is_added_once_the_deadline_of_the_last_has_passed(demo: Demo) -> None:
    [trial] = demo.rounds()
    assert trial.delegated_deadline is not None
    passed = closes_at(trial.delegated_deadline)
    passed_again = closes_at(london_day(passed) + timedelta(days=60))

    found = [demo.prepare(at) for at in (passed + JUST_BEFORE, passed, passed_again + JUST_BEFORE, passed_again)]

    assert found == ["trial", "trial-2", "trial-2", "trial-3"]
    assert {plan.round_id for plan in demo.rounds()} == {"trial", "trial-2", "trial-3"}
    assert demo.entries() > 0


# --- the second start ---------------------------------------------------------------------------


def test_a_second_start_keeps_what_is_there(demo: Demo) -> None:
    demo.start()  # writes the addresses of this port
    before = {file: file.read_bytes() for file in demo.directory.rglob("*") if file.suffix in {".pem", ".json"}}
    entries = demo.entries()

    again = demo.start()

    assert (again.code, again.err, len(again.lines)) == (0, "", 5)
    assert demo.entries() == entries
    assert {file: file.read_bytes() for file in before} == before


def test_a_system_whose_key_was_lost_gets_a_new_one(demo: Demo) -> None:
    lost = demo.directory / "keys" / "demo-07l.pem"
    lost.unlink()

    demo.start()

    [client] = [each for each in demo.credentials["clients"] if each["clientId"] == "demo-07l"]
    assert client["kid"] == thumbprint(public_jwk(lost.read_bytes()))
    registered = json.loads(Register(database_url=demo.url)("clients", "list", "--json").out)
    [keys] = [each["keys"] for each in registered if each["clientId"] == "demo-07l"]
    assert (len(keys), keys[-1]) == (2, client["kid"])


def test_a_start_that_cannot_go_on_says_why(demo: Demo) -> None:
    database = Database(demo.url)
    with database.writing() as session:
        disable_client(session, "demo-07l", actor="test", at=datetime.now(UTC))
    database.close()
    (demo.directory / "keys" / "demo-07l.pem").unlink()

    assert demo.start() == Said(1, "", "The client demo-07l is disabled.\n")


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    refused = Demo(tmp_path / "file" / "data").start()

    assert refused == Said(1, "", f"{tmp_path / 'file' / 'data'}: Not a directory\n")


def test_faults_of_the_environment_are_named(tmp_path: Path) -> None:
    refused = Register(log_level="loud", database_url="nonsense")("demo", "--no-serve", "--data-dir", tmp_path / "data")

    assert (refused.code, len(refused.err.splitlines())) == (1, 2)


# --- tokens, and the demo served ----------------------------------------------------------------


@pytest.mark.parametrize("command", ["dev-token", "dev-assertion"])
def test_tokens_are_made_for_known_names_only(first: tuple[Demo, Said], tmp_path: Path, command: str) -> None:
    unknown, without_demo = first[0].run(command, "nobody"), Demo(tmp_path).run(command, "national-1")

    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err.startswith("nobody is not one of ")
    sentence = "credentials.json is not there: run `register demo` first, or name its --data-dir.\n"
    assert without_demo == Said(1, "", f"{tmp_path}/{sentence}")


def test_the_demo_serves_what_it_printed_to_those_it_named(demo: Demo) -> None:
    with Server(demo.url, demo.directory, demo_settings(demo.directory, 8000), {}) as server:
        started = time.perf_counter()
        server.start("app", "demo", "--data-dir", str(demo.directory), "--port", str(server.port))
        seconds = time.perf_counter() - started
        printed = server.log.read_text()
        token = server.http.post(
            "/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": demo.run("dev-assertion", "demo-07l").out.strip(),
            },
        )
        system = {"Authorization": f"Bearer {token.json()['access_token']}", "Idempotency-Key": "1"}
        person = {"Authorization": f"Bearer {demo.run('dev-token', 'panel-london-1').out.strip()}"}
        created = server.http.post("/v1/applications", headers=system, json=application("07L", round_id="trial"))
        queue = server.http.get("/v1/queue", headers=person)
        answers = [server.http.get(path) for path in ("/v1/organisations/07L", "/v1/rounds/trial", "/docs", "/_status")]
        server.stop()

    lines = printed.splitlines()
    listening = next(place for place, line in enumerate(lines) if "Application startup complete" in line)
    assert lines.index(f"The register:   {server.base}") > listening
    assert f"curl '{server.base}/v1/approvals?round=2015-16'" in printed
    assert seconds < 20, f"the second start took {seconds:.1f} s"
    assert (token.status_code, created.status_code) == (200, 201)
    assert [row["reference"] for row in queue.json()["results"]] == [created.json()["reference"]]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert demo.start().err == ""
