"""Long acts: for how long each holds the writers' lock, and for how long another writer waits meanwhile.

``python -m bench.long_acts [ROUNDS]`` announces 2,000 decisions on made-up CCGs, and imports the files of
``app/reference``, each into a new SQLite file, or into the empty database that ``REGISTER_DATABASE_URL`` names, which
must be wiped between runs (``ROUNDS`` is 1 there). Prints medians, and what ``verify`` says of the log.
"""

import gc
import os
import secrets
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from time import perf_counter, process_time
from typing import NamedTuple

from app import reference
from app.api.schemas.announcements import AnnouncementOut
from app.casework import announcing
from app.casework.rounds import put_round
from app.commands import history, organisations
from app.commands.history_files import FACT_COLUMNS
from app.records import assertions, idempotency, ledger, migrations, places
from app.records.audit.verification import verify
from app.records.entries import AnyEntry
from app.records.entries.applications import ApplicationCreated, ApplicationSubmitted
from app.records.entries.decisions import DecisionSignedOff
from app.records.entries.places import OrganisationChanged
from app.records.idempotency import IdempotencyScope, StoredResponse
from app.records.session import Database, Session
from app.rules.bodies import DatedFact
from app.rules.callers import Person, Scope
from app.rules.lifecycle import State
from app.rules.outcomes import ChosenBy, Condition, Reason, granted_level
from app.rules.rounds import RoundPlan
from app.rules.words import Level, Outcome
from app.web.transactions import Answer

DECISIONS, IN_ONE_ACT, PATIENCE = 2_000, 200, 60.0
BEFORE, AT = datetime(2030, 2, 1, 12, tzinfo=UTC), datetime(2030, 3, 1, 12, tzinfo=UTC)
OPENED = date(2013, 4, 1)
ROUND = RoundPlan(
    round_id="2030-31",
    title="Made up to measure",
    kind="real",
    coverage="complete",
    opens_on=date(2029, 11, 1),
    delegated_deadline=date(2030, 1, 9),
    joint_deadline=date(2030, 1, 30),
    closes_on=date(2030, 3, 31),
    starts_on=date(2030, 4, 1),
    counted_on=date(2030, 2, 18),
)
DIGITS = "0123456789ABCDEFGHJKLMNPQRSTUVWXY"
OUTCOMES = (Outcome.APPROVED, Outcome.CONDITIONAL, Outcome.REJECTED, Outcome.DOWNGRADED_TO_JOINT)
SAID = {"summary": "Made up to measure. " * 30}


class Held(NamedTuple):
    """For how long an act held the lock, another writer waited, and the CPU time of this process meanwhile."""

    seconds: float
    waited: float
    cpu: float


# --- the made-up decisions ----------------------------------------------------------------------


