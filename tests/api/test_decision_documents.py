"""What acts on a decision must carry: every fault at once, whole bodies; nothing of it leaves a trace."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from app.web import forms
from tests.api.post_decision import Decided, approved, conditional, etag, signed
from tests.api.steps import assert_refused, log_size
from tests.world import CONDITION, REASON, World

WRONG = "The document is not what this address takes."
SHORT = "Must have at least 1 character."
REQUIRED = "Is required."
NO_DAY = "Is not a day of the calendar."
UNUSABLE = " is none of the reason codes at /v1/reference-data/reasons that can be used now."
DOCUMENT = "invalid-document"
# Where, on which decision, by whom, with what; then the code, the detail and the faults.
Faults = list[tuple[str, str]]
CASES: dict[str, tuple[str, str, str, Any, str, str, Faults]] = {
    "evidence without anything": (
        *("conditions/c1/evidence", "conditional", "hackney", {"links": [{"url": "x", "sha256": "AB"}]}),
        *(DOCUMENT, WRONG),
        [
            ("/text", REQUIRED),
            ("/links/0/url", forms.SENTENCES[forms.URL]),
            ("/links/0/sha256", forms.SENTENCES[forms.SHA256]),
            ("/attribution", REQUIRED),
        ],
    ),
    "a notice of nobody": (
        *("notice", "signed", "bradford", {}, DOCUMENT, "A system says who acted."),
        [("/attribution", "Required.")],
    ),
    "a lapse without a reason": (
        *("conditions/c1/lapse", "conditional", "national-1", {"reason": ""}, DOCUMENT, WRONG),
        [("/reason", SHORT)],
    ),
    "a waiver that starts on no day": (
        *("conditions/c1/waiver", "conditional", "national-1", {"inForceFrom": "2015-02-30"}, DOCUMENT, WRONG),
        [("/reason", REQUIRED), ("/inForceFrom", NO_DAY)],
    ),
    "a waiver that started yesterday": (
        *("conditions/c1/waiver", "conditional", "national-1", {"reason": "So.", "inForceFrom": "2014-12-14"}),
        *(DOCUMENT, "The first day has passed."),
        [("/inForceFrom", "2014-12-14 has passed.")],
    ),
    "a revocation without a basis": (
        *("revocation", "signed", "national-1", {"lastDay": "soon"}, DOCUMENT, WRONG),
        [("/reason", REQUIRED), ("/legalBasis", REQUIRED), ("/lastDay", "Must be a day such as 2015-04-01.")],
    ),
    "a revocation for yesterday": (
        *("revocation", "signed", "national-1", {"reason": "So.", "legalBasis": "Act", "lastDay": "2014-12-14"}),
        *(DOCUMENT, "The last day has passed."),
        [("/lastDay", "2014-12-14 has passed.")],
    ),
    "a correction of nothing": (
        *("correction", "signed", "national-1", {"outcome": "perhaps", "colour": "red"}, DOCUMENT, WRONG),
        [
            ("/reason", REQUIRED),
            ("/outcome", "Must be one of 'approved', 'conditional', 'rejected' or 'downgraded_to_joint'."),
            (
                "/colour",
                (
                    "Is not known here. The members here are reason, outcome, reasons, conditions, chosenBy, "
                    "functions, effectiveFrom."
                ),
            ),
        ],
    ),
    "a correction to a rejection without a reason": (
        *("correction", "signed", "national-1", {"reason": "So.", "outcome": "rejected"}),
        *("reason-required", "rejected needs at least one reason."),
        [("/reasons", "rejected needs at least one reason.")],
    ),
    "a correction to a condition that is none": (
        *("correction", "signed", "national-1", {"reason": "So.", "outcome": "conditional"}),
        *("condition-required", "conditional needs at least one condition."),
        [("/conditions", "conditional needs at least one condition.")],
    ),
    "a correction to an approval with a condition": (
        *("correction", "signed", "national-1", {"reason": "So.", "outcome": "approved", "conditions": [CONDITION]}),
        *("condition-not-allowed", "approved carries no conditions."),
        [("/conditions", "approved carries no conditions.")],
    ),
    "a correction to a downgrade of what was joint": (
        *("correction", "joint", "national-1"),
        {"reason": "So.", "outcome": "downgraded_to_joint", "reasons": [REASON], "chosenBy": "panel"},
        *("nothing-to-downgrade", "Delegated commissioning was not requested."),
        [("/outcome", "Delegated commissioning was not requested.")],
    ),
    "a correction for a reason of history": (
        *("correction", "signed", "national-1"),
        {"reason": "So.", "outcome": "rejected", "reasons": [{"code": "not_published", "text": "None."}]},
        *(DOCUMENT, f"not_published{UNUSABLE}"),
        [("/reasons/0/code", f"not_published{UNUSABLE}")],
    ),
    "an agreement that will be signed": (
        *("agreement", "conditional", "national-1"),
        {"state": "signed", "signedOn": "2014-12-16", "inForceFrom": "2014-12-14"},
        *(DOCUMENT, "2014-12-16 lies ahead: record it once both have signed."),
        [
            ("/signedOn", "2014-12-16 lies ahead: record it once both have signed."),
            ("/inForceFrom", "2014-12-14 is before the day of signing, 2014-12-16."),
            ("/inForceFrom", "Not known while conditions are open."),
        ],
    ),
    "an agreement signed before the decision": (
        *("agreement", "conditional", "national-1", {"state": "signed", "signedOn": "2014-12-14"}),
        *(DOCUMENT, "2014-12-14 is before 2014-12-15, on which the decision was published."),
        [("/signedOn", "2014-12-14 is before 2014-12-15, on which the decision was published.")],
    ),
    "an agreement signed on no day": (
        *("agreement", "conditional", "national-1", {"state": "signed"}, DOCUMENT, WRONG),
        [("", "signedOn is required of a signed agreement.")],
    ),
    "an agreement not taken up on a day": (
        *("agreement", "conditional", "national-1", {"state": "not_taken_up", "signedOn": "2014-12-15"}),
        *(DOCUMENT, WRONG),
        [("", "An agreement that was not taken up has neither signedOn nor inForceFrom.")],
    ),
}


@pytest.fixture(scope="module")
def made(shared_world: World) -> tuple[World, dict[str, Decided]]:
    world = shared_world
    at = {
        "conditional": conditional(world, "07T"),
        "signed": approved(world, "02W"),
        "joint": approved(world, "05W", level="joint"),
    }
    signed(world, at["signed"], date(2014, 12, 15))
    return world, at


@pytest.fixture
def settled(made: tuple[World, dict[str, Decided]]) -> Iterator[tuple[World, dict[str, Decided]]]:
    size = log_size(made[0])
    yield made
    assert log_size(made[0]) == size


@pytest.mark.parametrize("case", CASES)
def test_a_document_that_lacks_something_is_told_all_of_it(
    settled: tuple[World, dict[str, Decided]], case: str
) -> None:
    path, on, who, body, code, detail, faults = CASES[case]
    world, at = settled[0], settled[1][on]
    speaker = world.system(who) if who in world.pairs else world.person(who)

    send = speaker.put if path == "agreement" else speaker.post
    answer = send(f"{at.where}/{path}", body, if_match=etag(world, at))

    assert_refused(answer, 422, code, detail, *faults)
