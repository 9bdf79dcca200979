"""What the files under ``app/reference`` say on a day. It reads them itself, and shares no counting with the app."""

import csv
from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import app

FILES = Path(app.__file__).parent / "reference"
KNOWN_TO = date(2022, 7, 1)
Row = dict[str, str]


def _rows(name: str) -> list[Row]:
    with (FILES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROUNDS = {row["round"]: row for row in _rows("past_rounds.csv")}
FACTS = _rows("known_rounds.csv")
TOTALS = _rows("reported_totals.csv")
CCGS = {row["ods_code"]: row for row in _rows("organisations.csv") if row["kind"] == "ccg"}
CHANGES = _rows("organisation_changes.csv")
TEAMS = {row["ods_code"]: row for row in _rows("area_teams.csv")}
TEAM_OF_NAME = {row["name"]: code for code, row in TEAMS.items() if row["valid_from"] == "2013-04-01"}
DECIDED = [row for row in FACTS if row["outcome"] not in {"declared", "not_known", "not_declared"}]
CHOSEN = [row for row in FACTS if row not in DECIDED]
SAID = {
    "applied_delegated": "reported to have applied for delegated commissioning",
    "chose_joint": "reported to have chosen joint commissioning",
    "chose_greater_involvement": "reported to have chosen greater involvement",
    "chose_none": "reported to have chosen no involvement",
    "approved": "reported as approved",
    "authorised": "reported as authorised",
    "conditional": "reported as approved with conditions",
    "not_approved_as_requested": "reported as not approved as requested",
    "joint_approved": "reported as approved for joint commissioning",
}
MEASURES = tuple(SAID)


class Grant(NamedTuple):
    """What a row granted, from its first to its last day."""

    row: Row
    first: date
    last: date

    def holds_on(self, day: date) -> bool:
        """Whether it was in force on a day, as far as is known."""
        return self.row["agreement"] in {"signed", "not_known"} and self.first <= day <= self.last


def day_of(text: str, otherwise: date = date.max) -> date:
    """The day in a cell, or another one if it is empty."""
    return date.fromisoformat(text) if text else otherwise


def is_open(code: str, day: date) -> bool:
    """Whether a CCG was open on a day."""
    row = CCGS[code]
    return day_of(row["opened_on"]) <= day <= day_of(row["closed_on"])


def _grants() -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    for row in reversed(DECIDED):  # the newest round first
        if row["granted_level"] and row["effective_from"]:
            first, later = day_of(row["effective_from"]), found.setdefault(row["ods_code"], [])
            ends = [day_of(CCGS[row["ods_code"]]["closed_on"]), *(each.first - timedelta(1) for each in later)]
            later.append(Grant(row, first, min(ends)))
    return found


GRANTS = _grants()


def in_force(day: date) -> list[Row]:
    """The rows that grant what is in force on a day, by ODS code."""
    held = [each.row for code in GRANTS for each in GRANTS[code] if each.holds_on(day)]
    return sorted(held, key=lambda row: row["ods_code"])


# --- rounds -------------------------------------------------------------------------------------


class Figures(NamedTuple):
    """What is counted of a round; ``named`` says how many of each reported number are known by name."""

    counts: dict[str, int]
    named: dict[str, int]
    not_named: int
    no_choice: int


def figures(round_id: str, day: date, among: Collection[str] = frozenset(CCGS), reason: str = "") -> Figures:
    """The counts of a round, of all CCGs or of some, with what is in force on a day; of a reason only what gives it."""
    counted_on = day_of(ROUNDS[round_id]["counted_on"])
    open_then = {code for code in among if is_open(code, counted_on)}
    rows = [row for row in FACTS if row["round"] == round_id and row["ods_code"] in open_then]
    rows = [row for row in rows if not reason or reason in row["reason_codes"].split("|")]
    decided = [row for row in rows if row in DECIDED]
    asked = Counter(row["requested_level"] for row in rows if row["requested_level"])
    outcomes = Counter(row["outcome"] for row in decided)
    of_level = Counter((row["requested_level"] or row["granted_level"], row["outcome"]) for row in decided)
    held = [row for row in in_force(day) if row in decided]
    not_approved = of_level["delegated", "rejected"] + of_level["delegated", "downgraded_to_joint"]
    chose = {row["ods_code"] for row in rows if row["requested_level"]}
    counts = {
        "organisations": len(open_then),
        "requestedDelegated": asked["delegated"],
        "requestedJoint": asked["joint"],
        "requestedGreaterInvolvement": asked["greater_involvement"],
        "requestedNone": asked["none"],
        "notDeclared": asked["not_declared"],
        "notKnown": len(open_then) - len(chose),
        "outcomeNotKnown": sum(row["outcome"] == "not_known" and row["requested_level"] != "" for row in rows),
        "requestNotKnown": sum(not row["requested_level"] for row in decided),
        "approved": outcomes["approved"],
        "conditional": outcomes["conditional"],
        "rejected": outcomes["rejected"],
        "downgradedToJoint": outcomes["downgraded_to_joint"],
        "notApprovedAsRequested": outcomes["rejected"] + outcomes["downgraded_to_joint"],
        "sincePromoted": 0,
        "inForce": sum(row["agreement"] == "signed" for row in held),
        "startNotConfirmed": sum(row["agreement"] == "not_known" for row in held),
    }
    named = {
        "applied_delegated": asked["delegated"],
        "chose_joint": asked["joint"],
        "chose_greater_involvement": asked["greater_involvement"],
        "chose_none": asked["none"],
        "approved": of_level["delegated", "approved"],
        "authorised": of_level["delegated", "approved"],
        "conditional": of_level["delegated", "conditional"],
        "not_approved_as_requested": not_approved,
        "joint_approved": of_level["joint", "approved"],
    }
    names = {row["ods_code"] for row in rows}
    return Figures(counts, named, len(open_then - names), len(names - chose))


COUNTED = tuple(figures("2015-16", KNOWN_TO).counts)


def _named(measure: str, value: int, named: int) -> str:
    of = SAID[measure]
    if value == 1:
        return f"The only CCG {of} is {'named' if named else 'not named'} by our sources."
    if named == value:
        return f"{_all_of(value)} CCGs {of} are named by our sources."
    how_many = f"{named} of the {value} CCGs" if named else f"None of the {value} CCGs"
    return f"{how_many} {of} {'are' if named > 1 else 'is'} named by our sources."


def groups(round_id: str, by: str) -> dict[str | None, frozenset[str]]:
    """The CCGs that are counted in a round by region, area team or reason, by its code; None is not known."""
    counted_on = day_of(ROUNDS[round_id]["counted_on"])
    counted = [code for code in CCGS if is_open(code, counted_on)]
    pairs: list[tuple[str | None, str]] = [(place(code, counted_on, by), code) for code in counted if by != "reason"]
    if by == "reason":
        decided = [row for row in DECIDED if row["round"] == round_id and row["reason_codes"]]
        pairs = [(reason, row["ods_code"]) for row in decided for reason in row["reason_codes"].split("|")]
    return {key: frozenset(code for each, code in pairs if each == key) for key in {each for each, _ in pairs}}


def place(code: str, day: date, by: str) -> str | None:
    """The code of a CCG's region or area team on a day; None if it is not known."""
    column = {"region": "region_ods_code", "areaTeam": "area_team_ods_code"}[by]
    later = [row[column] for row in CHANGES if row["ods_code"] == code and day_of(row["valid_from"]) <= day]
    first = CCGS[code]["region_ods_code"] if by == "region" else TEAM_OF_NAME.get(CCGS[code]["area_team"], "")
    found = next((each for each in reversed(later) if each), first)
    if by == "region":
        return found
    team = TEAMS.get(found)
    return None if team is None or day > min(day_of(team["valid_to"]), day_of(team["known_to"])) else found


def _all_of(number: int) -> str:
    return {2: "Both"}.get(number, f"All {number}")


def places() -> list[tuple[str | None, ...]]:
    """Every region and area team: code, name, first and last day, the day to which it is known, and the source."""
    columns = ("ods_code", "name", "valid_from", "valid_to", "known_to", "source")
    return [
        tuple(row.get(name) or None for name in columns)
        for file in ("regions.csv", "area_teams.csv")
        for row in sorted(_rows(file), key=lambda each: each["ods_code"])
    ]


def sentences(round_id: str, day: date) -> list[str]:
    """Everything that is said in words of a round as a whole."""
    note = ROUNDS[round_id]["note"]
    return [*([note] if note else []), *_said(figures(round_id, day), _totals(round_id))]


def figures_of(round_id: str, day: date, by: str, code: str | None) -> Figures:
    """The counts of one region, area team or reason."""
    return figures(round_id, day, groups(round_id, by)[code], (code or "") if by == "reason" else "")


def sentences_of(round_id: str, day: date, by: str, code: str | None) -> list[str]:
    """Everything that is said in words of the CCGs of one region, area team or reason."""
    found = figures_of(round_id, day, by, code)
    named = {"region": {"region": code or "-"}, "areaTeam": {"area_team": code or "-"}}.get(by, {"region": "-"})
    return _said(found, _totals(round_id, **named))


def _totals(round_id: str, region: str = "", area_team: str = "") -> list[Row]:
    of = (round_id, region, area_team)
    return [row for row in TOTALS if (row["round"], row["region"], row["area_team"]) == of]


def _said(found: Figures, totals: list[Row]) -> list[str]:
    by_measure = sorted(
        (row for row in totals if row["measure"] in SAID), key=lambda row: MEASURES.index(row["measure"])
    )
    counts = found.counts
    parts = [
        (found.not_named, "not named by our sources"),
        (found.no_choice, "named by our sources, which do not tell the choice"),
        (counts["outcomeNotKnown"], "known by the choice alone: no source tells the outcome"),
        (
            counts["requestNotKnown"],
            "known to have been approved, but no source tells on what request or for which days",
        ),
    ]
    told = [f"{_so_many(number, counts['organisations'])} {what}." for number, what in parts if number]
    if found.not_named == counts["organisations"]:
        told = ["Our sources name none of these CCGs."]
    return [
        *(_named(row["measure"], int(row["value"]), found.named[row["measure"]]) for row in by_measure),
        *told,
        *dict.fromkeys(row["note"] for row in _as_listed(totals) if row["note"]),
        *_not_confirmed(counts["startNotConfirmed"]),
    ]


def _so_many(number: int, of: int) -> str:
    if number == of:
        return "The only CCG here is" if of == 1 else f"Each of these {of} CCGs is"
    return f"{number} of these {of} CCGs {'is' if number == 1 else 'are'}"


def _as_listed(totals: list[Row]) -> list[Row]:
    """Totals with notes, in the order of the reference data's measures."""
    in_force = ("delegated_in_force", "delegated_in_force_other_count", "approved_not_started")
    order = (*MEASURES, *in_force, "conditional_not_taken_up")
    return sorted((row for row in totals if row["measure"] in order), key=lambda row: order.index(row["measure"]))


def _not_confirmed(number: int) -> list[str]:
    grants, their, they = ("grant is", "its", "it is") if number == 1 else ("grants are", "their", "they are")
    known = f"{number} {grants} in force as far as is known: no source confirms {their} start"
    return [f"{known}, so {they} counted as startNotConfirmed and not as inForce."] if number else []


def beyond(day: date) -> list[str]:
    """What is said of a day after all that is known."""
    said = "What is known of CCGs (mergers, closings) reaches to 1 July 2022, and not to this day."
    return [said] if day > KNOWN_TO else []


# --- lists and single records -------------------------------------------------------------------


*_FIRSTS, _LAST = sorted(ROUNDS)
_PART = f"Rounds {', '.join(_FIRSTS)} and {_LAST} are known in part"
KNOWN_IN_PART = f"{_PART}: CCGs that our sources do not name are missing here."


def said_of_list(day: date) -> list[str]:
    """What the list of what is in force on a day says beside its rows."""
    grant = "A grant with the agreement not_known (start not confirmed by a source)"
    unsure = f"{grant} is in force as far as is known; it is counted as startNotConfirmed and not as inForce."
    is_unsure = any(row["agreement"] == "not_known" for row in in_force(day))
    return [
        KNOWN_IN_PART,
        *([unsure] if is_unsure else []),
        *beyond(day),
    ]


def decided(day: date) -> list[Row]:
    """The rows of decisions that had been taken by a day."""
    return [row for row in DECIDED if _known_from(row) <= day]


class Comparison(NamedTuple):
    """Who held a level on one of two days: gained, lost, changed to another, and how many neither."""

    gained: list[str]
    lost: list[str]
    changed: list[str]
    unchanged: int
    in_words: list[str]


def comparison(before: date, after: date) -> Comparison:
    """What became of the levels between two days."""
    then, now = ({row["ods_code"]: row["granted_level"] for row in in_force(day)} for day in (before, after))
    gained, lost = sorted(now.keys() - then), sorted(then.keys() - now)
    changed = sorted(code for code in then.keys() & now if then[code] != now[code])
    closed = [code for code in lost if not is_open(code, after) and CCGS[code]["successor"] in CCGS]
    said = [*dict.fromkeys([*said_of_list(before), *said_of_list(after)])]
    holds = "a successor holds it only by a grant of its own or a succession"
    if closed:
        assert closed == lost
        said.append(f"{_all_of(len(lost))} CCGs that lost a level closed; {holds}.")
    return Comparison(gained, lost, changed, len(then.keys() & now) - len(changed), said)


class Record(NamedTuple):
    """What one CCG's record says on a day."""

    position: str
    level: str | None
    source: str | None
    choices: list[tuple[str, str | None, str]]
    in_words: list[str]


def record(code: str, day: date) -> Record:
    """What is said of one CCG on a day: what it holds, else the newest that is known."""
    own = [row for row in FACTS if row["ods_code"] == code and _known_from(row) <= day]
    decided, chosen = ([row for row in own if row in some] for some in (DECIDED, CHOSEN))
    notes = [*dict.fromkeys(row["note"] for row in (*decided, *chosen) if row["note"])]
    choices = [
        (row["round"], row["requested_level"] or None, row["source"]) for row in chosen if row["outcome"] != "declared"
    ]
    word, level, source = _position(code, day, decided, [row for row in chosen if row["requested_level"]])
    return Record(word, level, source, choices, [*notes, *_of_ods(code, day), *beyond(day)])


def _of_ods(code: str, day: date) -> list[str]:
    said = CCGS[code]["ods_says"].split(" | ")
    opened = [day_of(each.removeprefix("opened on ")) for each in said if each.startswith("opened on ")]
    goes_on = "never closed" in said and not day <= day_of(CCGS[code]["closed_on"])
    return [
        *(f"The ODS says that it opened on {each.day} {each:%B %Y}." for each in opened),
        *(["The ODS has never closed its code."] if goes_on else []),
    ]


def _known_from(row: Row) -> date:
    days = [day_of(row[name]) for name in ("decided_on", "effective_from") if row[name]]
    if row in CHOSEN:
        days = [day_of(row["decided_on"])] if row["decided_on"] else []
    return min(days, default=day_of(ROUNDS[row["round"]]["starts_on"]))


def _position(code: str, day: date, decided: list[Row], chosen: list[Row]) -> tuple[str, str | None, str | None]:
    held = [each for each in GRANTS.get(code, []) if each.row in decided and each.holds_on(day)]
    ahead = [each for each in GRANTS.get(code, []) if each.row in decided and each.first > day]
    for word, grants in (("in_force", held), ("not_started", ahead)):
        if grants:
            return word, grants[0].row["granted_level"], grants[0].row["source"]
    if decided:
        last = decided[-1]
        return _past_word(last), last["granted_level"] or None, last["source"]
    if chosen:
        last = chosen[-1]
        word = "declared" if last["outcome"] == "declared" else "chosen"
        return word, last["requested_level"], last["source"]
    return "no_published_decision", None, None


def _past_word(row: Row) -> str:
    if row["agreement"] == "not_taken_up":
        return "not_taken_up"
    if not row["granted_level"]:
        return "not_approved"
    return "ended" if row["effective_from"] else "approved"
