"""Turns: threads get the one writer's place in the order in which they came."""

from collections import deque
from threading import Event, Lock


class Turns:
    """A lock that is handed on first come, first served.

    With ``threading.Lock`` and ``Semaphore`` the thread that releases can take the place again before those that wait.
    Of eight threads that write without a pause, one then does nearly all the work.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Event] = deque()
        self._is_taken = False

    def acquire(self, timeout: float) -> bool:
        """Wait for a turn, for at most ``timeout`` seconds. Returns whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            turn = Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._guard:
            # The turn may have come after the wait ended. Then it belongs to this thread all the same.
            if turn.is_set():
                return True
            self._waiting.remove(turn)
        return False

    def release(self) -> None:
        """Hand the place to the thread that has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
