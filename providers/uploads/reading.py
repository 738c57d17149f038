"""The reading process (``python -m providers.uploads.reading``): parses, checks and encrypts a file's rows, and sends
them sorted by encrypted address, so that writes share index pages. It loads no database (35 MB, and 30 for addresses),
reads its job on stdin, answers on stdout (length, then marshal), and bounds itself before it opens a workbook. Windows
of rows grow while the importer is busy (at most ``MOST``), in a temporary file."""

from __future__ import annotations

import errno
import gc
import marshal
import os
import queue
import struct
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from consents.dates import Form
from consents.keys import Keyring
from providers.uploads import packed_rows
from providers.uploads.file_rows import Chunk, read
from providers.uploads.files import sheets, sniff
from providers.uploads.files.file_header import Layout
from providers.uploads.files.row_refusals import BadFile
from providers.uploads.packed_rows import SealedAddresses, whose
from providers.uploads.runs import Runs

# Rows and refusals put in order together at least: the first time, then half as many more each time, and at last. The
# importer takes rows a little slower than they are read: so it waits neither long at first nor for the next ones.
FIRST, WINDOW = 5_000, 100_000
PART = 6_000  # rows sent together, and about as many refusals
MOST = 1_000_000  # rows and refusals put in order together at most
_WEIGHT = 20  # a refusal lies in memory with its sentence: as many rows
_ROW_BYTES = 100  # of a row in memory, by which evidence is weighed
LENGTH = struct.Struct("<Q")


class ReadingJob(NamedTuple):
    """``name``: the owner's name of the file, where ``path`` is a copy; ``matched``: the fields of its Layout."""

    path: str
    form: str | None
    now: int
    dealers: dict[str, int]
    keys: dict[str, bytes]
    name: str | None = None
    matched: tuple[Any, ...] = ()

    @property
    def layout(self) -> Layout:
        return Layout(*self.matched)


def main() -> None:
    gc.disable()  # rows are plain values: millions of them would be looked through for circles that they cannot have
    try:
        job = ReadingJob(*marshal.load(sys.stdin.buffer))  # noqa: S302 - from our own parent
    except EOFError:  # the importer has gone away, or found that the file cannot be read
        return
    sender = _Sender(sys.stdout.buffer)
    try:
        if sniff.kind(Path(job.path), job.name).encoding is None:
            sheets.bound()
            # At once: a workbook that asks for too much ends this process before another thread has its turn.
            sender.write(("bounded", None))
        for window in _windows(job, sender.idle):
            sender.send(window)
        sender.send(("end", None))
    except BadFile as fault:
        head = fault.head and tuple(fault.head)
        sender.send(("bad", (fault.reason, fault.sentence.marked, dict(fault.sentence.values), head)))
    except OSError as fault:
        sender.send(("fault", _words(fault)))
    sender.close()


