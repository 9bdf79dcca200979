"""This release breaks nothing that an earlier one promised, unless that is explained."""

import copy

from tests.openapi.published import Allowed, allowed, faults, published
from tests.openapi.reading import Node

REMOVED = "GET /v1/approvals: removed"


def broken(document: Node) -> Node:
    newer = copy.deepcopy(document)
    del newer["paths"]["/v1/approvals"]
    return newer


def test_every_published_document_is_one_of_its_release() -> None:
    assert {release: document["info"]["version"] for release, document in published().items()} == {
        release: release for release in published()
    }
    assert "0.1.0" in published()


def test_nothing_that_was_promised_is_broken_without_a_reason(document: Node) -> None:
    assert faults(published(), document, allowed()) == []


def test_a_break_that_nobody_explained_is_found(document: Node) -> None:
    assert faults({"0.1.0": document}, broken(document), []) == [f"since 0.1.0: {REMOVED}"]


def test_a_break_may_be_explained(document: Node) -> None:
    assert faults({"0.1.0": document}, broken(document), [Allowed("0.1.0", REMOVED, "Nobody reads it.")]) == []


def test_an_explanation_is_of_one_release(document: Node) -> None:
    explained = [Allowed("0.0.9", REMOVED, "Nobody reads it.")]

    assert faults({"0.1.0": document}, broken(document), explained) == [
        f"since 0.1.0: {REMOVED}",
        f"allowed, but does not occur: since 0.0.9: {REMOVED}",
    ]


def test_an_explanation_of_nothing_is_found(document: Node) -> None:
    explained = [Allowed("0.1.0", REMOVED, "Nobody reads it.")]

    assert faults({"0.1.0": document}, document, explained) == [f"allowed, but does not occur: since 0.1.0: {REMOVED}"]


def test_an_explanation_without_a_reason_is_found(document: Node) -> None:
    explained = [Allowed("0.1.0", REMOVED, " ")]

    assert faults({"0.1.0": document}, broken(document), explained) == [f"allowed without a reason: {REMOVED}"]
