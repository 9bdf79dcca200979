"""The columns of statistics, comparisons, waiting times and publications, and how each takes its value from a row."""

from collections.abc import Callable, Iterator

from app.reading.comparison import Compared
from app.reading.publications import Published
from app.reading.published import Listed
from app.reading.statistics import Group
from app.reading.waiting_times import LevelWaits
from app.records.published import PublishedRow
from app.rules.history import Reported
from app.rules.publications import PublicationKind
from app.rules.rounds import Coverage, RoundKind
from app.rules.words import MEASURES, Level, Outcome
from app.web.formats import SEPARATOR, Column

_LABELS = {word.code: word.label for word in MEASURES}


def _count(name: str, description: str, value: Callable[[Group], int]) -> Column[Group]:
    return Column(name, "integer", description, value, required=True)


def _is_partial(group: Group) -> bool:
    return group.plan.coverage == Coverage.PARTIAL


def _percent_approved(group: Group) -> float | None:
    figures = group.figures
    return None if _is_partial(group) else figures.percent_of_outcomes(figures.outcomes[Outcome.APPROVED])


def _reported(total: Reported) -> str:
    label = _LABELS.get(total.measure, total.measure)
    said = f"{label}: {total.value} of {total.of}, as at {total.as_at} ({total.source})"
    return said if total.note is None else f"{said}. {total.note}"


# The same in every row, so whoever makes the table gives it.
KNOWN_TO: Column[object] = Column(
    "knownTo",
    "date",
    "How far what is known of every CCG (mergers, closings, regions) reaches.",
    lambda _: None,
    required=True,
)
STATISTICS_COLUMNS: tuple[Column[Group], ...] = (
    Column("round", "string", "The round's id.", lambda each: each.plan.round_id, required=True),
    Column(
        "trial",
        "boolean",
        "Whether it is a trial round, which decides nothing.",
        lambda each: each.plan.kind == RoundKind.TRIAL,
        required=True,
    ),
    Column(
        "coverage",
        "string",
        "Whether all of the round is known (complete) or a part (partial).",
        lambda each: each.plan.coverage,
        required=True,
    ),
    Column(
        "countedOn",
        "date",
        "The day whose open CCGs are counted; grants are in force on inForceOn.",
        lambda each: each.plan.counted_on,
        required=True,
    ),
    Column("inForceOn", "date", "The day on which grants are in force.", lambda each: each.day, required=True),
    Column(
        "groupBy",
        "string",
        "What the rows are by: region, areaTeam, round or reason.",
        lambda each: each.by,
        required=True,
    ),
    Column("groupCode", "string", "The group's code; empty where it is not known.", lambda each: each.code),
    Column("groupName", "string", "The group's name.", lambda each: each.name, required=True),
    Column(
        "publicSequence",
        "integer",
        "The sequence of the newest publication that is counted.",
        lambda each: each.public_sequence,
        required=True,
    ),
    _count("organisations", "How many CCGs the row counts: the denominator.", lambda each: each.figures.organisations),
    _count(
        "requestedDelegated",
        "CCGs that applied for delegated commissioning, as far as is public.",
        lambda each: each.figures.requested[Level.DELEGATED],
    ),
    _count(
        "requestedJoint",
        "CCGs that applied for joint commissioning, as far as is public.",
        lambda each: each.figures.requested[Level.JOINT],
    ),
    _count(
        "requestedGreaterInvolvement",
        "CCGs that declared greater involvement.",
        lambda each: each.figures.requested[Level.GREATER_INVOLVEMENT],
    ),
    _count(
        "requestedNone", "CCGs that declared that they want no part.", lambda each: each.figures.requested[Level.NONE]
    ),
    Column(
        "notDeclared",
        "integer",
        "CCGs of which nothing is public; in a round that is known in part, those known to have chosen nothing.",
        lambda each: each.figures.silent if _is_partial(each) else each.figures.without_choice,
    ),
    Column(
        "notKnown",
        "integer",
        "CCGs of which no source tells the choice; empty where all of a round is known.",
        lambda each: each.figures.without_choice - each.figures.silent if _is_partial(each) else None,
    ),
    _count(
        "outcomeNotKnown",
        "CCGs that chose a level of which no source tells whether it was granted.",
        lambda each: each.figures.outcome_not_known,
    ),
    _count(
        "requestNotKnown",
        "Approvals of which no source tells what was asked for, nor for which days.",
        lambda each: each.figures.unasked.total(),
    ),
    _count(
        "approved",
        "Decisions that approved as requested, without conditions.",
        lambda each: each.figures.outcomes[Outcome.APPROVED],
    ),
    _count(
        "conditional",
        "Decisions that approved with conditions; not among the approved.",
        lambda each: each.figures.outcomes[Outcome.CONDITIONAL],
    ),
    _count("rejected", "Decisions that did not approve.", lambda each: each.figures.outcomes[Outcome.REJECTED]),
    _count(
        "downgradedToJoint",
        "Decisions that granted joint where delegated was requested.",
        lambda each: each.figures.outcomes[Outcome.DOWNGRADED_TO_JOINT],
    ),
    _count(
        "notApprovedAsRequested",
        "Rejected and downgraded together.",
        lambda each: each.figures.not_approved_as_requested,
    ),
    _count(
        "sincePromoted",
        "Conditional approvals whose conditions have been met or waived since.",
        lambda each: each.figures.since_promoted,
    ),
    _count("inForce", "Grants in force on the day, with a signed agreement.", lambda each: each.figures.in_force),
    _count(
        "startNotConfirmed",
        "Grants in force on the day as far as is known: no source says that they started.",
        lambda each: each.figures.start_not_confirmed,
    ),
    Column(
        "percentApproved",
        "decimal",
        "Approved in per cent of the CCGs; empty where a round is known in part, and as long as nothing is decided.",
        _percent_approved,
    ),
    Column(
        "sources",
        "string",
        "The sources of the past facts counted.",
        lambda each: SEPARATOR.join(each.figures.sources),
        SEPARATOR,
    ),
    Column(
        "reported",
        "string",
        "What others reported of the group, with its source; never in a count.",
        lambda each: SEPARATOR.join(map(_reported, each.reported)),
        SEPARATOR,
    ),
    KNOWN_TO,
)


