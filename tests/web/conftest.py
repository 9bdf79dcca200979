"""A small application with the real doors, sample routes behind them, and a database of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi import Path as PathParameter
from fastapi.testclient import TestClient
from sqlalchemy import insert
from sqlmodel import SQLModel
from starlette.requests import Request

from app.main import create_app
from app.records import ledger, tables
from app.records.entries.wire import Entry
from app.records.session import Database, Session
from app.rules.callers import Caller, Scope, System
from app.rules.refusals import NotFound, Unrecognised, WrongState
from app.rules.words import Level
from app.settings import Settings
from app.web.bodies import MergePatch, StrictRoute
from app.web.caching import Public, SnapshotDep, private_read, public_read
from app.web.documents import Coded, Day, In, Instant, InstantIn, Line, Many, OdsCode, Out, Percent, Pounds, Prose, Url
from app.web.formats import Column, FormatDep, Lines, Table
from app.web.preconditions import IfMatchDep, version_tag
from app.web.problems import responses_for
from app.web.queries import CursorDep, LimitDep, comma_list, next_link, query_digest, read_cursor, write_cursor
from app.web.transactions import Answer, TransactionDep, transactional

BASE = "http://127.0.0.1:8000"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ALICE = {"Authorization": "Bearer alice"}
COLUMNS: tuple[Column[str], ...] = (
    Column("code", "string", "Which level.", lambda each: each),
    Column("note", "string", "A formula.", lambda _: "=1+1"),
)


class InnerIn(In):
    amount: Pounds
    share: Percent


class NoteIn(In):
    title: Line
    text: Prose | None = None
    level: Coded[Level] | None = None
    due_on: Day | None = None
    seen_at: InstantIn | None = None
    link: Url | None = None
    ods_codes: Many[OdsCode] = ()
    inner: InnerIn | None = None


class LooseIn(In):
    """Every member is optional, so that nothing but the door keeps an unreadable body out."""

    title: Line | None = None


class NoteOut(Out):
    note_id: str
    title: str | None
    seen_at: Instant | None
    log_size: int


class RowsOut(Out):
    results: list[str]
    next_cursor: str | None


async def sample_caller(request: Request) -> Caller:
    name = request.headers.get("authorization", "").removeprefix("Bearer ")
    if name not in {"alice", "bob"}:
        raise Unrecognised("not alice, not bob")
    return System(name, name, frozenset({"07V"}), frozenset(), frozenset({Scope.APPLICATIONS}))


SampleCallerDep = Annotated[Caller, Depends(sample_caller)]
Note = Annotated[str, PathParameter(pattern="^[a-z]{1,10}$")]
ValidateOnly = Annotated[bool, Query(alias="validateOnly")]
router = APIRouter(prefix="/v1/samples", route_class=StrictRoute)


def perform(session: Session, title: str | None, *, is_rehearsal: bool = False) -> NoteOut:
    """Something that leaves a trace in the log, which counts how often it was done."""
    if not is_rehearsal:
        ledger.append_written(session, [Entry("log.opened", {})], at=NOW)
    return NoteOut(note_id="one", title=title, seen_at=NOW, log_size=ledger.head(session).size)


@router.post("/notes", status_code=201, response_model=NoteOut, responses=responses_for(400, 401, 409, 422))
@transactional
def write_note(
    body: NoteIn, caller: SampleCallerDep, transaction: TransactionDep, *, validate_only: ValidateOnly = False
) -> Answer:
    note = perform(transaction.session, body.title, is_rehearsal=validate_only)
    if body.title == "conflict":
        raise WrongState("It is decided.", extra={"state": "decided", "allowed": ["read"]})
    location = "/v1/samples/notes/one"
    return Answer(note, 201, version_tag(3), location, reference="one", ods_code="07V")


@router.post("/keyed", status_code=201, response_model=NoteOut)
@transactional(key="needed")
def write_keyed(
    body: LooseIn, caller: SampleCallerDep, transaction: TransactionDep, *, validate_only: ValidateOnly = False
) -> Answer:
    return Answer(perform(transaction.session, body.title, is_rehearsal=validate_only), 201)


@router.post("/loose", status_code=201, response_model=NoteOut)
@transactional
def write_loose(caller: SampleCallerDep, transaction: TransactionDep, body: LooseIn | None = None) -> Answer:
    return Answer(perform(transaction.session, body.title if body else None), 201)


@router.patch("/notes/{note}", response_model=NoteOut)
@transactional
def patch_note(
    note: Note,
    body: Annotated[dict[str, Any], MergePatch],
    expected: IfMatchDep,
    caller: SampleCallerDep,
    transaction: TransactionDep,
) -> Answer:
    expected.check(3)
    return Answer(perform(transaction.session, f"{note} {sorted(body)}"), etag=version_tag(4))


@router.delete("/notes/{note}", status_code=204, response_model=None)
@transactional
def delete_note(note: Note, caller: SampleCallerDep, transaction: TransactionDep) -> Answer:
    perform(transaction.session, note)
    return Answer(None, 204)


@router.get("/notes/{note}", response_model=NoteOut)
@private_read
def read_note(note: Note, caller: SampleCallerDep, snapshot: SnapshotDep) -> Answer:
    if note == "foreign":
        raise NotFound("This one belongs to somebody else.")
    if note == "broken":
        raise ZeroDivisionError("a secret of the inside")
    return Answer(NoteOut(note_id=note, title=None, seen_at=None, log_size=0), etag=version_tag(3))


@router.get("/status", response_model=NoteOut)
@private_read(polled=True)
def read_status(caller: SampleCallerDep, snapshot: SnapshotDep) -> Answer:
    return Answer(NoteOut(note_id="one", title=None, seen_at=None, log_size=0), etag=version_tag(3))


@router.get("/rows", response_model=RowsOut)
@public_read(offers=("json", "csv", "ndjson"))
def list_rows(
    request: Request,
    snapshot: SnapshotDep,
    wanted: FormatDep,
    *,
    limit: LimitDep,
    cursor: CursorDep,
    levels: Annotated[str | None, Query(alias="level", max_length=100)] = None,
) -> Public | Table[str] | Lines:
    chosen = comma_list(levels, Level, parameter="level")
    rows = [str(level) for level in chosen or Level]
    if wanted == "csv":
        return Table(COLUMNS, rows)
    if wanted == "ndjson":
        return Lines(RowsOut(results=[row], next_cursor=None) for row in rows)
    digest = query_digest(request)
    start = (read_cursor(cursor, digest, shape=(int,)) or [0])[0]
    end = start + limit
    going_on = write_cursor([end], digest) if end < len(rows) else None
    return Public(RowsOut(results=rows[start:end], next_cursor=going_on), next_link(request, going_on))


@router.get("/large")
@public_read
def read_large(snapshot: SnapshotDep) -> RowsOut:
    return RowsOut(results=["x" * 100] * 20, next_cursor=None)


def may_see(session: Session, caller: Caller, reference: str | None, ods_code: str | None) -> None:
    """In the samples a note belongs to alice."""
    if reference is not None and caller.key != "client:alice":
        raise NotFound("Not yours.")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'register.db'}")
    made.make_file()
    SQLModel.metadata.create_all(made.engine)
    with made.writing() as session:
        session.connection().execute(insert(tables.LogHead).values(id=1, size=0, public_sequence=0))
    yield made
    made.close()


@pytest.fixture
def app(database: Database, tmp_path: Path) -> FastAPI:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'register.db'}", public_url=BASE)
    made = create_app(settings, database=database, clock=lambda: NOW)
    made.state.check_may_see = may_see
    made.include_router(router, generate_unique_id_function=lambda route: route.name)
    return made


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=BASE, follow_redirects=False)


def log_size(database: Database) -> int:
    with database.reading() as session:
        return ledger.head(session).size
