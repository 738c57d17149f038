"""Table ``batch``: accepted lists of consents (202) that wait for the worker. Their results, and where a repeated item
was first reported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import select, text

from consents.brands import accesses
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, among
from providers.cases.case import Declared
from providers.consents import recording
from providers.consents.recording import Outcome
from providers.tables import Batch

_PLAIN = 6  # fields of an item without dealers
_new = tuple.__new__  # half the cost of Declared(…)

_AT_ONCE = 64  # lists that are looked at together, however short they are
_OPEN = Statement(text("SELECT id, size FROM batch WHERE finished_at IS NULL AND id > :after ORDER BY id LIMIT :most"))
_OPENED = Statement(
    text(
        "SELECT id, brand, api_user, received_at, sealed, again FROM batch "
        "WHERE finished_at IS NULL AND id > :after AND id <= :last ORDER BY id"
    )
)
_WAITING = Statement(text("SELECT 1 FROM batch WHERE brand = :brand AND finished_at IS NULL LIMIT 1"))
_GIVING = Statement(
    text("SELECT 1 FROM batch WHERE brand = :brand AND finished_at IS NULL AND results IS NOT NULL LIMIT 1")
)
_batch = Batch.__table__.c  # type: ignore[attr-defined]
_FIND = Statement(
    text("SELECT brand, again, size, received_at, finished_at, results FROM batch WHERE request = :request")
)
_OF_ACTS = Statement(select(_batch.act, _batch.request, _batch.results).where(among(_batch.act, "acts")))


class UnreadableList(RuntimeError):
    """A waiting list cannot be read: its number, and the class of the error."""


class Queued(NamedTuple):
    """An accepted list: its requestId, owner, items from ``sealed``; ``again``: by v2."""

    request: str
    brand: int
    user: int
    size: int
    sealed: bytes
    again: bool


class Waiting(NamedTuple):
    id: int
    brand: int
    user: int
    received_at: int
    items: list[Declared]
    people: list[Person]
    again: bool

    @property
    def given(self) -> int:
        return sum(len(item.access) for item in self.items)

    @property
    def gives_later(self) -> bool:
        """Whether its accesses are too many for the transaction of its items."""
        return self.given > accesses.AT_ONCE

    @property
    def weight(self) -> int:
        return len(self.items) + (0 if self.gives_later else self.given)


class ReadyLists(NamedTuple):
    """Lists ready for the store, the errors of unreadable ones, and the number of the last; None: none waits."""

    lists: list[Waiting]
    errors: list[Exception]
    last: int | None


def sealed(keyring: Keyring, items: Sequence[Declared]) -> bytes:
    """Items as stored; call it outside the write transaction: a thousand take most of a ms."""
    plain = [item if item.dealer or item.access else item[:_PLAIN] for item in items]
    return keyring.seal_data(json.dumps(plain, separators=(",", ":")).encode())


def add(transaction: Transaction, queued: Queued) -> None:
    row = (transaction.numbers("batch"), *queued, stored(transaction.now))
    transaction.insert("batch", "id,request,brand,api_user,size,sealed,again,received_at", [row])


def waiting(registry: Registry, after: int = 0, room: int = 1) -> ReadyLists:
    """The lists queued after number ``after`` that have waited longest: up to ``room`` items and accesses, at least one
    list. Unreadable ones hold up no other. Encrypts people, so not for the event loop."""
    rows = registry.store.read_now(_rows, after, room)
    lists: list[Waiting] = []
    errors: list[Exception] = []
    last = None
    for number, *row in rows:
        try:
            one = _waiting(registry.keyring, number, *row)
        except Exception as error:  # whatever it is, the others are read
            errors.append(UnreadableList(number, type(error).__name__))
        else:
            room -= one.weight
            if lists and room < 0:
                break
            lists.append(one)
        last = number
    return ReadyLists(lists, errors, last)


def waits(snapshot: Snapshot, brand: int) -> bool:
    return snapshot.one(_WAITING, {"brand": brand}) is not None


def gives(snapshot: Snapshot, brand: int) -> bool:
    """Whether a recorded list of the brand may still have accesses to give."""
    return snapshot.one(_GIVING, {"brand": brand}) is not None


def _rows(snapshot: Snapshot, after: int, room: int) -> list[tuple[Any, ...]]:
    known = snapshot.all(_OPEN, {"after": after, "most": _AT_ONCE})
    if not known:
        return []
    fitting = sum(total <= room for total in accumulate(size for _, size in known))
    return snapshot.all(_OPENED, {"after": after, "last": known[max(fitting, 1) - 1][0]})


def _waiting(
    keyring: Keyring, number: int, brand: int, user: int, received_at: float, sealed: bytes, again: bool | None
) -> Waiting:
    items = [_item(fields) for fields in json.loads(keyring.unseal_data(sealed))]
    return Waiting(number, brand, user, micros(received_at), items, recording.people(keyring, items), bool(again))


def _item(fields: list[Any]) -> Declared:
    if len(fields) == _PLAIN:
        return _new(Declared, (*fields, None, ()))
    return Declared(*fields)._replace(access=tuple(fields[7]))  # JSON made a list of it


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


def find_list(snapshot: Snapshot, request: str) -> FoundList | None:
    row = snapshot.one(_FIND, {"request": request})
    if row is None:
        return None
    finished_at = None if row[4] is None else micros(row[4])
    outcomes = None if finished_at is None else _outcomes(row[5])
    return FoundList(row[0], bool(row[1]), row[2], micros(row[3]), finished_at, outcomes)


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
