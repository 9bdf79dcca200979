"""The log's proofs on the command line: making and showing keys, checking receipts, facts from outside the database."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.console import (
    ACTOR,
    FOUND_WANTING,
    WRONG_USAGE,
    now,
    open_database,
    plain_refusals,
    read_text,
    show,
    show_json,
    tell,
)

GROUND_LIMIT = 2_000

log_key = typer.Typer(help="The key that signs the log's checkpoints.", no_args_is_help=True)
clock = typer.Typer(help="The clock that dates the log's entries.", no_args_is_help=True)


@log_key.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="The new file: outside the database, and not in its backups.")],
    name: Annotated[str, typer.Option(help="The log's permanent name, such as register.example/log.")],
) -> None:
    """Make a key in a new file that only its owner can read, and print its public half."""
    from app.access.keys import write_private_key
    from app.log.notes import SigningLogKey, WrongNote

    with plain_refusals():
        try:
            key = SigningLogKey.generate(name)
        except WrongNote as wrong:
            tell(f"--name: {wrong}")
            raise typer.Exit(WRONG_USAGE) from wrong
        write_private_key(file, key.written().encode())
    show(str(key.public))


@log_key.command("show")
def show_keys() -> None:
    """Print the public keys of the log, newest first. Publish them in more than one place."""
    with plain_refusals():
        keys = keys_of_the_settings()
    if keys is None:
        tell("REGISTER_LOG_KEY_FILE is not set.")
        raise typer.Exit(FOUND_WANTING)
    for key in keys.public:
        show(str(key))


@log_key.command("recall")
def recall(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the database's newest checkpoint as the signer's memory, if that file (beside the key) was lost.

    If a newer copy of the database has later checkpoints, the signer would sign that part again, and differently. So
    the database must be the newest copy there is, and nothing but you can know that.
    """
    from app.clockwork.signing import Signer
    from app.records.checkpoints import HistoryDiffers
    from app.records.log_tree import LogTree
    from app.settings import read_settings

    with open_database() as database:
        path = read_settings().log_key_file
        if path is None:
            tell("REGISTER_LOG_KEY_FILE is not set.")
            raise typer.Exit(FOUND_WANTING)
        if not yes:
            typer.confirm(
                "Is this database the newest copy that there is (or what came after it lost for good)?",
                abort=True,
                err=True,
            )
        try:
            found = Signer.of(path, LogTree()).recall(database)
        except HistoryDiffers as differs:
            tell(f"Nothing was done: {differs}.")
            raise typer.Exit(FOUND_WANTING) from differs
    show(f"the signer goes on from the checkpoint over {found.size} entries")


def keys_of_the_settings() -> Any:
    """The log keys in the file that the settings name. None if they name none."""
    from app.access.log_keys import read_log_keys
    from app.settings import read_settings

    path = read_settings().log_key_file
    return read_log_keys(path) if path else None


def public_keys(given: str) -> list[Any]:
    """The keys that were given, or those in a given file. Ends the command with exit code 2 if there are none."""
    from app.log.notes import SECRET_PREFIX, LogKey, SigningLogKey, WrongNote

    is_file = _is_there(given)
    if not is_file and "+" not in given:
        tell(f"--key: {given!r} is neither a file nor a key (name+id+base64)")
        raise typer.Exit(WRONG_USAGE)
    lines = [line.strip() for line in (read_text(Path(given)) if is_file else given).splitlines() if line.strip()]
    try:
        found = [
            SigningLogKey.parse(line).public if line.startswith(SECRET_PREFIX) else LogKey.parse(line) for line in lines
        ]
    except WrongNote as wrong:
        tell(f"--key: {wrong}")
        raise typer.Exit(WRONG_USAGE) from wrong
    if not found:
        tell("--key: holds no key")
        raise typer.Exit(WRONG_USAGE)
    return found


def _is_there(name: str) -> bool:
    """Whether this names a file. Several keys in a row are no possible file name."""
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):
        return False


def check_receipt(file: Path, key: str | None, *, as_json: bool) -> None:
    """Say what a receipt proves. Ends the command with exit code 1 if it proves nothing."""
    from app.log.notes import WrongNote
    from app.log.receipts import Receipt, WrongReceipt
    from app.log.tree import WrongProof

    keys = _public_of_the_settings() if key is None else public_keys(key)
    try:
        receipt = Receipt.read(read_text(file))
        checkpoint = receipt.check(keys)
    except (WrongReceipt, WrongNote, WrongProof) as wrong:
        _show_wrong(str(wrong), as_json=as_json)
        raise typer.Exit(FOUND_WANTING) from wrong
    if as_json:
        show_json({"sound": True, "index": receipt.index, "size": checkpoint.size, "log": checkpoint.origin})
    else:
        private = " with its private part" if receipt.private else ""
        show(f"sound: entry {receipt.index}{private} stands in {checkpoint.origin} of {checkpoint.size} entries")
        show(receipt.body)


