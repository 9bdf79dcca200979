"""The second part of the story: what becomes of decisions, what is known of the past, and what an operator does."""

import csv
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from app.casework import registration
from app.casework.redacting import redact
from app.commands import organisations
from app.records.clients import ClientKey
from tests import facts as then
from tests import past
from tests.api import steps
from tests.api.post_decision import (
    Decided,
    approved,
    conditional,
    corrected,
    decided,
    discharged,
    etag,
    evidenced,
    lapsed,
    morning_of,
    not_taken_up,
    noticed,
    proposed,
    revoked,
    signed,
    ticked,
    waived,
)
from tests.nets.telling import at_hand, ok
from tests.world import ATTRIBUTION, CONDITION, REASON, World, outcome

SECOND = {"text": "Appoint a lay chair.", "reasonCode": "conflicts_of_interest", "dueOn": "2015-02-25"}
THIRD = {"text": "Publish a register of interests.", "reasonCode": "conflicts_of_interest", "dueOn": "2015-06-30"}
NEXT, REHEARSAL, OPEN = "next", "trial-3", "trial-4"
PUBLIC_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
REVOCATION = {"reason": "The committee has not met.", "legalBasis": "National Health Service Act 2006, section 14Z21"}
LEAVER = {"issuer": "https://people.example", "subject": "p-1", "name": "Made Up", "role": "admin"}
LATE: dict[str, Any] = {
    "delegated_deadline": None,
    "joint_deadline": None,
    "opens_on": date(2015, 5, 1),
    "closes_on": date(2015, 7, 31),
    "counted_on": date(2015, 5, 1),
}
NOW: dict[str, Any] = {
    "delegated_deadline": date(2019, 9, 30),
    "joint_deadline": None,
    "opens_on": date(2019, 6, 4),
    "closes_on": date(2020, 3, 31),
    "starts_on": date(2020, 4, 1),
    "counted_on": date(2019, 6, 4),
    "applications_public_from": date(2019, 6, 4),
}
FIRST = CONDITION | {"dueOn": "2015-06-01"}


def settle_conditions(world: World) -> None:
    """Conditions that are met, waived and lapse; what is promoted by it."""
    stoke = _decided(world, "stoke", "05W")
    evidenced(world, stoke)
    more = {"text": "And the lay chair.", "attribution": ATTRIBUTION}
    ok(world.system("stoke").post(f"{stoke.where}/conditions/c1/evidence", more), 201)
    met = world.person("midlands-panel-2").post(
        f"{stoke.where}/conditions/c1/discharge", {}, if_match=etag(world, stoke)
    )
    ok(met, 201)
    trial = conditional(world, "02W", SECOND, THIRD, CONDITION, round_id=REHEARSAL)
    discharged(world, trial, "c2")
    waived(world, trial, "c3", inForceFrom="2015-05-11")
    waived(world, trial, "c1")
    open_one = conditional(world, "07T", SECOND, THIRD, round_id=NEXT)
    proposed(world, open_one, "conditions/c2/waiver", {"reason": "No longer needed."})
    proposed(world, open_one, "conditions/c1/waiver", {"reason": "Rather this one."})
    world.clock.move_to(datetime(2015, 2, 26, 9, 0, tzinfo=UTC))
    lapsed(world, open_one, "c1")


