"""Whether the register is fit, and what administrators see beside it."""

from tests.world import World


def test_the_log_head_is_shown_to_administrators_only(sqlite_world: World) -> None:
    heads = {
        subject: sqlite_world.person(subject).get("/_status").json()["logHead"] is not None
        for subject in ("admin-1", "national-1", "south-panel-1")
    }

    assert heads == {"admin-1": True, "national-1": False, "south-panel-1": False}
    assert sqlite_world.public.get("/_status").json()["logHead"] is None
