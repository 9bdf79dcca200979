"""What the service's login needs on PostgreSQL: to read everything, to add to the log, to change what follows from it.

Nothing here is for SQLite, whose file has one owner. Which right each table needs was found by serving every act with a
login that had no other.
"""

from collections.abc import Sequence

from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import TextClause, text

from app.records import tables
from app.records.session import Session

METADATA = tables.LogEntry.metadata
VERSION_TABLE = "alembic_version"
# Migrations alone write these.
READ = frozenset({VERSION_TABLE, "reason_codes"})
ADDED_TO = frozenset({"log_entries", "log_private", "log_checkpoints"})
COUNTED = frozenset({"log_head"})
FORGOTTEN = frozenset({"stored_answers", "used_assertions"})
# Rows leave these: what an entry replaces, and what may be forgotten.
REMOVED_FROM = frozenset({"application_members", "recommendations", "organisation_facts", "announcement_previews"})
RESERVED = frozenset({"public", "none", "current_user", "current_role", "session_user"})
LONGEST_NAME = 63

_MISSING = text("""
    SELECT wanted.name, wanted.needed
    FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) WITH ORDINALITY AS wanted (name, needed, place)
    WHERE to_regclass(quote_ident(wanted.name)) IS NULL
    OR NOT has_table_privilege(to_regclass(quote_ident(wanted.name)), wanted.needed)
    ORDER BY wanted.place""")
# Whoever owns a table has every right to it, and cannot be limited.
_NEEDLESS = text("""
    SELECT given.name, given.held
    FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) WITH ORDINALITY AS given (name, held, place)
    JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(given.name))
    WHERE has_table_privilege(pg_class.oid, given.held) AND NOT pg_has_role(pg_class.relowner, 'MEMBER')
    ORDER BY given.place""")
_WHERE = text("SELECT current_schema(), current_database(), current_user")
_ROLE = text("SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :role")


class UnfitRole(Exception):
    """Rights cannot be given to this role, or mean nothing to it."""


def of_table(table: str) -> tuple[str, ...]:
    """The rights that the service's login needs on a table."""
    if table in READ:
        return ("SELECT",)
    if table in ADDED_TO:
        return ("SELECT", "INSERT")
    if table in COUNTED:
        return ("SELECT", "UPDATE")
    if table in FORGOTTEN:
        return ("SELECT", "INSERT", "DELETE")
    return ("SELECT", "INSERT", "UPDATE", "DELETE") if table in REMOVED_FROM else ("SELECT", "INSERT", "UPDATE")


def missing(session: Session) -> list[str]:
    """The rights that the login of a session lacks, in words. Empty if it has all, and on SQLite."""
    return _found(session, _MISSING, [(table, right) for table in _names() for right in of_table(table)])


def needless(session: Session) -> list[str]:
    """The rights to change and remove that the login has and serving does not need, in words.

    It has them on tables that came with an upgrade, until the statements are written anew. Empty for an owner.
    """
    changing = ("INSERT", "UPDATE", "DELETE")
    return _found(
        session,
        _NEEDLESS,
        [(table, right) for table in _names() for right in changing if right not in of_table(table)],
    )


def _found(session: Session, query: TextClause, asked: Sequence[tuple[str, str]]) -> list[str]:
    """Those of some rights to tables that a query finds, in words. None on SQLite."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return []
    given = {"tables": [table for table, _ in asked], "rights": [right for _, right in asked]}
    found: dict[str, list[str]] = {}
    for table, right in connection.execute(query, given):
        found.setdefault(table, []).append(right)
    return [f"{', '.join(rights)} on {table}" for table, rights in found.items()]


def grants(session: Session, role: str) -> list[str]:
    """The statements that give a role these rights and no other. The owner of the tables runs them.

    They also cover tables that later releases bring, which the service may then change as it likes until they are
    written anew. Raises UnfitRole.
    """
    connection = session.connection()
    _check_name(role)
    schema, database, owner = connection.execute(_WHERE).one()
    is_above: bool | None = connection.execute(_ROLE, {"role": role}).scalar_one_or_none()
    if is_above:
        raise UnfitRole(f"{role} owns the tables or is a superuser, so it can do everything whatever is granted")
    to, place = Identifier(role), Identifier(schema)
    start = [] if is_above is False else [SQL("CREATE ROLE {} LOGIN").format(to)]
    statements = [
        *start,
        SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(database), to),
        SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, to),
        SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(place, to),
        *(_grant(of_table(table), SQL("TABLE {}").format(Identifier(schema, table)), to) for table in _names()),
        SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(Identifier(owner), place, to),
    ]
    return [f"{each.as_string()};" for each in statements]


def _names() -> Sequence[str]:
    return sorted([*METADATA.tables, VERSION_TABLE])


def _grant(rights: Sequence[str], what: Composed, to: Identifier) -> Composed:
    return SQL("GRANT {} ON {} TO {}").format(SQL(", ").join(map(SQL, rights)), what, to)


def _check_name(role: str) -> None:
    if role in RESERVED or role.startswith("pg_"):
        raise UnfitRole(f"{role} means something else to PostgreSQL: name another role")
    if not role.isprintable() or not 0 < len(role.encode()) <= LONGEST_NAME:
        raise UnfitRole(f"a role's name has 1 to {LONGEST_NAME} bytes and no control characters")
