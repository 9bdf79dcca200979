"""Signed notes and checkpoints: the published example of the format, and everything that is not one."""

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from app.log.notes import Checkpoint, LogKey, SigningLogKey, WrongNote, parse_checkpoint, read_checkpoint, unchecked
from tests.proof import outsider

# The key, text and signature that the format's reference implementation is tested with.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_TEXT = "This is an example message.\n"
EXAMPLE_LINE = (
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
ROOT = bytes(range(32))
KEY, OTHER = (SigningLogKey("register.test/log", bytes([seed]) * 32) for seed in (1, 2))
STRANGER = SigningLogKey("witness.test", bytes([3]) * 32)
CHECKPOINT = Checkpoint("register.test/log", 1234, ROOT)
NOTE = CHECKPOINT.signed(KEY)
KEYS = [KEY.public]
IS_WRONG, OF_ANOTHER_LOG = "the signature of register.test/log is wrong", "the checkpoint is of another log"
NOBODY_KNOWN = "no known key has signed this"


def refusal(read: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(WrongNote) as refused:
        read(*given)
    return str(refused.value)


def test_the_published_example_is_what_its_key_has_signed() -> None:
    key = LogKey.parse(EXAMPLE_KEY)

    assert str(key) == EXAMPLE_KEY
    signature = base64.b64decode(EXAMPLE_LINE.split(" ")[2])
    assert signature[:4] == key.id
    assert key.is_signature(EXAMPLE_TEXT, signature[4:])
    assert not key.is_signature(EXAMPLE_TEXT[:-1], signature[4:])
    assert outsider.open_note(f"{EXAMPLE_TEXT}\n{EXAMPLE_LINE}", [outsider.key_of(EXAMPLE_KEY)]) == EXAMPLE_TEXT


def test_a_checkpoint_is_written_as_the_format_says() -> None:
    first, size, root, gap, line, end = NOTE.split("\n")

    assert (first, size, gap, end) == ("register.test/log", "1234", "", "")
    assert base64.b64decode(root) == ROOT
    assert re.fullmatch("\u2014 register\\.test/log [A-Za-z0-9+/=]{92}", line)


def test_what_was_signed_is_read_again_by_this_and_by_others() -> None:
    assert read_checkpoint(NOTE, KEYS) == CHECKPOINT
    assert tuple(outsider.open_checkpoint(NOTE, [outsider.key_of(str(KEY.public))])) == tuple(CHECKPOINT)


def test_a_key_is_read_as_it_was_written_and_never_shows_itself() -> None:
    assert LogKey.parse(str(KEY.public)) == KEY.public
    assert SigningLogKey.parse(KEY.written()) == KEY
    assert base64.b64encode(b"\x01" + KEY.seed).decode() in KEY.written()
    assert repr(KEY) == str(KEY) == "SigningLogKey(name='register.test/log')"


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    several = CHECKPOINT.signed(STRANGER, OTHER, KEY)

    assert read_checkpoint(several, KEYS) == CHECKPOINT
    assert read_checkpoint(several, [OTHER.public]) == CHECKPOINT


def test_while_a_key_is_changed_both_sign_and_either_is_enough() -> None:
    both = CHECKPOINT.signed(KEY, OTHER)

    for known in ([KEY.public], [OTHER.public], [KEY.public, OTHER.public]):
        assert read_checkpoint(both, known) == CHECKPOINT


def test_one_wrong_signature_of_a_known_key_refuses_the_whole() -> None:
    other_text = CHECKPOINT._replace(size=1235)
    wrong = f"{CHECKPOINT.text}\n{OTHER.signature_line(CHECKPOINT.text)}{KEY.signature_line(other_text.text)}"

    assert read_checkpoint(wrong, [OTHER.public]) == CHECKPOINT
    assert refusal(read_checkpoint, wrong, [OTHER.public, KEY.public]) == IS_WRONG


def test_a_note_that_nobody_known_has_signed_is_refused() -> None:
    assert refusal(read_checkpoint, CHECKPOINT.signed(STRANGER), KEYS) == NOBODY_KNOWN
    assert refusal(read_checkpoint, NOTE, []) == NOBODY_KNOWN


def test_a_checkpoint_of_another_log_is_refused_though_a_known_key_signed_it() -> None:
    foreign = CHECKPOINT._replace(origin="elsewhere.test/log")

    assert refusal(read_checkpoint, foreign.signed(KEY), KEYS) == OF_ANOTHER_LOG


def test_a_checkpoint_that_only_the_key_of_another_log_has_signed_is_refused_whatever_it_calls_itself() -> None:
    keys = [KEY.public, STRANGER.public]

    assert refusal(read_checkpoint, CHECKPOINT.signed(STRANGER), keys) == OF_ANOTHER_LOG
    assert read_checkpoint(CHECKPOINT.signed(STRANGER, KEY), keys) == CHECKPOINT


def test_lines_after_the_root_mean_nothing_and_are_signed_all_the_same() -> None:
    text = f"{CHECKPOINT.text}Timestamp: 1\n"
    extended = f"{text}\n{KEY.signature_line(text)}"

    assert read_checkpoint(extended, KEYS) == CHECKPOINT
    assert refusal(read_checkpoint, extended.replace("Timestamp: 1", "Timestamp: 2"), KEYS) == IS_WRONG


def test_no_change_of_a_single_character_is_accepted() -> None:
    """But in the signature's own spelling: base64 is read only as it should be written."""
    for at, was in enumerate(NOTE):
        for now in ("A", "+", "\n", ""):
            if now != was:
                with pytest.raises(WrongNote):
                    read_checkpoint(NOTE[:at] + now + NOTE[at + 1 :], KEYS)


LINE = KEY.signature_line(CHECKPOINT.text)
NO_NOTE = "a note is text, an empty line and signatures, each line ended"
NO_CONTROLS = "a note has no control characters"
NO_SIGNATURE = "a signature line is not well made"


def signature_line(*, of_bytes: int) -> str:
    """A signature line of a witness, with so many bytes after the key's id."""
    return f"\u2014 witness.test {base64.b64encode(bytes(4 + of_bytes)).decode()}\n"


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", NO_NOTE),
        ("\n\n", NO_NOTE),
        (f"\n\n{LINE}", NO_NOTE),
        ("text\n", NO_NOTE),
        (CHECKPOINT.text, NO_NOTE),
        (f"{CHECKPOINT.text}{LINE}", NO_NOTE),
        (NOTE.rstrip("\n"), NO_NOTE),
        (f"{CHECKPOINT.text}\n", NO_NOTE),
        (NOTE.replace("\u2014", "-"), NO_SIGNATURE),
        (NOTE + "\n", NO_NOTE),
        (NOTE.replace("\n", "\r\n"), NO_CONTROLS),
        (f"\x1f{NOTE}", NO_CONTROLS),
        (f"{NOTE[:3]}\ud800{NOTE[3:]}", "a note is Unicode"),
        (NOTE + "\u2014 x\n", NO_SIGNATURE),
        (NOTE + "\u2014 x AAAA\n", NO_SIGNATURE),
        (NOTE + signature_line(of_bytes=0), NO_SIGNATURE),
        (NOTE + signature_line(of_bytes=64).replace("witness", "wit+ness"), NO_SIGNATURE),
        (NOTE + "\u2014 x AAAAAAA\n", "not base64"),
        (NOTE + "\u2014 x AAAAAAB=\n", "not base64 as it should be written"),
        (NOTE + 100 * STRANGER.signature_line(CHECKPOINT.text), "the note has too many signatures"),
        (NOTE + f"{65_536 * 'x'}", "the note is too long"),
    ],
)
def test_what_is_no_note_is_refused_and_said(note: str, why: str) -> None:
    assert refusal(read_checkpoint, note, KEYS) == why
    assert refusal(unchecked, note) == why