def settle_agreements(world: World) -> None:
    """Signed before and after the first day, not taken up, started by the clock, ended by notice and revocation."""
    world.clock.move_to(datetime(2015, 2, 26, 10, 0, tzinfo=UTC))
    not_taken_up(world, _decided(world, "bradford", "02W"))
    declined = {"state": "not_taken_up", "note": "The members voted against it."}
    voted = approved(world, "02W", round_id=NEXT)
    ok(world.person("national-1").put(f"{voted.where}/agreement", declined, if_match=etag(world, voted)))
    unmet = conditional(world, "05C", FIRST, THIRD, round_id=NEXT)
    signed(world, unmet, date(2015, 2, 26))
    brent = _decided(world, "brent", "07P")
    signed(world, brent, date(2015, 2, 26))
    morning_of(world, date(2015, 4, 1))
    world.clock.move_to(datetime(2015, 4, 20, 9, 0, tzinfo=UTC))
    signed(world, _decided(world, "slough", "10T"), date(2015, 4, 17))
    stoke = _decided(world, "stoke", "05W")
    signed(world, stoke, date(2015, 4, 2), inForceFrom="2015-04-15")
    noticed(world, stoke)
    earlier = {"lastDay": "2015-12-31", "reason": "Both agree."}
    ok(world.person("national-2").post(f"{stoke.where}/notice", earlier, if_match=etag(world, stoke)), 201)
    districts = _decided(world, "bradford-districts", "02R")
    signed(world, districts, date(2015, 4, 20))
    noticed(world, districts, reason="We merge.", lastDay="2018-03-31")
    revoked(world, districts, lastDay="2016-01-15")
    revoked(world, brent, lastDay="2015-05-05")
    revoked(world, Decided(f"{at_hand(world, 'brent', '07P', '2015-16').reference}-07W", "07W"))
    # After an outage of ten days, what was due is told late.
    world.clock.move_to(datetime(2015, 5, 11, 8, 30, tzinfo=UTC))
    ticked(world)


def correct(world: World) -> None:
    """Corrections that keep what was settled, that give, that take away, and that let an older grant go on."""
    trial = _decided(world, "bradford", "02W", REHEARSAL)
    same = {"outcome": "conditional", "reasons": [REASON], "conditions": [THIRD, CONDITION]}
    kept = corrected(world, trial, same)
    given = corrected(world, kept, {"outcome": "approved", "reasons": [], "conditions": []})
    corrected(world, given, {"outcome": "rejected", "reasons": [REASON], "conditions": []})
    _resume(world)
    two = _decided(world, "dudley", "05C", NEXT)
    discharged(world, two)
    corrected(world, two, {"outcome": "conditional", "reasons": [], "conditions": [FIRST]}, "The second was left over.")
    down = approved(world, "07W", round_id="late")
    less = {"outcome": "downgraded_to_joint", "chosenBy": "panel", "reasons": [REASON], "conditions": []}
    corrected(world, down, {**less, "effectiveFrom": "2016-06-01"})
    no = approved(world, "07T", round_id="late", word="rejected")
    corrected(world, no, {"outcome": "approved", "reasons": [], "conditions": []})


def _resume(world: World) -> None:
    """Joint ends, since delegated follows; when that is taken back, joint goes on."""
    steps.made_round(world, "late", **LATE)
    steps.made_round(world, "later", **LATE, starts_on=date(2017, 4, 1))
    joint = approved(world, "02W", level="joint", round_id="late")
    signed(world, joint, date(2015, 5, 11))
    for code, round_id in (("10T", "late"), ("02W", "later")):
        newer = approved(world, code, round_id=round_id)
        signed(world, newer, date(2015, 5, 11))
        corrected(world, newer, {"outcome": "rejected", "reasons": [REASON], "conditions": []})


def leave_open(world: World) -> None:
    """What is under way when the story ends: a draft, a submission, changes, outcomes, a schedule, a proposal."""
    world.clock.move_to(datetime(2019, 6, 4, 9, 15, tzinfo=UTC))
    steps.made_round(world, OPEN, kind="trial", **NOW)
    steps.drafted(world, "02R", round_id=OPEN)
    steps.submitted(world, "02W", round_id=OPEN)
    steps.assessed(world, steps.submitted(world, "05W", round_id=OPEN), "capacity")
    steps.changes_requested(world, steps.submitted(world, "05C", round_id=OPEN), "2019-07-01")
    steps.recorded(world, steps.submitted(world, "07T", round_id=OPEN))
    ready = steps.recorded(world, steps.submitted(world, "07P", round_id=OPEN), outcome("07P", "rejected"))
    steps.signed_off(world, ready)
    expect = steps.previewed(world, OPEN)["setDigest"]
    body = {"expect": expect, "publishAt": "2019-10-05T08:30:00Z"}
    ok(world.person("national-1").post(f"/v1/rounds/{OPEN}/announcement", body), 201)
    proposed(world, Decided("2017-18-04f-04F-2", "04F"), "revocation", REVOCATION)


