"""Who may be worked for now: so many requests of each kind at once, shared fairly between those who ask.

This is the policy alone. It knows no sockets, no threads and no clock: instants are arguments, in seconds of any steady
clock. A request has a *place* while its answer is made. The others wait, each behind its *sharer*: a client that has
proved itself, or else an address. Whoever has had the least of the register's time comes next, so one sharer that asks
a thousand times, or asks for the dearest answers, delays itself and nobody else.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

READ_SECONDS = 0.5
WRITE_SECONDS = 5.0
USUAL_SECONDS = 0.05
SHARERS_REMEMBERED = 1024
TOKENS_REMEMBERED = 4096
_WEIGHT_OF_NEWEST = 0.05
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Kind(StrEnum):
    """What a request costs, as far as its head tells."""

    HEALTH = "health"
    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    WRITE = "write"
    LOGIN = "login"


def do_nothing() -> None:
    """What the owner of a ticket does that waits for nothing."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One request that asks for a place. ``patience`` says for how many seconds it may wait for one.

    ``begin`` is what its owner does once it has waited and has a place. ``caller`` is known once its token is proved.
    """

    kind: Kind
    sharer: str
    patience: float
    token: bytes | None = None
    begin: Callable[[], None] = do_nothing
    caller: str | None = None
    asked_at: float = 0.0
    entered_at: float = 0.0

    def prove(self, caller: str, authorization: str | None = None) -> None:
        """Its token is good, or it has been given one: whoever sends that is this caller."""
        self.caller = caller
        if authorization is not None:
            self.token = sha256(authorization.encode("latin-1")).digest()

    def patience_left(self, now: float) -> float:
        """For how many seconds it may still wait for anything."""
        return max(0.0, self.asked_at + self.patience - now)


class Queue:
    """The places of one kind, and the requests that wait for one."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: dict[str, deque[Ticket]] = {}
        self._held: Counter[str] = Counter()
        # How much of the time of the places each sharer has had. Nobody can save up: whoever comes now starts at the
        # level of whoever was served last.
        self._had: dict[str, float] = {}
        self._level = 0.0
        self._usual = USUAL_SECONDS

    def enter(self, ticket: Ticket, now: float) -> bool:
        """Take a place for it, or let it wait. Returns whether it has a place."""
        if ticket.sharer not in self._waiting and self._has_place_for(ticket.sharer):
            self._take(ticket, now)
            return True
        self._waiting.setdefault(ticket.sharer, deque()).append(ticket)
        return False

    def leave(self, ticket: Ticket, now: float) -> list[Ticket]:
        """Give its place back. Returns those that have a place now."""
        took = now - ticket.entered_at
        self._had[ticket.sharer] += took - self._usual
        self._usual += _WEIGHT_OF_NEWEST * (took - self._usual)
        self._held[ticket.sharer] -= 1
        if not self._held[ticket.sharer]:
            del self._held[ticket.sharer]
        return self._let_in(now)

    def withdraw(self, ticket: Ticket) -> None:
        """Stop waiting."""
        queue = self._waiting[ticket.sharer]
        queue.remove(ticket)
        if not queue:
            del self._waiting[ticket.sharer]

    def _has_place_for(self, sharer: str) -> bool:
        """Whether more places are free than this sharer has: so there is always one for whoever has none."""
        return self._places - self._held.total() > self._held[sharer]

    def _let_in(self, now: float) -> list[Ticket]:
        entered = []
        while (sharer := self._next()) is not None:
            ticket = self._waiting[sharer][0]
            self.withdraw(ticket)
            self._take(ticket, now)
            entered.append(ticket)
        self._forget()
        return entered

    def _next(self) -> str | None:
        possible = (sharer for sharer in self._waiting if self._has_place_for(sharer))
        return min(possible, key=lambda sharer: self._had.get(sharer, 0.0), default=None)

    def _take(self, ticket: Ticket, now: float) -> None:
        """What it will cost is not known yet, so the usual is reckoned at once and corrected at the end."""
        ticket.entered_at = now
        self._held[ticket.sharer] += 1
        self._level = max(self._level, self._had.get(ticket.sharer, 0.0))
        self._had[ticket.sharer] = self._level + self._usual

    def _forget(self) -> None:
        if not self._held and not self._waiting:
            self._had.clear()
            self._level = 0.0
        elif len(self._had) > SHARERS_REMEMBERED:
            present = self._held.keys() | self._waiting.keys()
            self._had = {sharer: had for sharer, had in self._had.items() if sharer in present}


class Admission:
    """All queues of a process, and the tokens that have proved good.

    Nobody can choose to be another sharer: an address is that of the connection (or what a named proxy says), and a
    client counts as itself only with a token that the register has checked before. Whoever sends one for the first time
    is at the door with all who log in, and shares by address.
    """

    def __init__(
        self, places: Mapping[Kind, int], *, read_seconds: float = READ_SECONDS, write_seconds: float = WRITE_SECONDS
    ) -> None:
        self._read_seconds, self._write_seconds = read_seconds, write_seconds
        self._queues = {kind: Queue(number) for kind, number in places.items()}
        self._proved: OrderedDict[bytes, str] = OrderedDict()
        self.refused: Counter[tuple[str, str]] = Counter()
        """How many were refused since the last line in the log, by kind and sharer."""

    def ticket(self, method: str, path: str, authorization: bytes | None, address: str) -> Ticket:
        """The ticket of a request, from its head alone."""
        patience = self._read_seconds if method in READS else self._write_seconds
        if path in {"/_ping", "/_status"}:
            return Ticket(Kind.HEALTH, address, self._write_seconds)
        if path == "/oauth2/token" and method == "POST":
            return Ticket(Kind.LOGIN, address, patience)
        if authorization is None:
            return Ticket(Kind.PUBLIC, address, self._read_seconds)
        token = sha256(authorization).digest()
        caller = self._proved.get(token)
        if caller is None:
            return Ticket(Kind.LOGIN, address, patience, token)
        self._proved.move_to_end(token)
        return Ticket(Kind.SIGNED_IN if method in READS else Kind.WRITE, caller, patience, token)

    def enter(self, ticket: Ticket, now: float) -> bool:
        """Take a place for it, or let it wait. Returns whether it has a place."""
        ticket.asked_at = now
        return self._queues[ticket.kind].enter(ticket, now)

    def withdraw(self, ticket: Ticket) -> None:
        """Stop waiting."""
        self._queues[ticket.kind].withdraw(ticket)

    def leave(self, ticket: Ticket, status: int | None, now: float) -> list[Ticket]:
        """Give its place back, answered with this status. Returns those that have a place now."""
        self._remember(ticket, status)
        return self._queues[ticket.kind].leave(ticket, now)

    def _remember(self, ticket: Ticket, status: int | None) -> None:
        if ticket.token is None:
            return
        if ticket.caller is not None:
            self._proved[ticket.token] = ticket.caller
            if len(self._proved) > TOKENS_REMEMBERED:
                self._proved.popitem(last=False)
        elif status == 401:  # noqa: PLR2004 — it is good no longer
            self._proved.pop(ticket.token, None)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The address, or the network of an IPv6 address: who has one of its addresses has them all (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
