"""What a public count must come to, written out whole: a test names the numbers, and everything else is nought."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from httpx2 import Response

from app.records import ledger
from tests.api.steps import LICENSED
from tests.world import World

CHOICES = ("delegated", "joint", "greater_involvement", "none")
OUTCOMES = ("approved", "conditional", "rejected", "downgraded_to_joint")
BASES = ("stated", "derived", "implied")
REGIONS = {
    "Y54": "North of England",
    "Y55": "Midlands and East of England",
    "Y56": "London",
    "Y57": "South of England",
}
KNOWN_TO = "2019-04-01"
BEYOND = "What is known of CCGs (mergers, closings) reaches to 1 April 2019, and not to this day."
NOTHING = (0, 0, 0, 0)
NO_BASIS = (0, 0, 0)
CSV_HEADER = (
    "round,trial,coverage,countedOn,inForceOn,groupBy,groupCode,groupName,publicSequence,organisations,"
    "requestedDelegated,requestedJoint,requestedGreaterInvolvement,requestedNone,notDeclared,notKnown,outcomeNotKnown,requestNotKnown,approved,conditional,rejected,"
    "downgradedToJoint,notApprovedAsRequested,sincePromoted,inForce,startNotConfirmed,percentApproved,sources,reported,knownTo"
)
Four = tuple[int, int, int, int]
Three = tuple[int, int, int]


def sequence(world: World) -> int:
    """The public sequence, from the log."""
    with world.database.reading() as session:
        return ledger.public_sequence(session)


def share(number: int, of: int) -> float:
    """A part of a whole in per cent, to one decimal, halves up: in whole numbers to the last step."""
    return (2000 * number + of) // (2 * of) / 10


def figures(
    organisations: int,
    chosen: Four = NOTHING,
    decided: Four = NOTHING,
    *,
    is_partial: bool = False,
    in_force: int = 0,
    start_not_confirmed: int = 0,
    sources: Iterable[str] = (),
    bases: Three = NO_BASIS,
) -> dict[str, Any]:
    """Counts over some CCGs: choices and outcomes in the order of ``CHOICES`` and ``OUTCOMES``, all of them delegated.

    ``bases`` are in the order of ``BASES``; casework has none. Of the other CCGs nothing is public, or in a
    round that is known in part nothing is known.
    """
    requested, outcomes = dict(zip(CHOICES, chosen, strict=True)), dict(zip(OUTCOMES, decided, strict=True))
    rest = organisations - sum(chosen)
    others = {"notDeclared": 0, "notKnown": rest} if is_partial else {"notDeclared": rest}
    not_approved = {"notApprovedAsRequested": outcomes["rejected"] + outcomes["downgraded_to_joint"]}
    choices = {**requested, **(others if not is_partial else {})}
    # Nothing is said in per cent of what is not there yet.
    shares = {
        **{name: share(number, organisations) if sum(chosen) else None for name, number in choices.items()},
        **{
            name: share(number, organisations) if sum(decided) else None
            for name, number in {**outcomes, **not_approved}.items()
        },
    }
    return {
        "organisations": organisations,
        "requested": {**requested, **others},
        "outcomes": outcomes,
        "outcomesByRequestedLevel": {"delegated": outcomes, "joint": dict.fromkeys(OUTCOMES, 0)},
        "outcomeNotKnown": 0,
        "requestNotKnown": 0,
        **not_approved,
        "sincePromoted": 0,
        "inForce": in_force,
        "startNotConfirmed": start_not_confirmed,
        "percent": None if is_partial else shares,
        "sources": sorted(sources),
        "bases": dict(zip(BASES, bases, strict=True)),
    }


def unnamed(counted: dict[str, Any]) -> list[str]:
    """What is said of the CCGs that no source names, where there are any: of all of them, or of several."""
    number, of = counted["requested"]["notKnown"], counted["organisations"]
    if number == of:
        return ["Our sources name none of these CCGs."]
    assert number != 1
    return [f"{number} of these {of} CCGs are not named by our sources."] if number else []


def apart(counted: dict[str, Any]) -> list[str]:
    """What is said of grants of which no source confirms the start."""
    number = counted["startNotConfirmed"]
    grants, their, they = ("grant is", "its", "it is") if number == 1 else ("grants are", "their", "they are")
    known = f"{number} {grants} in force as far as is known: no source confirms {their} start"
    return [f"{known}, so {they} counted as startNotConfirmed and not as inForce."] if number else []


def row(
    whole: dict[str, Any],
    code: str | None,
    name: str,
    counted: dict[str, Any],
    reported: Sequence[dict[str, Any]] = (),
    in_words: Sequence[str] = (),
) -> dict[str, Any]:
    """A group of a round's CCGs."""
    of_round = {member: whole[member] for member in ("round", "trial", "coverage")}
    told = {"reported": list(reported), "inWords": [*in_words, *apart(counted)]}
    return {**of_round, "group": {"code": code, "name": name}, **counted, **told}


