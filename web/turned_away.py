"""Changes answered 503, counted by door in a small file beside the witness file, which survives kills. It has a
fixed size and is written in place: no disk space or database needed. Processes share it."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from consents.store.gates.turnstile import fcntl
from web.guards import READING

SIZE = 2048  # bytes
QUIET = 600.0  # seconds without any after which the next one begins a new outage
DOORS = {
    "/k/": "link", "/q/": "link", "/u/": "mail", "/hooks/twilio/voice": "call", "/hooks/": "sms", "/izinler": "page",
    "/giris": "sign_in", "/cikis": "sign_in", "/haber": "page", "/panel": "panel", "/iys/push": "iys",
    "/sps/": "api", "/v2/": "api", "/integrator/": "api", "/oauth": "api",
}  # fmt: skip
OTHER = "other"
REFUSING = ("link", "mail", "sms", "call", "page", "iys")  # what comes by these is nearly always a refusal

log = structlog.get_logger()


class Outage(NamedTuple):
    """``since``, ``last``: of the newest outage, seconds since 1970 UTC, 0 for none. ``by_door``: requests rejected
    in it; ``total``: since the file was begun."""

    since: float
    last: float
    by_door: Counter[str]
    total: Counter[str]

    @property
    def refusals(self) -> int:
        return sum(self.by_door[door] for door in REFUSING)


NONE = Outage(0.0, 0.0, Counter(), Counter())


def place(witness: Path) -> Path:
    """The counter file's path. ``witness``: the witness file."""
    return witness.with_name(f"{witness.name.removesuffix('-checkpoints')}-turned-away")


def door(route: str) -> str:
    return next((name for begins, name in DOORS.items() if route.startswith(begins)), OTHER)


class TurnedAway:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept = NONE  # where the file cannot be had
        self._failed = False

    def prepare(self) -> None:
        """Creates the file early: a full disk has no room for one."""
        with suppress(OSError):
            _change(self.path, None)

    def add(self, method: str, route: str, status: int) -> None:
        if status != 503 or method in READING:
            return
        now, name = time.time(), door(route)
        try:
            self._kept = _change(self.path, (now, name))
        except OSError as fault:
            self._kept = _with(self._kept, now, name)
            if not self._failed:
                log.warning("turned_away_not_kept", error=fault.strerror)
            self._failed = True

    def figures(self) -> list[Any]:
        known = self.known()
        counter = CounterMetricFamily(
            "izin_turned_away", "Requests to change something that were answered 503, over restarts.", labels=("door",)
        )
        for name in sorted({*DOORS.values(), OTHER}):
            counter.add_metric((name,), known.total[name])
        words = "When the last request to change something was answered 503, 0: never."
        return [counter, GaugeMetricFamily("izin_turned_away_last_timestamp_seconds", words, known.last)]

    def known(self) -> Outage:
        """The file's counts, or this process's where there is none."""
        found = read(self.path)
        return self._kept if found is NONE else found


def read(path: Path) -> Outage:
    """The file's counts; ``NONE`` without one, or where a power cut damaged it."""
    try:
        return _read(path.read_bytes())
    except OSError:
        return NONE


def _change(path: Path, more: tuple[float, str] | None) -> Outage:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if fcntl is not None:  # on Windows one of two processes may count in vain
            fcntl.flock(file, fcntl.LOCK_EX)
        known = _read(os.pread(file, SIZE, 0))
        new = _with(known, *more) if more is not None else known
        text = json.dumps([new.since, new.last, new.by_door, new.total]).encode()
        os.pwrite(file, text.ljust(SIZE), 0)
    finally:
        os.close(file)
    return new


def _with(known: Outage, now: float, name: str) -> Outage:
    goes_on = abs(now - known.last) < QUIET
    since, by_door = (known.since, known.by_door) if goes_on else (now, Counter())
    return Outage(since, now, by_door + Counter((name,)), known.total + Counter((name,)))


def _read(data: bytes) -> Outage:
    with suppress(ValueError, TypeError):
        since, last, by_door, total = json.loads(data)
        return Outage(float(since), float(last), Counter(by_door), Counter(total))
    return NONE
