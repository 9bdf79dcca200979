"""The pot: the open connections of one process, and which of them are given up if there are too many.

A connection is in one of three states. It *works* while the register makes an answer for it, it is *unfinished* while
it waits for its caller (a request still arrives, or an answer is not read), and otherwise it is *idle*. If the pot is
full, an idle connection goes first, then an unfinished one; of either kind the oldest one of the address that has most.
One that works never goes. Proxies that the settings name are exempt, since they bring the requests of many.

The kernel gives the lowest descriptor that is free. So a new connection with a high one tells that descriptors are
nearly used up, before ``accept`` fails; what is left is for the database.
"""

import ipaddress
import resource
from asyncio import AbstractEventLoop, TimerHandle
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Protocol

import structlog

CONNECTIONS_LIMIT = 1024
# Files and connections of the database, with those of the past, and of the log.
DESCRIPTORS_FOR_OTHERS = 256
# From here on a new connection costs an old one.
DESCRIPTORS_IN_RESERVE = 64
UNREAD_SECONDS = 10.0
SECONDS_BETWEEN_LINES = 60.0
_IPV6_SUBSCRIBER = 64
_log = structlog.get_logger("connections")


class Member(Protocol):
    """What the pot knows about a connection."""

    loop: AbstractEventLoop
    address: str
    shelf: "Shelf | None"

    def descriptor(self) -> int:
        """The number of its file descriptor."""

    def has_news(self) -> bool:
        """Whether bytes of the caller have come that nobody has read yet."""

    def drop(self) -> None:
        """End it at once."""

    def drop_if_unread(self, at: float, limit: float) -> None:
        """End it if its caller has read nothing of what waits for it for ``limit`` seconds."""


class Shelf:
    """Connections in one state by address, each address's in the order in which they came into that state."""

    def __init__(self) -> None:
        self._by_address: defaultdict[str, dict[Member, None]] = defaultdict(dict)

    def put(self, member: Member) -> None:
        """Add it as the newest one. Who is exempt has no address, and stands on no shelf."""
        if member.address:
            self._by_address[member.address][member] = None

    def take(self, member: Member) -> None:
        """Remove it, if it is there."""
        members = self._by_address.get(member.address)
        if members is None:
            return
        members.pop(member, None)
        if not members:
            del self._by_address[member.address]

    def of_the_address_with_most(self) -> Iterator[Member]:
        """The connections of one address, the oldest first."""
        sizes = {address: len(members) for address, members in self._by_address.items()}
        return iter(self._by_address[max(sizes, key=sizes.__getitem__)] if sizes else ())


class Pot:
    """All connections of one process."""

    limit = CONNECTIONS_LIMIT
    unread_limit = UNREAD_SECONDS

    def __init__(self, proxies: str = "") -> None:
        """``proxies`` are those who are exempt: addresses and networks with commas between them."""
        self.idle, self.unfinished = Shelf(), Shelf()
        self._proxies = tuple(_networks(proxies))
        self._open: set[Member] = set()
        self._sweep: TimerHandle | None = None
        self._given_up = 0
        self._told_at: float | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, member: Member) -> None:
        """Take a new connection in, which may cost another one."""
        self._open.add(member)
        self.move(member, self.unfinished)
        is_last = member.descriptor() >= self._last_descriptor
        if is_last or len(self._open) > self.room:
            # Proxies may go beyond the limit, but not beyond the descriptors.
            victim = self._next_to_go() or (member if is_last else None)
            if victim is not None:
                victim.drop()
                self._tell(member.loop.time())
        if self._sweep is None:
            self._sweep_later(member.loop)

    def remove(self, member: Member) -> None:
        """Forget a connection that has ended."""
        self.move(member, None)
        self._open.discard(member)

    def move(self, member: Member, shelf: Shelf | None) -> None:
        """Put a connection on a shelf, or on none while it works."""
        if member.shelf is shelf or member not in self._open:
            return
        if member.shelf is not None:
            member.shelf.take(member)
        member.shelf = shelf
        if shelf is not None:
            shelf.put(member)

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

    def _next_to_go(self) -> Member | None:
        idle = self.idle.of_the_address_with_most()
        # A request that has come already is not lost for the sake of another.
        found = next((each for each in idle if not each.has_news()), None)
        return found or next(self.unfinished.of_the_address_with_most(), None)

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
