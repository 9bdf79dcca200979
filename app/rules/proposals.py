"""What an application must hold when it is submitted, how often it may be written, and what the panel is shown."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from math import ceil
from typing import Any, NamedTuple

from app.rules import deadlines
from app.rules.refusals import Fault, IncompleteApplication, InvalidDocument, TooManyVersions
from app.rules.rounds import RoundStage
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
_OF_INTEREST = ("/proposal/summary", "/proposal/benefits/", "/proposal/conflictsOfInterest/")
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


def check_complete(document: Mapping[str, Any], level: Level, stage: str = RoundStage.APPLICATION) -> None:
    """Raise IncompleteApplication naming every member that a submission at this level lacks.

    An expression of interest is not signed, and need not say how the level would be run.
    """
    faults = [
        Fault(pointer, "Required at submission.")
        for pointer in _wanted(level, stage)
        if _at(document, pointer) in (_MISSING, "", [])
    ]
    if stage == RoundStage.APPLICATION:
        faults += _form_faults(document, level)
    if faults:
        raise IncompleteApplication("", faults=faults)


def _wanted(level: Level, stage: str) -> tuple[str, ...]:
    if stage == RoundStage.EXPRESSION_OF_INTEREST:
        return tuple(pointer for pointer in _BOTH if pointer.startswith(_OF_INTEREST))
    return _BOTH + (_DELEGATED if level is Level.DELEGATED else ())


def _form_faults(document: Mapping[str, Any], level: Level) -> Iterator[Fault]:
    """What an application has in the wrong form: its committee, and who signed it."""
    kind = _at(document, _KIND)
    if kind is not _MISSING and kind not in _COMMITTEES[level]:
        yield Fault(_KIND, f"A {level} application needs {' or '.join(sorted(_COMMITTEES[level]))}.")
    signatories = document.get("signatories") or []
    if not any(signatory.get("role") == "accountable_officer" for signatory in signatories):
        yield Fault("/signatories", "The accountable officer signs a submission.")


_TELLS_THE_PAST = (
    "/proposal/governance/constitution/agreedOn",
    "/proposal/conflictsOfInterest/lastReviewedOn",
    "/proposal/engagement/membersAgreedOn",
)


def check_past(document: Mapping[str, Any], today: date) -> None:
    """Raise InvalidDocument naming every day that tells the past and lies ahead of a London day."""
    said = {pointer: _at(document, pointer) for pointer in _TELLS_THE_PAST}
    said |= {
        f"/signatories/{place}/signedOn": signatory.get("signedOn")
        for place, signatory in enumerate(document.get("signatories") or [])
    }
    ahead = {pointer: day for pointer, day in said.items() if isinstance(day, str) and day > today.isoformat()}
    if ahead:
        faults = [Fault(pointer, f"{day} lies ahead of today, {today}.") for pointer, day in ahead.items()]
        raise InvalidDocument("A day that tells the past lies ahead.", faults=faults)


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
            f"This draft has {written.today} versions of today; more are possible tomorrow. "
            "It can be submitted or withdrawn today.",
            seconds=ceil((tomorrow - at).total_seconds()),
        )
    if written.size + size > BYTES_OF_ALL_VERSIONS:
        raise TooManyVersions(
            f"All versions of this draft together would have {written.size + size:,} bytes; they may have "
            f"{BYTES_OF_ALL_VERSIONS:,}. Submit it, or withdraw it and create a new one."
        )


CRITERIA = {
    level: tuple(each for each in Criterion if level is Level.DELEGATED or not each.is_of_delegated_only)
    for level in Level
}


CRITERIA_AT: dict[str, dict[Level, tuple[Criterion, ...]]] = {
    RoundStage.APPLICATION: CRITERIA,
    RoundStage.EXPRESSION_OF_INTEREST: dict.fromkeys(Level, (Criterion.BENEFITS, Criterion.CONFLICTS_OF_INTEREST)),
}


def criteria_of(level: Level, stage: str = RoundStage.APPLICATION) -> tuple[Criterion, ...]:
    """By what an application at this level, or an expression of interest, is assessed."""
    return CRITERIA_AT[stage][level]


def check_criterion(criterion: Criterion, level: Level, stage: str = RoundStage.APPLICATION) -> None:
    """An application is assessed by what it has to say something about. Raises InvalidDocument."""
    if criterion not in criteria_of(level, stage):
        of_applications = "An expression of interest is assessed by benefits and conflicts_of_interest only."
        of_delegated = f"{criterion} is a criterion of delegated requests only."
        detail = of_delegated if stage == RoundStage.APPLICATION else of_applications
        raise InvalidDocument(detail, faults=[Fault("", detail)])


class Flag(StrEnum):
    """What the panel should look at."""

    LAY_CHAIR_MISSING = "lay_chair_missing"
    LAY_AND_EXECUTIVE_MAJORITY_MISSING = "lay_and_executive_majority_missing"
    BUSINESS_RULES_NOT_MET = "business_rules_not_met"
    INTERIM_LEADERSHIP = "interim_leadership"
    CONSTITUTION_NOT_AGREED = "constitution_not_agreed"
    CLOSING_KNOWN = "closing_known"


# Where to look in an application, and what raises the flag. What is not said raises none.
RAISED_BY: dict[Flag, tuple[str, bool | str]] = {
    Flag.LAY_CHAIR_MISSING: ("/proposal/governance/committee/layChair", False),
    Flag.LAY_AND_EXECUTIVE_MAJORITY_MISSING: ("/proposal/governance/committee/layAndExecutiveMajority", False),
    Flag.BUSINESS_RULES_NOT_MET: ("/proposal/finance/meetsBusinessRules", False),
    Flag.INTERIM_LEADERSHIP: ("/proposal/capacity/interimLeadership", True),
    Flag.CONSTITUTION_NOT_AGREED: ("/proposal/governance/constitution/state", "not_agreed"),
}


def flags(document: Mapping[str, Any], *, closing: Iterable[date], starts_on: date) -> list[str]:
    """What the panel should look at: accepted at submission, and shown.

    ``closing`` are the last days of the members of which one is known, ``starts_on`` is the day the round starts.
    """
    found: list[str] = [flag for flag, (pointer, value) in RAISED_BY.items() if _at(document, pointer) == value]
    return [*found, *([Flag.CLOSING_KNOWN] if any(day < starts_on for day in closing) else [])]
