"""Query: what a transaction id names, and every time that it was handed to its provider."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros
from consents.keys import Keyring
from consents.store import Snapshot, Statement
from providers.api import wire
from providers.deliveries import handout_store
from providers.deliveries.handout_store import Handout

_MOVEMENT = Statement(
    text(
        "SELECT e.brand, e.channel, e.source, e.act, a.recorded_at, b.code "
        "FROM consent_event e JOIN act a ON a.id = e.act JOIN brand b ON b.id = e.brand WHERE e.id = :event"
    )
)


class Delivery(NamedTuple):
    """A movement and the ways it went: internal numbers; ``recorded_at``: µs; ``handouts``: in order."""

    event: int
    act: int
    brand: int
    brand_code: int
    channel: int
    recorded_at: int
    handouts: list[Handout]


def of(snapshot: Snapshot, keyring: Keyring, transaction_id: str) -> Delivery | None:
    """What became of the movement of this id; None where there is none."""
    event = keyring.event(transaction_id)
    row = None if event is None else snapshot.one(_MOVEMENT, {"event": event})
    if event is None or row is None:
        return None
    brand, channel, source, act, recorded_at, code = row
    handouts = handout_store.of_event(snapshot, brand, event, wire.side(source), channel)
    return Delivery(event, act, brand, code, channel, micros(recorded_at), handouts)
