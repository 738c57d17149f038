"""How long a citizen's refusal waits while a file is being loaded into the same registry by another process."""

from __future__ import annotations

import random
import time
from pathlib import Path

from bench import child, registries
from bench.harness import Row, Scale, percentile
from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.rules import ONAY, RET
from consents.terms import Actor, Channel, Door, Identity, Source

_EVERY = 0.008  # seconds between two refusals, on average
_LONGEST = 3600.0  # seconds after which a citizen who never hears that the loading has ended goes home


def run(scale: Scale) -> list[Row]:
    url, path = registries.fresh(scale)
    row = beside(scale, url, "an opt-out behind a running import, p99", 60, 20)
    registries.remove(path)
    return [row]


def beside(scale: Scale, url: str, what: str, reach: float, stretch: float) -> Row:
    """What citizens of a new registry wait for while a file of ``scale.rows`` goes in."""
    child.call(registries.load, url=url, file=registries.template(scale, scale.small), code=registries.BRANDS[0])
    stop = scale.folder / f"stop-{time.monotonic_ns()}"
    refusing = child.start(refuse, url=url, stop=stop)
    time.sleep(2 * scale.seconds)
    file = registries.template(scale, scale.rows, seed=1)
    loading = child.call(registries.load, url=url, file=file, code=registries.BRANDS[-1])
    time.sleep(scale.seconds)
    stop.touch()
    waits = [(at, wait * 1000) for at, wait in refusing.answer()]
    busy = [wait for at, wait in waits if loading["first"] <= at <= loading["ended"]]
    idle = [wait for at, wait in waits if not loading["began"] <= at <= loading["ended"]]
    if not busy:
        return Row(what, None, "ms", reach, stretch, less=True, note="the loading ended too soon")
    alone = f"{percentile(idle, 0.99):.1f} ms" if idle else "unknown"  # where nobody refused meanwhile
    note = (
        f"p50 {percentile(busy, 0.5):.1f}, longest of {len(busy):,} {max(busy):.0f} ms; "
        f"without a loading p99 {alone}; "
        f"{loading['rows'] / (loading['ended'] - loading['began']):,.0f} rows/s meanwhile"
    )
    return Row(what, percentile(busy, 0.99), "ms", reach, stretch, less=True, note=note)


def refuse(url: str, stop: str) -> list[tuple[float, float]]:
    """Opt-outs of people by chance, one after another as a serving site records them, until the file ``stop`` is
    there: (when asked, by ``time.monotonic()``; seconds until it was durable)."""
    dice = random.Random(0)
    waits: list[tuple[float, float]] = []
    deed = Deed(Actor.CITIZEN, Door.PAGE)
    until = time.monotonic() + _LONGEST
    with registries.open_registry(url) as registry:
        brand, people = registries.brand(registry, registries.BRANDS[0]).id, registries.people(registry)
        while not Path(stop).exists() and time.monotonic() < until:
            time.sleep(dice.expovariate(1 / _EVERY))
            status = dice.choice((RET, ONAY))
            wish = Wish(brand, Channel.MESAJ.code, Identity.BIREYSEL.code, status, Source.IYS_WEB.code)
            began = time.monotonic()
            registry.store.write_now(ledger.decide, registry.policy, dice.randint(1, people), [wish], deed)
            waits.append((began, time.monotonic() - began))
    return waits
