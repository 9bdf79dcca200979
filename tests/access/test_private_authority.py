"""An issuer whose certificate a private authority signed: `REGISTER_CA_FILE`, over real TLS on the loopback."""

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.access.issuers import Keyring
from app.settings import InvalidSettings, Settings
from tests.access.conftest import NOW, Pairs
from tests.commands.conftest import Register
from tests.in_process import shared_loop

DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def signed(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> bytes:
    """A certificate in PEM that is valid today."""
    today = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named("Authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - DAY)
        .not_valid_after(today + DAY)
    )
    for each in extensions:
        builder = builder.add_extension(each, critical=isinstance(each, x509.BasicConstraints))
    return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    """The certificate of a new authority. Beside it lies that of a server at 127.0.0.1, with its key."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "ca.pem"
    file.write_bytes(signed("Authority", authority, authority, x509.BasicConstraints(ca=True, path_length=0)))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    key = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "server.pem").write_bytes(signed("Server", server, authority, here) + key)
    return file


@pytest.fixture
def issuer(ca_file: Path, pairs: Pairs) -> Iterator[str]:
    """The setting of an issuer that publishes its keys over TLS."""
    body = json.dumps({"keys": [{**pairs.other.jwk, "kid": pairs.other.kid, "use": "sig"}]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file.with_name("server.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"https://127.0.0.1:{server.server_port}"
    yield json.dumps([{"issuer": base, "jwks_uri": f"{base}/keys", "audience": "register"}])
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_issuer_is_trusted_by_a_private_authority(issuer: str, ca_file: Path, pairs: Pairs) -> None:
    [configured] = json.loads(issuer)
    known = Keyring.of(Settings(oidc_issuers=issuer, ca_file=ca_file))
    unknown = Keyring.of(Settings(oidc_issuers=issuer))

    found = [
        shared_loop().call(each.issuers[configured["issuer"]].find_key, pairs.other.kid, NOW)
        for each in (known, unknown)
    ]

    assert [key and key.kid for key in found] == [pairs.other.kid, None]


def test_check_reads_the_key_set_and_says_what_is_wrong_with_it(issuer: str, ca_file: Path, sqlite_url: str) -> None:
    [configured] = json.loads(issuer)
    run = Register(database_url=sqlite_url, oidc_issuers=issuer)

    known, unknown = run("check", ca_file=ca_file), run("check")

    assert (known.code, unknown.code) == (0, 1)
    assert known.lines[-1] == f"fit    issuer {configured['issuer']}: 1 for RS256 at {configured['jwks_uri']}"
    assert unknown.lines[-1].startswith(f"unfit  issuer {configured['issuer']}: {configured['jwks_uri']}: [SSL: ")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "REGISTER_CA_FILE: cannot be read (No such file or directory)"),
        ("", "REGISTER_CA_FILE: must hold certificates in PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n",
            "REGISTER_CA_FILE: must hold certificates in PEM",
        ),
    ],
)
def test_a_file_that_holds_no_certificate_is_refused_at_start(tmp_path: Path, content: str | None, fault: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)

    with pytest.raises(InvalidSettings) as invalid:
        Keyring.of(Settings(ca_file=file))

    assert invalid.value.faults == [fault]
