"""Each row of the second table of ``docs/heard.md``: its value stands where it is promised, and nowhere else.

The table says who reads a field and at which addresses. For each row a case here says how its value is recognised.
``tests.api.rows`` sends each value once, and reads as everybody.
"""

import re
from typing import NamedTuple

import pytest

from tests.api.rows import MOMENTS, PLAN, READERS, Rows
from tests.commands.conftest import Register
from tests.house.test_heard import FIELD, HEARD
from tests.world import World

OFFICERS = {"panel", "national"}
APPLICANTS = {"lead", "member"}
EVERYBODY = set(READERS)
STAGES: dict[str, dict[str, set[str]]] = {
    "everybody": {"last": EVERYBODY},
    "applicants, panel, national": {"last": OFFICERS | APPLICANTS},
    "panel, national": {"last": OFFICERS},
    "national": {"last": {"national"}},
    "writer, national": {"last": {"writer", "national"}},
    "writer, panel, national": {"last": OFFICERS | {"writer"}},
    "the CCG, panel, national": {"last": OFFICERS | {"lead"}},
    "operator": {"last": set()},
    "national; everybody from publication": {"signed off": {"national"}, "proposed": EVERYBODY, "last": EVERYBODY},
    "panel, national; applicants once they may": {
        "signed off": OFFICERS | APPLICANTS,
        "proposed": OFFICERS | APPLICANTS,
        "last": OFFICERS | APPLICANTS,
    },
    "panel, national; applicants once they may; everybody from publication": {
        "recorded": OFFICERS,
        "signed off": OFFICERS | APPLICANTS,
        "proposed": EVERYBODY,
        "last": EVERYBODY,
    },
    "applicants, panel, national; everybody from publication": {
        "recorded": OFFICERS | APPLICANTS,
        "signed off": OFFICERS | APPLICANTS,
        "proposed": EVERYBODY,
        "last": EVERYBODY,
    },
    "national from the proposal; everybody from its effect": {"proposed": {"national"}, "last": EVERYBODY},
    "panel and national from the proposal; everybody from its effect": {"proposed": OFFICERS, "last": EVERYBODY},
}
"""Who finds a value, by the words of the table: at the end, or at each of several moments and at no earlier one."""


class Case(NamedTuple):
    """How the value of a field is recognised, as a pattern; and which words of its row are about this value."""

    pattern: str
    words: str = ""
    writer: str = "lead"
    since: str = "recorded"


def said(text: str, **members: str) -> Case:
    """A text that is sent once."""
    return Case(f'"{re.escape(text)}"', **members)


def member(name: str, value: str, **members: str) -> Case:
    """A member with a value that it has nowhere else. The value is JSON."""
    return Case(f'"{name}":{re.escape(value)}', **members)


def text(name: str, value: str, **members: str) -> Case:
    """The same of a text."""
    return member(name, f'"{value}"', **members)


def part(name: str, inside: str) -> Case:
    """An object or a list in which a value stands."""
    return Case(rf'"{name}":[{{\[][^\]]*?{re.escape(inside)}')


def planned(name: str) -> Case:
    """A member of the round as it was planned."""
    return text(name, PLAN[name])


# A body that opens in the place of others, and what it goes on with.
MOVED = Case('"odsCode":"15D".{0,900}"(level|grantedLevel)":"delegated"')

