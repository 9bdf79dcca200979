"""The documents say what is true: their diagrams, tables, paths, links, commands and addresses are looked up."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from app.api.schemas.proposals import ApplicationIn
from app.commands.root import register
from app.rules.decisions import ConditionState, DecisionState
from app.rules.grants import Agreement, EndedBy, GrantStatus
from app.rules.history import Basis, Origin
from app.rules.lifecycle import State, WaitingOn, as_mermaid
from app.rules.proposals import check_complete
from app.rules.rounds import Coverage, RoundKind
from app.rules.words import Level, Outcome
from app.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
MOST_BYTES_OF_THE_README = 8_192
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "app").rglob("README.md")])
# What a newer release need not have any more.
STANDING = [document for document in DOCUMENTS if document.name != "CHANGELOG.md"]
WORDS = (
    *(Level, Outcome, State, WaitingOn, DecisionState, ConditionState),
    *(Agreement, GrantStatus, EndedBy, Origin, Basis, Coverage, RoundKind),
)
PARTS_OF_A_DECISION = ["Context", "Decision", "Alternatives", "Consequences"]


class Named(NamedTuple):
    """Something that a document names, and where."""

    what: str
    document: str


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def named(pattern: str, within: str = r"(?s).*") -> Iterator[Named]:
    """Every match of a pattern in the documents; only in those parts of them that match ``within``."""
    for document in STANDING:
        for part in re.finditer(within, text_of(document)):
            for found in re.finditer(pattern, part.group(), re.MULTILINE):
                yield Named(found.group(1), str(document.relative_to(ROOT)))


CODE = r"(?ms)^```.*?^```|`[^`\n]+`"


# --- what is made from the code -----------------------------------------------------------------


def test_the_life_cycle_diagram_is_made_from_the_state_table() -> None:
    assert re.findall(r"```mermaid\n(.*?)```", text_of(DOCS / "life-cycle.md"), re.DOTALL) == [as_mermaid()]


def test_every_setting_is_explained() -> None:
    explained = set(re.findall(r"^\| `(REGISTER_[A-Z_]+)` \|", text_of(DOCS / "operating.md"), re.MULTILINE))

    assert explained == {f"REGISTER_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_that_is_named_is_one() -> None:
    settings = {f"REGISTER_{name.upper()}" for name in Settings.model_fields}

    assert [each for each in named(r"\b(REGISTER_[A-Z_]+)\b") if each.what not in settings] == []


def test_every_dependency_has_its_reason() -> None:
    project = text_of(ROOT / "pyproject.toml")
    [block] = re.findall(r"^dependencies = \[\n(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    packages = re.findall(r'"([a-z0-9-]+)', block)
    rows = re.findall(r"^\| ([a-z][^|]*)\|", text_of(DOCS / "dependencies.md"), re.MULTILINE)
    explained = {package for row in rows for package in re.findall(r"[a-z0-9-]+", row)}

    assert [package for package in packages if package not in explained] == []


@pytest.mark.parametrize("word", sorted({str(word) for words in WORDS for word in words}))
def test_every_word_of_the_domain_is_in_the_glossary(word: str) -> None:
    assert f"`{word}`" in text_of(DOCS / "glossary.md")


# --- what is there ------------------------------------------------------------------------------


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").stat().st_size <= MOST_BYTES_OF_THE_README


def test_the_map_shows_every_floor_and_no_other() -> None:
    shown = {
        place
        for row in re.findall(r"^\| (`app/.*?) \|", text_of(ROOT / "README.md"), re.MULTILINE)
        for place in re.findall(r"`(app/[^`]+)`", row)
    }
    tracked = subprocess.run(["git", "ls-files", "app"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    floors = {"/".join(file.split("/")[:2]) for file in tracked.splitlines()}

    assert shown == floors - {"app/__init__.py", "app/__main__.py"}


def test_every_path_that_is_named_is_there() -> None:
    paths = named(r"(?<![\w/.-])((?:app|migrations|tests|openapi|bench|docs)/[\w./-]*\w/?)", CODE)

    assert [each for each in paths if not (ROOT / each.what).exists()] == []


def test_every_function_that_is_named_with_its_room_is_there() -> None:
    found = list(named(r"(`\w+` in\s+`app/[\w/]+\.py`)"))
    missing = []
    for each in found:
        function, room = re.findall(r"`([^`]+)`", each.what)
        if f"def {function}(" not in text_of(ROOT / room):
            missing.append(each)

    assert found != []
    assert missing == []


def test_the_application_it_sends_is_one_that_can_be_submitted() -> None:
    sent = json.loads(text_of(ROOT / "openapi/examples/application.json"))

    application = ApplicationIn.model_validate(sent)

    check_complete(application.document(), Level(application.requested_level))
    assert (application.lead_ods_code, application.submission is not None) == ("T5601", True)


# --- links --------------------------------------------------------------------------------------


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as a forge makes them."""
    prose = re.sub(r"(?ms)^```.*?^```", "", text_of(document))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_there(document: Path, link: str) -> bool:
    """Whether a relative link leads to a file, and to a heading in it."""
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.is_relative_to(ROOT.resolve()) or not target.exists():
        return False
    return not anchor or anchor in anchors(target)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_relative_link_leads_to_what_is_there(document: Path) -> None:
    prose = re.sub(CODE, "", text_of(document))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if not link.startswith("https://")]

    assert [link for link in links if not is_there(document, link)] == []


