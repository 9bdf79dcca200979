"""What was asked of the commit before: every public address, and what each kind of caller can read.

Only ``python -m tests.nets.make`` asks these anew; the net asks what ``answers.jsonl.gz`` says was asked.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

from httpx2 import Response

from tests.api.conftest import SettledWorld
from tests.nets.asking import AS_BEFORE, Question, ask
from tests.world import ATTRIBUTION, application

DAYS = ("2014-12-20", "2015-02-18", "2015-04-01", "2015-05-10", "2016-04-01", "2018-04-01", "2019-06-01", "2020-04-01")
SAMPLES: dict[str, tuple[str, ...]] = {
    "region": ("Y54", "Y55,Y57", "Y99"),
    "areaTeam": ("Q69", "Q99"),
    "round": ("2015-16", "trial", "next,late", "2017-18", "nowhere"),
    "q": ("Slough", "05", "  ", "é"),
    "on": (*DAYS, "2015-02-30", "tomorrow"),
    "asKnownAt": ("0", "221", "240", "352", "400", "440", "999999", "x"),
    "limit": ("1", "7", "0", "201"),
    "cursor": ("x",),
    "odsCode": ("10T", "05C,07T", "99Z"),
    "reason": ("leadership", "other,not_published", "nothing"),
    "open": ("true", "false", "1"),
    "after": ("0", "300", "999999"),
    "groupBy": ("region", "areaTeam", "nothing"),
    "from": (),
    "to": (),
    "colour": ("red",),
}
TABLES = ("approvals", "organisations", "decisions", "publications", "statistics", "comparison", "waiting-times")
SPAN = "from=2015-02-18&to=2019-06-01"
AT_MOST = {"organisations": 16, "history": 16, "approvals": 16, "receipt": 24}
PAGES = 8
ACCEPTS = ("text/csv", "application/x-ndjson", "text/html", "application/json;q=0.5, text/csv")
MERGE = {"Content-Type": "application/merge-patch+json"}
PUBLIC_PATHS = re.compile(r"/v1/(approvals|organisations|decisions|changes|rounds|reference-data|log)\b")
GUARDED = re.compile(r"/v1/(applications|queue|events|proposals)|/(status|record|receipt)$")
NEEDS_MORE = (
    ("POST", "/v1/declarations"),
    ("POST", "/v1/decisions/next-00000000-05C/conditions/c1/evidence"),
    ("POST", "/v1/decisions/2015-16-00000000-10T/conditions/c1/discharge"),
    ("POST", "/v1/decisions/2015-16-00000000-10T/conditions/c1/lapse"),
    ("PUT", "/v1/decisions/2015-16-00000000-10T/agreement"),
    ("PUT", "/v1/applications/2015-16-00000000/assessments/finance"),
    ("POST", "/v1/proposals/trial-waiver-00000000/confirmation"),
    ("POST", "/v1/rounds/2015-16/extensions"),
    ("DELETE", "/v1/rounds/2015-16/announcement/2015-16-announcement-00000000"),
)
PEOPLE = ("north-panel-1", "midlands-panel-2", "london-panel-1", "south-panel-interested", "national-1", "admin-1")
CALLERS = (
    *(*PEOPLE, "slough", "hackney", "stoke", "dudley", "bradford", "north-west-london", "brent", "ealing"),
    *("bradford-districts", "south-panel-system", "national-system"),
)


def public_questions(world: SettledWorld) -> Iterator[Question]:
    """Every public address with every filter, and every address to which an answer leads."""
    document = world.app.openapi()
    first = list(_fixed(document))
    yield from map(Question, first)
    yield from _crawled(world, first)
    yield from _formats()
    yield from _proofs(world)
    for path in ("/v1/approvals", "/v1/decisions/2015-16-00000000-10T", "/v1/statistics", "/v1/log/checkpoint", "/v1"):
        yield Question(path, method="HEAD")
        yield Question(path, method="OPTIONS")
        yield Question(path, headers={"If-None-Match": AS_BEFORE})
        yield Question(path, headers={"If-None-Match": '"x", W/"y"'})
        yield Question(path, headers={"Accept-Encoding": "gzip"})
        yield Question(path, headers={"Host": "elsewhere.test"})
        yield Question(path, headers={"Origin": "https://elsewhere.test"})


def _fixed(document: dict[str, Any]) -> Iterator[str]:
    """Public operations without a name in their address, with each of their filters; pages; what is not there."""
    yield from ("/", "/docs", "/openapi.json", "/problems", "/nothing", "/v1/nothing", "/v1/", "/docs/static/nothing")
    for code in sorted({*_codes(document), "nothing"}):
        yield f"/problems/{code}"
    for path, methods in document["paths"].items():
        operation = methods.get("get")
        if operation is None or operation.get("security"):
            continue
        if "{" not in path:
            span = f"?{SPAN}" if path == "/v1/comparison" else ""
            yield f"{path}{span}"
            yield from (f"{path}?{span[1:]}{'&' if span else ''}{each}" for each in _filters(operation))
    for path in ("/v1/approvals/10T", "/v1/organisations/05C", "/v1/organisations/05C/history", "/v1/rounds/2015-16"):
        yield from (f"{path}?on={day}" for day in SAMPLES["on"])
        yield from (f"{path}?asKnownAt={number}" for number in SAMPLES["asKnownAt"])
    yield from (f"/v1/comparison?{each}" for each in ("from=2015-01-01", "from=2019-01-01&to=2015-01-01", "to=x"))
    for noun in ("approvals", "organisations", "decisions", "rounds", "reference-data"):
        yield from (f"/v1/{noun}/{name}" for name in ("99Z", "NOTHING", "a%20b", "x" * 300))
    yield from (f"/v1/{name}.csv-metadata.json" for name in (*TABLES, "nothing"))
    yield "/v1/approvals?round=2015-16&level=delegated&outcome=approved,conditional&on=2015-05-01&limit=2"
    yield "/v1/approvals?on=2016-04-01&asKnownAt=440&region=Y55"
    yield "/v1/decisions?state=superseded&on=2016-04-01&limit=3"


def _codes(document: dict[str, Any]) -> set[str]:
    """The codes of all problems, as the document names them."""
    return set(re.findall(r"/problems/([a-z-]+)", str(document)))


def _filters(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in [*operation.get("parameters", []), {"name": "colour", "schema": {}}]:
        schema = parameter["schema"]
        words = [str(word) for word in schema.get("enum", schema.get("items", {}).get("enum", []))]
        for value in (*words, *SAMPLES.get(parameter["name"], ()), *(("nothing",) if words else ())):
            yield f"{parameter['name']}={quote(value, safe=',')}"


def _formats() -> Iterator[Question]:
    for noun, (ending, asked) in product(TABLES, (("csv", "a"), ("ndjson", "a"), ("csv", "b"), ("ndjson", "c"))):
        span = SPAN if noun == "comparison" else {"a": "", "b": "on=2015-05-10", "c": "round=2015-16"}[asked]
        yield Question(f"/v1/{noun}.{ending}{'?' if span else ''}{span}")
    for noun, accept in product(TABLES, ACCEPTS):
        yield Question(f"/v1/{noun}{f'?{SPAN}' if noun == 'comparison' else ''}", headers={"Accept": accept})
    yield from (Question(path, headers={"Accept": "text/html"}) for path in ("/v1/rounds", "/v1", "/v1/log/key"))


def _proofs(world: SettledWorld) -> Iterator[Question]:
    size = int(ask(world, Question("/v1/log/checkpoint")).text.splitlines()[1])
    entries = (f"from={first}&to={last}" for first, last in ((0, 3), (220, 300), (300, 420), (420, size), (5, 2)))
    inclusion = (f"index={index}&size={size}" for index in (0, 222, 303, 352, size - 1, size))
    consistency = (f"from={before}&to={size}" for before in (1, 226, 352, size, size + 1))
    yield from (Question(f"/v1/log/entries?{each}") for each in entries)
    yield from (Question(f"/v1/log/proofs/inclusion?{each}") for each in inclusion)
    yield from (Question(f"/v1/log/proofs/consistency?{each}") for each in consistency)


def _crawled(world: SettledWorld, first: list[str]) -> Iterator[Question]:
    """Every public address to which an answer leads, at most so many of each kind."""
    known, waiting, seen = set(first), [path for path in first if path != "/openapi.json"], Counter[str]()
    while waiting:
        answer = ask(world, Question(waiting.pop(0)))
        for path in _led_to(answer):
            *_, noun, last = path.partition("?")[0].split("/")
            kind = last if last in AT_MOST else noun
            is_new = (
                path not in known and PUBLIC_PATHS.match(path) and not GUARDED.search(path.removesuffix("/receipt"))
            )
            kind += "?" if "?" in path else ""
            if is_new and seen[kind] < AT_MOST.get(kind, PAGES if "?" in path else 200):
                seen[kind] += 1
                known.add(path)
                waiting.append(path)
                yield Question(path)


def _led_to(answer: Response) -> list[str]:
    found = re.findall(r'<(/v1/[^>]+)>; rel="next"', answer.headers.get("link", ""))
    if "json" in answer.headers.get("content-type", "") and len(answer.content) < 2_000_000:
        found += re.findall(r'"(/v1/[^"{}]+)"', answer.text)
    return list(dict.fromkeys(found))


# --- signed in ----------------------------------------------------------------------------------


def private_questions(world: SettledWorld) -> Iterator[Question]:
    """What each kind of caller reads: lists, and every application and decision that these name."""
    references = sorted(_references(world))
    for who in CALLERS:
        yield from (Question(path, who) for path in _lists())
        yield from (Question(f"/v1/organisations/{code}/status", who) for code in ("10T", "05C", "07W"))
    for number, (reference, decisions) in enumerate(references):
        leads = _callers_of(world, reference)
        where, other = f"/v1/applications/{reference}", CALLERS[number % len(CALLERS)]
        for who in dict.fromkeys([leads[0], "national-1"]):
            yield from (Question(f"{where}{part}", who) for part in ("", "/status", "/events", "/receipt"))
            yield from (Question(f"/v1/decisions/{each}/record", who) for each in decisions)
        yield from (Question(f"{where}{part}", other) for part in ("", "/status"))
        yield Question(f"/v1/applications/{reference}")
    yield Question("/v1/applications/2015-16-00000000/status", "slough", headers={"If-None-Match": AS_BEFORE})
    yield Question("/v1/organisations/05C/status", "dudley", headers={"If-None-Match": AS_BEFORE})
    yield from _refused()


def _lists() -> Iterator[str]:
    yield "/v1/applications?limit=200"
    yield from (f"/v1/applications?{each}" for each in ("limit=2", "state=draft,decided", "round=trial-4&level=joint"))
    yield from ("/v1/applications?odsCode=07W", "/v1/queue", "/v1/queue?waitingOn=panel&limit=1")
    yield from ("/v1/queue?waitingOn=sign-off", "/v1/queue?waitingOn=nobody", "/v1/events?after=0&limit=200")
    yield from ("/v1/events?after=300&limit=200", "/v1/events?after=x")


def _references(world: SettledWorld) -> Iterator[tuple[str, list[str]]]:
    listed = ask(world, Question("/v1/applications?limit=200", "national-1")).json()["results"]
    drafts = [
        each for who in ("hackney", "brent", "bradford-districts", "bradford")
        for each in ask(world, Question("/v1/applications?limit=200", who)).json()["results"]
    ]  # fmt: skip
    published = ask(world, Question("/v1/decisions?limit=200")).json()["results"]
    for reference in {each["reference"] for each in (*listed, *drafts)}:
        yield reference, sorted(each["decisionId"] for each in published if each["decisionId"].startswith(reference))


def _callers_of(world: SettledWorld, reference: str) -> list[str]:
    """Who finds an application, the CCGs' systems first."""
    order = sorted(CALLERS, key=lambda who: who in PEOPLE)
    where = f"/v1/applications/{reference}"
    return [who for who in order if ask(world, Question(where, who)).status_code == 200]


