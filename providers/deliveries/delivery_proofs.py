"""``GET B/deliveries/{transactionId}``, our own: when a movement was recorded, handed to its provider, and taken."""

from __future__ import annotations

from typing import Any

from consents import dates
from providers.api import endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.background import Apart
from providers.api.endpoint import Call, Right
from providers.deliveries import proof_store
from providers.deliveries.handout_store import HandedOut

_looking = Apart("proof", 1)


@endpoint.of(Right.READ)
async def detail(call: Call) -> Answer:
    """Every handout of the movement; 404 Z424 where the brand has none of this id."""
    name = str(call.request.path_params[wire.TRANSACTION])
    # Through all that was handed out since: seconds, where that is much.
    found = await _looking.run(call.registry.store.read_now, proof_store.find, call.registry.keyring, name)
    if found is None or found.movement.brand != call.of_brand.id:
        raise Refusal(404, Fault("Z424", (wire.TRANSACTION,), name[:200]))
    call.may(found.movement.channel)
    reply = wire.receipt(name.lower(), found.movement.recorded_at)
    return Answer(200, reply | {"deliveries": [_fields(handout) for handout in found.handouts]})


def _fields(one: HandedOut) -> dict[str, Any]:
    """``taken`` is null where nothing shows that it was taken."""
    taken = None if one.taken_at is None else dates.wire(one.taken_at)
    return {"way": one.way, "time": dates.wire(one.at), "taken": taken}
