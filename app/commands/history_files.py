"""Reads files about past rounds (``app/reference``): the rounds, the decisions in them, totals as reported.

A file is imported whole or not at all. A row that cannot be read is left out, and a fault with its line is noted.
"""

import re
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum

from app.casework.history_rows import FactLine
from app.commands.file_rows import FileFault, FileRow, as_day, find_repeats, with_header
from app.rules.grants import Agreement
from app.rules.history import PAST_AGREEMENTS, Basis, Chosen, PastDecision, PastDeclaration, PastFact, Reported
from app.rules.outcomes import ChosenBy, Condition, Reason
from app.rules.refusals import InvalidDocument
from app.rules.rounds import ROUND_ID, Coverage, RoundKind, RoundPlan, RoundStage, check_plan
from app.rules.words import MEASURES, REASONS, Level, Outcome

ROUND_COLUMNS = ("round", "title", "delegated_deadline", "joint_deadline", "starts_on", "counted_on", "source")
# The columns of a round, by the fields that the rules name.
ROUND_MEMBERS = {
    "/roundId": "round",
    "/title": "title",
    "/deadlines/delegated": "delegated_deadline",
    "/deadlines/joint": "joint_deadline",
    "/startsOn": "starts_on",
    "/countedOn": "counted_on",
    "/source": "source",
    "/note": "note",
    "/stage": "stage",
}
FACT_COLUMNS = (
    "round", "application", "ods_code", "name", "requested_level", "outcome", "granted_level", "chosen_by",
    "reason_codes", "reason_text", "decided_on", "effective_from", "agreement", "basis", "source",
)  # fmt: skip
ROUND_OPTIONS = ("note", "stage")
TOTAL_COLUMNS = ("round", "measure", "region", "value", "of", "as_at", "source")
TOTAL_OPTIONS = ("area_team", "settles", "note")
NOTE = ("note",)
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
DECLARED, NOT_KNOWN, NOT_DECLARED = "declared", "not_known", "not_declared"
# What the outcome of a row without a decision says of the level beside it.
WITHOUT_DECISION: dict[str, Callable[[Chosen | None], bool]] = {
    DECLARED: lambda level: level is not None and level.is_declared,
    NOT_KNOWN: lambda level: level is None or level.needs_approval,
    NOT_DECLARED: lambda level: level is Chosen.NOT_DECLARED,
}
OUTCOMES = (*Outcome, *WITHOUT_DECISION)


class Layout(StrEnum):
    """What a file contains. Its header shows it."""

    ROUNDS = "rounds"
    FACTS = "facts"
    TOTALS = "totals"


def layout_of(text: str) -> Layout | None:
    """The layout of a file. None if no layout has its header."""
    names = {name.strip().strip('"') for name in text.removeprefix("\ufeff").partition("\n")[0].strip().split(",")}
    marks = {"title": Layout.ROUNDS, "ods_code": Layout.FACTS, "measure": Layout.TOTALS}
    found = [layout for mark, layout in marks.items() if mark in names and "round" in names]
    return found[0] if found else None


# --- rounds -------------------------------------------------------------------------------------


def read_rounds(text: str, faults: list[FileFault]) -> list[tuple[int, RoundPlan]]:
    """Past rounds that are partly known, with their lines: no source says when they opened and closed."""
    rows = list(with_header(text, ROUND_COLUMNS, faults, ROUND_OPTIONS))
    find_repeats(rows, "round")
    found = [(row, _round(row)) for row in rows]
    unreadable = {fault.line for fault in faults}
    for row, plan in found:
        if row.line not in unreadable:
            _check_round(row, plan)
    return [(row.line, plan) for row, plan in found]


def _check_round(row: FileRow, plan: RoundPlan) -> None:
    """Note what breaks the rules of rounds, by the names of the columns."""
    try:
        check_plan(plan)
    except InvalidDocument as invalid:
        for fault in invalid.faults:
            row.fault(f"{ROUND_MEMBERS[fault.pointer]}: {fault.detail}")


