"""The register from 2015 to the end of CCGs, act by act over HTTP: applications each winter, mergers each 1 April.

Files are imported as the operator's command does it, each as much of our own as could have been told on its day
(``years_told``). Who applies, and what is decided, is made up (``years_cast``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.casework.registration import register_person
from app.commands.organisations import take_over
from app.rules.deadlines import start_of
from tests.api import succession
from tests.api.post_decision import Decided, decided, discharged, noticed, recorded_as, revoked, ticked
from tests.api.steps import CLIENT_OF, PANEL_OF, announced, recorded, registered, signed_off, submitted
from tests.api.years_cast import APPLICATIONS, LATE, MET, NEVER_SIGNED, NOTICE, REVOKED, TAKEN, Asked, Taken
from tests.api.years_told import written
from tests.world import World, outcome

Row = dict[str, Any]
APRILS = [date(year, 4, 1) for year in range(2015, 2023)]
THE_END = date(2022, 7, 1)
DAYS = [*APRILS, THE_END]
BEGINNING = date(2014, 10, 1)
# The file that tells of a merger comes in February, and that of the end in May.
FILES = {date(day.year, day.month - 2, 1): day for day in DAYS}
# One support unit speaks for every CCG of 2013.
UNIT = "support-unit"
MADE_UP = "Made up for a test"
ONE_DAY = timedelta(days=1)
# Who asks for a day long after is told every end that is known.
LONG_AFTER = date(2030, 1, 1)


@dataclass
class Turn:
    """What the register said about one day: of what it would bring, on the day itself, and three weeks later."""

    unaware: Row
    kept: Row
    ahead: Row
    eve: list[Row]
    on_day: list[Row]
    again: Row
    before: dict[str, Row]
    opened: dict[str, Row]
    later: list[Row] = field(default_factory=list)


@dataclass
class Years:
    """The world in which it is played, what was decided in it, and what it said of each turn.

    ``directories`` are the bodies as they were known once a file had told of what a day brings, by that day;
    ``known_to`` is by the day of the file. ``origins`` are the bodies of 2013 that each holder of a grant stands for.
    """

    world: World
    directory: Path
    decisions: dict[str, Decided] = field(default_factory=dict)
    regions: set[str] = field(default_factory=set)
    turns: dict[date, Turn] = field(default_factory=dict)
    directories: dict[date, list[Row]] = field(default_factory=dict)
    known_to: dict[date, str] = field(default_factory=dict)
    origins: dict[str, set[str]] = field(default_factory=dict)

    # --- the calendar ---------------------------------------------------------------------------

    def play(self) -> "Years":
        """Everything, in the order of its days."""
        self._begin()
        for april in APRILS:
            self._autumn(april.year - 1)
            if april.year < THE_END.year:
                self._winter(f"{april.year}-{(april.year + 1) % 100}", april)
            self._turn(april)
        self._turn(THE_END)
        return self

    def _begin(self) -> None:
        self._at(BEGINNING)
        for subject, role in (("national-1", "national"), ("national-2", "national"), ("admin-1", "admin")):
            self._register(subject, role)
        self._import(BEGINNING, BEGINNING)
        self._know()
        registered(self.world, UNIT, ["applications"], ods_codes=self._open())

    def _autumn(self, year: int) -> None:
        """Conditions that were met, notices and revocations, each on its day."""
        acts = [(day, code) for days in (MET, NOTICE, REVOKED) for code, day in days.items() if day.year == year]
        for day, code in sorted(acts):
            self._at(day)
            at, eve = self.decisions[code], f"{year + 1}-03-31"
            if code in MET:
                self._meet(at)
            elif code in NOTICE:
                noticed(self.world, at, lastDay=eve)
            else:
                revoked(self.world, at, lastDay=eve)

    def _meet(self, at: Decided) -> None:
        """Every condition is met that is open."""
        for condition in recorded_as(self.world, at, "national-1")["conditions"]:
            discharged(self.world, at, condition["id"])

    def _winter(self, round_id: str, april: date) -> None:
        """A round: planned in October, applied for and decided in December, announced and signed in January."""
        self._at(date(april.year - 1, 10, 2))
        self._plan(round_id, april)
        self._at(date(april.year - 1, 12, 15))
        for asked in APPLICATIONS:
            if asked.round_id == round_id:
                self._decide(asked, april)
        self._at(date(april.year, 1, 15))
        announced(self.world, round_id)
        for asked in APPLICATIONS:
            if asked.round_id == round_id and asked.outcome != "rejected":
                self._sign(code for code in asked.members if code not in NEVER_SIGNED)

    def _turn(self, day: date) -> None:
        """A file tells what the day brings; it is looked at, proposed and confirmed; then the day comes."""
        told = next(told for told, cut in FILES.items() if cut == day)
        self._at(told - ONE_DAY)
        unaware = succession.previewed(self.world, day)
        self._at(told)
        self._import(told, day)
        self._at(told + timedelta(days=37))
        kept = succession.previewed(self.world, day)
        self._move_on([each for each in kept["items"] if each["odsCode"] not in LATE], day)
        ahead = succession.previewed(self.world, day)
        self._at(day)
        self._know()
        self.turns[day] = Turn(unaware, kept, ahead, *self._said_of(day, kept))
        self._at(day + timedelta(days=20))
        self._move_on([each for each in kept["items"] if each["odsCode"] in LATE], day)
        self.turns[day].later = self._in_force(day)

    # --- acts -----------------------------------------------------------------------------------

    def _at(self, day: date) -> None:
        self.world.clock.move_to(start_of(day))
        ticked(self.world)

    def _import(self, told: date, cut: date) -> None:
        file = written(self.directory / f"{told}", cut)
        take_over(self.world.database, file, at=self.world.clock.at, as_at=told)
        self.known_to[told] = self._get("/v1/organisations?limit=1")["knownTo"]
        self.directories[cut] = list(self._all(f"/v1/organisations?on={LONG_AFTER}&kind=ccg,icb&limit=200"))

    def _know(self) -> None:
        """Panels for the regions of today, and which panel and which system each CCG has."""
        for row in self._all("/v1/organisations?open=true&limit=200"):
            CLIENT_OF[row["odsCode"]] = UNIT
            PANEL_OF[row["odsCode"]] = region = row["region"]["code"]
            if region not in self.regions:
                self.regions.add(region)
                for number in (1, 2):
                    self._register(f"{region}-panel-{number}", "panel", region)

    def _register(self, subject: str, role: str, *regions: str) -> None:
        with self.world.database.writing() as session:
            register_person(
                session,
                issuer=self.world.settings.development_issuer,
                subject=subject,
                name=f"{subject} (made up)",
                role=role,
                regions=list(regions),
                interests=[],
                actor="test",
                at=self.world.clock.at,
            )

    def _plan(self, round_id: str, april: date) -> None:
        first, last = f"{april.year - 1}-10-02", f"{april - ONE_DAY}"
        plan = {
            "roundId": round_id,
            "title": f"{round_id}. {MADE_UP}",
            "kind": "real",
            "coverage": "complete",
            "opensOn": first,
            "deadlines": {"delegated": last, "joint": last},
            "closesOn": last,
            "startsOn": f"{april}",
            "countedOn": f"{april}",
            "source": MADE_UP,
        }
        answer = self.world.person("admin-1").put(f"/v1/rounds/{round_id}", plan, If_None_Match="*")
        assert answer.status_code == 201, answer.text

    def _decide(self, asked: Asked, april: date) -> None:
        """Applied for, recorded and signed off."""
        said = {}
        if asked.outcome == "conditional":
            condition = {"text": MADE_UP, "reasonCode": "governance", "dueOn": f"{april.year + 1}-09-30"}
            said = {"conditions": [condition]}
        at = submitted(self.world, *asked.members, level=asked.level, round_id=asked.round_id)
        at = recorded(self.world, at, *(outcome(code, asked.outcome, **said) for code in asked.members))
        at = signed_off(self.world, at, "national-1" if asked.level == "delegated" else at.panel(2))
        self.decisions.update({code: decided(at.reference, code) for code in asked.members})

    def _sign(self, codes: Iterable[str], version: str = '"v2"') -> None:
        """Both have signed: what was just announced is at its second version, what followed a merger at its first."""
        body = {"state": "signed", "signedOn": f"{self.world.clock.at.date()}"}
        for code in codes:
            where = f"{self.decisions[code].where}/agreement"
            answer = self.world.person("national-1").put(where, body, if_match=version)
            assert answer.status_code == 200, answer.text

    def _move_on(self, items: list[Row], day: date) -> None:
        """What these bodies get is proposed by one person and confirmed by another, all of them together."""
        if not items:
            return
        taken = {each["odsCode"]: TAKEN.get(each["odsCode"]) or _as_proposed(each["proposed"]) for each in items}
        asked = [
            succession.item(code, each.level, each.agreement, **({"reason": each.reason} if each.reason else {}))
            for code, each in taken.items()
        ]
        succession.confirmed(self.world, succession.proposed(self.world, *asked, on=day))
        for code, each in taken.items():
            if each.level != "none":
                self.decisions[code] = Decided(f"S{day}-{code}", code)
                if each.agreement == "awaited":
                    self._sign([code], '"v1"')

    # --- what it says ---------------------------------------------------------------------------

    def _said_of(self, day: date, kept: Row) -> tuple[list[Row], list[Row], Row, dict[str, Row], dict[str, Row]]:
        """What the public reads of the eve and of the day, on the day itself, and what NHS England sees of it."""
        eve = day - ONE_DAY
        before = [each["odsCode"] for item in kept["items"] for each in item["predecessors"]]
        of_eve, of_day = self._in_force(eve), self._in_force(day)
        for code in {row["odsCode"] for row in (*of_eve, *of_day)} - self.origins.keys():
            self.origins[code] = self._origins(code)
        return (
            of_eve,
            of_day,
            succession.previewed(self.world, day),
            {code: self._get(f"/v1/approvals/{code}?on={eve}") for code in before},
            {item["odsCode"]: self._get(f"/v1/approvals/{item['odsCode']}") for item in kept["items"]},
        )

    def _origins(self, code: str) -> set[str]:
        """The bodies of 2013 that a body stands for, by its lineage."""
        found = self._get(f"/v1/organisations/{code}/lineage")
        return {each["odsCode"] for each in (found, *found["before"]) if each["openedOn"] == "2013-04-01"}

    def _in_force(self, day: date) -> list[Row]:
        return list(self._all(f"/v1/approvals?on={day}&limit=200"))

    def _open(self) -> list[str]:
        return [row["odsCode"] for row in self._all("/v1/organisations?open=true&limit=200")]

    def _all(self, path: str) -> Iterator[Row]:
        """Every row of a list, page by page."""
        page = self._get(path)
        yield from page["results"]
        while page["nextCursor"]:
            page = self._get(f"{path}&cursor={page['nextCursor']}")
            yield from page["results"]

    def _get(self, path: str) -> Row:
        answer = self.world.public.get(path)
        assert answer.status_code == 200, answer.text
        found: Row = answer.json()
        return found


def _as_proposed(level: str) -> Taken:
    return Taken(level, None, None if level == "none" else "novated")
