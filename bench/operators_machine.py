"""A machine for an operator in one directory: PostgreSQL, nginx, an issuer over TLS, and what stands in for systemd.

Everything listens on 127.0.0.1 only, and whatever was started here is ended by its process.
"""

import configparser
import http.client
import ipaddress
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.postgres_server import PostgresServer, make_run_directory

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs/deploy"
NGINX_PORT, REGISTER_PORT, POSTGRES_PORT, ISSUER_PORT, PACKED_PORT = 8330, 8331, 8332, 8333, 8334
HOST = "127.0.0.1"
OWNER, SERVICE, PASSWORD = "owner", "register_service", "made-up-for-the-day"
SECONDS_TO_START, SECONDS_TO_END, SECONDS_FOR_A_COMMAND, BETWEEN_LOOKS = 30, 20, 120, 0.1
DAY = timedelta(days=1)

# All that is changed in what the documents say: where it is, never what is done.
PLACES = {
    "/opt/register": "{directory}/opt/register",
    "/etc/register": "{directory}/etc/register",
    "/etc/nginx": "{directory}/etc/nginx",
    "/var/lib/register": "{directory}/var/lib/register",
    "https://register.example": f"https://{HOST}:{NGINX_PORT}",
    "server_name register.example": f"server_name {HOST}",
    "https://login.example": f"https://{HOST}:{ISSUER_PORT}",
    "127.0.0.1:8000": f"{HOST}:{REGISTER_PORT}",
    "--port 8000": f"--port {REGISTER_PORT}",
    "listen 443": f"listen {HOST}:{NGINX_PORT}",
    "PASSWORD@127.0.0.1/register": f"{PASSWORD}@{HOST}:{POSTGRES_PORT}/register",
}
# What nginx's own file says around the one that is included; the temporary files go where this user may write.
AROUND = """
daemon off; pid {directory}/nginx.pid; error_log {directory}/nginx.log; events {{ }}
http {{
    access_log off; types {{ }} default_type application/octet-stream;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    {included}
}}
"""
# The same proxy once more, as many have it: it packs what it hands on, which makes the tags weak.
PACKING = {
    "approvals_register": "packed",
    f"listen {HOST}:{NGINX_PORT}": f"listen {HOST}:{PACKED_PORT}",
    "gzip off;": "gzip on; gzip_types *; gzip_proxied any;",
}


class Wrong(Exception):
    """Something did not come out as the document says."""


class Postgres(PostgresServer):
    """PostgreSQL that also listens on the loopback, where the service's login is asked for its password."""

    def _make_data(self) -> None:
        super()._make_data()
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"listen_addresses = '{HOST}'\nport = {POSTGRES_PORT}\n")
        rules = self.data / "pg_hba.conf"
        rules.write_text(f"host register {SERVICE} {HOST}/32 scram-sha-256\n{rules.read_text()}")


