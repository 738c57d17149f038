"""What `izin verify` costs: of everything, of what is new, and with a thirtieth of what is old."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench import child, registries
from bench.harness import Row, Scale
from bench.registries import Pair
from consents import ledger
from consents.care import audit
from consents.history import Deed
from consents.ledger import Wish
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.terms import Actor, Channel, Door, Identity, Source
from evidence import incremental, log, verified
from panel.audit import audit_log

_NEW = 200  # decisions of citizens between two proofs


class Costs(NamedTuple):
    """CPU seconds of this process."""

    whole: float
    new: float
    part: float


def run(scale: Scale) -> list[Row]:
    with registries.pairs(scale) as pairs:
        return [row for pair in pairs for row in _rows(scale, pair)]


def _rows(scale: Scale, pair: Pair) -> list[Row]:
    at_small, at_large = (
        Costs(*child.call(measure, url=url, folder=str(scale.folder), seed=place))
        for place, url in enumerate(pair.urls, 2 * bool(pair.prefix))
    )
    grown = at_large.whole / scale.large / (at_small.whole / scale.small)
    sizes = f"{scale.large:,} ÷ {scale.small:,} rows"
    return [
        Row(
            f"{pair.prefix}izin verify, a row, {sizes}",
            grown,
            "",
            1.3,
            1.15,
            less=True,
            note=f"{at_large.whole:,.1f} and {at_small.whole:,.1f} s of CPU",
        ),
        Row(
            f"{pair.prefix}verify, {_NEW} new acts, {sizes}",
            at_large.new / at_small.new,
            "",
            1.3,
            1.15,
            less=True,
            note=f"{at_large.new * 1e3:,.0f} and {at_small.new * 1e3:,.0f} ms",
        ),
        Row(
            f"{pair.prefix}verify, what is new and 1/30 of what is old ÷ everything",
            at_large.part / at_large.whole,
            "",
            0.08,
            0.05,
            less=True,
            note=f"{at_large.part:,.2f} s of CPU",
        ),
    ]


def measure(url: str, folder: str, seed: int) -> Costs:
    """The three, one after another."""
    witness, draw = Path(folder) / f"witness-{seed}", random.Random(seed)
    with registries.open_registry(url) as registry:
        log.accept(registry, witness)
        seen = registry.store.read_now(verified.load, registry.store.now())
        whole = _taken(_everything, registry, witness)
        verified.whole(registry, seen)
        _decide(registry, draw)
        new = _taken(incremental.verify, registry, witness, audit_log.verify, 0)
        part = _taken(incremental.verify, registry, witness, audit_log.verify)
    return Costs(whole, new, part)


def _everything(registry: Registry, witness: Path) -> None:
    fault = registry.store.read_now(audit.verify, registry.policy.reconsent)
    assert fault is None, fault
    fault = registry.store.read_now(log.verify, registry.keyring, witness)
    assert fault is None, fault


def _decide(registry: Registry, draw: random.Random) -> None:
    """Citizens speak, people at random."""
    brand, people = registries.brand(registry, registries.BRANDS[-1]).id, registries.people(registry)
    for _ in range(_NEW):
        wish = Wish(brand, Channel.MESAJ.code, Identity.BIREYSEL.code, draw.choice((RET, ONAY)), Source.IYS_WEB.code)
        deed = Deed(Actor.CITIZEN, Door.PAGE)
        registry.store.write_now(ledger.decide, registry.policy, draw.randint(1, people), [wish], deed)


def _taken(work: Callable[..., Any], *arguments: Any) -> float:
    began = time.process_time()
    work(*arguments)
    return time.process_time() - began
