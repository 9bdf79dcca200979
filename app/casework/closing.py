"""Proposals that can no longer be confirmed close themselves, so that nobody waits for what cannot be."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from app.records import decisions, ledger
from app.records.decisions import Dossier
from app.records.entries.codec import read
from app.records.entries.proposals import CorrectionTerms, ProposalClosed, RevocationTerms
from app.records.session import Session
from app.records.tables import Proposal
from app.rules import deadlines
from app.rules import decisions as rules
from app.rules.decisions import ProposalKind, ProposalSnapshot


def obstacle(dossier: Dossier, proposal: Proposal, day: date) -> str | None:
    """Why a proposal about a decision can no longer be confirmed on a London day. None if it can."""
    kind = ProposalKind(proposal.kind)
    last_day = read(RevocationTerms, proposal.terms).last_day if kind is ProposalKind.REVOCATION else None
    snapshot = ProposalSnapshot(kind, proposal.condition_id, last_day)
    return rules.obstacle(dossier.stand(day), snapshot) or too_early(dossier, proposal)


def too_early(dossier: Dossier, proposal: Proposal) -> str | None:
    """Why a proposed correction would start before its CCG opens, as is known by now. None if it would not."""
    is_correction = proposal.kind == ProposalKind.CORRECTION
    starts = read(CorrectionTerms, proposal.terms).effective_from if is_correction else None
    if starts is None or starts >= dossier.opens_on:
        return None
    return f"{dossier.decision.ods_code} opens on {dossier.opens_on}, after the proposed start on {starts}."


def entries_about(dossiers: Iterable[Dossier], day: date, *, actor: str) -> list[ProposalClosed]:
    """What closes the open proposals about these decisions, if nobody can confirm them any more.

    The act that made it so has counted the decision's version up already; of a day that passed nobody is told.
    """
    return [
        ProposalClosed(
            reference=each.decision.reference,
            ods_code=each.decision.ods_code,
            decision_id=each.decision_id,
            round_id=each.decision.round_id,
            decision_version=None,
            actor=actor,
            proposal_id=each.proposal.proposal_id,
            kind=ProposalKind(each.proposal.kind),
            reason=why,
        )
        for each in dossiers
        if each.proposal is not None and (why := obstacle(each, each.proposal, day)) is not None
    ]


def close(session: Session, decision_ids: Collection[str], *, actor: str, at: datetime) -> None:
    """Close those open proposals about these decisions that nobody can confirm any more."""
    found = entries_about(decisions.with_open_proposal(session, decision_ids), deadlines.london_day(at), actor=actor)
    if found:
        ledger.append(session, found, at=at)
