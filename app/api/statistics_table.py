"""The columns of statistics and of comparisons, for CSV."""

from datetime import date

from app.api.figures import Group
from app.records.published import PublishedRow
from app.rules.counts import figures
from app.rules.history import Reported
from app.rules.rounds import Coverage, RoundKind, RoundPlan
from app.rules.words import MEASURES, Level, Outcome
from app.web.formats import SEPARATOR, Column

_LABELS = {word.code: word.label for word in MEASURES}


def _count(name: str, description: str) -> Column:
    return Column(name, "integer", description, required=True)


STATISTICS_COLUMNS = (
    Column("round", "string", "The round's id.", required=True),
    Column("trial", "boolean", "Whether it is a trial round, which decides nothing.", required=True),
    Column("coverage", "string", "Whether all of the round is known (complete) or a part (partial).", required=True),
    Column(
        "countedOn", "date", "The day whose open CCGs are counted; grants are in force on inForceOn.", required=True
    ),
    Column("inForceOn", "date", "The day on which grants are in force.", required=True),
    Column("groupBy", "string", "What the rows are by: region, areaTeam, round or reason.", required=True),
    Column("groupCode", "string", "The group's code; empty where it is not known."),
    Column("groupName", "string", "The group's name.", required=True),
    Column("publicSequence", "integer", "The sequence of the newest publication that is counted.", required=True),
    _count("organisations", "How many CCGs the row counts: the denominator."),
    _count("requestedDelegated", "CCGs that applied for delegated commissioning, as far as is public."),
    _count("requestedJoint", "CCGs that applied for joint commissioning, as far as is public."),
    _count("requestedGreaterInvolvement", "CCGs that declared greater involvement."),
    _count("requestedNone", "CCGs that declared that they want no part."),
    Column("notDeclared", "integer", "CCGs of which nothing is public; empty where a round is known in part."),
    Column("notKnown", "integer", "CCGs that no source names; empty where all of a round is known."),
    _count("approved", "Decisions that approved as requested, without conditions."),
    _count("conditional", "Decisions that approved with conditions; not among the approved."),
    _count("rejected", "Decisions that did not approve."),
    _count("downgradedToJoint", "Decisions that granted joint where delegated was requested."),
    _count("notApprovedAsRequested", "Rejected and downgraded together."),
    _count("sincePromoted", "Conditional approvals whose conditions have been met or waived since."),
    _count("inForce", "Grants in force on the day, with a signed agreement."),
    _count("startNotConfirmed", "Grants in force on the day as far as is known: no source says that they started."),
    Column("percentApproved", "decimal", "Approved in per cent of the CCGs; empty where a round is known in part."),
    Column("sources", "string", "The sources of the past facts counted.", SEPARATOR),
    Column("reported", "string", "What others reported of the group, with its source; never in a count.", SEPARATOR),
)


def statistics_cells(plan: RoundPlan, group: Group, group_by: str, day: date, public_sequence: int) -> list[object]:
    """One group under ``STATISTICS_COLUMNS``."""
    found = figures(group.ccgs)
    is_partial = plan.coverage == Coverage.PARTIAL
    return [
        plan.round_id,
        plan.kind == RoundKind.TRIAL,
        plan.coverage,
        plan.counted_on,
        day,
        group_by,
        group.code,
        group.name,
        public_sequence,
        found.organisations,
        *(found.requested[level] for level in Level),
        None if is_partial else found.without_choice,
        found.without_choice if is_partial else None,
        *(found.outcomes[outcome] for outcome in Outcome),
        found.not_approved_as_requested,
        found.since_promoted,
        found.in_force,
        found.start_not_confirmed,
        None if is_partial else found.percent(found.outcomes[Outcome.APPROVED]),
        SEPARATOR.join(found.sources),
        SEPARATOR.join(map(_reported, group.reported)),
    ]


def _held(when: str, day: str) -> tuple[Column, ...]:
    return (
        Column(f"{when}Level", "string", f"The level held on {day}; empty where none was."),
        Column(f"{when}Round", "string", "The round in which it was granted."),
        Column(f"{when}DecisionId", "string", "The decision that granted it."),
        Column(f"{when}InForceFrom", "date", "The first day of that grant."),
        Column(f"{when}InForceTo", "date", "The last day of that grant; empty while it has none."),
        Column(f"{when}EndedBy", "string", "What ended that grant."),
        Column(f"{when}Agreement", "string", "The agreement; not_known: no source says that the grant started."),
        Column(f"{when}Basis", "string", "How a source tells the decision: stated, derived or implied."),
        Column(f"{when}Source", "string", "The source of a decision of history."),
    )


COMPARISON_COLUMNS = (
    Column("from", "date", "The earlier day.", required=True),
    Column("to", "date", "The later day.", required=True),
    Column("publicSequence", "integer", "The sequence of the newest publication that is looked at.", required=True),
    Column("change", "string", "What became of the CCG's level: gained, lost or changed.", required=True),
    Column("odsCode", "string", "The CCG's ODS code.", required=True),
    Column("name", "string", "What the CCG was called on the later day, or last.", required=True),
    Column("closedOn", "date", "The CCG's last day, where it has closed by the later day."),
    Column("successorOdsCode", "string", "The CCG that came after it."),
    *_held("before", "the earlier day"),
    *_held("after", "the later day"),
)


def held_cells(row: PublishedRow | None) -> list[object]:
    """What a CCG held on one of the days, under its part of ``COMPARISON_COLUMNS``."""
    if row is None:
        return [None] * len(_held("", ""))
    return [
        row.granted_level,
        row.round_id,
        row.decision_id,
        row.in_force_from,
        row.in_force_to,
        row.ended_by,
        row.agreement,
        row.basis,
        row.source,
    ]


def _reported(total: Reported) -> str:
    label = _LABELS.get(total.measure, total.measure)
    return f"{label}: {total.value} of {total.of}, as at {total.as_at} ({total.source})"