def check_growth(since: Path, until: Path, proof: Path, key: str | None, *, as_json: bool) -> None:
    """Say that a log only grew between two checkpoints. Ends the command with exit code 1 if that is not proved."""
    from app.log.growth import Growth
    from app.log.notes import WrongNote
    from app.log.tree import WrongProof

    keys = _public_of_the_settings() if key is None else public_keys(key)
    try:
        old, new = Growth.read(read_text(proof)).check(read_text(since), read_text(until), keys)
    except (WrongNote, WrongProof) as wrong:
        _show_wrong(str(wrong), as_json=as_json)
        raise typer.Exit(FOUND_WANTING) from wrong
    if as_json:
        show_json({"sound": True, "from": old.size, "to": new.size, "log": new.origin})
    else:
        show(f"sound: {new.origin} of {new.size} entries begins with the {old.size} of before")


def _show_wrong(why: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"sound": False, "fault": why})
    else:
        show(f"wrong: {why}")


def _public_of_the_settings() -> Any:
    with plain_refusals():
        keys = keys_of_the_settings()
    if keys is None:
        tell("Name the log's key with --key, or set REGISTER_LOG_KEY_FILE.")
        raise typer.Exit(WRONG_USAGE)
    return keys.public


def known_beside(since: Path | None, key: str | None, *, as_json: bool) -> Any:
    """What verification knows from outside the database: keys, the signer's memory, an older checkpoint.

    Ends the command with exit code 1 if the log's key did not sign the memory or the checkpoint.
    """
    from app.clockwork.signing import Signer
    from app.log.notes import WrongNote, read_checkpoint
    from app.records.audit.signatures import Known, Memory
    from app.records.checkpoints import HistoryDiffers
    from app.records.log_tree import LogTree
    from app.settings import read_settings

    path = read_settings().log_key_file
    signer = Signer.of(path, LogTree()) if path else None
    ours = signer.keys.public if signer else ()
    keys = ours if key is None else public_keys(key)
    if since is not None and not keys:
        tell("--since needs the log's key: name it with --key, or set REGISTER_LOG_KEY_FILE.")
        raise typer.Exit(WRONG_USAGE)
    try:
        older = None if since is None else read_checkpoint(read_text(since), keys)
        return Known(keys, signer.memory() if signer else Memory(), older)
    except (WrongNote, HistoryDiffers) as wrong:
        _show_wrong(str(wrong), as_json=as_json)
        raise typer.Exit(FOUND_WANTING) from wrong


@clock.command("accept")
def accept_clock(
    ground: Annotated[str, typer.Option(help="Why this clock is right; it is public for ever.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take this machine's clock as right, though the newest entry is dated after it.

    The clock that wrote that entry had run ahead.
    """
    from app.casework import clocks

    _check_ground(ground)
    with open_database() as database:
        with database.reading() as session:
            clocks.find_newest_ahead(session, now())
        if not yes:
            typer.confirm(f"Is it {now():%Y-%m-%d %H:%M:%S} UTC?", abort=True, err=True)
        with database.writing() as session:
            receipt = clocks.accept(session, ground=ground, actor=ACTOR, at=now())
        show(f"entry {receipt.index}: this clock is right, and acts go on")


def _check_ground(ground: str) -> None:
    from app.web.documents import is_safe_character

    if len(ground) > GROUND_LIMIT or not all(map(is_safe_character, ground)):
        tell(f"--ground: a line of at most {GROUND_LIMIT} characters, without control and directional ones")
        raise typer.Exit(WRONG_USAGE)


def redact(
    index: Annotated[int, typer.Argument(min=0, max=2**62, help="The entry, counted from 0.")],
    ground: Annotated[str, typer.Option(help="Why; it is public for ever.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an entry's private part (people's names, free text) for good. Its public part stays."""
    from app.casework import redacting
    from app.records import redactions

    _check_ground(ground)
    with open_database() as database:
        with database.reading() as session:
            redacting.check_may_be_redacted(session, index)
            others = redactions.others_of(session, index)
        if others:
            tell(f"Of the same application these have private parts too: {', '.join(map(str, others))}.")
        if not yes:
            typer.confirm(f"Delete the private part of entry {index} for good?", abort=True, err=True)
        with database.writing() as session:
            receipt = redacting.redact(session, index, ground=ground, actor=ACTOR, at=now())
        show(f"entry {receipt.index}: the private part of entry {index} was redacted")
        if not database.wipe():
            tell("The file may still hold traces of it: others are reading it. Run `sqlite3 FILE VACUUM` later.")
    tell("Backups still have it. A server that runs may remember it: start it again.")
