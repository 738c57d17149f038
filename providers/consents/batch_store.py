"""Table ``batch``: lists of consents between their 202 and their results.

A list is stored whole, in the one transaction that also writes its results, perhaps with others: killed at any moment,
it is found waiting or finished, and no item of it is ever recorded twice.

The accesses of dealers that a list gives may be a hundred times as many as its items. Where they are many they follow
in transactions of their own, so that others write in between; until the last of them the list is told as waiting, and
killed meanwhile it is found with its results, and gives them again. Which it gives was settled when it was recorded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import select, text

from consents import business_days
from consents.brands import accesses
from consents.brands.accesses import AT_ONCE
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.ledger import UNCHANGED
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, among
from providers.cases.case import Declared
from providers.consents import recording
from providers.consents.recording import TAKEN, Outcome, RecordedList
from providers.tables import Batch

_PLAIN = 6  # fields of an item without dealers
_new = tuple.__new__  # half the cost of Declared(…)

_batch = Batch.__table__.c  # type: ignore[attr-defined]
_AT_ONCE = 64  # lists that are looked at together, however short they are
_OPEN = Statement(text("SELECT id, size FROM batch WHERE finished_at IS NULL AND id > :after ORDER BY id LIMIT :most"))
_OPENED = Statement(
    text(
        "SELECT id, brand, api_user, received_at, sealed, again FROM batch "
        "WHERE finished_at IS NULL AND id > :after AND id <= :last ORDER BY id"
    )
)
_FIND = Statement(
    text("SELECT brand, again, size, received_at, finished_at, results FROM batch WHERE request = :request")
)
_OF_ACTS = Statement(select(_batch.act, _batch.request, _batch.results).where(among(_batch.act, "acts")))
_FINISH = "UPDATE batch SET finished_at = :now, sealed = NULL WHERE id = :batch AND finished_at IS NULL"
_TAKE = Statement(text(f"{_FINISH} AND results IS NULL"))
_END = Statement(text(_FINISH))
_UNRECORDED = Statement(text("SELECT 1 FROM batch WHERE id = :batch AND finished_at IS NULL AND results IS NULL"))
_RECORDED = Statement(text("SELECT results FROM batch WHERE id = :batch AND finished_at IS NULL"))
_WAITING = Statement(text("SELECT 1 FROM batch WHERE brand = :brand AND finished_at IS NULL LIMIT 1"))
_GIVING = Statement(
    text("SELECT 1 FROM batch WHERE brand = :brand AND finished_at IS NULL AND results IS NOT NULL LIMIT 1")
)
_RESULTS = Statement(text("UPDATE batch SET act = :act, results = :results WHERE id = :batch"))


class UnreadableList(RuntimeError):
    """A waiting list cannot be read: its number, and the class of what went wrong."""


class Queued(NamedTuple):
    """A list that was taken: its requestId, whose it is, its items as ``sealed`` made them; ``again``: by v2."""

    request: str
    brand: int
    user: int
    size: int
    sealed: bytes
    again: bool


class Waiting(NamedTuple):
    """A list that is to be stored, and its people made ready."""

    id: int
    brand: int
    user: int
    received_at: int
    items: list[Declared]
    people: list[Person]
    again: bool

    @property
    def accesses(self) -> int:
        return sum(len(item.access) for item in self.items)

    @property
    def gives_later(self) -> bool:
        """Whether its accesses are too many for the transaction of its items."""
        return self.accesses > AT_ONCE

    @property
    def weight(self) -> int:
        """How many rows the transaction of its items writes, about."""
        return len(self.items) + (0 if self.gives_later else self.accesses)


class Ready(NamedTuple):
    """Lists made ready, the errors of those that cannot be read, and the number of the last; None: none waits."""

    lists: list[Waiting]
    errors: list[Exception]
    last: int | None


class Stored(NamedTuple):
    """How many seconds a transaction took, and those of its lists that ``give`` has to finish."""

    seconds: float
    later: list[Waiting]


class Found(NamedTuple):
    """A list as its sender asks for it. ``told`` is None while it waits."""

    brand: int
    again: bool
    size: int
    received_at: int
    finished_at: int | None
    told: list[Outcome] | None


class Origin(NamedTuple):
    """Where a repeated item was reported first: the list's requestId and the item's place."""

    request: str
    place: int


def sealed(keyring: Keyring, items: Sequence[Declared]) -> bytes:
    """Items as a waiting list holds them; outside the write transaction, for a thousand take most of a millisecond."""
    plain = [item if item.dealer or item.access else item[:_PLAIN] for item in items]
    return keyring.seal_data(json.dumps(plain, separators=(",", ":")).encode())


def queue(transaction: Transaction, queued: Queued) -> None:
    """Keeps a list for the worker."""
    row = (transaction.numbers("batch"), *queued, stored(transaction.now))
    transaction.insert("batch", "id,request,brand,api_user,size,sealed,again,received_at", [row])


def waiting(registry: Registry, after: int = 0, room: int = 1) -> Ready:
    """The lists that have waited longest, of those queued after the one numbered ``after``: as many as have ``room``
    items and accesses together, and at least one. One that cannot be read holds up no other.

    Their people are made ready, which takes some µs each: not for the event loop.
    """
    rows = registry.store.read_now(_rows, after, room)
    lists: list[Waiting] = []
    errors: list[Exception] = []
    last = None
    for row in rows:
        try:
            one = _waiting(registry.keyring, row)
        except Exception as error:  # whatever it is, the others are read
            errors.append(UnreadableList(row[0], type(error).__name__))
        else:
            room -= one.weight
            if lists and room < 0:
                break
            lists.append(one)
        last = row[0]
    return Ready(lists, errors, last)


def store(transaction: Transaction, registry: Registry, lists: Sequence[Waiting]) -> Stored:
    """Records lists and their results, in order, less those that were recorded before.

    One that was may still have accesses to give, also where it is too short for that: it may be of a program that
    wrote fewer at once.
    """
    began = time.perf_counter()
    later = []
    for one in lists:
        if one.gives_later:
            if transaction.one(_UNRECORDED, {"batch": one.id}):
                _record(transaction, registry, one)
            later.append(one)
        elif transaction.run(_TAKE, {"batch": one.id, "now": stored(transaction.now)}):
            accesses.give(transaction, _record(transaction, registry, one).given)
        else:
            later.append(one)
    return Stored(time.perf_counter() - began, later)


def give(transaction: Transaction, registry: Registry, one: Waiting, place: int) -> int | None:
    """Writes accesses that a recorded list gives, from the item at ``place`` on; the place to go on from.

    None where the list is finished by that, or was by another process.
    """
    row = transaction.one(_RECORDED, {"batch": one.id})
    if row is None:
        return None
    running = accumulate(len(item.access) for item in one.items[place:])
    end = place + max(1, sum(total <= AT_ONCE for total in running))
    part = one.items[place:end], one.people[place:end], _since(row[0])[place:end]
    accesses.give(transaction, recording.accesses(transaction, registry, one.brand, *part))
    if end < len(one.items):
        return end
    transaction.run(_END, {"batch": one.id, "now": stored(transaction.now)})
    return None


def waits(snapshot: Snapshot, brand: int) -> bool:
    """Whether a list of the brand (internal id) is not finished."""
    return snapshot.one(_WAITING, {"brand": brand}) is not None


def gives(snapshot: Snapshot, brand: int) -> bool:
    """Whether a list of the brand (internal id) that is recorded may still have accesses to give."""
    return snapshot.one(_GIVING, {"brand": brand}) is not None


def find(snapshot: Snapshot, request: str) -> Found | None:
    """The list of this requestId."""
    row = snapshot.one(_FIND, {"request": request})
    if row is None:
        return None
    finished_at = None if row[4] is None else micros(row[4])
    told = None if finished_at is None else _told(row[5])
    return Found(row[0], bool(row[1]), row[2], micros(row[3]), finished_at, told)


def origins(snapshot: Snapshot, acts: Mapping[int, int]) -> dict[int, Origin]:
    """Where events were reported first, by their numbers; without those that came otherwise or long ago.

    ``acts``: the act of each event. However many came from one list, its results are read once.
    """
    found: dict[int, Origin] = {}
    for act, request, results in snapshot.all(_OF_ACTS, {"acts": snapshot.array(set(acts.values()))}):
        for place, (_, event, *_) in enumerate(json.loads(bytes(results))):
            if acts.get(event) == act:  # else it was repeated there too
                found.setdefault(event, Origin(request, place))
    return found


def _record(transaction: Transaction, registry: Registry, one: Waiting) -> RecordedList:
    oldest = business_days.oldest_reportable(one.received_at)  # in time when it was taken is in time
    report = recording.record(
        transaction, registry, one.brand, one.items, one.people, one.user, oldest, again=one.again
    )
    # A new word stands for itself; of a repeat it is kept since when its accesses are given.
    written = [
        (*item, report.since[place]) if item.code == UNCHANGED and place in report.since else item
        for place, item in enumerate(report.told)
    ]
    results = json.dumps(written, separators=(",", ":")).encode()
    transaction.run(_RESULTS, {"batch": one.id, "act": report.act, "results": results})
    return report


def _rows(snapshot: Snapshot, after: int, room: int) -> list[tuple[Any, ...]]:
    known = snapshot.all(_OPEN, {"after": after, "most": _AT_ONCE})
    if not known:
        return []
    fitting = sum(total <= room for total in accumulate(size for _, size in known))
    return snapshot.all(_OPENED, {"after": after, "last": known[max(fitting, 1) - 1][0]})


def _waiting(keyring: Keyring, row: tuple[Any, ...]) -> Waiting:
    items = [_item(fields) for fields in json.loads(keyring.unseal_data(bytes(row[4])))]
    return Waiting(row[0], row[1], row[2], micros(row[3]), items, recording.people(keyring, items), bool(row[5]))


def _item(fields: list[Any]) -> Declared:
    if len(fields) == _PLAIN:
        return _new(Declared, (*fields, None, ()))
    return Declared(*fields)._replace(access=tuple(fields[7]))  # JSON made a list of it


def _told(results: bytes) -> list[Outcome]:
    return [Outcome(*one[:2]) for one in json.loads(bytes(results))]


def _since(results: bytes) -> list[int | None]:
    """Since which event each item gives its accesses; None where it gives none."""
    told = json.loads(bytes(results))
    return [one[2] if len(one) > 2 else one[1] if one[0] in TAKEN else None for one in told]
