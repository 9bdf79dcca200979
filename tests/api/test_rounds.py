"""Rounds as administrators put them."""

from tests.world import World


def test_a_put_that_only_makes_a_new_round_leaves_one_that_is_there_alone(sqlite_world: World) -> None:
    admin = sqlite_world.person("admin-1")
    there = sqlite_world.public.get("/v1/rounds/trial").json()

    made = admin.send("PUT", "/v1/rounds/trial-2", {**there, "roundId": "trial-2"}, If_None_Match="*")
    again = admin.send("PUT", "/v1/rounds/trial-2", {**there, "roundId": "trial-2", "title": "No"}, If_None_Match="*")

    assert (made.status_code, again.status_code, again.json()["code"]) == (200, 412, "stale")
    assert sqlite_world.public.get("/v1/rounds/trial-2").json()["title"] == there["title"]
