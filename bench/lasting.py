"""Whether a site stays as it was: hours of mixed load, steady and far below what it can do, on both databases at once.

``izin serve`` and ``izin worker`` run as their processes; a line a tick goes to stderr, and the end is held against the
beginning. Because the machine has other work too, the old site is at last asked in turns with one just started on the
same database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from bench import (
    child,
    clients,
    histories,
    hooks,
    keeping,
    links,
    registries,
    servers,
    sites,
    starting,
    towns,
    uploading,
    visitors,
    watching,
)
from bench.child import ROOT
from bench.harness import Row, Scale, percentile
from bench.visitors import Asked, Load, Visitor
from bench.watching import Held
from consents.registry import Registry
from evidence import log
from panel.uploads import upload_store
from panel.uploads.upload_store import UploadState
from tests.crash.server import Server

POSTGRESQL = "PostgreSQL"
DATABASES = ("SQLite", POSTGRESQL)
PROOFS = (0.25, 0.7)  # when they begin, of the whole time
_SHARE = 20  # a file has one of so many of the small registry's rows
_CITIZENS = 50
_TICKS = 60  # at the most, none shorter than _SHORTEST seconds
_SHORTEST = 0.5
_FILES = 6  # that are uploaded, one after the other
_ENDS = 6  # the first and the last of so many parts are compared
_LOOK = 0.02  # seconds
_PATIENCE = 600.0  # seconds until a file must have gone in, a process answer
_BESIDE = ("list", "toggle", "status")  # asked of the old site and of a new one
_MANY = 10  # of one kind at one site, then the other's turn


class Tick(NamedTuple):
    """What was seen at the end of a tick, ``at`` seconds from the beginning."""

    at: float
    held: Held


class Lasted(NamedTuple):
    """One database's site. ``beside``: by kind, seconds at the old site and at one just started."""

    ticks: list[Tick]
    asked: list[Asked]
    faults: list[str]
    beside: dict[str, tuple[list[float], list[float]]]


def run(scale: Scale) -> list[Row]:
    with ExitStack() as stack:
        server = stack.enter_context(servers.new()) if POSTGRESQL in DATABASES else None
        places = [_Place(scale, name, server if name == POSTGRESQL else None) for name in DATABASES]
        loads = [place.fill() for place in places]
        with ThreadPoolExecutor(len(places)) as pool:
            list(pool.map(_Place.last, places, loads))
    return [row for place in places for row in _rows(place.name, place.lasted)]


