"""One prepared world in which every field that is accepted was sent once, each with a value that stands nowhere else.

Everybody reads every address at four moments, so that a test can say who finds a value, where, and from when on.
"""

from datetime import UTC, date, datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from tests.api import succession
from tests.api.post_decision import Decided, confirmed, decided, etag, proposed, ticked
from tests.api.steps import At, acted, announced, previewed, signed_off
from tests.world import NORTH_WEST_LONDON, World, application, outcome, outcomes

LEAD, MEMBER = "07W", "07P"
# A body that opens in the place of others.
OPENS, OPENS_ON = "15D", date(2018, 4, 1)
ROUND, INTEREST = "heard", "heard-interest"
READERS = {
    "lead": "north-west-london",
    "member": "brent",
    "panel": "london-panel-1",
    "national": "national-1",
    "foreign CCG": "hackney",
    "other region": "south-panel-1",
    "public": "",
}
MOMENTS = ("recorded", "signed off", "proposed", "last")
PLAN: dict[str, Any] = {
    "roundId": ROUND,
    "title": "w-title-of-the-round",
    "kind": "real",
    "coverage": "complete",
    "opensOn": "2014-11-11",
    "deadlines": {"delegated": "2015-01-12", "joint": "2015-02-02"},
    "closesOn": "2015-03-28",
    "startsOn": "2015-04-03",
    "countedOn": "2014-12-02",
    "applicationsPublicFrom": "2015-05-05",
    "applicantsSeeAt": "2014-12-15T11:00:00Z",
    "reviewFrom": "2014-12-13",
    "reviewTo": "2015-03-01",
    "announcementExpectedOn": "2015-03-02",
    "source": "w-source-of-the-round",
    "note": "w-note-of-the-round",
}


def clerk(name: str) -> dict[str, str]:
    """An attribution with a name of its own."""
    return {"name": f"w-clerk-who-{name}", "email": f"w-{name}@ccg.example", "userId": f"w-user-who-{name}"}


def whole() -> dict[str, Any]:
    """An application in which every field has a value of its own."""
    body = application(LEAD, MEMBER, level="joint", round_id="trial")
    proposal = body["proposal"]
    proposal["summary"] = "w-summary"
    proposal["functions"] = ["practice_complaints"]
    proposal["benefits"] = {name: f"w-{name}" for name in ("integration", "quality", "inequalities")}
    proposal["governance"]["committee"] |= {
        "kind": "committees_in_common",
        "layChair": False,
        "layAndExecutiveMajority": False,
        "termsOfReferenceUrl": "https://ccg.example/w-terms-of-reference",
    }
    proposal["governance"]["constitution"] = {"state": "approved_by_nhs_england", "agreedOn": "2014-12-04"}
    proposal["conflictsOfInterest"] = {
        "policyUrl": "https://ccg.example/w-policy",
        "registerOfInterestsUrl": "https://ccg.example/w-interests",
        "lastReviewedOn": "2014-11-21",
    }
    proposal["finance"] = {
        "primaryCareSpendPounds": 64000017,
        "currentYearForecastSurplusPercent": 1.37,
        "plannedSurplusPercent": 1.41,
        "meetsBusinessRules": False,
        "narrative": "w-finance",
    }
    proposal["capacity"] = {"narrative": "w-capacity", "interimLeadership": True}
    proposal["engagement"] = {"membersAgreedOn": "2014-12-03", "narrative": "w-engagement"}
    body["signatories"] += [{"name": "w-signatory", "role": "clinical_lead", "signedOn": "2014-12-05"}]
    body["attribution"] = clerk("created")
    body["submission"] = {"declaredBy": "w-declared-with-the-application"}
    return body


