"""A whole round 2015-16 to replay: the CCGs that ``known_rounds.csv`` names, filled up to the totals reported.

Whatever goes beyond that file is made up for the tests, and says so in every name that it uses. Each of the
211 CCGs that were open on 18 February 2015 has one part in it: 77 apply for delegated commissioning on 70
applications, 90 apply for joint commissioning, 26 declare greater involvement, 5 declare none, 13 say nothing.
"""

import csv
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from app import reference
from tests import facts as then
from tests.world import NORTH_WEST_LONDON, application

ROUND_ID = "2015-16"
TITLE = "2015-16, made up for a test beyond the CCGs that our sources name"
COUNTED_ON = date(2015, 2, 18)
PANEL_OF = {"Y54": "north", "Y55": "midlands", "Y56": "london", "Y57": "south"}
CLIENT_OF = {region: f"made-up-for-a-test-{word}" for region, word in PANEL_OF.items()}
ATTRIBUTION = {"name": "A. Clerk (made up for a test)", "email": "made-up@ccg.example", "userId": "made-up-for-a-test"}
OFFICER = "A. Officer (made up for a test)"
MEMBERS = ["One (made up for a test)", "Two (made up for a test)"]
NO_REASON = "No reason was published; this text is made up for a test."
APPROVED = {"outcome": "approved"}
REGION_TOTALS = {"Y54": 24, "Y55": 26, "Y56": 6, "Y57": 8}
JOINT, GREATER_INVOLVEMENT, NONE = 90, 26, 5


class Applying(NamedTuple):
    """An application: members, the first in the lead, and the outcome for each; none where it is not decided."""

    members: tuple[str, ...]
    level: str
    outcomes: tuple[dict[str, Any], ...] = ()

    @property
    def lead(self) -> str:
        return self.members[0]

    @property
    def region(self) -> str:
        return REGION_OF[self.lead]

    def document(self) -> dict[str, Any]:
        """What the CCG's system sends: complete, and made up."""
        return {
            **application(*self.members, level=self.level),
            "signatories": [{"name": OFFICER, "role": "accountable_officer", "signedOn": "2014-12-12"}],
            "attribution": ATTRIBUTION,
            "submission": {"declaredBy": OFFICER},
        }


def _rows(file: Any) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _open_on(row: dict[str, str], day: str) -> bool:
    return row["opened_on"] <= day and (not row["closed_on"] or day <= row["closed_on"])


REGION_OF = {
    row["ods_code"]: row["region_ods_code"]
    for row in _rows(reference.ORGANISATIONS)
    if _open_on(row, COUNTED_ON.isoformat())
}
NAMED = {row["ods_code"]: row for row in _rows(then.KNOWN_ROUNDS) if row["round"] == ROUND_ID}


def _outcome(row: dict[str, str]) -> dict[str, Any]:
    """What a row of ``known_rounds.csv`` says was decided, as a panel sends it.

    Casework takes no ``not_published``, and no condition without a day on which it is due: there, other
    words and a day are made up.
    """
    codes = [code for code in row["reason_codes"].split("|") if code]
    reasons = [
        {"code": "other", "text": NO_REASON} if code == "not_published" else {"code": code, "text": row["reason_text"]}
        for code in codes
    ]
    condition = {"text": row["reason_text"], "reasonCode": codes[0] if codes else None, "dueOn": "2015-03-31"}
    carried: dict[str, dict[str, Any]] = {
        "approved": {},
        "conditional": {"conditions": [condition]},
        "rejected": {"reasons": reasons},
        "downgraded_to_joint": {"reasons": reasons, "chosenBy": row["chosen_by"]},
    }
    return {"odsCode": row["ods_code"], "outcome": row["outcome"], **carried[row["outcome"]]}


def _named(outcomes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(code for code, row in NAMED.items() if row["outcome"] in outcomes))


def _filled_up(region: str) -> list[str]:
    """Approved CCGs that nobody named: the first of the region by ODS code that are free, up to its total."""
    known = sum(REGION_OF[code] == region for code in _named({"approved"}))
    free = sorted(code for code, place in REGION_OF.items() if place == region and code not in NAMED)
    return free[: REGION_TOTALS[region] - known]


def _alone(code: str) -> Applying:
    is_named = code in NAMED
    return Applying((code,), "delegated", (_outcome(NAMED[code]) if is_named else {"odsCode": code, **APPROVED},))


# --- who does what ------------------------------------------------------------------------------

DECLARED_AS_NAMED = _named({"declared"})
MADE_UP_APPROVED = tuple(sorted(code for region in REGION_TOTALS for code in _filled_up(region)))
TOGETHER = Applying(NORTH_WEST_LONDON, "delegated", tuple(_outcome(NAMED[code]) for code in NORTH_WEST_LONDON))
ALONE = tuple(
    _alone(code)
    for code in sorted(
        {*_named({"approved", "conditional", "rejected", "downgraded_to_joint"}), *MADE_UP_APPROVED}
        - set(NORTH_WEST_LONDON)
    )
)

# The others in the order of their codes read backwards, so that every part has CCGs of several regions.
_OTHERS = sorted(REGION_OF.keys() - NAMED.keys() - set(MADE_UP_APPROVED), key=lambda code: code[::-1])
_MORE = JOINT + GREATER_INVOLVEMENT - len(DECLARED_AS_NAMED)
JOINT_APPLICATIONS = tuple(Applying((code,), "joint") for code in _OTHERS[:JOINT])
DECLARED_GREATER_INVOLVEMENT = tuple(_OTHERS[JOINT:_MORE])
DECLARED_NONE = tuple(_OTHERS[_MORE : _MORE + NONE])
SILENT = tuple(_OTHERS[_MORE + NONE :])
