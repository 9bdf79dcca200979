"""The schema that the revisions make is the one that the tables describe, on both databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, select, text

from app.casework.organisations import FileSays, import_file, import_organisations
from app.records import migrations
from app.records.audit.rebuilding import UnreadableLog
from app.records.audit.verification import verify
from app.records.changes import table_of
from app.records.entries.places import AreaTeamStated, RegionStated
from app.records.session import Database
from app.records.tables import AreaTeam, LogEntry, LogHead, ReasonCode, Region
from app.rules.bodies import SaidBy, Statement
from app.rules.words import HISTORY_ONLY_REASONS, REASONS
from tests import facts as then
from tests.facts import one_ccg
from tests.past import decision, declaration, import_own_files, projected, say
from tests.records import post_decision
from tests.records.acting import Steps, system

# The past is told in years after those of the casework.
pytestmark = pytest.mark.usefixtures("clocks_go_back")
METADATA = LogEntry.metadata
AT = datetime(2018, 11, 1, 9, 30, tzinfo=UTC)

CATALOGUE = {
    "sqlite": """
        SELECT name, sql FROM sqlite_master
         WHERE name NOT LIKE 'sqlite_%' AND name <> 'alembic_version' AND type <> 'trigger'
    """,
    "postgresql": """
        SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
        UNION ALL SELECT indexname, indexdef FROM pg_indexes
         WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION ALL SELECT table_name || '.' || column_name,
               concat_ws(' ', data_type, is_nullable, column_default, collation_name) FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    """,
}


def catalogue(database: Database) -> set[tuple[str, str]]:
    """What the database itself says of its schema, in no order.

    SQLite keeps the words of the statements: a column that was added stands behind the last one, on its line.
    """
    with database.reading() as session:
        rows = session.connection().execute(text(CATALOGUE["sqlite" if database.is_sqlite else "postgresql"]))
        return {
            (name, part.strip(" \t,"))
            for name, definition in rows
            for line in definition.replace('"', "").splitlines()
            for part in line.split(", ")
        }


def change(database: Database, statement: Callable[[Connection], object] | str) -> None:
    with database.engine.begin() as connection:
        if isinstance(statement, str):
            connection.exec_driver_sql(statement)
        else:
            statement(connection)


def fill(database: Database) -> None:
    slough = one_ccg(
        "10T", "NHS Slough CCG", "Y57", area_team_code="Q69", closed_on=date(2018, 3, 31), known_to=date(2018, 11, 1)
    )
    with database.writing() as session:
        import_organisations(session, [slough], actor="test", at=AT)


def reference_codes(database: Database) -> list[list[str]]:
    with database.reading() as session:
        tables = ("reason_codes", "regions", "area_teams")
        rows = [session.connection().execute(text(f"SELECT code FROM {table} ORDER BY code")) for table in tables]  # noqa: S608 (our own names)
        return [[code for (code,) in each] for each in rows]


# A file that says something of a body, a region and an area team.
RENAMED = FileSays(
    date(2014, 5, 1),
    (Statement("05C", SaidBy.ODS, date(2014, 5, 1), date(2014, 5, 1), name="NHS New CCG", opened_on=date(2013, 4, 1)),),
    (RegionStated("Y57", "South of England", "E40000004", date(2013, 4, 1), date(2018, 3, 31), ("Y58",), "ONS"),),
    (AreaTeamStated("Q75", "Cheshire and Merseyside", None, "Y54", date(2015, 4, 1), None, date(2019, 3, 31), "ODS"),),
)


def reference_rows(database: Database) -> list[list[tuple[object, ...]]]:
    with database.reading() as session:
        tables = [table_of(model) for model in (ReasonCode, Region, AreaTeam)]
        return [[*map(tuple, session.connection().execute(select(table).order_by(table.c.code)))] for table in tables]


def test_a_migrated_database_is_at_the_newest_revision_and_has_not_drifted(database: Database) -> None:
    assert migrations.current_revision(database) == migrations.expected_revision() == "0015"
    assert migrations.drift(database) == []


def test_the_revisions_make_exactly_what_the_tables_describe(database: Database) -> None:
    migrated = catalogue(database)
    migrations.downgrade(database, "base")

    METADATA.create_all(database.engine)

    assert migrated == catalogue(database)
    assert len(migrated) > len(METADATA.tables)


def test_every_revision_goes_down_and_up_again_on_a_filled_database(database: Database) -> None:
    fill(database)
    reference, schema = reference_rows(database), catalogue(database)

    migrations.downgrade(database, "0001")
    left = reference_codes(database)
    migrations.upgrade(database)

    assert left == [[], ["Y57"], ["Q69"]]
    assert reference_rows(database) == reference
    assert (verify(database).entries, verify(database).faults) == (2, ())

    migrations.downgrade(database, "base")
    assert migrations.current_revision(database) is None
    assert catalogue(database) == set()
    migrations.upgrade(database)

    assert catalogue(database) == schema
    assert reference_rows(database) == reference
    assert (verify(database).entries, verify(database).faults) == (0, ())


# --- a register with a past, down and up again -----------------------------------------------------


@pytest.fixture
def lived_in(world_url: str) -> Iterator[Database]:
    """A register in which the past was taken over and corrected, and casework is under way."""
    database = Database(world_url)
    steps = Steps(database)
    import_own_files(database, then.KNOWN_ROUNDS, then.REPORTED_TOTALS)
    with database.writing() as session:
        say(session, decision("02W", "rejected"), declaration("01H", declared_on=None), decision("10G", "conditional"))
    with database.writing() as session:
        import_file(session, RENAMED, actor="test", at=steps.clock.at)
    steps.apply("10J", round_id="trial")
    steps.withdraw(steps.apply("10H", round_id="trial"), system("10H"), "Too early.")
    yield database
    database.close()


def counted(database: Database, *tables: str) -> list[int | None]:
    with database.engine.connect() as connection:
        return [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables]  # noqa: S608


def test_what_the_schema_before_cannot_hold_is_gone_below_and_back_above(lived_in: Database) -> None:
    before, schema, held = projected(lived_in), catalogue(lived_in), ("declarations", "decision_conditions", "rounds")
    there = counted(lived_in, *held)

    migrations.downgrade(lived_in, "0002")
    left = counted(lived_in, *held)
    migrations.upgrade(lived_in)

    assert (there, left) == ([3, 2, 4], [2, 0, 4])
    assert projected(lived_in) == before
    assert catalogue(lived_in) == schema
    assert migrations.drift(lived_in) == []
    assert verify(lived_in).faults == ()


def test_what_came_after_a_decision_is_gone_below_and_back_above(lived_in: Database) -> None:
    post_decision.tell_all(lived_in)
    before, schema, known = projected(lived_in), catalogue(lived_in), reference_rows(lived_in)
    held = ("announcements", "decision_conditions", "applications")
    there = counted(lived_in, *held)

    migrations.downgrade(lived_in, "0003")
    left = counted(lived_in, *held)
    migrations.upgrade(lived_in)

    assert [name for name, rows in before.items() if not rows] == []
    assert (there, left) == ([5, 9, 8], [4, 6, 8])
    assert (projected(lived_in), reference_rows(lived_in)) == (before, known)
    assert catalogue(lived_in) == schema
    assert migrations.drift(lived_in) == []
    assert verify(lived_in).faults == ()


@pytest.mark.parametrize("revision", ["0002", "0001"])
def test_what_came_after_a_decision_comes_back_from_further_below_too(lived_in: Database, revision: str) -> None:
    post_decision.tell_all(lived_in)
    before, known = projected(lived_in), reference_rows(lived_in)

    migrations.downgrade(lived_in, revision)
    migrations.upgrade(lived_in)

    assert (projected(lived_in), reference_rows(lived_in)) == (before, known)
    assert verify(lived_in).faults == ()


@pytest.mark.parametrize("revision", ["0003", "0002", "0001"])
def test_going_down_leaves_the_schema_that_going_up_makes(database: Database, revision: str) -> None:
    migrations.downgrade(database, revision)
    left = catalogue(database)
    migrations.downgrade(database, "base")

    migrations.upgrade(database, revision)

    assert left == catalogue(database)


def test_a_lived_in_register_comes_back_from_the_first_revision_too(lived_in: Database) -> None:
    before, known = projected(lived_in), reference_rows(lived_in)

    migrations.downgrade(lived_in, "0001")
    migrations.upgrade(lived_in, "0002")
    migrations.upgrade(lived_in)

    assert (projected(lived_in), reference_rows(lived_in)) == (before, known)
    assert verify(lived_in).faults == ()


def test_a_round_whose_days_are_not_known_lasts_no_day_below(lived_in: Database) -> None:
    migrations.downgrade(lived_in, "0002")

    with lived_in.engine.connect() as connection:
        rows = connection.execute(text("SELECT opens_on, closes_on, starts_on FROM rounds WHERE round_id = '2016-17'"))
        assert {str(day) for row in rows for day in row} == {"2016-04-01"}


def test_an_upgrade_folds_the_log_and_so_undoes_what_was_edited_below(lived_in: Database) -> None:
    before = projected(lived_in)
    migrations.downgrade(lived_in, "0002")
    change(lived_in, "UPDATE approvals SET level = 'joint'")
    change(lived_in, "DELETE FROM declarations")

    migrations.upgrade(lived_in)

    assert projected(lived_in) == before


def test_an_upgrade_that_changes_nothing_folds_nothing(lived_in: Database) -> None:
    change(lived_in, "UPDATE rounds SET title = 'Edited'")

    migrations.upgrade(lived_in)

    assert {row["title"] for row in projected(lived_in)["rounds"]} == {"Edited"}


def test_an_upgrade_that_cannot_fold_the_log_changes_nothing(lived_in: Database) -> None:
    migrations.downgrade(lived_in, "0002")
    change(lived_in, "UPDATE log_entries SET kind = 'weather.changed', body = '{}' WHERE \"index\" = 7")
    before, held = catalogue(lived_in), ("rounds", "declarations", "decisions", "decision_conditions", "log_entries")
    there = counted(lived_in, *held)

    with pytest.raises(UnreadableLog, match=r"^entry 7: "):
        migrations.upgrade(lived_in)

    assert migrations.current_revision(lived_in) == "0002"
    assert catalogue(lived_in) == before
    assert counted(lived_in, *held) == there


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DROP INDEX ix_applications_round", "ix_applications_round"),
        ("ALTER TABLE rounds ADD COLUMN remark VARCHAR", "remark"),
        ("CREATE TABLE notes (note VARCHAR)", "notes"),
        ("DROP TABLE stored_answers", "stored_answers"),
    ],
)
def test_a_schema_changed_by_hand_is_found(database: Database, statement: str, found: str) -> None:
    change(database, statement)

    assert any(found in difference for difference in migrations.drift(database))


def test_a_check_taken_out_by_hand_is_found(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    change(database, "ALTER TABLE rounds DROP CONSTRAINT ck_rounds_kind_known")
    change(database, "ALTER TABLE regions ADD CONSTRAINT ck_regions_mine CHECK (name <> '')")

    found = migrations.drift(database)

    database.close()
    assert found == [
        "regions: the check ck_regions_mine is unknown",
        "rounds: the check ck_rounds_kind_known is missing",
    ]


def test_a_failing_revision_leaves_nothing_behind(database: Database) -> None:
    migrations.downgrade(database, "base")
    change(database, "CREATE TABLE announcement_previews (note VARCHAR)")
    before = catalogue(database)

    with pytest.raises(Exception, match="already exists"):
        migrations.upgrade(database)

    assert catalogue(database) == before
    assert migrations.current_revision(database) is None


def test_the_reason_codes_are_the_words_of_the_rules(database: Database) -> None:
    table = table_of(ReasonCode)
    with database.reading() as session:
        rows = session.connection().execute(select(table).order_by(table.c.position)).all()

    assert [tuple(row) for row in rows] == [
        (word.code, position, word.label, word.description, word.code in HISTORY_ONLY_REASONS)
        for position, word in enumerate(REASONS)
    ]


def test_the_four_regions_have_their_area_teams(database: Database) -> None:
    _, regions, teams = reference_rows(database)

    assert [tuple(row[:2]) for row in regions] == [
        ("Y54", "North of England"),
        ("Y55", "Midlands and East of England"),
        ("Y56", "London"),
        ("Y57", "South of England"),
    ]
    ended = [team for team in teams if team[5] is not None]
    assert (len(teams), len(ended), {team[5] for team in ended}) == (36, 23, {date(2015, 3, 31)})
    assert [team[0] for team in teams if team[5] is None and team[4] == date(2013, 4, 1)] == ["Q70", "Q71"]


def test_a_new_log_is_empty(database: Database) -> None:
    with database.reading() as session:
        assert [tuple(row) for row in session.connection().execute(select(table_of(LogHead)))] == [(1, 0, 0)]
