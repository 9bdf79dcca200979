"""A text that stands for several reasons is shown once, by whoever wrote it and whoever reads it."""

from typing import Any

import pytest

from tests.api.history import import_history
from tests.api.post_decision import decided, recorded_as
from tests.api.steps import announced, recorded, signed_off, submitted
from tests.world import World, outcome

SAID = "Financial challenges, and reluctance to take on additional cost pressures."
CODES = ["financial_position", "cost_pressures"]
SHOWN = [{"code": "financial_position", "text": SAID, "codes": CODES}]


def test_a_source_that_gives_one_text_for_two_reasons_is_quoted_once(sqlite_world: World) -> None:
    public = import_history(sqlite_world).public

    listed = public.get("/v1/decisions?odsCode=06M&round=2015-16").json()["results"]
    approvals = public.get("/v1/approvals?round=2015-16&outcome=rejected&q=06M").json()["results"]
    tables = [
        public.get(f"/v1/{path}").text
        for path in (
            "decisions.csv?odsCode=06M&round=2015-16",
            "approvals.csv?round=2015-16&outcome=rejected&q=06M",
        )
    ]

    assert [each["reasons"] for each in (*listed, *approvals)] == [SHOWN, SHOWN]
    assert [public.get(each["links"]["self"]).json()["reasons"] for each in listed] == [SHOWN]
    for table in tables:
        assert table.count(f'financial_position | cost_pressures,"{SAID}",') == 1
        assert table.count(SAID) == 1


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (("Little.", "Little.", "Late."), [("Little.", "governance", "leadership"), ("Late.", "insufficient_time")]),
        (("Little.", "Late.", "Little."), [("Little.", "governance", "insufficient_time"), ("Late.", "leadership")]),
    ],
)
def test_a_panel_that_writes_one_text_under_two_reasons_is_quoted_once_in_public(
    sqlite_world: World, texts: tuple[str, ...], shown: list[tuple[str, ...]]
) -> None:
    world = sqlite_world
    codes = ("governance", "leadership", "insufficient_time")
    reasons = [{"code": code, "text": text} for code, text in zip(codes, texts, strict=True)]
    at = signed_off(world, recorded(world, submitted(world, "07T"), outcome("07T", "rejected", reasons=reasons)))
    announced(world)

    public: dict[str, Any] = world.public.get(at.decision()).json()
    record = recorded_as(world, decided(at.reference, "07T"), "national-1")

    assert public["reasons"] == [{"code": each[0], "text": text, "codes": each} for text, *each in shown]
    # Whoever recorded them reads what they wrote, and can send it again.
    assert record["reasons"] == reasons
