"""Ten ways to rewrite history by SQL, as somebody does who may do everything in the database but has no log key.

Whoever does it takes care: leaves, numbers, the head and every projection are made to fit.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from app.log.leaves import canonical, leaf_hash
from app.log.notes import Checkpoint, SigningLogKey
from app.log.tree import Tree
from app.records import migrations, tables
from app.records.audit.rebuilding import rebuild
from app.records.changes import table_of
from app.records.projections import PROJECTED

LOG, PRIVATE, HEAD, CHECKPOINTS = (
    table_of(model) for model in (tables.LogEntry, tables.LogPrivate, tables.LogHead, tables.LogCheckpoint)
)
NAME = "register.test/log"
THIEF = SigningLogKey(NAME, bytes([9]) * 32)
# What is said of a CCG is easily changed so that everything else still fits.
KIND = "organisation.changed"
# Says which entry is at fault where that can be told; verifying names it, or the first of several with it among them.
Rewriting = Callable[[Connection, Random], int | None]


class Entry(NamedTuple):
    """An entry with its private part, so that it can be put elsewhere."""

    body: dict[str, Any]
    salt: bytes
    private: bytes
    private_salt: bytes
    at: Any


def everything(connection: Connection) -> list[Entry]:
    query = select(LOG.c.body, LOG.c.salt, PRIVATE.c.body, PRIVATE.c.salt, LOG.c.at).join(
        PRIVATE, PRIVATE.c.index == LOG.c.index
    )
    rows = connection.execute(query.order_by(LOG.c.index))
    return [Entry(json.loads(body), *rest) for body, *rest in rows]


def put_back(connection: Connection, entries: list[Entry]) -> None:
    """Write the whole log anew, numbered from 0, and everything that follows from it."""
    for table in reversed(tables.METADATA.sorted_tables):
        if table.name in {table_of(model).name for model in PROJECTED}:
            connection.execute(delete(table))
    connection.execute(delete(PRIVATE))
    connection.execute(delete(LOG))
    public, act, was, rows = 0, 0, None, list[tuple[dict[str, Any], dict[str, Any]]]()
    for index, entry in enumerate(entries):
        act = act if entry.body["act"] == was else index
        was = entry.body["act"]
        rows.append(rows_of(entry, {**entry.body, "index": index, "act": act}))
        public = index if entry.body["publishes"] else public
    connection.execute(insert(LOG), [row for row, _ in rows])
    connection.execute(insert(PRIVATE), [row for _, row in rows])
    connection.execute(update(HEAD).values(size=len(entries), public_sequence=public))
    rebuild(connection, migrations.reference_rows())


def rows_of(entry: Entry, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entry as the log's tables have it."""
    written = canonical(body)
    row = {
        "index": body["index"],
        "act": body["act"],
        "kind": body["kind"],
        "publishes": body["publishes"],
        "reference": body["reference"],
        "ods_code": body["odsCode"],
        "at": entry.at,
        "salt": entry.salt,
        "body": written,
        "leaf": leaf_hash(entry.salt, written),
    }
    return row, {"index": body["index"], "salt": entry.private_salt, "body": entry.private}


def about_a_ccg(connection: Connection, dice: Random) -> tuple[int, dict[str, Any], bytes]:
    """An entry that says what a CCG is: its index, its body, its salt."""
    rows = connection.execute(
        select(LOG.c.index, LOG.c.body, LOG.c.salt).where(LOG.c.kind == KIND).order_by(LOG.c.index)
    )
    index, body, salt = dice.choice(rows.all())
    return index, json.loads(body), salt


def renamed(body: dict[str, Any], dice: Random) -> dict[str, Any]:
    text = json.dumps(body)
    return dict(json.loads(text.replace("NHS ", f"Made up {dice.randrange(10**6)} ")))


# --- the ten --------------------------------------------------------------------------------------


def edit_a_body(connection: Connection, dice: Random) -> int | None:
    index, body, _ = about_a_ccg(connection, dice)
    connection.execute(update(LOG).where(LOG.c.index == index).values(body=canonical(renamed(body, dice))))
    return index


