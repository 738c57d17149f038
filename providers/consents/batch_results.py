"""Results of lists of consents, and where a repeated item was first reported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select, text

from consents.columns import micros, optional_micros
from consents.store import Snapshot, Statement, among, table
from providers.consents.recording import Outcome
from providers.tables import Batch

_batch = table(Batch).c
_FIND = Statement(
    text("SELECT brand, again, size, received_at, finished_at, results FROM batch WHERE request = :request")
)
_OF_ACTS = Statement(select(_batch.act, _batch.request, _batch.results).where(among(_batch.act, "acts")))


class FoundList(NamedTuple):
    """``outcomes``: None while it waits."""

    brand: int
    again: bool
    size: int
    received_at: int
    finished_at: int | None
    outcomes: list[Outcome] | None


class Origin(NamedTuple):
    request: str
    place: int


def find(snapshot: Snapshot, request: str) -> FoundList | None:
    if (row := snapshot.one(_FIND, {"request": request})) is None:
        return None
    brand, again, size, received_at, finished_at, results = row
    outcomes = None if finished_at is None else _outcomes(results)
    return FoundList(brand, bool(again), size, micros(received_at), optional_micros(finished_at), outcomes)


def origins(snapshot: Snapshot, acts: Mapping[int, int]) -> dict[int, Origin]:
    """Where events were first reported, by their numbers, without those that came otherwise or long ago. ``acts``: the
    act of each event; each list's results are read once."""
    found: dict[int, Origin] = {}
    for act, request, results in snapshot.all(_OF_ACTS, {"acts": snapshot.array(set(acts.values()))}):
        for place, (_, event, *_) in enumerate(json.loads(bytes(results))):
            if acts.get(event) == act:  # else it was repeated there too
                found.setdefault(event, Origin(request, place))
    return found


def _outcomes(results: bytes) -> list[Outcome]:
    return [Outcome(*one[:2]) for one in json.loads(bytes(results))]
