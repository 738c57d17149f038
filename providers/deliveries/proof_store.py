"""Query: the movement of a transaction id, and its handouts."""

from __future__ import annotations

from typing import NamedTuple

from consents.keys import Keyring
from consents.queries import recorded
from consents.queries.recorded import PastMovement
from consents.store import Snapshot
from providers.api import wire
from providers.deliveries import handout_store
from providers.deliveries.handout_store import HandedOut


class Delivery(NamedTuple):
    event: int
    movement: PastMovement
    handouts: list[HandedOut]


def find(snapshot: Snapshot, keyring: Keyring, transaction_id: str) -> Delivery | None:
    event = keyring.event(transaction_id)
    found = None if event is None else recorded.movement(snapshot, event)
    if event is None or found is None:
        return None
    side = wire.side(found.source)
    return Delivery(event, found, handout_store.of_event(snapshot, found.brand, event, side, found.channel))
