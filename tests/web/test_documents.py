"""What documents may hold, and how faults are told."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.conftest import ALICE

NOT_A_MEMBER = "Is not known here. The members here are title, text, level, dueOn, seenAt, link, odsCodes, inner."
NOTES = "/v1/samples/notes"


def test_every_fault_of_a_document_is_told_at_once(client: TestClient) -> None:
    document = {"Title": "a", "level": "all", "dueOn": 3, "odsCodes": ["07V", "x"], "inner": {"share": 1}, "a/b~c": 1}

    answer = client.post(NOTES, json=document, headers=ALICE)

    assert answer.status_code == 422
    assert answer.json() == {
        "type": "/problems/invalid-document",
        "title": "Invalid document",
        "status": 422,
        "detail": "The document is not what this address takes.",
        "instance": NOTES,
        "code": "invalid-document",
        "traceId": answer.headers["X-Request-ID"],
        "errors": [
            {"pointer": "/title", "detail": "Is required."},
            {
                "pointer": "/level",
                "detail": "Must be one of 'delegated', 'joint', 'greater_involvement' or 'none'.",
            },
            {"pointer": "/dueOn", "detail": "Must be a day such as 2015-04-01."},
            {"pointer": "/odsCodes/1", "detail": "Must be an ODS code such as 10T: 3 or 5 of A\u2013Z and 0\u20139."},
            {"pointer": "/inner/amount", "detail": "Is required."},
            {"pointer": "/Title", "detail": NOT_A_MEMBER},
            {"pointer": "/a~1b~0c", "detail": NOT_A_MEMBER},
        ],
    }


@pytest.mark.parametrize("document", [None, [], "a", 1, True])
def test_a_document_is_an_object(client: TestClient, document: Any) -> None:
    headers = {**ALICE, "Content-Type": "application/json"}

    answer = client.post(NOTES, content=json.dumps(document), headers=headers)

    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "", "detail": "Must be an object."}])


GOOD: list[tuple[str, Any]] = [
    ("title", "NHS Côte d\u2019Azur CCG"),
    ("title", "x" * 200),
    ("text", "Two\nlines\tand a tab."),
    ("level", "joint"),
    ("dueOn", "2024-02-29"),
    ("seenAt", "2015-02-18T09:30:00Z"),
    ("seenAt", "2015-02-18T09:30:00.125+01:00"),
    ("link", "https://example.nhs.uk/a?b=c#d"),
    ("odsCodes", ["07V", "ABC12"]),
    ("inner", {"amount": 0, "share": -1}),
    ("inner", {"amount": 10**12, "share": 12.34}),
]
BAD: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", " "),
    ("title", "x" * 201),
    ("title", "two\nlines"),
    ("title", "a\u202eb"),
    ("title", "a\u2066b"),
    ("title", "a\u200fb"),
    ("title", "a\u2028b"),
    ("title", "a\x85b"),
    ("title", "a\x7fb"),
    ("title", "a\ufeffb"),
    ("title", 1),
    ("title", None),
    ("text", "a\rb"),
    ("text", "a\u202eb"),
    ("text", "x" * 2_001),
    ("level", "JOINT"),
    ("level", 1),
    ("dueOn", 20150401),
    ("dueOn", 1.5),
    ("dueOn", True),
    ("dueOn", "2015-02-30"),
    ("dueOn", "2015-4-1"),
    ("dueOn", "2015-04-01T00:00:00Z"),
    ("dueOn", "9999-12-31"),
    ("dueOn", "0001-01-01"),
    ("dueOn", "\u0662\u0660\u0661\u0665-04-01"),
    ("seenAt", "2015-02-18T09:30:00"),
    ("seenAt", "2015-02-18 09:30:00Z"),
    ("seenAt", "2015-02-18T25:30:00Z"),
    ("seenAt", 1424251800),
    ("link", "javascript:alert(1)"),
    ("link", "ftp://example.org/"),
    ("link", "https://user:secret@example.org/"),
    ("link", "https:///a"),
    ("link", "https://example.org/a b"),
    ("link", "https://example.org:99999/"),
    ("link", "https://[::1/"),
    ("link", "https://example.org/" + "x" * 2_000),
    ("odsCodes", "07V"),
    ("odsCodes", ["07v"]),
    ("odsCodes", ["07VV"]),
    ("odsCodes", ["07V\n"]),
    ("odsCodes", ["07V"] * 101),
    ("inner", {"amount": -1, "share": 1}),
    ("inner", {"amount": 10**12 + 1, "share": 1}),
    ("inner", {"amount": 1.0, "share": 1}),
    ("inner", {"amount": True, "share": 1}),
    ("inner", {"amount": "1", "share": 1}),
    ("inner", {"amount": 1, "share": 1.005}),
    ("inner", {"amount": 1, "share": 1000.01}),
    ("inner", {"amount": 1, "share": True}),
    ("inner", {"amount": 1, "share": "1"}),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_what_fits_is_taken(client: TestClient, name: str, value: Any) -> None:
    assert client.post(NOTES, json={"title": "a", name: value}, headers=ALICE).status_code == 201


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_does_not_fit_is_refused_at_its_place(client: TestClient, name: str, value: Any) -> None:
    answer = client.post(NOTES, json={"title": "a", name: value}, headers=ALICE)

    assert answer.status_code == 422
    assert [fault["pointer"].split("/")[1] for fault in answer.json()["errors"]] == [name]


def test_a_text_is_composed_before_it_is_kept(client: TestClient) -> None:
    answer = client.post(NOTES, json={"title": "Co\u0302te"}, headers=ALICE)

    assert answer.json()["title"] == "C\u00f4te"


def test_an_instant_goes_out_in_whole_seconds_of_utc(client: TestClient) -> None:
    answer = client.post(NOTES, json={"title": "a"}, headers=ALICE)

    assert answer.json() == {"noteId": "one", "title": "a", "seenAt": "2026-11-22T09:30:00Z", "logSize": 2}
