"""Who comes next when not everybody can be worked for: the policy, by a clock of the test's own."""

from collections import Counter
from hashlib import sha256

from app.web.admission import TOKENS_REMEMBERED, Admission, Kind, Ticket

PLACES = {Kind.HEALTH: 1, Kind.PUBLIC: 4, Kind.SIGNED_IN: 2, Kind.WRITE: 2, Kind.LOGIN: 2}


def reader(address: str) -> Ticket:
    return Ticket(Kind.PUBLIC, address, 0.5)


def test_one_who_asks_alone_gets_no_more_than_half_of_the_places() -> None:
    admission = Admission(PLACES)

    entered = [admission.enter(reader("a"), 0.0) for _ in range(5)]

    assert entered == [True, True, False, False, False]


def test_there_is_a_place_for_whoever_has_none() -> None:
    admission = Admission(PLACES)
    entered = {name: [admission.enter(reader(name), 0.0) for _ in range(5)].count(True) for name in "abc"}

    assert entered == {"a": 2, "b": 1, "c": 1}


def test_whoever_has_waited_comes_when_a_place_is_free_in_the_order_of_asking() -> None:
    admission = Admission(PLACES | {Kind.PUBLIC: 1})
    first, second, third = (reader("a") for _ in range(3))
    entered = [admission.enter(each, 0.0) for each in (first, second, third)]

    assert entered == [True, False, False]
    assert admission.leave(first, 200, 0.1) == [second]
    assert admission.leave(second, 200, 0.2) == [third]
    assert admission.leave(third, 200, 0.3) == []


def test_one_who_asks_a_thousand_times_waits_behind_one_who_asks_once() -> None:
    admission = Admission(PLACES | {Kind.PUBLIC: 1})
    many = [reader("many") for _ in range(1000)]
    for each in many:
        admission.enter(each, 0.0)
    one = reader("one")
    admission.enter(one, 0.0)

    assert admission.leave(many[0], 200, 0.1) == [one]
    assert admission.leave(one, 200, 0.2) == [many[1]]


def test_places_are_shared_by_time_not_by_number() -> None:
    admission = Admission(PLACES | {Kind.PUBLIC: 1})
    served: Counter[str] = Counter()
    costs = {"dear": 0.9, "cheap": 0.1}
    now = 0.0
    place = reader("dear")
    admission.enter(place, now)
    for name in costs:
        admission.enter(reader(name), now)

    for _ in range(100):
        now += costs[place.sharer]
        served[place.sharer] += 1
        admission.enter(reader(place.sharer), now)
        [place] = admission.leave(place, 200, now)

    assert served["cheap"] > 8 * served["dear"]


def test_one_who_was_away_saves_nothing_up() -> None:
    admission = Admission(PLACES | {Kind.PUBLIC: 1})
    now, place = 0.0, reader("always")
    admission.enter(place, now)
    for _ in range(50):
        following = reader("always")
        admission.enter(following, now)
        now += 0.1
        [place] = admission.leave(place, 200, now)
    for _ in range(20):
        admission.enter(reader("back"), now)
        admission.enter(reader("always"), now)

    served: Counter[str] = Counter()
    for _ in range(20):
        now += 0.1
        [place] = admission.leave(place, 200, now)
        served[place.sharer] += 1

    assert set(served.values()) <= {9, 10, 11}


def test_one_that_stops_waiting_is_passed_over() -> None:
    admission = Admission(PLACES | {Kind.PUBLIC: 1})
    first, gone, last = (reader(name) for name in "abc")
    for each in (first, gone, last):
        admission.enter(each, 0.0)
    admission.withdraw(gone)

    assert admission.leave(first, 200, 0.1) == [last]


def test_kinds_do_not_wait_for_each_other() -> None:
    admission = Admission(dict.fromkeys(Kind, 1))

    entered = [admission.enter(Ticket(kind, "a", 0.5), 0.0) for kind in Kind]

    assert entered == [True] * len(Kind)


# --- what kind a request is, and who shares ------------------------------------------------------


def told(ticket: Ticket) -> tuple[Kind, str, float]:
    return ticket.kind, ticket.sharer, ticket.patience


