"""Table ``panel_rule``: which providers ask all their people for a second step."""

from __future__ import annotations

from sqlalchemy import text

from consents.store import Snapshot, Statement, Transaction

_RULE = Statement(text("SELECT second_step FROM panel_rule WHERE provider = :provider"))
_RULED = Statement(
    text(
        "SELECT 1 FROM panel_member m JOIN panel_rule r ON r.provider = m.provider "
        "WHERE m.person = :person AND r.second_step LIMIT 1"
    )
)


def rule(snapshot: Snapshot, provider: int) -> bool:
    """Whether a provider asks its people for a second step."""
    row = snapshot.one(_RULE, {"provider": provider})
    return row is not None and bool(row[0])


def set_rule(transaction: Transaction, provider: int, asks: bool) -> None:
    """Has a provider ask all its people for a second step, or no longer."""
    transaction.upsert("panel_rule", "provider", "provider,second_step", [(provider, asks)])


def asked_of(snapshot: Snapshot, person: int) -> bool:
    """Whether one of his companies asks somebody for a second step."""
    return snapshot.one(_RULED, {"person": person}) is not None
