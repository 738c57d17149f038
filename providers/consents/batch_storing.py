"""Lists of consents recorded, with their results.

A list is stored whole, in the one transaction that also writes its results, perhaps with others: killed at any moment,
it is found waiting or finished, and no item of it is ever recorded twice.

The accesses of dealers that a list gives may be a hundred times as many as its items. Where they are many they follow
in transactions of their own, so that others write in between; until the last of them the list counts as waiting, and
killed meanwhile it is found with its results, and gives them again. Which it gives was settled when it was recorded.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import text

from consents import business_days, ledger
from consents.brands import accesses
from consents.columns import stored
from consents.ledger import UNCHANGED, Staged
from consents.registry import Registry
from consents.rules import RET
from consents.store import Statement, Transaction
from consents.store.gates import AnyGate
from providers.consents import recording
from providers.consents.batch_queue import Waiting
from providers.consents.recording import TAKEN, RecordedList
from providers.refused import refused_counts
from providers.refused.refused_counts import RefusedWay

_FINISH = "UPDATE batch SET finished_at = :now, sealed = NULL WHERE id = :batch AND finished_at IS NULL"
_TAKE = Statement(text(f"{_FINISH} AND results IS NULL"))
_END = Statement(text(_FINISH))
_UNRECORDED = Statement(text("SELECT 1 FROM batch WHERE id = :batch AND finished_at IS NULL AND results IS NULL"))
_RECORDED = Statement(text("SELECT results FROM batch WHERE id = :batch AND finished_at IS NULL"))
_RESULTS = Statement(text("UPDATE batch SET act = :act, results = :results WHERE id = :batch"))


class Stored(NamedTuple):
    """How many seconds a transaction took, and those of its lists that ``give`` has to finish."""

    seconds: float
    later: list[Waiting]


def parted(registry: Registry, lists: Sequence[Waiting]) -> list[list[Waiting]]:
    """The same in the same order, in parts that a transaction each is for: each long list is laid ready by itself."""
    parts: list[list[Waiting]] = [[]]
    for one in lists:
        long = _is_long(registry, one)
        if parts[-1] and (long or _is_long(registry, parts[-1][0])):
            parts.append([])
        parts[-1].append(one)
    return parts


def store_all(registry: Registry, gate: AnyGate, lists: Sequence[Waiting]) -> Stored:
    """One of these parts in its transaction; ``gate``: for long lists.

    What a long list is about is looked up before the write lock is taken; under it is only seen whether that has
    changed (consents/ledger/staging.py).
    """
    one = lists[0]
    if not gate.pipelines or not _is_long(registry, one):
        return registry.store.write_now(store, registry, lists)
    staged = gate.prepare(lambda ready: recording.stage(ready, registry, one.brand, one.items, one.people))
    with gate.laid(ledger.asked_of_staged(staged, _oldest(one))) as transaction:
        return store(transaction, registry, lists, staged)


def _is_long(registry: Registry, one: Waiting) -> bool:
    return recording.is_long(registry.store.dialect, one.items)


def store(
    transaction: Transaction, registry: Registry, lists: Sequence[Waiting], staged: Staged | None = None
) -> Stored:
    """Records lists and their results, in order, less those that were recorded before. ``staged``: an only list, as it
    lies ready.

    One that was may still have accesses to give, also where it is too short for that: it may be of a program that
    wrote fewer at once.
    """
    began = time.perf_counter()
    later = []
    for one in lists:
        if one.gives_later:
            if transaction.one(_UNRECORDED, {"batch": one.id}):
                _record(transaction, registry, one, staged)
            later.append(one)
        elif transaction.run(_TAKE, {"batch": one.id, "now": stored(transaction.now)}):
            accesses.give(transaction, _record(transaction, registry, one, staged).given)
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
    end = place + max(1, sum(total <= accesses.AT_ONCE for total in running))
    part = one.items[place:end], one.people[place:end], _since(row[0])[place:end]
    accesses.give(transaction, recording.accesses(transaction, registry, one.brand, *part))
    if end < len(one.items):
        return end
    transaction.run(_END, {"batch": one.id, "now": stored(transaction.now)})
    return None


def _record(transaction: Transaction, registry: Registry, one: Waiting, staged: Staged | None) -> RecordedList:
    report = recording.record(
        transaction, registry, one.brand, one.items, one.people, one.user, _oldest(one), again=one.again, staged=staged
    )
    # A new word stands for itself; of a repeat it is kept since when its accesses are given.
    written = [
        (*item, report.since[place]) if item.code == UNCHANGED and place in report.since else item
        for place, item in enumerate(report.told)
    ]
    results = json.dumps(written, separators=(",", ":")).encode()
    transaction.run(_RESULTS, {"batch": one.id, "act": report.act, "results": results})
    refused_counts.add(transaction, refused_counts.kinds(one.brand, RefusedWay.LIST, _refused(one, report)))
    return report


def _oldest(one: Waiting) -> int:
    """The oldest ONAY that a list may bring, µs: in time when it was taken is in time."""
    return business_days.oldest_reportable(one.received_at)


def _refused(one: Waiting, report: RecordedList) -> Counter[tuple[str, int | None]]:
    """The items that are not taken, by code and channel; a repeat is one of them where the first version is called."""
    found: Counter[tuple[str, int | None]] = Counter()
    for item, (code, _) in zip(one.items, report.told, strict=True):
        if code in TAKEN or (code == UNCHANGED and one.again):
            continue
        repeated = "H174" if item.status == RET else "H178"
        found[repeated if code == UNCHANGED else code, item.channel] += 1
    return found


def _since(results: bytes) -> list[int | None]:
    """Since which event each item gives its accesses; None where it gives none."""
    told = json.loads(bytes(results))
    return [one[2] if len(one) > 2 else one[1] if one[0] in TAKEN else None for one in told]