def _words(fault: OSError) -> str:
    """The system's error and its correction: most likely no room for sorting."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"there is no room in {tempfile.gettempdir()} to put the rows in order: make some, or name another TMPDIR"
        )
    return f"the file cannot be read to its end ({fault.strerror or type(fault).__name__})"


def contents(job: ReadingJob) -> Iterator[tuple[Any, ...]]:
    """The fields of ``pipeline.Sealed`` as plain values. Errors: BadFile as of ``read``."""
    for window in _windows(job, lambda: True):
        for packed, *rest in window.chunks():
            yield packed_rows.unpack(packed), *rest


class _ChunkSummary:
    """What is sent of some chunks beside their rows, many together, because each message costs a wait; ``seen``: rows
    not among those."""

    def __init__(self) -> None:
        self.refusals: list[tuple[Any, ...]] = []
        self.warnings: Counter[str] = Counter()
        self.codes: Counter[tuple[str, int | None]] = Counter()
        self.seen = 0

    def add(self, chunk: Chunk) -> None:
        self.refusals += map(tuple, chunk.refusals)
        self.warnings.update(chunk.warnings)
        self.codes.update(chunk.codes)
        self.seen += chunk.seen - len(chunk.rows)


class _Window:
    """Chunks whose rows are sorted by encrypted address: a sixth of the bytes written. Rows of one address keep the
    file's order."""

    def __init__(self, least: int) -> None:
        """``least``: rows and refusals sorted together."""
        self._least = least
        self._rows = Runs()
        self._summaries: list[_ChunkSummary] = []
        self._refused = 0
        self._evidence: dict[int, str] = {}
        self._pieces = 0
        self._place = (0, "")

    def add(self, sealed: SealedAddresses, chunk: Chunk) -> None:
        if chunk.seen:
            self._place = (chunk.header, chunk.sheet)
        if not self._summaries or len(self._summaries[-1].refusals) >= PART:
            self._summaries.append(_ChunkSummary())
        self._summaries[-1].add(chunk)
        self._refused += len(chunk.refusals)
        self._rows.add(packed_rows.pack(chunk.rows, sealed))
        if chunk.evidence:
            self._evidence.update(chunk.evidence)
            # Equal ones are one text in memory (EvidenceCells).
            self._pieces += sum(map(len, set(chunk.evidence.values()))) // _ROW_BYTES

    def other(self, chunk: Chunk) -> bool:
        """Whether the chunk's rows are of another sheet: a window has one place."""
        return (
            bool(len(self._rows) or self._refused) and bool(chunk.seen) and self._place != (chunk.header, chunk.sheet)
        )

    def full(self, idle: Callable[[], bool]) -> bool:
        """Refused rows count too, so that a window ends also where nothing else comes."""
        weight = len(self._rows) + _WEIGHT * self._refused + self._pieces
        return weight >= MOST or (len(self._rows) + self._refused >= self._least and idle())

    def chunks(self) -> Iterator[tuple[Any, ...]]:
        """Its chunks; the last is marked: every row until there sorts before every row of the next window."""
        for counted in self._summaries:
            counts = dict(counted.warnings), counted.seen, dict(counted.codes)
            yield [], counted.refusals, *counts, False, self._place, {}
        parts = self._parts()
        part = next(parts, [])
        for following in parts:
            yield part, [], {}, len(part), {}, False, self._place, self._evidence_of(part)
            part = following
        yield part, [], {}, len(part), {}, True, self._place, self._evidence_of(part)

    def _evidence_of(self, part: list[bytes]) -> dict[int, str]:
        if not self._evidence:
            return {}
        numbers = map(packed_rows.number, part)
        return {number: self._evidence[number] for number in numbers if number in self._evidence}

    def _parts(self) -> Iterator[list[bytes]]:
        """Its rows, about ``PART`` at a time; those of one address come together unless they are very many."""
        waiting: list[bytes] = []
        for rows in self._rows.in_order():
            waiting += rows
            start = 0
            while len(waiting) - start >= 2 * PART:
                end = start + PART
                while end < start + 2 * PART - 1 and whose(waiting[end]) == whose(waiting[end - 1]):
                    end += 1
                yield waiting[start:end]
                start = end
            del waiting[:start]
        for start in range(0, len(waiting), 2 * PART):
            yield waiting[start : start + 2 * PART]


def _windows(job: ReadingJob, idle: Callable[[], bool]) -> Iterator[_Window]:
    """``idle``: whether somebody waits for the next window."""
    form = Form(job.form) if job.form else None
    sealed = SealedAddresses(Keyring(job.keys))
    least = FIRST  # the importer has nothing to do until then
    window: _Window | None = _Window(least)
    for chunk in read(Path(job.path), dates=form, now=job.now, dealers=job.dealers, name=job.name, layout=job.layout):
        if window and window.other(chunk):
            yield window
            window = None
        window = window or _Window(least)
        window.add(sealed, chunk)
        if window.full(idle):
            yield window
            window, least = None, min(3 * least // 2, WINDOW)
    yield window or _Window(least)


class _Sender:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._queue: queue.Queue[_Window | tuple[Any, ...] | None] = queue.Queue(1)
        self._waits = threading.Event()
        self._thread = threading.Thread(target=self._run, name="izin-sender", daemon=True)
        self._thread.start()

    def idle(self) -> bool:
        return self._waits.is_set() and self._queue.empty()

    def send(self, what: _Window | tuple[Any, ...]) -> None:
        """Queues a window or a message, behind at most one other."""
        self._queue.put(what)

    def close(self) -> None:
        """Returns once all was sent."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (what := self._next()) is not None:
                if isinstance(what, _Window):
                    for chunk in what.chunks():
                        self.write(("chunk", chunk))
                else:
                    self.write(what)
        except BrokenPipeError:  # the importer has gone away
            os._exit(0)
        except BaseException:  # it would be waited for in vain
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    def _next(self) -> _Window | tuple[Any, ...] | None:
        self._waits.set()
        try:
            return self._queue.get()
        finally:
            self._waits.clear()

    def write(self, message: tuple[Any, ...]) -> None:
        """Writes a message now, in one go; for callers that have queued none."""
        content = marshal.dumps(message)
        self._out.write(LENGTH.pack(len(content)) + content)
        self._out.flush()


if __name__ == "__main__":
    main()
