"""``GET B/deliveries/{transactionId}``, our own: when a movement was recorded, handed to its provider, and taken."""

from __future__ import annotations

from typing import Any, NamedTuple

from consents import dates
from consents.keys import Keyring
from consents.queries import recorded
from consents.queries.recorded import PastMovement
from consents.store import Snapshot
from providers.api import endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.background import WorkPool
from providers.api.endpoint import Call, Right
from providers.deliveries import handout_store
from providers.deliveries.handout_store import HandedOut

_looking = WorkPool("proof", 1)


@endpoint.requires(Right.READ)
async def detail(call: Call) -> Answer:
    """Every handout of the movement; 404 Z424 where the brand has none of this id."""
    name = str(call.request.path_params[wire.TRANSACTION])
    # Through all that was handed out since: seconds, where that is much.
    found = await _looking.run(call.registry.store.read_now, find_delivery, call.registry.keyring, name)
    if found is None or found.movement.brand != call.of_brand.id:
        raise Refusal(404, Fault("Z424", (wire.TRANSACTION,), name[:200]))
    call.may(found.movement.channel)
    reply = wire.receipt(name.lower(), found.movement.recorded_at)
    return Answer(200, reply | {"deliveries": [_fields(handout) for handout in found.handouts]})


def _fields(one: HandedOut) -> dict[str, Any]:
    """``taken`` is null where nothing shows that it was taken."""
    taken = None if one.taken_at is None else dates.wire(one.taken_at)
    return {"way": one.way, "time": dates.wire(one.at), "taken": taken}


class Delivery(NamedTuple):
    event: int
    movement: PastMovement
    handouts: list[HandedOut]


def find_delivery(snapshot: Snapshot, keyring: Keyring, transaction_id: str) -> Delivery | None:
    event = keyring.event(transaction_id)
    found = None if event is None else recorded.movement(snapshot, event)
    if event is None or found is None:
        return None
    side = wire.side(found.source)
    return Delivery(event, found, handout_store.of_event(snapshot, found.brand, event, side, found.channel))
