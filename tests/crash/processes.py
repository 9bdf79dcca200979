"""Processes of the register's code, each a fork of one that has read that code already.

Reading it takes a process longer than all that most tests have it do. From the fork on, a module runs as
``python -m`` would run it: with an environment, arguments and files of its own, in a session of its own.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Lock

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.crash.warm"])
WRITING = os.O_WRONLY | os.O_CREAT | os.O_APPEND
# Whoever starts a process looks at the others too, and a status can be read once: the second reader is told 255.
LOOKING = Lock()


class Process:
    """A module of the register that runs, from its start until it has ended."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], out: Path, err: Path) -> None:
        self._forked: ForkServerProcess = FORKS.Process(target=run, args=(command, environment, str(out), str(err)))
        with LOOKING:
            self._forked.start()

    @property
    def pid(self) -> int:
        assert self._forked.pid is not None
        return self._forked.pid

    def wait(self, seconds: float) -> int:
        """Its status once it has ended, negative where a signal ended it. Raises ``TimeoutExpired``."""
        wait([self._forked.sentinel], seconds)
        with LOOKING:
            status = self._forked.exitcode
        if status is None:
            raise subprocess.TimeoutExpired("python -m", seconds)
        return status


def run(command: tuple[str, ...], environment: dict[str, str], out: str, err: str) -> None:
    """What the forked process does; its exit status is the module's."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    for number, file, flags in ((0, os.devnull, os.O_RDONLY), (1, out, WRITING), (2, err, WRITING)):
        opened = os.open(file, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    # multiprocessing has put another file in its place, which processes that are started from here do not have.
    sys.stdin = os.fdopen(0, closefd=False)
    module, *arguments = command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
