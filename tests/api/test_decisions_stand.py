"""``register organisations import``: a file may not make a decision in effect false. That is corrected first."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from app.commands import organisations
from app.commands.organisations import Correction
from tests.api.post_decision import Decided, corrected, decided
from tests.api.steps import At, announced, granted, log_size, made_round, recorded, registered, signed_off
from tests.api.succession import held, item, looked, moved_on
from tests.world import REASON, World, application, outcome

HEADER = "ods_code,ons_code,name,area_team,region_ods_code,opened_on,closed_on,successor\n"
HACKNEY = "07T,E38000035,NHS City and Hackney CCG,,Y56,2013-04-01,"
OPENS = date(2020, 4, 1)
CALLED_OFF = f"{HACKNEY},\n"
FIRST_TEN = "00C, 00D, 00J, 00K, 00L, 00M, 00N, 00P, 00Q, 00R"
FIRST = "Correct that decision first."

# What an import comes to: its exit code, and what it says on either stream.
Came = tuple[int, str, str]
Import = Callable[..., Came]


def merger(opens: str, closes: str) -> str:
    return f"{HACKNEY}{closes},99X\n99X,,NHS Hackney and More CCG,,Y56,{opens},,\n"


PLANNED, PUT_OFF = merger("2020-04-01", "2020-03-31"), merger("2020-10-01", "2020-09-30")


@pytest.fixture
def world(sqlite_world: World) -> World:
    """It is summer 2019, and 07T is to become 99X in spring."""
    sqlite_world.clock.move_to(datetime(2019, 6, 1, 12, tzinfo=UTC))
    return sqlite_world


@pytest.fixture
def imported(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    """Import rows of our own layout at the world's time, with ``--correct`` for some codes."""
    file = tmp_path / "file.csv"

    def importing(rows: str, *codes: str, as_at: date = date(2019, 4, 2), dry_run: bool = False) -> Came:
        file.write_text(HEADER + rows, encoding="utf-8")
        capsys.readouterr()  # what the server said before
        correction = Correction(codes, "It was put off.") if codes else None
        try:
            found = organisations.take_over(
                world.database, file, at=world.clock.at, as_at=as_at, dry_run=dry_run, correction=correction
            )
        except typer.Exit as ended:
            code = ended.exit_code
        else:
            code = 0
            organisations._show(found, dry_run=dry_run)  # noqa: SLF001 - what the command shows
        said = capsys.readouterr()
        return code, said.out, said.err.replace(f"{file}:", "")

    return importing


def assert_held_back(
    world: World, imported: Import, rows: str, codes: tuple[str, ...], faults: list[str], **given: Any
) -> None:
    """Refused with these faults, ``--correct`` or not said for show, and nothing is written."""
    before = log_size(world)

    shown, refused = (imported(rows, *codes, dry_run=is_dry, **given) for is_dry in (True, False))

    assert shown == refused == (1, "", "".join(f"{each}\n" for each in faults))
    assert log_size(world) == before


def applied(world: World) -> At:
    """99X applied before it opens, and what was decided is embargoed."""
    days: dict[str, Any] = dict.fromkeys(("delegated_deadline", "joint_deadline"), date(2019, 12, 1))
    made_round(
        world,
        "2020-21",
        **days,
        opens_on=date(2019, 5, 1),
        closes_on=date(2020, 1, 1),
        counted_on=date(2019, 6, 1),
        starts_on=OPENS,
    )
    registered(world, "new", ["applications"], ods_codes=["99X", "07T"])
    sent = world.system("new").post("/v1/applications", application("99X", round_id="2020-21"))
    assert sent.status_code == 201, sent.text
    at = At(sent.headers["location"], sent.headers["etag"], ("99X",))
    return signed_off(world, recorded(world, at, outcome("99X", "approved")))


def succeeded(world: World, imported: Import) -> Decided:
    """07T holds something, and it moves on to 99X."""
    days: dict[str, Any] = dict.fromkeys(("delegated_deadline", "joint_deadline"), date(2019, 6, 2))
    made_round(
        world,
        "2019-20",
        **days,
        opens_on=date(2019, 5, 1),
        closes_on=date(2019, 6, 3),
        counted_on=date(2019, 6, 1),
        starts_on=date(2019, 7, 1),
    )
    at = granted(world, "07T", round_id="2019-20")
    held(world, decided(at.reference, "07T"))
    imported(PLANNED)
    looked(world, date(2020, 1, 1))
    return moved_on(world, item("99X"), on=OPENS)


def test_a_body_does_not_come_to_open_after_what_it_was_granted_starts(world: World, imported: Import) -> None:
    imported(PLANNED)
    at = applied(world)
    fault = f"3: 99X is granted delegated from 2020-04-01 by {at.reference}-99X, before it would open. {FIRST}"

    assert_held_back(world, imported, PUT_OFF, ("99X", "07T"), [fault])
    announced(world, "2020-21")
    assert_held_back(world, imported, PUT_OFF, ("99X", "07T"), [fault])
    plain = imported(PUT_OFF)

    assert plain[2].splitlines() == [
        "2: 07T closed on 2020-03-31, and on 2020-09-30 here",
        fault,
        "3: 99X opened on 2020-04-01, and on 2020-10-01 here",
    ]


def test_it_may_once_the_decision_is_corrected(world: World, imported: Import) -> None:
    imported(PLANNED)
    at = applied(world)
    announced(world, "2020-21")
    rejected = {"outcome": "rejected", "reasons": [REASON]}
    corrected(world, decided(at.reference, "99X"), rejected)

    code, out, err = imported(PUT_OFF, "99X", "07T")

    assert (code, out.splitlines()) == (
        0,
        ["~ 07T: closedOn 2020-03-31 → 2020-09-30, facts", "~ 99X: openedOn 2020-04-01 → 2020-10-01, facts"],
    )
    assert err.splitlines() == [
        "note: 07T closed on 2020-03-31, and on 2020-09-30 here (corrected)",
        "note: 99X opened on 2020-04-01, and on 2020-10-01 here (corrected)",
        f"partial: nothing is said of 190 of 191 open CCGs ({FIRST_TEN}, …), so knownTo stays as it is",
        "0 new, 2 changed, 0 unchanged",
    ]
    assert world.public.get("/v1/organisations/99X").json()["openedOn"] == "2020-10-01"


def test_a_merger_is_not_undone_or_put_off_after_something_moved_on(world: World, imported: Import) -> None:
    succeeded(world, imported)
    held_by_it = f"07T held what S2020-04-01-99X goes on with. {FIRST}"
    too_early = f"99X is granted delegated from 2020-04-01 by S2020-04-01-99X, before it would open. {FIRST}"

    for day in (date(2019, 4, 2), date(2019, 5, 1)):
        assert_held_back(world, imported, CALLED_OFF, ("07T",), [f"2: {held_by_it}"], as_at=day)
    assert_held_back(world, imported, PUT_OFF, ("99X", "07T"), [f"2: {held_by_it}", f"3: {too_early}"])


@pytest.mark.parametrize("day", [date(2019, 4, 2), date(2019, 5, 1)])
def test_it_is_undone_once_what_moved_on_is_corrected(world: World, imported: Import, day: date) -> None:
    at = succeeded(world, imported)
    corrected(world, at, {"outcome": "rejected", "reasons": [REASON]})

    undone = imported(CALLED_OFF, "07T", as_at=day)

    assert undone[:2] == (0, "~ 07T: closedOn 2020-03-31 → none, successor 99X → none, facts\n")
    assert world.public.get("/v1/organisations/07T").json()["closedOn"] is None
