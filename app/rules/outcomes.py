"""Outcomes: what each must carry, and what it grants (rule 16)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from app.rules.refusals import (
    ConditionNotAllowed,
    ConditionRequired,
    Fault,
    Incomplete,
    InvalidDocument,
    MemberMissing,
    NothingToDowngrade,
    NotScaledDown,
    OnlyRejection,
    ReasonRequired,
    ScaledDown,
)
from app.rules.rounds import RoundStage
from app.rules.words import HISTORY_ONLY_REASONS, REASONS, Level, Outcome

_REASON_CODES = {word.code for word in REASONS} - HISTORY_ONLY_REASONS


class ChosenBy(StrEnum):
    """Whose choice a downgrade was: Slough scaled its own application down."""

    CCG = "ccg"
    PANEL = "panel"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code of the reference data and a public text."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ScalingDown:
    """To which level the CCGs of an application scaled it down after they had submitted it, and why."""

    level: Level
    reason: Reason


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be done, by when, before a conditional approval counts. Of the past the day may be unknown."""

    condition_id: str
    text: str
    reason_code: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the panel records for one member CCG. ``private_note`` never leaves the panel.

    ``functions`` are those that it grants at delegated; None for those of the proposal.
    """

    ods_code: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    conditions: tuple[Condition, ...] = ()
    chosen_by: ChosenBy | None = None
    private_note: str | None = None
    functions: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Sitting:
    """The panel's meeting: when it met, who sat, who stood aside. All of it private."""

    met_on: date
    members: tuple[str, ...]
    recusals: tuple[str, ...]


def granted_level(requested: Level, outcome: Outcome, stage: str = RoundStage.APPLICATION) -> Level | None:
    """What an outcome gives; nothing for a rejection or an interest, joint for a downgrade."""
    if stage == RoundStage.EXPRESSION_OF_INTEREST:
        return None
    match outcome:
        case Outcome.REJECTED:
            return None
        case Outcome.DOWNGRADED_TO_JOINT:
            return Level.JOINT
        case _:
            return requested


class Granted(NamedTuple):
    """What a ruling gives: a level, and at delegated its functions. None for nothing, and for what is not known."""

    level: Level | None
    functions: tuple[str, ...] | None


