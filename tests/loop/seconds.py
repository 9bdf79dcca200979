"""How long each test took when it last ran on this checkout, as pytest's cache remembers it."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

KEPT = "loop/seconds"
FILE = Path(".pytest_cache") / "v" / KEPT
POSTGRESQL = "postgresql"
# What a module of tests takes that has not run here yet.
UNKNOWN = 5.0


def remember(config: pytest.Config, took: Mapping[str, float]) -> None:
    """Keep what these tests took, and of the others what is known already."""
    cache = getattr(config, "cache", None)
    if cache is not None and took:
        cache.set(KEPT, {**cache.get(KEPT, {}), **{test: round(seconds, 3) for test, seconds in took.items()}})


def of_files(root: Path) -> Mapping[str, float]:
    """The seconds of each module of tests, without what needs a PostgreSQL."""
    found: dict[str, float] = defaultdict(float)
    if (root / FILE).exists():
        for test, seconds in json.loads((root / FILE).read_text("utf-8")).items():
            if POSTGRESQL not in test:
                found[test.partition("::")[0]] += seconds
    return found
