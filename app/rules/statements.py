"""Which of all that files said of bodies counts: of two statements about the same the newer, filled by the older.

It does not matter in which order the files were read, unless one was taken over as a correction.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from app.rules.bodies import OrganisationRecord, SaidBy, Statement

Key = tuple[str, SaidBy, date]
Said = Mapping[Key, Statement]

# What an older statement goes on to say where a newer one about the same says nothing.
FILLED = ("kind", "name", "ons_code", "region_code", "area_team_code", "differences", "source")
# Likewise, unless the newer one is a correction: then it is meant that there is no end.
END = ("closed_on", "successor")


def newly_said(said: Said, statements: Iterable[Statement], overruled: Collection[str]) -> dict[Key, Statement]:
    """What is to be stored of a file's statements, since it was not said before.

    Of ``overruled`` bodies what the file says is a correction. It takes the place of earlier corrections, which are
    statements like others from then on.
    """
    found: dict[Key, Statement] = {}
    for each in said.values():
        if each.is_correction and each.ods_code in overruled:
            found[each.key] = replace(each, is_correction=False)
    for each in statements:
        corrects = each.is_of_body and each.ods_code in overruled
        statement = replace(each, is_correction=True) if corrects else each
        before = found.get(each.key) or said.get(each.key)
        found[each.key] = statement if before is None else _together(before, statement)
    return {key: each for key, each in found.items() if said.get(key) != each}


def _together(before: Statement, now: Statement) -> Statement:
    """What two statements about the same say. A newer one goes on from a correction, an older one does not undo it."""
    if before.is_correction and not now.is_correction:
        if now.as_at <= before.as_at:
            return before
        said = {name: getattr(now, name) or getattr(before, name) for name in (*FILLED, *END)}
        # As long as nothing newer tells an end, what was said of one before the correction stays taken away.
        return replace(now, **said, is_correction=now.closed_on is None)
    is_newer = now.is_correction or now.as_at >= before.as_at
    newer, older = (now, before) if is_newer else (before, now)
    members = FILLED if newer.is_correction else (*FILLED, *END)
    return replace(newer, **{name: getattr(newer, name) or getattr(older, name) for name in members})


def differences_in(statements: Iterable[Statement]) -> dict[str, set[str]]:
    """Where the ODS is known to say otherwise, by ODS code, as far as our own files tell."""
    found: dict[str, set[str]] = {}
    for each in statements:
        if each.differences:
            found.setdefault(each.ods_code, set()).update(each.differences)
    return found


def restated(record: OrganisationRecord) -> list[Statement]:
    """What an earlier release knew of a body, as if our own files had said it."""
    said = [
        Statement(
            ods_code=record.ods_code,
            said_by=SaidBy.CHANGE,
            valid_from=fact.valid_from,
            as_at=record.known_to,
            name=fact.name,
            ons_code=fact.ons_code,
            region_code=fact.region_code,
            area_team_code=fact.area_team_code,
            source=fact.source,
        )
        for fact in record.facts
    ]
    own = replace(
        said[0],
        said_by=SaidBy.OWN,
        valid_from=record.opened_on,
        kind=record.kind,
        opened_on=record.opened_on,
        closed_on=record.closed_on,
        successor=record.successor,
    )
    return [own, *said[1:]]
