"""An operator's whole day by `docs/operating.md`: its commands as they stand there, on PostgreSQL, in production mode.

``python -m bench.operators_day`` needs nginx and openssl on the PATH, and what pip needs to install the lock. It takes
the commands out of the document. What it changes in them is where things are (``PLACES``) and what the document leaves
open (FILE, OLD_KID …), each named at its call. Two things stand in for others: a process of ours for systemd, and
`register db downgrade` for a release of the revision before. It prints what ran and what did not, and ends with 1 as
soon as anything comes out otherwise than the document says.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from app.access.keys import generate_pair
from app.commands.demo_round import trial_plan
from app.rules.deadlines import london_day
from bench.operators_callers import BODY, ISSUER, Callers, round_document
from bench.operators_document import Document
from bench.operators_machine import (
    PASSWORD,
    ROOT,
    SECONDS_FOR_A_COMMAND,
    Machine,
    Wrong,
    issuer,
    machine,
    proxy,
)

NOT_RUN = {
    "docker ": "needs a Docker engine",
    "register clock accept": "needs a clock that ran ahead: tests/commands/test_proof.py",
}
LINES_OF_THE_LOG = 20
REFERENCE = ROOT / "app/reference"
# Every CCG is closed, so a made-up body stands where the document has 07L.
TRIAL_BODY = f"""ods_code,kind,ons_code,name,area_team,region_ods_code,opened_on,closed_on,successor
{BODY},trial,,Trial body of an operator's day (made up),,Y56,2026-01-01,,
"""
INSTEAD = {"07L": BODY}


@dataclass
class Seat:
    """Where somebody works, with what they have typed there first."""

    machine: Machine
    directory: Path
    first: list[str] = field(default_factory=list)

    def run(self, written: str, *, answer: str = "", fails: bool = False, **places: Any) -> str:
        """Run a command of the document; ``places`` stand for the words that it leaves open. What it wrote."""
        begun = monotonic()
        if written.startswith("systemctl "):
            self.machine.systemctl(written.removeprefix("systemctl ").removesuffix(" approvals-register"))
            out = ""
        else:
            out = self._run_in_a_shell(written, self._placed(written, places), answer=answer, fails=fails)
        print(f"{monotonic() - begun:5.1f} s  {written}", flush=True)  # noqa: T201  what it is for
        return out

    def _placed(self, written: str, places: dict[str, Any]) -> str:
        command = self.machine.placed(written)
        for word, value in places.items():
            command = command.replace(word, str(value))
        return command

    def _run_in_a_shell(self, written: str, command: str, *, answer: str, fails: bool) -> str:
        """Each command has a shell of its own, in which what sets the shell up is said again."""
        if written.startswith(("export ", "set -a", "umask ")):
            self.first.append(command)
        done = subprocess.run(  # noqa: S603  the document's own
            ["/bin/bash", "-euo", "pipefail", "-c", "\n".join([*self.first, command])],
            cwd=self.directory,
            env=self.machine.environment(),
            input=answer,
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_A_COMMAND,
            start_new_session=True,  # without a terminal psql takes a password from its input
            check=False,
        )
        if (done.returncode != 0) is not fails:
            raise Wrong(f"{written}\n{command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


@dataclass
class Day:
    """The document, the machine, and everybody's place at it."""

    document: Document
    machine: Machine
    callers: Callers

    def __post_init__(self) -> None:
        self.checkout = Seat(self.machine, self.machine.directory / "checkout")
        self.owner = Seat(self.machine, self.machine.directory / "owner")
        self.user = Seat(self.machine, self.machine.state)
        self.owner.directory.mkdir()
        _copy_checkout(self.checkout.directory)

    def commands(self, heading: str, *beginnings: str) -> Iterator[str]:
        """Commands of the document, to be run in this order."""
        return self.document.take(heading, *beginnings)

    def run(self, seat: Seat, heading: str, *beginnings: str, **places: Any) -> None:
        """Run several commands, in which words are replaced."""
        for each in self.commands(heading, *beginnings):
            seat.run(each, **places)

    def one(self, seat: Seat, beginning: str, *, heading: str = "Commands", answer: str = "", **places: Any) -> str:
        """Run one command, in which words are replaced."""
        [written] = self.commands(heading, beginning)
        return seat.run(written, answer=answer, **places)

    def checked(self) -> None:
        """The settings, the database and the log are as they should be."""
        self.one(self.user, "register check; register verify")