def _round(row: FileRow) -> RoundPlan:
    return RoundPlan(
        round_id=row.shaped("round", ROUND_ID, "a round's id"),
        title=row.required("title"),
        kind=RoundKind.REAL,
        coverage=Coverage.PARTIAL,
        opens_on=None,
        delegated_deadline=row.day_if_known("delegated_deadline"),
        joint_deadline=row.day_if_known("joint_deadline"),
        closes_on=None,
        starts_on=row.day("starts_on"),
        counted_on=row.day("counted_on"),
        source=row.required("source"),
        note=row.cells["note"] or None,
        stage=row.cells["stage"] or RoundStage.APPLICATION,
    )


# --- decisions and declarations -----------------------------------------------------------------


def read_facts(text: str, faults: list[FileFault]) -> list[FactLine]:
    """What sources say about single CCGs. An empty cell is not known."""
    rows = list(with_header(text, FACT_COLUMNS, faults, NOTE))
    beside = [row for row in rows if _is_beside(row)]
    find_repeats([row for row in rows if row not in beside], "round", "ods_code")
    find_repeats(beside, "round", "ods_code")
    _find_shared_keys(rows, beside)
    found = [(row, _fact(row)) for row in rows]
    return [FactLine(row.line, row.cells["name"], fact) for row, fact in found if fact is not None]


def _find_shared_keys(rows: Sequence[FileRow], beside: Sequence[FileRow]) -> None:
    """Note each row that can stand beside another of its CCG, but has its application too, and so its key."""
    names = ("round", "application", "ods_code")
    others = {tuple(row.cells[name] for name in names) for row in rows if row not in beside}
    for row in beside:
        if tuple(row.cells[name] for name in names) in others:
            row.fault("application is that of another row of this CCG in the round: name it otherwise")


def _is_beside(row: FileRow) -> bool:
    """Whether a row says what was decided without what was asked for: it can stand beside one of the same CCG."""
    return not row.cells["requested_level"] and row.cells["outcome"] not in WITHOUT_DECISION


def _fact(row: FileRow) -> PastFact | None:
    row.shaped("round", ROUND_ID, "a round's id")
    row.shaped("application", ROUND_ID, "a name of small letters, digits and single hyphens")
    row.code("ods_code")
    outcome = row.cells["outcome"]
    is_unasked = outcome == NOT_KNOWN or (outcome == Outcome.APPROVED and row.cells["granted_level"])
    for name in ("name", "outcome", "basis", *(() if is_unasked else ("requested_level",))):
        row.required(name)
    basis = row.word("basis", Basis)
    if outcome in WITHOUT_DECISION:
        return _choice(row, row.word("requested_level", Chosen), basis)
    return _decision(row, row.word("requested_level", Level), basis)


def _choice(row: FileRow, level: Chosen | None, basis: Basis | None) -> PastDeclaration | None:
    outcome, is_readable = row.cells["outcome"], level is not None or not row.cells["requested_level"]
    if is_readable and row.cells["requested_level"] and not WITHOUT_DECISION[outcome](level):
        fault = "is applied for, not declared" if outcome == DECLARED else f"does not go with the outcome {outcome}"
        row.fault(f"{level} {fault}")
    if level is not None and row.cells["granted_level"] not in {"", level if outcome == DECLARED else ""}:
        row.fault(f"granted_level of a declaration is {level}, or empty")
    for name in ("chosen_by", "reason_codes", "reason_text", "agreement"):
        if row.cells[name]:
            row.fault(f"{name} is empty where a level is declared")
    declared_on, _ = row.day_if_known("decided_on"), row.day_if_known("effective_from")
    if not is_readable or basis is None or (level is None and outcome != NOT_KNOWN):
        return None
    return PastDeclaration(
        round_id=row.cells["round"],
        application=row.cells["application"],
        ods_code=row.cells["ods_code"],
        level=level,
        declared_on=declared_on,
        basis=basis,
        source=row.cells["source"],
        note=row.cells["note"] or None,
    )


