"""Files as the Organisation Data Service (ODS) publishes them (``eccg.csv``), made up after its layout.

What stands in them follows from the register's own files, with the oddities that real ones have: names in capitals,
``&`` for *and*, an opening day of its own for 13T, codes that are never closed, closed codes that stay, mergers told
some weeks before, area teams that are not known, and rows that are of no CCG at all.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import cache

from app import reference
from app.casework.organisations import FileSays
from app.commands.ods_files import read_eccg
from app.commands.own_files import read_beside, read_own, read_places
from app.records.places import PlacesStated
from app.rules.bodies import BodyKind, OrganisationRecord, TeamDays, records_of
from app.rules.contradictions import NEVER_CLOSED, OPENED_ON

FOUR_WEEKS = timedelta(days=28)
DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        *("2013-05-01", "2014-12-05", "2015-06-01", "2016-02-01", "2017-06-01", "2018-03-15"),
        *("2018-11-01", "2019-04-15", "2020-04-20", "2021-05-04", "2022-08-01", "2024-12-02"),
    )
)
# A few bodies in which everything happens: mergers of 2015, 2018, 2020 and 2021, a rename, moved regions, no end.
FEW = frozenset(
    {
        *("00F", "00G", "00H", "13T", "01H", "01K", "02N", "02W", "02R", "36J", "10G", "10T", "11C", "15D"),
        *("07P", "07W", "W2U3Z", "05D"),
    }
)
NO_CCGS = (("13Q", "H"), ("W9X1Y", "RO218"), ("Y9Z", "RO319"), ("X2C", "RO327"), ("99W", ""))


def line(
    code: str,
    name: str,
    region: str = "Y57",
    team: str = "",
    *,
    opened: str = "20130401",
    closed: str = "",
    sub_type: str = "C",
    amended: str = "",
) -> str:
    """A line as the ODS writes it: 27 columns, each in quotes."""
    cells = [code, name, region, team, "STREET", "", "", "TOWN", "", "AB1 2CD", opened, closed, "", sub_type]
    cells += [*[""] * 7, amended, *[""] * 5]
    return ",".join(f'"{cell}"' for cell in cells) + "\r\n"


@cache
def shipped() -> FileSays:
    """What the register's own files say."""
    files = read_beside(reference.ORGANISATIONS, reference.ORGANISATIONS.read_text(encoding="utf-8"))
    return read_own(files, PlacesStated({}, {}), as_at=None).says


@cache
def places() -> PlacesStated:
    """The regions and area teams of the register's own files."""
    return read_places(read_beside(reference.ORGANISATIONS, ""))


def teams() -> Mapping[str, TeamDays]:
    """The days of area teams, as the register's own files tell them."""
    return {code: TeamDays(team.valid_from, team.last_day) for code, team in places().area_teams.items()}


@cache
def true_bodies() -> Mapping[str, OrganisationRecord]:
    """The bodies as the register's own files tell them."""
    return records_of(shipped().statements, teams())


def published(day: date, codes: Collection[str] | None = None) -> str:
    """The ODS's file of a day: of all CCGs, or of these only."""
    bodies = [each for each in true_bodies().values() if each.kind is BodyKind.CCG]
    rows = [_line(each, day) for each in bodies if codes is None or each.ods_code in codes if _is_told(each, day)]
    others = [line(code, "NOT A CCG", "", sub_type=sub_type) for code, sub_type in NO_CCGS]
    return "".join([*rows, *others])


def said_in(day: date, codes: Collection[str] | None = None) -> FileSays:
    """What the ODS's file of a day says."""
    return read_eccg(published(day, codes), places(), as_at=None).says


def _differences(code: str) -> Iterable[str]:
    return (said for each in shipped().statements if each.ods_code == code for said in each.differences)


def _opened(body: OrganisationRecord) -> date:
    said = (each for each in _differences(body.ods_code) if each.startswith(OPENED_ON))
    return next((date.fromisoformat(each.removeprefix(OPENED_ON)) for each in said), body.opened_on)


def _is_told(body: OrganisationRecord, day: date) -> bool:
    return _opened(body) <= day + FOUR_WEEKS


def _closed(body: OrganisationRecord, day: date) -> date | None:
    """The last day, as soon as the body that follows is told."""
    successor = true_bodies().get(body.successor or "")
    if successor is None or NEVER_CLOSED in _differences(body.ods_code) or not _is_told(successor, day):
        return None
    return body.closed_on


def _line(body: OrganisationRecord, day: date) -> str:
    fact, closed = body.fact_on(day), _closed(body, day)
    name = fact.name if day.year % 2 else fact.name.upper().replace(" AND ", " & ")
    team = fact.area_team_code or ("Q99" if day.year < 2020 else "QE1")  # then partnerships have Q codes
    opened, ended = (f"{each:%Y%m%d}" if each else "" for each in (_opened(body), closed))
    return line(body.ods_code, name, fact.region_code, team, opened=opened, closed=ended, amended=f"{day:%Y%m%d}")
