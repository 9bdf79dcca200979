"""The ledger: how entries are numbered, what they hide, and what never stands in a body that may become public."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.access.keys import Pair
from app.casework.organisations import import_organisations
from app.casework.rounds import put_round
from app.log.encoding import instant_text
from app.records import ledger, tables
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.entries.wire import Entry
from app.records.ledger import Head
from app.records.session import Database
from app.rules.bodies import DatedFact, OrganisationRecord
from app.rules.callers import Person, Scope, System
from app.rules.outcomes import Reason
from tests.records.acting import NATIONAL, SLOUGH, SOUTH, Steps, draft, panel, ruling
from tests.world import REAL_ROUND, TRIAL_ROUND

AT = datetime(2014, 11, 3, 9, 30, tzinfo=UTC)
APRIL_2013 = date(2013, 4, 1)
LOG, PRIVATE = table_of(tables.LogEntry), table_of(tables.LogPrivate)


@dataclass(frozen=True)
class Written:
    """An entry as it stands in the database, with its private bytes."""

    index: int
    act: int
    kind: str
    publishes: bool
    reference: str | None
    ods_code: str | None
    at: datetime
    salt: bytes
    body: bytes
    leaf: bytes
    private_salt: bytes
    private: bytes


def entries(database: Database, after: int = -1) -> list[Written]:
    query = (
        select(*LOG.c, PRIVATE.c.salt, PRIVATE.c.body)
        .join(PRIVATE, PRIVATE.c.index == LOG.c.index)
        .where(LOG.c.index > after)
        .order_by(LOG.c.index)
    )
    with database.reading() as session:
        return [Written(*tuple(row)) for row in session.connection().execute(query)]


def head(database: Database) -> Head:
    with database.reading() as session:
        return ledger.head(session)


def ccg(code: str) -> OrganisationRecord:
    fact = DatedFact(APRIL_2013, None, f"NHS {code} CCG", None, "Y57", "Q69")
    return OrganisationRecord(code, APRIL_2013, None, None, date(2019, 4, 1), (fact,))


def person_changed(number: int) -> Entry:
    data = {"personId": f"p{number}", "role": "panel", "endedAt": None}
    private = {"issuer": "i", "subject": f"s{number}", "name": "n", "regions": [], "interests": [], "actor": "test"}
    return Entry("person.changed", data, private)


def append(database: Database, *given: Entry) -> list[ledger.EntryReceipt]:
    with database.writing() as session:
        return ledger.append_written(session, given, at=AT)


# --- numbers ------------------------------------------------------------------------------------


def test_the_log_is_opened_by_an_entry_of_its_own_and_acts_are_numbered_by_their_first_entry(
    database: Database,
) -> None:
    with database.writing() as session:
        import_organisations(session, [ccg("10T"), ccg("10G"), ccg("10H")], actor="test", at=AT)
    with database.writing() as session:
        put_round(session, REAL_ROUND, actor="test", at=AT)

    assert [(each.index, each.act, each.kind, each.publishes, each.ods_code) for each in entries(database)] == [
        (0, 0, "log.opened", False, None),
        (1, 1, "organisation.changed", True, "10T"),
        (2, 1, "organisation.changed", True, "10G"),
        (3, 1, "organisation.changed", True, "10H"),
        (4, 4, "round.changed", True, None),
    ]


def test_the_public_sequence_moves_with_publishing_entries_only(database: Database) -> None:
    moves = [head(database)]
    for given in ([1], [2, 3]):
        append(database, *map(person_changed, given))
        moves.append(head(database))
    with database.writing() as session:
        put_round(session, REAL_ROUND, actor="test", at=AT)
    moves.append(head(database))
    append(database, person_changed(4))
    moves.append(head(database))

    assert moves == [Head(0, 0), Head(2, 0), Head(4, 0), Head(5, 4), Head(6, 4)]


def test_the_public_sequence_is_the_newest_publishing_entry_of_an_act(database: Database) -> None:
    published = Entry("round.changed", round_data("2015-16"), publishes=True)
    later = Entry("round.changed", round_data("2016-17"), publishes=True)

    append(database, person_changed(1), published, person_changed(2), later, person_changed(3))

    assert head(database) == Head(6, 4)


def round_data(round_id: str) -> dict[str, Any]:
    return {
        "roundId": round_id,
        "title": round_id,
        "kind": "real",
        "coverage": "complete",
        "opensOn": "2014-11-10",
        "deadlines": {"delegated": None, "joint": None},
        "closesOn": "2015-01-30",
        "startsOn": "2015-04-01",
        "countedOn": "2015-01-30",
        "applicationsPublicFrom": None,
        "applicantsSeeAt": None,
    }


def test_receipts_name_the_entries_in_their_order(database: Database) -> None:
    receipts = append(database, *map(person_changed, range(3)))

    assert [(each.index, each.leaf) for each in receipts] == [
        (each.index, each.leaf) for each in entries(database, after=0)
    ]


def test_instants_are_written_in_utc_with_microseconds_only_where_there_are_any() -> None:
    assert instant_text(AT) == "2014-11-03T09:30:00Z"
    assert instant_text(AT.replace(microsecond=1)) == "2014-11-03T09:30:00.000001Z"
    assert instant_text(datetime.fromisoformat("2015-07-01T00:30:00+01:00")) == "2015-06-30T23:30:00Z"


# --- one round, with marks in everything that is private ------------------------------------------

PUBLIC = "PUBLIC-MARK"


def mark(name: str) -> str:
    return f"PRIVATE-MARK-{name}"


MARKS = [
    "attribution-create",
    "attribution-amend",
    "attribution-submit",
    "attribution-again",
    "attribution-withdraw",
    "attribution-declare",
    "proposal",
    "proposal-amended",
    "signatory",
    "declared-by",
    "declared-by-again",
    "change-item",
    "panel-member",
    "recusal",
    "private-note",
    "return-note",
    "confirm-note",
    "withdrawal-reason",
]
NAMES = {"slough-system": mark("system-name"), "recorder": mark("recorder"), "signer": mark("signer")}
APPLICANT = System(
    "mark-slough", NAMES["slough-system"], frozenset({"10T"}), frozenset(), frozenset({Scope.APPLICATIONS})
)
RECORDER = replace(panel("Y57", "mark-recorder"), name=NAMES["recorder"])
SIGNER = Person("mark-signer", NAMES["signer"], Scope.NATIONAL, frozenset(), frozenset())
ANNOUNCER = Person("mark-announcer", NAMES["signer"], Scope.NATIONAL, frozenset(), frozenset())
ACTORS = [each.key for each in (APPLICANT, RECORDER, SIGNER, ANNOUNCER)]


def attribution(name: str) -> Mapping[str, Any]:
    return {"name": mark(f"attribution-{name}"), "email": "mark@ccg.example", "userId": "mark-user"}


def marked_draft(name: str) -> Any:
    found = draft("10T")
    document = {
        "proposal": {
            **found.document["proposal"],
            "summary": mark(name),
            "engagement": {
                "membersAgreedOn": "2014-12-11",
                "narrative": mark(name),
            },
        },
        "signatories": [{"name": mark("signatory"), "role": "accountable_officer", "signedOn": "2014-12-12"}],
    }
    return replace(found, document=document)


@pytest.fixture(scope="module")
def driven(shared: Database) -> Database:
    """Every act of this issue, with a mark in each text: one application to its announcement, another withdrawn."""
    steps = Steps(shared)
    first = steps.create("10T", by=APPLICANT, document=marked_draft("proposal"), attribution=attribution("create"))
    steps.submit(first, APPLICANT, mark("declared-by"), attribution("submit"))
    steps.request_changes(first, RECORDER, date(2014, 12, 20), mark("change-item"))
    steps.amend(first, APPLICANT, marked_draft("proposal-amended"), attribution("amend"))
    steps.submit(first, APPLICANT, mark("declared-by-again"), attribution("again"))
    noted = replace(ruling("10T", "downgraded_to_joint", mark("private-note")), reasons=(Reason("leadership", PUBLIC),))
    sat = {"members": [mark("panel-member")], "recusals": [mark("recusal")]}
    steps.record(first, RECORDER, noted, **sat)
    steps.send_back(first, SIGNER, mark("return-note"))
    steps.record(first, RECORDER, noted, **sat)
    steps.confirm(first, SIGNER, mark("confirm-note"))
    steps.announce(by=ANNOUNCER)
    steps.declare(APPLICANT, "10T", round_id="trial", attribution=attribution("declare"))
    second = steps.create("10T", round_id="trial", by=APPLICANT, attribution=attribution("create"))
    steps.withdraw(second, APPLICANT, mark("withdrawal-reason"), attribution("withdraw"))
    return shared


def test_no_body_holds_what_is_private_and_the_private_bytes_hold_all_of_it(driven: Database) -> None:
    written = entries(driven)
    bodies = "\n".join(each.body.decode() for each in written)
    private = "\n".join(each.private.decode() for each in written)

    assert [found for found in ("PRIVATE-MARK", "mark@ccg.example", "mark-user", *ACTORS) if found in bodies] == []
    assert [name for name in MARKS if mark(name) not in private] == []
    assert [actor for actor in ACTORS if actor not in private] == []
    assert PUBLIC in bodies


def test_every_act_of_the_round_says_who_did_it_in_its_private_bytes(driven: Database) -> None:
    acted = [each for each in entries(driven) if each.reference or each.kind in PUBLIC_ACTS]

    assert [(each.kind, json.loads(each.private)["actor"]) for each in acted] == [
        ("application.created", "client:mark-slough"),
        ("application.submitted", "client:mark-slough"),
        ("changes.requested", "person:Y57-mark-recorder"),
        ("application.amended", "client:mark-slough"),
        ("application.submitted", "client:mark-slough"),
        ("outcome.recommended", "person:Y57-mark-recorder"),
        ("outcome.returned", "person:mark-signer"),
        ("outcome.recommended", "person:Y57-mark-recorder"),
        ("decision.signed_off", "person:mark-signer"),
        ("announcement.made", "person:mark-announcer"),
        ("decision.published", "person:mark-announcer"),
        ("declaration.made", "client:mark-slough"),
        ("application.created", "client:mark-slough"),
        ("application.withdrawn", "client:mark-slough"),
    ]


PUBLIC_ACTS = {"announcement.made", "declaration.made"}


def test_only_publication_and_declaration_publish(driven: Database) -> None:
    acted = [each for each in entries(driven) if each.reference or each.kind in PUBLIC_ACTS]

    assert {each.kind for each in acted if each.publishes} == {"decision.published", "declaration.made"}
    assert head(driven).public_sequence == next(each.index for each in acted if each.kind == "declaration.made")


def test_a_body_holds_exactly_these_members(driven: Database) -> None:
    members = {each.kind: sorted(json.loads(each.body)) for each in entries(driven)}

    assert set(map(tuple, members.values())) == {
        ("act", "at", "data", "index", "kind", "odsCode", "privateHash", "publishes", "reference")
    }


def test_the_names_subjects_and_keys_of_callers_are_private(driven: Database, pairs: dict[str, Pair]) -> None:
    registered = [each for each in entries(driven) if each.kind in {"client.changed", "person.changed"}]
    bodies = "\n".join(each.body.decode() for each in registered)
    private = "\n".join(each.private.decode() for each in registered)

    secrets = [
        "(made up)",
        "System of",
        "south-panel-1",
        pairs["slough"].public_jwk["x"],
        "interests",
        "regions",
    ]
    assert [secret for secret in secrets if secret in bodies] == []
    assert [secret for secret in secrets if secret not in private] == []


# --- hashes -------------------------------------------------------------------------------------


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_every_leaf_and_private_hash_is_what_the_design_says(driven: Database) -> None:
    """Computed here from the stored bytes, with nothing of the register's own."""
    for each in entries(driven):
        assert each.leaf == sha256(b"\x00", b"approvals-register/1\n", sha256(each.salt, each.body))
        assert json.loads(each.body)["privateHash"] == sha256(each.private_salt, each.private).hex()


