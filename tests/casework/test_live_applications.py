"""Which applications block a second one, when declarations end, and what a later application links to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from app.casework.rounds import put_round
from app.records import applications
from app.records.earlier_decisions import Following, rejections
from app.records.session import Database
from app.records.tables import Declaration, Round
from app.rules.refusals import AlreadyHeld, DuplicateApplication, Fault, InvalidDocument, LiveApplication, RoundNotOpen
from app.rules.rounds import RoundPlan
from tests.records.acting import (
    LONDON,
    LONDON_EIGHT,
    NATIONAL,
    SLOUGH,
    SOUTH,
    SOUTH_TOO,
    Steps,
    ruling,
    system,
)
from tests.world import NORTH_WEST_LONDON, REAL_ROUND, TRIAL_ROUND

DUE = date(2014, 12, 20)
NEXT_ROUND = replace(
    REAL_ROUND,
    round_id="2016-17",
    opens_on=date(2014, 12, 1),
    delegated_deadline=None,
    joint_deadline=None,
    closes_on=date(2016, 3, 31),
    starts_on=date(2016, 4, 1),
    counted_on=date(2016, 3, 31),
)


def live(database: Database, *codes: str, round_id: str = "2015-16") -> dict[str, str]:
    with database.reading() as session:
        return applications.live_members(session, round_id, codes)


def put(steps: Steps, plan: RoundPlan = NEXT_ROUND) -> None:
    with steps.database.writing() as session:
        put_round(session, plan, actor="test", at=steps.clock.at)


Way = Callable[[Steps, str], None]


def submit(steps: Steps, reference: str) -> None:
    steps.submit(reference, SLOUGH)


def request_changes(steps: Steps, reference: str) -> None:
    submit(steps, reference)
    steps.request_changes(reference, SOUTH, DUE)


def submit_again(steps: Steps, reference: str) -> None:
    request_changes(steps, reference)
    submit(steps, reference)


def record(word: str) -> Way:
    def way(steps: Steps, reference: str) -> None:
        submit(steps, reference)
        steps.record(reference, SOUTH, ruling("10T", word))

    return way


def send_back(steps: Steps, reference: str) -> None:
    record("approved")(steps, reference)
    steps.send_back(reference, NATIONAL)


def confirm(word: str) -> Way:
    def way(steps: Steps, reference: str) -> None:
        record(word)(steps, reference)
        steps.confirm(reference, NATIONAL)

    return way


def announce(word: str) -> Way:
    def way(steps: Steps, reference: str) -> None:
        confirm(word)(steps, reference)
        steps.announce()

    return way


def withdraw(way: Way) -> Way:
    def then(steps: Steps, reference: str) -> None:
        way(steps, reference)
        steps.withdraw(reference, SLOUGH)

    return then


def nothing(steps: Steps, reference: str) -> None:
    """A draft stays one."""


# What was done to a draft, and whether it blocks a second application by then.
WAYS: dict[str, tuple[Way, bool]] = {
    "draft": (nothing, False),
    "submitted": (submit, True),
    "changes requested": (request_changes, True),
    "submitted again": (submit_again, True),
    "recommended for approval": (record("approved"), True),
    "recommended for rejection": (record("rejected"), True),
    "returned to the panel": (send_back, True),
    "signed off, approved": (confirm("approved"), True),
    "signed off, rejected: embargoed, so it does not show": (confirm("rejected"), True),
    "announced, approved": (announce("approved"), True),
    "announced, conditional": (announce("conditional"), True),
    "announced, downgraded": (announce("downgraded_to_joint"), True),
    "announced, rejected": (announce("rejected"), False),
    "withdrawn as a draft": (withdraw(nothing), False),
    "withdrawn once submitted": (withdraw(submit), False),
    "withdrawn while changes were asked for": (withdraw(request_changes), False),
    "withdrawn once recommended": (withdraw(record("approved")), False),
}


@pytest.mark.parametrize(("way", "blocks"), WAYS.values(), ids=WAYS.keys())
def test_what_blocks_a_second_application_in_the_round(steps: Steps, way: Way, *, blocks: bool) -> None:
    reference = steps.create("10T")
    way(steps, reference)

    assert live(steps.database, "10T") == ({"10T": reference} if blocks else {})
    assert live(steps.database, "10T", round_id="trial") == {}


def test_the_second_submission_is_refused_with_the_address_of_the_first(steps: Steps) -> None:
    first, second = steps.create("10T"), steps.create("10T")
    steps.submit(first, SLOUGH)

    with pytest.raises(DuplicateApplication) as refused:
        steps.submit(second, SLOUGH)

    assert refused.value.detail == "10T: there is a live application in round 2015-16 already."
    assert refused.value.faults == (Fault("/memberOdsCodes", "10T has a live application."),)
    assert refused.value.extra == {"conflicts": [{"odsCode": "10T", "href": f"/v1/applications/{first}"}]}


def test_an_embargoed_rejection_and_an_embargoed_approval_refuse_in_the_same_words(steps: Steps) -> None:
    said = []
    for word in ("rejected", "approved"):
        first = steps.apply("10T", round_id="trial" if word == "approved" else "2015-16")
        steps.record(first, SOUTH, ruling("10T", word))
        steps.confirm(first, NATIONAL)
        with pytest.raises(DuplicateApplication) as refused:
            steps.apply("10T", round_id="trial" if word == "approved" else "2015-16")
        said.append(refused.value.detail.replace("trial", "2015-16"))

    assert said[0] == said[1]


def test_an_embargoed_grant_does_not_show_in_what_may_be_applied_for_in_another_round(steps: Steps) -> None:
    put(steps)
    first = steps.apply("10T")
    steps.record(first, SOUTH, ruling("10T", "approved"))
    steps.confirm(first, NATIONAL)

    second = steps.create("10T", round_id="2016-17")
    steps.withdraw(second, SLOUGH)
    steps.announce()

    with pytest.raises(AlreadyHeld):
        steps.create("10T", round_id="2016-17")


def test_of_a_group_only_who_was_rejected_may_apply_again_in_the_round(steps: Steps) -> None:
    reference = steps.apply(*NORTH_WEST_LONDON)
    steps.record(
        reference, LONDON, *(ruling(code, "rejected" if code == "08G" else "approved") for code in NORTH_WEST_LONDON)
    )
    steps.confirm(reference, NATIONAL)
    assert set(live(steps.database, *NORTH_WEST_LONDON)) == set(NORTH_WEST_LONDON)

    steps.announce()

    assert set(live(steps.database, *NORTH_WEST_LONDON)) == set(NORTH_WEST_LONDON) - {"08G"}
    again = steps.apply("08G")
    assert live(steps.database, "08G") == {"08G": again}


def test_every_member_of_a_group_that_blocks_is_named(steps: Steps) -> None:
    london = steps.apply("07P", "07W")

    with pytest.raises(DuplicateApplication) as refused:
        steps.apply("09A", "07W", "07P", by=LONDON_EIGHT)

    assert sorted(each["odsCode"] for each in refused.value.extra["conflicts"]) == ["07P", "07W"]
    assert live(steps.database, *NORTH_WEST_LONDON) == {"07P": london, "07W": london}


# --- later rounds -------------------------------------------------------------------------------


def earlier(steps: Steps, *codes: str, round_id: str = "2016-17") -> Sequence[str]:
    with steps.database.reading() as session:
        later = session.exec(select(Round).where(Round.round_id == round_id)).one()
        found = applications.earlier_decisions(session, codes)
        return rejections(found, Following(later.kind, later.stage, later.starts_on))


def test_a_later_application_links_to_the_rejection_once_it_is_public(steps: Steps) -> None:
    put(steps)
    first = steps.apply("10T")
    steps.record(first, SOUTH, ruling("10T", "rejected"))
    steps.confirm(first, NATIONAL)
    assert earlier(steps, "10T") == []

    steps.announce()

    assert earlier(steps, "10T", "10G") == [f"{first}-10T"]
    assert earlier(steps, "10G") == []
    assert earlier(steps, "10T", round_id="2015-16") == []
    steps.apply("10T", round_id="2016-17")


def test_what_happened_in_a_trial_counts_for_trials_only(steps: Steps) -> None:
    put(steps)
    put(steps, replace(NEXT_ROUND, round_id="trial-2", kind="trial"))
    for word, code in (("rejected", "10T"), ("approved", "10G")):
        reference = steps.apply(code, round_id="trial")
        steps.record(reference, SOUTH, ruling(code, word))
        steps.confirm(reference, NATIONAL)
    steps.announce("trial")

    assert earlier(steps, "10T", round_id="2016-17") == []
    assert earlier(steps, "10T", round_id="trial-2") == ["CC-1-10T"]
    steps.apply("10G", round_id="2015-16")
    with pytest.raises(AlreadyHeld):
        steps.apply("10G", round_id="trial-2")


def test_a_ccg_downgraded_to_joint_may_apply_for_delegated_in_the_next_round_but_not_for_joint(steps: Steps) -> None:
    put(steps)
    reference = steps.apply("10T")
    steps.record(reference, SOUTH, ruling("10T", "downgraded_to_joint"))
    steps.confirm(reference, NATIONAL)
    steps.announce()

    with pytest.raises(AlreadyHeld):
        steps.create("10T", level="joint", round_id="2016-17")
    steps.apply("10T", round_id="2016-17")


def test_a_published_grant_of_either_level_blocks_a_joint_request(steps: Steps) -> None:
    put(steps)
    for code, level, signer in (("10T", "delegated", NATIONAL), ("10G", "joint", SOUTH_TOO)):
        reference = steps.apply(code, level=level)
        steps.record(reference, SOUTH, ruling(code, "approved"))
        steps.confirm(reference, signer)
    steps.announce()

    with pytest.raises(AlreadyHeld) as refused:
        steps.create("10T", "10G", level="joint", round_id="2016-17")

    assert refused.value.faults == (
        Fault("/memberOdsCodes", "10G already holds joint."),
        Fault("/memberOdsCodes", "10T holds delegated."),
    )


# --- declarations -------------------------------------------------------------------------------


def declarations(steps: Steps) -> list[tuple[str, str | None, bool, str | None]]:
    with steps.database.reading() as session:
        rows = session.exec(select(Declaration).order_by(Declaration.declaration_id))
        return [(row.declaration_id, row.level, row.is_newest, row.ended_by) for row in rows]


def test_a_declaration_replaces_the_one_before_it(steps: Steps) -> None:
    first, second = steps.declare(SLOUGH, "10T", "none"), steps.declare(SLOUGH, "10T", "greater_involvement")

    assert declarations(steps) == [(first, "none", False, None), (second, "greater_involvement", True, None)]


def test_rounds_and_ccgs_have_a_declaration_each(steps: Steps) -> None:
    one, other = steps.declare(SLOUGH, "10T"), steps.declare(SLOUGH, "10T", round_id="trial")
    third = steps.declare(system("10G"), "10G")

    assert [(each[0], each[2]) for each in declarations(steps)] == [(one, True), (other, True), (third, True)]


def test_a_submission_ends_the_declaration_and_a_draft_does_not(steps: Steps) -> None:
    declared = steps.declare(SLOUGH, "10T")
    elsewhere = steps.declare(SLOUGH, "10T", round_id="trial")
    reference = steps.create("10T")
    assert declarations(steps) == [(declared, "none", True, None), (elsewhere, "none", True, None)]

    steps.submit(reference, SLOUGH)

    assert declarations(steps) == [(declared, "none", True, reference), (elsewhere, "none", True, None)]


def test_an_ended_declaration_stays_ended_after_a_withdrawal_until_another_replaces_it(steps: Steps) -> None:
    declared = steps.declare(SLOUGH, "10T")
    reference = steps.apply("10T")
    with pytest.raises(LiveApplication) as refused:
        steps.declare(SLOUGH, "10T")
    steps.withdraw(reference, SLOUGH)
    assert declarations(steps) == [(declared, "none", True, reference)]

    again = steps.declare(SLOUGH, "10T", "greater_involvement")

    assert refused.value.extra == {"href": f"/v1/applications/{reference}"}
    assert declarations(steps) == [
        (declared, "none", False, reference),
        (again, "greater_involvement", True, None),
    ]


def test_a_round_with_declarations_keeps_its_kind(steps: Steps) -> None:
    steps.declare(SLOUGH, "10T", round_id="trial")

    with pytest.raises(InvalidDocument) as refused:
        put(steps, replace(TRIAL_ROUND, kind="real"))

    assert refused.value.faults == (Fault("/kind", "Stays trial: the round has declarations."),)


def test_declarations_are_taken_to_the_last_millisecond_of_the_round(steps: Steps) -> None:
    """The round closes on 31 March 2015, when London is an hour ahead of UTC already."""
    steps.clock.move_to(datetime(2015, 3, 31, 22, 59, 59, 999000, tzinfo=UTC))

    steps.declare(SLOUGH, "10T")
    steps.clock.move_by(milliseconds=1)
    with pytest.raises(RoundNotOpen):
        steps.declare(SLOUGH, "10T")
