"""A connection that ends between the pool and its user: the database did not answer, and nothing else is said."""

from typing import Any

import pytest
from sqlalchemy import event

from app.records.session import Database, DatabaseUnavailable


def test_a_connection_that_ends_as_it_is_handed_out_is_no_answer(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    database.ping()

    def end(connection: Any, *_: Any) -> None:
        connection.close()

    event.listen(database.engine, "checkout", end)
    try:
        with pytest.raises(DatabaseUnavailable):
            database.ping()
    finally:
        event.remove(database.engine, "checkout", end)
    database.ping()
    database.close()
