"""What all tables share: names for constraints, and rules that stand in more than one table."""

from typing import ClassVar

from sqlmodel import SQLModel

# Every constraint has a name, the same in the migrations and in the databases.
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}
METADATA = SQLModel.metadata

LEVELS_APPLIED_FOR = "('delegated', 'joint')"
LEVEL_APPLIED_FOR = f"requested_level IN {LEVELS_APPLIED_FOR}"
# An expression of interest is approved or downgraded, and grants nothing.
OUTCOME_GRANTS = (
    "(outcome = 'approved' AND (granted_level IS NULL OR granted_level = requested_level))"
    " OR (outcome = 'conditional' AND granted_level IS NOT NULL AND granted_level = requested_level)"
    " OR (outcome = 'rejected' AND granted_level IS NULL)"
    " OR (outcome = 'downgraded_to_joint' AND requested_level = 'delegated'"
    " AND (granted_level IS NULL OR granted_level = 'joint'))"
)
AGREEMENT_KNOWN = "agreement IN ('awaited', 'signed', 'novated', 'not_taken_up', 'not_known')"
CRITERIA = "('benefits', 'functions', 'governance', 'conflicts_of_interest', 'finance', 'capacity', 'engagement')"
BASIS_KNOWN = "basis IS NULL OR basis IN ('stated', 'derived', 'implied')"
SCALED_DOWN = (
    "(scaled_down_to IS NULL) = (scaled_down_code IS NULL) AND (scaled_down_to IS NULL) = (scaled_down_text IS NULL)"
    " AND (scaled_down_to IS NULL OR (scaled_down_to = 'joint' AND requested_level = 'delegated'))"
)
DOWNGRADE_IS_CHOSEN = "(outcome = 'downgraded_to_joint') = (chosen_by IS NOT NULL)"


class TableRow(SQLModel):
    """One row of a table."""

    __tablename__: ClassVar[str]