def test_a_line_of_a_key_that_is_not_known_has_an_id_and_at_least_a_byte() -> None:
    assert read_checkpoint(NOTE + signature_line(of_bytes=1), KEYS) == CHECKPOINT


def test_a_note_has_at_most_100_signatures() -> None:
    assert read_checkpoint(NOTE + 99 * STRANGER.signature_line(CHECKPOINT.text), KEYS) == CHECKPOINT


def longest_note(size: int) -> str:
    """A checkpoint with one more line that makes its note as long as is asked."""
    rest = len(f"{CHECKPOINT.text}\n\n{LINE}".encode())
    text = f"{CHECKPOINT.text}{(size - rest) * 'x'}\n"
    return f"{text}\n{KEY.signature_line(text)}"


def test_a_note_has_at_most_65_536_bytes() -> None:
    assert len(longest_note(65_536).encode()) == 65_536
    assert read_checkpoint(longest_note(65_536), KEYS) == CHECKPOINT
    assert refusal(read_checkpoint, longest_note(65_537), KEYS) == "the note is too long"


def test_a_note_of_several_parts_is_signed_as_a_whole() -> None:
    """Its signatures stand after the last empty line; what is before it is text, and here no checkpoint."""
    text = f"{CHECKPOINT.text}\nmore\n"

    assert refusal(read_checkpoint, f"{text}\n{KEY.signature_line(text)}", KEYS) == "a checkpoint has no empty lines"


def test_what_a_checkpoint_says_can_be_read_whoever_signed_it() -> None:
    assert unchecked(CHECKPOINT.signed(STRANGER)) == CHECKPOINT


