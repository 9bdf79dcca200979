"""One round end to end, over HTTP, with tokens as in life."""

import pytest

from tests.world import World, application, outcome, outcomes


@pytest.mark.parametrize("word", ["approved", "conditional", "rejected", "downgraded_to_joint"])
def test_an_application_goes_from_json_to_the_public_listing(world: World, word: str) -> None:
    slough, panel, national = world.system("slough"), world.person("south-panel-1"), world.person("national-1")

    created = slough.post("/v1/applications", application("10T", round_id="trial"))
    assert created.status_code == 201, created.text
    where = created.headers["location"]
    recorded = panel.post(f"{where}/outcomes", outcomes(outcome("10T", word)), if_match=created.headers["etag"])
    assert recorded.status_code == 201, recorded.text
    signed = national.post(f"{where}/sign-off", {"decision": "confirm"}, if_match=recorded.headers["etag"])
    assert signed.status_code == 201, signed.text
    preview = national.post("/v1/rounds/trial/announcement/preview", {}).json()
    announced = national.post("/v1/rounds/trial/announcement", {"expect": preview["setDigest"]})
    assert announced.status_code == 201, announced.text

    listed = world.public.get(f"/v1/approvals?round=trial&outcome={word}").json()
    assert [(row["odsCode"], row["outcome"], row["requestedLevel"]) for row in listed["results"]] == [
        ("10T", word, "delegated")
    ]
