"""The strict door for bodies."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.records.session import Database
from tests.web.conftest import ALICE, log_size

NOTES = "/v1/samples/notes"
LOOSE = "/v1/samples/loose"
JSON = {**ALICE, "Content-Type": "application/json"}
MALFORMED = {
    "empty": (b"", "A JSON body is required."),
    "no JSON": (b"{", "The body is not JSON from line 1, column 2 on."),
    "a trailing comma": (b'{"title":"a",}', "The body is not JSON from line 1, column 14 on."),
    "two documents": (b"{} {}", "The body is not JSON from line 1, column 4 on."),
    "single quotes": (b"{'title':'a'}", "The body is not JSON from line 1, column 2 on."),
    "a raw line break in a text": (b'{"title":"a\nb"}', "The body is not JSON from line 1, column 12 on."),
    "a byte order mark": (b'\xef\xbb\xbf{"title":"a"}', "The body starts with a byte order mark."),
    "UTF-16": ('{"title":"a"}'.encode("utf-16"), "The body is not UTF-8."),
    "UTF-16 without a mark": ('{"title":"a"}'.encode("utf-16-le"), "The body is not JSON from line 1, column 2 on."),
    "an overlong form": (b'{"title":"\xc0\xaf"}', "The body is not UTF-8."),
    "a duplicate member": (b'{"title":"a","title":"b"}', "An object has the same member twice."),
    "a duplicate by escape": (b'{"title":"a","\\u0074itle":"b"}', "An object has the same member twice."),
    "a duplicate deep down": (b'{"x":[{"y":1,"y":2}]}', "An object has the same member twice."),
    "NaN": (b'{"title":NaN}', "NaN and Infinity are not JSON."),
    "Infinity": (b'{"title":Infinity}', "NaN and Infinity are not JSON."),
    "minus Infinity": (b'{"title":-Infinity}', "NaN and Infinity are not JSON."),
    "an overflowing float": (b'{"title":1e400}', "A number is out of range."),
    "an underflow the other way": (b'{"title":-1e400}', "A number is out of range."),
    "20 digits": (b'{"title":12345678901234567890}', "An integer has more than 19 digits."),
    "19 digits beyond 64 bits": (b'{"title":-9999999999999999999}', "A number is out of range."),
    "many digits": (b'{"title":' + b"9" * 5000 + b"}", "An integer has more than 19 digits."),
    "NUL": (b'{"title":"a\\u0000b"}', "A text contains NUL."),
    "NUL beside other letters": ('{"title":"é\\u0000b"}'.encode(), "A text contains NUL."),
    "NUL in a name": (b'{"a\\u0000":1}', "A text contains NUL."),
    "a lone surrogate": (b'{"title":"\\ud800"}', "A text contains half of a surrogate pair."),
    "a lone surrogate in a name": (b'{"\\udfff":1}', "A text contains half of a surrogate pair."),
    "33 levels": (b"[" * 33 + b"]" * 33, "The body is nested more than 32 levels deep."),
    "100,000 levels": (b"[" * 100_000, "The body is nested more than 32 levels deep."),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_is_refused_with_what_is_wrong(client: TestClient, database: Database, name: str) -> None:
    raw, detail = MALFORMED[name]

    answer = client.post(NOTES, content=raw, headers=JSON)

    assert answer.json() == {
        "type": "/problems/malformed-body",
        "title": "Malformed body",
        "status": 400,
        "detail": detail,
        "instance": NOTES,
        "code": "malformed-body",
        "traceId": answer.headers["X-Request-ID"],
        "errors": [],
    }
    assert (answer.status_code, log_size(database)) == (400, 0)


@pytest.mark.parametrize("name", [name for name in MALFORMED if name != "empty"])
def test_a_body_that_may_be_left_out_may_still_not_be_malformed(
    client: TestClient, database: Database, name: str
) -> None:
    answer = client.post(LOOSE, content=MALFORMED[name][0], headers=JSON)

    assert (answer.status_code, answer.json()["code"], log_size(database)) == (400, "malformed-body", 0)


def test_a_body_that_may_be_left_out_can_be(client: TestClient, database: Database) -> None:
    answer = client.post(LOOSE, headers=ALICE)

    assert (answer.status_code, log_size(database)) == (201, 2)


@pytest.mark.parametrize("name", MALFORMED)
def test_who_proves_nothing_learns_nothing_of_a_malformed_body(client: TestClient, name: str) -> None:
    answer = client.post(NOTES, content=MALFORMED[name][0], headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (401, "unrecognised")


def test_braces_inside_a_text_are_no_levels(client: TestClient) -> None:
    raw = b'{"title":"a","text":"' + b'[{\\"' * 40 + b'"}'

    assert client.post(NOTES, content=raw, headers=JSON).status_code == 201


def test_a_body_that_is_needed_and_missing_is_asked_for(client: TestClient) -> None:
    answer = client.post(NOTES, headers=ALICE)

    assert (answer.status_code, answer.json()["detail"]) == (400, "A JSON body is required.")


def test_a_body_over_256_kb_is_refused(client: TestClient) -> None:
    answer = client.post(NOTES, content=b" " * 262_145, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.headers["Connection"] == "close"


def test_a_body_over_256_kb_that_does_not_announce_its_length_is_refused(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    answer = client.post(NOTES, content=chunks(), headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/merge-patch+json"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/vnd.api+json"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_any_other_media_type_or_encoding_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    for path in (NOTES, LOOSE):
        answer = client.post(path, content=b'{"title":"a"}', headers={**ALICE, **headers})

        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_json_with_its_charset_named_is_taken(client: TestClient) -> None:
    headers = {**ALICE, "Content-Type": 'Application/JSON; charset="UTF-8"'}

    assert client.post(NOTES, content=b'{"title":"a"}', headers=headers).status_code == 201


def test_a_merge_patch_route_takes_merge_patch_and_nothing_else(client: TestClient) -> None:
    kinds = ["application/merge-patch+json", "application/json", "application/json-patch+json"]

    answers = [
        client.patch(f"{NOTES}/one", content=b'{"b":1,"a":null}', headers={**ALICE, "Content-Type": kind})
        for kind in kinds
    ]

    assert [answer.json().get("code") for answer in answers] == [
        "if-match-required",
        "unsupported-media-type",
        "unsupported-media-type",
    ]
