"""What a good client meets while others hold connections, beside the same attack on a bare ASGI answer.

``python -m bench.attacks_connections [ROUNDS] [ATTACK …]`` prints for each attack the good client's share of answers
below 400, failures of ``/_ping``, its 50th and 99th percentile (idle, attacked, on the bare server), the server's CPU
and its memory after each round. Rounds are interleaved; on a busy machine only ratios mean anything. The good client
comes from 127.0.0.50. ``BENCH_DESCRIPTORS`` gives the register so few file descriptors.
"""

import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple, cast

from bench.attacks_admission import SECONDS, SECONDS_OF_WARMING_UP, GoodClient, Met, Side
from bench.servers import BARE_PORT, REGISTER_PORT, bare_server, cpu_of, prepared, process, register, token_of
from tests.world import application

SOURCES = [f"127.0.0.{number}" for number in range(2, 22)]
SECONDS_BETWEEN_DRIPS = 1.0
SECONDS_BEFORE_TRYING_AGAIN = 0.2
MEGABYTES_OF_A_SECOND_ROUND = 10
SIDES = ("idle", "attacked", "bare")
LIST = "/v1/approvals?limit=50"


# --- the attacks: what one of so many attackers does until it is told to end ----------------------


class Held(asyncio.Protocol):
    """A connection that is not read."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read nothing."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        del exc
        if not self.lost.done():
            self.lost.set_result(None)


async def held(side: Side, source: str) -> Held:
    """A connection from an address of the loopback."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(Held, "127.0.0.1", side.port, local_addr=(source, 0))
    return protocol


async def leave_unread(side: Side, source: str, path: str, number: int) -> None:
    """Ask for so many answers at once, and read none."""
    connection = await held(side, source)
    connection.transport.write(side.request("GET", path) * number)
    await connection.lost


async def unread_lists(side: Side, source: str) -> None:
    """Ten lists."""
    await leave_unread(side, source, LIST, 10)


async def unread_openapi(side: Side, source: str) -> None:
    """Fifty descriptions of the API."""
    await leave_unread(side, source, "/openapi.json", 50)


async def drip(side: Side, source: str) -> None:
    """Send a request byte by byte, as long as the server puts up with it."""
    connection = await held(side, source)
    connection.transport.resume_reading()
    for byte in side.request("GET", LIST):
        connection.transport.write(bytes([byte]))
        done, _ = await asyncio.wait([connection.lost], timeout=SECONDS_BETWEEN_DRIPS)
        if done:
            return
    connection.transport.abort()


class Attack(NamedTuple):
    """So many attackers from some addresses, and what each does again and again."""

    number: int
    sources: list[str]
    act: Callable[[Side, str], Awaitable[None]]


ATTACKS: dict[str, Attack] = {
    "lists": Attack(300, SOURCES[:1], unread_lists),
    "openapi": Attack(500, SOURCES[:1], unread_openapi),
    "drips": Attack(1500, SOURCES, drip),
}


async def again_and_again(attack: Attack, side: Side, number: int) -> None:
    """One attacker. Whoever is put out tries again."""
    while True:
        try:
            await attack.act(side, attack.sources[number % len(attack.sources)])
        except OSError:
            await asyncio.sleep(SECONDS_BEFORE_TRYING_AGAIN)


async def attack_for(name: str, side: Side, seconds: float) -> None:
    """All attackers, for so many seconds."""
    attack = ATTACKS[name]
    attackers = [asyncio.ensure_future(again_and_again(attack, side, each)) for each in range(attack.number)]
    await asyncio.wait(attackers, timeout=seconds)
    for each in attackers:
        each.cancel()


# --- the runs -------------------------------------------------------------------------------------


class PingClient(GoodClient):
    """The good client, which also counts its probes that fail."""

    failed_pings = 0

    def _ask(self, met: Met, what: str, method: str, path: str, body: Any = None) -> None:
        before = met.statuses[200]
        super()._ask(met, what, method, path, body)
        self.failed_pings += what == "ping" and met.statuses[200] == before