class Rows:
    """The world, the applications in it, and what everybody read at each moment: by reader, moment and address."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.read: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.answers: dict[str, list[str]] = {}
        self._planned()
        self.others = [self._created(whole()), self._withdrawn(), self._left()]
        self.scaled = self._scaled_down()
        self.at = self._applied()
        self._declared()
        self._asked_for_changes()
        self._recorded()
        self._look("recorded")
        self._signed_off()
        self._look("signed off")
        self.decisions = {code: decided(self.at.reference, code) for code in NORTH_WEST_LONDON}
        self._published()
        self._followed()
        self._proposed()
        self._look("proposed")
        self._confirmed()
        self._lapsed()
        self._look("last")

    @property
    def lead(self) -> Any:
        return self.world.system("north-west-london")

    @property
    def national(self) -> Any:
        return self.world.person("national-1")

    # --- what is sent -----------------------------------------------------------------------------

    def _planned(self) -> None:
        interest = {**PLAN, "roundId": INTEREST, "stage": "expression_of_interest"}
        for plan in (PLAN, {name: each for name, each in interest.items() if name not in {"source", "note"}}):
            answer = self.world.person("admin-1").put(f"/v1/rounds/{plan['roundId']}", plan, If_None_Match="*")
            assert answer.status_code == 201, answer.text

    def _created(self, body: dict[str, Any]) -> At:
        answer = self.lead.post("/v1/applications", body)
        assert answer.status_code == 201, answer.text
        return acted(At(answer.headers["location"], "", (LEAD, MEMBER)), answer)

    def _withdrawn(self) -> At:
        at = self._created(application(LEAD, MEMBER))
        body = {"reason": "w-reason-of-the-withdrawal", "attribution": clerk("withdrew")}
        return acted(at, self.lead.post(f"{at.where}/withdrawal", body), 200)

    def _left(self) -> At:
        at = self._created(application(LEAD, MEMBER, "09A"))
        body = {"odsCode": "09A", "reason": "w-reason-for-leaving", "attribution": clerk("left")}
        return acted(at, self.lead.post(f"{at.where}/withdrawal", body), 200)

    def _scaled_down(self) -> At:
        """The CCGs that stayed choose joint, and the panel rejects them all the same."""
        at, panel = self.others[2], self.world.person("london-panel-1")
        consent = {"odsCode": MEMBER, "scaleDownTo": "joint", "attribution": clerk("agreed-to-less")}
        at = acted(at, self.world.system("brent").post(f"{at.where}/consents", consent))
        less = {
            "level": "joint",
            "reason": {"code": "leadership", "text": "w-reason-of-scaling-down"},
            "attribution": clerk("scaled-down"),
        }
        at = acted(at, self.lead.post(f"{at.where}/scale-down", less, if_match=at.etag), 200)
        rejected = outcomes(*(outcome(code, "rejected") for code in (LEAD, MEMBER)))
        return acted(at, panel.post(f"{at.where}/outcomes", rejected, if_match=at.etag))

    def _applied(self) -> At:
        members = (LEAD, *(code for code in NORTH_WEST_LONDON if code != LEAD))
        at = self._created(application(*members, round_id=ROUND, submitted=False))
        self.world.clock.move_by(minutes=7)
        consent = {"odsCode": MEMBER, "attribution": clerk("agreed")}
        at = acted(at, self.world.system("brent").post(f"{at.where}/consents", consent))
        self.world.clock.move_by(minutes=1)
        more = {"odsCode": LEAD, "level": "delegated", "until": "2015-01-22", "reason": "w-reason-for-more-time"}
        assert self.national.post(f"/v1/rounds/{ROUND}/extensions", more).status_code == 201
        sent = {"declaredBy": "w-declared-at-submission", "attribution": clerk("submitted")}
        return acted(at, self.lead.post(f"{at.where}/submission", sent), 200)

    def _declared(self) -> None:
        body = {
            "odsCode": "08G",
            "roundId": "2015-16",
            "level": "greater_involvement",
            "reason": {"code": "due_diligence", "text": "w-reason-of-the-declaration"},
            "attribution": clerk("declared"),
        }
        assert self.lead.post("/v1/declarations", body).status_code == 201

    def _asked_for_changes(self) -> None:
        at, panel = self.at, self.world.person("london-panel-1")
        said = {"rating": "partly_met", "justification": "w-justification"}
        assert panel.put(f"{at.where}/assessments/finance", said, If_None_Match="*").status_code == 201
        for due_on in ("2014-12-24", "2014-12-22"):
            item = {"pointer": "/proposal/finance/narrative", "text": "w-text-of-the-item"}
            at = acted(
                at, panel.post(f"{at.where}/change-requests", {"items": [item], "dueOn": due_on}, if_match=at.etag)
            )
            if due_on == "2014-12-22":
                more = {
                    "reference": at.reference,
                    "until": "2014-12-27",
                    "reason": "w-reason-for-more-time-for-changes",
                }
                at = acted(at, self.national.post(f"/v1/rounds/{ROUND}/extensions", more, if_match=at.etag))
            sent = {"declaredBy": "A. Officer", "attribution": clerk("submitted-again")}
            at = acted(at, self.lead.post(f"{at.where}/submission", sent), 200)
        self.at = at

    def _recorded(self) -> None:
        at, panel = self.at, self.world.person("london-panel-1")
        body = outcomes_of_all()
        at = acted(at, panel.post(f"{at.where}/outcomes", body, if_match=at.etag))
        mistaken = {"note": "w-note-of-taking-back"}
        at = acted(at, panel.post(f"{at.where}/outcomes/withdrawal", mistaken, if_match=at.etag))
        at = acted(at, panel.post(f"{at.where}/outcomes", body, if_match=at.etag))
        back = {"decision": "return", "note": "w-note-of-the-return"}
        at = acted(at, self.national.post(f"{at.where}/sign-off", back, if_match=at.etag))
        self.at = acted(at, panel.post(f"{at.where}/outcomes", body, if_match=at.etag))

    def _signed_off(self) -> None:
        confirm = {"decision": "confirm", "note": "w-note-of-the-sign-off", "effectiveFrom": "2015-04-09"}
        self.at = acted(self.at, self.national.post(f"{self.at.where}/sign-off", confirm, if_match=self.at.etag))
        preview = previewed(self.world, ROUND, levels=["delegated"])
        body = {"levels": ["delegated"], "expect": preview["setDigest"], "publishAt": "2014-12-15T12:31:00Z"}
        made = self.national.post(f"/v1/rounds/{ROUND}/announcement", body)
        assert made.status_code == 201, made.text
        self.answers["the answer"] = [made.text]
        signed_off(self.world, self.scaled)

    def _published(self) -> None:
        self.world.clock.move_to(datetime(2014, 12, 15, 12, 31, tzinfo=UTC))
        ticked(self.world)
        announced(self.world, "2015-16")
        self.world.clock.move_to(datetime(2014, 12, 19, 12, 0, tzinfo=UTC))

    def _followed(self) -> None:
        link = {"url": "https://ccg.example/w-link.pdf", "sha256": "ab" * 32, "title": "w-title-of-the-link"}
        evidence = {"text": "w-evidence", "links": [link], "attribution": clerk("gave-evidence")}
        where = self.decisions[LEAD].where
        assert self.lead.post(f"{where}/conditions/c1/evidence", evidence).status_code == 201
        note, tag = {"note": "w-note-of-the-discharge"}, etag(self.world, self.decisions[LEAD])
        panel = self.world.person("london-panel-2")
        assert panel.post(f"{where}/conditions/c1/discharge", note, if_match=tag).status_code == 201
        self._agreed("09A", signedOn="2014-12-17", inForceFrom="2015-04-11", note="w-note-of-the-agreement")
        self._agreed(MEMBER, signedOn="2014-12-19")
        self._agreed("08Y", signedOn="2014-12-16")
        self._agreed("07Y", signedOn="2014-12-16")
        given = {"lastDay": "2018-03-31", "reason": "w-reason-of-the-notice", "attribution": clerk("gave-notice")}
        assert self.lead.post(f"{self.decisions['09A'].where}/notice", given).status_code == 201
        own = self.decisions[MEMBER].where
        assert self.lead.post(f"{own}/notice", {"attribution": clerk("erred")}).status_code == 201
        stays = {"reason": "w-reason-of-staying", "attribution": clerk("stays")}
        assert self.lead.post(f"{own}/notice/withdrawal", stays).status_code == 201

    def _agreed(self, code: str, **members: str) -> None:
        at = self.decisions[code]
        body = {"state": "signed", **members}
        answer = self.national.put(f"{at.where}/agreement", body, if_match=etag(self.world, at))
        assert answer.status_code == 200, answer.text

    def _proposed(self) -> None:
        made = proposed(self.world, self.decisions["07Y"], "revocation", REVOCATION | {"reason": "A mistake."})
        where = made["proposal"]["href"].replace("confirmation", "withdrawal")
        tag = etag(self.world, self.decisions["07Y"])
        assert self.national.post(where, {"note": "w-note-on-the-proposal"}, if_match=tag).status_code == 201
        for code, (what, body) in PROPOSALS.items():
            proposed(self.world, self.decisions[code], what, body)
        preview = self.national.post("/v1/successions/preview", {"effectiveOn": "2017-04-01"})
        assert preview.status_code == 200, preview.text
        self.answers["the answer"].append(preview.text)
        moved = succession.item(OPENS, "delegated", "novated", reason="w-reason-of-the-succession")
        self.succession = succession.proposed(self.world, moved, on=OPENS_ON)

    def _confirmed(self) -> None:
        for code in PROPOSALS:
            made = confirmed(self.world, self.decisions[code])
            self.decisions[code] = Decided(made["decisionId"], code)
        succession.confirmed(self.world, self.succession)

    def _lapsed(self) -> None:
        self.world.clock.move_to(datetime(2015, 1, 19, 12, 0, tzinfo=UTC))
        at = self.decisions[LEAD]
        body = {"reason": "w-reason-of-the-lapse"}
        answer = self.national.post(f"{at.where}/conditions/c2/lapse", body, if_match=etag(self.world, at))
        assert answer.status_code == 201, answer.text

    # --- what is read -----------------------------------------------------------------------------

    def _look(self, moment: str) -> None:
        """Read every address as everybody. What is public is the same to all, so it is read once."""
        self.world.sign()
        public = self._texts("", self._public(moment))
        for reader, name in READERS.items():
            own = self._texts(name, self._private(moment)) if name else {}
            self.read[reader, moment] = {**public, **own}
        self.read["national", moment] |= self.answers

    def _public(self, moment: str) -> list[str]:
        decisions = [f"/v1/decisions/{self.at.reference}-{code}" for code in ENDS]
        decisions += [f"/v1/decisions/{self.scaled.reference}-{code}" for code in (LEAD, MEMBER)]
        return [*PUBLIC, *decisions, *(OF_CCGS if moment == "last" else ())]

    def _private(self, moment: str) -> list[str]:
        """What nobody acts on any more is read at the end."""
        own, others = self.at.where, [at.where for at in self.others]
        early = [
            *(f"{own}{part}" for part in PARTS),
            *(f"/v1/decisions/{self.at.reference}-{code}/record" for code in ENDS),
            self.scaled.where,
            "/v1/queue?limit=200",
            "/v1/successions",
            "/v1/applications?limit=200",
            "/v1/events?limit=200&after=200",
        ]
        late = [
            *(f"{own}/versions/{number}" for number in (1, 3, 6, 8)),
            f"{own}/assessments/finance",
            *(f"{where}{part}" for where in others for part in PARTS),
            *(f"{others[0]}/versions/{number}" for number in (1, 2)),
            *(f"/v1/organisations/{code}/status" for code in (LEAD, MEMBER)),
        ]
        return [*early, *late] if moment == "last" else early

    def _texts(self, who: str, paths: list[str]) -> dict[str, list[str]]:
        """The answers by address, in the words of the table."""
        world = self.world
        speaker = world.public if not who else world.system(who) if who in world.pairs else world.person(who)
        # Not as a speaker asks, who holds each answer against the contract: that is done elsewhere, and takes longer.
        headers = {"Authorization": f"Bearer {speaker.token}"} if speaker.token else {}
        found: dict[str, list[str]] = {}
        for path in paths:
            answer = world.http.get(path, headers=headers)
            if answer.status_code == HTTPStatus.OK:
                # An entry of the log stands in its list as the text that was hashed.
                found.setdefault(address_of(path), []).append(answer.text.replace('\\"', '"'))
        return found


def address_of(path: str) -> str:
    """A path as the table writes it: with the names of its parts in place of the parts."""
    parts = path.partition("?")[0].split("/")[2:]
    for place, (above, name) in enumerate(pairwise(parts), start=1):
        if above in NAMED and not name.startswith("{"):
            parts[place] = NAMED[above]
    return "/v1/" + "/".join(parts)


NAMED = {
    "applications": "{reference}",
    "versions": "{version}",
    "assessments": "{criterion}",
    "decisions": "{decisionId}",
    "organisations": "{odsCode}",
    "approvals": "{odsCode}",
    "rounds": "{roundId}",
}
ENDS = (*NORTH_WEST_LONDON, "08E-2", "08G-2")
PARTS = ("", "/status", "/events", "/versions")
PUBLIC = [
    f"/v1/rounds/{ROUND}",
    f"/v1/rounds/{INTEREST}",
    "/v1/approvals?limit=200",
    "/v1/decisions?limit=200",
    "/v1/changes?limit=200&after=200",
    "/v1/publications?limit=200",
    "/v1/log/entries?from=200",
]
OF_CCGS = [
    *(f"/v1/approvals/{code}" for code in (*NORTH_WEST_LONDON, OPENS)),
    f"/v1/decisions/S{OPENS_ON}-{OPENS}",
    *(f"/v1/organisations/{code}" for code in NORTH_WEST_LONDON),
    *(f"/v1/organisations/{code}/history" for code in NORTH_WEST_LONDON),
]
REVOCATION = {"reason": "w-reason-of-the-revocation", "legalBasis": "w-legal-basis", "lastDay": "2017-05-19"}
PROPOSALS: dict[str, tuple[str, dict[str, Any]]] = {
    "08C": ("conditions/c1/waiver", {"reason": "w-reason-of-the-waiver", "inForceFrom": "2015-04-21"}),
    "07Y": ("revocation", REVOCATION),
    "08Y": (
        "agreement/correction",
        {
            "reason": "w-reason-of-correcting-the-agreement",
            "state": "signed",
            "signedOn": "2014-12-18",
            "inForceFrom": "2015-04-13",
        },
    ),
    MEMBER: ("agreement/correction", {"reason": "It was another CCG.", "state": "not_taken_up"}),
    "08E": (
        "correction",
        {
            "reason": "w-reason-of-the-correction",
            "outcome": "downgraded_to_joint",
            "reasons": [{"code": "leadership", "text": "w-reason-in-the-correction"}],
            "chosenBy": "panel",
            "effectiveFrom": "2015-04-23",
        },
    ),
    "08G": (
        "correction",
        {
            "reason": "w-reason-of-the-other-correction",
            "outcome": "conditional",
            "functions": ["gms_pms_apms_contracts"],
            "conditions": [
                {"text": "w-condition-in-the-correction", "reasonCode": "governance", "dueOn": "2015-02-25"}
            ],
        },
    ),
}


def outcomes_of_all() -> dict[str, Any]:
    """One outcome for each member, with every part that an outcome can have."""
    conditions = [
        {"text": "w-condition", "reasonCode": "conflicts_of_interest", "dueOn": "2015-01-29"},
        {"text": "To be late.", "reasonCode": "governance", "dueOn": "2015-01-17"},
    ]
    downgraded = [{"code": "financial_position", "text": "w-reason"}]
    said = {
        LEAD: outcome(
            LEAD, "conditional", conditions=conditions, functions=["new_practices"], privateNote="w-private-note"
        ),
        MEMBER: outcome(MEMBER, "downgraded_to_joint", reasons=downgraded, chosenBy="panel"),
        "08C": outcome("08C", "conditional"),
    }
    panel = {"metOn": "2014-12-09", "members": ["w-who-sat"], "recusals": ["w-who-stood-aside"]}
    return {"panel": panel, "outcomes": [said.get(code, outcome(code, "approved")) for code in NORTH_WEST_LONDON]}
