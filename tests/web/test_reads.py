"""Reading endpoints: caching, formats and queries."""

import gzip
import hashlib
import re

import pytest
from fastapi.testclient import TestClient

from app.web.formats import cell
from tests.web.conftest import ALICE

ROWS = "/v1/samples/rows"
LARGE = "/v1/samples/large"
STATUS = "/v1/samples/status"
PUBLIC = "public, max-age=0, must-revalidate"
PLAIN = {"Accept-Encoding": "identity"}
LICENCE_LINK = '<https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/>; rel="license"'


def test_a_private_read_is_kept_by_no_cache_and_never_304(client: TestClient) -> None:
    answer = client.get("/v1/samples/notes/one", headers={**ALICE, "If-None-Match": '"v3"'})

    assert answer.status_code == 200
    assert (answer.headers["Cache-Control"], answer.headers["ETag"]) == ("no-store", '"v3"')
    assert "Content-Encoding" not in answer.headers


def test_a_polled_status_is_304_while_its_version_stays(client: TestClient) -> None:
    first = client.get(STATUS, headers=ALICE)
    same = client.get(STATUS, headers={**ALICE, "If-None-Match": first.headers["ETag"]})
    older = client.get(STATUS, headers={**ALICE, "If-None-Match": '"v2"'})

    assert (first.status_code, same.status_code, older.status_code) == (200, 304, 200)
    assert (same.content, same.headers["ETag"], same.headers["Cache-Control"]) == (b"", '"v3"', "private, no-cache")


def test_a_public_answer_has_a_strong_tag_of_its_bytes(client: TestClient) -> None:
    answer = client.get(ROWS, headers=PLAIN)

    digest = hashlib.sha256(answer.content).hexdigest()[:32]
    named = {name: answer.headers[name] for name in ("ETag", "Cache-Control", "Vary", "Content-Type")}
    assert named == {
        "ETag": f'"{digest}"',
        "Cache-Control": PUBLIC,
        "Vary": "Accept, Accept-Encoding",
        "Content-Type": "application/json",
    }
    assert client.get(ROWS, headers={**PLAIN, "If-None-Match": f'"{digest}"'}).status_code == 304


@pytest.mark.parametrize(
    ("path", "accept", "before"),
    [
        (f"{ROWS}?limit=4", "application/json", ""),
        (f"{ROWS}?limit=3", "application/json", '</v1/samples/rows?limit=3&cursor=…>; rel="next", '),
        (ROWS, "application/x-ndjson", ""),
        (ROWS, "text/csv", '</v1/samples/rows.csv-metadata.json>; rel="describedby"; type="application/csvm+json", '),
    ],
)
def test_a_public_answer_leads_to_what_belongs_to_it(client: TestClient, path: str, accept: str, before: str) -> None:
    answer = client.get(path, headers={"Accept": accept})
    again = client.get(path, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})

    assert re.sub("cursor=[^>]+", "cursor=…", answer.headers["Link"]) == before + LICENCE_LINK
    assert (again.status_code, again.headers["Link"]) == (304, answer.headers["Link"])


def test_a_public_answer_is_the_same_whoever_asks(client: TestClient) -> None:
    answers = [client.get(ROWS, headers=headers) for headers in ({}, ALICE, {"Authorization": "Bearer nobody"})]

    assert len({(answer.content, answer.headers["ETag"]) for answer in answers}) == 1


def test_a_large_public_answer_is_packed_for_who_takes_it_under_a_tag_of_its_own(client: TestClient) -> None:
    plain = client.get(LARGE, headers=PLAIN)
    packed = client.get(LARGE, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    again = client.get(LARGE, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    other = client.get(LARGE, headers={**PLAIN, "If-None-Match": packed.headers["ETag"]})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) == len(gzip.compress(plain.content, mtime=0)) < len(plain.content)
    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "*;q=0", "identity;q=1, gzip;q=0.5", "br"])
