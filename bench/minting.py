"""Minting short links in bulk, as ``izin links`` does for a list: links a second, and their bytes on disk."""

from __future__ import annotations

import time
from statistics import median

from bench import child, registries, sizes
from bench.harness import Row, Scale
from consents.people import register
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel
from trust import minting
from trust.minting import LinkOrder

_SITE = "https://izin.example"
_DAYS = 400


def run(scale: Scale) -> list[Row]:
    speeds, taken = [], 0.0
    for _ in range(scale.rounds):
        url, path = registries.fresh(scale)
        speeds.append(child.call(mint, url=url, count=scale.rows))
        taken = sizes.of_tables(url, path)["short_link"] / scale.rows
        registries.remove(path)
    note = f"{scale.rows:,}, a thousand in a transaction"
    return [
        Row(
            "short links minted a second, for known recipients", median(speeds), "links/s", 100_000, 300_000, note=note
        ),
        Row("a short link with its indexes", taken, "bytes", 80.0, 40.0, less=True),
    ]


def mint(url: str, count: int) -> float:
    """Links a second, each durable; the people are known."""
    numbers = [f"+90532{number:07d}" for number in range(count)]
    with registries.open_registry(url) as registry:
        brand = registries.brand(registry, registries.BRANDS[0]).id
        registry.store.write_now(_enrol, registry, numbers)
        began = time.perf_counter()
        minted = sum(1 for _ in minting.mint_all(registry, LinkOrder(brand, Channel.MESAJ, _SITE, _DAYS), numbers))
        seconds = time.perf_counter() - began
    assert minted == count
    return count / seconds


def _enrol(transaction: Transaction, registry: Registry, numbers: list[str]) -> None:
    people = [register.person(registry.keyring, number) for number in numbers]
    for first in range(0, len(people), minting.BATCH):
        register.enrol_all(transaction, registry.keyring, people[first : first + minting.BATCH])
