"""Records lists of consents with their results, each list in one transaction: after a crash it is waiting or finished.
Many accesses of dealers follow in transactions of their own, fixed when the list was recorded; until the last the list
waits, and after a crash all are given again."""

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
from providers import refused_counts
from providers.consents import recording
from providers.consents.batch_queue import Waiting
from providers.consents.recording import TAKEN, RecordedList
from providers.refused_counts import RefusedWay

_FINISH = "UPDATE batch SET finished_at = :now, sealed = NULL WHERE id = :batch AND finished_at IS NULL"
_TAKE = Statement(text(f"{_FINISH} AND results IS NULL"))
_END = Statement(text(_FINISH))
_UNRECORDED = Statement(text("SELECT 1 FROM batch WHERE id = :batch AND finished_at IS NULL AND results IS NULL"))
_RECORDED = Statement(text("SELECT results FROM batch WHERE id = :batch AND finished_at IS NULL"))
_RESULTS = Statement(text("UPDATE batch SET act = :act, results = :results WHERE id = :batch"))


class Stored(NamedTuple):
    """Seconds of a transaction, and those of its lists that ``give`` has to finish."""

    seconds: float
    later: list[Waiting]


def parted(registry: Registry, lists: Sequence[Waiting]) -> list[list[Waiting]]:
    """The same in order, in parts of a transaction each; each long list is staged by itself."""
    parts: list[list[Waiting]] = [[]]
    for one in lists:
        long = _is_long(registry, one)
        if parts[-1] and (long or _is_long(registry, parts[-1][0])):
            parts.append([])
        parts[-1].append(one)
    return parts


def store_all(registry: Registry, gate: AnyGate, lists: Sequence[Waiting]) -> Stored:
    """Stores one part in its transaction; ``gate``: for long lists, which are looked up before the write lock
    (consents/ledger/staging.py)."""
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
    """Records lists and their results in order, less those recorded before, which may still have accesses to give.
    ``staged``: a single, staged list."""
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
    """Writes accesses of a recorded list from the item at ``place`` on; the place to continue, None where the list is
    finished."""
    if (results := transaction.value(_RECORDED, {"batch": one.id})) is None:
        return None
    running = accumulate(len(item.access) for item in one.items[place:])
    end = place + max(1, sum(total <= accesses.AT_ONCE for total in running))
    part = one.items[place:end], one.people[place:end], _since(results)[place:end]
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
        for place, item in enumerate(report.outcomes)
    ]
    results = json.dumps(written, separators=(",", ":")).encode()
    transaction.run(_RESULTS, {"batch": one.id, "act": report.act, "results": results})
    refused_counts.add(transaction, refused_counts.kinds(one.brand, RefusedWay.LIST, _refused(one, report)))
    return report


def _oldest(one: Waiting) -> int:
    """The oldest ONAY of a list, µs: in time when it was accepted is in time."""
    return business_days.oldest_reportable(one.received_at)


def _refused(one: Waiting, report: RecordedList) -> Counter[tuple[str, int | None]]:
    """Refused items by code and channel; a repeat counts where the first version is called."""
    found: Counter[tuple[str, int | None]] = Counter()
    for item, (code, _) in zip(one.items, report.outcomes, strict=True):
        if code in TAKEN or (code == UNCHANGED and one.again):
            continue
        repeated = "H174" if item.status == RET else "H178"
        found[repeated if code == UNCHANGED else code, item.channel] += 1
    return found


def _since(results: bytes) -> list[int | None]:
    """Since which event each item gives its accesses; None where it gives none."""
    outcomes = json.loads(bytes(results))
    return [one[2] if len(one) > 2 else one[1] if one[0] in TAKEN else None for one in outcomes]
