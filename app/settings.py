"""Every environment variable, read once and checked at start, with all faults named together."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class OidcIssuer(BaseModel):
    """An OpenID Connect issuer whose access tokens people may bring (for instance Entra ID)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    jwks_uri: str
    audience: str
    algorithm: Literal["RS256", "RS384", "RS512", "ES256", "ES384"] = "RS256"
    types: frozenset[str] = frozenset({"at+jwt", "jwt"})


class InvalidSettings(Exception):
    """The environment does not make usable settings; ``faults`` names everything that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """The register's settings: environment variables with the prefix ``REGISTER_``."""

    model_config = SettingsConfigDict(env_prefix="REGISTER_", frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "development"
    database_url: str = "sqlite:///var/register.db"
    public_url: str = "http://127.0.0.1:8000"
    allowed_hosts: frozenset[str] = Field(default=frozenset(), description="beside the host of the public URL")
    oidc_issuers: tuple[OidcIssuer, ...] = ()
    token_key_file: Path | None = Field(default=None, description="PEM, RSA, signs the register's access tokens")
    development_key_file: Path | None = Field(default=None, description="PEM, RSA; makes the development issuer")
    forwarded_allow_ips: str = Field(default="127.0.0.1", description="proxies whose forwarding headers count")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("public_url")
    @classmethod
    def _is_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http or https URL without query or fragment")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        if value.removeprefix("sqlite:///") in {"", ":memory:"}:
            raise ValueError("an in-memory database would forget the register: name a file")
        return value

    @model_validator(mode="after")
    def _fits_production(self) -> Self:
        if self.environment != "production":
            return self
        faults = []
        if not self.public_url.startswith("https://"):
            faults.append("REGISTER_PUBLIC_URL must be https in production")
        faults += [
            f"REGISTER_OIDC_ISSUERS: {url} must be https in production"
            for issuer in self.oidc_issuers
            for url in (issuer.issuer, issuer.jwks_uri)
            if not url.startswith("https://")
        ]
        if self.development_key_file is not None:
            faults.append("REGISTER_DEVELOPMENT_KEY_FILE: the development issuer does not run in production")
        if self.token_key_file is None:
            faults.append("REGISTER_TOKEN_KEY_FILE must be set in production")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @cached_property
    def token_url(self) -> str:
        """Where clients get their tokens; also an audience their assertions may name."""
        return f"{self.public_url}/oauth2/token"

    @property
    def development_issuer(self) -> str:
        """The name of the issuer that ``register dev-token`` speaks for: the same at every address."""
        return "urn:approvals-register:development-issuer"

    @cached_property
    def host_names(self) -> frozenset[str]:
        """The host names that a request may name."""
        return self.allowed_hosts | {urlsplit(self.public_url).hostname or ""}


def read_settings() -> Settings:
    """Read the environment. Raises InvalidSettings that names every fault."""
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings([_fault(each["loc"], each["msg"]) for each in error.errors()]) from error


def _fault(place: tuple[int | str, ...], message: str) -> str:
    name = f"REGISTER_{str(place[0]).upper()}: " if place else ""
    return name + message.removeprefix("Value error, ")