def proposed_functions(document: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The functions that an application proposes to take on. None if it says none, or was redacted."""
    found = ((document or {}).get("proposal") or {}).get("functions")
    return None if found is None else tuple(dict.fromkeys(found))


def granted_functions(
    level: str | None, said: Sequence[str] | None, document: Mapping[str, Any] | None
) -> tuple[str, ...] | None:
    """The functions that a decision grants: at delegated those said, or else the proposal's; at another level none.

    None if it is not known, as of history, which has no ``document``.
    """
    if level != Level.DELEGATED:
        return ()
    return proposed_functions(document) if said is None else tuple(said)


def granted(
    requested: Level, ruling: Ruling, document: Mapping[str, Any] | None, stage: str = RoundStage.APPLICATION
) -> Granted:
    """What a ruling about an application gives."""
    level = granted_level(requested, ruling.outcome, stage)
    return Granted(level, granted_functions(level, ruling.functions, document) or None)


# The order in which a problem's code is chosen when a body has several kinds of fault.
_ORDER: tuple[type[Incomplete], ...] = (
    MemberMissing,
    OnlyRejection,
    NothingToDowngrade,
    ScaledDown,
    NotScaledDown,
    ReasonRequired,
    ConditionRequired,
    ConditionNotAllowed,
    InvalidDocument,
)


def check_rulings(
    requested: Level,
    members: Sequence[str],
    rulings: Sequence[Ruling],
    *,
    sitting: Sitting,
    today: date,
    document: Mapping[str, Any] | None = None,
    stage: str = RoundStage.APPLICATION,
    only_rejection: bool = False,
    is_scaled_down: bool = False,
) -> list[Granted]:
    """What each ruling gives. Raises one refusal with every fault of the rulings, and of the meeting that made them.

    Each member CCG has exactly one ruling, and each ruling carries what its outcome must. ``document`` holds the
    proposal, as far as it is known.
    """
    found = [*_membership_faults(members, rulings)]
    for place, ruling in enumerate(rulings):
        at = f"/outcomes/{place}"
        found += _ruling_faults(requested, ruling, at, stage)
        found += _choice_faults(requested, ruling, at, is_scaled_down=is_scaled_down)
        if only_rejection and ruling.outcome is not Outcome.REJECTED:
            found.append(
                (OnlyRejection, Fault(f"{at}/outcome", "Changes are still awaited: only rejected is possible."))
            )
    found += _sitting_faults(sitting, today)
    for place, ruling in enumerate(rulings):
        at = f"/outcomes/{place}"
        found += [*_word_faults(ruling, at, today), *_function_faults(requested, ruling, at, document, stage)]
    _refuse(found)
    return [granted(requested, ruling, document, stage) for ruling in rulings]


def check_ruling(
    requested: Level,
    ruling: Ruling,
    today: date,
    *,
    document: Mapping[str, Any] | None = None,
    stage: str = RoundStage.APPLICATION,
    is_scaled_down: bool | None = False,
    kept: Collection[int] = (),
) -> None:
    """Raise one refusal that names every fault of a single ruling, which is the whole document.

    ``kept`` are the places of the conditions that the decision has already: they keep a day that has passed.
    ``is_scaled_down`` is None if that is not known, as of decisions from before CCGs could.
    """
    choice = () if is_scaled_down is None else _choice_faults(requested, ruling, "", is_scaled_down=is_scaled_down)
    said = [*_word_faults(ruling, "", today, kept), *_function_faults(requested, ruling, "", document, stage)]
    _refuse([*_ruling_faults(requested, ruling, "", stage), *choice, *said])


def check_start(named: date | None, opening: Mapping[str, date]) -> None:
    """No decision starts before the body that it is about opens. ``opening`` has the first days of the bodies."""
    late = [(code, day) for code, day in sorted(opening.items()) if named is not None and named < day]
    faults = [Fault("/effectiveFrom", f"{code} opens on {day}, after {named}.") for code, day in late]
    if faults:
        raise InvalidDocument("A decision does not take effect before its body opens.", faults=faults)


def check_scaling_down(requested: Level, reason: Reason | None, *, pointer: str) -> None:
    """Only a delegated request is scaled down, and for a reason that can be given now.

    ``pointer`` is where the document names the lower level.
    """
    found: list[Finding] = []
    if requested is not Level.DELEGATED:
        found.append((NothingToDowngrade, Fault(pointer, "Delegated commissioning was not requested.")))
    _refuse([*found, *([] if reason is None else _code_faults([("/reason/code", reason.code)]))])


Finding = tuple[type[Incomplete], Fault]


def _refuse(found: Sequence[Finding]) -> None:
    for kind in _ORDER:
        if any(each is kind for each, _ in found):
            details = [fault.detail for each, fault in found if each is kind]
            raise kind(details[0], faults=[fault for _, fault in found])


def _membership_faults(members: Sequence[str], rulings: Sequence[Ruling]) -> list[Finding]:
    count = Counter(ruling.ods_code for ruling in rulings)
    missing = [Fault("/outcomes", f"{code} has no outcome.") for code in members if not count[code]]
    strange = [
        Fault(f"/outcomes/{place}/odsCode", f"{ruling.ods_code} is not a member of this application.")
        for place, ruling in enumerate(rulings)
        if ruling.ods_code not in members
    ]
    double = [Fault("/outcomes", f"{code} has {times} outcomes.") for code, times in count.items() if times > 1]
    return [(MemberMissing, fault) for fault in (*missing, *strange, *double)]


def _ruling_faults(requested: Level, ruling: Ruling, at: str, stage: str) -> list[Finding]:
    found: list[Finding] = []
    if ruling.outcome is Outcome.DOWNGRADED_TO_JOINT:
        if requested is not Level.DELEGATED:
            found.append((NothingToDowngrade, Fault(f"{at}/outcome", "Delegated commissioning was not requested.")))
        if ruling.chosen_by is None:
            found.append(
                (ReasonRequired, Fault(f"{at}/chosenBy", "A downgrade says whose choice it was: ccg or panel."))
            )
    elif ruling.chosen_by is not None:
        found.append((NothingToDowngrade, Fault(f"{at}/chosenBy", "Only a downgrade says whose choice it was.")))
    if ruling.outcome in {Outcome.REJECTED, Outcome.DOWNGRADED_TO_JOINT} and not ruling.reasons:
        found.append((ReasonRequired, Fault(f"{at}/reasons", f"{ruling.outcome} needs at least one reason.")))
    if ruling.outcome is Outcome.CONDITIONAL and stage == RoundStage.EXPRESSION_OF_INTEREST:
        what = "An expression of interest grants nothing that could wait for conditions: choose another outcome."
        return [*found, (ConditionNotAllowed, Fault(f"{at}/outcome", what))]
    if ruling.outcome is Outcome.CONDITIONAL and not ruling.conditions:
        found.append((ConditionRequired, Fault(f"{at}/conditions", "conditional needs at least one condition.")))
    if ruling.outcome is not Outcome.CONDITIONAL and ruling.conditions:
        found.append((ConditionNotAllowed, Fault(f"{at}/conditions", f"{ruling.outcome} carries no conditions.")))
    return found


def _choice_faults(requested: Level, ruling: Ruling, at: str, *, is_scaled_down: bool) -> Iterator[Finding]:
    """Whose choice a downgrade is follows from whether the application was scaled down."""
    is_downgrade = ruling.outcome is Outcome.DOWNGRADED_TO_JOINT and requested is Level.DELEGATED
    if not is_scaled_down and is_downgrade and ruling.chosen_by is ChosenBy.CCG:
        what = "The application was not scaled down, so the downgrade is the choice of the panel."
        yield NotScaledDown, Fault(f"{at}/chosenBy", what)
    if is_scaled_down and is_downgrade and ruling.chosen_by is ChosenBy.PANEL:
        yield ScaledDown, Fault(f"{at}/chosenBy", "The application was scaled down: the choice was that of the ccg.")
    if is_scaled_down and not is_downgrade and ruling.outcome is not Outcome.REJECTED:
        what = "The application was scaled down: only downgraded_to_joint or rejected is possible."
        yield ScaledDown, Fault(f"{at}/outcome", what)


def _sitting_faults(sitting: Sitting, today: date) -> Iterator[Finding]:
    if sitting.met_on > today:
        yield InvalidDocument, Fault("/panel/metOn", "The panel cannot have met in the future.")
    for place, name in enumerate(sitting.recusals):
        if name in sitting.members:
            yield InvalidDocument, Fault(f"/panel/recusals/{place}", "Somebody who stood aside did not sit.")


def _word_faults(ruling: Ruling, at: str, today: date, kept: Collection[int] = ()) -> Iterator[Finding]:
    """Reason codes that cannot be used now, and conditions that are due on a day that has passed."""
    codes = [(f"{at}/reasons/{place}/code", reason.code) for place, reason in enumerate(ruling.reasons)]
    codes += [(f"{at}/conditions/{place}/reasonCode", each.reason_code) for place, each in enumerate(ruling.conditions)]
    yield from _code_faults(codes)
    for place, condition in enumerate(ruling.conditions):
        if place not in kept and condition.due_on is not None and condition.due_on < today:
            yield InvalidDocument, Fault(f"{at}/conditions/{place}/dueOn", f"{condition.due_on} has passed.")


def _function_faults(
    requested: Level, ruling: Ruling, at: str, document: Mapping[str, Any] | None, stage: str
) -> Iterator[Finding]:
    """Only at delegated are functions granted, and only such as are known to have been proposed."""
    said, proposed = ruling.functions, proposed_functions(document)
    if said is None:
        return
    if granted_level(requested, ruling.outcome, stage) is not Level.DELEGATED:
        what = "Only an outcome that grants delegated commissioning grants functions. Leave it out."
        yield InvalidDocument, Fault(f"{at}/functions", what)
        return
    if proposed is None:
        what = "Of this decision no proposal is known, so nothing tells which functions there were. Leave it out."
        yield InvalidDocument, Fault(f"{at}/functions", what)
        return
    for place, code in enumerate(said):
        if code in said[:place]:
            yield InvalidDocument, Fault(f"{at}/functions/{place}", f"{code} is named twice.")
        elif code not in proposed:
            what = f"{code} was not proposed; the proposal names {', '.join(proposed) or 'none'}."
            yield InvalidDocument, Fault(f"{at}/functions/{place}", what)


def _code_faults(codes: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    for pointer, code in codes:
        if code not in _REASON_CODES:
            what = f"{code} is none of the reason codes at /v1/reference-data/reasons that can be used now."
            yield InvalidDocument, Fault(pointer, what)
