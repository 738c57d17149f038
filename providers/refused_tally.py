"""Refused records of single calls, counted in memory and written together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from consents.store import Store
from providers import refused_counts
from providers.api.answers import Refusal
from providers.api.endpoint import Call
from providers.callers.uses import WriteBehind
from providers.cases.meanings import CHANNELS
from providers.refused_counts import RefusedKind, RefusedWay
from web.iys_fields import Field

RefusedTally = WriteBehind[Counter[RefusedKind]]


def get(store: Store) -> RefusedTally:
    # What could not be written waits on.
    return store.own(RefusedTally, lambda: RefusedTally(Counter, refused_counts.add, Counter.update))


def note_refusal(call: Call, way: RefusedWay, refusal: Refusal, sent: Sequence[Any]) -> None:
    """Counts each record once for each code; ``sent``: the bodies."""
    found = {(fault.code, fault.place) for fault in refusal.faults}
    only = 0 if way is RefusedWay.SINGLE else None  # what is wrong with a list as a whole is of no channel
    codes = Counter((code, _channel(sent, only if place is None else place)) for code, place in found)
    tally = get(call.registry.store)
    tally.waiting.update(refused_counts.kinds(call.of_brand.id, way, codes))
    tally.begin(call.registry.store)


def _channel(sent: Sequence[Any], place: int | None) -> int | None:
    body = sent[place] if place is not None and place < len(sent) else None
    word = body.get(Field.TYPE) if isinstance(body, dict) else None
    channel = CHANNELS.get(word) if isinstance(word, str) else None
    return channel.code if channel else None
