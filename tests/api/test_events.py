"""What applicants read of their own applications' events, and when."""

from tests.api.steps import announced, recorded, signed_off, submitted
from tests.world import World, outcome


def test_applicants_read_of_the_sign_off_only_once_their_outcome_is_announced(sqlite_world: World) -> None:
    at = signed_off(sqlite_world, recorded(sqlite_world, submitted(sqlite_world, "10T"), outcome("10T", "rejected")))
    slough, panel = sqlite_world.system("slough"), sqlite_world.person("south-panel-1")

    def kinds(speaker: object, path: str) -> list[str]:
        results = speaker.get(path).json()["results"]  # type: ignore[attr-defined]
        return [each["type"] for each in results if each["reference"] == at.reference]

    everything = ["application.created", "application.submitted", "outcome.recommended", "decision.signed_off"]
    assert kinds(slough, f"{at.where}/events") == everything[:3]
    assert kinds(slough, "/v1/events?after=200&limit=200") == everything[:3]
    assert kinds(panel, f"{at.where}/events") == everything

    announced(sqlite_world, "2015-16")

    assert kinds(slough, f"{at.where}/events") == [*everything, "decision.published"]
    assert kinds(slough, "/v1/events?after=200&limit=200") == [*everything, "decision.published"]
