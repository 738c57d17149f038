"""Destroys old data by the settings ``RETENTION_…``, in small pieces, and reports it as an act (docs/erasure.md). A run
that was interrupted goes on where it stood."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.care import aging
from consents.care.aging import Age
from consents.columns import micros, stored
from consents.instants import DAY
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from panel.audit.change import Change
from panel.retention.aged_rows import KINDS, AgedRows, DestructionKind
from settings import Settings
from web.logs import Alone

WHAT = "data-destroyed"

_COLUMNS = "id, begun_at, finished_at, kind, place, counts"
_OPEN = Statement(text(f"SELECT {_COLUMNS} FROM destruction_run WHERE finished_at IS NULL ORDER BY id LIMIT 1"))
_LAST = Statement(
    text(f"SELECT {_COLUMNS} FROM destruction_run WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1")
)
_BEGIN = Statement(text("INSERT INTO destruction_run (begun_at, kind, place, counts) VALUES (:now, 0, 0, '{}')"))
_MOVE = Statement(text("UPDATE destruction_run SET kind = :kind, place = :place, counts = :counts WHERE id = :id"))
_FINISH = Statement(text("UPDATE destruction_run SET finished_at = :now WHERE id = :id"))
# A night without anything is forgotten the next night; the others are kept as long as the log's words.
_CLEAR = Statement(text("DELETE FROM destruction_run WHERE id < :id AND (counts = '{}' OR finished_at < :before)"))


class DestructionRun(NamedTuple):
    """Times in µs; ``counts``: what was destroyed, by kind."""

    id: int
    begun_at: int
    finished_at: int | None
    kind: DestructionKind
    place: int
    counts: dict[DestructionKind, int]


class RunEnded(Exception):
    """Another process has ended the run meanwhile."""


def last(snapshot: Snapshot) -> DestructionRun | None:
    """The last finished run."""
    row = snapshot.one(_LAST)
    return None if row is None else _read(row)


def count(registry: Registry, settings: Settings) -> dict[DestructionKind, int]:
    """What a run would destroy now. Blocking."""
    found = dict.fromkeys(DestructionKind, 0)
    for kind, work in KINDS.items():
        aged, place = _age(registry, settings, work), 0
        while True:
            window = registry.store.read_now(work.look, registry, aged, place)
            found[kind] += len(window.found)
            if window.last is None:
                break
            place = window.last
    return found


def run(registry: Registry, settings: Settings, progress: Callable[[], None] = lambda: None) -> DestructionRun:
    """Goes on with an interrupted run, or makes one. Blocking. ``progress``: called after each transaction. What fails
    holds up nothing else; its error is raised at the end, and the next run tries again. Where another process, which
    shares the run, ends it first, that one's result."""
    current = registry.store.write_now(_begin)
    try:
        return _run(registry, settings, current, progress)
    except RunEnded:
        done = registry.store.read_now(last)
        assert done is not None
        return done


def _run(
    registry: Registry, settings: Settings, current: DestructionRun, progress: Callable[[], None]
) -> DestructionRun:
    store, errors = registry.store, list[Exception]()
    for kind, work in KINDS.items():
        if kind < current.kind:
            continue
        aged = _age(registry, settings, work)
        place = current.place if kind == current.kind else 0
        while True:
            window = store.read_now(work.look, registry, aged, place)
            for start in range(0, len(window.found), work.at_once):
                numbers = window.found[start : start + work.at_once]
                errors += _destroy_alone(registry, current.id, kind, aged, numbers)
                progress()
            if window.last is None:
                break
            place = window.last
            store.write_now(_move, current.id, kind, place, 0)
    done = store.write_now(_finish, registry, settings, current.id)
    if errors:
        raise errors[0]
    return done


def _destroy_alone(
    registry: Registry, number: int, kind: DestructionKind, aged: Age, numbers: list[int]
) -> list[Exception]:
    """Destroys these together; after an error each in a transaction of its own, and returns the errors."""
    try:
        registry.store.write_now(_destroy, registry, number, kind, aged, numbers)
    except (StoreUnavailable, RunEnded):
        raise
    except Exception:
        errors = list[Exception]()
        for one in numbers:
            with Alone("not_destroyed", kind=kind.name.lower(), number=one) as item:
                registry.store.write_now(_destroy, registry, number, kind, aged, [one])
            if isinstance(item.error, RunEnded):
                raise item.error from None
            errors += [item.error] if item.error else []
        return errors
    return []


def _age(registry: Registry, settings: Settings, work: AgedRows) -> Age:
    return registry.store.read_now(aging.age, registry.store.now() - work.days(settings) * DAY)


def _begin(transaction: Transaction) -> DestructionRun:
    if transaction.one(_OPEN) is None:
        transaction.run(_BEGIN, {"now": stored(transaction.now)})
    row = transaction.one(_OPEN)
    assert row is not None
    return _read(row)


def _destroy(
    transaction: Transaction, registry: Registry, number: int, kind: DestructionKind, aged: Age, numbers: list[int]
) -> DestructionRun:
    _open(transaction, number)
    done = sum(KINDS[kind].destroy(transaction, registry, aged, one) for one in numbers)
    return _move(transaction, number, kind, numbers[-1], done)


def _move(transaction: Transaction, number: int, kind: DestructionKind, place: int, done: int) -> DestructionRun:
    counts = {str(int(of)): found for of, found in _open(transaction, number).counts.items()}
    if done:
        counts[str(int(kind))] = counts.get(str(int(kind)), 0) + done
    transaction.run(_MOVE, {"id": number, "kind": int(kind), "place": place, "counts": json.dumps(counts)})
    return _open(transaction, number)


def _finish(transaction: Transaction, registry: Registry, settings: Settings, number: int) -> DestructionRun:
    current = _open(transaction, number)
    if current.counts:
        counts = " ".join(f"{kind.name.lower()}={found}" for kind, found in current.counts.items())
        Change(transaction, registry.keyring, None).note(WHAT, after=counts)
    now = transaction.now
    transaction.run(_FINISH, {"id": current.id, "now": stored(now)})
    transaction.run(_CLEAR, {"id": current.id, "before": stored(now - settings.retention_logs_days * DAY)})
    return current._replace(finished_at=now)


def _open(transaction: Transaction, number: int) -> DestructionRun:
    """Errors: RunEnded."""
    row = transaction.one(_OPEN)
    if row is None or (found := _read(row)).id != number:
        raise RunEnded
    return found


def _read(row: tuple[Any, ...]) -> DestructionRun:
    number, begun_at, finished_at, kind, place, counts = row
    known = {DestructionKind(int(of)): found for of, found in json.loads(counts).items()}
    ended = None if finished_at is None else micros(finished_at)
    return DestructionRun(number, micros(begun_at), ended, DestructionKind(kind), place, known)
