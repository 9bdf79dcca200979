"""The primary dies under load and its synchronous standby takes over: nothing that was acknowledged is lost."""

import os
import shutil
import time
from collections.abc import Iterator
from queue import Queue
from threading import Event
from urllib.parse import quote

import psycopg
import pytest

from app.access.keys import Pair
from app.settings import Settings
from tests.crash.conftest import Serve, fill
from tests.crash.load import LIST, STATUS, Load, TimedWriter
from tests.crash.private_postgres import PrivatePostgres
from tests.crash.writers import Acknowledged, applications_of, drained, missing
from tests.postgres_server import make_run_directory
from tests.world import NORTH_WEST_LONDON

# ``make nightly-failover`` has more of each.
WRITERS = int(os.environ.get("REGISTER_TEST_FAILOVER_WRITERS", "2"))
READERS = int(os.environ.get("REGISTER_TEST_FAILOVER_READERS", "2"))
BEFORE = int(os.environ.get("REGISTER_TEST_FAILOVER_WRITES", "10"))
RECOVERED_WITHIN_SECONDS = 10
LOOKS, BETWEEN_LOOKS = 500, 0.02


class Standby(PrivatePostgres):
    """A server that follows another until it is promoted."""

    def follow(self, primary: PrivatePostgres) -> None:
        """Copy the primary, start, and have it wait for this standby at every commit."""
        self._programs = primary.program("postgres").parent
        if self._user is not None:
            shutil.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
        source = ("-h", str(primary.directory), "-U", "postgres", "-D", str(self.data))
        self._run("pg_basebackup", *source, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{self.directory}'\n")
        self._run("pg_ctl", "start", "--wait", "-D", str(self.data), "-l", str(self.directory / "log"))
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            for _ in range(LOOKS):
                if connection.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone():
                    return
                Event().wait(BETWEEN_LOOKS)
        raise RuntimeError("the standby does not follow")

    def promote(self) -> None:
        """Be the primary from now on."""
        self._run("pg_ctl", "promote", "--wait", "-D", str(self.data))


@pytest.fixture
def servers(settings: Settings, pairs: dict[str, Pair]) -> Iterator[tuple[PrivatePostgres, Standby]]:
    primary, standby = PrivatePostgres(make_run_directory()), Standby(make_run_directory())
    primary.ensure_started()
    fill(primary.url, settings, pairs)
    standby.follow(primary)
    yield primary, standby
    standby.stop()
    primary.stop()


def test_a_promoted_standby_has_all_that_was_acknowledged_and_is_used_within_ten_seconds(
    servers: tuple[PrivatePostgres, Standby], serve: Serve
) -> None:
    (primary, standby), done = servers, Queue[Acknowledged]()
    both = quote(f"{primary.directory},{standby.directory}", safe="")
    server = serve(f"postgresql://postgres@/postgres?host={both}")
    server.start()
    server.wait_for(STATUS)
    writers = [TimedWriter(code, server.system("north-west-london"), done) for code in NORTH_WEST_LONDON[:WRITERS]]
    load = Load(server, writers, {LIST: lambda: server.http.get(LIST)})

    with load.running(READERS):
        acknowledged = [done.get(timeout=60) for _ in range(BEFORE * WRITERS)]
        primary.kill()
        standby.promote()
        promoted_at = time.monotonic()
        acknowledged += [done.get(timeout=60) for _ in range(BEFORE * WRITERS)]
        recovered = {what: load.first_good(what, promoted_at) for what in (LIST, "write")}
    for writer in writers:
        writer.finish()
    acknowledged += drained(done)

    # The figures that a long run is for.
    print({"recovered": recovered, "acknowledged": len(acknowledged)})  # noqa: T201
    assert max(recovered.values()) <= RECOVERED_WITHIN_SECONDS
    assert [line for line in server.log.read_text().splitlines() if "Traceback" in line] == []
    assert server.faults() == ()
    with server.database() as database:
        assert missing(database, acknowledged) == []
        assert applications_of(database) == sum(writer.created for writer in writers)
