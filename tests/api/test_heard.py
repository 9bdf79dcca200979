"""Heard: every word that is asked for comes back to those to whom it was promised, and to nobody else.

One story says each private word once. Everybody then reads every address of what it is about.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.records.entries import CLASSES
from app.records.entries.base import layout_of
from app.rules.promises import PROMISED, WHO
from tests.api.post_decision import (
    Decided,
    approved,
    conditional,
    corrected,
    decided,
    etag,
    lapsed,
    morning_of,
    revoked,
    signed,
    waived,
)
from tests.api.steps import (
    At,
    acted,
    announced,
    assert_refused,
    assessed,
    extended,
    left,
    recorded,
    registered,
    submitted,
)
from tests.world import ATTRIBUTION, CONDITION, REASON, World, application, outcome

LEAD, MEMBER = "07W", "07P"
READERS = {
    "lead": "north-west-london",
    "member": "brent",
    "foreign CCG": "hackney",
    "panel": "london-panel-1",
    "second panel": "london-panel-2",
    "other region": "south-panel-1",
    "panel system": "london-panel-system",
    "national": "national-1",
    "public": "",
}
PANEL = {"panel", "second panel", "panel system"}
OFFICERS = PANEL | {"national"}
APPLICANTS = {"lead", "member"}
EVERYBODY = {*READERS}
# The word, and who reads it somewhere.
PROMISES: dict[str, set[str]] = {
    "w-summary-of-the-draft": APPLICANTS,
    "w-summary-at-submission": APPLICANTS | OFFICERS,
    "w-summary-amended": APPLICANTS | OFFICERS,
    **dict.fromkeys(
        (
            *("w-integration", "w-quality", "w-inequalities", "w-terms-of-reference", "w-policy", "w-interests"),
            *("w-finance", "w-capacity", "w-engagement", "w-signatory"),
        ),
        APPLICANTS | OFFICERS,
    ),
    "w-name-of-the-clerk": {"lead", "national"},
    "w-name-of-the-members-clerk": {"member", "national"},
    "w-declared-by": APPLICANTS | OFFICERS,
    "w-first-justification": OFFICERS,
    "w-second-justification": OFFICERS,
    "w-item-of-the-change-request": APPLICANTS | OFFICERS,
    "w-reason-of-the-extension": OFFICERS,
    "w-who-sat": OFFICERS,
    "w-who-stood-aside": OFFICERS,
    "w-first-private-note": OFFICERS,
    "w-reason-that-was-returned": OFFICERS,
    "w-note-of-the-return": OFFICERS,
    "w-note-of-taking-outcomes-back": OFFICERS,
    "w-second-private-note": OFFICERS,
    "w-note-of-the-sign-off": OFFICERS,
    "w-text-of-the-condition": EVERYBODY,
    "w-text-of-the-evidence": OFFICERS | {"lead"},
    "w-title-of-the-link": OFFICERS | {"lead"},
    "w-name-of-who-gave-evidence": {"lead", "national"},
    "w-note-of-the-discharge": OFFICERS,
    "w-note-of-the-agreement": OFFICERS,
    "w-note-on-the-proposal": OFFICERS,
    "w-reason-of-taking-the-notice-back": EVERYBODY,
    "w-name-of-who-took-the-notice-back": {"lead", "national"},
    "w-reason-of-the-proposal": OFFICERS,
    "w-reason-in-the-proposal": OFFICERS,
    "w-reason-of-the-withdrawal": APPLICANTS | OFFICERS,
    "w-reason-for-leaving": OFFICERS,
}


class Story:
    """One application from its draft to what follows its decision, one that is withdrawn, and one that is left."""

    def __init__(self, world: World) -> None:
        self.world = world
        registered(world, "london-panel-system", ["panel"], regions=["Y56"])
        self.at = self._applied()
        self._reviewed()
        self.decision = self._followed()
        self.withdrawn = self._withdrawn()
        self.left = self._left()

    def _applied(self) -> At:
        world = self.world
        body = application(LEAD, MEMBER, submitted=False)
        proposal = body["proposal"]
        proposal["summary"] = "w-summary-of-the-draft"
        proposal["benefits"] = {name: f"w-{name}" for name in ("integration", "quality", "inequalities")}
        proposal["governance"]["committee"]["termsOfReferenceUrl"] = "https://ccg.example/w-terms-of-reference"
        proposal["conflictsOfInterest"] |= {
            "policyUrl": "https://ccg.example/w-policy",
            "registerOfInterestsUrl": "https://ccg.example/w-interests",
        }
        for name in ("finance", "capacity", "engagement"):
            proposal[name]["narrative"] = f"w-{name}"
        body["signatories"][0]["name"] = "w-signatory"
        body["attribution"] = ATTRIBUTION | {"name": "w-name-of-the-clerk"}
        lead = world.system("north-west-london")
        answer = lead.post("/v1/applications", body)
        at = acted(At(answer.headers["location"], "", (LEAD, MEMBER)), answer)
        patch = {"attribution": ATTRIBUTION, "proposal": {"summary": "w-summary-at-submission"}}
        at = acted(at, lead.patch(at.where, patch, if_match=at.etag), 200)
        consent = {"odsCode": MEMBER, "attribution": ATTRIBUTION | {"name": "w-name-of-the-members-clerk"}}
        at = acted(at, world.system("brent").post(f"{at.where}/consents", consent))
        sent = {"declaredBy": "w-declared-by", "attribution": ATTRIBUTION}
        return acted(at, lead.post(f"{at.where}/submission", sent), 200)

    def _reviewed(self) -> None:
        world, lead = self.world, self.world.system("north-west-london")
        panel, national = world.person("london-panel-1"), world.person("national-1")
        where = f"{self.at.where}/assessments/finance"
        first = panel.put(where, {"rating": "not_met", "justification": "w-first-justification"}, If_None_Match="*")
        second = {"rating": "met", "justification": "w-second-justification"}
        assert panel.put(where, second, if_match=first.headers["etag"]).status_code == 200
        wanted = {
            "items": [{"pointer": "/proposal/summary", "text": "w-item-of-the-change-request"}],
            "dueOn": "2014-12-18",
        }
        at = acted(self.at, panel.post(f"{self.at.where}/change-requests", wanted, if_match=self.at.etag))
        more = {"reference": at.reference, "until": "2014-12-20", "reason": "w-reason-of-the-extension"}
        at = acted(at, national.post("/v1/rounds/2015-16/extensions", more, if_match=at.etag))
        patch = {"attribution": ATTRIBUTION, "proposal": {"summary": "w-summary-amended"}}
        at = acted(at, lead.patch(at.where, patch, if_match=at.etag), 200)
        at = acted(at, lead.post(f"{at.where}/submission", {"declaredBy": "A.", "attribution": ATTRIBUTION}), 200)
        reason = {"code": "governance", "text": "w-reason-that-was-returned"}
        body = _said(
            _outcome(LEAD, "rejected", reasons=[reason], privateNote="w-first-private-note"),
            _outcome(MEMBER, "rejected", reasons=[reason]),
        )
        at = acted(at, panel.post(f"{at.where}/outcomes", body, if_match=at.etag))
        back = {"decision": "return", "note": "w-note-of-the-return"}
        at = acted(at, national.post(f"{at.where}/sign-off", back, if_match=at.etag))
        at = acted(at, panel.post(f"{at.where}/outcomes", body, if_match=at.etag))
        mistaken = {"note": "w-note-of-taking-outcomes-back"}
        at = acted(at, panel.post(f"{at.where}/outcomes/withdrawal", mistaken, if_match=at.etag))
        condition = CONDITION | {"text": "w-text-of-the-condition"}
        body = _said(
            _outcome(LEAD, "conditional", conditions=[condition], privateNote="w-second-private-note"),
            _outcome(MEMBER, "approved"),
        )
        at = acted(at, panel.post(f"{at.where}/outcomes", body, if_match=at.etag))
        confirm = {"decision": "confirm", "note": "w-note-of-the-sign-off"}
        self.at = acted(at, national.post(f"{at.where}/sign-off", confirm, if_match=at.etag))
        announced(world)

    def _followed(self) -> Decided:
        world, at = self.world, decided(self.at.reference, LEAD)
        link = {"url": "https://ccg.example/a.pdf", "sha256": "ab" * 32, "title": "w-title-of-the-link"}
        evidence = {
            "text": "w-text-of-the-evidence",
            "links": [link],
            "attribution": ATTRIBUTION | {"name": "w-name-of-who-gave-evidence"},
        }
        lead = world.system("north-west-london")
        assert lead.post(f"{at.where}/conditions/c1/evidence", evidence).status_code == 201
        note = {"note": "w-note-of-the-discharge"}
        panel, where = world.person("london-panel-2"), f"{at.where}/conditions/c1/discharge"
        assert panel.post(where, note, if_match=etag(world, at)).status_code == 201
        national = world.person("national-1")
        signed = {"state": "signed", "signedOn": "2014-12-15", "note": "w-note-of-the-agreement"}
        assert national.put(f"{at.where}/agreement", signed, if_match=etag(world, at)).status_code == 200
        self._taken_back(at)
        other = {"code": "governance", "text": "w-reason-in-the-proposal"}
        correction = {"reason": "w-reason-of-the-proposal", "outcome": "rejected", "reasons": [other]}
        proposed = national.post(f"{at.where}/correction", correction, if_match=etag(world, at))
        assert proposed.status_code == 201, proposed.text
        return at

    def _taken_back(self, at: Decided) -> None:
        world, lead = self.world, self.world.system("north-west-london")
        assert lead.post(f"{at.where}/notice", {"attribution": ATTRIBUTION}).status_code == 201
        stay = {
            "reason": "w-reason-of-taking-the-notice-back",
            "attribution": ATTRIBUTION | {"name": "w-name-of-who-took-the-notice-back"},
        }
        assert lead.post(f"{at.where}/notice/withdrawal", stay).status_code == 201
        national = world.person("national-1")
        revocation = {"reason": "In special measures.", "legalBasis": "NHS Act 2006, section 14Z21"}
        made = national.post(f"{at.where}/revocation", revocation, if_match=etag(world, at))
        where = made.json()["proposal"]["href"].replace("confirmation", "withdrawal")
        note = {"note": "w-note-on-the-proposal"}
        assert national.post(where, note, if_match=etag(world, at)).status_code == 201

    def _withdrawn(self) -> At:
        at = self._another("trial")
        body = {"reason": "w-reason-of-the-withdrawal", "attribution": ATTRIBUTION}
        return acted(at, self.world.system("north-west-london").post(f"{at.where}/withdrawal", body), 200)

    def _left(self) -> At:
        at = self._another("trial")
        body = {"odsCode": MEMBER, "reason": "w-reason-for-leaving", "attribution": ATTRIBUTION}
        return acted(at, self.world.system("brent").post(f"{at.where}/withdrawal", body), 200)

    def _another(self, round_id: str) -> At:
        answer = self.world.system("north-west-london").post(
            "/v1/applications", application(LEAD, MEMBER, round_id=round_id)
        )
        return acted(At(answer.headers["location"], "", (LEAD, MEMBER)), answer)

    def read_by(self, reader: str) -> str:
        """Everything that somebody reads of all this, in one text."""
        world, who = self.world, READERS[reader]
        speaker = world.public if not who else world.system(who) if who in world.pairs else world.person(who)
        paths = [
            *(f"{at.where}{part}" for at in (self.at, self.withdrawn, self.left) for part in PARTS),
            *(f"{self.at.where}/versions/{number}" for number in range(1, 12)),
            f"{self.at.where}/assessments/finance",
            f"{self.decision.where}/record",
            self.decision.where,
            f"/v1/organisations/{LEAD}/history",
            f"/v1/organisations/{LEAD}/status",
            "/v1/queue?limit=200",
            "/v1/applications?limit=200",
            "/v1/decisions?limit=200",
            "/v1/events?limit=200&after=200",
            "/v1/changes?limit=200&after=200",
        ]
        answers = [speaker.get(path) for path in paths]
        return "\n".join(each.text for each in answers if each.status_code == 200)


PARTS = ("", "/status", "/events", "/versions")


def _outcome(code: str, word: str, **members: Any) -> dict[str, Any]:
    return outcome(code, word) | members


def _said(*outcomes: dict[str, Any]) -> dict[str, Any]:
    panel = {"metOn": "2014-12-15", "members": ["w-who-sat"], "recusals": ["w-who-stood-aside"]}
    return {"panel": panel, "outcomes": list(outcomes)}


@pytest.fixture(scope="module")
def texts(shared_world: World) -> dict[str, str]:
    story = Story(shared_world)
    return {reader: story.read_by(reader) for reader in READERS}


@pytest.mark.parametrize("word", PROMISES)
def test_a_word_is_read_by_those_to_whom_it_was_promised(texts: dict[str, str], word: str) -> None:
    assert {reader for reader, text in texts.items() if word in text} == PROMISES[word]


def test_every_private_member_of_every_kind_of_entry_is_promised_to_somebody() -> None:
    kept = {(cls.KIND, member.name) for cls in CLASSES for member in layout_of(cls).private if member.name != WHO}
    promised = {(kind, name) for kind, members in PROMISED.items() for name in members}

    assert kept - promised == set()
    assert promised - kept == {("proposal.made", "terms"), ("consent.given", "scaleDownTo")}
    assert [each for members in PROMISED.values() for each in members.values() if not each] == []


def test_who_asks_for_a_version_that_the_application_never_had_is_told_nothing(sqlite_world: World) -> None:
    answer = sqlite_world.system("slough").post("/v1/applications", application("10T"))
    where = answer.headers["location"]

    listed = sqlite_world.system("slough").get(f"{where}/versions").json()["results"]
    by_panel = sqlite_world.person("south-panel-1").get(f"{where}/versions").json()["results"]

    assert [(each["version"], each["kind"], each["changed"]) for each in listed] == [
        (1, "application.created", []),
        (2, "application.submitted", []),
    ]
    assert [each["version"] for each in by_panel] == [2]
    missing = (404, "not-found", "There is nothing at this address, or nothing that you may see.")
    assert_refused(sqlite_world.system("slough").get(f"{where}/versions/3"), *missing)
    assert_refused(sqlite_world.person("south-panel-1").get(f"{where}/versions/1"), *missing)


# --- who is applicant and officer ----------------------------------------------------------------


def test_a_system_of_a_member_that_also_reads_for_the_panel_is_told_what_applicants_are(sqlite_world: World) -> None:
    world = sqlite_world
    registered(world, "both", ["applications", "panel"], ods_codes=["07P"], regions=["Y56"])
    at = assessed(world, submitted(world, LEAD, MEMBER), "finance", "not_met")
    other = submitted(world, "07T")
    both = world.system("both")

    assert both.get(f"{at.where}/assessments/finance").status_code == 404
    assert both.get(at.where).json()["assessments"] is None
    queue = both.get("/v1/queue").json()
    assert ([each["reference"] for each in queue["results"]], queue["total"]) == ([other.reference], 1)
    assert at.reference not in both.get("/v1/queue", Accept="text/csv").text


def test_no_open_proposal_about_its_own_ccg_is_in_the_queue_of_such_a_system(sqlite_world: World) -> None:
    registered(sqlite_world, "both", ["applications", "panel"], ods_codes=["02W"], regions=["Y54"])
    at = approved(sqlite_world, "02W")
    body = {"reason": "Read out wrongly.", "outcome": "rejected", "reasons": [REASON]}
    sqlite_world.person("national-1").post(f"{at.where}/correction", body, if_match=etag(sqlite_world, at))

    assert sqlite_world.system("both").get("/v1/queue").json()["total"] == 0
    assert sqlite_world.person("national-2").get("/v1/queue?waitingOn=national").json()["total"] == 1


def test_a_member_is_not_told_who_wrote_nor_what_time_others_were_given(sqlite_world: World) -> None:
    at = submitted(sqlite_world, LEAD, MEMBER)
    extended(sqlite_world, MEMBER, "2015-01-20")
    brent, group = sqlite_world.system("brent"), sqlite_world.system("north-west-london")

    assert brent.get(f"{at.where}/versions/2").json()["writtenBy"] is None
    assert group.get(f"{at.where}/versions/2").json()["writtenBy"]["key"] == "client:north-west-london"
    assert [each.get(at.where).json()["extensions"] for each in (brent, group)] == [[], []]


def test_what_was_recorded_of_a_member_that_left_does_not_stand(sqlite_world: World) -> None:
    at = recorded(
        sqlite_world, submitted(sqlite_world, LEAD, MEMBER), outcome(LEAD, "approved"), outcome(MEMBER, "rejected")
    )
    left(sqlite_world, at, MEMBER, "brent")

    review = sqlite_world.person("london-panel-1").get(at.where).json()["review"]

    assert [each["odsCode"] for each in review["recorded"]["outcomes"]] == [LEAD]


# --- what has no words of its own ----------------------------------------------------------------


def test_an_application_comes_back_as_it_was_sent(sqlite_world: World) -> None:
    sent = application("10T")
    answer = sqlite_world.system("slough").post("/v1/applications", sent)
    where, version = answer.headers["location"], f"{answer.headers['location']}/versions/2"
    names = ("roundId", "requestedLevel", "leadOdsCode", "memberOdsCodes", "proposal", "signatories")

    for who in ("slough", "south-panel-1", "national-1"):
        speaker = sqlite_world.system(who) if who in sqlite_world.pairs else sqlite_world.person(who)
        file, written = speaker.get(where).json(), speaker.get(version).json()
        assert {name: file[name] for name in names} == {name: sent[name] for name in names}
        assert (written["proposal"], written["signatories"]) == (sent["proposal"], sent["signatories"])
        assert written["declaredBy"] == sent["submission"]["declaredBy"]
    events = sqlite_world.system("slough").get(f"{where}/events").json()["results"]
    assert [each["said"]["attribution"] for each in events] == [sent["attribution"]] * 2
    for who in ("hackney", "london-panel-1"):
        speaker = sqlite_world.system(who) if who in sqlite_world.pairs else sqlite_world.person(who)
        assert {speaker.get(path).status_code for path in (where, version, f"{where}/events")} == {404}
    assert sqlite_world.public.get(where).status_code == 401


def test_an_outcome_comes_back_as_it_was_recorded(sqlite_world: World) -> None:
    at = submitted(sqlite_world, "10T")
    panel = {"metOn": "2014-12-14", "members": ["One", "Two"], "recusals": ["Three"]}
    said = {
        "odsCode": "10T",
        "outcome": "downgraded_to_joint",
        "reasons": [{"code": "financial_position", "text": "Debts."}],
        "conditions": [],
        "chosenBy": "panel",
        "functions": None,
        "privateNote": "Not unanimous.",
    }
    sent = {"panel": panel, "outcomes": [said]}
    assert sqlite_world.person("south-panel-1").post(f"{at.where}/outcomes", sent, if_match=at.etag).status_code == 201

    for who in ("south-panel-1", "south-panel-2", "national-1"):
        recorded = sqlite_world.person(who).get(at.where).json()["review"]["recorded"]
        assert {name: recorded[name] for name in sent} == sent
    assert sqlite_world.system("slough").get(at.where).json()["review"] is None


def _lapsed(world: World) -> object:
    at = conditional(world, "07T", CONDITION)
    morning_of(world, date(2015, 3, 2))
    return lapsed(world, at)


def _revoked(world: World) -> object:
    at = approved(world, "02W")
    signed(world, at, date(2014, 12, 15))
    morning_of(world, date(2015, 7, 6))
    return revoked(world, at)


REASONS: dict[str, Callable[[World], object]] = {
    "Nothing came in time.": _lapsed,
    "No longer needed.": lambda world: waived(world, conditional(world, "07T", CONDITION)),
    "In special measures.": _revoked,
    "Read out wrongly.": lambda world: corrected(
        world, approved(world, "02W"), {"outcome": "rejected", "reasons": [REASON]}
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_that_is_published_is_read_by_everybody(sqlite_world: World, reason: str) -> None:
    REASONS[reason](sqlite_world)

    changes = sqlite_world.public.get("/v1/changes?limit=200&after=200").json()["results"]
    history = sqlite_world.public.get(f"/v1/organisations/{changes[-1]['odsCode']}/history").json()["results"]

    assert reason in [each["reason"] for each in changes]
    assert reason in [each["reason"] for each in history]