def codes() -> list[str]:
    """An ODS code for each made-up CCG."""
    size = len(DIGITS)
    return ["ZZ" + DIGITS[n // size // size] + DIGITS[n // size % size] + DIGITS[n % size] for n in range(DECISIONS)]


def fill(database: Database) -> None:
    """Bring 2,000 applications of one CCG each to their sign-off, in acts of 200 entries."""
    with database.writing() as session:
        put_round(session, ROUND, actor="bench", at=BEFORE)
    for make in (_ccg, _created, _submitted, _signed_off):
        for start in range(0, DECISIONS, IN_ONE_ACT):
            numbered = list(enumerate(codes()))[start : start + IN_ONE_ACT]
            with database.writing() as session:
                ledger.append(session, [make(number, code) for number, code in numbered], at=BEFORE)


def _ccg(_: int, code: str) -> AnyEntry:
    facts = (DatedFact(OPENED, None, f"NHS Made-up {code} CCG", None, "Y54", None),)
    return OrganisationChanged(
        ods_code=code,
        opened_on=OPENED,
        closed_on=None,
        successor=None,
        known_to=BEFORE.date(),
        facts=facts,
        body_kind=None,
        actor="b",
    )


def _created(_: int, code: str) -> AnyEntry:
    return ApplicationCreated(
        reference=f"bench-{code}",
        version=1,
        state=State.DRAFT,
        round_id=ROUND.round_id,
        requested_level=Level.DELEGATED,
        lead_ods_code=code,
        member_ods_codes=(code,),
        region_code="Y54",
        attribution={"name": "bench"},
        document=SAID,
        actor="bench",
    )


def _submitted(_: int, code: str) -> AnyEntry:
    return ApplicationSubmitted(
        reference=f"bench-{code}",
        version=2,
        state=State.SUBMITTED,
        round_id=ROUND.round_id,
        requested_level=Level.DELEGATED,
        lead_ods_code=code,
        member_ods_codes=(code,),
        region_code="Y54",
        is_first=True,
        first_submitted_at=BEFORE,
        ends_declarations=(),
        attribution={"name": "bench"},
        declared_by="bench",
        document=SAID,
        actor="bench",
    )


def _signed_off(number: int, code: str) -> AnyEntry:
    outcome = OUTCOMES[number % len(OUTCOMES)]
    level = granted_level(Level.DELEGATED, outcome)
    is_conditional, is_downgraded = outcome is Outcome.CONDITIONAL, outcome is Outcome.DOWNGRADED_TO_JOINT
    return DecisionSignedOff(
        reference=f"bench-{code}",
        ods_code=code,
        decision_id=f"bench-{code}-{code}",
        round_id=ROUND.round_id,
        name=f"NHS Made-up {code} CCG",
        region_code="Y54",
        area_team_code=None,
        requested_level=Level.DELEGATED,
        outcome=outcome,
        chosen_by=ChosenBy.CCG if is_downgraded else None,
        reasons=(Reason("other", "Made up."),) if is_downgraded or level is None else (),
        granted_level=level,
        effective_from=ROUND.starts_on if level else None,
        version=3,
        state=State.DECIDED,
        position=0,
        is_shown=False,
        conditions=(Condition("c1", "Made up.", "governance", date(2030, 3, 20)),) if is_conditional else (),
        decided_on=BEFORE.date(),
        signed_off_on=BEFORE.date(),
        recorded_by="panel",
        note=None,
        actor="bench",
    )


# --- the acts -----------------------------------------------------------------------------------


class Watched(Database):
    """A database that notes for how long its lock is held, and lets another writer come while it is."""

    seconds, waited = 0.0, 0.0

    @contextmanager
    def writing(self, patience: float = PATIENCE) -> Iterator[Session]:
        """The writers' lock. Another writer comes as soon as it is held."""
        with super().writing(patience) as session:
            start = perf_counter()
            other = Thread(target=self._write)
            other.start()
            yield session
        self.seconds = perf_counter() - start
        other.join()

    def _write(self) -> None:
        start = perf_counter()
        with super().writing(PATIENCE) as session:
            self.waited = perf_counter() - start
            assertions.use(session, "bench", secrets.token_hex(8), kept_until=AT, at=BEFORE)


def announce(database: Database) -> None:
    """What ``POST /v1/rounds/{roundId}/announcement`` does."""
    person = Person("bench", "bench", Scope.NATIONAL, frozenset(), frozenset())
    levels = [Level.DELEGATED, Level.JOINT]
    with database.reading() as session:
        expect = announcing.preview(session, ROUND.round_id, levels).set_digest
    with database.writing() as session:
        made = announcing.announce(
            session, ROUND.round_id, levels, expect=expect, announcement_id="bench", person=person, at=AT
        )
        answer = Answer(AnnouncementOut.of(made, places.region_names(session)), status=201)
        kept = StoredResponse(b"", None, None, answer.status, answer.headers(), answer.body())
        idempotency.store(session, IdempotencyScope("bench", "POST", "/", "key"), kept, at=AT)


def import_organisations(database: Database) -> None:
    """What ``register organisations import`` does."""
    organisations.take_over(database, Path(str(reference.ORGANISATIONS)), at=BEFORE)


def import_history(database: Database) -> None:
    """What ``register history import`` does."""
    history.take_over(database, Path(str(reference.KNOWN_ROUNDS)), at=BEFORE)


def import_past_decisions(database: Database) -> None:
    """What ``register history import`` does with a file of 2,000 decisions."""
    rows = [
        f"2015-16,a-{code.lower()},{code},NHS Made-up {code} CCG,"
        "delegated,approved,delegated,,,,2015-02-18,2015-04-01,signed,stated,made up\n"
        for code in codes()
    ]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "past.csv"
        file.write_text(",".join(FACT_COLUMNS) + "\n" + "".join(rows))
        history.take_over(database, file, at=AT)


def put_a_round(database: Database) -> None:
    """What ``register rounds put`` does."""
    with database.writing() as session:
        put_round(session, ROUND, actor="bench", at=BEFORE)


ACTS: dict[str, Callable[[Database], None]] = {
    "organisations import": import_organisations,
    "the same again": import_organisations,
    "rounds put": put_a_round,
    "history import": import_history,
    "the same once more": import_history,
    f"announcement of {DECISIONS}": announce,
    f"history of {DECISIONS}": import_past_decisions,
    f"history of {DECISIONS} again": import_past_decisions,
}


def held(database: Watched, act: Callable[[Database], None]) -> Held:
    """Do an act."""
    database.seconds = database.waited = 0.0
    start = process_time()
    act(database)
    return Held(database.seconds, database.waited, process_time() - start)


def measure(url: str) -> dict[str, Held]:
    """Every act once, in a new database."""
    database = Watched(url)
    migrations.upgrade(database)
    found = {}
    for what, act in ACTS.items():
        if act is announce:
            fill(database)
        found[what] = held(database, act)
    report = verify(database)
    sys.stdout.write(f"verify: {report.entries} entries, {'sound' if report.is_sound else report}\n")
    database.close()
    return found


def main(rounds: int) -> None:
    """Measure and print."""
    # As ``app.serving`` does.
    gc.freeze()
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "register.db").touch()
            found.append(measure(os.environ.get("REGISTER_DATABASE_URL", f"sqlite:///{directory}/register.db")))
    for what in ACTS:
        seconds, waited, cpu = (statistics.median(each) for each in zip(*(run[what] for run in found), strict=True))
        sys.stdout.write(f"{what:24} held {seconds:6.3f} s, another waited {waited:6.3f} s, {cpu:6.3f} CPU s\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
