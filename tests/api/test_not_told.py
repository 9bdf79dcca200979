"""What applicants are not told: what is proposed about them, and what the panel thinks; and what cannot be said."""

from datetime import date

from app.rules.rounds import RoundStage
from tests.api.post_decision import confirmed, decided, etag, proposed, signed
from tests.api.steps import (
    announced,
    assert_refused,
    assessed,
    granted,
    made_round,
    recorded,
    signed_off,
    submitted,
)
from tests.world import World

REVOCATION = {"reason": "In special measures.", "legalBasis": "NHS Act 2006, section 14Z21"}


def test_a_proposal_moves_nothing_that_the_ccg_reads_until_it_is_confirmed(sqlite_world: World) -> None:
    at = decided(granted(sqlite_world, "02W").reference, "02W")
    bradford = sqlite_world.system("bradford")
    status = f"/v1/applications/{at.decision_id.removesuffix('-02W')}/status"
    before = [bradford.get(path) for path in (f"{at.where}/record", status)]

    proposed(sqlite_world, at, "revocation", REVOCATION)

    after = [bradford.get(path) for path in (f"{at.where}/record", status)]
    assert [(each.content, each.headers["etag"]) for each in after] == [
        (each.content, each.headers["etag"]) for each in before
    ]
    confirmed(sqlite_world, at)
    assert bradford.get(f"{at.where}/record").headers["etag"] != before[0].headers["etag"]


def test_an_assessment_moves_no_poller(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "10T")
    slough = sqlite_world.system("slough")
    before = slough.get(f"{at.where}/status")

    assessed(sqlite_world, at, "finance")

    assert slough.get(f"{at.where}/status", If_None_Match=before.headers["etag"]).status_code == 304


def test_a_decision_on_an_interest_moves_no_later_application_until_it_is_public(sqlite_world: World) -> None:
    world = sqlite_world
    made_round(world, "interest", stage=RoundStage.EXPRESSION_OF_INTEREST, starts_on=date(2015, 4, 1))
    interest, later = submitted(world, "10T", round_id="interest"), submitted(world, "10T")
    slough = world.system("slough")
    paths = (later.where, f"{later.where}/status", "/v1/applications?round=2015-16")
    recommended = recorded(world, interest)
    before = [slough.get(path) for path in paths]

    signed_off(world, recommended)

    after = [slough.get(path) for path in paths]
    assert [(each.content, each.headers.get("etag")) for each in after] == [
        (each.content, each.headers.get("etag")) for each in before
    ]
    announced(world, "interest")
    assert [each["roundId"] for each in slough.get(later.where).json()["expressionsOfInterest"]] == ["interest"]


def test_nobody_has_signed_before_the_decision_was_published(sqlite_world: World) -> None:
    at = decided(granted(sqlite_world, "02W").reference, "02W")
    body = {"state": "signed", "signedOn": "2014-12-14"}

    answer = sqlite_world.person("national-1").put(f"{at.where}/agreement", body, if_match=etag(sqlite_world, at))

    detail = "2014-12-14 is before 2014-12-15, on which the decision was published."
    assert_refused(answer, 422, "invalid-document", detail, ("/signedOn", detail))
    assert signed(sqlite_world, at, date(2014, 12, 15))["grant"]["agreement"] == "signed"
