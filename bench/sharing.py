"""What citizens wait for their pages while the worker of the same site applies a file."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

from bench import child, clients, registries, sites, towns, uploading
from bench.clients import Client, PageForm, Script
from bench.harness import Row, Scale, percentile
from bench.towns import BRANDS
from consents.registry import Registry
from panel.uploads import upload_store
from panel.uploads.upload_store import UploadState

_CITIZENS = 16
_EVERY = 0.008  # seconds between an answer and the next request, on average
_STEP = 0.05  # seconds between two looks at how far the file is
_LONGEST = 3600.0  # seconds until it must have been applied

Waits = list[tuple[float, float]]  # when asked (monotonic seconds), seconds until the answer


def run(scale: Scale) -> list[Row]:
    town = towns.make(scale, _CITIZENS)
    file = registries.template(scale, scale.rows)
    with sites.site(scale.folder, town.url, worker=True) as site, registries.open_registry(town.url) as registry:
        dice = random.Random(0)
        pressed: Waits = []
        read: Waits = []
        asking = [
            Client(_asking(_buttons(town.cookies[0]), pressed, dice)),
            Client(_asking(itertools.repeat(clients.request("/izinler", town.cookies[1])), read, dice)),
        ]
        clients.run(site.port, asking, scale.seconds)  # the first answers, slow for what they load
        pressed.clear()
        read.clear()
        clients.run(site.port, asking, 2 * scale.seconds)
        number = child.call(prepare, url=town.url, file=file, code=BRANDS[-1])
        began, ended = _while_applied(registry, number, site.port, asking)
    registries.remove(town.path)
    named = (("a consent toggled", pressed, 30), ("the list of consents", read, 20))
    return [_row(what, waits, (began, ended), stretch) for what, waits, stretch in named]


def prepare(url: str, file: str, code: int) -> int:
    """Receives a file, has it tried and asks for its applying, which is left to the site; the file's number."""
    with registries.open_registry(url) as registry:
        return asyncio.run(uploading.asked_for(registry, Path(file), code))


def _while_applied(registry: Registry, number: int, port: int, asking: list[Client]) -> tuple[float, float]:
    """Asks on until the file is applied; from when to when rows went in."""
    began, until = 0.0, time.monotonic() + _LONGEST
    while True:
        clients.run(port, asking, _STEP)
        file = registry.store.read_now(upload_store.find, registry.keyring, number)
        assert file is not None
        if file.upload is not None:
            began = began or time.monotonic()
        if file.state is not UploadState.LOADING:
            assert file.loaded is not None, file.fault
            return began - _STEP, time.monotonic()
        assert time.monotonic() < until, "the file is not being applied"


def _row(what: str, waits: Waits, span: tuple[float, float], stretch: float) -> Row:
    busy = [wait * 1000 for at, wait in waits if span[0] <= at <= span[1]]
    idle = [wait * 1000 for at, wait in waits if at < span[0]]
    note = (
        f"p50 {percentile(busy, 0.5):.1f}, longest of {len(busy):,} {max(busy):.0f} ms; "
        f"idle p50 {percentile(idle, 0.5):.1f}, p99 {percentile(idle, 0.99):.1f} ms"
    )
    what = f"{what} while the site's worker applies a file, p99"
    return Row(what, percentile(busy, 0.99), "ms", 100, stretch, less=True, note=note)


def _asking(requests: Iterator[bytes], waits: Waits, dice: random.Random) -> Script:
    """One citizen, who waits a while before each request."""
    for request in requests:
        until = time.monotonic() + dice.expovariate(1 / _EVERY)
        while time.monotonic() < until:
            yield None
        began = time.monotonic()
        answer = yield request
        waits.append((began, time.monotonic() - began))
        clients.check(answer, b"HTTP/1.1 200")


def _buttons(cookie: str) -> Iterator[bytes]:
    for code in itertools.cycle(BRANDS[:10]):
        for status in ("RET", "ONAY"):
            yield clients.request(f"/izinler/{code}/EPOSTA/BIREYSEL", cookie, PageForm(f"status={status}", htmx=True))
