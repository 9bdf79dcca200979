"""The CCGs and past rounds as they were known on 1 April 2019, from which most tests start.

What the register knows now (``app/reference``) has tests of its own.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from app.commands.own_files import OwnFiles, read_own
from app.records import places
from app.records.session import Session
from app.rules.bodies import DatedFact, OrganisationRecord, TeamDays, records_of

ORGANISATIONS = Path(__file__).parent / "organisations.csv"
EVENTS = Path(__file__).parent / "organisation_events.csv"
PAST_ROUNDS = Path(__file__).parent / "past_rounds.csv"
KNOWN_ROUNDS = Path(__file__).parent / "known_rounds.csv"
REPORTED_TOTALS = Path(__file__).parent / "reported_totals.csv"
KNOWN_TO = date(2019, 4, 1)


def ccgs_of_2019(session: Session) -> list[OrganisationRecord]:
    """Every CCG that had opened by then, in the order of the file, without the sources of single facts."""
    files = OwnFiles(ORGANISATIONS.read_text(encoding="utf-8"), EVENTS.read_text(encoding="utf-8"))
    known = places.stated(session)
    found = read_own(files, known, as_at=KNOWN_TO)
    teams = {code: TeamDays(team.valid_from, team.last_day) for code, team in known.area_teams.items()}
    records = records_of(found.says.statements, teams)
    return [
        replace(records[code], facts=tuple(replace(fact, source=None) for fact in records[code].facts))
        for code in found.lines
    ]


def one_ccg(
    ods_code: str,
    name: str,
    region_code: str,
    *,
    known_to: date,
    area_team_code: str | None = None,
    opened_on: date = date(2013, 4, 1),
    closed_on: date | None = None,
) -> OrganisationRecord:
    """A CCG of which one fact is known."""
    fact = DatedFact(opened_on, closed_on, name, None, region_code, area_team_code)
    return OrganisationRecord(ods_code, opened_on, closed_on, None, known_to, (fact,))
