"""The answers of the commit before, as they are kept: one a line, with the question."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.nets.asking import Question

KEPT = Path(__file__).with_name("answers.jsonl.gz")


def kept() -> Iterator[tuple[Question, dict[str, Any]]]:
    """Each question with its answer."""
    for line in gzip.decompress(KEPT.read_bytes()).decode().split("\n"):
        told = json.loads(line)
        yield Question(told["path"], told["who"], told["method"], told["sent"], told["body"]), told
