"""Servers to measure, each a process of its own on 127.0.0.1: the register, a bare answer, a dripping issuer."""

import asyncio
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlencode

from app.access.tokens import SigningKey
from app.commands.demo import demo_settings, prepare

REGISTER_PORT, BARE_PORT, ISSUER_PORT = 8171, 8172, 8173
ISSUER = f"http://127.0.0.1:{ISSUER_PORT}"
BARE_BODY = b'{"reference": "x", "pad": "' + b"x" * 2000 + b'"}'
DRIPPED = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 600
BETWEEN_LOOKS, BETWEEN_DROPS, SECONDS_TO_END = 0.1, 1, 20


def prepared(directory: Path) -> Path:
    """The demo's data, made if they are not there."""
    prepare(directory, demo_settings(directory, REGISTER_PORT), datetime.now(UTC))
    return directory


@contextlib.contextmanager
def process(*arguments: str, port: int | None = None, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python module in a process of its own. With a ``port`` it waits until somebody listens there."""
    with subprocess.Popen(  # noqa: S603  our own modules
        [sys.executable, "-m", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as started:
        try:
            while port is not None and not _is_served(port):
                sleep(BETWEEN_LOOKS)
            yield started
        finally:
            started.terminate()
            started.wait(SECONDS_TO_END)


def _is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def register(directory: Path, **settings: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """The register over the demo's data, which also accepts the tokens of an issuer that drips."""
    issuer = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "audience": "register"}
    named = {
        "REGISTER_DATABASE_URL": os.environ.get(
            "REGISTER_DATABASE_URL", f"sqlite:///{directory.resolve() / 'register.db'}"
        ),
        "REGISTER_PUBLIC_URL": f"http://127.0.0.1:{REGISTER_PORT}",
        "REGISTER_TOKEN_KEY_FILE": str(directory / "token-key.pem"),
        "REGISTER_LOG_KEY_FILE": str(directory / "log-key.txt"),
        "REGISTER_OIDC_ISSUERS": json.dumps([issuer]),
        **settings,
    }
    return process("app", "serve", "--port", str(REGISTER_PORT), port=REGISTER_PORT, **named)


def bare_server() -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """The same server with nothing behind it."""
    return process(
        "uvicorn",
        "bench.servers:bare",
        "--port",
        str(BARE_PORT),
        "--no-access-log",
        "--lifespan",
        "off",
        port=BARE_PORT,
    )


def issuer_that_drips() -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """An issuer whose answer never ends."""
    return process("bench.servers", port=ISSUER_PORT)


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """2 KB, whatever is asked."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BARE_BODY)).encode())]
    await send({"type": "http.response.start", "status": 201 if scope["method"] == "POST" else 200, "headers": headers})
    await send({"type": "http.response.body", "body": BARE_BODY})


async def _drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        for byte in DRIPPED:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(BETWEEN_DROPS)


async def _serve_drops() -> None:
    await (await asyncio.start_server(_drip, "127.0.0.1", ISSUER_PORT)).serve_forever()


def token_of(client_id: str, directory: Path) -> str:
    """An access token of a client of the demo."""
    known = json.loads((directory / "credentials.json").read_text())
    client = next(each for each in known["clients"] if each["clientId"] == client_id)
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": client_id, "sub": client_id, "aud": known["tokenUrl"], "iat": now, "exp": now + 300}
    key = SigningKey(client["kid"], client["alg"], Path(client["privateKeyFile"]).read_bytes())
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": key.sign({**claims, "jti": str(uuid.uuid4())}, typ="JWT"),
    }
    asked = http.client.HTTPConnection("127.0.0.1", REGISTER_PORT, timeout=30)
    asked.request("POST", "/oauth2/token", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    token: str = json.loads(asked.getresponse().read())["access_token"]
    return token


def cpu_of(pid: int) -> float:
    """The seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    asyncio.run(_serve_drops())
