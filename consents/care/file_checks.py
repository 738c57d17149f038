"""Checks the SQLite file while the site serves: its presence each second, all its pages each day. How
full the disks are that acknowledged changes go to."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from consents.registry import Registry
from consents.store import Bells, Store, StoreUnavailable, Transaction
from consents.store.engines import sqlite_file

SELDOM = 600.0  # seconds between two checks of all pages, however often something fails that damage would explain

_suspicions = Bells()
LOW_DISK = 0.2  # of a disk: with less free an operator should look after it


class _LastCheck:
    at = float("-inf")


def suspect(store: Store) -> None:
    """Requests a check of all pages soon, after an unforeseen error that damaged pages may have caused."""
    _suspicions.ring(store)


def suspected(registry: Registry) -> asyncio.Event:
    return _suspicions.hang(registry.store)


async def check_presence(registry: Registry) -> None:
    """Detects a missing file or WAL between writes, and saves the WAL's contents."""
    health = registry.store.health
    if health is not None and health.known and not (health.look() or health.saved):
        with suppress(StoreUnavailable):
            await registry.store.write(_nothing)
        with suppress(StoreUnavailable):  # the connection of the loop may be newer than the fault
            await asyncio.to_thread(registry.store.write_now, _nothing)


async def check(registry: Registry) -> None:
    """Reads all pages, in a thread; faults go to ``FileHealth.fault``. Nothing on PostgreSQL."""
    store, over = registry.store, threading.Event()
    last = store.own(_LastCheck, _LastCheck)
    if store.health is None or store.health.kind is not None or time.monotonic() - last.at < SELDOM:
        return
    last.at = time.monotonic()
    try:
        await asyncio.to_thread(_check, store, over)
    finally:
        over.set()  # of a program that is being stopped: the thread ends too


def _check(store: Store, over: threading.Event) -> None:
    health = store.health
    assert health is not None
    with suppress(StoreUnavailable), store.snapshot(passing=True) as snapshot:
        health.check_pages(snapshot.connection, over.is_set)


def _nothing(transaction: Transaction) -> None:
    """Each transaction begins with a look at the files."""


def sync_names(folder: Path) -> None:
    """Makes the names in a folder durable; Windows does so by itself."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def free_disk(database_url: str, witness: Path) -> dict[str, float]:
    """The free part (0 to 1) of the witness file's disk and, with SQLite, of the database's; unreadable ones are left
    out."""
    found = {"witness": _free(witness)}
    if (database := sqlite_file(database_url)) is not None:
        found["database"] = _free(database)
    return {of: part for of, part in found.items() if part is not None}


def _free(file: Path) -> float | None:
    try:
        usage = shutil.disk_usage(file.parent)
    except OSError:
        return None
    return usage.free / usage.total if usage.total else None
