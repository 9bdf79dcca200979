"""The reference data that acts refer to: reason codes, regions, area teams.

Regions and area teams are those of NHS England as the Organisation Data Service names them: the
four regions and 25 area teams of April 2013, and the teams that followed on 1 April 2015.
Contains public sector information licensed under the Open Government Licence v3.0
(NHS Digital Organisation Data Service; Office for National Statistics).
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

START = date(2013, 4, 1)
LAST_AREA_TEAM_DAY = date(2015, 3, 31)
LOCAL_TEAM_START = date(2015, 4, 1)

# code, label, description
REASONS = (
    ("capability_and_capacity", "Capability and capacity", "The people and skills to take the functions on."),
    ("leadership", "Leadership", "Uncertainty about the management or leadership of the CCG."),
    ("financial_position", "Financial position", "Current or planned financial performance."),
    ("cost_pressures", "Cost pressures", "Cost pressures that come with the functions."),
    ("business_rules", "Business rules", "NHS England's business rules for commissioners are not met."),
    ("governance", "Governance", "Committee, terms of reference or other governance arrangements."),
    ("conflicts_of_interest", "Conflicts of interest", "How conflicts of interest are managed."),
    ("constitution", "Constitution", "The CCG's constitution does not yet allow for the level."),
    ("member_engagement", "Member engagement", "The CCG's member practices have not agreed, or were not asked."),
    ("insufficient_time", "Insufficient time", "There was not enough time for the changes that were required."),
    ("special_measures", "Special measures", "The CCG is in special measures, or in a state akin to them."),
    ("other", "Other", "Another reason, given in the text."),
)
HISTORY_ONLY_REASONS = (("not_published", "Not published", "For past rounds only: no source gives a reason."),)
REGIONS = (
    ("Y54", "North of England"),
    ("Y55", "Midlands and East of England"),
    ("Y56", "London"),
    ("Y57", "South of England"),
)

# code, ONS code, name, region: to 31 March 2015
AREA_TEAMS = (
    ("Q44", "E39000001", "Cheshire, Warrington and Wirral", "Y54"),
    ("Q45", "E39000002", "Durham, Darlington and Tees", "Y54"),
    ("Q46", "E39000003", "Greater Manchester", "Y54"),
    ("Q47", "E39000004", "Lancashire", "Y54"),
    ("Q48", "E39000005", "Merseyside", "Y54"),
    ("Q49", "E39000006", "Cumbria, Northumberland, Tyne and Wear", "Y54"),
    ("Q50", "E39000007", "North Yorkshire and Humber", "Y54"),
    ("Q51", "E39000008", "South Yorkshire and Bassetlaw", "Y54"),
    ("Q52", "E39000009", "West Yorkshire", "Y54"),
    ("Q53", "E39000010", "Arden, Herefordshire and Worcestershire", "Y55"),
    ("Q54", "E39000011", "Birmingham and the Black Country", "Y55"),
    ("Q55", "E39000012", "Derbyshire and Nottinghamshire", "Y55"),
    ("Q56", "E39000013", "East Anglia", "Y55"),
    ("Q57", "E39000014", "Essex", "Y55"),
    ("Q58", "E39000015", "Hertfordshire and the South Midlands", "Y55"),
    ("Q59", "E39000016", "Leicestershire and Lincolnshire", "Y55"),
    ("Q60", "E39000017", "Shropshire and Staffordshire", "Y55"),
    ("Q64", "E39000019", "Bath, Gloucestershire, Swindon and Wiltshire", "Y57"),
    ("Q65", "E39000020", "Bristol, North Somerset, Somerset and South Gloucestershire", "Y57"),
    ("Q66", "E39000021", "Devon, Cornwall and Isles of Scilly", "Y57"),
    ("Q67", "E39000022", "Kent and Medway", "Y57"),
    ("Q68", "E39000023", "Surrey and Sussex", "Y57"),
    ("Q69", "E39000024", "Thames Valley", "Y57"),
)
# the two whose area stayed the same
LASTING_AREA_TEAMS = (
    ("Q71", "E39000018", "London", "Y56"),
    ("Q70", "E39000025", "Wessex", "Y57"),
)
# code, name, region: from 1 April 2015
LOCAL_TEAMS = (
    ("Q72", "Yorkshire and Humber", "Y54"),
    ("Q73", "Lancashire and Greater Manchester", "Y54"),
    ("Q74", "Cumbria and North East", "Y54"),
    ("Q75", "Cheshire and Merseyside", "Y54"),
    ("Q76", "North Midlands", "Y55"),
    ("Q77", "West Midlands", "Y55"),
    ("Q78", "Central Midlands", "Y55"),
    ("Q79", "East", "Y55"),
    ("Q80", "South West", "Y57"),
    ("Q81", "South East", "Y57"),
    ("Q82", "South Central", "Y57"),
)

reason_codes = sa.table(
    "reason_codes",
    sa.column("code", sa.String),
    sa.column("position", sa.Integer),
    sa.column("label", sa.String),
    sa.column("description", sa.String),
    sa.column("history_only", sa.Boolean),
)
regions = sa.table(
    "regions",
    sa.column("code", sa.String),
    sa.column("name", sa.String),
    sa.column("valid_from", sa.Date),
    sa.column("valid_to", sa.Date),
)
area_teams = sa.table(
    "area_teams",
    sa.column("code", sa.String),
    sa.column("ons_code", sa.String),
    sa.column("name", sa.String),
    sa.column("region_code", sa.String),
    sa.column("valid_from", sa.Date),
    sa.column("valid_to", sa.Date),
)

# table, and the columns that refer to its codes
REFERRERS = (
    (area_teams, (("organisation_facts", "area_team_code"), ("decisions", "area_team_code"))),
    (
        regions,
        (
            ("area_teams", "region_code"),
            ("organisation_facts", "region_code"),
            ("applications", "region_code"),
            ("decisions", "region_code"),
        ),
    ),
    (reason_codes, (("decision_reasons", "code"), ("decision_conditions", "reason_code"))),
)


def upgrade() -> None:
    rows = reference_rows()
    for table in (reason_codes, regions, area_teams):
        _add(table, rows[table.name])


def reference_rows() -> dict[str, list[dict[str, Any]]]:
    """What the reference tables hold from this revision on, by table; `register verify` compares."""
    started = {"valid_from": START, "valid_to": None}
    return {
        "reason_codes": list(_reason_rows()),
        "regions": [{"code": code, "name": name, **started} for code, name in REGIONS],
        "area_teams": list(_area_team_rows()),
    }


def downgrade() -> None:
    """Take out the rows that nothing refers to; the others stay, since facts rest on them."""
    for table, referrers in REFERRERS:
        statement = sa.delete(table)
        for name, column in referrers:
            used = sa.table(name, sa.column(column)).c[column]
            statement = statement.where(~sa.exists().where(used == table.c.code))
        op.get_bind().execute(statement)


def _add(table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose codes are not there: a downgrade may have left some."""
    present = set(op.get_bind().scalars(sa.select(table.c.code)))
    op.bulk_insert(table, [row for row in rows if row["code"] not in present])


def _reason_rows() -> Iterator[dict[str, Any]]:
    for position, (code, label, description) in enumerate((*REASONS, *HISTORY_ONLY_REASONS)):
        yield {
            "code": code,
            "position": position,
            "label": label,
            "description": description,
            "history_only": position >= len(REASONS),
        }


def _area_team_rows() -> Iterator[dict[str, Any]]:
    for teams, last_day in ((AREA_TEAMS, LAST_AREA_TEAM_DAY), (LASTING_AREA_TEAMS, None)):
        for code, ons_code, name, region in teams:
            yield {**_team(code, name, region), "ons_code": ons_code, "valid_from": START, "valid_to": last_day}
    for code, name, region in LOCAL_TEAMS:
        yield {**_team(code, name, region), "ons_code": None, "valid_from": LOCAL_TEAM_START, "valid_to": None}


def _team(code: str, name: str, region: str) -> dict[str, Any]:
    return {"code": code, "name": name, "region_code": region}
