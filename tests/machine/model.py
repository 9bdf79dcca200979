"""What the register should hold, by the text of the rules alone: plain facts, and what follows from them.

None of the register's rules are called here. Who calls and what a panel records are the register's own
plain records, since they are what is put in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.rules.callers import Caller, Person, System
from app.rules.outcomes import Ruling

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)


class Refused(Exception):
    """The act is to be refused, with this code."""


def require(is_so: object, code: str) -> None:
    if not is_so:
        raise Refused(code)


class Plan(NamedTuple):
    """A round."""

    round_id: str
    opens: date
    deadlines: dict[str, date]
    closes: date
    starts: date
    see_at: datetime | None
    is_interest: bool = False


@dataclass
class Ccg:
    region: str
    closed: date | None = None

    def is_open(self, day: date) -> bool:
        return self.closed is None or day <= self.closed


# What ends a grant when the CCG itself comes to its end.
CLOSING = frozenset({"succeeded", "abolished"})
# A CCG that it follows was abolished.
BOARD = "QXX"


class End(NamedTuple):
    """The last day of a grant, and what ended it."""

    day: date
    by: str


@dataclass
class Grant:
    level: str
    start: date | None
    agreement: str = "awaited"
    signed_on: date | None = None
    end: End | None = None
    own_end: End | None = None
    promoted_on: date | None = None
    of_round: str = ""
    start_told: bool = False
    end_told: bool = False

    def standing(self, day: date) -> str:
        if self.agreement == "not_taken_up":
            return "not_taken_up"
        if self.end is not None and self.start is not None and self.end.day < self.start and self.end.by in CLOSING:
            return "never_started"
        if self.end is not None and self.end.day < day:
            return "ended"
        if self.lets_start and self.start is not None and self.start <= day:
            return "in_force"
        return "not_started"

    @property
    def is_ever_in_force(self) -> bool:
        has_days = self.start is not None and (self.end is None or self.start <= self.end.day)
        return self.lets_start and has_days

    @property
    def lets_start(self) -> bool:
        return self.agreement in {"signed", "novated"}

    def ends(self, end: End) -> None:
        """By an act on the grant itself."""
        self.own_end = self.end = end


@dataclass
class Condition:
    due: date
    state: str = "open"
    evidence: int = 0


@dataclass
class Application:
    reference: str
    round_id: str
    level: str
    members: tuple[str, ...]
    region: str
    is_complete: bool
    state: str = "draft"
    version: int = 1
    was_submitted: bool = False
    is_shown: bool = False
    is_published: bool = False
    due: date | None = None
    recorded_by: str | None = None
    rulings: dict[str, Ruling] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    consented: set[str] = field(default_factory=set)
    is_scaled_down: bool = False
    agreed_to_scaling: set[str] = field(default_factory=set)

    @property
    def lead(self) -> str:
        return self.members[0]

    def moves(self, state: str) -> None:
        self.state = state
        self.version += 1

    def ends(self, state: str) -> None:
        """Withdrawn or lapsed: nobody is blocked any more."""
        self.moves(state)
        self.live.clear()
        self.rulings.clear()
        self.due = self.recorded_by = None


@dataclass
class Decision:
    decision_id: str
    application: str
    members: tuple[str, ...]
    ods_code: str
    region: str
    round_id: str | None
    requested: str
    outcome: str
    granted: str | None
    effective: date | None
    decided_on: date
    recorded_by: str | None
    conditions: dict[str, Condition]
    state: str = "signed_off"
    version: int = 1
    supersedes: str | None = None
    superseded_by: str | None = None
    published_on: date | None = None
    grant: Grant | None = None
    is_scaled_down: bool = False

    @property
    def is_public(self) -> bool:
        return self.state != "signed_off"

    def can_come_into_force(self, day: date) -> bool:
        if self.state != "published" or self.grant is None or self.grant.agreement == "not_taken_up":
            return False
        return self.grant.end is None or day <= self.grant.end.day

    def has_open_condition(self, day: date) -> bool:
        return self.can_come_into_force(day) and any(each.state == "open" for each in self.conditions.values())


@dataclass
class Proposal:
    proposal_id: str
    decision_id: str
    kind: str
    by: str
    condition_id: str | None = None
    day: date | None = None
    ruling: Ruling | None = None
    agreement: str = ""
    signed_on: date | None = None
    state: str = "open"


@dataclass
class Moving:
    """What is proposed to move on to one body that opens on a day."""

    proposal_id: str
    code: str
    on: date
    level: str
    agreement: str | None
    has_reason: bool
    by: str
    proposed: str = ""
    before: list[str] = field(default_factory=list)
    state: str = "open"
    version: int = 1


@dataclass
class Announcement:
    announcement_id: str
    round_id: str
    decisions: tuple[str, ...]
    publish_at: datetime | None
    state: str


@dataclass
class Declaration:
    ods_code: str
    round_id: str
    is_newest: bool = True
    ended_by: str | None = None


@dataclass
class Model:
    """Everything that is known, and the instant it is."""

    at: datetime
    ccgs: dict[str, Ccg]
    plans: dict[str, Plan]
    applications: dict[str, Application] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    announcements: dict[str, Announcement] = field(default_factory=dict)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    successions: dict[str, Moving] = field(default_factory=dict)
    # The body that comes after a closed one, and the days on which bodies open that are not there from the beginning.
    successors: dict[str, str] = field(default_factory=dict)
    opened: dict[str, date] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return self.at.astimezone(LONDON).date()

    def is_interest(self, round_id: str | None) -> bool:
        """Whether CCGs only express an interest in a round. What follows from a merger has no round."""
        return round_id in self.plans and self.plans[round_id].is_interest

    # --- who sees what --------------------------------------------------------------------------

    def application(self, reference: str, caller: Caller) -> Application:
        """The applicants see it always, the panel of the region and NHS England once it was submitted."""
        found = self.applications[reference]
        is_theirs = bool(caller.ods_codes & set(found.members)) if isinstance(caller, System) else found.was_submitted
        require(is_theirs and _may_see(caller, found.region), "not-found")
        return found

    def decision(self, decision_id: str, caller: Caller) -> Decision:
        found = self.decisions[decision_id]
        if isinstance(caller, System):
            is_visible = found.is_public or self.applications[found.application].is_shown
            require(is_visible and caller.ods_codes & {*found.members, found.ods_code}, "not-found")
        require(_may_see(caller, found.region), "not-found")
        return found

    # --- what follows ---------------------------------------------------------------------------

    def live(self, round_id: str, code: str) -> str | None:
        """The reference of a CCG's live application in a round."""
        rows = (each for each in self.applications.values() if each.round_id == round_id and code in each.live)
        return next((each.reference for each in rows), None)

    def standing_decisions(self, code: str) -> list[Decision]:
        """The CCG's published decisions that no correction stands in the place of, with a grant."""
        mine = (each for each in self.decisions.values() if each.ods_code == code)
        return [each for each in mine if each.state == "published" and each.grant is not None]

    def grants(self, code: str) -> list[Grant]:
        return [each.grant for each in self.standing_decisions(code) if each.grant is not None]

    def settle(self, code: str) -> list[Decision]:
        """Grants of a CCG end by an act on them, by the grant that follows, or with the CCG (rules 11 and 14).

        Those of which the end is another now. The newest comes first, since what ends a grant may be one that follows.
        """
        changed = []
        held = [
            (decision, grant) for decision in self.standing_decisions(code) if (grant := decision.grant) is not None
        ]
        for decision, grant in sorted(held, key=lambda each: each[1].of_round, reverse=True):
            end = self.end_of(code, grant)
            if end != grant.end:
                grant.end, grant.end_told = end, end is not None and end.day < self.day
                decision.version += 1
                changed.append(decision)
        return changed

    def end_of(self, code: str, grant: Grant) -> End | None:
        return min(self._ends(code, grant, self.grants(code)), default=None)

    def _ends(self, code: str, grant: Grant, all_grants: Iterable[Grant]) -> Iterator[End]:
        if grant.own_end is not None:
            yield grant.own_end
        if grant.agreement == "not_taken_up":
            return
        closed = self.ccgs[code].closed
        if closed is not None:
            yield End(closed, "abolished" if self.successors.get(code) == BOARD else "succeeded")
        for other in all_grants:
            if other.of_round > grant.of_round and other.start is not None and other.is_ever_in_force:
                yield End(other.start - ONE_DAY, "superseded_by_grant")


def _may_see(caller: Caller, region: str) -> bool:
    is_panel = isinstance(caller, Person) and caller.role == "panel"
    return not is_panel or region in caller.regions


def check_version(expected: str, *, is_required: bool = True) -> None:
    """``expected`` is any, right, stale or none."""
    require(expected != "stale", "stale")
    require(expected != "none" or not is_required, "if-match-required")


def check_no_interest(person: Person, members: Iterable[str]) -> None:
    require(not person.interests & set(members), "conflict-of-interest")
