"""What happens to a decision after it is announced, over HTTP."""

from datetime import date

import pytest

from tests.api.afterwards import (
    corrected,
    decided,
    discharged,
    evidenced,
    lapsed,
    morning_of,
    noticed,
    recorded_as,
    revoked,
    signed,
    ticked,
    waived,
)
from tests.api.steps import granted
from tests.world import CONDITION, World


def test_a_condition_is_met_and_the_approval_promoted_and_started(world: World) -> None:
    at = decided(granted(world, "02W", word="conditional").reference, "02W")
    evidenced(world, at)
    found = discharged(world, at)
    assert found["grant"]["inForceFrom"] == "2015-04-01"
    signed(world, at, world.clock.at.date())
    morning_of(world, date(2015, 4, 1))
    row = world.public.get("/v1/approvals/02W").json()["current"]
    assert row["standing"] == "in_force"
    print([each["type"] for each in world.public.get("/v1/organisations/02W/history").json()["results"]])
    noticed(world, at)
    print(recorded_as(world, at, "national-1"))
    morning_of(world, date(2016, 4, 1))
    print([each["type"] for each in world.public.get("/v1/organisations/02W/history").json()["results"]])
    assert 0