def install(day: Day) -> None:
    """The wheel, settings, keys, the owner's part, the service."""
    day.run(day.checkout, "Installing", "python -m pip wheel", "python -m venv")
    day.run(day.checkout, "Installing", "/opt/register/bin/pip install --require", "/opt/register/bin/pip install --no")
    authority = "\nREGISTER_CA_FILE=/etc/register/ca.pem\n"
    day.machine.put("register.env", "/etc/register/register.env", authority)
    day.machine.put(
        "approvals-register.service", f"{day.machine.directory}/etc/systemd/system/approvals-register.service"
    )
    day.run(day.user, "Installing", "openssl", "register log-key new")
    day.run(day.owner, "PostgreSQL", "export", "createdb", "register db upgrade", "register db grants")
    day.one(day.owner, "psql register", heading="PostgreSQL", answer=f"{PASSWORD}\n{PASSWORD}\n")
    day.run(day.user, "Installing", "set -a", "register check", "systemctl enable")
    list(day.commands("Commands", "register serve --host"))  # it is the unit's command


def fill(day: Day) -> None:
    """Organisations, rounds, past rounds, a CCG's system and people."""
    day.run(day.user, "Installing", "register organisations import")
    bodies = day.machine.directory / "trial-body.csv"
    bodies.write_text(TRIAL_BODY, "utf-8")
    day.one(day.user, "register organisations import", FILE=f"--as-at {datetime.now(UTC):%Y-%m-%d} {bodies}")
    for file in ("past_rounds.csv", "reported_totals.csv", "known_rounds.csv"):
        day.one(day.user, "register history import", FILE=REFERENCE / file)
    plan_round(day)
    (day.user.directory / "ccg-07l-public.pem").write_bytes(day.callers.new_key())
    day.run(
        day.user,
        "Commands",
        "register clients add ",
        *(f"register people add --issuer {ISSUER} --subject {each}" for each in (1234, 5678)),
        **INSTEAD,
    )


def plan_round(day: Day, **changed: str) -> None:
    """A trial round that takes applications today."""
    plan = trial_plan("trial", london_day(datetime.now(UTC)))
    file = day.machine.directory / "round.json"
    file.write_text(json.dumps({**round_document(plan), **changed}), "utf-8")
    day.one(day.user, "register rounds put", FILE=file)


def main_job(day: Day) -> None:
    """What the register is for, through nginx."""
    day.callers.main_job()


def back_up_and_upgrade(day: Day) -> None:
    """A backup, then an upgrade over one revision."""
    day.run(day.owner, "Backups", "umask", "pg_dump")
    day.checked()
    day.user.run("systemctl stop approvals-register")
    # In the place of the release before: its schema.
    before = sorted(each.name[:4] for each in (ROOT / "migrations/versions").glob("[0-9]*.py"))[-2]
    day.owner.run(f"register db downgrade {before} --yes")
    day.user.run("register check", fails=True)
    day.run(
        day.checkout,
        "Upgrading",
        "python -m pip",
        "/opt/register/bin/pip install --r",
        "/opt/register/bin/pip install --n",
    )
    day.run(day.owner, "Upgrading", "register db upgrade", "register db grants")
    day.run(day.user, "Installing", "register check")
    day.user.run("systemctl start approvals-register")
    day.checked()
    day.callers.is_published()


def restore(day: Day) -> None:
    """Today's backup in the place of the database, and what was known outside it."""
    day.run(day.owner, "Backups", "pg_dump")
    kept = day.machine.directory / "checkpoint"
    kept.write_text(day.callers.checkpoint(), "utf-8")
    day.user.run("systemctl stop approvals-register")
    day.run(day.owner, "Backups", "psql postgres", "createdb", "pg_restore", "register db grants")
    day.one(day.user, "register verify --since", OLD_CHECKPOINT=kept)
    day.checked()
    day.user.run("systemctl start approvals-register")
    day.callers.is_published()


