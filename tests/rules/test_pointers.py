"""A pointer of a change request leads to something in the application."""

from typing import Any

import pytest

from app.rules.pointers import check_lead_somewhere
from app.rules.refusals import Fault, InvalidDocument

DOCUMENT: dict[str, Any] = {
    "memberOdsCodes": ["10T", "07T"],
    "proposal": {"summary": "All.", "a/b": {"c~d": 1}, "functions": []},
}


@pytest.mark.parametrize(
    "pointer",
    [
        None,
        "",
        "/proposal",
        "/proposal/summary",
        "/memberOdsCodes/0",
        "/memberOdsCodes/1",
        "/proposal/a~1b/c~0d",
        "/proposal/functions",
    ],
)
def test_a_pointer_that_leads_somewhere_is_taken(pointer: str | None) -> None:
    check_lead_somewhere(DOCUMENT, [pointer])


@pytest.mark.parametrize(
    ("pointer", "there"),
    [
        ("/summary", "At its top there are memberOdsCodes, proposal."),
        ("/proposal/finance/narrative", "At /proposal there are summary, a/b, functions."),
        ("/proposal/summary/text", "At /proposal/summary there is a value without parts."),
        ("/proposal/functions/0", "At /proposal/functions there is a value without parts."),
        ("/memberOdsCodes/2", "At /memberOdsCodes there are the places 0 to 1."),
        ("/memberOdsCodes/-", "At /memberOdsCodes there are the places 0 to 1."),
        ("/memberOdsCodes/00", "At /memberOdsCodes there are the places 0 to 1."),
        ("/memberOdsCodes/99999999999", "At /memberOdsCodes there are the places 0 to 1."),
        ("/proposal/", "At /proposal there are summary, a/b, functions."),
    ],
)
def test_a_pointer_that_leads_nowhere_is_refused_with_what_there_is(pointer: str, there: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        check_lead_somewhere(DOCUMENT, ["/proposal", pointer])

    detail = f"There is nothing at {pointer} in the application. {there}"
    assert refused.value.faults == (Fault("/items/1/pointer", detail),)
