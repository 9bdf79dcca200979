"""``register dev-token`` and ``dev-assertion``: credentials of the demo's people and systems."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import FOUND_WANTING, now, plain_refusals, show, tell

DataDir = Annotated[Path, typer.Option("--data-dir", help="The directory with the data of `register demo`.")]
DEFAULT_DIR = Path("var/demo")
ASSERTION_SECONDS = 300


def dev_token(
    subject: Annotated[str, typer.Argument(help="A person's subject, as credentials.json lists it.")],
    data_dir: DataDir = DEFAULT_DIR,
) -> None:
    """Print an access token for one of the demo's people. Development only."""
    from app.access.issuers import development_token, read_development_key
    from app.settings import read_settings

    credentials = read_credentials(data_dir)
    if subject not in {person["subject"] for person in credentials["people"]}:
        _unknown(subject, [person["subject"] for person in credentials["people"]])
    with plain_refusals():
        settings = read_settings(
            environment="development",
            public_url=credentials["baseUrl"],
            development_key_file=data_dir / "development-key.pem",
        )
        key = read_development_key(settings)
        assert key is not None  # noqa: S101 - the settings name the file, and this is development
        show(development_token(settings, key, subject, at=now()))


def dev_assertion(
    client_id: Annotated[str, typer.Argument(help="A client's id, as credentials.json lists it.")],
    data_dir: DataDir = DEFAULT_DIR,
) -> None:
    """Print a signed assertion for one of the demo's systems, to send to the token endpoint within 5 minutes."""
    from uuid import uuid4

    from app.access.tokens import SigningKey

    credentials = read_credentials(data_dir)
    known = {client["clientId"]: client for client in credentials["clients"]}
    if client_id not in known:
        _unknown(client_id, list(known))
    client = known[client_id]
    issued = int(now().timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": credentials["tokenUrl"],
        "iat": issued,
        "exp": issued + ASSERTION_SECONDS,
        "jti": str(uuid4()),
    }
    pem = (data_dir / "keys" / Path(client["privateKeyFile"]).name).read_bytes()
    show(SigningKey(client["kid"], client["alg"], pem).sign(claims, typ="JWT"))


def read_credentials(data_dir: Path) -> dict[str, Any]:
    """The demo's credentials. Ends the command with exit code 1 if there are none."""
    file = data_dir / "credentials.json"
    if not file.exists():
        tell(f"{file} is not there: run `register demo` first, or name its --data-dir.")
        raise typer.Exit(FOUND_WANTING)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _unknown(name: str, known: list[str]) -> None:
    tell(f"{name} is not one of {', '.join(known)}.")
    raise typer.Exit(FOUND_WANTING)
