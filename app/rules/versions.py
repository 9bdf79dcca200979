"""The version a caller looked at before acting, and whether it is still the newest."""

from dataclasses import dataclass

from app.rules.refusals import IfMatchRequired, Stale


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller says about the version: ``None`` when nothing was said.

    Versions count from 1, so 0 stands for one that no record ever has. ``others`` are further
    versions that would do as well; ``is_any`` is the caller's word that every version would.
    """

    version: int | None
    others: frozenset[int] = frozenset()
    is_any: bool = False

    def check(self, current: int, *, is_required: bool = True) -> None:
        """Raise Stale when the current version is not an expected one, IfMatchRequired when none was named."""
        if self.is_any:
            return
        if self.version is None:
            if is_required:
                raise IfMatchRequired("Name the version you looked at: its ETag, in If-Match.")
            return
        if current != self.version and current not in self.others:
            raise Stale("The record has changed since the version that If-Match names.")
