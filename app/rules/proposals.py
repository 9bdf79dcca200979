"""What an application must hold when it is submitted, how often it may be written, and what the panel is shown."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from app.rules import deadlines
from app.rules.refusals import Fault, IncompleteApplication, InvalidDocument, TooManyVersions
from app.rules.words import Criterion, Level

_BOTH = (
    "/proposal/summary",
    "/proposal/benefits/integration",
    "/proposal/benefits/quality",
    "/proposal/benefits/inequalities",
    "/proposal/governance/committee/kind",
    "/proposal/governance/committee/layChair",
    "/proposal/governance/committee/layAndExecutiveMajority",
    "/proposal/governance/committee/termsOfReferenceUrl",
    "/proposal/governance/constitution/state",
    "/proposal/governance/constitution/agreedOn",
    "/proposal/conflictsOfInterest/policyUrl",
    "/proposal/conflictsOfInterest/registerOfInterestsUrl",
    "/proposal/conflictsOfInterest/lastReviewedOn",
    "/proposal/engagement/membersAgreedOn",
    "/proposal/engagement/narrative",
)
_DELEGATED = (
    "/proposal/functions",
    "/proposal/finance/primaryCareSpendPounds",
    "/proposal/finance/currentYearForecastSurplusPercent",
    "/proposal/finance/plannedSurplusPercent",
    "/proposal/finance/meetsBusinessRules",
    "/proposal/finance/narrative",
    "/proposal/capacity/narrative",
    "/proposal/capacity/interimLeadership",
)
_COMMITTEES = {
    Level.DELEGATED: frozenset({"primary_care_commissioning_committee"}),
    Level.JOINT: frozenset({"joint_committee", "committees_in_common"}),
}
_KIND = "/proposal/governance/committee/kind"
_MISSING: Any = object()


def _at(document: Mapping[str, Any], pointer: str) -> Any:
    """The value at a JSON Pointer of plain member names, or ``_MISSING``; null counts as missing."""
    value: Any = document
    for name in pointer.removeprefix("/").split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            return _MISSING
    return value


def check_complete(document: Mapping[str, Any], level: Level) -> None:
    """Raise IncompleteApplication naming every member that a submission at this level lacks."""
    wanted = _BOTH + (_DELEGATED if level is Level.DELEGATED else ())
    faults = [
        Fault(pointer, "Required at submission.") for pointer in wanted if _at(document, pointer) in (_MISSING, "", [])
    ]
    kind = _at(document, _KIND)
    if kind is not _MISSING and kind not in _COMMITTEES[level]:
        faults.append(Fault(_KIND, f"A {level} application needs {' or '.join(sorted(_COMMITTEES[level]))}."))
    signatories = document.get("signatories") or []
    if not any(signatory.get("role") == "accountable_officer" for signatory in signatories):
        faults.append(Fault("/signatories", "The accountable officer signs a submission."))
    if faults:
        count = "1 thing is missing or does" if len(faults) == 1 else f"{len(faults)} things are missing or do"
        raise IncompleteApplication(f"{count} not fit.", faults=faults)


VERSIONS_A_DAY = 100
BYTES_OF_ALL_VERSIONS = 1_000_000


class Versions(NamedTuple):
    """How many versions of a draft were written on a London day, and the bytes of all there ever were."""

    today: int
    size: int


def check_versions(written: Versions, size: int, at: datetime) -> None:
    """Raise TooManyVersions if no other version, of ``size`` bytes, may be written at an instant.

    The log keeps every version for ever, so a system that amends its draft in a loop would fill it.
    """
    if written.today >= VERSIONS_A_DAY:
        tomorrow = deadlines.closes_at(deadlines.london_day(at))
        raise TooManyVersions(
            f"This draft has {written.today} versions of today; more are possible tomorrow.",
            seconds=ceil((tomorrow - at).total_seconds()),
        )
    if written.size + size > BYTES_OF_ALL_VERSIONS:
        raise TooManyVersions(
            f"All versions of this draft together would have {written.size + size} bytes; they may have 1000000."
        )


def check_criterion(criterion: Criterion, level: Level) -> None:
    """An application is assessed by what it has to say something about. Raises InvalidDocument."""
    if criterion.is_of_delegated_only and level is not Level.DELEGATED:
        detail = f"{criterion} is a criterion of delegated requests only."
        raise InvalidDocument(detail, faults=[Fault("", detail)])


# Where to look, and for what. What is not said raises no flag.
_FLAGS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "lay_chair_missing": ("/proposal/governance/committee/layChair", operator.not_),
    "lay_and_executive_majority_missing": ("/proposal/governance/committee/layAndExecutiveMajority", operator.not_),
    "business_rules_not_met": ("/proposal/finance/meetsBusinessRules", operator.not_),
    "interim_leadership": ("/proposal/capacity/interimLeadership", operator.truth),
    "constitution_not_agreed": ("/proposal/governance/constitution/state", lambda state: bool(state == "not_agreed")),
}


def flags(document: Mapping[str, Any]) -> list[str]:
    """What the panel should look at: accepted at submission, and shown."""
    said = {flag: _at(document, pointer) for flag, (pointer, _) in _FLAGS.items()}
    return [flag for flag, (_, is_raised) in _FLAGS.items() if said[flag] is not _MISSING and is_raised(said[flag])]
