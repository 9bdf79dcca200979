"""What happens by time and to the CCGs themselves, tried on both; and what goes wrong."""

from datetime import datetime, timedelta
from random import Random

from app.casework.organisations import import_organisations
from app.clockwork.jobs import tick
from app.records.session import Database
from tests.machine import model_post_decision
from tests.machine.harness import DONE
from tests.machine.model import BOARD
from tests.machine.small_world import GROUPS, REGIONS, TURNS, record_of
from tests.machine.succeeding import Succeeding

SEPTEMBER = 9
NOTICE_TURNS = [each for each in TURNS if each.month == SEPTEMBER]
HOPS = (
    *(timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=7)),
    *(timedelta(days=20), timedelta(days=60)),
)


class Passing(Succeeding):
    """Time, closings, crashes."""

    def act_pass_time(self, random: Random, *, is_ticked: bool) -> None:
        ahead = [each for each in TURNS if each > self.model.at]
        is_hop = not ahead or random.randint(0, 3) > 0
        at = self.model.at + random.choice(HOPS) if is_hop else ahead[0]
        if not is_ticked:
            self.model.at = at
            return
        self._go_to(at)

    def _go_to(self, at: datetime) -> None:
        tick(self.database, at)
        lapsed = sum(each.state == "lapsed" for each in self.model.applications.values())
        made = sum(each.state == "made" for each in self.model.announcements.values())
        model_post_decision.tick(self.model, at)
        self.tally["tick", DONE] += 1
        self.tally["lapse by time", DONE] += (
            sum(each.state == "lapsed" for each in self.model.applications.values()) - lapsed
        )
        self.tally["publish by time", DONE] += (
            sum(each.state == "made" for each in self.model.announcements.values()) - made
        )

    def act_pass_to_notice(self, random: Random) -> None:
        """To the last second in which a notice is in time for the next April, or to the first in which it is not."""
        ahead = [each for each in NOTICE_TURNS if each > self.model.at]
        if ahead:
            self._go_to(random.choice(ahead[:2]))

    def act_close(self, random: Random) -> None:
        """A newer source says that a CCG closed or will, or that it does not close after all."""
        code = random.choice(list(REGIONS))
        ahead = random.choice([-30, -1, 0, 40, 200, None])
        closed = None if ahead is None else self.model.day + timedelta(days=ahead)
        others = [two for pairs in GROUPS.values() for pair in pairs if code in pair for two in pair if two != code]
        successor = random.choice([others[0], BOARD])
        self.known += 1
        row = record_of(code, closed, successor if closed else None, self.known)
        self.attempt(
            "reopened CCG" if closed is None else "merge",
            lambda model: model_post_decision.close_ccg(model, code, closed, successor),
            lambda session: import_organisations(session, [row], actor="test", at=self.model.at),
            publishes=True,
        )

    def act_crash(self) -> None:
        """The transaction of the next act is torn away before its commit."""
        self.is_torn = True

    def act_reopen(self) -> None:
        self.database.close()
        self.database = Database(self.database.url)
        self.tally["reopen", DONE] += 1
