"""The pot: the open connections of one process, and which of them are given up if there are too many.

A connection is in one of three states. It *works* while the register makes an answer for it, it is *unfinished* while
it waits for its caller (a request still arrives, or an answer is not read), and otherwise it is *idle*. If the pot is
full, the connection that has been idle longest goes first. If none has rested for some seconds, one of the address that
has most goes: an idle one, or else its oldest unfinished one. One that works never goes. Proxies that the settings name
are exempt, since they bring the requests of many.

The kernel gives the lowest descriptor that is free. So a new connection with a high one tells that descriptors are
nearly used up, before ``accept`` fails; what is left is for the database.
"""

import ipaddress
import resource
from asyncio import AbstractEventLoop, TimerHandle
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum, auto
from functools import cached_property
from itertools import chain, takewhile
from typing import Protocol

import structlog

CONNECTIONS_LIMIT = 1024
# Files and connections of the database, with those of the past, and of the log.
DESCRIPTORS_FOR_OTHERS = 256
# From here on a new connection costs an old one.
DESCRIPTORS_IN_RESERVE = 64
UNREAD_SECONDS = 10.0
# Who asks one thing after another is not idle in between.
REST_SECONDS = 5.0
SECONDS_BETWEEN_LINES = 60.0
_IPV6_SUBSCRIBER = 64
_log = structlog.get_logger("connections")


class State(Enum):
    """What a connection does."""

    WORKING = auto()
    UNFINISHED = auto()
    IDLE = auto()


class Member(Protocol):
    """What the pot knows about a connection. ``address`` is empty if it is exempt."""

    loop: AbstractEventLoop
    address: str
    state: State

    def descriptor(self) -> int:
        """The number of its file descriptor."""

    def has_news(self) -> bool:
        """Whether bytes of the caller have come that nobody has read yet."""

    def drop(self) -> None:
        """End it at once."""

    def drop_if_unread(self, at: float, limit: float) -> None:
        """End it if its caller has read nothing of what waits for it for ``limit`` seconds."""


class Pot:
    """All connections of one process."""

    limit = CONNECTIONS_LIMIT
    unread_limit = UNREAD_SECONDS
    rest = REST_SECONDS

    def __init__(self, proxies: str = "") -> None:
        """``proxies`` are those who are exempt: addresses and networks with commas between them."""
        self._proxies = tuple(_networks(proxies))
        self._open: set[Member] = set()
        # Both in the order in which the connections came into their state, and without those that are exempt.
        self._idle_since: dict[Member, float] = {}
        self._waiting: defaultdict[str, dict[Member, None]] = defaultdict(dict)
        self._sweep: TimerHandle | None = None
        self._given_up = 0
        self._told_at: float | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, member: Member) -> None:
        """Take a new connection in, which may cost another one."""
        self._open.add(member)
        self.move(member, State.UNFINISHED)
        is_last = member.descriptor() >= self._last_descriptor
        if is_last or len(self._open) > self.room:
            # Proxies may go beyond the limit, but not beyond the descriptors.
            at = member.loop.time()
            victim = self._next_to_go(at) or (member if is_last else None)
            if victim is not None:
                victim.drop()
                self._tell(at)
        if self._sweep is None:
            self._sweep_later(member.loop)

    def remove(self, member: Member) -> None:
        """Forget a connection that has ended."""
        self.move(member, State.WORKING)
        self._open.discard(member)

    def move(self, member: Member, state: State) -> None:
        """Tell that a connection has come into another state."""
        if member.state is state or member not in self._open:
            return
        member.state = state
        if not member.address:
            return
        self._forget(member)
        if state is not State.WORKING:
            self._waiting[member.address][member] = None
        if state is State.IDLE:
            self._idle_since[member] = member.loop.time()

    def _forget(self, member: Member) -> None:
        self._idle_since.pop(member, None)
        waiting = self._waiting[member.address]
        waiting.pop(member, None)
        if not waiting:
            del self._waiting[member.address]

    def address_of(self, host: str | None) -> str:
        """Whose connection it is: an IPv4 address, or the part of an IPv6 address that a subscriber has.

        Empty for those who are exempt: proxies, and whoever comes by a socket of this machine.
        """
        if host is None:
            return ""
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in each for each in self._proxies):
            return ""
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        return str(ipaddress.IPv6Network((int(address), _IPV6_SUBSCRIBER), strict=False).network_address)

    @cached_property
    def room(self) -> int:
        """How many connections may be open: the limit, or fewer if there are not descriptors enough."""
        return max(1, min(self.limit, descriptors() - DESCRIPTORS_FOR_OTHERS))

    @cached_property
    def _last_descriptor(self) -> int:
        return descriptors() - DESCRIPTORS_IN_RESERVE

    def _next_to_go(self, at: float) -> Member | None:
        rested = takewhile(lambda member: self._idle_since[member] <= at - self.rest, self._idle_since)
        address = max(self._waiting, key=lambda each: len(self._waiting[each]), default="")
        most = self._waiting.get(address, {})
        idle = chain(rested, (member for member in most if member.state is State.IDLE))
        # A request that has come already is not lost for the sake of another.
        silent = (member for member in idle if not member.has_news())
        return next(chain(silent, (member for member in most if member.state is State.UNFINISHED)), None)

    def _tell(self, at: float) -> None:
        """One line in the log, however many connections go."""
        self._given_up += 1
        if self._told_at is None or at - self._told_at >= SECONDS_BETWEEN_LINES:
            _log.warning("too many connections", open=len(self._open), given_up=self._given_up)
            self._told_at, self._given_up = at, 0

    def _sweep_later(self, loop: AbstractEventLoop) -> None:
        self._sweep = loop.call_later(self.unread_limit / 10, self._drop_unread, loop)

    def _drop_unread(self, loop: AbstractEventLoop) -> None:
        at = loop.time()
        for each in list(self._open):
            each.drop_if_unread(at, self.unread_limit)
        self._sweep = None
        if self._open:
            self._sweep_later(loop)


def _networks(text: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses and networks of the setting. A star, or another name, is of nobody in particular."""
    for each in text.split(","):
        with suppress(ValueError):
            yield ipaddress.ip_network(each.strip(), strict=False)


def descriptors() -> int:
    """How many file descriptors this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else CONNECTIONS_LIMIT + DESCRIPTORS_FOR_OTHERS


def raise_descriptors() -> None:
    """Ask for as many file descriptors as a full pot needs, if the process may have them."""
    wanted = CONNECTIONS_LIMIT + DESCRIPTORS_FOR_OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
