"""The demo as a newcomer makes it, asked in the same process."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from app.commands.demo import demo_settings, prepare
from app.main import create_app
from app.records.session import Database

STARTED_AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Everybody, before a demo that nobody changes."""
    directory = tmp_path_factory.mktemp("truth")
    settings = demo_settings(directory, 8000)
    prepare(directory, settings, STARTED_AT)
    database = Database(settings.database_url)
    yield TestClient(
        create_app(settings, database=database, clock=lambda: STARTED_AT), base_url="http://127.0.0.1:8000"
    )
    database.close()
