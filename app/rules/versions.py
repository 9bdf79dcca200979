"""The version a caller looked at before acting, and whether it is still the newest."""

from dataclasses import dataclass

from app.rules.refusals import IfMatchRequired, Stale

NOTHING_YET = "There is nothing here yet. If-None-Match: * makes it new."


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller says about the version: ``None`` when nothing was said.

    Versions count from 1, so 0 stands for one that no record ever has. ``others`` are further
    versions that would do as well; ``is_any`` is the caller's word that every version would, ``is_new`` that there
    is none yet.
    """

    version: int | None
    others: frozenset[int] = frozenset()
    is_any: bool = False
    is_new: bool = False

    def check(self, current: int, *, is_required: bool = True, what: str = "record") -> None:
        """Raise Stale when the current version is not an expected one, IfMatchRequired when none was named.

        ``current`` is 0 while there is nothing yet. ``what`` is told to the caller, if the address does not say it.
        """
        if self.is_any or (self.is_new and not current):
            return
        if self.is_new:
            raise Stale(f"There is one already, at version {current}. Read it, and name its version in If-Match.")
        if self.version is None:
            if is_required:
                raise IfMatchRequired(_why_required(current, what))
            return
        if current != self.version and current not in self.others:
            raise Stale(self._why_not(current, what))

    def _why_not(self, current: int, what: str) -> str:
        if not current:
            return NOTHING_YET
        if not self.version:
            return (
                f'If-Match names no version. Read the {what} again: it is at version {current}, If-Match: "v{current}".'
            )
        return f"The {what} is at version {current} now, not at the one that If-Match names. Read it again."


def _why_required(current: int, what: str) -> str:
    if not current:
        return NOTHING_YET
    return f'Read the {what}, and send the version that you looked at, such as If-Match: "v3". * names none.'