CASES: dict[str, list[Case]] = {
    "AgreementIn.state": [text("agreement", "signed")],
    "AgreementIn.signedOn": [Case('"(signedOn|occurredOn)":"2014-12-17"')],
    "AgreementIn.inForceFrom": [text("inForceFrom", "2015-04-11")],
    "AgreementIn.note": [said("w-note-of-the-agreement")],
    "AnnouncementIn.levels": [member("levels", '["delegated"]', since="signed off")],
    "AnnouncementIn.publishAt": [Case('"publish(ed)?At":"2014-12-15T12:31:00Z"', since="signed off")],
    "AnnouncementIn.expect": [Case('"setDigest":"[^"]+"', since="signed off")],
    "ApplicationIn.roundId": [Case('"roundId":"trial","trial":true')],
    "ApplicationIn.requestedLevel": [text("requestedLevel", "joint")],
    "ApplicationIn.leadOdsCode": [text("leadOdsCode", "07W")],
    "ApplicationIn.memberOdsCodes": [member("memberOdsCodes", '["07W","07P"]')],
    "ApplicationIn.proposal": [Case('"proposal":{.*?"w-summary"')],
    "ApplicationIn.signatories": [Case(r'"signatories":\[.*?"w-signatory"')],
    "ApplicationIn.attribution": [said("w-clerk-who-created")],
    "ApplicationIn.submission": [said("w-declared-with-the-application")],
    "AssessmentIn.rating": [text("rating", "partly_met")],
    "AssessmentIn.justification": [said("w-justification")],
    "AttributionIn.name": [said("w-clerk-who-created")],
    "AttributionIn.email": [said("w-created@ccg.example")],
    "AttributionIn.userId": [said("w-user-who-created")],
    "BenefitsIn.integration": [said("w-integration")],
    "BenefitsIn.quality": [said("w-quality")],
    "BenefitsIn.inequalities": [said("w-inequalities")],
    "CapacityIn.narrative": [said("w-capacity")],
    "CapacityIn.interimLeadership": [member("interimLeadership", "true")],
    "ChangeRequestIn.items": [part("items", "w-text-of-the-item")],
    "ChangeRequestIn.dueOn": [text("dueOn", "2014-12-24")],
    "CommitteeIn.kind": [text("kind", "committees_in_common")],
    "CommitteeIn.layChair": [member("layChair", "false")],
    "CommitteeIn.layAndExecutiveMajority": [member("layAndExecutiveMajority", "false")],
    "CommitteeIn.termsOfReferenceUrl": [said("https://ccg.example/w-terms-of-reference")],
    "ConditionIn.text": [said("w-condition")],
    "ConditionIn.reasonCode": [text("reasonCode", "conflicts_of_interest")],
    "ConditionIn.dueOn": [text("dueOn", "2015-01-29")],
    "ConflictsOfInterestIn.policyUrl": [said("https://ccg.example/w-policy")],
    "ConflictsOfInterestIn.registerOfInterestsUrl": [said("https://ccg.example/w-interests")],
    "ConflictsOfInterestIn.lastReviewedOn": [text("lastReviewedOn", "2014-11-21")],
    "ConsentIn.odsCode": [text("consentedAt", "2014-12-15T12:07:00Z")],
    "ConsentIn.scaleDownTo": [text("scaleDownTo", "joint")],
    "ConsentIn.attribution": [said("w-clerk-who-agreed", writer="member")],
    "ConstitutionIn.state": [text("state", "approved_by_nhs_england")],
    "ConstitutionIn.agreedOn": [text("agreedOn", "2014-12-04")],
    "CorrectionIn.reason": [said("w-reason-of-the-correction")],
    "CorrectionIn.outcome": [Case('"outcome":"downgraded_to_joint".{0,400}"w-reason-in-the-correction"')],
    "CorrectionIn.reasons": [part("reasons", "w-reason-in-the-correction")],
    "CorrectionIn.conditions": [part("conditions", "w-condition-in-the-correction")],
    "CorrectionIn.chosenBy": [Case('"chosenBy":"panel".{0,400}"w-reason-in-the-correction"')],
    "CorrectionIn.functions": [member("functions", '["gms_pms_apms_contracts"]')],
    "CorrectionIn.effectiveFrom": [text("effectiveFrom", "2015-04-23")],
    "DeadlinesIn.delegated": [text("delegated", "2015-01-12")],
    "DeadlinesIn.joint": [text("joint", "2015-02-02")],
    "DeclarationIn.odsCode": [Case('"odsCode":"08G".*"greater_involvement"')],
    "DeclarationIn.roundId": [Case('"declarations":.*"2015-16"')],
    "DeclarationIn.level": [text("level", "greater_involvement")],
    "DeclarationIn.reason": [Case('"reason":{"code":"due_diligence"')],
    "DeclarationReasonIn.code": [text("code", "due_diligence")],
    "DeclarationReasonIn.text": [Case('"(text|reason)":"w-reason-of-the-declaration"')],
    "DeclarationIn.attribution": [said("w-clerk-who-declared")],
    "DischargeIn.note": [said("w-note-of-the-discharge")],
    "EngagementIn.membersAgreedOn": [text("membersAgreedOn", "2014-12-03")],
    "EngagementIn.narrative": [said("w-engagement")],
    "EvidenceIn.text": [said("w-evidence")],
    "EvidenceIn.links": [part("links", "w-title-of-the-link")],
    "EvidenceIn.attribution": [said("w-clerk-who-gave-evidence")],
    "EvidenceLinkIn.url": [said("https://ccg.example/w-link.pdf")],
    "EvidenceLinkIn.sha256": [said("ab" * 32)],
    "EvidenceLinkIn.title": [said("w-title-of-the-link")],
    "ExtensionIn.odsCode": [Case('"odsCode":"07W","level":"delegated","until":"2015-01-22"')],
    "ExtensionIn.level": [Case('"level":"delegated","until":"2015-01-22"')],
    "ExtensionIn.reference": [text("until", "2014-12-27")],
    "ExtensionIn.until": [text("until", "2015-01-22")],
    "ExtensionIn.reason": [said("w-reason-for-more-time"), said("w-reason-for-more-time-for-changes")],
    "FinanceIn.primaryCareSpendPounds": [member("primaryCareSpendPounds", "64000017")],
    "FinanceIn.currentYearForecastSurplusPercent": [member("currentYearForecastSurplusPercent", "1.37")],
    "FinanceIn.plannedSurplusPercent": [member("plannedSurplusPercent", "1.41")],
    "FinanceIn.meetsBusinessRules": [member("meetsBusinessRules", "false")],
    "FinanceIn.narrative": [said("w-finance")],
    "GovernanceIn.committee": [part("committee", "committees_in_common")],
    "GovernanceIn.constitution": [part("constitution", "approved_by_nhs_england")],
    "ItemIn.pointer": [text("pointer", "/proposal/finance/narrative")],
    "ItemIn.text": [said("w-text-of-the-item")],
    "AgreementCorrectionIn.reason": [said("w-reason-of-correcting-the-agreement")],
    "AgreementCorrectionIn.state": [Case('"(state|agreement)":"not_taken_up"')],
    "AgreementCorrectionIn.signedOn": [text("signedOn", "2014-12-18")],
    "AgreementCorrectionIn.inForceFrom": [text("inForceFrom", "2015-04-13")],
    "NoticeWithdrawalIn.reason": [said("w-reason-of-staying")],
    "NoticeWithdrawalIn.attribution": [said("w-clerk-who-stays")],
    "OutcomesWithdrawalIn.note": [said("w-note-of-taking-back")],
    "ProposalWithdrawalIn.note": [said("w-note-on-the-proposal")],
    "NoticeIn.lastDay": [text("inForceTo", "2018-03-31")],
    "NoticeIn.reason": [said("w-reason-of-the-notice")],
    "NoticeIn.attribution": [said("w-clerk-who-gave-notice")],
    "OutcomeIn.odsCode": [Case('"odsCode":"07W".{0,600}?"outcome":"conditional"')],
    "OutcomeIn.outcome": [text("outcome", "downgraded_to_joint")],
    "OutcomeIn.reasons": [Case(r'"reasons":\[\{[^{}]*"w-reason"')],
    "OutcomeIn.conditions": [part("conditions", '"w-condition"')],
    "OutcomeIn.chosenBy": [text("chosenBy", "panel")],
    "OutcomeIn.functions": [member("functions", '["new_practices"]')],
    "OutcomeIn.privateNote": [said("w-private-note")],
    "OutcomesIn.panel": [Case('"panel":{.{0,100}"w-who-stood-aside"')],
    "OutcomesIn.outcomes": [text("outcome", "conditional")],
    "PanelIn.metOn": [text("metOn", "2014-12-09")],
    "PanelIn.members": [said("w-who-sat")],
    "PanelIn.recusals": [said("w-who-stood-aside")],
    "PreviewIn.levels": [member("levels", '["delegated"]', since="signed off")],
    "ProposalIn.summary": [said("w-summary")],
    "ProposalIn.benefits": [part("benefits", "w-quality")],
    "ProposalIn.functions": [member("functions", '["practice_complaints"]')],
    "ProposalIn.governance": [part("governance", "w-terms-of-reference")],
    "ProposalIn.conflictsOfInterest": [part("conflictsOfInterest", "w-policy")],
    "ProposalIn.finance": [part("finance", "64000017")],
    "ProposalIn.capacity": [part("capacity", "w-capacity")],
    "ProposalIn.engagement": [part("engagement", "w-engagement")],
    "ReasonIn.code": [text("code", "financial_position")],
    "ReasonIn.text": [said("w-reason")],
    "ReasonedIn.reason": [said("w-reason-of-the-lapse")],
    "RevocationIn.reason": [said("w-reason-of-the-revocation")],
    "RevocationIn.legalBasis": [said("w-legal-basis")],
    "RevocationIn.lastDay": [Case('"(lastDay|inForceTo)":"2017-05-19"')],
    **{f"RoundIn.{name}": [planned(name)] for name in PLAN if name != "deadlines"},
    "RoundIn.stage": [text("stage", "expression_of_interest")],
    "RoundIn.deadlines": [member("deadlines", '{"delegated":"2015-01-12","joint":"2015-02-02"}')],
    "ScaleDownIn.level": [text("scaledDownTo", "joint")],
    "ScaleDownIn.reason": [said("w-reason-of-scaling-down")],
    "ScaleDownIn.attribution": [said("w-clerk-who-scaled-down")],
    "SignOffIn.decision": [text("type", "decision.signed_off", since="signed off")],
    "SignOffIn.note": [said("w-note-of-the-return"), said("w-note-of-the-sign-off", since="signed off")],
    "SignOffIn.effectiveFrom": [text("effectiveFrom", "2015-04-09", since="signed off")],
    "SignatoryIn.name": [said("w-signatory")],
    "SignatoryIn.role": [text("role", "clinical_lead")],
    "SignatoryIn.signedOn": [text("signedOn", "2014-12-05")],
    "SubmissionIn.declaredBy": [said("w-declared-with-the-application")],
    "SubmitIn.declaredBy": [said("w-declared-at-submission")],
    "SubmitIn.attribution": [said("w-clerk-who-submitted")],
    "SuccessionIn.effectiveOn": [Case('"effective(On|From)":"2018-04-01"')],
    "SuccessionIn.items": [MOVED],
    "SuccessionItemIn.odsCode": [MOVED],
    "SuccessionItemIn.level": [MOVED],
    "SuccessionItemIn.agreement": [text("agreement", "novated")],
    "SuccessionItemIn.reason": [said("w-reason-of-the-succession")],
    "SuccessionPreviewIn.effectiveOn": [text("effectiveOn", "2017-04-01")],
    "WaiverIn.reason": [said("w-reason-of-the-waiver")],
    "WaiverIn.inForceFrom": [text("inForceFrom", "2015-04-21")],
    "WithdrawIn.odsCode": [Case('"type":"member.left","reference":"[^"]*","odsCode":"09A"')],
    "WithdrawIn.reason": [
        said("w-reason-of-the-withdrawal", words="of the whole"),
        said("w-reason-for-leaving", words="of one member"),
    ],
    "WithdrawIn.attribution": [said("w-clerk-who-withdrew"), said("w-clerk-who-left")],
}
ROWS = {f"{schema}.{name}": (who, where) for schema, name, who, where in FIELD.findall(HEARD)}


