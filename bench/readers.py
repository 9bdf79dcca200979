"""How many readers should be worked for at once: what an answer costs with 16 readers, by the number of places.

``python -m bench.readers [ROUNDS]`` interleaves the numbers and prints medians. The CPU time is that of the server's
process. ``REGISTER_DATABASE_URL`` may name a PostgreSQL that has the demo's data; its own CPU time is not counted.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bench.attacks_admission import LIST, STATISTICS, Side, send_without_pause
from bench.servers import REGISTER_PORT, cpu_of, prepared, register

NUMBERS = (1, 2, 4, 8, 16, 40)
READERS, SECONDS, SECONDS_OF_WARMING_UP = 16, 4.0, 0.5
PATHS = {"list": LIST, "one record": "/v1/approvals/10T", "statistics": STATISTICS}


class Cost(NamedTuple):
    """What the answers of one run cost."""

    milliseconds: float
    a_second: float
    refused: int


async def _read(path: str, readers: int, seconds: float) -> Counter[str]:
    met: Counter[str] = Counter()
    request = Side(REGISTER_PORT).request("GET", path)
    reading = [send_without_pause(REGISTER_PORT, request, f"127.0.0.{60 + each}", met) for each in range(readers)]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*reading), seconds)
    return met


def measure(directory: Path, number: int) -> dict[str, Cost]:
    """The costs by what is read, with so many places."""
    found = {}
    with register(directory, REGISTER_LIMIT_PUBLIC_READS=str(number)) as server:
        for what, path in PATHS.items():
            asyncio.run(_read(path, 1, SECONDS_OF_WARMING_UP))
            before = cpu_of(server.pid)
            met = asyncio.run(_read(path, READERS, SECONDS))
            used = cpu_of(server.pid) - before
            found[what] = Cost(1000 * used / max(1, met["200"]), met["200"] / SECONDS, met["503"])
    return found


def main(rounds: int) -> None:
    """Print the table."""
    directory = prepared(Path(os.environ.get("BENCH_DIRECTORY") or tempfile.mkdtemp()))
    found = [{number: measure(directory, number) for number in NUMBERS} for _ in range(rounds)]
    for what in PATHS:
        for number in NUMBERS:
            runs = zip(*(run[number][what] for run in found), strict=True)
            cpu, rate, refused = map(statistics.median, runs)
            sys.stdout.write(
                f"{what:10} {number:2} places: {cpu:5.1f} CPU ms each, {rate:5.1f} a second, {refused:.0f} refused\n"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
