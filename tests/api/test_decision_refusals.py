"""Every refusal of the acts on a decision: who, in which state, of which version, with what. Whole bodies."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from tests.api.post_decision import (
    SECOND,
    Decided,
    approved,
    conditional,
    corrected,
    decided,
    discharged,
    etag,
    not_taken_up,
    proposed,
    recorded_as,
    signed,
)
from tests.api.steps import (
    IF_MATCH_REQUIRED,
    NOTHING_HERE,
    PERSON_REQUIRED,
    STALE,
    UNRECOGNISED,
    assert_refused,
    log_size,
    made_round,
    recorded,
    registered,
    signed_off,
    submitted,
)
from tests.world import ATTRIBUTION, CONDITION, REASON, World, outcome

REVOKE = {"reason": "In special measures.", "legalBasis": "NHS Act 2006, section 14Z21"}
CORRECT = {"reason": "Read out wrongly.", "outcome": "rejected", "reasons": [REASON]}
EVIDENCE = {"text": "See there.", "links": [], "attribution": ATTRIBUTION}
NOTICE = {"attribution": ATTRIBUTION}
OVERRIDE = {"lastDay": "2015-12-31", "reason": "Agreed."}
REASONED = {"reason": "It is so."}
SIGN = {"state": "signed", "signedOn": "2014-12-15"}
C1 = "conditions/c1"
# Each act: how, where, with what, by whom.
ACTS: dict[str, tuple[str, str, Any, str]] = {
    "evidence": ("POST", f"{C1}/evidence", EVIDENCE, "hackney"),
    "notice": ("POST", "notice", NOTICE, "hackney"),
    "override": ("POST", "notice", OVERRIDE, "national-1"),
    "discharge": ("POST", f"{C1}/discharge", {"note": "Seen."}, "london-panel-2"),
    "lapse": ("POST", f"{C1}/lapse", REASONED, "national-1"),
    "waiver": ("POST", f"{C1}/waiver", REASONED, "national-1"),
    "revocation": ("POST", "revocation", REVOKE, "national-1"),
    "correction": ("POST", "correction", CORRECT, "national-1"),
    "agreement": ("PUT", "agreement", SIGN, "national-1"),
}


@dataclass
class Settled:
    """A world at noon on 15 December 2014 with decisions that stand in many ways, by name."""

    world: World
    at: dict[str, Decided] = field(default_factory=dict)

    def act(self, name: str, on: str, who: str = "", body: Any = None, if_match: str | None = None) -> Any:
        method, path, usual, by = ACTS[name]
        at, who = self.at[on], who or by
        where = f"{at.where}/{path}"
        speaker = self.world.system(who) if who in self.world.pairs else self.world.person(who)
        tag = etag(self.world, at) if if_match is None and "unknown" not in at.decision_id else if_match
        content = usual if body is None else body
        if method == "PUT":
            return speaker.put(where, content, if_match=tag)
        return speaker.post(where, content, if_match=tag)


@pytest.fixture(scope="module")
def made(shared_world: World) -> Settled:
    world = shared_world
    registered(world, "london-panel-system", ["panel"], regions=["Y56"])
    registered(world, "national-system", ["national"])
    made_round(world, "other")
    made_round(world, "third")
    settled = Settled(world)
    at = settled.at
    at["conditional"] = conditional(world, "07T", CONDITION, SECOND)
    discharged(world, at["conditional"], "c2")
    at["signed"] = approved(world, "02W")
    signed(world, at["signed"], date(2014, 12, 15))
    at["declined"] = approved(world, "05W")
    not_taken_up(world, at["declined"])
    at["rejected"] = approved(world, "05C", word="rejected")
    at["superseded"] = approved(world, "05C", round_id="third", word="downgraded_to_joint")
    corrected(world, at["superseded"], {**CORRECT})
    at["approved"] = approved(world, "05C", round_id="other")
    at["slough"] = conditional(world, "10T", round_id="other")
    proposed(world, at["slough"], "revocation", REVOKE)
    embargoed = signed_off(world, recorded(world, submitted(world, "07W", "07P"), *EACH))
    at["embargoed"] = decided(embargoed.reference, "07W")
    at["unknown"] = Decided("2015-16-unknown0-07T", "07T")
    return settled


EACH = (outcome("07W", "conditional"), outcome("07P", "approved"))


@pytest.fixture
def settled(made: Settled) -> Iterator[Settled]:
    """The world; what is refused leaves no trace."""
    size = log_size(made.world)
    yield made
    assert log_size(made.world) == size


# --- who ----------------------------------------------------------------------------------------

NEEDS = {"discharge": "This needs the role panel."} | dict.fromkeys(
    ("lapse", "waiver", "revocation", "correction", "agreement"), "This needs the role national."
)


@pytest.mark.parametrize("name", ACTS)
def test_nobody_acts_on_a_decision_without_a_token(settled: Settled, name: str) -> None:
    method, path, body, _ = ACTS[name]

    answer = settled.world.public.send(method, f"{settled.at['conditional'].where}/{path}", body)

    assert_refused(answer, *UNRECOGNISED)


@pytest.mark.parametrize("name", NEEDS)
def test_each_act_is_somebodys(settled: Settled, name: str) -> None:
    """Panel for NHS England, NHS England for the panel, an administrator for neither; machines read only."""
    foreign = "national-1" if name == "discharge" else "london-panel-1"
    for who in (foreign, "admin-1"):
        assert_refused(settled.act(name, "conditional", who), 403, "forbidden", NEEDS[name])
    for who in ("hackney", "london-panel-system", "national-system"):
        assert_refused(settled.act(name, "conditional", who), *PERSON_REQUIRED)


def test_evidence_is_given_by_a_ccgs_system_only(settled: Settled) -> None:
    for who in ("london-panel-1", "national-1", "london-panel-system"):
        answer = settled.act("evidence", "conditional", who)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_notice_is_given_by_a_ccgs_system_or_by_a_person_for_nhs_england(settled: Settled) -> None:
    for who, code in (
        ("london-panel-1", "forbidden"),
        ("admin-1", "forbidden"),
        ("national-system", "person-required"),
    ):
        answer = settled.act("notice", "signed", who)
        assert (answer.status_code, answer.json()["code"]) == (403, code)


WHERE_NOTHING_IS = [
    *((name, "unknown", by) for name, (_, _, _, by) in ACTS.items()),
    ("discharge", "conditional", "south-panel-1"),
    ("evidence", "conditional", "slough"),
    ("notice", "conditional", "slough"),
    ("evidence", "embargoed", "north-west-london"),
    ("notice", "embargoed", "north-west-london"),
    ("evidence", "embargoed", "brent"),
]


@pytest.mark.parametrize(("name", "on", "who"), WHERE_NOTHING_IS)
def test_what_is_not_there_and_what_is_not_theirs_are_answered_alike(
    settled: Settled, name: str, on: str, who: str
) -> None:
    """Another region's, another CCG's, and to its applicants one that is embargoed."""
    assert_refused(settled.act(name, on, who, if_match='"v1"'), *NOTHING_HERE)


@pytest.mark.parametrize("name", ["evidence", "discharge", "lapse", "waiver"])
def test_a_condition_that_there_is_not_is_nothing(settled: Settled, name: str) -> None:
    _, path, body, by = ACTS[name]
    at, world = settled.at["conditional"], settled.world
    speaker = world.system(by) if by in world.pairs else world.person(by)

    answer = speaker.post(f"{at.where}/{path.replace('c1', 'c9')}", body, if_match=etag(world, at))

    assert_refused(answer, *NOTHING_HERE)


def test_a_proposal_that_there_is_not_is_nothing(settled: Settled) -> None:
    answer = settled.world.person("national-1").post(
        "/v1/proposals/2015-16-waiver-00000000/confirmation", None, if_match='"v1"'
    )

    assert_refused(answer, *NOTHING_HERE)


def test_who_recorded_a_decision_does_not_discharge_its_conditions(settled: Settled) -> None:
    answer = settled.act("discharge", "conditional", "london-panel-1")

    detail = "You recorded this outcome; another member of the panel discharges its conditions."
    assert_refused(answer, 403, "same-person", detail)
    assert recorded_as(settled.world, settled.at["conditional"], "london-panel-1")["nextActions"] == []


def test_who_proposed_does_not_confirm(settled: Settled) -> None:
    at = settled.at["slough"]
    record = recorded_as(settled.world, at, "national-1")

    answer = settled.world.person("national-1").post(
        record["proposal"]["href"], None, if_match=f'"v{record["version"]}"'
    )

    assert_refused(answer, 403, "same-person", "You proposed this; a second person confirms it.")
    assert "confirm" not in [each["rel"] for each in record["nextActions"]]


def test_an_interest_bars_from_discharge_and_confirmation(settled: Settled) -> None:
    at = settled.at["slough"]
    record = recorded_as(settled.world, at, "national-interested")

    confirmation = settled.world.person("national-interested").post(
        record["proposal"]["href"], None, if_match=f'"v{record["version"]}"'
    )
    discharge = settled.act("discharge", "slough", "south-panel-interested")

    for answer in (confirmation, discharge):
        assert_refused(answer, 403, "conflict-of-interest", "You have declared an interest in 10T.")


# --- which version ------------------------------------------------------------------------------

ON = {"override": "signed", "agreement": "approved", "revocation": "approved", "correction": "approved"}
OFFICERS = [name for name in ACTS if name not in {"evidence", "notice"}]


@pytest.mark.parametrize("name", OFFICERS)
@pytest.mark.parametrize(
    ("tag", "refusal"), [('"v1"', STALE), ('"v99", W/"v98"', STALE), ("*", IF_MATCH_REQUIRED), ("", IF_MATCH_REQUIRED)]
)
def test_an_officers_act_names_the_version_that_was_looked_at(
    settled: Settled, name: str, tag: str, refusal: tuple[int, str, str]
) -> None:
    on = ON.get(name, "conditional")

    assert_refused(settled.act(name, on, if_match=tag), *refusal)


@pytest.mark.parametrize(("name", "on", "who"), [("evidence", "conditional", ""), ("notice", "signed", "bradford")])
def test_a_ccg_that_names_an_old_version_is_told(settled: Settled, name: str, on: str, who: str) -> None:
    assert_refused(settled.act(name, on, who, if_match='"v1"'), *STALE)


@pytest.mark.parametrize(("tag", "refusal"), [('"v1"', STALE), ("", IF_MATCH_REQUIRED)])
def test_a_confirmation_names_the_version_of_the_decision(
    settled: Settled, tag: str, refusal: tuple[int, str, str]
) -> None:
    href = recorded_as(settled.world, settled.at["slough"], "national-2")["proposal"]["href"]

    assert_refused(settled.world.person("national-2").post(href, None, if_match=tag), *refusal)


# --- in which state -----------------------------------------------------------------------------

STANDS = {
    "embargoed": ("signed_off", "The decision is signed_off", [], []),
    "superseded": ("superseded", "The decision is superseded", [], []),
    "rejected": (
        "published",
        "The decision is published and grants nothing",
        ["propose_correction"],
        [],
    ),
    "declined": (
        "published",
        "The decision is published, its grant not taken up and its agreement not taken up",
        ["propose_correction", "propose_agreement"],
        [],
    ),
    "signed": (
        "published",
        "The decision is published, its grant not started and its agreement signed",
        ["propose_correction", "propose_revocation", "propose_agreement"],
        ["give_notice"],
    ),
    "approved": (
        "published",
        "The decision is published, its grant not started and its agreement awaited",
        ["settle_agreement", "propose_correction", "propose_revocation"],
        [],
    ),
}
WORDS = {
    "override": "move_notice",
    "revocation": "propose_revocation",
    "correction": "propose_correction",
    "agreement": "settle_agreement",
}
POSSIBLE = {*((on, each) for on in ("approved", "signed") for each in ("revocation",))}
POSSIBLE |= {(on, "correction") for on in ("rejected", "declined", "signed", "approved")} | {("approved", "agreement")}


@pytest.mark.parametrize(("on", "name"), [(on, name) for on in STANDS for name in WORDS if (on, name) not in POSSIBLE])
def test_an_act_that_does_not_fit_is_told_what_does(settled: Settled, on: str, name: str) -> None:
    """State and what is allowed, as NHS England may see them."""
    state, words, allowed, _ = STANDS[on]

    answer = settled.act(name, on)

    assert_refused(answer, 409, "wrong-state", f"{words}; {WORDS[name]} is not possible.", state=state, allowed=allowed)


@pytest.mark.parametrize(("on", "who"), [("approved", "dudley"), ("rejected", "dudley"), ("declined", "stoke")])
def test_a_ccg_that_cannot_give_notice_is_told_what_it_can_do(settled: Settled, on: str, who: str) -> None:
    state, words, _, allowed = STANDS[on]

    answer = settled.act("notice", on, who)

    detail = f"{words}; give_notice is not possible."
    assert_refused(answer, 409, "wrong-state", detail, state=state, allowed=allowed)


SETTLED_ALREADY = {
    "evidence": ["give_evidence"],
    "discharge": ["discharge"],
    "lapse": ["settle_agreement", "propose_waiver", "propose_correction", "propose_revocation"],
    "waiver": ["settle_agreement", "propose_waiver", "propose_correction", "propose_revocation"],
}


@pytest.mark.parametrize("name", SETTLED_ALREADY)
def test_a_condition_that_is_met_is_not_settled_again(settled: Settled, name: str) -> None:
    _, path, body, by = ACTS[name]
    at, world = settled.at["conditional"], settled.world
    speaker = world.system(by) if by in world.pairs else world.person(by)

    answer = speaker.post(f"{at.where}/{path.replace('c1', 'c2')}", body, if_match=etag(world, at))

    assert_refused(
        answer, 409, "wrong-state", "Condition c2 is met already.", state="met", allowed=SETTLED_ALREADY[name]
    )
