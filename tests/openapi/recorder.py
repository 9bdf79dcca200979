"""The examples of the documentation: taken from a made-up round that really runs, so that they are never wrong.

``python -m tests.openapi.recorder`` plays the round and writes ``app/api/examples/*.json`` anew (all
but ``problems.json``, which is written by hand). What differs from run to run (references, hashes,
tokens) is replaced by made-up values, positions in the log count from the round's first act, and
proposals are cut short but for one.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from httpx2 import Response

import app
from app.access.keys import generate_token_key, write_private_key
from app.log.notes import SigningLogKey
from app.records import migrations
from app.records.session import Database
from app.settings import Settings
from app.web.tracing import configure_logging
from tests.openapi import recorder_post_decision
from tests.world import ATTRIBUTION, PUBLIC_URL, World, application, make_pairs, outcome, outcomes, people_the_world

EXAMPLES = Path(app.__file__).parent / "api" / "examples"
BY_HAND = "problems.json"
MADE_UP_URL = "https://register.example"
FIRST_ACT = 400
WHOLE = "create_and_submit"
HEADERS = ("ETag", "Link", "Location")
JSON = {"application/json", "application/csvm+json"}
_MADE_UP_IDS = (
    *("7k3m9q2x", "4f8w2n6c", "9v5d2c8h", "2j6r8t4b", "6m2x9p3z", "8c4g7k5w"),
    *("3n9s5v2d", "5t7b3h8q", "2k6w9f4r", "7h3c8n5m", "4q9b2t6x", "6v2d7g3p"),
    *("9c5m3t7w", "3x8k2r6d", "7b4v9n2h", "5g2q8c6j", "8w3f7m4t", "2p6z9k5n"),
)
_RANDOM_ID = re.compile(
    r"\b((?:trial|2015-16)(?:-announcement|-extension|-waiver|-revocation|-correction|-agreement|-[0-9A-Z]{3})?-"
    r"|succession-[0-9]{4}-[0-9]{2}-[0-9]{2}-)"
    r"([0-9a-hjkmnp-tv-z]{8})\b"
)
_POSITION = re.compile(r"(after=|asKnownAt=)([0-9]+)")
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_REPLACED = {
    "access_token": "eyJhbGciOi.made.up",
    "n": "made-up",
    "kid": "made-up",
    "nextCursor": "bWFkZS11cA",
    "leaf": "bWFkZSB1cA==",
    "salt": "bWFkZSB1cA==",
    "body": '{"made":"up"}',
}
_IN_THE_LOG = frozenset({"sequence", "publicSequence", "logIndex", "nextAfter", "index", "size"})
# A checkpoint or a key: of its text only the hashes and signatures differ from run to run.
_OF_THE_LOG = "register.test/log"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}|(?<=\+)[0-9a-f]{8}(?=\+)")

Examples = dict[str, dict[str, Any]]


@dataclass
class Recorder:
    """Keeps what was sent and answered, by operation."""

    world: World
    log_before: int
    found: Examples = field(default_factory=lambda: defaultdict(dict))
    ids: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def keep(self, summary: str, answer: Response, *, name: str = "made_up", shows_answer: bool = True) -> Response:
        """Keep one exchange as an example of its operation; of several answers only those that are to be shown."""
        assert answer.is_success, answer.text
        request = answer.request
        operation = self.world.contract.operation(request.method, request.url.path)
        kept = self.found[operation["operationId"]]
        label = f"Made up: {summary}"
        if "json" in request.headers.get("content-type", ""):
            sent = self._made_up(json.loads(request.content))
            kept.setdefault("request", {})[name] = {"summary": label, "value": sent}
        if shows_answer:
            self._keep_answer(kept.setdefault("answers", {}), label, answer, name)
        return answer

    def _keep_answer(self, kept: dict[str, Any], label: str, answer: Response, name: str) -> None:
        of_status = kept.setdefault(str(answer.status_code), {"headers": [], "content": {}})
        present = {each for each in HEADERS if each in answer.headers}
        of_status["headers"] = sorted(present.union(of_status["headers"]))
        media_type = answer.headers["content-type"].partition(";")[0]
        value = self._made_up(answer.json() if media_type in JSON else answer.text)
        if isinstance(value, dict) and name != WHOLE and "summary" in (value.get("proposal") or {}):
            value["proposal"] = {"summary": value["proposal"]["summary"]}
        of_status["content"].setdefault(media_type, {})[name] = {"summary": label, "value": value}

    def _made_up(self, value: Any, member: str = "") -> Any:
        match value:
            case dict():
                return {name: self._made_up(each, name) for name, each in value.items()}
            case list():
                return [self._made_up(each, "leaf" if member == "proof" else "") for each in value]
            case str() if member in _REPLACED:
                return _REPLACED[member]
            case str():
                return self._text(value)
            case int() if member in _IN_THE_LOG and value >= self.log_before:
                return value - self.log_before + FIRST_ACT
            case _:
                return value

    def _text(self, value: str) -> str:
        if _OF_THE_LOG in value:
            return _BASE64.sub("bWFkZSB1cA", value)
        text = _RANDOM_ID.sub(lambda found: found[1] + self._id(found[2]), value)
        text = _POSITION.sub(lambda found: f"{found[1]}{int(found[2]) - self.log_before + FIRST_ACT}", text)
        return _HASH.sub(lambda found: self._hash(found[0]), text).replace(PUBLIC_URL, MADE_UP_URL)

    def _id(self, random: str) -> str:
        return self.ids.setdefault(random, _MADE_UP_IDS[len(self.ids) % len(_MADE_UP_IDS)])

    def _hash(self, real: str) -> str:
        return self.hashes.setdefault(real, hashlib.sha256(f"made up {len(self.hashes)}".encode()).hexdigest())


def record(world: World) -> Examples:
    """Play the made-up round and give the examples of each operation."""
    newest = world.system("slough").get("/v1/events?limit=200").json()
    while newest["hasMore"]:
        newest = world.system("slough").get(f"/v1/events?limit=200&after={newest['nextAfter']}").json()
    recorder = Recorder(world, newest["nextAfter"] + 1)
    _discover(recorder)
    _plan(recorder)
    slough, stoke, hackney = _apply(recorder)
    _review(recorder, hackney)
    _decide(recorder, slough, stoke)
    _announce(recorder, stoke)
    _read(recorder, slough)
    _prove(recorder, slough)
    slough, stoke = (where.rpartition("/")[2] for where in (slough, stoke))
    recorder_post_decision.play(world, recorder.keep, slough, stoke)
    return {name: dict(sorted(kept.items(), reverse=True)) for name, kept in sorted(recorder.found.items())}


def _discover(recorder: Recorder) -> None:
    world, keep = recorder.world, recorder.keep
    answers: list[Response] = []
    world.http.event_hooks["response"].append(lambda answer: answers.append(answer) if not answers else None)
    world.system("slough")
    world.http.event_hooks["response"].clear()
    keep("a token for nearly ten minutes", answers[0])
    keep("the register answers", world.public.get("/_ping"))
    keep("all is well", world.public.get("/_status"))
    keep("the service", world.public.get("/v1"))
    keep("the token endpoint", world.public.get("/.well-known/oauth-authorization-server"))
    keep("one key", world.public.get("/.well-known/jwks.json"))
    keep("the sets", world.public.get("/v1/reference-data"))
    keep("the outcomes", world.public.get("/v1/reference-data/outcomes"))


def _plan(recorder: Recorder) -> None:
    world, keep = recorder.world, recorder.keep
    plan = {
        "roundId": "trial-2",
        "title": "A second trial round",
        "kind": "trial",
        "coverage": "complete",
        "opensOn": "2015-09-01",
        "deadlines": {"delegated": "2015-11-06", "joint": None},
        "closesOn": "2016-03-31",
        "startsOn": "2016-04-01",
        "countedOn": "2015-09-01",
    }
    admin = world.person("admin-1")
    keep("a trial round", admin.put("/v1/rounds/trial-2", plan, If_None_Match="*"))
    keep("another title", admin.put("/v1/rounds/trial-2", plan | {"title": "Another trial round"}, if_match='"v1"'))


def _apply(recorder: Recorder) -> tuple[str, str, str]:
    """Three applications: one by steps, two in one act. Answers where each is."""
    world, keep = recorder.world, recorder.keep
    system = world.system("slough")
    whole = application("10T", round_id="trial", submitted=False)
    draft = {name: whole[name] for name in ("roundId", "requestedLevel", "leadOdsCode", "memberOdsCodes")}
    draft["attribution"] = ATTRIBUTION
    rehearsed = application("10T", round_id="trial")
    keep("nothing is stored", system.post("/v1/applications?validateOnly=true", rehearsed), name=WHOLE)
    created = keep("a draft", system.post("/v1/applications", draft), name="draft")
    where = created.headers["location"]
    patch = {name: whole[name] for name in ("proposal", "signatories", "attribution")}
    amended = keep("the proposal", system.patch(where, patch, if_match=created.headers["etag"]))
    keep(
        "the accountable officer declares",
        system.post(
            f"{where}/submission",
            {"declaredBy": "A. Officer", "attribution": ATTRIBUTION},
            if_match=amended.headers["etag"],
        ),
    )
    others = []
    for client, code, minutes in (("stoke", "05W", 10), ("hackney", "07T", 20)):
        world.clock.move_by(minutes=minutes)
        answer = world.system(client).post("/v1/applications", application(code, round_id="trial"))
        others.append(answer.headers["location"])
    keep("created and submitted in one", answer, name=WHOLE)
    _join(recorder)
    _scale_down(recorder)
    return where, others[0], others[1]


def _scale_down(recorder: Recorder) -> None:
    """An application that its CCG scales down, and then withdraws."""
    world, keep = recorder.world, recorder.keep
    system = world.system("bradford")
    made = system.post("/v1/applications", application("02W", round_id="trial"))
    where, reason = made.headers["location"], {"code": "leadership", "text": "The interim management may change."}
    sent = {"level": "joint", "reason": reason, "attribution": ATTRIBUTION}
    done = keep("scaled down", system.post(f"{where}/scale-down", sent, if_match=made.headers["etag"]))
    system.post(f"{where}/withdrawal", {"attribution": ATTRIBUTION}, if_match=done.headers["etag"])


def _join(recorder: Recorder) -> None:
    """An application of two CCGs with systems of their own: the one agrees, and then leaves it."""
    world, keep = recorder.world, recorder.keep
    drafted = application("07W", "07P", level="joint", round_id="trial", submitted=False)
    created = world.system("north-west-london").post("/v1/applications", drafted)
    where, member = created.headers["location"], world.system("brent")
    agreed = {"odsCode": "07P", "attribution": ATTRIBUTION}
    consented = keep("a member agrees", member.post(f"{where}/consents", agreed, if_match=created.headers["etag"]))
    left = {"odsCode": "07P", "reason": "Brent applies by itself.", "attribution": ATTRIBUTION}
    gone = member.post(f"{where}/withdrawal", left, if_match=consented.headers["etag"])
    keep("a member leaves", gone, name="member", shows_answer=False)


def _review(recorder: Recorder, hackney: str) -> None:
    world, keep = recorder.world, recorder.keep
    panel = world.person("london-panel-1")
    keep("one application waits for the panel", panel.get("/v1/queue?waitingOn=panel"))
    keep("the whole queue", panel.get("/v1/queue?waitingOn=panel", Accept="text/csv"))
    wanted = {
        "items": [{"pointer": "/proposal/finance/narrative", "text": "Say how the deficit is to be met."}],
        "dueOn": "2015-01-09",
    }
    asked = keep("more on the finances", panel.post(f"{hackney}/change-requests", wanted, if_match='"v2"'))
    asked = _extend(recorder, hackney, asked.headers["etag"])
    system = world.system("hackney")
    keep("changes are due", system.get(f"{hackney}/status"))
    withdrawal = {"reason": "The members want to wait a year.", "attribution": ATTRIBUTION}
    keep("withdrawn", system.post(f"{hackney}/withdrawal", withdrawal, if_match=asked.headers["etag"]))
    declared = {"odsCode": "07T", "roundId": "trial", "level": "greater_involvement", "attribution": ATTRIBUTION}
    keep("greater involvement", system.post("/v1/declarations", declared))


def _extend(recorder: Recorder, hackney: str, version: str) -> Response:
    """More time for a first submission, and for the changes."""
    world, keep = recorder.world, recorder.keep
    national, extensions = world.person("national-1"), "/v1/rounds/trial/extensions"
    late = {"odsCode": "02W", "level": "delegated", "until": "2015-01-30", "reason": "The board meets on the 28th."}
    keep("more time for a first submission", national.post(extensions, late), name="first_submission")
    reference = hackney.rpartition("/")[2]
    more = {"reference": reference, "until": "2015-01-16", "reason": "The accounts are audited that week."}
    return keep("more time for changes", national.post(extensions, more, if_match=version), name="changes")


def _decide(recorder: Recorder, slough: str, stoke: str) -> None:
    world, keep = recorder.world, recorder.keep
    world.clock.move_to(datetime(2014, 12, 18, 15, 30, tzinfo=UTC))
    panel, national = world.person("south-panel-1"), world.person("national-1")
    rejected = outcomes(outcome("10T", "rejected", privateNote="Not unanimous."))
    thought = {"rating": "not_met", "justification": "The deficit grows, and the plan does not say why."}
    version = panel.get(slough).headers["etag"]
    keep("the finances", panel.put(f"{slough}/assessments/finance", thought, If_None_Match="*"))
    thought = {"rating": "met", "justification": "The accounts have come."}
    keep("the finances again", panel.put(f"{slough}/assessments/finance", thought, if_match='"v1"'))
    keep("the finances", panel.get(f"{slough}/assessments/finance"))
    versions = keep("since it was submitted", panel.get(f"{slough}/versions")).json()["results"]
    keep("as submitted", panel.get(versions[0]["href"]))
    mistaken = panel.post(f"{slough}/outcomes", outcomes(outcome("10T", "approved")), if_match=version)
    why = {"note": "The wrong outcome was ticked."}
    taken = panel.post(f"{slough}/outcomes/withdrawal", why, if_match=mistaken.headers["etag"])
    version = keep("ticked wrongly", taken).headers["etag"]
    first = keep("not approved", panel.post(f"{slough}/outcomes", rejected, if_match=version), name="rejected")
    returned = {"decision": "return", "note": "The reason does not say what would help."}
    back = keep(
        "returned to the panel",
        national.post(f"{slough}/sign-off", returned, if_match=first.headers["etag"]),
        name="return",
        shows_answer=False,
    )
    for word, at in (("downgraded_to_joint", slough), ("conditional", stoke)):
        code, region = ("10T", "south") if at == slough else ("05W", "midlands")
        tag = back.headers["etag"] if at == slough else '"v2"'
        recorded = keep(
            word.replace("_", " "),
            world.person(f"{region}-panel-1").post(f"{at}/outcomes", outcomes(outcome(code, word)), if_match=tag),
            name=word,
            shows_answer=False,
        )
        if at == slough:
            confirmed = {"decision": "confirm", "effectiveFrom": "2015-04-01"}
            signed = national.post(f"{slough}/sign-off", confirmed, if_match=recorded.headers["etag"])
            keep("confirmed", signed, name="confirm")


def _announce(recorder: Recorder, stoke: str) -> None:
    """The first announcement finds one decision signed off and one not; the second publishes that one."""
    world, keep = recorder.world, recorder.keep
    national = world.person("national-2")
    preview = keep("one decision, and one not signed off", national.post("/v1/rounds/trial/announcement/preview", {}))
    named = {"expect": preview.json()["setDigest"]}
    keep("one decision", national.post("/v1/rounds/trial/announcement", named))
    world.clock.move_to(datetime(2014, 12, 19, 9, 30, tzinfo=UTC))
    national = world.person("national-2")
    version = national.get(stoke).headers["etag"]
    national.post(f"{stoke}/sign-off", {"decision": "confirm"}, if_match=version)
    preview = national.post("/v1/rounds/trial/announcement/preview", {"levels": ["delegated"]})
    national.post("/v1/rounds/trial/announcement", {"expect": preview.json()["setDigest"]})


def _read(recorder: Recorder, slough: str) -> None:
    world, keep = recorder.world, recorder.keep
    system, read = world.system("slough"), world.public.get
    keep("one CCG's own", system.get("/v1/applications"))
    keep("decided and announced", system.get(slough))
    keep("from its creation", system.get(f"{slough}/events"))
    keep("public ones and one CCG's own", system.get(f"/v1/events?limit=3&after={recorder.log_before - 1}"))
    keep("one CCG", system.get("/v1/organisations/10T/status"))
    trial = "round=trial&outcome=conditional,downgraded_to_joint"
    keep("the first page", read(f"/v1/approvals?{trial}&limit=1"))
    keep("the first page", read(f"/v1/decisions?{trial}&limit=1"))
    keep("the first page", read("/v1/organisations?q=Slough&limit=1"))
    for suffix in ("csv", "ndjson"):
        media_type = {"csv": "text/csv", "ndjson": "application/x-ndjson"}[suffix]
        for path in (f"/v1/approvals?{trial}", f"/v1/decisions?{trial}", "/v1/organisations?q=Slough"):
            keep("the whole list", read(path, Accept=media_type))
    for media_type in ("application/json", "text/csv", "application/x-ndjson"):
        keep("one day", read("/v1/publications?from=2014-12-19&to=2014-12-19", Accept=media_type))
        keep("one trial round", read("/v1/statistics?round=trial", Accept=media_type))
        keep("nothing is in force yet", read("/v1/comparison?from=2014-04-01&to=2014-12-19", Accept=media_type))
    keep("the columns of the CCGs", read("/v1/organisations.csv-metadata.json"))
    keep("granted ahead", read("/v1/approvals/10T"))
    keep("approved with conditions", read(f"/v1/decisions/{_decision(recorder)}"))
    keep("one CCG", read("/v1/organisations/10T"))
    keep("one decision", read("/v1/organisations/10T/history"))
    keep("the newest", read(f"/v1/changes?limit=2&after={recorder.log_before - 1}"))
    keep("two trial rounds and another", read("/v1/rounds"))
    keep("a round with an announcement", read("/v1/rounds/trial"))


def _prove(recorder: Recorder, slough: str) -> None:
    world, keep, read = recorder.world, recorder.keep, recorder.world.public.get
    world.sign()
    size = read("/v1/log/entries?from=0&to=1").json()["size"]
    receipt = keep("one decision", read(f"/v1/decisions/{_decision(recorder)}/receipt")).json()
    keep("one submission", world.system("slough").get(f"{slough}/receipt"))
    keep("the newest", read("/v1/log/checkpoint"))
    keep("one key", read("/v1/log/key"))
    keep("what an announcement published", read(f"/v1/log/entries?from={receipt['index']}&to={size}"))
    keep("one entry", read(f"/v1/log/proofs/inclusion?index={receipt['index']}&size={size}"))
    keep("two sizes", read(f"/v1/log/proofs/consistency?from={receipt['index']}&to={size}"))


def _decision(recorder: Recorder) -> str:
    listed = recorder.world.public.get("/v1/decisions?round=trial&outcome=conditional").json()
    identity: str = listed["results"][0]["decisionId"]
    return identity


# --- files --------------------------------------------------------------------------------------


def text_of(example: dict[str, Any]) -> str:
    """One file as it is kept."""
    return json.dumps(example, indent=2, ensure_ascii=False) + "\n"


def write() -> None:
    """Play the round in a register of its own, and write every file anew."""
    configure_logging("warning")
    for old in EXAMPLES.glob("*.json"):
        if old.name != BY_HAND:
            old.unlink()
    directory = Path(tempfile.mkdtemp())
    try:
        keys = (directory / "token-key.pem", directory / "development-key.pem")
        for file in keys:
            write_private_key(file, generate_token_key())
        log_key = directory / "log-key.txt"
        write_private_key(log_key, SigningLogKey.generate("register.test/log").written().encode())
        settings = Settings(
            public_url=PUBLIC_URL, token_key_file=keys[0], development_key_file=keys[1], log_key_file=log_key
        )
        database, pairs = Database(f"sqlite:///{directory / 'register.db'}"), make_pairs()
        migrations.upgrade(database)
        people_the_world(database, settings, pairs)
        found = record(World(database, settings, pairs))
        database.close()
    finally:
        shutil.rmtree(directory)
    for name, example in found.items():
        (EXAMPLES / f"{name}.json").write_text(text_of(example), encoding="utf-8")


if __name__ == "__main__":
    write()