def test_the_head_of_a_request_tells_its_kind() -> None:
    admission = Admission(PLACES)
    asked = {
        "ping": admission.ticket("GET", "/_ping", None, "a"),
        "status with a token": admission.ticket("HEAD", "/_status", b"Bearer x", "a"),
        "public": admission.ticket("GET", "/v1/approvals", None, "a"),
        "a write without a token": admission.ticket("POST", "/v1/applications", None, "a"),
        "token": admission.ticket("POST", "/oauth2/token", None, "a"),
        "a read with a token not seen before": admission.ticket("GET", "/v1/queue", b"Bearer x", "a"),
        "a write with one": admission.ticket("POST", "/v1/applications", b"Bearer x", "a"),
    }

    assert {what: told(ticket) for what, ticket in asked.items()} == {
        "ping": (Kind.HEALTH, "a", 5.0),
        "status with a token": (Kind.HEALTH, "a", 5.0),
        "public": (Kind.PUBLIC, "a", 0.5),
        "a write without a token": (Kind.PUBLIC, "a", 0.5),
        "token": (Kind.LOGIN, "a", 5.0),
        "a read with a token not seen before": (Kind.LOGIN, "a", 0.5),
        "a write with one": (Kind.LOGIN, "a", 5.0),
    }


def prove(admission: Admission, authorization: bytes, caller: str) -> None:
    """One request with this token, which the register found good."""
    ticket = admission.ticket("GET", "/v1/queue", authorization, "a")
    admission.enter(ticket, 0.0)
    ticket.prove(caller)
    admission.leave(ticket, 200, 0.0)


def test_a_client_shares_as_itself_once_its_token_was_found_good_from_wherever_it_asks() -> None:
    admission = Admission(PLACES)
    prove(admission, b"Bearer good", "client:slough")

    read = admission.ticket("GET", "/v1/queue", b"Bearer good", "b")
    write = admission.ticket("POST", "/v1/applications", b"Bearer good", "c")

    assert told(read) == (Kind.SIGNED_IN, "client:slough", 0.5)
    assert told(write) == (Kind.WRITE, "client:slough", 5.0)


def test_a_client_that_was_given_a_token_shares_as_itself_from_its_first_request_on() -> None:
    admission = Admission(PLACES)
    asking = admission.ticket("POST", "/oauth2/token", None, "a")
    admission.enter(asking, 0.0)
    asking.prove("client:slough", "Bearer given")
    admission.leave(asking, 200, 0.0)

    assert told(admission.ticket("POST", "/v1/applications", b"Bearer given", "b")) == (
        Kind.WRITE,
        "client:slough",
        5.0,
    )


def test_what_was_waited_for_a_place_counts_against_the_wait_for_the_lock() -> None:
    admission = Admission(PLACES)
    ticket = admission.ticket("POST", "/oauth2/token", None, "a")
    admission.enter(ticket, 10.0)

    assert [ticket.patience_left(now) for now in (10.0, 13.0, 16.0)] == [5.0, 2.0, 0.0]


def test_a_token_that_is_good_no_longer_shares_by_address_again() -> None:
    admission = Admission(PLACES)
    prove(admission, b"Bearer good", "client:slough")
    refused = admission.ticket("GET", "/v1/queue", b"Bearer good", "a")
    admission.enter(refused, 0.0)
    admission.leave(refused, 401, 0.0)

    assert told(admission.ticket("GET", "/v1/queue", b"Bearer good", "a")) == (Kind.LOGIN, "a", 0.5)


def test_only_so_many_tokens_are_remembered_and_the_last_used_longest() -> None:
    admission = Admission(PLACES)
    for number in range(TOKENS_REMEMBERED):
        prove(admission, b"Bearer %d" % number, "client:a")
    admission.ticket("GET", "/v1/queue", b"Bearer 0", "a")
    prove(admission, b"Bearer new", "client:a")

    kinds = [admission.ticket("GET", "/v1/queue", b"Bearer %d" % number, "a").kind for number in (0, 1)]

    assert kinds == [Kind.SIGNED_IN, Kind.LOGIN]


def test_tokens_themselves_are_not_remembered() -> None:
    admission = Admission(PLACES)
    prove(admission, b"Bearer good", "client:slough")

    assert list(admission._proved) == [sha256(b"Bearer good").digest()]  # noqa: SLF001  what is kept is the promise