def take_over_history(world: World) -> None:
    """Files of past rounds: facts, totals, and both said otherwise later; a CCG that closes."""
    world.clock.move_to(past.LONG_AFTER)
    ticked(world)
    with tempfile.TemporaryDirectory() as directory:
        own = (then.KNOWN_ROUNDS.read_text(encoding="utf-8")).splitlines(keepends=True)
        facts = Path(directory) / "facts.csv"
        facts.write_text("".join(line for line in own if not line.startswith("2015-16")), encoding="utf-8")
        totals = Path(directory) / "totals.csv"
        said = then.REPORTED_TOTALS.read_text(encoding="utf-8")
        totals.write_text(said, encoding="utf-8")
        past.import_own_files(world.database, facts, totals)
        totals.write_text(said.replace(",77,211,", ",78,211,"), encoding="utf-8")
        past.import_own_files(world.database, totals)
    _say_otherwise(world)
    _close(world)


def _say_otherwise(world: World) -> None:
    """Facts of every outcome and declarations, and then some of them corrected."""
    codes = ("03V", "04F", "04G", "03T")
    words = ("approved", "conditional", "rejected", "downgraded_to_joint")
    facts = [past.decision(code, word, round_id="2017-18") for code, word in zip(codes, words, strict=True)]
    declared = past.declaration("03D", round_id="2017-18", declared_on=None)
    with world.database.writing() as session:
        past.say(session, *facts, declared)
    with world.database.writing() as session:
        past.say(session, past.decision("03V", "rejected", round_id="2017-18"), reason="Misread.")
    with world.database.writing() as session:
        other = past.declaration("03D", "none", round_id="2017-18")
        past.say(session, other, past.decision("04F", round_id="2017-18"))
    corrected(world, Decided("2017-18-04g-04G", "04G"), {"outcome": "approved", "reasons": [], "conditions": []})


def _close(world: World) -> None:
    """A newer file of the ODS: one CCG renamed, one closed, which ends what it held, and one that follows it."""
    lines = [
        ("07T", "NHS HACKNEY AND THE CITY CCG", "Y56", "20130401", ""),
        ("03T", "NHS LINCOLNSHIRE EAST CCG", "Y55", "20130401", "20190531"),
        ("27D", "NHS NEW CCG", "Y54", "20190601", ""),
    ]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "eccg.csv"
        with file.open("w", encoding="utf-8", newline="") as written:
            for code, name, region, opened, closed in lines:
                cells = [code, name, region, "", "STREET", "", "", "TOWN", "", "AB1 2CD", opened, closed, "", "C"]
                csv.writer(written, quoting=csv.QUOTE_ALL).writerow([*cells, *[""] * (27 - len(cells))])
        organisations.take_over(world.database, file, at=world.clock.at, as_at=date(2019, 6, 1))


def operate(world: World) -> None:
    """What an operator does: keys, clients and people that come and go, and a redaction."""
    at = world.clock.at
    key = ClientKey("made-up-1", "ES256", PUBLIC_JWK, not_before=at, not_after=at + timedelta(days=365))
    with world.database.writing() as session:
        registration.add_key(session, "hackney", key, actor="operator", at=at)
    with world.database.writing() as session:
        registration.disable_client(session, "hounslow", actor="operator", at=at)
    with world.database.writing() as session:
        person = registration.register_person(session, **LEAVER, actor="operator", at=at)
    with world.database.writing() as session:
        registration.end_person(session, person.person_id, actor="operator", at=at)
    with world.database.writing() as session:
        registration.register_person(session, **{**LEAVER, "role": "national"}, actor="operator", at=at)
    gone = at_hand(world, "hackney", "07T", "2015-16").reference
    with world.database.writing() as session:
        redact(session, _index_of(world, gone), ground="A person asked for it (made up).", actor="operator", at=at)


def _index_of(world: World, application: str) -> int:
    """Where in the log the creation of an application stands."""
    query = "SELECT \"index\" FROM log_entries WHERE kind = 'application.created' AND reference = ?"
    with closing(sqlite3.connect(world.database.file)) as connection:
        [[index]] = connection.execute(query, [application])
    return int(index)


def _decided(world: World, client: str, code: str, round_id: str = "2015-16") -> Decided:
    return decided(at_hand(world, client, code, round_id).reference, code)


CHAPTERS = (settle_conditions, settle_agreements, correct, take_over_history, operate, leave_open)
