"""Schedules uploaded files; a worker holds a lease on the file that it processes.

A thread processes a small file, a process of its own a large one, because reading and recording hold Python's lock and
would delay citizens' pages (``panel.work_process``). One of each kind runs at a time, so no small file waits for a
large one. Companies take turns, each with its smallest file first.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress

import structlog

from consents.bells import Bells
from consents.care import workers
from consents.registry import Registry
from consents.store import StoreUnavailable
from panel.loading import upload_store
from panel.loading.upload_store import LostLease, PanelFile, WaitingFile
from panel.loading.upload_work import Stopped, UploadWork
from panel.running_work import RunningWork, Work
from panel.work_process import ProcessFailed, ProcessStopped, WorkProcess

log = structlog.get_logger()
SMALL = 1 << 17  # bytes: some 2,000 rows, a tenth of a second; a process takes longer than that to start
_LOOK = 1.0  # seconds: how soon a small file is seen that comes while a large one is worked at
_PATIENCE = 5.0  # seconds: how long a stopping worker waits for the work to notice
_bells = Bells()


def bell(registry: Registry) -> asyncio.Event:
    """An event that is set when there is work, for the worker of this process."""
    return _bells.hang(registry.store)


def ring(registry: Registry) -> None:
    """Calls the worker of this process."""
    _bells.ring(registry.store)


async def do_waiting(registry: Registry) -> None:
    """Works at every file that waits; the worker's. An error of one holds up no other, and is raised in the end."""
    large, turns = asyncio.create_task(_do_all(registry, _Turns(small=False))), _Turns(small=True)
    try:
        errors = await _do_all(registry, turns)
        while not large.done():
            await asyncio.wait({large}, timeout=_LOOK)
            errors += await _do_all(registry, turns)
        errors += large.result()
    finally:
        large.cancel()
        await asyncio.gather(large, return_exceptions=True)
    if errors:
        raise errors[0]


async def _do_all(registry: Registry, turns: _Turns) -> list[Exception]:
    """Works at the files of a kind until none waits. Errors: StoreUnavailable; others are given back."""
    store, errors = registry.store, list[Exception]()
    while (number := turns.next(await store.read(upload_store.waiting, store.now()))) is not None:
        try:
            await _do(registry, number)
            workers.getting_on()
        except StoreUnavailable:
            raise
        except Exception as error:
            errors.append(error)
    return errors


class _Turns:
    """Which company's small or large file is next: the one whose last turn is longest ago."""

    def __init__(self, *, small: bool) -> None:
        self._small = small
        self._had: dict[int, int] = {}  # by company, at which turn

    def next(self, waiting: Sequence[WaitingFile]) -> int | None:
        fitting = [one for one in waiting if _small(one) is self._small]
        chosen = min(fitting, key=lambda one: self._had.get(one.provider, 0), default=None)
        if chosen is None:
            return None
        self._had[chosen.provider] = max(self._had.values(), default=0) + 1
        return chosen.id


async def _do(registry: Registry, number: int) -> None:
    """The work at one file, in a thread, while its lease is kept here."""
    store, holder = registry.store, secrets.token_bytes(16)
    file = await store.read(upload_store.find, registry.keyring, number)
    if file is None or not await store.write(upload_store.hold, number, holder):
        return
    work = _work(registry, file, holder)
    running = RunningWork(work)
    try:
        while await running.goes_on():
            kept = await store.write(upload_store.beat, number, holder, work.done)
            if not kept and await running.goes_on():  # it may have ended this moment
                work.stop()
        running.result()
    except (Stopped, ProcessStopped, LostLease):
        log.warning("upload_left", upload=number)
    except ProcessFailed as failed:
        log.error("upload_failed", upload=number, error=failed.kind)
        raise
    finally:
        if await running.leave(_PATIENCE):  # this worker ends: the next one begins at once
            with suppress(StoreUnavailable):
                await store.write(upload_store.let_go, number, holder)


def _work(registry: Registry, file: PanelFile, holder: bytes) -> Work:
    if _small(file):
        return UploadWork(registry, file.id, holder)
    return WorkProcess(registry, "upload", file.id, holder)


def _small(file: PanelFile | WaitingFile) -> bool:
    """A workbook counts as large: how many rows it holds shows when it is read."""
    return bool(file.lines) and file.size <= SMALL
