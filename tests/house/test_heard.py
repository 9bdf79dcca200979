"""``docs/heard.md`` has a row for every field that is accepted and for every private word that is kept."""

import re
from pathlib import Path

from app.commands.documents import openapi_document
from app.rules.promises import PROMISED

HEARD = (Path(__file__).parent.parent.parent / "docs" / "heard.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^\| `([a-z_.]+)` \| `(\w+)` \| ([a-z, ]+) \|$", re.MULTILINE)
FIELD = re.compile(r"^\| `(\w+In)\.(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_every_private_word_has_its_row() -> None:
    rows = {(kind, member): set(readers.split(", ")) for kind, member, readers in ENTRY.findall(HEARD)}

    assert rows == {
        (kind, member): {str(reader) for reader in readers}
        for kind, members in PROMISED.items()
        for member, readers in members.items()
    }


def test_every_field_of_every_body_has_its_row() -> None:
    schemas = openapi_document()["components"]["schemas"]
    accepted = [
        (name, member) for name in schemas if name.endswith("In") for member in schemas[name].get("properties", {})
    ]

    rows = [(schema, member) for schema, member, _, _ in FIELD.findall(HEARD)]

    assert sorted(rows) == sorted(accepted)
    assert [row for row in FIELD.findall(HEARD) if not row[2].strip() or not row[3].strip()] == []