class _Place:
    """A database and the site on it."""

    def __init__(self, scale: Scale, name: str, server: Server | None) -> None:
        self.name, self.lasted = name, Lasted([], [], [], {})
        self._scale, self._server = scale, server
        self._url = server.create("lasting") if server else f"sqlite:///{scale.folder / 'lasting.db'}"
        self._folder = Path(tempfile.mkdtemp(prefix=f"lasting-{name}-", dir=scale.folder))
        self._temporary = self._folder / "tmp"
        self._temporary.mkdir()

    def fill(self) -> Load:
        """People and their consents, links, what a carrier will post."""
        cookies = towns.fill(self._url, _CITIZENS)
        with registries.open_registry(self._url) as registry:
            registry.store.write_now(hooks.name)
            log.accept(registry, self._folder / "witness")
        file = registries.template(self._scale, self._scale.small)
        child.call(registries.load, url=self._url, file=str(file), code=registries.BRANDS[-1])
        count = {kind: round(2 * pace * self._scale.lasting) + 20 for kind, pace in visitors.PACES.items()}
        messages = [one.encode("latin-1") for one in hooks.messages(count["sms"])]
        codes = links.mint(self._url, count["link"])
        return Load(cookies, histories.sign_in(self._url), codes, messages, self._scale.small)

    def last(self, load: Load) -> None:
        """The whole time of it; what it was like is ``lasted``."""
        over = threading.Event()
        with self._started("serve") as (old, port), self._started("worker") as (worker, _):
            asking = visitors.scripts(load)
            note = self.lasted.asked.append
            crowd = [Visitor(kind, port, begin, over, note) for kind, begin in asking.items()]
            began = time.monotonic()
            chores = threading.Thread(target=self._chores, args=(began, over), daemon=True)
            for thread in (*crowd, chores):
                thread.start()
            step, since = max(self._scale.lasting / _TICKS, _SHORTEST), began
            for number in range(1, round(self._scale.lasting / step) + 1):
                time.sleep(max(0.0, began + number * step - time.monotonic()))
                now = time.monotonic()
                held = watching.look(
                    self._url, old, worker, self._server.pid if self._server else None, self._temporary
                )
                self.lasted.ticks.append(Tick(now - began, held))
                self._tell(since)
                since = now
            over.set()
            for thread in (*crowd, chores):
                thread.join()
            self.lasted.faults.extend(fault for visitor in crowd for fault in visitor.faults)
            self._shift(began)
            with self._started("serve") as (_, young):
                self._beside(load, (port, young))

    def _shift(self, began: float) -> None:
        """Moments of requests count from the beginning."""
        self.lasted.asked[:] = [one._replace(at=one.at - began) for one in self.lasted.asked]

    def _beside(self, load: Load, ports: tuple[int, int]) -> None:
        """The old site and the young one, in turns."""
        asking = {kind: visitors.scripts(load)[kind]() for kind in _BESIDE}
        following = {kind: next(script) for kind, script in asking.items()}
        taken: dict[str, tuple[list[float], list[float]]] = {kind: ([], []) for kind in _BESIDE}
        until, warm = time.monotonic() + self._scale.rounds * self._scale.seconds, False
        while time.monotonic() < until or not warm:
            for kind in _BESIDE:
                for place, port in enumerate(ports):
                    for _ in range(_MANY):
                        request = following[kind]
                        assert request is not None
                        began = time.perf_counter()
                        answer = clients.answered(port, request)
                        taken[kind][place].append(time.perf_counter() - began)
                        following[kind] = asking[kind].send(answer)
            if not warm:  # the first answers are slow for what they load
                taken, warm = {kind: ([], []) for kind in _BESIDE}, True
                until = time.monotonic() + self._scale.rounds * self._scale.seconds
        self.lasted.beside.update(taken)

    def _chores(self, began: float, over: threading.Event) -> None:
        """Files, two proofs and a backup, each at its time."""
        whole = self._scale.lasting
        steps: list[tuple[float, Callable[[], None]]] = [
            *((whole * (place + 0.3) / _FILES, self._uploaded(place)) for place in range(_FILES)),
            *((whole * share, self._proved) for share in PROOFS),
            (whole * 0.5, self._saved),
        ]
        for at, step in sorted(steps, key=lambda one: one[0]):
            if over.wait(max(0.0, began + at - time.monotonic())):
                return
            try:
                step()
            except Exception as fault:  # whatever it is, the others have their turn, and it is told at the end
                said = fault.stderr if isinstance(fault, subprocess.CalledProcessError) else ""
                self.lasted.faults.append(f"{fault!r} {said}")

    def _uploaded(self, number: int) -> Callable[[], None]:
        file = registries.template(self._scale, self._scale.small // _SHARE, seed=100 + number)

        def upload() -> None:
            with registries.open_registry(self._url) as registry:
                asyncio.run(_upload(registry, file, number))

        return upload

    def _proved(self) -> None:
        command = [*starting.IZIN, "verify", "--since-checkpoint"]
        subprocess.run(command, env=self._environment(0), cwd=ROOT, check=True, capture_output=True)

    def _saved(self) -> None:
        copy = self._folder / "copy"
        subprocess.run(
            keeping.backup(self._url, copy, self._server.tools if self._server else None),
            check=True,
            capture_output=True,
        )
        assert copy.stat().st_size
        copy.unlink()

    @contextmanager
    def _started(self, command: str) -> Iterator[tuple[int, int]]:
        """A process of ``izin``, and the port that it answers on."""
        port = starting.free_port()
        with (self._folder / f"{command}-{port}.log").open("wb") as said:
            running = subprocess.Popen(
                [*starting.IZIN, command], cwd=ROOT, env=self._environment(port), stdout=said, stderr=subprocess.STDOUT
            )
            try:
                until = time.monotonic() + _PATIENCE
                while command == "serve" and not sites.listening(port):
                    if running.poll() is not None or time.monotonic() > until:
                        raise clients.Unanswered(Path(said.name).read_text()[-2000:])
                    time.sleep(_LOOK)
                yield running.pid, port
            finally:
                running.send_signal(signal.SIGTERM)
                running.wait(_PATIENCE)

    def _environment(self, port: int) -> dict[str, str]:
        own = {
            "PORT": str(port or 8000),
            "DATABASE_URL": self._url,
            "SECRET_KEY": registries.SECRET,
            "WORKER": "separate",
            "MAIL_GATEWAY": f"file:{self._folder / 'mails.jsonl'}",
            "WITNESS_FILE": str(self._folder / "witness"),
            "TMPDIR": str(self._temporary),
            "LOG_LEVEL": "warning",
        }
        return {**os.environ, **dict.fromkeys(sites.LIMITS, "1000000"), **hooks.SETTINGS, **own}

    def _tell(self, since: float) -> None:
        """A line on stderr of the tick that has ended."""
        at, held = self.lasted.ticks[-1]
        waits = _waits([one for one in self.lasted.asked[:] if one.at >= since])
        said = " ".join(f"{kind} {_ms(times, 0.5)}/{_ms(times, 0.99)}" for kind, times in sorted(waits.items()))
        size = f"site {held.site / 1e6:.1f} worker {held.worker / 1e6:.1f} server {held.server / 1e6:.1f} MB"
        disk = f"log {held.log / 1e6:.1f} database {held.database / 1e6:.1f} temporary {held.files / 1e6:.1f} MB"
        counts = f"fds {held.descriptors} threads {held.threads} cpu {held.cpu:.1f} s load {os.getloadavg()[0]:.1f}"
        print(f"{self.name} {at:.0f} s: {size} {disk} {counts} | ms p50/p99 {said}", file=sys.stderr, flush=True)


async def _upload(registry: Registry, file: Path, number: int) -> None:
    """Sends a file; the worker tries it and applies it. Errors: TimeoutError."""
    code = registries.BRANDS[number]
    member = await uploading.sign_in(registry, code, opening=number == 0)
    sent = await uploading.receive(registry, member, file, code)
    until = time.monotonic() + _PATIENCE
    while not await uploading.apply(registry, member, sent):
        await _pause(until)
    while (found := await registry.store.read(upload_store.find, registry.keyring, sent)) is None or (
        found.state is UploadState.LOADING
    ):
        await _pause(until)
    if found.state is not UploadState.LOADED:
        raise TimeoutError(f"file {number}: {found.state} {found.fault}")


async def _pause(until: float) -> None:
    if time.monotonic() > until:
        raise TimeoutError("the worker does not take the file")
    await asyncio.sleep(10 * _LOOK)


def _rows(name: str, lasted: Lasted) -> list[Row]:
    ticks, asked = lasted.ticks, lasted.asked
    part, end = max(len(ticks) // _ENDS, 1), ticks[-1].at
    warm = ticks[0].at  # by then all that is loaded at the first request has been
    first, last = [held for _, held in ticks[1 : part + 1]], [held for _, held in ticks[-part:]]
    early, late = _compared(asked, warm, end)
    grown = {kind: percentile(late[kind], 0.99) / percentile(early[kind], 0.99) for kind in early if kind in late}
    worst = max(grown, key=lambda kind: grown[kind])
    beside = {kind: median(old) / median(young) for kind, (old, young) in lasted.beside.items()}
    oldest = max(beside, key=lambda kind: beside[kind])
    tails = ", ".join(
        f"{kind} p99 {_ms(old, 0.99)} and {_ms(young, 0.99)}" for kind, (old, young) in lasted.beside.items()
    )
    good, faults = len(asked), len(lasted.faults)
    half = len(ticks) // 2
    logs = [max(held.log for _, held in some) for some in (ticks[:half], ticks[half:])]

    def grew(what: str, of: Callable[[Held], int], reach: float, stretch: float, unit: str = "MB") -> Row:
        before, after = mean(map(of, first)), mean(map(of, last))
        note = f"{after / 1e6:,.1f} against {before / 1e6:,.1f} MB" if unit else f"{after:,.1f} against {before:,.1f}"
        return Row(f"{name}: {what}, end ÷ beginning", after / before, "", reach, stretch, less=True, note=note)

    return [
        grew("memory of site and worker", lambda held: held.site + held.worker, 1.1, 1.03),
        grew("their descriptors and threads", lambda held: held.descriptors + held.threads, 1.05, 1.0, ""),
        Row(f"{name}: largest log, second half ÷ first", max(logs[1], 1) / max(logs[0], 1), "", 1.2, 1.0, less=True,
            note=f"{logs[1] / 1e6:,.1f} against {logs[0] / 1e6:,.1f} MB"),
        Row(f"{name}: p99, end ÷ beginning, median of {len(grown)} kinds", median(grown.values()), "", 1.2, 1.05,
            less=True, note=f"the worst: {worst} {grown[worst]:.2f}"),
        Row(f"{name}: the old site ÷ one just started, p50 in turns", beside[oldest], "", 1.1, 1.03, less=True,
            note=f"{oldest}; ms: {tails}"),
        Row(f"{name}: requests answered as they should", good / (good + faults), "", 1.0, None,
            note=f"of {good + faults:,}; {'; '.join(lasted.faults)[:200]}"),
    ]  # fmt: skip


def _compared(asked: Sequence[Asked], warm: float, end: float) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Answers of the beginning and of the end; of longer parts where a short run has no kind in both."""
    for ends in (_ENDS, 3, 2):
        early = _waits([one for one in asked if warm < one.at <= warm + end / ends])
        late = _waits([one for one in asked if one.at > end - end / ends])
        if early.keys() & late.keys():
            break
    return early, late


def _waits(asked: Sequence[Asked]) -> dict[str, list[float]]:
    """By kind, seconds of each answer."""
    waits: dict[str, list[float]] = {}
    for one in asked:
        waits.setdefault(one.kind, []).append(one.wait)
    return waits


def _ms(times: Sequence[float], share: float) -> str:
    return f"{percentile(times, share) * 1e3:.1f}"
