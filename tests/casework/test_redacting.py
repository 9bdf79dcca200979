"""Redaction: the private bytes are gone for good, what was public stays, and the log is sound."""

import uuid

import pytest
from sqlalchemy import select

from app.casework.redacting import redact
from app.records import migrations
from app.records.audit.rebuilding import rebuild
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.tables import Application, LogEntry, LogPrivate, StoredAnswer
from app.rules.refusals import InvalidDocument, NotFound, Refusal, WrongState
from tests.api.steps import granted, recorded, signed_off, submitted, withdrawn
from tests.proof import outsider
from tests.tampering import tamper
from tests.world import ATTRIBUTION, World, application

PRIVATE = table_of(LogPrivate)
GROUND = "A person asked for it (made up for a test)."


def indices(world: World, reference: str) -> dict[str, int]:
    log = table_of(LogEntry).c
    with world.database.reading() as session:
        rows = session.connection().execute(select(log.kind, log.index).where(log.reference == reference))
        return {str(row["kind"]): int(row["index"]) for row in rows.mappings()}


def done(world: World, index: int, ground: str = GROUND) -> int:
    with world.database.writing() as session:
        return redact(session, index, ground=ground, actor="operator", at=world.clock.at).index


def private_of(world: World, index: int) -> bytes | None:
    private = table_of(LogPrivate).c
    with world.database.reading() as session:
        found: bytes | None = session.connection().execute(select(private.body).where(private.index == index)).scalar()
        return found


def test_what_was_private_is_gone_and_what_was_public_stays(world: World) -> None:
    at = withdrawn(world, submitted(world, "10T"))
    entries = indices(world, at.reference)
    world.sign()
    before = world.public.get("/v1/log/checkpoint").text
    assert b"A. Clerk" in (private_of(world, entries["application.created"]) or b"")

    says = done(world, entries["application.created"])

    assert private_of(world, entries["application.created"]) is None
    assert private_of(world, entries["application.submitted"]) is not None
    assert verify(world.database).faults == ()
    with world.database.reading() as session:
        application = session.connection().execute(select(table_of(Application).c.document)).scalar_one()
    assert application is None
    shown = world.system("slough").get(at.where)
    assert (shown.status_code, shown.json()["state"]) == (200, "withdrawn")
    [change] = world.public.get(f"/v1/changes?after={says - 1}").json()["results"]
    assert (change["sequence"], change["type"], change["href"]) == (says, "entry.redacted", None)
    world.sign()
    keys = [outsider.key_of(line) for line in world.public.get("/v1/log/key").text.splitlines()]
    older = outsider.open_checkpoint(before, keys)
    newer = outsider.open_checkpoint(world.public.get("/v1/log/checkpoint").text, keys)
    proof = world.public.get(f"/v1/log/proofs/consistency?from={older.size}&to={newer.size}").json()["proof"]
    outsider.check_consistency(older, newer, [outsider.unbase64(each) for each in proof])


def test_an_answer_that_is_kept_for_a_repeat_does_not_keep_what_was_redacted(world: World) -> None:
    owner, key = world.system("slough"), str(uuid.uuid4())
    body = application("10T")
    made = owner.post("/v1/applications", body, Idempotency_Key=key)
    other = owner.post("/v1/applications", application("10T", submitted=False), Idempotency_Key=str(uuid.uuid4()))
    reference = made.json()["reference"]
    owner.post(f"/v1/applications/{reference}/withdrawal", {"attribution": ATTRIBUTION}, if_match=made.headers["etag"])
    table = table_of(StoredAnswer).c

    def kept() -> list[str | None]:
        with world.database.reading() as session:
            return list(session.connection().execute(select(table.reference).where(table.status == 201)).scalars())

    assert set(kept()) == {reference, other.json()["reference"]}

    done(world, indices(world, reference)["application.created"])

    assert reference not in kept()


def test_a_receipt_holds_without_the_part_that_is_gone(world: World) -> None:
    at = withdrawn(world, submitted(world, "10T"))
    world.sign()
    owner = world.system("slough")
    before = owner.get(f"{at.where}/receipt").json()
    assert "private" in before

    done(world, before["index"])

    after = owner.get(f"{at.where}/receipt").json()
    keys = [outsider.key_of(line) for line in world.public.get("/v1/log/key").text.splitlines()]
    assert outsider.check_receipt(after, keys)["kind"] == "application.submitted"
    assert after == {name: value for name, value in before.items() if name != "private"}


def test_every_private_part_of_a_finished_application_can_go_and_the_tables_can_be_made_anew(world: World) -> None:
    at = granted(world, "10T", word="rejected")
    for index in indices(world, at.reference).values():
        done(world, index)

    assert verify(world.database).faults == ()
    with world.database.writing() as session:
        rebuild(session.connection(), migrations.reference_rows())
    assert verify(world.database).faults == ()
    assert world.public.get(at.decision()).json()["outcome"] == "rejected"
    migrations.downgrade(world.database, "0004")
    migrations.upgrade(world.database)
    assert verify(world.database).faults == ()


def test_of_several_people_each_can_be_redacted(world: World) -> None:
    log = table_of(LogEntry).c
    with world.database.reading() as session:
        query = select(log.index).where(log.kind == "person.changed").order_by(log.index).limit(3)
        people = list(session.connection().execute(query).scalars())

    for index in people:
        done(world, index)

    assert verify(world.database).faults == ()


def test_what_four_eyes_still_rest_on_is_kept(world: World) -> None:
    """Who recorded an outcome, or proposed something, may not be the second person as well."""
    waiting = recorded(world, submitted(world, "10T"))
    with pytest.raises(WrongState, match="is not over"):
        done(world, indices(world, waiting.reference)["outcome.recommended"])
    decided = signed_off(world, recorded(world, submitted(world, "07T")))
    with pytest.raises(WrongState, match="is not over"):
        done(world, indices(world, decided.reference)["decision.signed_off"])
    conditional = granted(world, "02W", round_id="trial", word="conditional")
    with pytest.raises(WrongState, match="is not over"):
        done(world, indices(world, conditional.reference)["outcome.recommended"])


def test_what_cannot_be_redacted_is_refused_and_nothing_is_written(world: World) -> None:
    at = withdrawn(world, submitted(world, "10T"))
    index = indices(world, at.reference)["application.created"]
    says = done(world, index)
    refused: list[tuple[int, str, type[Refusal], str]] = [
        (index, GROUND, WrongState, f"was redacted by entry {says}"),
        (says, GROUND, WrongState, "says itself"),
        (99_999, GROUND, NotFound, "no entry 99999"),
        (1, " ", InvalidDocument, "says why"),
    ]
    size = verify(world.database).entries

    for number, ground, kind, words in refused:
        with pytest.raises(kind, match=words):
            done(world, number, ground)
    assert verify(world.database).entries == size


def test_private_bytes_that_are_back_are_found(world: World) -> None:
    at = withdrawn(world, submitted(world, "10T"))
    index = indices(world, at.reference)["application.created"]
    done(world, index)
    tamper(
        world.database,
        lambda connection: connection.execute(PRIVATE.insert().values(index=index, salt=bytes(32), body=b"{}")),
    )
    first = verify(world.database).first
    tamper(world.database, lambda connection: connection.execute(PRIVATE.delete().where(PRIVATE.c.index == index)))

    assert first is not None
    assert (first.index, first.what) == (index, "the private bytes were redacted, and are there")
