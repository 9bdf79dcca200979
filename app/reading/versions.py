"""Every version of a proposal, and what each changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.records import actors, case_files
from app.records.actors import Actor
from app.records.case_files import Filed
from app.records.entries.applications import ApplicationAmended, ApplicationCreated, ApplicationSubmitted, MemberLeft
from app.records.session import Session
from app.rules.callers import Caller, System
from app.rules.promises import said_to
from app.rules.visibility import Viewer

MEMBERS = "memberOdsCodes"


class Difference(NamedTuple):
    """A place in the document (a JSON Pointer) and what stood and stands there. Missing is None."""

    pointer: str
    before: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Version:
    """The document at one version of an application, and what it changed against the one before.

    ``kind`` is what made the version. ``document`` is None if it was redacted.
    """

    number: int
    kind: str
    at: datetime
    by: Actor | None
    said: Mapping[str, Any]
    document: Mapping[str, Any] | None
    level: str
    members: tuple[str, ...]
    changes: tuple[Difference, ...]


def read_versions(session: Session, reference: str, viewer: Viewer, caller: Caller) -> list[Version]:
    """The versions that a viewer may see, oldest first.

    The panel and NHS England see those from the first submission on: a draft is its applicants' own. A CCG that was
    added to a draft sees them from then on.
    """
    filed = case_files.versions(session, reference)
    first = _joined(filed, caller) if viewer is Viewer.APPLICANT else _handed_in(filed)
    shown = filed[first:]
    keys = {each.entry.actor for each in shown if isinstance(each.entry, _Written) and each.entry.actor is not None}
    return list(_compared(shown, viewer, caller, actors.named(session, keys)))


_Written = ApplicationCreated | ApplicationAmended | ApplicationSubmitted


def _handed_in(filed: list[Filed]) -> int:
    """The place of the first submission. The end if there was none."""
    return next((n for n, each in enumerate(filed) if isinstance(each.entry, ApplicationSubmitted)), len(filed))


def _joined(filed: list[Filed], caller: Caller) -> int:
    """The place from which on a system acts for a member: after the last version that named none of its CCGs."""
    codes = caller.ods_codes if isinstance(caller, System) else frozenset[str]()
    without = [
        n
        for n, each in enumerate(filed)
        if isinstance(each.entry, _Written) and codes.isdisjoint(each.entry.member_ods_codes)
    ]
    return without[-1] + 1 if without else 0


def _compared(filed: list[Filed], viewer: Viewer, caller: Caller, names: Mapping[str, Actor]) -> Iterator[Version]:
    before: dict[str, Any] | None = None
    for entry, at in filed:
        if isinstance(entry, MemberLeft) and before is not None:
            # Nobody wrote that: the next version did not take the member out.
            before = {**before, MEMBERS: [code for code in before[MEMBERS] if code != entry.ods_code]}
        if not isinstance(entry, _Written):
            continue
        now = _compared_document(entry)
        private = {"attribution": entry.attribution, "declaredBy": getattr(entry, "declared_by", None)}
        yield Version(
            number=entry.version,
            kind=entry.KIND,
            at=at,
            by=names.get(entry.actor or "") if viewer is not Viewer.APPLICANT or entry.actor == caller.key else None,
            said=said_to(viewer, entry.KIND, private, is_writer=entry.actor == caller.key, is_own=False),
            document=entry.document,
            level=entry.requested_level or "",
            members=entry.member_ods_codes,
            changes=() if before is None or now is None else tuple(_differences(before, now)),
        )
        before = now


def _compared_document(entry: ApplicationCreated | ApplicationAmended | ApplicationSubmitted) -> dict[str, Any] | None:
    """What a version says: level and members beside the proposal and its signatories. None if it was redacted."""
    document = entry.document
    if document is None:
        return None
    return {
        "requestedLevel": entry.requested_level,
        MEMBERS: list(entry.member_ods_codes),
        "proposal": document.get("proposal"),
        "signatories": document.get("signatories"),
    }


def _differences(before: Any, now: Any, pointer: str = "") -> Iterator[Difference]:
    """Where two documents differ. Lists are compared whole: an item has no name by which to find it again."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            yield from _differences(before.get(name), now.get(name), f"{pointer}/{name}")
    elif before != now:
        yield Difference(pointer, before, now)