@pytest.fixture(scope="module")
def rows(shared_world: World) -> Rows:
    return Rows(shared_world)


def finders(rows: Rows, case: Case, moment: str) -> set[str]:
    """Who finds a value at a moment, at any address."""
    return {
        reader
        for reader in READERS
        if any(re.search(case.pattern, each) for texts in rows.read[reader, moment].values() for each in texts)
    }


def found_at(rows: Rows, case: Case, reader: str) -> set[str]:
    """The addresses at which somebody finds a value at one moment or another."""
    return {
        address
        for moment in MOMENTS
        for address, texts in rows.read[reader, moment].items()
        if any(re.search(case.pattern, each) for each in texts)
    }


def promised(case: Case, who: str) -> dict[str, set[str]]:
    """Who is to find a value, by moment. A row with several kinds of words says "of …:" before each."""
    own = dict(each.split(": ") for each in who.split("; "))[case.words] if case.words else who
    return {
        moment: {case.writer if each == "writer" else each for each in readers}
        for moment, readers in STAGES[own].items()
        if MOMENTS.index(moment) >= MOMENTS.index(case.since)
    }


def addresses(where: str) -> set[str]:
    """The addresses that a row names."""
    named = {
        each.replace("…", "/v1/applications/{reference}") for each in re.findall(r"`(?:GET )?((?:/v1|…)/[^`]+)`", where)
    }
    return named | ({"the answer"} if "the answer" in where else set())


