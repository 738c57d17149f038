"""Table ``batch``: lists of consents between their 202 and their results.

A list is stored whole, in the one transaction that also writes its results: killed at any moment, it is found waiting
or finished, and no item of it is ever recorded twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from consents import business_days
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.register import Person
from consents.registry import Registry
from consents.rules import DAY
from consents.store import Snapshot, Statement, Transaction
from providers import recording
from providers.items import Item
from providers.recording import Told

KEPT = 60 * DAY  # µs: results (API document 3.2.0)

_OPEN = Statement(
    text("SELECT id, brand, api_user, received_at, sealed FROM batch WHERE finished_at IS NULL ORDER BY id LIMIT 1")
)
_FIND = Statement(
    text("SELECT brand, again, size, received_at, finished_at, results FROM batch WHERE request = :request")
)
_OF_ACT = Statement(text("SELECT request, results FROM batch WHERE act = :act"))
_ACT_OF = Statement(text("SELECT act FROM consent_event WHERE id = :event"))
_TAKE = Statement(text("UPDATE batch SET finished_at = :now, sealed = NULL WHERE id = :batch AND finished_at IS NULL"))
_RESULTS = Statement(text("UPDATE batch SET act = :act, results = :results WHERE id = :batch"))
_FORGET = Statement(text("DELETE FROM batch WHERE received_at < :before AND finished_at IS NOT NULL"))


class Waiting(NamedTuple):
    """A list that is to be stored, and its people made ready."""

    id: int
    brand: int
    user: int
    received_at: int
    items: list[Item]
    people: list[Person]


class Found(NamedTuple):
    """A list as its sender asks for it. ``told`` is None while it waits."""

    brand: int
    again: bool
    size: int
    received_at: int
    finished_at: int | None
    told: list[Told] | None


class Origin(NamedTuple):
    """Where a repeated item was reported first: the list's requestId and the item's place."""

    request: str
    place: int


def queue(
    transaction: Transaction, keyring: Keyring, request: str, brand: int, user: int, items: Sequence[Item], again: bool
) -> None:
    """Keeps a list for the worker."""
    sealed = keyring.seal_data(json.dumps(items, separators=(",", ":")).encode())
    row = (request, brand, user, again, len(items), stored(transaction.now), sealed)
    columns = "id,request,brand,api_user,again,size,received_at,sealed"
    transaction.insert("batch", columns, [(transaction.numbers("batch"), *row)])


def waiting(snapshot: Snapshot, keyring: Keyring) -> Waiting | None:
    """The list that has waited longest."""
    row = snapshot.one(_OPEN)
    if row is None:
        return None
    items = [_item(*fields) for fields in json.loads(keyring.unseal_data(bytes(row[4])))]
    return Waiting(row[0], row[1], row[2], micros(row[3]), items, recording.people(keyring, items))


def store(transaction: Transaction, registry: Registry, batch: Waiting) -> bool:
    """Records the list and its results; False where another process has done so."""
    if transaction.run(_TAKE, {"batch": batch.id, "now": stored(transaction.now)}) == 0:
        return False
    oldest = business_days.oldest_reportable(batch.received_at)  # in time when it was taken is in time
    report = recording.record(transaction, registry, batch.brand, batch.items, batch.people, batch.user, oldest)
    results = json.dumps(report.told, separators=(",", ":")).encode()
    transaction.run(_RESULTS, {"batch": batch.id, "act": report.act, "results": results})
    return True


def find(snapshot: Snapshot, request: str) -> Found | None:
    """The list of this requestId."""
    row = snapshot.one(_FIND, {"request": request})
    if row is None:
        return None
    finished_at = None if row[4] is None else micros(row[4])
    told = None if finished_at is None else _told(row[5])
    return Found(row[0], bool(row[1]), row[2], micros(row[3]), finished_at, told)


def origin(snapshot: Snapshot, event: int) -> Origin | None:
    """The list and the place in it that an event came from; None where it came otherwise or long ago."""
    act = snapshot.one(_ACT_OF, {"event": event})
    row = snapshot.one(_OF_ACT, {"act": act[0]}) if act else None
    if row is None:
        return None
    place = next((place for place, one in enumerate(_told(row[1])) if one.event == event), None)
    return None if place is None else Origin(row[0], place)


def sweep(transaction: Transaction) -> int:
    """Forgets results of 60 days ago; how many lists."""
    return transaction.run(_FORGET, {"before": stored(transaction.now - KEPT)})


def _item(*fields: Any) -> Item:
    return Item(*fields)._replace(access=tuple(fields[7]))  # JSON made a list of it


def _told(results: bytes) -> list[Told]:
    return [Told(*one) for one in json.loads(bytes(results))]