def test_the_columns_say_what_the_body_says(driven: Database) -> None:
    for each in entries(driven):
        body = json.loads(each.body)
        said = [body[name] for name in ("index", "act", "kind", "publishes", "reference", "odsCode")]
        assert said == [each.index, each.act, each.kind, each.publishes, each.reference, each.ods_code]
        assert datetime.fromisoformat(body["at"]) == each.at


def test_every_salt_has_32_bytes_and_no_two_are_the_same(driven: Database) -> None:
    salts = [salt for each in entries(driven) for salt in (each.salt, each.private_salt)]

    assert {len(salt) for salt in salts} == {32}
    assert len(set(salts)) == len(salts)


def test_the_same_act_twice_has_other_leaves(database: Database) -> None:
    with database.writing() as session:
        for plan in (REAL_ROUND, TRIAL_ROUND, REAL_ROUND):
            put_round(session, plan, actor="test", at=AT)
            put_round(session, replace(plan, title="Another"), actor="test", at=AT)
    leaves = [each.leaf for each in entries(database)]

    assert len(set(leaves)) == len(leaves) == 7


@pytest.mark.parametrize("word", ["approved", "conditional", "rejected", "downgraded_to_joint"])
def test_how_many_entries_an_act_writes_never_depends_on_its_outcome(steps: Steps, word: str) -> None:
    """Else somebody who counts could tell an embargoed outcome."""
    before = head(steps.database).size - 1

    reference = steps.apply("10T", by=SLOUGH)
    steps.record(reference, SOUTH, ruling("10T", word))
    steps.confirm(reference, NATIONAL)
    steps.announce()

    assert [each.kind for each in entries(steps.database, after=before)] == [
        "application.created",
        "application.submitted",
        "outcome.recommended",
        "decision.signed_off",
        "announcement.made",
        "decision.published",
    ]


def test_the_round_that_was_driven_is_sound(driven: Database) -> None:
    assert verify(driven).faults == ()


def test_an_act_without_entries_appends_none(database: Database) -> None:
    with database.writing() as session:
        opened = ledger.append(session, [], at=AT)
        again = ledger.append(session, [], at=AT)
        size = ledger.head(session).size

    assert (opened, again, size) == ([], [], 0)
