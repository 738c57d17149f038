"""What the public log costs: a checkpoint a minute, its tiles as files, a tile that the site reads."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

from bench import child
from bench.harness import Row, Scale
from consents import ledger
from consents.registry import Registry, prepare
from consents.store import Transaction
from consents.terms import Actor
from evidence import log
from evidence.checkpoints import LogKey
from evidence.merkle import SIZE, leaf
from evidence.tlog import heads, tiles
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import LogSigner
from izin.tlog import log_commands

SECRET = "k3y-0f-32-bytes-and-then-some-more-of-it"
ACTS = 60  # of a minute: one a second
MINUTE = 60.0
PAGE = 65_536  # hashes that are put into the tiles at once
GOAL = 10_000_000  # acts


def run(scale: Scale) -> list[Row]:
    cpu = child.call(checkpoints, folder=str(scale.folder), rounds=5 * scale.rounds)
    seconds, count, size = child.call(export, folder=str(scale.folder), acts=scale.large)
    ratio = child.call(reading, folder=str(scale.folder), count=100 * scale.rounds)
    share = f"{ACTS} acts; {cpu / MINUTE:.4%} of a core"
    note = f"{count:,} files and {size / 1e6:,.0f} MB of {scale.large:,} acts in {seconds:.1f} s"
    return [
        Row("a checkpoint a minute, CPU of a minute", cpu * 1e3, "ms", 600, 120, less=True, note=share),  # 1 %
        Row(f"izin log export, {GOAL:,} acts", seconds / scale.large * GOAL, "s", 120, 30, less=True, note=note),
        Row("a tile from the store ÷ from a file", ratio, "", 20, 5, less=True),
    ]


def checkpoints(folder: str, rounds: int) -> float:
    """Median seconds of CPU of signing the acts of a minute."""
    registry, costs = _registry(folder, "checkpoints"), []
    witness = Path(folder) / "publishing-witness"
    log.begin(registry, witness)

    def record(transaction: Transaction) -> None:
        for _ in range(ACTS):
            ledger.note(transaction, Actor.STAFF, registry.keyring.seal_evidence({"was": "here"}))

    for _ in range(rounds):
        registry.store.write_now(record)
        before = time.process_time()
        log.extend(registry, witness)
        costs.append(time.process_time() - before)
    registry.close()
    return median(costs)


def export(folder: str, acts: int) -> tuple[float, int, int]:
    """Seconds, files and bytes of the whole log written as files, of a tree with so many leaves."""
    registry = _registry(folder, "export")
    for base in range(0, acts, PAGE):
        hashes = [leaf(place.to_bytes(8, "big")) for place in range(base, min(acts, base + PAGE))]
        registry.store.write_now(tiles.add, base, hashes)
    note = LogSigner(registry.keyring, LogKey.of(registry.keyring).origin).note(acts, bytes(SIZE), 0)
    head = PublishedHead(acts, registry.store.now(), note)
    registry.store.write_now(heads.add, head)
    target = Path(folder) / "publishing-log"
    before = time.perf_counter()
    count = log_commands.write(registry, head, target)
    seconds = time.perf_counter() - before
    registry.close()
    sizes = [os.path.getsize(Path(at) / name) for at, _, names in os.walk(target) for name in names]
    return seconds, count, sum(sizes)


def reading(folder: str, count: int) -> float:
    """p50 of reading a full tile from the database ÷ from its file, in turns."""
    registry, target = _registry(folder, "export"), Path(folder) / "publishing-log"
    ours, files = [], []
    full = registry.store.read_now(tiles.size) // tiles.WIDTH
    for turn in range(count):
        place = turn * 7919 % full
        before = time.perf_counter()
        found = registry.store.read_now(tiles.load, 0, place)
        between = time.perf_counter()
        kept = (target / "tile" / tiles.spell(tiles.TilePath(0, place, tiles.WIDTH))).read_bytes()
        files.append(time.perf_counter() - between)
        ours.append(between - before)
        assert found == kept
    registry.close()
    return median(ours) / median(files)


def _registry(folder: str, name: str) -> Registry:
    file = Path(folder) / f"publishing-{name}.db"
    if not file.exists():
        prepare(f"sqlite:///{file}", SECRET)
    return Registry.open(f"sqlite:///{file}", SECRET)
