"""Consents that companies declared for a recipient since some event, and that the citizen has not answered since."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.rules import BEKLIYOR, ONAY
from consents.store import Snapshot, Statement, Value
from consents.terms import Actor

_LAST: Value[int | None] = Statement(text("SELECT max(id) FROM consent_event"))
# "+ 0" keeps the planner on the recipient's index: after a day of imports the newest events are millions.
_DECLARED = Statement(
    text(
        "SELECT e.brand, e.channel, max(e.id), max(c.status) FROM consent_event e "
        "JOIN act a ON a.id = e.act LEFT JOIN act undo ON undo.undoes = a.id "
        "JOIN consent c ON c.recipient = e.recipient AND c.brand = e.brand AND c.channel = e.channel "
        "AND c.identity = e.identity "
        f"WHERE e.recipient = :recipient AND e.id + 0 > :after AND e.status = {ONAY} "
        f"AND a.actor = {Actor.PROVIDER.code} AND a.undoes IS NULL AND undo.id IS NULL "
        "AND coalesce(c.citizen_event, 0) < e.id GROUP BY e.brand, e.channel ORDER BY max(e.id) DESC"
    )
)


class DeclaredConsent(NamedTuple):
    """``waits``: it is BEKLIYOR (rule L4)."""

    brand: int
    channel: int
    waits: bool


def last_event(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST) or 0


def declared_since(snapshot: Snapshot, recipient: int, after: int) -> list[DeclaredConsent]:
    """Declarations after event ``after``, newest first, without those taken back or answered."""
    rows = snapshot.all(_DECLARED, {"recipient": recipient, "after": after})
    return [DeclaredConsent(brand, channel, status == BEKLIYOR) for brand, channel, _, status in rows]
