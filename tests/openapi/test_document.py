"""The description of the API: what it must say of every operation, and that none of it is wrong."""

import json
from typing import Any

from openapi_spec_validator import validate

from app.api.description import TAGS
from app.commands.documents import SNAPSHOT, openapi_document, openapi_text
from app.main import create_app
from app.records.session import Database
from app.rules.grants import EndedBy
from app.rules.lifecycle import MOVES, State
from app.settings import Settings
from tests.endpoints.expected import PUBLIC
from tests.house.sizes import HOUSE
from tests.openapi import recorder
from tests.openapi.reading import Node, Operation, examples, operations, resolved, responses, validator
from tests.world import World

PROBLEM = "application/problem+json"
TOKEN_ENDPOINT = "issue_token"
OAUTH_STATUSES = {"400", "401", "413", "415"}
SPEC_TOO_LARGE = 1_000_000
ON_DECISIONS = (
    *("discharge_condition", "lapse_condition", "settle_agreement", "propose_waiver", "propose_revocation"),
    *("propose_correction", "confirm_proposal", "give_notice", "withdraw_proposal", "propose_agreement"),
)


def named(document: Node, name: str) -> Operation:
    return next(each for each in operations(document) if each.name == name)


def test_the_snapshot_is_what_this_release_serves() -> None:
    kept = (HOUSE.parent / SNAPSHOT).read_text(encoding="utf-8")

    assert kept == openapi_text(), f"The API has changed. If that is meant: .venv/bin/register openapi > {SNAPSHOT}"


def test_the_document_is_valid_openapi(document: Node) -> None:
    validate(document)