@dataclass
class Machine:
    """One directory in the place of a machine's root."""

    directory: Path
    programs: Path
    nginx: str
    service: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def state(self) -> Path:
        """Where the service's user is at home."""
        return self.directory / "var/lib/register"

    def placed(self, written: str, places: dict[str, str] = PLACES) -> str:
        """What a document says, as it is on this machine."""
        pattern = "|".join(re.escape(each) for each in sorted(places, key=len, reverse=True))
        return re.sub(pattern, lambda found: places[found.group()].format(directory=self.directory), written)

    def put(self, name: str, path: str, more: str = "") -> None:
        """Put a file of `docs/deploy` where it belongs."""
        target = Path(self.placed(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(self.placed((DEPLOY / name).read_text("utf-8") + more), "utf-8")

    def environment(self, **variables: str) -> dict[str, str]:
        """What a new shell has: the installed register first on the path, no setting, and libpq's way to the server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTER_", "PYTHON"))}
        path = (self.placed("/opt/register/bin"), str(self.directory / "bin"), str(self.programs), kept["PATH"])
        server = {"PGHOST": str(self.directory / "postgres"), "PGPORT": str(POSTGRES_PORT), "PGUSER": OWNER}
        return {**kept, **server, "PATH": os.pathsep.join(path), **variables}

    def systemctl(self, action: str) -> None:
        """What systemd would do with the unit that was put in its place."""
        if action in {"stop", "restart"}:
            self.stop()
        if action in {"start", "restart", "enable --now"}:
            unit = configparser.ConfigParser(interpolation=None)
            unit.read(self.directory / "etc/systemd/system/approvals-register.service")
            told = unit["Service"]
            self._start(told["ExecStart"], told["EnvironmentFile"])

    def _start(self, command: str, settings: str) -> None:
        with (self.directory / "service.log").open("ab") as log:
            self.service = subprocess.Popen(  # noqa: S603  the unit's command
                ["/bin/sh", "-c", f"set -a; . {shlex.quote(settings)}; exec {command}"],
                cwd=self.state,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        wait_for("the register", lambda: self.service_status() == http.client.OK)

    def service_status(self) -> int:
        """How `/_status` is answered. 0 if it is not."""
        asked = http.client.HTTPConnection(HOST, REGISTER_PORT, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            asked.request("GET", "/_status")
            return asked.getresponse().status
        return 0

    def stop(self) -> None:
        """SIGTERM to the service; it has the seconds that the unit gives it."""
        if self.service is not None:
            ended, self.service = self.service, None
            ended.terminate()
            _wait_for_end("the register", ended)

    def write_proxy(self) -> None:
        """Write nginx's file as the document has it, and once more with packing."""
        written = self.placed((DEPLOY / "nginx.conf").read_text("utf-8"))
        included = written + self.placed(written, PACKING)
        (self.directory / "nginx.conf").write_text(AROUND.format(directory=self.directory, included=included), "utf-8")


def wait_for(what: str, is_there: Callable[[], bool]) -> None:
    """Look until something is there."""
    until = monotonic() + SECONDS_TO_START
    while not is_there():
        if monotonic() > until:
            raise Wrong(f"{what} is not there after {SECONDS_TO_START} s")
        sleep(BETWEEN_LOOKS)


def _wait_for_end(what: str, ended: subprocess.Popen[bytes]) -> None:
    try:
        ended.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        ended.kill()
        ended.wait()
        raise Wrong(f"{what} did not end within {SECONDS_TO_END} s") from None


@contextmanager
def machine(directory: Path) -> Iterator[Machine]:
    """A machine with PostgreSQL, without the register. Whatever it runs is ended at the end."""
    nginx = shutil.which("nginx")
    if nginx is None:
        sys.exit("nginx is not on the PATH: install it.")
    server = Postgres(make_run_directory())
    made = Machine(directory, server.directory, nginx)
    with ExitStack() as running:
        running.callback(server.stop)
        running.callback(made.stop)
        server.ensure_started()
        made.programs = server.program("psql").parent
        (directory / "postgres").symlink_to(server.directory)
        (directory / "bin").mkdir()
        (directory / "bin/python").symlink_to(Path(sys.executable).resolve())
        made.state.mkdir(parents=True, mode=0o700)
        _certify(directory)
        _as_superuser(made, "createuser", "--createdb", "--createrole", OWNER)
        yield made


def _as_superuser(made: Machine, *command: str) -> None:
    subprocess.run(command, env=made.environment(PGUSER="postgres"), check=True, timeout=SECONDS_FOR_A_COMMAND)  # noqa: S603


@contextmanager
def proxy(made: Machine) -> Iterator[None]:
    """Run nginx before the service."""
    made.write_proxy()
    started = subprocess.Popen([made.nginx, "-p", str(made.directory), "-c", str(made.directory / "nginx.conf")])  # noqa: S603
    try:
        wait_for("nginx", (made.directory / "nginx.pid").exists)
        yield
    finally:
        started.terminate()
        _wait_for_end("nginx", started)


@contextmanager
def issuer(made: Machine, key: dict[str, str]) -> Iterator[None]:
    """Serve a key set over TLS, as people's issuer does."""
    body = json.dumps({"keys": [key]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(http.client.OK)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer((HOST, ISSUER_PORT), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.placed("/etc/nginx/register.pem"), made.placed("/etc/nginx/register-key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certify(directory: Path) -> None:
    """An authority of this day's own, and a certificate of its for whatever is at 127.0.0.1."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    key = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, content in {
        "etc/register/ca.pem": _signed(authority, authority, x509.BasicConstraints(ca=True, path_length=0)),
        "etc/nginx/register.pem": _signed(server, authority, here),
        "etc/nginx/register-key.pem": key,
    }.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)


def _signed(
    key: ec.EllipticCurvePrivateKey, authority: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
) -> bytes:
    is_authority = key is authority
    name, by = ([x509.NameAttribute(NameOID.COMMON_NAME, each)] for each in (str(is_authority), "True"))
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(x509.Name(by), x509.Name(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(extension, critical=is_authority)
        .sign(authority, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
