"""All environment variables, read and checked once at the start. Every fault is reported at once."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _as_json(value: Any) -> Any:
    """The value of a variable that holds JSON. Whatever is not text stays as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be JSON") from None


def _as_seconds(value: Any) -> Any:
    """A length of time that a variable gives in seconds. Whatever is not text stays as it is."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        raise ValueError("must be a number of seconds from 0 to 60") from None


PREFIX = "REGISTER_"
# Variables of a test run, which no register reads.
OF_TESTS = "TEST_"

S = TypeVar("S", bound="DatabaseSettings")

FromJson = (NoDecode, BeforeValidator(_as_json))


class OidcIssuer(BaseModel):
    """An OpenID Connect issuer whose access tokens the register accepts from people (for instance Entra ID)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    jwks_uri: str
    audience: str
    algorithm: Literal["RS256", "RS384", "RS512", "ES256", "ES384"] = "RS256"
    types: frozenset[str] = frozenset({"at+jwt", "jwt"})


class InvalidSettings(Exception):
    """The environment does not give usable settings. ``faults`` names everything that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class DatabaseSettings(BaseSettings):
    """What is needed to reach the database: enough for whoever keeps its schema."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    # First, because the checks of the others depend on it.
    environment: Literal["development", "production"] = "development"
    database_url: str = "sqlite:///var/register.db"
    clock_tolerance: Annotated[timedelta, BeforeValidator(_as_seconds)] = Field(
        default=timedelta(seconds=5), ge=timedelta(0), le=timedelta(minutes=1), description="seconds of a clock ahead"
    )

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        if value.removeprefix("sqlite:///") in {"", ":memory:"}:
            raise ValueError("an in-memory database would forget the register: name a file")
        return value


class Settings(DatabaseSettings):
    """The register's settings: environment variables with the prefix ``REGISTER_``."""

    public_url: str = "http://127.0.0.1:8000"
    allowed_hosts: Annotated[frozenset[str], *FromJson] = Field(
        default=frozenset(), description="beside the host of the public URL"
    )
    oidc_issuers: Annotated[tuple[OidcIssuer, ...], *FromJson] = ()
    ca_file: Path | None = Field(default=None, description="PEM, a private authority for the issuers' certificates")
    token_key_file: Path | None = Field(default=None, description="PEM, RSA, signs the register's access tokens")
    development_key_file: Path | None = Field(default=None, description="PEM, RSA; makes the development issuer")
    log_key_file: Path | None = Field(default=None, description="C2SP note keys, sign the log's checkpoints")
    forwarded_allow_ips: str = Field(default="127.0.0.1", description="proxies whose forwarding headers count")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    limit_public_reads: int = Field(default=2, ge=1, description="public reads worked on at once, in each process")
    limit_signed_in_reads: int = Field(default=2, ge=1, description="the same for reads with a token")
    limit_writes: int = Field(default=4, ge=1, description="the same for writes")
    limit_logins: int = Field(default=4, ge=1, description="the same for the token endpoint and tokens not seen before")
    limit_client_requests: int = Field(default=6000, ge=1, description="requests of one client or person in a minute")
    limit_token_requests: int = Field(default=1200, ge=1, description="token requests from one address in a minute")
    limit_unknown_writes: int = Field(default=600, ge=1, description="writes of unknown callers from one address")

    @field_validator("public_url")
    @classmethod
    def _is_base_url(cls, value: str, info: ValidationInfo) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http or https URL without query or fragment")
        if _is_production(info) and parts.scheme != "https":
            raise ValueError("must be https in production")
        return value.rstrip("/")

    @field_validator("forwarded_allow_ips")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        """An empty text names nobody. The server would take any other text for a name, and then trust nobody."""
        if wrong := [each for each in value.split(",") if value not in {"", "*"} and not _is_network(each.strip())]:
            raise ValueError(f"{', '.join(wrong)}: must be addresses or networks with commas between them, or *")
        return value

    @field_validator("oidc_issuers")
    @classmethod
    def _are_safe(cls, value: tuple[OidcIssuer, ...], info: ValidationInfo) -> tuple[OidcIssuer, ...]:
        addresses = [address for each in value for address in (each.issuer, each.jwks_uri)]
        unsafe = [address for address in addresses if not address.startswith("https://")]
        if _is_production(info) and unsafe:
            raise ValueError(f"{', '.join(unsafe)} must be https in production")
        return value

    @field_validator("token_key_file", "log_key_file")
    @classmethod
    def _is_set_in_production(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if _is_production(info) and value is None:
            raise ValueError("must be set in production")
        return value

    @field_validator("development_key_file")
    @classmethod
    def _is_not_set_in_production(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if _is_production(info) and value is not None:
            raise ValueError("the development issuer does not run in production")
        return value

    @cached_property
    def token_url(self) -> str:
        """Where clients get their tokens. Their assertions may also name it as their audience."""
        return f"{self.public_url}/oauth2/token"

    @property
    def development_issuer(self) -> str:
        """The name of the issuer that ``register dev-token`` uses. It is the same at every address."""
        return "urn:approvals-register:development-issuer"

    @property
    def issuers(self) -> frozenset[str]:
        """The names of the issuers with whose tokens people can sign in."""
        own = {self.development_issuer} if self.development_key_file else set[str]()
        return frozenset(own | {each.issuer for each in self.oidc_issuers})

    @cached_property
    def host_names(self) -> frozenset[str]:
        """The host names that a request may name."""
        return self.allowed_hosts | {urlsplit(self.public_url).hostname or ""}


def read_settings(**given: Any) -> Settings:
    """Read the environment. Values in ``given`` take precedence. Raises InvalidSettings with every fault."""
    return _read(Settings, given)


def read_database_settings() -> DatabaseSettings:
    """Read what the environment says of the database, and no other value. Raises InvalidSettings."""
    return _read(DatabaseSettings, {})


def _read(kind: type[S], given: dict[str, Any]) -> S:
    faults = list(_unknown_names())
    try:
        settings = kind(**given)
    except ValidationError as error:
        raise InvalidSettings([*faults, *(_fault(each["loc"], each["msg"]) for each in error.errors())]) from error
    if faults:
        raise InvalidSettings(faults)
    return settings


def _unknown_names() -> Iterator[str]:
    """A variable that names no setting is a mistake: what was meant stays unset, and nobody notices."""
    known = {name.upper() for name in Settings.model_fields}
    given = {name.upper().removeprefix(PREFIX) for name in os.environ if name.upper().startswith(PREFIX)}
    for name in sorted(each for each in given - known if not each.startswith(OF_TESTS)):
        near = get_close_matches(name, sorted(known), 1)
        yield f"{PREFIX}{name}: there is no such setting{f'; did you mean {PREFIX}{near[0]}?' if near else ''}"


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_production(info: ValidationInfo) -> bool:
    return info.data.get("environment") == "production"


def _fault(place: tuple[int | str, ...], message: str) -> str:
    variable, *within = map(str, place)
    where = f"/{'/'.join(within)} " if within else ""
    return f"{PREFIX}{variable.upper()}: {where}{message.removeprefix('Value error, ')}"