def body(
    world: World,
    group_by: str,
    rounds: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    on: str | None = None,
) -> dict[str, Any]:
    """The whole answer, given at an hour at which London has the day of UTC."""
    day = on or world.clock.at.date().isoformat()
    return {
        "groupBy": group_by,
        "on": on,
        "knownTo": KNOWN_TO,
        "inWords": [BEYOND] if day > KNOWN_TO else [],
        "publicSequence": sequence(world),
        "rounds": list(rounds),
        "reported": [],
        "results": list(results),
        "total": len(results),
        **LICENSED,
    }


# --- the same as CSV ----------------------------------------------------------------------------


def lines(answer: Response) -> list[dict[str, str]]:
    """The rows of a CSV under its header."""
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def texts(answer: Response) -> list[dict[str, str]]:
    """The rows of an NDJSON, each cell as the CSV writes it."""
    rows = [json.loads(line) for line in answer.text.splitlines()]
    return [{name: _text(value) for name, value in each.items()} for each in rows]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def as_lines(found: dict[str, Any]) -> list[dict[str, str]]:
    """An answer in JSON as the CSV must give it."""
    wholes = {whole["round"]: whole for whole in found["rounds"]}
    same = {"groupBy": found["groupBy"], "publicSequence": found["publicSequence"], "knownTo": found["knownTo"]}
    return [_line(each, wholes[each["round"]], same) for each in found["results"]]


def _line(found: dict[str, Any], whole: dict[str, Any], same: dict[str, Any]) -> dict[str, str]:
    requested, outcomes = found["requested"], found["outcomes"]
    named = {
        "round": found["round"],
        "trial": found["trial"],
        "coverage": found["coverage"],
        "countedOn": whole["countedOn"],
        "inForceOn": whole["inForceOn"],
        "groupBy": same["groupBy"],
        "groupCode": found["group"]["code"],
        "groupName": found["group"]["name"],
        "publicSequence": same["publicSequence"],
        "organisations": found["organisations"],
        "requestedDelegated": requested["delegated"],
        "requestedJoint": requested["joint"],
        "requestedGreaterInvolvement": requested["greater_involvement"],
        "requestedNone": requested["none"],
        "notDeclared": requested.get("notDeclared"),
        "notKnown": requested.get("notKnown"),
        "outcomeNotKnown": found["outcomeNotKnown"],
        "requestNotKnown": found["requestNotKnown"],
        "approved": outcomes["approved"],
        "conditional": outcomes["conditional"],
        "rejected": outcomes["rejected"],
        "downgradedToJoint": outcomes["downgraded_to_joint"],
        **{name: found[name] for name in ("notApprovedAsRequested", "sincePromoted", "inForce", "startNotConfirmed")},
        "percentApproved": found["percent"] and found["percent"]["approved"],
        "sources": " | ".join(found["sources"]),
        "reported": " | ".join(map(_told, found["reported"])),
        "knownTo": same["knownTo"],
    }
    return {name: _text(value) for name, value in named.items()}


def _told(total: dict[str, Any]) -> str:
    return f"{total['label']}: {total['value']} of {total['of']}, as at {total['asAt']} ({total['source']})"