def test_the_document_does_not_depend_on_the_settings(document: Node, settings: Settings, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    other = create_app(settings.model_copy(update={"public_url": "http://elsewhere.test"}), database=database)
    database.close()

    assert other.openapi() == document == openapi_document()


def test_the_document_stays_small(document: Node) -> None:
    assert len(json.dumps(document, indent=2)) < SPEC_TOO_LARGE


def test_every_operation_says_what_it_is(document: Node) -> None:
    silent = [
        operation.name
        for operation in operations(document)
        if not all(operation.body.get(member) for member in ("summary", "description", "operationId"))
    ]

    assert silent == []


def test_every_operation_has_a_name_of_its_own(document: Node) -> None:
    names = [operation.name for operation in operations(document)]

    assert sorted(names) == sorted(set(names))


def test_every_operation_has_one_described_tag_and_every_tag_an_operation(document: Node) -> None:
    used = [tuple(operation.body["tags"]) for operation in operations(document)]

    assert {tag for tags in used for tag in tags} == {tag["name"] for tag in document["tags"]}
    assert {len(tags) for tags in used} == {1}
    assert document["tags"] == TAGS
    assert all(tag["description"] for tag in TAGS)


def test_every_parameter_is_described(document: Node) -> None:
    silent = [
        (operation.name, parameter["name"])
        for operation in operations(document)
        for parameter in operation.body.get("parameters", [])
        if not parameter.get("description")
    ]

    assert silent == []


def test_every_operation_that_is_not_public_says_which_tokens_it_takes(document: Node) -> None:
    guarded = {operation.name: operation.body.get("security") for operation in operations(document)}

    assert {name for name, tokens in guarded.items() if not tokens} == set(guarded) & PUBLIC
    schemes = set(document["components"]["securitySchemes"])
    assert schemes == {name for tokens in guarded.values() for token in tokens or [] for name in token}


def test_every_success_has_a_schema_and_an_example(document: Node) -> None:
    bare = [
        (operation.name, status, media_type)
        for operation in operations(document)
        for status, response in responses(document, operation).items()
        if status.startswith("2")
        for media_type, media in (response.get("content") or {"nothing": {}}).items()
        if not media.get("schema") or not media.get("examples")
    ]

    assert bare == []


def test_every_refusal_is_a_problem_with_examples(document: Node) -> None:
    bare = [
        (operation.name, status)
        for operation in operations(document)
        for status, response in responses(document, operation).items()
        if status.startswith("4")
        and not (operation.name == TOKEN_ENDPOINT and status in OAUTH_STATUSES)
        and (list(response["content"]) != [PROBLEM] or not response["content"][PROBLEM]["examples"])
    ]

    assert bare == []


def test_every_refusal_of_the_token_endpoint_is_in_the_words_of_oauth(document: Node) -> None:
    documented = responses(document, named(document, TOKEN_ENDPOINT))

    assert {
        status: sorted(examples(document, documented[status]["content"]["application/json"])[0])
        for status in OAUTH_STATUSES
    } == {status: ["error", "error_description"] for status in OAUTH_STATUSES}


def test_every_body_has_an_example(document: Node) -> None:
    bare = [
        operation.name
        for operation in operations(document)
        for media in operation.body.get("requestBody", {}).get("content", {}).values()
        if not examples(document, media)
    ]

    assert bare == []


def test_every_example_fits_its_schema(document: Node) -> None:
    media = [
        (operation.name, each)
        for operation in operations(document)
        for holder in (operation.body.get("requestBody", {}), *responses(document, operation).values())
        for each in holder.get("content", {}).values()
    ]

    checked = 0
    for name, each in media:
        judge = validator(document, each["schema"])
        for value in examples(document, each):
            assert list(judge.iter_errors(value)) == [], name
            checked += 1
    assert checked > len(media)


def test_every_example_says_that_it_is_made_up(document: Node) -> None:
    summaries = [
        shown["summary"]
        for operation in operations(document)
        for holder in (operation.body.get("requestBody", {}), *responses(document, operation).values())
        for media_type, media in holder.get("content", {}).items()
        for shown in media.get("examples", {}).values()
        if media_type != PROBLEM and "summary" in shown
    ]

    assert summaries
    assert [each for each in summaries if not each.startswith("Made up: ")] == []


def test_every_problem_example_belongs_to_its_status(document: Node) -> None:
    strange = [
        (operation.name, status, code)
        for operation in operations(document)
        for status, response in responses(document, operation).items()
        for code, shown in response.get("content", {}).get(PROBLEM, {}).get("examples", {}).items()
        if (str(resolved(document, shown)["value"]["status"]), resolved(document, shown)["value"]["code"])
        != (status, code)
    ]

    assert strange == []


def test_what_waiting_answers_say_when_to_ask_again(document: Node) -> None:
    """Each 503, and each 409 that can be about a request that is still being worked on."""
    silent = [
        (operation.name, status)
        for operation in operations(document)
        for status, response in responses(document, operation).items()
        for shown in [response.get("content", {}).get(PROBLEM, {}).get("examples", {})]
        if {"unavailable", "request-in-progress"} & set(shown) and "Retry-After" not in response["headers"]
    ]

    assert silent == []


def test_lists_with_commas_name_their_words(document: Node) -> None:
    listed = {
        parameter["name"]: parameter["schema"]["items"].get("enum", parameter["schema"]["items"].get("pattern"))
        for parameter in named(document, "list_approvals").body["parameters"]
        if parameter["schema"]["type"] == "array"
    }

    assert listed == {
        "level": ["delegated", "joint"],
        "outcome": ["approved", "conditional", "rejected", "downgraded_to_joint"],
        "standing": ["not_started", "in_force", "ended", "not_taken_up", "never_started"],
        "endedBy": [str(word) for word in EndedBy],
        "region": "^[0-9A-Z]{3,5}$",
        "areaTeam": "^[0-9A-Z]{3,5}$",
        "round": "^[a-z0-9-]{1,40}$",
    }
    assert all(
        parameter["explode"] is False
        for operation in operations(document)
        for parameter in operation.body.get("parameters", [])
        if parameter["schema"].get("type") == "array"
    )


def test_the_headers_that_an_act_needs_are_marked_so(document: Node) -> None:
    needed: dict[str, set[str]] = {"Idempotency-Key": set(), "If-Match": set(), "If-None-Match": set()}
    taken: dict[str, set[str]] = {"Idempotency-Key": set(), "If-Match": set(), "If-None-Match": set()}
    for operation in operations(document):
        for parameter in operation.body.get("parameters", []):
            if parameter["in"] == "header":
                name = parameter["name"].title()
                taken[name].add(operation.name)
                needed[name] |= {operation.name} if parameter["required"] else set()

    assert needed == {
        "Idempotency-Key": {"create_application"},
        "If-Match": {
            *("amend_application", "request_changes", "record_outcomes", "sign_off"),
            "scale_down_application",
            "withdraw_outcomes",
            *ON_DECISIONS,
        },
        "If-None-Match": set(),
    }
    assert taken["If-None-Match"] == {"put_round", "assess_application"}
    assert "preview_announcement" not in taken["Idempotency-Key"]
    offered = {
        "put_round",
        "assess_application",
        "submit_application",
        "withdraw_application",
        "give_consent",
        "grant_extension",
        "give_evidence",
        "withdraw_notice",
    }
    assert taken["If-Match"] == needed["If-Match"] | offered


def test_the_life_cycle_is_told_from_the_state_table(document: Node) -> None:
    text = document["info"]["description"]

    assert [state for state in State if f"| `{state}` |" not in text] == []
    assert [
        move
        for move in MOVES
        if f"| `{move.source}` | `{move.act}` | `{move.target}` | {move.by} | {move.condition or 'at any time'} |"
        not in text
    ] == []
    assert "{" not in text.replace("{reference}", "")


def test_the_examples_are_what_the_register_takes_and_answers(
    sqlite_world_url: str, settings: Settings, pairs: Any
) -> None:
    database = Database(sqlite_world_url)
    played = {name: recorder.text_of(each) for name, each in recorder.record(World(database, settings, pairs)).items()}
    database.close()

    # As text, for members have an order too.
    kept = {
        file.stem: file.read_text(encoding="utf-8")
        for file in recorder.EXAMPLES.glob("*.json")
        if file.name != recorder.BY_HAND
    }
    assert kept == played, "The answers have changed. If that is meant: .venv/bin/python -m tests.openapi.recorder"
