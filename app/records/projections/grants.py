"""What entries about grants change: conditions, agreements, starts, ends, and what a second person confirms."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.records import tables
from app.records.changes import Change, LoggedEntry, Put, Set, day


def granted(entry: LoggedEntry) -> Change:
    """What a decision gives, as its publication or correction says. Of the past it may be known how it ended.

    Nobody needs to be told of a start or an end that was known, or was not, when the past was taken down.
    """
    grant = entry.data["grant"]
    is_past = entry.data.get("origin") == "history"
    return Put(
        tables.Approval,
        {
            "decision_id": entry.data["decisionId"],
            "ods_code": entry.ods_code,
            "round_id": entry.data["roundId"],
            "level": grant["level"],
            "agreement": grant["agreement"],
            "signed_on": day(grant.get("signedOn")),
            "in_force_from": day(grant["inForceFrom"]),
            "in_force_to": day(grant.get("inForceTo")),
            "ended_by": grant.get("endedBy"),
            "end_reason": grant.get("reason"),
            "legal_basis": grant.get("legalBasis"),
            **_own_end(grant),
            "promoted_on": day(grant.get("promotedOn")),
            "start_told": is_past or grant.get("startTold", False),
            "end_told": is_past or grant.get("endTold", False),
        },
    )


def versioned(entry: LoggedEntry, decision_id: str) -> Iterator[Change]:
    """The decision is at its next version, where the entry is the first of an act on it.

    Entries of earlier releases do not say which version that is.
    """
    version = entry.data.get("decisionVersion")
    if version is not None:
        yield Set(tables.Decision, {"decision_id": decision_id, "version": version - 1}, {"version": version})


def _approval(entry: LoggedEntry, **values: object) -> Iterator[Change]:
    """The grant has these values now."""
    decision_id = entry.data["decisionId"]
    yield from versioned(entry, decision_id)
    yield Set(tables.Approval, {"decision_id": decision_id}, dict(values))


def evidence_given(entry: LoggedEntry) -> Iterator[Change]:
    """What the CCG puts forward for a condition."""
    data = entry.data
    yield from versioned(entry, data["decisionId"])
    yield Put(
        tables.ConditionEvidence,
        {
            "decision_id": data["decisionId"],
            "condition_id": data["conditionId"],
            "number": data["number"],
            "text": entry.kept("text"),
            "links": entry.kept("links"),
            "given_at": entry.at,
        },
    )


def condition_settled(entry: LoggedEntry) -> Iterator[Change]:
    """A condition is open no more: met, waived or lapsed, as the entry's kind says."""
    data = entry.data
    yield from versioned(entry, data["decisionId"])
    yield Set(
        tables.DecisionCondition,
        {"decision_id": data["decisionId"], "condition_id": data["conditionId"], "state": "open"},
        {"state": entry.kind.removeprefix("condition."), "settled_on": day(data["occurredOn"])},
    )


def approval_promoted(entry: LoggedEntry) -> Iterator[Change]:
    """No condition is open any more: the approval counts, and starts on its day."""
    days = {"promoted_on": day(entry.data["occurredOn"]), "in_force_from": day(entry.data["inForceFrom"])}
    yield from _approval(entry, **days)


def agreement_signed(entry: LoggedEntry) -> Iterator[Change]:
    """Signed by both: the grant starts on its day, which is not known yet while conditions are open."""
    days = {"signed_on": day(entry.data["signedOn"]), "in_force_from": day(entry.data["inForceFrom"])}
    yield from _approval(entry, agreement="signed", **days)


def approval_not_taken_up(entry: LoggedEntry) -> Iterator[Change]:
    """The CCG did not go ahead."""
    yield from _approval(entry, agreement="not_taken_up")


def approval_started(entry: LoggedEntry) -> Iterator[Change]:
    """It is told that the grant is in force."""
    yield from _approval(entry, start_told=True)


def approval_ending(entry: LoggedEntry) -> Iterator[Change]:
    """The last day of a grant is known, and lies ahead."""
    yield from _approval(entry, **_end(entry), end_told=False)


def approval_ended(entry: LoggedEntry) -> Iterator[Change]:
    """The last day of a grant is over, and what ended it is known."""
    yield from _approval(entry, **_end(entry), end_told=True)


def _end(entry: LoggedEntry) -> dict[str, object]:
    data = entry.data
    end = {"in_force_to": day(data["inForceTo"]), "ended_by": data["endedBy"]}
    own = _own_end(data)
    if own["own_by"] is not None:
        end |= own
        # Only the act itself says why; that the end has come, or stands again, is told without.
        if "reason" in data:
            end |= {"end_reason": data["reason"], "legal_basis": data.get("legalBasis")}
    return end


_FOLLOWS = {"superseded_by_grant", "succeeded"}


def _own_end(data: Mapping[str, Any]) -> dict[str, object]:
    """The end that an act on the grant itself gave it; none where it follows from something else."""
    is_own = data.get("endedBy") not in {None, *_FOLLOWS}
    return {"own_to": day(data["inForceTo"]) if is_own else None, "own_by": data["endedBy"] if is_own else None}


def approval_resumed(entry: LoggedEntry) -> Iterator[Change]:
    """What was said to end a grant is not so: no end of it is known."""
    yield from _approval(entry, in_force_to=None, ended_by=None, end_told=False)


def proposal_made(entry: LoggedEntry) -> Iterator[Change]:
    """One person proposes; an open proposal about the same decision is replaced by it."""
    data = entry.data
    yield from versioned(entry, data["decisionId"])
    if data["replaces"] is not None:
        yield Set(tables.Proposal, {"proposal_id": data["replaces"], "state": "open"}, {"state": "replaced"})
    yield Put(
        tables.Proposal,
        {
            "proposal_id": data["proposalId"],
            "decision_id": data["decisionId"],
            "kind": data["kind"],
            "condition_id": data["conditionId"],
            "terms": data["terms"],
            "state": "open",
            "proposed_by": entry.kept("actor"),
            "proposed_at": entry.at,
        },
    )


def proposal_confirmed(entry: LoggedEntry) -> Iterator[Change]:
    """A second person confirms; what it does is said by the entries that follow."""
    yield from versioned(entry, entry.data["decisionId"])
    yield Set(tables.Proposal, {"proposal_id": entry.data["proposalId"], "state": "open"}, {"state": "confirmed"})
