"""Keys that the register makes, and the shapes of the keys in addresses."""

import re
import secrets
from datetime import date
from typing import Annotated

from fastapi import Path

from app.rules.decisions import ProposalKind
from app.web import forms

# Crockford's base 32 without i, l, o and u, so that nobody misreads a reference.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

_SUCCESSION = re.compile(r"succession-[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-z]{8}")

Reference = Annotated[
    str,
    Path(
        pattern=forms.ID,
        max_length=60,
        description="The application's reference.",
        examples=["trial-7k3m9q2x"],
    ),
]
OdsCodePath = Annotated[
    str,
    Path(
        alias="odsCode",
        pattern=forms.ODS_CODE,
        description="The ODS code of a CCG: 3 characters to 2020, 5 after.",
        examples=["07V"],
    ),
]
RoundPath = Annotated[
    str,
    Path(
        alias="roundId",
        pattern=forms.ID,
        max_length=40,
        description="The round's id.",
        examples=["trial"],
    ),
]
DecisionPath = Annotated[
    str,
    Path(
        alias="decisionId",
        pattern=r"^(S[0-9]{4}-[0-9]{2}-[0-9]{2}|[a-z0-9]+(-[a-z0-9]+)*)-[0-9A-Z]{3,5}(-[0-9]{1,3})?$",
        max_length=80,
        description="The decision's id: the application's reference and the CCG's code. After a merger it is the day "
        "and the code, for instance `S2018-04-01-15D`.",
        examples=["trial-7k3m9q2x-07V"],
    ),
]


ConditionPath = Annotated[
    str,
    Path(
        alias="conditionId",
        pattern=r"^[a-z][a-z0-9]{0,9}$",
        description="The condition's id within its decision.",
        examples=["c1"],
    ),
]
ProposalPath = Annotated[
    str,
    Path(
        alias="proposalId",
        pattern=forms.ID,
        max_length=100,
        description="The proposal's id.",
        examples=["trial-waiver-7k3m9q2x"],
    ),
]
AnnouncementPath = Annotated[
    str,
    Path(
        alias="announcementId",
        pattern=forms.ID,
        max_length=80,
        description="The announcement's id.",
        examples=["trial-announcement-7k3m9q2x"],
    ),
]


def new_reference(round_id: str) -> str:
    """A reference for a new application: the round and 40 random bits, so that it reveals no count."""
    return f"{round_id}-{_random(8)}"


def new_declaration_id(round_id: str, ods_code: str) -> str:
    """An id for a new declaration."""
    return f"{round_id}-{ods_code}-{_random(8)}"


def new_announcement_id(round_id: str) -> str:
    """An id for a new announcement."""
    return f"{round_id}-announcement-{_random(8)}"


def new_proposal_id(round_id: str | None, kind: ProposalKind) -> str:
    """An id for a new proposal about a decision. What follows from a merger has no round."""
    return f"{round_id or 'succession'}-{kind}-{_random(8)}"


def new_succession_id(effective_on: date) -> str:
    """An id for a new proposal of what moves on to the bodies that open on a day."""
    return f"succession-{effective_on.isoformat()}-{_random(8)}"


def is_succession_id(proposal_id: str) -> bool:
    """Whether an id is one of a proposal of what moves on, and not of one about a decision."""
    return _SUCCESSION.fullmatch(proposal_id) is not None


def new_extension_id(round_id: str) -> str:
    """An id for a new extension."""
    return f"{round_id}-extension-{_random(8)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
