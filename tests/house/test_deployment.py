"""What `docs/operating.md` tells an operator to install and to set works as it stands there."""

import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.access import tokens
from app.access.issuers import Keyring
from app.records import migrations
from app.settings import OidcIssuer, Settings
from tests.access.conftest import NOW, Pairs
from tests.access.conftest import pairs as pairs  # noqa: PLC0414  a fixture of another folder
from tests.crash.server import environment
from tests.house.test_documents import DOCS, ROOT, fault, text_of

DEPLOY = DOCS / "deploy"
OPERATING = text_of(DOCS / "operating.md")
HOUR = 3600
# What the two issuers put into an access token for the register (Entra ID's version 2; Keycloak 26).
CLAIMS: dict[str, dict[str, Any]] = {
    "login.microsoftonline.com": {"aud": "APPLICATION", "oid": "another", "ver": "2.0", "scp": "act"},
    "login.example": {"aud": ["register", "account"], "typ": "Bearer", "azp": "front-end", "scope": "openid"},
}


def settings_in_a_shell(file: str) -> dict[str, str]:
    """The variables that a shell has after reading a file of settings."""
    read = run("sh", "-c", f"set -a; . ./{file}; env")
    return dict(line.split("=", 1) for line in read.stdout.splitlines() if line.startswith("REGISTER_"))


def issuers() -> list[OidcIssuer]:
    """The settings of issuers that the document works out."""
    blocks = re.findall(r"```json\n(\[\{\"issuer\".*?)```", OPERATING, re.DOTALL)
    return [OidcIssuer(**each) for block in blocks for each in json.loads(block)]


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout, so that it finds only what is installed."""
    kept = {**environment(), **variables}
    return subprocess.run(command, env=kept, cwd=DEPLOY, capture_output=True, text=True, check=False)


def test_the_wheel_holds_all_that_an_installed_register_needs(tmp_path: Path) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index")
    pip = (sys.executable, "-m", "pip")
    built = run(*pip, "wheel", *quiet, "--no-build-isolation", "--wheel-dir", tmp_path, ROOT)
    [wheel] = tmp_path.glob("approvals_register-*.whl")
    installed = run(*pip, "install", *quiet, "--no-compile", "--target", tmp_path / "there", wheel)

    [organisations] = re.findall(r"python -c '(import app\.reference; [^']+)'", OPERATING)
    where = "import app; print(app.__file__); from app.commands.root import register; register(['db', 'upgrade'])"
    upgraded = run(
        *(sys.executable, "-c", f"{organisations}; {where}"),
        PYTHONPATH=str(tmp_path / "there"),
        REGISTER_DATABASE_URL=f"sqlite:///{tmp_path / 'register.db'}",
    )

    assert (built.returncode, installed.returncode, upgraded.returncode) == (0, 0, 0)
    shipped, package, revision = upgraded.stdout.split()
    assert (package, revision) == (str(tmp_path / "there/app/__init__.py"), migrations.expected_revision())
    assert (Path(shipped).parent, Path(shipped).is_file()) == (tmp_path / "there/app/reference", True)


def test_the_settings_of_production_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("REGISTER_")]:
        monkeypatch.delenv(name)
    for name, value in settings_in_a_shell("register.env").items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert (settings.environment, settings.public_url, len(settings.oidc_issuers)) == (
        "production",
        "https://register.example",
        1,
    )


def test_every_variable_that_is_set_there_is_a_setting() -> None:
    settings = {f"REGISTER_{name.upper()}" for name in Settings.model_fields}
    compose = re.findall(r"\b(REGISTER_\w+):", text_of(DEPLOY / "compose.yaml"))

    assert {*settings_in_a_shell("register.env"), *compose} - settings == set()
    assert len(compose) >= 5


def test_the_compose_file_is_one() -> None:
    checked = run(
        *(Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"),
        DEPLOY / "compose.yaml",
    )

    assert (checked.returncode, checked.stdout.strip()) == (0, "ok -- validation done")


def test_the_unit_starts_a_command_that_is_there() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text_of(DEPLOY / "approvals-register.service"))
    program, _, command = unit["Service"]["ExecStart"].partition(" ")

    assert (program, fault(command)) == ("/opt/register/bin/register", None)
    assert unit["Service"]["EnvironmentFile"] in OPERATING
    assert (
        f"{unit['Service']['WorkingDirectory']}/token-key.pem"
        == settings_in_a_shell("register.env")["REGISTER_TOKEN_KEY_FILE"]
    )


@pytest.mark.parametrize("issuer", issuers(), ids=lambda each: each.issuer)
def test_a_token_of_each_issuer_that_is_worked_out_is_taken(issuer: OidcIssuer, pairs: Pairs) -> None:
    settings = Settings(environment="development", oidc_issuers=(issuer,))
    profile = Keyring.of(settings).issuers[issuer.issuer].profile
    [own] = [claims for host, claims in CLAIMS.items() if host in issuer.issuer]
    now = int(NOW.timestamp())
    claims = {"iss": issuer.issuer, "sub": "somebody", "iat": now, "nbf": now, "exp": now + HOUR, **own}
    key = tokens.VerifyingKey(pairs.other.kid, issuer.algorithm, pairs.other.jwk)

    assert tokens.verify(pairs.other.sign(claims), lambda _: key, profile, NOW) == claims


def test_both_usual_issuers_are_worked_out() -> None:
    assert [urlsplit(each.issuer).hostname for each in issuers()] == list(CLAIMS)


def test_every_event_that_it_tells_to_watch_is_one_of_the_logs() -> None:
    [table] = re.findall(r"^\| event \| means \|\n(.*?)\n\n", OPERATING, re.MULTILINE | re.DOTALL)
    events = [event for row in table.splitlines()[1:] for event in re.findall(r"`([^`]+)`", row.split("|")[1])]
    source = "".join(room.read_text(encoding="utf-8") for room in (ROOT / "app").rglob("*.py"))

    assert len(events) >= 12
    assert [event for event in events if not re.search(rf'log\.\w+\(\s*"{event}"', source)] == []
