"""The database of the commit before, d1816db: the present code finds it sound, and goes on writing in it."""

import json
from pathlib import Path

from app.records.audit.verification import verify
from tests.api import steps
from tests.api.conftest import SettledWorld
from tests.api.post_decision import ticked
from tests.api.steps import At
from tests.commands.conftest import Register
from tests.nets.before import COMMIT, ENTRIES, KEPT, LOG_KEY, PUBLIC_SEQUENCE, REVISION, unpack
from tests.nets.entries import GOLDEN, lines_of, written_in

LARGEST = 300_000


def test_the_database_is_small_and_says_where_it_comes_from() -> None:
    assert KEPT.stat().st_size <= LARGEST
    assert COMMIT in (__doc__ or "")


def test_the_database_stands_as_it_was_packed(tmp_path: Path) -> None:
    run = Register(database_url=f"sqlite:///{unpack(tmp_path)}")

    assert run("db", "current").out == f"{REVISION}\n"


def test_verify_finds_the_database_sound(tmp_path: Path) -> None:
    run = Register(database_url=f"sqlite:///{unpack(tmp_path)}")

    assert run("db", "upgrade").code == 0
    said = run("verify", "--key", LOG_KEY, "--json")

    assert (said.code, json.loads(said.out)) == (
        0,
        {"sound": True, "entries": ENTRIES, "publicSequence": PUBLIC_SEQUENCE, "faults": []},
    )
    assert run("db", "check").code == 0


def test_the_database_holds_the_golden_entries(tmp_path: Path) -> None:
    assert lines_of(written_in(unpack(tmp_path))) == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_what_was_decided_before_functions_were_kept_grants_those_of_its_proposal(before: SettledWorld) -> None:
    rows = before.public.get("/v1/decisions?limit=200").json()["results"]

    found = {each["grantedLevel"]: each["functions"] for each in rows if each["origin"] == "casework"}
    assert found == {"delegated": ["gms_pms_apms_contracts", "new_practices"], "joint": [], None: []}


def test_what_was_under_way_goes_on(before: SettledWorld) -> None:
    """A draft is submitted, and what was scheduled is published; all of it is sound."""
    answer = before.system("bradford-districts").get("/v1/applications?state=draft")
    [draft] = answer.json()["results"]
    steps.handed_in(before, At(draft["href"], "", ("02R",)))
    before.clock.move_by(days=200)
    done = {each.what: each.number for each in ticked(before)}

    assert done["decisions announced"] == 1
    assert verify(before.database).faults == ()