def edit_a_projection(connection: Connection, dice: Random) -> int | None:
    column = dice.choice(["name", "region_code"])
    facts = table_of(tables.OrganisationFact)
    code = dice.choice(connection.execute(select(facts.c.ods_code).order_by(facts.c.ods_code)).scalars().all())
    row = connection.execute(select(facts).where(facts.c.ods_code == code).limit(1)).one()
    value = "Made up" if column == "name" else ("Y54" if row.region_code != "Y54" else "Y55")
    there = (facts.c.ods_code == code, facts.c.valid_from == row.valid_from)
    connection.execute(update(facts).where(*there).values(**{column: value}))
    return None


def edit_body_leaf_and_projection(connection: Connection, dice: Random) -> int | None:
    index, body, salt = about_a_ccg(connection, dice)
    written = canonical(renamed(body, dice))
    connection.execute(update(LOG).where(LOG.c.index == index).values(body=written, leaf=leaf_hash(salt, written)))
    rebuild(connection, migrations.reference_rows())
    return index


def edit_and_delete_newer_checkpoints(connection: Connection, dice: Random) -> int | None:
    index = edit_body_leaf_and_projection(connection, dice)
    connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.size > index))
    return index


def delete_an_entry(connection: Connection, dice: Random) -> int | None:
    """One that says something of a CCG that no other entry names, so that the rest fits together without it."""
    entries = everything(connection)
    texts = [json.dumps(entry.body) for entry in entries]
    index = dice.choice([at for at, one in enumerate(entries) if one.body["kind"] == KIND and is_alone(one, texts)])
    put_back(connection, entries[:index] + entries[index + 1 :])
    return index


def is_alone(entry: Entry, texts: list[str]) -> bool:
    code = json.dumps(entry.body["odsCode"])
    return sum(code in text for text in texts) == 1


def swap_two(connection: Connection, dice: Random) -> int | None:
    entries = everything(connection)
    first, second = sorted(dice.sample([at for at, one in enumerate(entries) if one.body["kind"] == KIND], 2))
    entries[first], entries[second] = entries[second], entries[first]
    put_back(connection, entries)
    return first


def insert_back_dated(connection: Connection, dice: Random) -> int | None:
    """Among the others, or at the end with the hour of an old one."""
    entries = everything(connection)
    index = dice.choice([at for at, one in enumerate(entries) if one.body["kind"] == KIND])
    old = entries[index]
    forged = old._replace(body={**renamed(old.body, dice), "act": -1}, salt=dice.randbytes(32))
    place = dice.choice([index + 1, len(entries)])
    put_back(connection, [*entries[:place], forged, *entries[place:]])
    return place


def truncate(connection: Connection, dice: Random) -> int | None:
    """The newest acts, with the checkpoints over them."""
    entries = everything(connection)
    acts = sorted({entry.body["act"] for entry in entries})
    index: int = acts[-dice.randint(1, 20)]
    connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.size > index))
    put_back(connection, entries[:index])
    return index


def sign_again_with_another_key(connection: Connection, dice: Random) -> int | None:
    edit_body_leaf_and_projection(connection, dice)
    tree = Tree(connection.execute(select(LOG.c.leaf).order_by(LOG.c.index)).scalars())
    for row in connection.execute(select(CHECKPOINTS)).all():
        note = Checkpoint(NAME, row.size, tree.root(row.size)).signed(THIEF)
        connection.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.number == row.number).values(note=note))
    return None


BY_SQL: dict[str, Rewriting] = {
    "edit a body": edit_a_body,
    "edit a projection only": edit_a_projection,
    "edit body, leaf and projection": edit_body_leaf_and_projection,
    "the same, and delete newer checkpoints": edit_and_delete_newer_checkpoints,
    "delete an entry": delete_an_entry,
    "swap two entries": swap_two,
    "insert a back-dated entry": insert_back_dated,
    "truncate": truncate,
    "sign again with another key": sign_again_with_another_key,
}
