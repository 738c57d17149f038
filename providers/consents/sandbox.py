"""Answers to a test key: a declaration is judged as any other, and nothing of it is stored, so that none of it can
reach history, counts, feed, İYS or a citizen. A list's id holds its size, so that its results need no row either."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence

from consents import dates
from consents.keys import Keyring
from providers.api import wire
from providers.api.answers import Answer
from providers.api.endpoint import Call
from providers.cases.case import Declared
from providers.consents import sub_requests
from trust.pseudonyms import mac

_AGAIN = 1 << 15  # of the two bytes of a size: the list came by v2
_SIZE, _RANDOM, _MARK = 2, 10, 4  # bytes of an id


def receipt(call: Call) -> Answer:
    """As of a recorded consent, with an id that no movement has."""
    return Answer(200, wire.receipt(secrets.token_hex(32), call.registry.store.now()))


def accept(call: Call, items: Sequence[Declared], again: bool) -> Answer:
    """As of an accepted list."""
    head = (len(items) | _AGAIN * again).to_bytes(_SIZE, "big") + secrets.token_bytes(_RANDOM)
    request = str(uuid.UUID(bytes=head + _mark(call.registry.keyring, head)))
    call.facts.request = request
    created = dates.wire(call.registry.store.now())
    return Answer(202, sub_requests.accepted(sub_requests.draft(request, items), created))


def results(call: Call, request: str, newer: bool) -> Answer:
    """Of a list that a test key sent: each item succeeded. An empty list for any other id."""
    try:
        given = uuid.UUID(request).bytes
    except ValueError:
        return Answer(200, [])
    keyring, head = call.registry.keyring, given[: _SIZE + _RANDOM]
    if _mark(keyring, head) != given[_SIZE + _RANDOM :]:
        return Answer(200, [])
    size, now = int.from_bytes(head[:_SIZE], "big"), call.registry.store.now()
    again = bool(size & _AGAIN) if newer else None
    found = []
    for place, name in enumerate(sub_requests.names(request, size & ~_AGAIN)):
        own = wire.receipt(mac(keyring, "test movement", name.encode()).hex(), now)
        found.append(sub_requests.head(place, name, again=again) | {"status": "success", wire.REQUEST: request} | own)
    return Answer(200, found)


def _mark(keyring: Keyring, head: bytes) -> bytes:
    return mac(keyring, "test list", head)[:_MARK]