@pytest.mark.parametrize("link", ["nowhere.md", "tutorial.md#no-such-heading", "../../outside.md", "#no-such-heading"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert not is_there(DOCS / "verifying.md", link)


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        reached.add(document.resolve())
        links = re.findall(r"\]\(([^)#\s]+\.md)", text_of(document))
        found = {(document.parent / link).resolve() for link in links if not link.startswith("https://")}
        waiting += [target for target in found - reached if target.exists()]

    assert sorted({document.resolve() for document in DOCUMENTS} - reached) == []


# --- commands and addresses ---------------------------------------------------------------------


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    found = list(named(r"(?<![\w-])make ([a-z]+)", CODE))

    assert {"demo", "test"} <= {each.what for each in found}
    assert [each for each in found if each.what not in targets] == []


# A command ends with its line, its span, its quotation, or where the shell goes on.
COMMAND = r"(?<!the )(?<![\w./-])(?:\.venv/bin/)?register ((?:[a-z-]+|--[a-z-]+)[^`\n|;)#]*)"


def fault(said: str) -> str | None:
    """What is wrong with a command of ``register`` that a document names, if anything."""
    words = said.split()
    command = get_command(register)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"no command {words[0]}"
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    strange = [word for word in words if word.startswith("--") and word not in options]
    return f"no option {strange[0]}" if strange else None


def test_every_command_that_is_named_is_there() -> None:
    found = list(named(COMMAND, CODE))

    assert {"tick", "verify"} <= {each.what.split()[0] for each in found}
    assert [(each, fault(each.what)) for each in found if fault(each.what)] == []


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("verify --receipt receipt.json --key KEY", None),
        ("log-key recall --yes", None),
        ("export", "no command export"),
        ("log-key forget", "no command forget"),
        ("verify --reciept receipt.json", "no option --reciept"),
    ],
)
def test_a_command_that_is_not_there_is_found(said: str, wrong: str | None) -> None:
    assert fault(said) == wrong


def served_addresses() -> re.Pattern[str]:
    """What an address must look like, in which a name or a value may stand in the place of a parameter."""
    paths = json.loads(text_of(ROOT / "openapi/register.json"))["paths"]
    patterns = [re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) for path in paths]
    return re.compile(rf"(?:{'|'.join(patterns)})(?:\.csv|\.ndjson)?")


def test_every_address_that_is_named_is_served() -> None:
    served = served_addresses()
    found = list(named(r"(/v1(?:/[\w{}$.-]*[\w}])*)(?![\w/…])", CODE))

    assert found != []
    assert [each for each in found if not served.fullmatch(each.what)] == []


@pytest.mark.parametrize(
    ("path", "is_served"),
    [
        ("/v1/approvals.csv", True),
        ("/v1/approvals.csv-metadata.json", True),
        ("/v1/applications/$REFERENCE/outcomes", True),
        ("/v1/decisions/$DECISION-2", True),
        ("/v1/grants", False),
        ("/v1/applications/$REFERENCE/outcome", False),
    ],
)
def test_an_address_that_is_not_served_is_found(path: str, is_served: bool) -> None:  # noqa: FBT001 - of the table
    assert bool(served_addresses().fullmatch(path)) == is_served


# --- decisions ----------------------------------------------------------------------------------

DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.stem)
def test_every_decision_has_its_four_parts(decision: Path) -> None:
    assert re.findall(r"^## (.+)$", text_of(decision), re.MULTILINE) == PARTS_OF_A_DECISION
    assert re.match(rf"# {int(decision.stem[:4])}\. \S.*\n\nDate: \d{{4}}-\d\d-\d\d", text_of(decision))


def test_every_decision_is_listed_by_its_number_and_title() -> None:
    listed = re.findall(r"^\| (\d{4}) \| \[(.+)\]\((.+)\) \|$", text_of(DOCS / "decisions/README.md"), re.MULTILINE)
    titles = [text_of(decision).splitlines()[0].split(". ", 1)[1] for decision in DECISIONS]

    assert listed == [
        (f"{number:04}", title, decision.name)
        for number, (title, decision) in enumerate(zip(titles, DECISIONS, strict=True), start=1)
    ]
