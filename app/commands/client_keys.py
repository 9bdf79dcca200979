"""A client's key for ``register clients``: a public key from a file, or a new pair."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from app.commands.console import WRONG_USAGE, read_text, tell

KeyFile = Annotated[Path | None, typer.Option("--key", help="The public key: PEM, or a JWK with kid and alg.")]
Generate = Annotated[
    Path | None, typer.Option("--generate", help="Make a key pair, and write the private half to this new file.")
]
Algorithm = Annotated[
    Literal["RS512", "ES256", "ES384"] | None,
    typer.Option("--alg", help="The key's algorithm. If left out: the one that fits the key, or RS512 for a new pair."),
]
Kid = Annotated[str | None, typer.Option("--kid", help="The key's id. If left out: its thumbprint.")]

PUBLIC_MEMBERS = frozenset({"kty", "crv", "n", "e", "x", "y"})
OF_KIND = {("RSA", None): "RS512", ("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384"}


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to register, and the file for the private half if one was made."""

    public: Any
    private_pem: bytes = field(default=b"", repr=False)
    file: Path | None = None

    def keep(self) -> None:
        """Write the private half. Ends the command with exit code 2 if there is already such a file."""
        from app.access.keys import write_private_key

        if self.file is None:
            return
        try:
            write_private_key(self.file, self.private_pem)
        except OSError as error:
            _refuse(f"{self.file}: {error.strerror}; no key was written and nothing registered", error)


def client_key(key: Path | None, generate: Path | None, alg: Any, kid: str | None) -> NewKey:
    """The key that the options name. Ends the command with exit code 2 if they name none, or a private one."""
    if generate is not None and key is None:
        return _generated(generate, alg or "RS512", kid)
    if key is None or generate is not None:
        _refuse("Give the public key with --key, or have a pair made with --generate.")
    return _read(key, alg, kid)


def _generated(file: Path, alg: Any, kid: str | None) -> NewKey:
    from app.access.keys import generate_pair
    from app.records.clients import ClientKey

    if alg == "ES384":
        _refuse("A pair is made for RS512 or ES256.")
    pair = generate_pair(alg)
    return NewKey(ClientKey(kid or pair.public_jwk["kid"], alg, _bare(pair.public_jwk)), pair.private_pem, file)


def _read(file: Path, alg: str | None, kid: str | None) -> NewKey:
    from app.access.keys import thumbprint
    from app.records.clients import ClientKey

    try:
        jwk = _public_jwk(read_text(file))
        named = alg or jwk.get("alg") or OF_KIND.get((jwk["kty"], jwk.get("crv")), "RS512")
        return NewKey(ClientKey(kid or jwk.get("kid") or thumbprint(jwk), named, _bare(jwk)))
    except KeyError as error:
        _refuse(f"{file}: the key lacks the member {error}", error)
    except ValueError as error:
        _refuse(f"{file}: {error}", error)


def _public_jwk(text: str) -> dict[str, str]:
    """The key in a file, PEM or JWK. Raises ValueError, also for a private key, because that stays with its owner."""
    from app.access.keys import public_jwk

    is_jwk = text.lstrip().startswith("{")
    jwk: dict[str, str] = json.loads(text) if is_jwk else public_jwk(text.encode())
    if "d" in jwk or "PRIVATE KEY" in text:
        raise ValueError("holds a private key, which stays with its owner: give the public half")
    return jwk


def _bare(jwk: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in jwk.items() if name in PUBLIC_MEMBERS}


def _refuse(text: str, cause: Exception | None = None) -> NoReturn:
    tell(text)
    raise typer.Exit(WRONG_USAGE) from cause
