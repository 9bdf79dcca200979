"""What the panel thinks of an application, as it is read. It is changed only through the ledger."""

from sqlmodel import Session, select

from app.records.tables import Assessment
from app.rules.words import Criterion


def of_application(session: Session, reference: str) -> list[Assessment]:
    """The newest assessment by each criterion, in the order of the criteria."""
    found = session.exec(select(Assessment).where(Assessment.reference == reference))
    order = list(Criterion)
    return sorted(found, key=lambda row: order.index(Criterion(row.criterion)))
