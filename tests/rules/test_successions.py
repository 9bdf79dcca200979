"""What those that merge held together, and what an item of a succession lacks."""

import pytest

from app.rules.refusals import Fault
from app.rules.successions import (
    Handover,
    HeldLevel,
    MovedLevel,
    Predecessor,
    ProposedLevel,
    SuccessionItem,
    in_common,
    item_faults,
)


@pytest.mark.parametrize(
    ("held", "together"),
    [
        ([], "none"),
        (["none"], "none"),
        (["delegated", "delegated", "delegated"], "delegated"),
        (["joint"], "joint"),
        (["delegated", "joint"], "mixed"),
        (["delegated", "none"], "mixed"),
        (["delegated", "not_known"], "not_known"),
        (["not_known"], "not_known"),
        (["delegated", "none", "not_known"], "mixed"),
    ],
)
def test_what_all_held_is_proposed(held: list[str], together: str) -> None:
    assert in_common(Predecessor("10T", HeldLevel(each), None, 0, False) for each in held).value == together


REASON = Fault("/items/2/reason", "Required: what they held together is not known, not joint.")
NO_AGREEMENT = Fault("/items/2/agreement", "Required of a level: whether the agreement is novated or awaited.")
NEEDLESS = Fault("/items/2/agreement", "Nothing moves on, so there is no agreement. Leave it out.")
ELSEWHERE = Fault("/items/2/odsCode", "15D is no CCG that opens that day in the place of others.")


@pytest.mark.parametrize(
    ("level", "agreement", "reason", "proposed", "faults"),
    [
        ("joint", "novated", None, "joint", []),
        ("joint", "awaited", "Agreed.", "not_known", []),
        ("joint", "awaited", None, "not_known", [REASON]),
        ("joint", None, None, "not_known", [NO_AGREEMENT, REASON]),
        ("none", None, None, "none", []),
        ("none", "awaited", None, "none", [NEEDLESS]),
        ("joint", None, None, None, [ELSEWHERE]),
    ],
)
def test_every_fault_of_an_item_is_told(
    level: str, agreement: str | None, reason: str | None, proposed: str | None, faults: list[Fault]
) -> None:
    item = SuccessionItem("15D", MovedLevel(level), Handover(agreement) if agreement else None, reason)

    assert list(item_faults(2, item, ProposedLevel(proposed) if proposed else None)) == faults