def test_each_row_has_its_case() -> None:
    assert sorted(CASES) == sorted(ROWS)


@pytest.mark.parametrize("row", CASES)
def test_a_value_is_read_by_those_to_whom_it_was_promised_from_when_on_and_where(rows: Rows, row: str) -> None:
    who, where = ROWS[row]
    for case in CASES[row]:
        wanted, found = promised(case, who), {moment: finders(rows, case, moment) for moment in MOMENTS}

        if len(wanted) == 1:
            assert found["last"] == wanted["last"]
            assert {reader for readers in found.values() for reader in readers} == wanted["last"]
        else:
            assert found == {moment: wanted.get(moment, set()) for moment in MOMENTS}
        for reader in wanted["last"]:
            assert found_at(rows, case, reader) & addresses(where), reader
        if wanted["last"]:
            assert addresses(where) - found_at(rows, case, "national") == set()


def test_what_only_the_operator_reads_stands_in_the_log(rows: Rows) -> None:
    changes = rows.world.public.get("/v1/changes?limit=200&after=200").json()["results"]
    [index] = [each["sequence"] for each in changes if each["type"] == "declaration.made"]

    shown = Register(database_url=rows.world.database.url)("log", "show", index)

    assert re.search(CASES["DeclarationIn.attribution"][0].pattern, shown.out)
