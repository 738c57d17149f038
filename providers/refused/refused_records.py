"""Counts the records that a call refuses: a single consent, or a list refused as a whole for its form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from providers.api.answers import Refusal
from providers.api.endpoint import Call
from providers.cases.meanings import CHANNELS
from providers.refused import refused_counts, refused_tally
from providers.refused.refused_counts import RefusedWay
from web.iys_fields import Field


def note(call: Call, way: RefusedWay, refusal: Refusal, sent: Sequence[Any]) -> None:
    """Counts each record once for each code; ``sent``: the bodies."""
    found = {(fault.code, fault.place) for fault in refusal.faults}
    only = 0 if way is RefusedWay.SINGLE else None  # what is wrong with a list as a whole is of no channel
    codes = Counter((code, _channel(sent, only if place is None else place)) for code, place in found)
    store = call.registry.store
    refused_tally.get(store).add(store, refused_counts.kinds(call.of_brand.id, way, codes))


def _channel(sent: Sequence[Any], place: int | None) -> int | None:
    body = sent[place] if place is not None and place < len(sent) else None
    word = body.get(Field.TYPE) if isinstance(body, dict) else None
    channel = CHANNELS.get(word) if isinstance(word, str) else None
    return channel.code if channel else None
