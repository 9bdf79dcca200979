"""The real server in a process of its own, with callers who speak to it over HTTP by the real clock."""

import http.client
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any, Self

from httpx2 import Client, Response

import app
from app.access.issuers import development_token, read_development_key
from app.access.keys import Pair
from app.access.tokens import SigningKey
from app.casework.rounds import put_round
from app.records.audit.verification import Finding, verify
from app.records.session import Database
from app.rules.deadlines import london_day
from app.rules.rounds import RoundPlan
from app.settings import Settings
from tests.crash.processes import Process
from tests.world import ASSERTION_TYPE

ROOT = Path(app.__file__).parent.parent
# Below the ports that a system gives to connections of its own.
PORTS = range(20000, 30000)
LOOKS, BETWEEN_LOOKS = 1500, 0.02
LOG_KEY = "log-key.txt"
SECONDS_TO_END, SECONDS_FOR_A_COMMAND = 20, 120


def now() -> datetime:
    return datetime.now(UTC)


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens at."""
    start = uuid.uuid4().int
    for place in range(len(PORTS)):
        port = PORTS[(start + place) % len(PORTS)]
        try:
            with create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise RuntimeError("there is no free port")


def environment(**settings: object) -> dict[str, str]:
    """The environment of a process of the register: these settings and no other, the checkout on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTER_")}
    named = {f"REGISTER_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), **named}


def register(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run one command of the register to its end."""
    with TemporaryDirectory() as directory:
        out, err = Path(directory) / "out", Path(directory) / "err"
        status = Process(("app", *arguments), environment(**settings), out, err).wait(SECONDS_FOR_A_COMMAND)
        return subprocess.CompletedProcess(arguments, status, out.read_text(), err.read_text())


def open_round(database: Database, round_id: str) -> None:
    """A round that takes applications today, whatever day it is."""
    at = now()
    today = london_day(at)
    plan = RoundPlan(
        round_id=round_id,
        title="Made up for the tests",
        kind="real",
        coverage="complete",
        opens_on=today - timedelta(days=30),
        delegated_deadline=today + timedelta(days=30),
        joint_deadline=today + timedelta(days=30),
        closes_on=today + timedelta(days=60),
        starts_on=today + timedelta(days=90),
        counted_on=today,
    )
    with database.writing() as session:
        put_round(session, plan, actor="test", at=at)


@dataclass(frozen=True)
class Caller:
    """Somebody with a token."""

    server: "Server"
    token: str

    def get(self, path: str) -> Response:
        return self.server.http.get(path, headers={"Authorization": f"Bearer {self.token}"})

    def post(self, path: str, body: Any, **headers: str) -> Response:
        """POST; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.http.post(path, json=body, headers={"Authorization": f"Bearer {self.token}", **named})


@dataclass
class Server:
    """The register served at one address, over one database, through any number of starts."""

    url: str
    directory: Path
    settings: Settings
    pairs: dict[str, Pair]
    workers: int = 1
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.base = f"http://127.0.0.1:{self.port}"
        # Made anew: a copy would keep the addresses that were worked out from the other public URL.
        own = {"public_url": self.base, "database_url": self.url}
        self.settings = Settings(**{**self.settings.model_dump(), **own})
        self.log = self.directory / f"server-{self.port}.log"
        self.http = self._connection()
        self._earlier: list[Client] = []
        self.process: Process | None = None

    def start(self, *command: str) -> None:
        """Start the server, or the module that ``command`` names, and wait until it answers."""
        self.launch(*command)
        self.wait_for("/_ping")

    def launch(self, *command: str) -> None:
        """Start it without waiting for it."""
        serve = ("app", "serve", "--port", str(self.port), "--workers", str(self.workers))
        settings = environment(
            database_url=self.url,
            public_url=self.base,
            token_key_file=self.settings.token_key_file,
            development_key_file=self.settings.development_key_file,
            **self._log_key,
        )
        self.process = Process(command or serve, settings, out=self.log, err=self.log)

    def wait_for(self, path: str, status: int = http.client.OK) -> None:
        """Look again and again until the address answers with a status, so many times and no more."""
        for _ in range(LOOKS):
            if self._status(path) == status:
                return
            try:
                self._running.wait(BETWEEN_LOOKS)
            except subprocess.TimeoutExpired:
                continue
            break
        raise RuntimeError(f"{path} did not answer: {self.log.read_text()}")

    def kill(self) -> None:
        """``kill -9``, and forget the connections to it."""
        os.kill(self._running.pid, signal.SIGKILL)
        self.wait_for_end()

    def wait_for_end(self) -> int:
        """Wait until the process has ended; returns its status, negative where a signal ended it.

        Its connections are forgotten, but not closed before the end: other threads may still be asking over them.
        """
        status = self._running.wait(SECONDS_TO_END)
        self.process = None
        self._earlier.append(self.http)
        self.http = self._connection()
        return status

    def stop(self) -> int:
        """Ask the server to end; returns its status."""
        os.kill(self._running.pid, signal.SIGTERM)
        return self.wait_for_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever state it is in, leave nothing of it running."""
        for connections in (*self._earlier, self.http):
            connections.close()
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(SECONDS_TO_END)

    def system(self, client_id: str) -> Caller:
        """A registered system with a token, got by a signed assertion."""
        pair, issued = self.pairs[client_id], int(now().timestamp())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.settings.token_url,
            "iat": issued,
            "exp": issued + 300,
            "jti": str(uuid.uuid4()),
        }
        key = SigningKey(pair.public_jwk["kid"], pair.public_jwk["alg"], pair.private_pem)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": key.sign(claims, typ="JWT"),
        }
        answer = self.http.post("/oauth2/token", data=form)
        assert answer.status_code == 200, answer.text
        return Caller(self, answer.json()["access_token"])

    def person(self, subject: str) -> Caller:
        """A person with a token of the development issuer."""
        key = read_development_key(self.settings)
        assert key is not None
        return Caller(self, development_token(self.settings, key, subject, at=now()))

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A connection past the server, to set up what it serves or to look at what it wrote."""
        connected = Database(self.url)
        try:
            yield connected
        finally:
            connected.close()

    def verify(self) -> tuple[int, str]:
        """What ``register verify`` says of the database: its exit code, and the last line."""
        done = register("verify", database_url=self.url, **self._log_key)
        return done.returncode, (done.stdout.splitlines() or [done.stderr])[-1]

    def faults(self) -> tuple[Finding, ...]:
        """What verifying finds wrong, without a process for it: where the exit code is not what is asked."""
        with self.database() as database:
            return verify(database).faults

    @property
    def _log_key(self) -> dict[str, Path]:
        """The setting by which the log is signed, for a server that has a key of its own."""
        key_file = self.directory / LOG_KEY
        return {"log_key_file": key_file} if key_file.exists() else {}

    @property
    def _running(self) -> Process:
        assert self.process is not None
        return self.process

    def _connection(self) -> Client:
        return Client(base_url=self.base, timeout=30, verify=False, trust_env=False)

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
