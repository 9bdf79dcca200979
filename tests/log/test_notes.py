"""Signed notes and checkpoints: the published example of the format, and everything that is not one."""

import base64
import re

import pytest

from app.log.notes import Checkpoint, LogKey, SigningLogKey, WrongNote, parse_checkpoint, read_checkpoint
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
    secret = base64.b64encode(b"\x01" + KEY.seed).decode()
    assert secret in KEY.written()
    assert secret not in repr(KEY) + str(KEY)


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
    with pytest.raises(WrongNote, match="is wrong"):
        read_checkpoint(wrong, [OTHER.public, KEY.public])


def test_a_note_that_nobody_known_has_signed_is_refused() -> None:
    with pytest.raises(WrongNote, match="no known key"):
        read_checkpoint(CHECKPOINT.signed(STRANGER), KEYS)
    with pytest.raises(WrongNote, match="no known key"):
        read_checkpoint(NOTE, [])


def test_a_checkpoint_of_another_log_is_refused_though_a_known_key_signed_it() -> None:
    foreign = CHECKPOINT._replace(origin="elsewhere.test/log")

    with pytest.raises(WrongNote, match="another log"):
        read_checkpoint(foreign.signed(KEY), KEYS)


def test_a_checkpoint_that_only_the_key_of_another_log_has_signed_is_refused_whatever_it_calls_itself() -> None:
    keys = [KEY.public, STRANGER.public]

    with pytest.raises(WrongNote, match="another log"):
        read_checkpoint(CHECKPOINT.signed(STRANGER), keys)
    assert read_checkpoint(CHECKPOINT.signed(STRANGER, KEY), keys) == CHECKPOINT


def test_lines_after_the_root_mean_nothing_and_are_signed_all_the_same() -> None:
    text = f"{CHECKPOINT.text}Timestamp: 1\n"
    extended = f"{text}\n{KEY.signature_line(text)}"

    assert read_checkpoint(extended, KEYS) == CHECKPOINT
    with pytest.raises(WrongNote, match="is wrong"):
        read_checkpoint(extended.replace("Timestamp: 1", "Timestamp: 2"), KEYS)


def test_no_change_of_a_single_character_is_accepted() -> None:
    """But in the signature's own spelling: base64 is read only as it should be written."""
    for at, was in enumerate(NOTE):
        for now in ("A", "+", "\n", ""):
            if now != was:
                with pytest.raises(WrongNote):
                    read_checkpoint(NOTE[:at] + now + NOTE[at + 1 :], KEYS)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n",
        CHECKPOINT.text,
        NOTE.rstrip("\n"),
        NOTE.replace("\u2014", "-"),
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        f"{NOTE[:3]}\ud800{NOTE[3:]}",
        NOTE + "\u2014 x\n",
        NOTE + "\u2014 x AAAA\n",
        f"{CHECKPOINT.text}\n",
        NOTE + "".join(STRANGER.signature_line(CHECKPOINT.text) for _ in range(100)),
        "x" * 70_000 + "\n\n" + KEY.signature_line("x" * 70_000 + "\n"),
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(WrongNote):
        read_checkpoint(note, KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "log\n1\n",
        "\n1\nAAAA\n",
        "log\n01\n" + base64.b64encode(ROOT).decode() + "\n",
        "log\n-1\n" + base64.b64encode(ROOT).decode() + "\n",
        "log\n\u0661\n" + base64.b64encode(ROOT).decode() + "\n",
        "log\n1\nAAAA\n",
        "log\n1\n" + base64.b64encode(ROOT).decode().rstrip("=") + "\n",
        "log\n99999999999999999999\n" + base64.b64encode(ROOT).decode() + "\n",
        "log\n1\n" + base64.b64encode(ROOT).decode() + "\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused_though_it_is_signed(text: str) -> None:
    with pytest.raises(WrongNote):
        parse_checkpoint(text)
    with pytest.raises(WrongNote):
        read_checkpoint(f"{text}\n{KEY.signature_line(text)}", KEYS)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "name+12345678",
        str(KEY.public).replace("register", "registrar"),
        str(KEY.public)[:-4] + "AAAA",
        "a b+" + str(KEY.public).split("+", 1)[1],
        str(LogKey(256 * "a", bytes(32))),
        str(KEY.public).split("+", 2)[0] + "+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
    ],
)
def test_what_is_no_key_is_refused(written: str) -> None:
    with pytest.raises(WrongNote):
        LogKey.parse(written)
    with pytest.raises(WrongNote):
        SigningLogKey.parse(f"PRIVATE+KEY+{written}")
    with pytest.raises(WrongNote):
        SigningLogKey.parse(written)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\udcff", 256 * "a", 128 * "\u00e9"])
def test_a_name_has_no_white_space_and_no_plus_sign(name: str) -> None:
    with pytest.raises(WrongNote, match="name"):
        SigningLogKey.generate(name)
