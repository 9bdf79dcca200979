"""The golden file of the log: the present code writes the same bytes as the commit before, for every kind of entry."""

import json

import pytest

from tests.nets.entries import GOLDEN, SINCE, Written, kinds_of, lines_of, written_in
from tests.world import World

# Written out by hand: what the register must go on writing and reading for ever.
KINDS = {
    *("log.opened", "entry.redacted", "organisation.changed", "round.changed", "total.reported"),
    *("client.changed", "person.changed"),
    *("application.created", "application.amended", "consent.given", "application.submitted"),
    *("application.withdrawn", "application.lapsed", "member.left", "extension.granted", "changes.requested"),
    *("assessment.recorded", "outcome.recommended", "outcome.returned", "outcome.shown", "declaration.made"),
    *("decision.signed_off", "announcement.scheduled", "announcement.cancelled", "announcement.made"),
    *("decision.published", "decision.corrected", "evidence.given"),
    *("condition.met", "condition.waived", "condition.lapsed"),
    *("approval.promoted", "agreement.signed", "approval.not_taken_up", "approval.started", "notice.given"),
    *("approval.ending", "approval.ended", "approval.resumed", "proposal.made", "proposal.confirmed"),
}


def kept() -> list[str]:
    return GOLDEN.read_text(encoding="utf-8").splitlines()


def test_the_golden_file_has_every_kind_of_entry() -> None:
    assert len(KINDS) == 41
    assert kinds_of(kept()) == KINDS


def meant_otherwise() -> dict[int, str]:
    """The lines that are written otherwise on purpose, each with its reason, by their number in the golden file."""
    told = [json.loads(line) for line in SINCE.read_text(encoding="utf-8").splitlines()]
    assert all(each["reason"] and each["now"] != kept()[each["line"] - 1] for each in told)
    return {each["line"]: each["now"] for each in told}


def test_the_story_writes_the_same_bytes_as_the_commit_before(story: World) -> None:
    lines, since = lines_of(written_in(story.database.file)), meant_otherwise()

    for number, (now, before) in enumerate(zip(lines, kept(), strict=False), start=1):
        assert now == since.get(number, before), f"{GOLDEN.name}:{number}"
    assert len(lines) == len(kept())


def body(**members: object) -> bytes:
    return json.dumps({"privateHash": "", "data": {"id": "trial-00000001"}, **members}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "changed",
    [body(kind="b"), body(), body(kind="a").replace(b":", b": ", 1), body(kind="a").replace(b"-0", b"_0")],
)
def test_another_byte_in_a_body_is_another_line(changed: bytes) -> None:
    before, now = ([Written("a", each, b"{}")] for each in (body(kind="a"), changed))

    assert lines_of(before) != lines_of(now)


def test_other_ids_are_the_same_lines_and_ids_in_another_place_are_not() -> None:
    def lines(*ids: str) -> list[str]:
        return lines_of([Written("a", body(kind="a", id=f"late-{each}"), None) for each in ids])

    assert lines("7k3m9q2x", "4f8w2n6c", "7k3m9q2x") == lines("9v5d2c8h", "2j6r8t4b", "9v5d2c8h")
    assert lines("7k3m9q2x", "4f8w2n6c", "7k3m9q2x") != lines("9v5d2c8h", "2j6r8t4b", "2j6r8t4b")


def test_a_change_in_a_long_row_of_one_kind_is_seen() -> None:
    row = [Written("a", body(kind="a", number=number), b"{}") for number in range(60)]
    changed = [*row[:59], Written("a", body(kind="a", number=60), b"{}")]

    assert len(lines_of(row)) == len(lines_of(changed)) == 4
    assert lines_of(row)[:3] == lines_of(changed)[:3]
    assert lines_of(row)[3] != lines_of(changed)[3]
