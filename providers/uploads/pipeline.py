"""Reading beside writing: a second process parses, checks and seals, so that both cores work at one file.

What crosses the pipe is plain tuples (marshal), a chunk at a time; the pipe's own bound keeps memory flat.
"""

from __future__ import annotations

import marshal
import multiprocessing
import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from consents import register
from consents.dates import Form
from consents.keys import Keyring
from providers.uploads.refusals import BadFile, Refusal
from providers.uploads.rows import Chunk, read

_AHEAD = 3
_WINDOW, _PART = 50_000, 2_000  # rows sorted together, rows sent together


class Job(NamedTuple):
    """What the reading process needs to know; all of it can be pickled."""

    path: str
    form: str | None
    now: int
    dealers: dict[str, int]
    keys: dict[str, bytes]


class Sealed(NamedTuple):
    """A chunk ready for the ledger.

    A row: (number, sealed, commitment, channel, identity, status, source, at, dealer).
    """

    rows: list[tuple[Any, ...]]
    refusals: list[Refusal]
    warnings: Counter[str]
    seen: int


class ReaderDied(RuntimeError):
    """The reading process ended before the file did."""


def sealed_chunks(job: Job) -> Iterator[Sealed]:
    """The file's chunks, in order. BadFile as ``read`` raises it."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_produce, args=(job, sending), daemon=True)
    process.start()
    sending.close()
    try:
        for message in _ahead(receiving):
            kind, content = marshal.loads(message)  # noqa: S302 - from our own child
            if kind == "end":
                return
            if kind == "bad":
                raise BadFile(*content)
            rows, refusals, warnings, seen = content
            yield Sealed(rows, [Refusal(*refusal) for refusal in refusals], Counter(warnings), seen)
        raise ReaderDied("the file's reader ended unexpectedly; what was loaded so far stands, load the file again")
    finally:
        receiving.close()
        process.terminate()
        process.join()


def _ahead(receiving: Connection) -> Iterator[bytes]:
    """Messages of the pipe, a few of them fetched while the last is still being worked on."""
    waiting: queue.Queue[bytes | None] = queue.Queue(_AHEAD)

    def fetch() -> None:
        try:
            while True:
                waiting.put(receiving.recv_bytes())
        except (EOFError, OSError):
            waiting.put(None)

    threading.Thread(target=fetch, daemon=True).start()
    while (message := waiting.get()) is not None:
        yield message


def _produce(job: Job, sending: Connection) -> None:
    keyring = Keyring(job.keys)
    try:
        chunks = read(
            Path(job.path),
            dates=Form(job.form) if job.form else None,
            now=job.now,
            dealers=job.dealers,
        )
        for content in _sorted(keyring, chunks):
            sending.send_bytes(marshal.dumps(("chunk", content)))
        sending.send_bytes(marshal.dumps(("end", None)))
    except BadFile as fault:
        sending.send_bytes(marshal.dumps(("bad", (fault.reason, fault.tr, fault.en))))


def _sorted(keyring: Keyring, chunks: Iterator[Chunk]) -> Iterator[tuple[Any, ...]]:
    """The chunks' rows in the order of the sealed address, over a window of many chunks.

    Neighbours then land on the same pages of the recipients' index: a sixth of the bytes written. The rows of one
    address keep the file's order, and the ledger compares no others.
    """
    window: list[tuple[Any, ...]] = []
    for chunk in chunks:
        window += [_seal(keyring, row) for row in chunk.rows]
        refusals = [tuple(refusal) for refusal in chunk.refusals]
        yield [], refusals, dict(chunk.warnings), chunk.seen - len(chunk.rows)
        if len(window) >= _WINDOW:
            yield from _parts(window)
            window = []
    yield from _parts(window)


def _parts(window: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    window.sort(key=itemgetter(1, 0))
    for start in range(0, len(window), _PART):
        rows = window[start : start + _PART]
        yield rows, [], {}, len(rows)


def _seal(keyring: Keyring, row: tuple[Any, ...]) -> tuple[Any, ...]:
    number, address, channel, identity, status, source, at, dealer, _ = row
    person = register.person(keyring, address)
    return number, person.sealed, person.commitment, channel, identity, status, source or None, at, dealer


def job_of(path: Path, *, form: Form | None, now: int, dealers: Mapping[str, int], keyring: Keyring) -> Job:
    """What the reading process is told."""
    return Job(str(path), form and str(form), now, dict(dealers), dict(keyring.keys))