IN_BASE64 = base64.b64encode(ROOT).decode()
THREE_LINES = "a checkpoint has an origin, a size and a root"
DIGITS = "a checkpoint has an origin and a size in decimal digits"
NO_EMPTY_LINES = "a checkpoint has no empty lines"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("log\n1\n", THREE_LINES),
        ("\n1\nAAAA\n", DIGITS),
        (f"log\n01\n{IN_BASE64}\n", DIGITS),
        (f"log\n-1\n{IN_BASE64}\n", DIGITS),
        (f"log\n\u0661\n{IN_BASE64}\n", DIGITS),
        (f"log\n99999999999999999999\n{IN_BASE64}\n", DIGITS),
        ("log\n1\nAAAA\n", "a root has 32 bytes"),
        ("log\n1\n" + IN_BASE64.rstrip("=") + "\n", "not base64"),
        (f"log\n1\n{IN_BASE64}\n\nmore\n", NO_EMPTY_LINES),
        (f"log\n1\n{IN_BASE64}\nmore\n\nyet more\n", NO_EMPTY_LINES),
    ],
)
def test_what_is_no_checkpoint_is_refused_though_it_is_signed(text: str, why: str) -> None:
    assert refusal(parse_checkpoint, text) == why
    assert refusal(read_checkpoint, f"{text}\n{KEY.signature_line(text)}", KEYS) == why


def test_the_last_line_of_a_checkpoint_is_not_empty_either() -> None:
    assert refusal(parse_checkpoint, f"{CHECKPOINT.text}\n") == NO_EMPTY_LINES
    assert refusal(parse_checkpoint, f"{CHECKPOINT.text}more\n\n") == NO_EMPTY_LINES


def test_a_log_begins_empty_and_has_at_most_19_digits_of_entries() -> None:
    for size in (0, 9_999_999_999_999_999_999):
        assert parse_checkpoint(f"log\n{size}\n{IN_BASE64}\n") == Checkpoint("log", size, ROOT)


PARTS = "a log key is a name, an id and base64, with plus signs between"
NOT_ITS_ID = "the key's id does not belong to its name and bytes"
NO_ED25519 = "a log key is an Ed25519 key"


def with_key(key: bytes) -> str:
    """A key's line whose id belongs to nothing."""
    return f"register.test/log+00000000+{base64.b64encode(key).decode()}"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", PARTS),
        ("name+12345678", PARTS),
        ("a b+" + str(KEY.public).split("+", 1)[1], PARTS),
        (str(LogKey(256 * "a", bytes(32))), PARTS),
        (str(KEY.public).replace("register", "registrar"), NOT_ITS_ID),
        (with_key(b"\x01" + KEY.public.public), NOT_ITS_ID),
        (str(KEY.public)[:-4] + "AAAA", NOT_ITS_ID),
        (with_key(b"\x02" + bytes(32)), NO_ED25519),
        (with_key(b"\x01" + bytes(31)), NO_ED25519),
        (with_key(b"\x01" + bytes(33)), NO_ED25519),
        (with_key(b""), NO_ED25519),
        (str(KEY.public) + "+", "not base64"),
    ],
)
def test_what_is_no_key_is_refused_and_said(written: str, why: str) -> None:
    assert refusal(LogKey.parse, written) == why
    assert refusal(SigningLogKey.parse, f"PRIVATE+KEY+{written}") == why
    assert refusal(SigningLogKey.parse, written) == "a private log key begins with PRIVATE+KEY"


def test_a_key_whose_base64_has_plus_signs_is_read_as_it_was_written() -> None:
    key = SigningLogKey("register.test/log", b"ab" + 10 * b"\xfb\xef\xbe")
    public = LogKey("register.test/log", b"ab" + 10 * b"\xfb\xef\xbe")

    assert key.written().strip().endswith(f"+AWFi{40 * '+'}")
    assert str(public).endswith(f"+AWFi{40 * '+'}")
    assert SigningLogKey.parse(key.written()) == key
    assert LogKey.parse(str(public)) == public


def test_white_space_around_a_key_means_nothing() -> None:
    assert LogKey.parse(f" {KEY.public}\n") == KEY.public
    assert SigningLogKey.parse(f" {KEY.written()}\n") == KEY


def test_a_new_key_has_the_name_it_is_given_and_a_secret_of_its_own() -> None:
    one, other = SigningLogKey.generate("register.test/log"), SigningLogKey.generate("register.test/log")

    assert one.name == other.name == "register.test/log"
    assert one.seed != other.seed
    assert read_checkpoint(CHECKPOINT.signed(one), [one.public]) == CHECKPOINT


@pytest.mark.parametrize("name", [255 * "a", 127 * "\u00e9" + "a", "a"])
def test_a_name_has_up_to_255_bytes(name: str) -> None:
    assert SigningLogKey.generate(name).name == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\x00b", "a\x7fb", "a\u2003b", "a\udcff", 256 * "a", 128 * "\u00e9"]
)
def test_a_name_has_no_white_space_no_control_characters_and_no_plus_sign(name: str) -> None:
    assert refusal(SigningLogKey.generate, name) == (
        "a log's name is Unicode of 1 to 255 bytes without white space and plus signs"
    )
