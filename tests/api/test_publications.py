"""From a day to a sequence: what was published when, and what the register knew by it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.casework.clocks import accept
from app.casework.redacting import redact
from tests.api.counting import sequence
from tests.api.history import import_history
from tests.api.post_decision import (
    corrected,
    decided,
    discharged,
    evidenced,
    noticed,
    revoked,
    signed,
    ticked,
)
from tests.api.steps import LICENSED, announced, assert_refused, declared, made_round, recorded, signed_off, submitted
from tests.world import REASON, World, outcome

NEXT_DAY = datetime(2014, 12, 16, 12, 0, tzinfo=UTC)


def listed(world: World, question: str = "") -> list[dict[str, Any]]:
    answer = world.public.get(f"/v1/publications{question}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_a_day_gives_the_sequences_by_which_the_register_of_then_is_asked_for(world: World) -> None:
    """Two decisions of one announcement are one publication, and what is not published is none."""
    world.clock.move_to(NEXT_DAY)
    for code in ("10T", "05W"):
        signed_off(world, recorded(world, submitted(world, code)))
    announced(world)
    declared(world, "07T")
    world.clock.move_by(days=1)
    declared(world, "02W")
    day = "from=2014-12-16&to=2014-12-16"

    answer = world.public.get(f"/v1/publications?{day}")

    body = answer.json()
    first, second = (row["sequence"] for row in body["results"])
    assert body == {
        "results": [
            {
                "sequence": first,
                "kind": "announcement",
                "recordedAt": "2014-12-16T12:00:00Z",
                "events": 2,
                "links": {
                    "changes": f"/v1/changes?after={first - 2}&limit=2",
                    "approvals": f"/v1/approvals?asKnownAt={first}",
                },
            },
            {
                "sequence": second,
                "kind": "declaration",
                "recordedAt": "2014-12-16T12:00:00Z",
                "events": 1,
                "links": {
                    "changes": f"/v1/changes?after={second - 1}&limit=1",
                    "approvals": f"/v1/approvals?asKnownAt={second}",
                },
            },
        ],
        "from": "2014-12-16",
        "to": "2014-12-16",
        "publicSequence": second + 1,
        "total": 2,
        "limit": 50,
        "nextCursor": None,
        "hasMore": False,
        **LICENSED,
    }
    links = body["results"][0]["links"]
    changes = world.public.get(links["changes"]).json()["results"]
    assert [(each["type"], each["sequence"]) for each in changes] == [
        ("decision.published", first - 1),
        ("decision.published", first),
    ]
    known = world.public.get(links["approvals"]).json()
    assert ([row["odsCode"] for row in known["results"]], known["publicSequence"]) == (["05W", "10T"], first)
    assert world.public.get(f"/v1/publications.csv?{day}").text.splitlines() == [
        "sequence,kind,recordedAt,events",
        f"{first},announcement,2014-12-16T12:00:00Z,2",
        f"{second},declaration,2014-12-16T12:00:00Z,1",
    ]
    again = world.public.get(f"/v1/publications?{day}", If_None_Match=answer.headers["ETag"])
    assert again.status_code == 304


def test_every_publication_is_told_by_what_it_was(sqlite_world: World) -> None:
    sqlite_world.clock.move_to(NEXT_DAY)
    made_round(sqlite_world, "other")
    first = sequence(sqlite_world) + 1
    slough = recorded(sqlite_world, submitted(sqlite_world, "10T"), outcome("10T", "conditional"))
    stoke, hackney = (recorded(sqlite_world, submitted(sqlite_world, code)) for code in ("05W", "07T"))
    for at in (slough, stoke, hackney):
        signed_off(sqlite_world, at)
    announced(sqlite_world)
    held, kept, lost = each = [decided(at.reference, at.lead) for at in (slough, stoke, hackney)]
    evidenced(sqlite_world, held)
    discharged(sqlite_world, held)
    for grant in each:
        signed(sqlite_world, grant, date(2014, 12, 16))
    sqlite_world.clock.move_to(datetime(2015, 4, 1, 12, 0, tzinfo=UTC))
    ticked(sqlite_world)
    revoked(sqlite_world, lost, lastDay="2015-04-30")
    noticed(sqlite_world, kept)
    corrected(sqlite_world, held, {"outcome": "rejected", "reasons": [REASON]})
    sqlite_world.clock.move_to(datetime(2016, 4, 1, 12, 0, tzinfo=UTC))
    ticked(sqlite_world)
    with sqlite_world.database.writing() as session:
        redact(session, first, ground="Asked for by a person.", actor="admin", at=sqlite_world.clock.at)
    sqlite_world.clock.move_by(days=-1)
    with sqlite_world.database.writing() as session:
        accept(session, ground="The other clock was set by hand.", actor="admin", at=sqlite_world.clock.at)

    rows = listed(sqlite_world, "?limit=200")

    assert [(row["kind"], row["recordedAt"][:10]) for row in rows] == [
        ("organisations_import", "2014-11-01"),
        ("round_change", "2014-12-16"),
        ("announcement", "2014-12-16"),
        ("condition", "2014-12-16"),
        *[("agreement", "2014-12-16")] * 3,
        ("start", "2015-04-01"),
        ("revocation", "2015-04-01"),
        ("notice", "2015-04-01"),
        ("correction", "2015-04-01"),
        ("end", "2016-04-01"),
        ("redaction", "2016-04-01"),
        ("clock", "2016-03-31"),
    ]


def test_pages_go_on_where_they_stopped(sqlite_world: World) -> None:
    sqlite_world.clock.move_to(NEXT_DAY)
    for code in ("10T", "05W", "07T"):
        declared(sqlite_world, code)
    whole = listed(sqlite_world)
    walked: list[Any] = []
    path = "/v1/publications?limit=2"

    while path:
        page = sqlite_world.public.get(path)
        walked += page.json()["results"]
        path = page.links.get("next", {}).get("url", "")

    assert walked == whole
    assert len({row["sequence"] for row in whole}) == len(whole) == page.json()["total"]


def test_days_are_londons(sqlite_world: World) -> None:
    """In summer half past eleven in the evening, UTC, is the next day in London."""
    sqlite_world.clock.move_to(datetime(2015, 6, 30, 23, 30, tzinfo=UTC))
    made_round(sqlite_world, "other")

    found = [listed(sqlite_world, f"?from={day}&to={day}") for day in ("2015-06-30", "2015-07-01")]

    assert [[row["kind"] for row in rows] for rows in found] == [[], ["round_change"]]


@pytest.mark.parametrize("suffix", ["", ".csv", ".ndjson"])
def test_days_the_wrong_way_round_are_refused(sqlite_world: World, suffix: str) -> None:
    answer = sqlite_world.public.get(f"/v1/publications{suffix}?from=2015-01-02&to=2015-01-01")

    assert_refused(
        answer,
        400,
        "invalid-parameter",
        "The days are the wrong way round.",
        ("from", "2015-01-02 is after 2015-01-01, the day named by `to`."),
    )


def test_each_import_of_the_past_is_one_publication_and_is_known_by_its_sequence(sqlite_world: World) -> None:
    import_history(sqlite_world)

    rows = listed(sqlite_world, "?from=2019-06-03")

    known = [sqlite_world.public.get(f"{row['links']['approvals']}&limit=1").json()["publicSequence"] for row in rows]
    assert known == [row["sequence"] for row in rows]
    assert [row["kind"] for row in rows] == ["round_change", "history_import", "history_import"]
