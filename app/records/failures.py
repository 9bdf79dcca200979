"""How a database fails, and what that means in one line for whoever runs it."""

import re
import sqlite3
from typing import Any

from psycopg.errors import DiskFull, QueryCanceled
from sqlalchemy.exc import DBAPIError

NO_ANSWER = "the database does not answer"
LOCKED = "somebody else holds the database's lock"
NO_FILE = "the database's file is not there"
LONGEST = 300

# SQLite cannot even read if it finds no room for the file that its readers share.
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
# PostgreSQL's own words. If it speaks another language, its first line stands for itself.
_WORDS = (
    (r'password authentication failed for user "(.*?)"', 'PostgreSQL refuses the password of the login "{}"'),
    (r"no password supplied", "PostgreSQL wants a password, and the address has none"),
    (r'role "(.*?)" does not exist', 'PostgreSQL has no login "{}"'),
    (r'role "(.*?)" is not permitted to log in', 'PostgreSQL does not let "{}" log in'),
    (r'database "(.*?)" does not exist', 'PostgreSQL has no database "{}"; its owner makes it with createdb'),
    (r'permission denied for database "(.*?)"', 'the login may not CONNECT to the database "{}"'),
    (r"FATAL: +(.*)", "PostgreSQL says: {}"),
    (
        r"resolve host|translate host|not known|No address|name resolution",
        "there is no host of this name, or no name server answers",
    ),
    (r"refused|timeout|timed out|in time|No such file|unreachable|No route", "nobody answers at this address"),
    (rf"{NO_FILE}", f"{NO_FILE}; `register db upgrade` makes a new one"),
    (r"unable to open", "the file cannot be opened: look at its rights, those of its directory, and the disk's room"),
    (r"locked", LOCKED),
)


def why(error: Exception) -> str:
    """Why a database does not work, as far as its driver says, in one line without a secret."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, QueryCanceled):
        return LOCKED
    if is_about_room(cause):
        return "the database's disk is full"
    for pattern, words in _WORDS:
        found = re.search(pattern, str(cause))
        if found:
            return words.format(*found.groups())[:LONGEST]
    return NO_ANSWER


def missing_right(error: DBAPIError) -> str:
    """The right that a login lacks, in words."""
    statement = " ".join((error.statement or "").split())
    verbs = [verb for verb in ("INSERT", "UPDATE", "DELETE") if re.search(rf"\b{verb}\b", statement)] or ["SELECT"]
    said = str(error.orig).splitlines()[0]
    return f"the login lacks a right ({said}; needed: {' and '.join(verbs)})"


def is_about_room(error: Any) -> bool:
    """Whether a driver's error says that the disk is full."""
    return isinstance(error, DiskFull) or getattr(error, "sqlite_errorcode", None) in _FULL