def memory_of(pid: int) -> float:
    """The memory of a process, in megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def median_of(met: Met) -> float:
    """The good client's median wait."""
    return statistics.median(second for seconds in met.seconds.values() for second in seconds)


class Round(NamedTuple):
    """What one round has shown."""

    idle: Met
    attacked: Met
    bare: Met
    failed_pings: int
    cpu: float
    bare_cpu: float
    memory: float


def under(name: str, evil: Side, good: Side) -> tuple[Met, int]:
    """The good client's answers while the attack goes on, and how many of its probes failed."""
    seconds = SECONDS_OF_WARMING_UP + SECONDS + 1
    with process("bench.attacks_connections", "--attack", name, json.dumps(evil), str(seconds)) as attackers:
        sleep(SECONDS_OF_WARMING_UP)
        client = PingClient(good)
        met = client.visit(SECONDS)
        attackers.wait(seconds + 30)
    return met, client.failed_pings


def one_round(name: str, directory: Path, pid: int, bare_pid: int) -> Round:
    """Idle, attacked, and the same on the bare server."""
    good = Side(REGISTER_PORT, token_of("demo-t5601", directory), application("T5601", round_id="trial"))
    evil = Side(REGISTER_PORT)
    idle = GoodClient(good).visit(SECONDS / 2)
    before, bare_before = cpu_of(pid), cpu_of(bare_pid)
    attacked, failed = under(name, evil, good)
    cpu, memory = cpu_of(pid) - before, memory_of(pid)
    bare, _ = under(name, Side(BARE_PORT), good._replace(port=BARE_PORT))
    return Round(idle, attacked, bare, failed, cpu, cpu_of(bare_pid) - bare_before, memory)


def told(name: str, rounds: list[Round]) -> bool:
    """Print what the rounds have shown. Returns whether the good client fared well enough."""
    p99 = {
        side: statistics.median(getattr(each, side).p99() for each in rounds) for side in ("idle", "attacked", "bare")
    }
    p50 = {
        side: statistics.median(median_of(getattr(each, side)) for each in rounds)
        for side in ("idle", "attacked", "bare")
    }
    may_be, share = 3 * p99["bare"] + 10 * p99["idle"], min(each.attacked.share() for each in rounds)
    failed, memory = sum(each.failed_pings for each in rounds), [each.memory for each in rounds]
    for each in rounds:
        sys.stdout.write(f"  {name}: {each.attacked.in_words()}\n")
    sys.stdout.write(
        f"{name}: share {share:.3f}, failed pings {failed}; "
        f"p50 ms {in_milliseconds(p50)}; p99 ms {in_milliseconds(p99)}, may be {1000 * may_be:.0f}; "
        f"CPU s {statistics.median(each.cpu for each in rounds):.1f}, "
        f"bare {statistics.median(each.bare_cpu for each in rounds):.1f}; "
        f"MB after each round {', '.join(f'{each:.0f}' for each in memory)}\n"
    )
    grown = memory[1] - memory[0] if memory[1:] else 0
    return p99["attacked"] <= may_be and share >= 0.99 and not failed and grown <= MEGABYTES_OF_A_SECOND_ROUND  # noqa: PLR2004  of 100


def in_milliseconds(times: dict[str, float]) -> str:
    """For instance ``idle 3, attacked 20, bare 5``."""
    return ", ".join(f"{side} {1000 * seconds:.1f}" for side, seconds in times.items())


def main(rounds: int, names: list[str]) -> int:
    """Run the attacks that are named, or all. 1 if the good client fared too badly under one."""
    directory = prepared(Path(os.environ.get("BENCH_DIRECTORY") or tempfile.mkdtemp()))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = int(os.environ.get("BENCH_DESCRIPTORS", hard))
    with register(directory) as server, bare_server() as bare:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (min(soft, few), few))
        fared_well = [
            told(name, [one_round(name, directory, server.pid, bare.pid) for _ in range(rounds)])
            for name in names or ATTACKS
        ]
    return 0 if all(fared_well) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--attack"]:
        asyncio.run(attack_for(sys.argv[2], Side(*json.loads(sys.argv[3])), float(sys.argv[4])))
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 5, sys.argv[2:]))
