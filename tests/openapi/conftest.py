"""The document that this commit serves."""

from typing import Any

import pytest

from app.commands.documents import openapi_document


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    return openapi_document()
