"""What subscriptions tell: a partner's code, since when the registry records, how many addresses a provider has."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, text

from consents.columns import micros
from consents.models import Consent, Partner
from consents.store import Snapshot, Statement, among

_partner = Partner.__table__.c  # type: ignore[attr-defined]
_consent = Consent.__table__.c  # type: ignore[attr-defined]

_PARTNER = Statement(select(_partner.code).where(_partner.id == bindparam("partner")))
_FIRST = Statement(text("SELECT recorded_at FROM act ORDER BY id LIMIT 1"))
_ADDRESSES = Statement(
    select(func.count()).select_from(
        select(_consent.recipient).where(among(_consent.brand, "brands")).distinct().subquery()
    )
)


def partner_code(snapshot: Snapshot, partner: int) -> int:
    """The integratorCode of a partner (internal id)."""
    row = snapshot.one(_PARTNER, {"partner": partner})
    assert row is not None
    return int(row[0])


def since(snapshot: Snapshot, now: int) -> int:
    """When the registry recorded its first act, µs; ``now`` where it has none."""
    row = snapshot.one(_FIRST)
    return now if row is None else micros(row[0])


def addresses(snapshot: Snapshot, brands: Sequence[int]) -> int:
    """How many addresses have a consent of any of these brands; it counts them, so it is for a thread of its own."""
    row = snapshot.one(_ADDRESSES, {"brands": snapshot.array(brands)})
    return int(row[0]) if row else 0
