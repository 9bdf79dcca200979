"""What CCGs declared for a round, as casework needs it."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from app.records.tables import Declaration


def standing_declarations(session: Session, round_id: str, codes: Collection[str]) -> Sequence[Declaration]:
    """The current declarations of these CCGs in a round."""
    return session.exec(
        select(Declaration).where(
            Declaration.round_id == round_id,
            col(Declaration.ods_code).in_(codes),
            col(Declaration.is_newest),
            col(Declaration.ended_by).is_(None),
        )
    ).all()


def newest_declarations(session: Session, round_id: str, ods_code: str) -> Sequence[str]:
    """The id of a CCG's newest declaration for a round, current or ended. Empty if there is none."""
    return session.exec(
        select(Declaration.declaration_id).where(
            Declaration.round_id == round_id, Declaration.ods_code == ods_code, col(Declaration.is_newest)
        )
    ).all()
