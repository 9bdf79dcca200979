"""Every rule that the code cites by number stands in ``docs/rules.md``, and is cited in one way only."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
RULES = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
CITING = ("app", "migrations", "bench", "tests", "docs")
# "rule 7", "rules 11 and 14", "rules 1 to 3, 9 and 14".
CITATION = re.compile(r"\b[Rr]ules?\s+(\d+(?:(?:\s*,\s*|\s+and\s+|\s+to\s+)\d+)*)")
# A page that stands in no document of the project.
ELSEWHERE = re.compile(
    r"\bcontract,?\s+(?:rules?|sections?)\b|\bsections?\s+\d+\s+of\s+the\s+contract\b|\bcontract, \""
)


class Citation(NamedTuple):
    """The number of a rule, and who cites it."""

    number: int
    place: str


def numbers(cited: str) -> set[int]:
    """The rules that a citation names: "1 to 3, 9 and 14" is 1, 2, 3, 9 and 14."""
    found: set[int] = set()
    for part in re.split(r"\s*,\s*|\s+and\s+", cited):
        first, *last = map(int, re.split(r"\s+to\s+", part))
        found.update(range(first, (last or [first])[0] + 1))
    return found


def citing_files() -> list[Path]:
    """Every file that may cite a rule; this one holds examples."""
    here = Path(__file__).resolve()
    found = [file for folder in CITING for file in (ROOT / folder).rglob("*") if file.suffix in {".py", ".md"}]
    return [file for file in found if file.resolve() != here]


def citations() -> Iterator[Citation]:
    """Every citation of the project."""
    for file in citing_files():
        for cited in CITATION.findall(file.read_text(encoding="utf-8")):
            for number in numbers(cited):
                yield Citation(number, str(file.relative_to(ROOT)))


def ruled() -> list[int]:
    """The numbers that have a heading, in the order of the page."""
    return [int(number) for number in re.findall(r"^## Rule (\d+): \S", RULES, re.MULTILINE)]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("(rule 7)", {7}),
        ("(rules 11 and 14)", {11, 14}),
        ("(rules 1 to 3, 9 and 14)", {1, 2, 3, 9, 14}),
        ("of a later round (rule\n    14)", {14}),
        ("no rule at all", set()),
    ],
)
def test_a_citation_is_read_as_it_is_written(text: str, cited: set[int]) -> None:
    found = [numbers(each) for each in CITATION.findall(text)]

    assert set().union(*found) == cited


def test_every_rule_that_is_cited_stands_in_the_rules() -> None:
    assert sorted({each for each in citations() if each.number not in ruled()}) == []


def test_the_code_cites_rules() -> None:
    assert len({each.number for each in citations() if each.place.startswith("app/")}) >= 10


def test_the_numbers_of_the_rules_run_on() -> None:
    assert ruled() == list(range(1, len(ruled()) + 1))


def test_every_rule_says_where_it_is_from() -> None:
    sections = re.split(r"^## ", RULES, flags=re.MULTILINE)[1:]
    rules = [section for section in sections if section.startswith("Rule ")]

    assert [rule.splitlines()[0] for rule in rules if rule.count("*Source:* ") != 1] == []


def test_every_source_that_is_named_is_listed() -> None:
    text, listed = RULES.split("## Sources")
    named = {tag for tags in re.findall(r"\[([A-Z, -]+)\](?!\()", text) for tag in tags.split(", ")}

    assert named == set(re.findall(r"^\| ([A-Z-]+) \|", listed, re.MULTILINE))


def test_no_file_cites_a_page_that_is_not_there() -> None:
    citing = [str(file.relative_to(ROOT)) for file in citing_files() if ELSEWHERE.search(file.read_text("utf-8"))]

    assert citing == []
