"""Turns: who waits for the one writer's place gets it in the order in which they came."""

from collections import deque
from threading import Event, Lock


class Turns:
    """A lock that is handed on first come, first served.

    ``threading.Lock`` and ``Semaphore`` let whoever releases take the place again before those that wait: of
    eight threads that write without pause one then does nearly all the work.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Event] = deque()
        self._is_taken = False

    def acquire(self, timeout: float) -> bool:
        """Wait for one's turn, for at most ``timeout`` seconds; whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            turn = Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._guard:
            # It may have come between the end of the wait and here; then it is this thread's all the same.
            if turn.is_set():
                return True
            self._waiting.remove(turn)
        return False

    def release(self) -> None:
        """Hand the place on to whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
