"""The register's own server, whose workers are forks of it: ``python -m tests.crash.forked_server PORT WORKERS``.

In life each worker is a new process that reads all code anew, which takes it seconds of work. What it does from then
on is the same: it makes an application, opens a database and ticks for itself.
"""

import multiprocessing
import sys
from typing import Any

from uvicorn import _subprocess

from app.serving import serve
from app.settings import read_settings

port, workers = map(int, sys.argv[1:])
forks: Any = multiprocessing.get_context("fork")
_subprocess.spawn = forks
serve(read_settings(), "127.0.0.1", port, workers=workers)
