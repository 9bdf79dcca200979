"""Which connections are given up if there are too many."""

import asyncio
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import structlog

from app.connections.pot import (
    CONNECTIONS_LIMIT,
    DESCRIPTORS_FOR_OTHERS,
    DESCRIPTORS_IN_RESERVE,
    Pot,
    State,
    descriptors,
    raise_descriptors,
)

IDLE, UNFINISHED, WORKING = State.IDLE, State.UNFINISHED, State.WORKING
PROXIES = "192.0.2.1, 198.51.100.0/24, 2001:db8::1"


class SmallPot(Pot):
    limit = 3
    rest = 0.0


class RestlessPot(SmallPot):
    """Here a connection that was in use a moment ago is not idle yet."""

    rest = 1000.0


class Held:
    """A connection that remembers whether it was dropped."""

    state = State.WORKING

    def __init__(self, pot: Pot, host: str | None, *, number: int, has_news: bool) -> None:
        self.loop, self.pot, self.address = asyncio.get_running_loop(), pot, pot.address_of(host)
        self.number, self.news = number, has_news
        self.is_dropped = False

    def descriptor(self) -> int:
        return self.number

    def has_news(self) -> bool:
        return self.news

    def drop(self) -> None:
        self.is_dropped = True
        self.pot.remove(self)

    def drop_if_unread(self, at: float, limit: float) -> None:
        raise AssertionError(f"the pot swept too early: {at}, {limit}")


def put(pot: Pot, host: str | None, state: State = UNFINISHED, *, number: int = 3, has_news: bool = False) -> Held:
    """A new connection of an address, in a state that it has come to by now."""
    held = Held(pot, host, number=number, has_news=has_news)
    pot.add(held)
    pot.move(held, state)
    return held


def given_up(fill: Callable[[Pot], list[Held]], pot: Pot) -> list[int]:
    """Which of the connections were dropped, by their places in the list."""

    async def filled() -> list[int]:
        return [place for place, held in enumerate(fill(pot)) if held.is_dropped]

    return asyncio.run(filled())


def test_up_to_the_limit_nobody_goes() -> None:
    assert given_up(lambda pot: [put(pot, "10.0.0.1") for _ in range(3)], SmallPot()) == []


def test_an_idle_connection_goes_before_an_unfinished_one() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [put(pot, "10.0.0.1"), put(pot, "10.0.0.1"), put(pot, "10.0.0.2", IDLE), put(pot, "10.0.0.3")]

    assert given_up(fill, SmallPot()) == [2]


def test_the_connection_that_was_idle_longest_goes() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [put(pot, f"10.0.0.{number}", IDLE) for number in (1, 2, 2, 2, 3)]

    assert given_up(fill, SmallPot()) == [0, 1]


def test_the_oldest_unfinished_one_of_the_address_that_has_most_goes() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [put(pot, f"10.0.0.{number}") for number in (1, 2, 2, 3)]

    assert given_up(fill, SmallPot()) == [1]


def test_one_that_was_in_use_a_moment_ago_stays_while_others_are_unfinished() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [put(pot, "10.0.0.1", IDLE), put(pot, "10.0.0.2"), put(pot, "10.0.0.2"), put(pot, "10.0.0.3")]

    assert given_up(fill, RestlessPot()) == [1]


def test_if_all_were_in_use_a_moment_ago_one_of_the_address_that_has_most_goes() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [*(put(pot, f"10.0.0.{number}", IDLE) for number in (1, 2, 2)), put(pot, "10.0.0.3")]

    assert given_up(fill, RestlessPot()) == [1]


def test_an_idle_connection_whose_next_request_has_come_stays() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [put(pot, "10.0.0.1", IDLE, has_news=news) for news in (True, True, False, True)]

    assert given_up(fill, SmallPot()) == [2]


def test_one_that_works_never_goes_and_the_newest_has_to() -> None:
    def fill(pot: Pot) -> list[Held]:
        return [put(pot, "10.0.0.1", state) for state in (WORKING, WORKING, WORKING, UNFINISHED)]

    assert given_up(fill, SmallPot()) == [3]


@pytest.mark.parametrize("host", ["192.0.2.1", "198.51.100.77", "::ffff:192.0.2.1", "2001:db8::1", None])
def test_a_named_proxy_stays_beyond_the_limit(host: str | None) -> None:
    assert given_up(lambda pot: [put(pot, host, IDLE) for _ in range(5)], SmallPot(PROXIES)) == []


@pytest.mark.parametrize("proxies", ["*", "", "proxy.example"])
def test_a_proxy_that_is_not_named_by_its_address_is_like_others(proxies: str) -> None:
    assert given_up(lambda pot: [put(pot, "192.0.2.1", IDLE) for _ in range(5)], SmallPot(proxies)) == [0, 1]


def test_the_addresses_of_one_ipv6_subscriber_are_one() -> None:
    def fill(pot: Pot) -> list[Held]:
        hosts = ("2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:3::1")
        return [put(pot, host) for host in hosts]

    assert given_up(fill, SmallPot()) == [1]


def test_a_high_descriptor_costs_an_old_connection_and_in_the_end_itself() -> None:
    last = descriptors() - DESCRIPTORS_IN_RESERVE

    def fill(pot: Pot) -> list[Held]:
        return [put(pot, host, number=number) for host, number in (("10.0.0.1", 9), ("10.0.0.1", last), (None, last))]

    assert given_up(fill, Pot()) == [0, 1]
    assert given_up(lambda pot: [put(pot, None, number=last)], Pot()) == [0]


def test_however_many_go_the_log_has_one_line() -> None:
    with structlog.testing.capture_logs() as lines:
        given_up(lambda pot: [put(pot, "10.0.0.1") for _ in range(50)], SmallPot())

    assert lines == [{"event": "too many connections", "log_level": "warning", "open": 3, "given_up": 1}]


def test_nothing_is_kept_of_connections_that_have_ended() -> None:
    async def come_and_go() -> dict[str, object]:
        pot = Pot()
        for held in [put(pot, f"10.0.0.{number}", IDLE) for number in range(20)]:
            pot.remove(held)
        return {name: kept for name, kept in vars(pot).items() if name in {"_open", "_idle_since", "_waiting"}}

    assert asyncio.run(come_and_go()) == {"_open": set(), "_idle_since": {}, "_waiting": {}}


@contextmanager
def allowed(soft: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_fewer_connections_fit_if_there_are_few_descriptors() -> None:
    with allowed(600):
        assert Pot().room == 600 - DESCRIPTORS_FOR_OTHERS
        raise_descriptors()
        assert (descriptors(), Pot().room) == (CONNECTIONS_LIMIT + DESCRIPTORS_FOR_OTHERS, CONNECTIONS_LIMIT)