def test_gzip_is_not_sent_to_who_does_not_want_it(client: TestClient, accepted: str) -> None:
    answer = client.get(LARGE, headers={"Accept-Encoding": accepted})

    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("text/*", "text/csv; charset=utf-8; header=present"),
        ("application/json;q=0.1, text/csv;q=0.2", "text/csv; charset=utf-8; header=present"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("application/json;q=0, */*", "text/csv; charset=utf-8; header=present"),
        ("", "application/json"),
    ],
)
def test_the_format_is_the_one_that_is_liked_best(client: TestClient, accept: str, content_type: str) -> None:
    assert client.get(ROWS, headers={"Accept": accept}).headers["Content-Type"] == content_type


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/json;q=2", "image/*, ;"])
def test_a_format_that_there_is_not_is_refused(client: TestClient, accept: str) -> None:
    answer = client.get(ROWS, headers={"Accept": accept})

    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")
    assert answer.json()["detail"] == "This address answers in application/json, text/csv, application/x-ndjson."


def test_a_table_is_written_as_csv_that_a_spreadsheet_may_open(client: TestClient) -> None:
    answer = client.get(f"{ROWS}?level=joint,delegated", headers={"Accept": "text/csv"})

    assert answer.content == b"code,note\r\njoint,'=1+1\r\ndelegated,'=1+1\r\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\uff1d1", "'\uff1d1"),
        ("-12.5", "-12.5"),
        ("+44", "+44"),
        (-12.5, "-12.5"),
        (None, ""),
        (True, "true"),
        ("a=b", "a=b"),
    ],
)
def test_no_cell_is_a_formula(value: object, written: str) -> None:
    assert cell(value) == written


def test_lines_are_one_document_each(client: TestClient) -> None:
    answer = client.get(f"{ROWS}?level=joint", headers={"Accept": "application/x-ndjson"})

    assert answer.content == b'{"results":["joint"],"nextCursor":null}\n'


# --- queries ------------------------------------------------------------------------------------


NOT_KNOWN = "Is not known here. The parameters here are cursor, level, limit."


def test_every_fault_of_a_query_is_named(client: TestClient) -> None:
    answer = client.get(f"{ROWS}?colour=red&limit=1&limit=2&level=a%00&Level=joint")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-parameter")
    assert answer.json()["errors"] == [
        {"parameter": "colour", "detail": NOT_KNOWN},
        {"parameter": "limit", "detail": "Is given more than once."},
        {"parameter": "level", "detail": "Has a control character."},
        {"parameter": "Level", "detail": NOT_KNOWN},
    ]


def test_values_that_do_not_fit_are_named_with_those_that_are_unknown(client: TestClient) -> None:
    answer = client.get(f"{ROWS}?limit=201&colour=red")

    assert answer.json()["errors"] == [
        {"parameter": "colour", "detail": NOT_KNOWN},
        {"parameter": "limit", "detail": "Must be at most 200."},
    ]


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "", "9" * 400])
def test_a_limit_is_a_whole_number_from_1_to_200(client: TestClient, value: str) -> None:
    answer = client.get(f"{ROWS}?limit={value}")

    assert (answer.status_code, [fault["parameter"] for fault in answer.json()["errors"]]) == (400, ["limit"])


def test_an_unknown_word_in_a_comma_list_is_refused_with_those_that_there_are(client: TestClient) -> None:
    answer = client.get(f"{ROWS}?level=joint,,JOINT")

    detail = "Must be one or several of delegated, joint, greater_involvement, none, with commas between them."
    assert answer.json()["errors"] == [{"parameter": "level", "detail": detail}]


def test_pages_are_walked_by_cursor_and_link(client: TestClient) -> None:
    seen, path = [], f"{ROWS}?limit=3"
    for _ in range(2):
        answer = client.get(path)
        seen.append(answer.json()["results"])
        links = answer.headers["Link"].split(", ")
        path = links[0].removesuffix('>; rel="next"').removeprefix("<")

    assert seen == [["delegated", "joint", "greater_involvement"], ["none"]]
    assert links == [LICENCE_LINK]


@pytest.mark.parametrize("change", ["&level=joint", "&limit=2"])
def test_a_cursor_fits_its_own_query_whatever_the_limit(client: TestClient, change: str) -> None:
    cursor = client.get(f"{ROWS}?limit=3").json()["nextCursor"]

    answer = client.get(f"{ROWS}?cursor={cursor}{change}")

    assert answer.status_code == (200 if "limit" in change else 400)


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "W10", "bnVsbA", "A" * 1_000, "A" * 1_001])
def test_what_is_no_cursor_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get(f"{ROWS}?cursor={cursor}")

    assert (answer.status_code, [fault["parameter"] for fault in answer.json()["errors"]]) == (400, ["cursor"])


def test_an_unknown_parameter_is_told_only_to_a_known_caller_where_one_is_needed(client: TestClient) -> None:
    known = client.get(f"{STATUS}?a=1", headers=ALICE)
    unknown = client.get(f"{STATUS}?a=1")
    open_to_all = client.get("/_ping?a=1")

    assert [answer.status_code for answer in (known, unknown, open_to_all)] == [400, 401, 400]
