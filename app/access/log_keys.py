"""The log's keys: reading them from their file, making one, retiring one."""

from dataclasses import dataclass
from pathlib import Path

from app.log.notes import SECRET_PREFIX, Checkpoint, LogKey, SigningLogKey, WrongNote
from app.settings import InvalidSettings

SETTING = "REGISTER_LOG_KEY_FILE"


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of a log: those that sign, newest first, and retired ones that only check.

    A retired key may have another name: that of an earlier log, if this log began with it and its entries were lost.
    """

    signing: tuple[SigningLogKey, ...]
    retired: tuple[LogKey, ...] = ()

    @property
    def public(self) -> tuple[LogKey, ...]:
        """Every key that may have signed a checkpoint, newest first."""
        return (*(key.public for key in self.signing), *self.retired)

    @property
    def origin(self) -> str:
        """The log's name. All of its checkpoints begin with it."""
        return self.signing[0].name

    def signed(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a note, with the signature of each key that signs."""
        return checkpoint.signed(*self.signing)


def read_log_keys(path: Path) -> LogKeys:
    """Read the keys in a file, one on each line. Private ones sign, public ones are retired.

    Raises InvalidSettings with the setting's name and each wrong line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings([f"{SETTING}: cannot be read ({getattr(error, 'strerror', None) or error})"]) from error
    signing, retired, faults = list[SigningLogKey](), list[LogKey](), list[str]()
    for number, line in enumerate(map(str.strip, lines), start=1):
        try:
            if line.startswith(SECRET_PREFIX):
                signing.append(SigningLogKey.parse(line))
            elif line:
                retired.append(LogKey.parse(line))
        except WrongNote as wrong:
            faults.append(f"{SETTING}: line {number}: {wrong}")
    names = {key.name for key in signing}
    if not signing and not faults:
        faults.append(f"{SETTING}: holds no private log key")
    if len(names) > 1:
        faults.append(f"{SETTING}: the keys that sign a log have one name, not {', '.join(sorted(names))}")
    if faults:
        raise InvalidSettings(faults)
    return LogKeys(tuple(signing), tuple(retired))