def _decision(row: FileRow, level: Level | None, basis: Basis | None) -> PastDecision | None:
    outcome, chosen_by = row.word("outcome", Outcome, OUTCOMES), row.word("chosen_by", ChosenBy)
    agreement, reasons = row.word("agreement", Agreement, PAST_AGREEMENTS), _reasons(row)
    decided_on, effective_from = row.day_if_known("decided_on"), row.day_if_known("effective_from")
    held = row.word("granted_level", Level) if not row.cells["requested_level"] else None
    if (level is None and held is None) or basis is None or outcome is None:
        return None
    is_conditional = outcome is Outcome.CONDITIONAL and reasons
    grants_nothing = level is not None and not row.cells["granted_level"]
    fact = PastDecision(
        round_id=row.cells["round"],
        application=row.cells["application"],
        ods_code=row.cells["ods_code"],
        requested_level=level,
        outcome=outcome,
        chosen_by=chosen_by,
        reasons=reasons,
        # Sources give a condition as the reason why approval waits, and give no day by which it was due.
        conditions=(Condition("c1", reasons[0].text, reasons[0].code, None),) if is_conditional else (),
        decided_on=decided_on,
        effective_from=effective_from,
        agreement=agreement,
        basis=basis,
        source=row.cells["source"],
        unasked_level=held,
        note=row.cells["note"] or None,
        is_interest=grants_nothing and outcome is not Outcome.REJECTED,
    )
    if row.cells["granted_level"] != (fact.granted_level or ""):
        row.fault(f"granted_level of {outcome} is {fact.granted_level or 'empty'}")
    return fact


def _reasons(row: FileRow) -> tuple[Reason, ...]:
    """Several codes are separated by ``|`` and share one text."""
    codes, text = [code for code in row.cells["reason_codes"].split("|") if code], row.cells["reason_text"]
    known = {word.code for word in REASONS}
    for code in codes:
        if code not in known:
            row.fault(f"reason_codes {code!r} is not a reason code")
    if text and not codes:
        row.fault("reason_text has no reason code")
    return tuple(Reason(code, text) for code in codes)


# --- totals -------------------------------------------------------------------------------------


def read_totals(
    text: str, regions: Collection[str], area_teams: Collection[str], faults: list[FileFault]
) -> list[tuple[int, Reported]]:
    """Totals as they were reported, with their lines. Without a region and an area team they are for England."""
    rows = list(with_header(text, TOTAL_COLUMNS, faults, TOTAL_OPTIONS))
    find_repeats(rows, "round", "measure", "region", "area_team")
    return [(row.line, _total(row, regions, area_teams)) for row in rows]


def _as_at(row: FileRow) -> str:
    """A day, or a month if the day is not known."""
    text = row.cells["as_at"]
    if as_day(text) is None and not MONTH.fullmatch(text):
        row.fault(f"as_at {text!r} is not a day, or a month such as 2015-12")
    return text


def _total(row: FileRow, regions: Collection[str], area_teams: Collection[str]) -> Reported:
    region, measure, team = row.cells["region"], row.cells["measure"], row.cells["area_team"]
    if region and region not in regions:
        row.fault(f"region {region!r} is not a known region")
    if team and team not in area_teams:
        row.fault(f"area_team {team!r} is not a known area team")
    if region and team:
        row.fault("region and area_team are not named together")
    if row.cells["settles"] not in {"", "yes"}:
        row.fault("settles is yes, or empty")
    if measure not in {word.code for word in MEASURES}:
        row.fault(f"measure {measure!r} is not known")
    value, of = row.number("value"), row.number("of")
    if value > of:
        row.fault(f"value {value} is more than {of}, of which it is a part")
    return Reported(
        round_id=row.cells["round"] and row.shaped("round", ROUND_ID, "a round's id"),
        measure=measure,
        region_code=region or None,
        value=value,
        of=of,
        as_at=_as_at(row),
        source=row.required("source"),
        area_team_code=team or None,
        settles=bool(row.cells["settles"]),
        note=row.cells["note"] or None,
    )
