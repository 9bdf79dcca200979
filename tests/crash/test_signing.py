"""``kill -9`` of a register that signs: it goes on with the same history, whatever it had done by then."""

import signal
from pathlib import Path

import pytest
from sqlalchemy import select

from app.access.keys import write_private_key
from app.access.log_keys import read_log_keys
from app.clockwork.signing import Signer
from app.log.notes import Checkpoint, SigningLogKey, read_checkpoint
from app.records import ledger
from app.records.changes import table_of
from app.records.log_tree import LogTree
from app.records.tables import LogCheckpoint
from tests.crash.conftest import Serve
from tests.crash.server import LOG_KEY, Server, open_round
from tests.proof import outsider

# What the kill leaves: whether the memory, and whether the database, has the checkpoint that was being made.
MOMENTS = {
    "tick-before-signing": (False, False),
    "tick-before-memory": (False, False),
    "tick-before-rows": (True, False),
    "tick-after-rows": (True, True),
}


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / LOG_KEY
    write_private_key(file, SigningLogKey.generate("register.test/log").written().encode())
    return file


def remembered(key_file: Path) -> Checkpoint:
    found = Signer.of(key_file, LogTree()).memory().signed
    assert found is not None
    return found


def kept(server: Server, key_file: Path) -> list[Checkpoint]:
    """The checkpoints in the database, as their notes say them."""
    keys, signed = read_log_keys(key_file).public, table_of(LogCheckpoint).c
    with server.database() as database, database.reading() as session:
        notes = session.connection().execute(select(signed.note).order_by(signed.number)).scalars()
        return [read_checkpoint(note, keys) for note in notes]


def publish(server: Server, round_id: str) -> int:
    """One act that is signed for the public; the size of the log with it."""
    with server.database() as database:
        open_round(database, round_id)
        with database.reading() as session:
            return ledger.head(session).size


@pytest.mark.parametrize(("moment", "left"), MOMENTS.items())
def test_a_register_that_dies_as_it_signs_goes_on_with_the_same_history(
    world_url: str, serve: Serve, key_file: Path, moment: str, left: tuple[bool, bool]
) -> None:
    server = serve(world_url)
    server.start()
    server.wait_for("/v1/log/checkpoint")
    server.kill()
    before = kept(server, key_file)
    in_hand = publish(server, "signed-at-the-kill")

    server.launch("tests.crash.dying_server", moment, str(server.port))
    assert server.wait_for_end() == -signal.SIGKILL

    memory, rows = remembered(key_file), kept(server, key_file)
    assert (memory.size == in_hand, rows[-1].size == in_hand) == left
    assert memory in rows or left == (True, False)
    last = publish(server, "signed-afterwards")
    server.start()
    server.wait_for(f"/v1/log/proofs/consistency?from={in_hand}&to={last}")
    keys = [outsider.key_of(line) for line in server.http.get("/v1/log/key").text.splitlines()]
    newest = outsider.open_checkpoint(server.http.get("/v1/log/checkpoint").text, keys)
    for older in {*rows, memory}:
        answer = server.http.get(f"/v1/log/proofs/consistency?from={older.size}&to={newest.size}").json()
        proof = [outsider.unbase64(each) for each in answer["proof"]]
        outsider.check_consistency(outsider.Checkpoint(older.origin, older.size, older.root), newest, proof)
    assert newest.size == last
    now_kept = kept(server, key_file)
    assert (now_kept[: len(before)], now_kept[: len(rows)]) == (before, rows)
    # A midnight between two of these lines adds one of its own.
    assert {in_hand, last} <= {each.size for each in now_kept}
    assert server.verify()[0] == 0
