"""Erasing people: those whose time is over, as the worker does at night; one after another, as ``izin erase`` does; a
list, as ``izin erase --many`` does, beside a site that takes refusals."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from statistics import median, quantiles

import psutil  # type: ignore[import-untyped]

from bench import child, registries
from bench.harness import Row, Scale
from consents import ledger
from consents.care import audit
from consents.history import Deed
from consents.instants import DAY
from consents.ledger import Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import RET
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from evidence import log
from panel.audit.change import AuditedWork
from panel.retention import destruction, erasure
from panel.retention.aged_rows import DestructionKind
from settings import load

_ONE_BY_ONE = 2_000  # people
_LISTED = 100_000
_PAUSE = 0.05  # seconds between two refusals of the site beside
_BATCH = 500


def run(scale: Scale) -> list[Row]:
    aged, single = [], []
    for _ in range(scale.rounds):
        url, path = registries.fresh(scale)
        aged.append(child.call(age, url=url, count=scale.rows))
        registries.remove(path)
        url, path = registries.fresh(scale)
        single.append(child.call(erase, url=url, count=min(scale.rows, _ONE_BY_ONE)))
        registries.remove(path)
    url, path = registries.fresh(scale)
    listed = child.call(erase_list, url=url, count=min(scale.rows // 3, _LISTED))
    registries.remove(path)
    note = (
        f"{scale.rows:,} people with one refusal of three years ago, a transaction each; izin verify is good afterwards"
    )
    return [
        Row("people destroyed a second, whose time is over", median(aged), "people/s", 100, 1_000, note=note),
        Row("people erased a second, as izin erase does it", median(single), "people/s", 50, 500),
        Row(
            "people erased a second from a list, beside a site",
            listed["rate"],
            "people/s",
            100,
            300,
            note=f"{listed['people']:,} people; {listed['memory']:.0f} MB more than before them; izin verify is good",
        ),
        Row("a refusal of that site meanwhile, the slowest of a hundred", listed["wait"], "ms", 50, 20, less=True),
    ]


def age(url: str, count: int) -> float:
    """People a second, of a run that ends."""
    with registries.open_registry(url) as registry:
        numbers = _refusing(registry, count)
        now = registry.store.now
        registry.store.now = lambda: now() + 1_096 * DAY
        settings = load({"SECRET_KEY": registries.SECRET})
        began = time.perf_counter()
        done = destruction.run(registry, settings)
        seconds = time.perf_counter() - began
        assert done.counts[DestructionKind.PEOPLE] == len(numbers)
        assert registry.store.read_now(audit.verify, registry.policy.reconsent) is None
    return count / seconds


def erase(url: str, count: int) -> float:
    with registries.open_registry(url) as registry:
        numbers = _refusing(registry, count)
        work = AuditedWork(registry.keyring, None, erasure.erase)
        began = time.perf_counter()
        for number in numbers:
            registry.store.write_now(work, registry, number)
        return count / (time.perf_counter() - began)


def erase_list(url: str, count: int) -> dict[str, float]:
    """``rate``: people a second; ``wait``: ms, p99 of a refusal through a connection of its own; ``memory``: MB."""
    with registries.open_registry(url) as registry, registries.open_registry(url) as site:
        numbers = _refusing(registry, count)
        brand = registries.brand(registry, registries.BRANDS[0]).id
        waits, ended = list[float](), threading.Event()

        def refuse() -> None:
            for number in itertools.count():
                began = time.perf_counter()
                site.store.write_now(_refuse, site, brand, [f"+90533{number:07d}"])
                waits.append(time.perf_counter() - began)
                if ended.wait(_PAUSE):
                    return

        beside = threading.Thread(target=refuse)
        before, began = psutil.Process().memory_info().rss, time.perf_counter()
        beside.start()
        done = erasure.erase_many(registry, Path(f"{url.removeprefix('sqlite:///')}-erased"), numbers)
        seconds, memory = time.perf_counter() - began, psutil.Process().memory_info().rss - before
        ended.set()
        beside.join()
        assert (done.erased, done.failed) == (count, 0)
        assert registry.store.read_now(audit.verify, registry.policy.reconsent) is None
        log.extend(registry)
        assert registry.store.read_now(log.verify, registry.keyring) is None
    return {
        "people": count,
        "rate": count / seconds,
        "wait": quantiles(waits, n=100)[-1] * 1000,
        "memory": memory / 2**20,
    }


def _refusing(registry: Registry, count: int) -> list[str]:
    numbers = [f"+90532{number:07d}" for number in range(count)]
    brand = registries.brand(registry, registries.BRANDS[0]).id
    for first in range(0, count, _BATCH):
        registry.store.write_now(_refuse, registry, brand, numbers[first : first + _BATCH])
    return numbers


def _refuse(transaction: Transaction, registry: Registry, brand: int, numbers: list[str]) -> None:
    deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=registry.keyring.seal_evidence({"way": "page"}))
    people = [register.person(registry.keyring, number) for number in numbers]
    wish = Wish(brand, Channel.MESAJ.code, Identity.BIREYSEL.code, RET, Source.IYS_WEB.code)
    for recipient in register.enrol_all(transaction, registry.keyring, people):
        ledger.decide(transaction, registry.policy, recipient, [wish], deed)
