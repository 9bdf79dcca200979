"""What happens to decisions after the made-up round, recorded as examples: one exchange for each operation."""

from datetime import UTC, date, datetime
from typing import Any, Protocol

from httpx2 import Response

from tests.api.post_decision import Decided, decided, etag
from tests.api.steps import announced, previewed, recorded, signed_off, submitted
from tests.world import ATTRIBUTION, CONDITION, World, outcome

CONDITIONS = [{**CONDITION, "dueOn": "2014-12-19"}, {**CONDITION, "text": "Appoint a lay chair."}]
EVIDENCE = {
    "text": "All practices have agreed the constitution.",
    "links": [{"url": "https://ccg.example/minutes.pdf", "sha256": "ab" * 32, "title": "Minutes of 17 December"}],
    "attribution": ATTRIBUTION,
}
REVOCATION = {
    "reason": "The committee has not met.",
    "legalBasis": "National Health Service Act 2006, section 14Z21",
    "lastDay": "2015-06-30",
}
CORRECTION = {
    "reason": "The announcement left out what the panel had asked for.",
    "outcome": "conditional",
    "conditions": [CONDITION, {**CONDITION, "text": "Appoint a lay chair."}],
}


class Keeps(Protocol):
    """Keeps one exchange as an example of its operation."""

    def __call__(self, summary: str, answer: Response, *, name: str = ..., shows_answer: bool = ...) -> Response: ...


def play(world: World, keep: Keeps, slough: str, stoke: str) -> None:
    """Play on from the announcements; what is proposed by the second person stays open."""
    dudley = _with_conditions(world)
    _settle_conditions(world, keep, dudley)
    _cancel(world, keep)
    _end(world, keep, decided(slough, "10T"), decided(stoke, "05W"))
    _merge(world, keep)
    for media_type in ("application/json", "text/csv", "application/x-ndjson"):
        keep("one trial round", world.public.get("/v1/waiting-times?round=trial", Accept=media_type))


def _with_conditions(world: World) -> Decided:
    at = submitted(world, "05C", round_id="trial")
    ruling = outcome("05C", "conditional", conditions=[*CONDITIONS, {**CONDITION, "text": "Publish a register."}])
    signed_off(world, recorded(world, at, ruling))
    announced(world, "trial")
    return decided(at.reference, "05C")


def _settle_conditions(world: World, keep: Keeps, at: Decided) -> None:
    """One of three conditions is met, one is waived, and one lapses."""
    where = f"{at.where}/conditions"
    keep("the minutes", world.system("dudley").post(f"{where}/c2/evidence", EVIDENCE))
    keep("one condition, with evidence", world.person("midlands-panel-2").get(f"{at.where}/record"))
    noted = {"note": "The minutes say so."}
    panel = world.person("midlands-panel-2")
    keep("one of three is met", panel.post(f"{where}/c2/discharge", noted, if_match=etag(world, at)))
    reason = {"reason": "The register of interests is published elsewhere."}
    proposed = world.person("national-2").post(f"{where}/c3/waiver", reason, if_match=etag(world, at))
    href, tag = keep("no longer required", proposed).json()["proposal"]["href"], etag(world, at)
    keep("waived, once a second person agrees", world.person("national-1").post(href, None, if_match=tag))
    world.clock.move_to(datetime(2014, 12, 20, 9, 30, tzinfo=UTC))
    nothing = {"reason": "Nothing came in time."}
    national = world.person("national-1")
    keep("not met in time", national.post(f"{where}/c1/lapse", nothing, if_match=etag(world, at)))


def _cancel(world: World, keep: Keeps) -> None:
    signed_off(world, recorded(world, submitted(world, "02W", round_id="trial")))
    national = world.person("national-1")
    body: dict[str, Any] = {
        "expect": previewed(world, "trial")["setDigest"],
        "publishAt": "2015-02-18T09:30:00Z",
    }
    scheduled = national.post("/v1/rounds/trial/announcement", body)
    keep("at an hour that lies ahead", scheduled, name="scheduled")
    announcement = scheduled.json()["announcementId"]
    keep("taken back", national.delete(f"/v1/rounds/trial/announcement/{announcement}"))


def _end(world: World, keep: Keeps, slough: Decided, stoke: Decided) -> None:
    """Slough has signed and gives notice; a revocation and a correction wait for a second person."""
    agreement = {"state": "signed", "signedOn": date(2014, 12, 19).isoformat()}
    signed = world.person("national-1").put(f"{slough.where}/agreement", agreement, if_match=etag(world, slough))
    keep("signed by both", signed)
    later = {"reason": "The second signature is of the day after.", "state": "signed", "signedOn": "2014-12-20"}
    national, where = world.person("national-2"), f"{slough.where}/agreement/correction"
    keep("another day of signing", national.post(where, later, if_match=etag(world, slough)))
    notice = {"reason": "The CCGs of Berkshire will decide together.", "attribution": ATTRIBUTION}
    keep("by 30 September", world.system("slough").post(f"{slough.where}/notice", notice))
    stay = {"reason": "The members voted to stay.", "attribution": ATTRIBUTION}
    keep("the CCG stays", world.system("slough").post(f"{slough.where}/notice/withdrawal", stay))
    for at, what, body in ((slough, "revocation", REVOCATION), (stoke, "correction", CORRECTION)):
        answer = world.person("national-2").post(f"{at.where}/{what}", body, if_match=etag(world, at))
        if what == "revocation":
            _take_back(world, keep, slough, answer.json()["proposal"]["href"])
            answer = world.person("national-2").post(f"{at.where}/{what}", body, if_match=etag(world, at))
        keep(f"a {what} that is not public yet", answer)


def _merge(world: World, keep: Keeps) -> None:
    """Three CCGs become one on 1 April 2015; what is to move on waits for a second person."""
    national, day = world.person("national-2"), {"effectiveOn": "2015-04-01"}
    keep("one merger", national.post("/v1/successions/preview", day))
    item = {"odsCode": "13T", "level": "joint", "agreement": "awaited", "reason": "All three have agreed to it."}
    keep("joint commissioning", national.post("/v1/successions", {**day, "items": [item]}))
    keep("one that waits", world.person("national-1").get("/v1/successions"))
    keep("what came before", world.public.get("/v1/organisations/13T/lineage"))


def _take_back(world: World, keep: Keeps, at: Decided, href: str) -> None:
    note = {"note": "The committee has met in the meantime."}
    national, where = world.person("national-1"), href.replace("confirmation", "withdrawal")
    keep("not so", national.post(where, note, if_match=etag(world, at)))