Held = Callable[[Compared], Listed | None]
# What a CCG held on one of the days. ``{day}`` says which day.
_HELD: tuple[Column[PublishedRow], ...] = (
    Column("Level", "string", "The level held on {day}; empty where none was.", lambda row: row.granted_level),
    Column("Round", "string", "The round in which it was granted.", lambda row: row.round_id),
    Column("DecisionId", "string", "The decision that granted it.", lambda row: row.decision_id),
    Column("InForceFrom", "date", "The first day of that grant.", lambda row: row.in_force_from),
    Column("InForceTo", "date", "The last day of that grant; empty while it has none.", lambda row: row.in_force_to),
    Column("EndedBy", "string", "What ended that grant.", lambda row: row.ended_by),
    Column(
        "Agreement",
        "string",
        "The agreement; not_known: no source says that the grant started.",
        lambda row: row.agreement,
    ),
    Column("Basis", "string", "How a source tells the decision: stated, derived or implied.", lambda row: row.basis),
    Column("Source", "string", "The source of a decision of history.", lambda row: row.source),
)


def _on(when: str, day: str, held: Held) -> Iterator[Column[Compared]]:
    """The columns of what a CCG held on one of the days."""
    for column in _HELD:
        yield Column(f"{when}{column.name}", column.datatype, column.description.format(day=day), _of(held, column))


def _of(held: Held, column: Column[PublishedRow]) -> Callable[[Compared], object]:
    def value(each: Compared) -> object:
        found = held(each)
        return None if found is None else column.value(found.row)

    return value


COMPARISON_COLUMNS: tuple[Column[Compared], ...] = (
    Column("from", "date", "The earlier day.", lambda each: each.from_day, required=True),
    Column("to", "date", "The later day.", lambda each: each.to_day, required=True),
    Column(
        "publicSequence",
        "integer",
        "The sequence of the newest publication that is looked at.",
        lambda each: each.public_sequence,
        required=True,
    ),
    Column(
        "change",
        "string",
        "What became of the CCG's level: gained, lost or changed.",
        lambda each: each.change,
        required=True,
    ),
    Column("odsCode", "string", "The CCG's ODS code.", lambda each: each.ccg.ods_code, required=True),
    Column(
        "name",
        "string",
        "What the CCG was called on the later day, or last.",
        lambda each: each.ccg.name,
        required=True,
    ),
    Column(
        "closedOn", "date", "The CCG's last day, where it has closed by the later day.", lambda each: each.closed_on
    ),
    Column("successorOdsCode", "string", "The CCG that came after it.", lambda each: each.successor),
    *_on("before", "the earlier day", lambda each: each.before),
    *_on("after", "the later day", lambda each: each.after),
    KNOWN_TO,
)
WAITING_TIME_COLUMNS: tuple[Column[LevelWaits], ...] = (
    Column("round", "string", "The round's id.", lambda each: each.plan.round_id, required=True),
    Column("title", "string", "The round's title.", lambda each: each.plan.title, required=True),
    Column(
        "trial",
        "boolean",
        "Whether it is a trial round, which decides nothing.",
        lambda each: each.plan.kind == RoundKind.TRIAL,
        required=True,
    ),
    Column(
        "requestedLevel", "string", "The level applied for: delegated or joint.", lambda each: each.level, required=True
    ),
    Column(
        "announced",
        "integer",
        "How many CCGs' decisions were announced.",
        lambda each: each.waits.number,
        required=True,
    ),
    Column(
        "medianDays",
        "decimal",
        "Half of them waited no longer, from submission to announcement.",
        lambda each: each.waits.median,
        required=True,
    ),
    Column(
        "percentile90Days",
        "integer",
        "Nine in ten of them waited no longer.",
        lambda each: each.waits.percentile_90,
        required=True,
    ),
    Column("oldestDays", "integer", "Nobody waited longer.", lambda each: each.waits.oldest, required=True),
)
PUBLICATION_COLUMNS: tuple[Column[Published], ...] = (
    Column(
        "sequence",
        "integer",
        "The public sequence: asKnownAt takes it, and answers as the register was known then.",
        lambda each: each.sequence,
        required=True,
    ),
    Column(
        "kind",
        "string",
        f"What it was, one of: {', '.join(PublicationKind)}.",
        lambda each: each.kind.value,
        required=True,
    ),
    Column("recordedAt", "dateTime", "When it was published, in UTC.", lambda each: each.recorded_at, required=True),
    Column("events", "integer", "How many events it published.", lambda each: each.events, required=True),
)