def rotate(day: Day) -> None:
    """The log's key, the token key, and a client's key, without a gap and after a leak."""
    day.run(day.user, "Backups", "umask")
    day.run(day.user, "The log's key", "register log-key new", "cat", "systemctl restart")
    exchange_key(day, "register clients add-key")
    day.callers.sign_agreement()
    day.callers.wait_for_signatures(2)
    day.run(day.user, "The log's key", "(head", "systemctl restart")
    old = day.callers.token()
    day.run(day.user, "The token key")
    day.callers.is_refused(old)
    day.callers.token()
    day.run(day.user, "Commands", "register clients disable")
    day.callers.has_no_token()
    exchange_key(day, "register clients end-key")
    plan_round(day, title="Another title")
    day.callers.wait_for_signatures(1)
    day.checked()


def exchange_key(day: Day, beginning: str) -> None:
    """A new key for the CCG's system in the place of its old one."""
    old = day.callers.kid
    (day.user.directory / "new.pem").write_bytes(day.callers.new_key())
    day.one(day.user, beginning, OLD_KID=old)
    day.callers.token()


def change(day: Day) -> None:
    """A merger, people who move and go, a redaction, and a memory that was lost."""
    day.run(day.user, "Commands", "register clients change", "register tick", **INSTEAD)
    people = json.loads(day.user.run("register people list --json"))
    [panel] = [each["personId"] for each in people if each["role"] == "panel"]
    for beginning in ("register people change", "register people end"):
        day.one(day.user, beginning, PERSON_ID=panel)
    index = index_of_words(day)
    day.one(day.user, "register log show", **{"412": index})
    day.one(day.owner, "register redact", answer="y\n", **{"412": index})
    day.user.run("systemctl stop approvals-register")
    for memory in day.machine.state.glob("log-key.memory*"):
        memory.unlink()
    day.one(day.user, "register log-key recall", answer="y\n")
    day.user.run("systemctl start approvals-register")
    day.checked()


def index_of_words(day: Day) -> str:
    """An entry of the application that has a private part, found as the document says."""
    private = "SELECT max(index) FROM log_private JOIN log_entries USING (index)"
    return day.owner.run(f"psql register -Atc \"{private} WHERE reference = '{day.callers.reference}'\"").strip()


def _copy_checkout(target: Path) -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    for name in filter(None, files.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)


def live_through(day: Day) -> None:
    """Every step of the day, in order. Ends with 1, and the end of the service's log, if one comes out otherwise."""
    for step in (install, fill, main_job, back_up_and_upgrade, restore, rotate, change):
        print(f"--- {step.__name__}")  # noqa: T201
        try:
            step(day)
        except (Wrong, LookupError, subprocess.TimeoutExpired) as wrong:
            log = day.machine.directory / "service.log"
            said = log.read_text("utf-8").splitlines()[-LINES_OF_THE_LOG:] if log.exists() else []
            sys.exit("\n".join([*said, f"WRONG: {wrong}"]))


def tell_what_was_left(document: Document) -> bool:
    """Print what was not run and why. Whether that is known of each."""
    is_known = True
    for each in document.left():
        reason = next((why for beginning, why in NOT_RUN.items() if each.startswith(beginning)), None)
        print(f"not run: {each} ({reason or 'NOBODY SAYS WHY'})")  # noqa: T201
        is_known = is_known and reason is not None
    return is_known


def main() -> None:
    """Live through the day. Ends with 1 if a command of the document was neither run nor is named as not run."""
    begun = monotonic()
    people = generate_pair("RS512")
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as running:
        here = running.enter_context(machine(Path(scratch)))
        running.enter_context(issuer(here, {**people.public_jwk, "alg": "RS256"}))
        running.enter_context(proxy(here))
        day = Day(Document.read(ROOT / "docs/operating.md"), here, Callers(here, people))
        live_through(day)
    is_whole = tell_what_was_left(day.document)
    print(f"{len(day.document.taken)} commands ran as written, {monotonic() - begun:.0f} s")  # noqa: T201
    sys.exit(0 if is_whole else 1)


if __name__ == "__main__":
    main()