def _refused() -> Iterator[Question]:
    """Acts that are refused, and rehearsals: nothing is written."""
    keyed = {"Idempotency-Key": "0d6f1c8e-7f0c-4b8e-9a53-2f1e4c5d6a7b"}
    draft = application("05C", round_id="trial-4")
    new = "/v1/applications"
    for who, body in (("dudley", draft), ("hackney", draft), ("national-1", draft), ("", draft), ("dudley", {})):
        yield Question(new, who, "POST", keyed, body)
    yield Question(new, "dudley", "POST", {}, draft)
    yield Question(f"{new}?validateOnly=true", "stoke", "POST", keyed, {**draft, "memberOdsCodes": ["05W", "10T"]})
    where = "/v1/applications/2015-16-00000000"
    yield Question(where, "slough", "PATCH", {**MERGE, "If-Match": '"v1"'}, {"attribution": ATTRIBUTION})
    yield Question(where, "slough", "PATCH", MERGE, {"attribution": ATTRIBUTION})
    acts = ("submission", "withdrawal", "consents", "outcomes", "sign-off", "change-requests")
    callers = ("slough", "national-1", "south-panel-interested", "south-panel-system", "")
    for act, who in product(acts, callers):
        yield Question(f"{where}/{act}", who, "POST", {**keyed, "If-Match": '"v3"'}, {"attribution": ATTRIBUTION})
    for act, who in product(("revocation", "correction", "notice", "conditions/c1/waiver"), ("national-1", "slough")):
        yield Question(f"/v1/decisions/2015-16-00000000-10T/{act}", who, "POST", keyed, {"reason": "No."})
    for method, path in NEEDS_MORE:
        yield from (Question(path, who, method, keyed, {}) for who in ("national-1", "dudley", "london-panel-1"))
    rounds = "/v1/rounds/trial-4/announcement"
    yield from (Question(f"{rounds}/preview", who, "POST", {}, {}) for who in ("national-1", "slough", ""))
    yield Question(rounds, "national-1", "POST", keyed, {"expect": f"sha256:{'0' * 64}"})
    yield Question("/v1/rounds/2015-16", "admin-1", "PUT", {}, {"roundId": "2015-16"})
    yield Question("/oauth2/token", method="POST", body={})
    yield Question("/v1/approvals", method="DELETE")
