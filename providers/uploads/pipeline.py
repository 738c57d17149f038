"""Reading beside writing: a second process (``reading``) parses, checks and seals, so that both cores work at one file.

What crosses the pipe is plain values, a chunk at a time; the pipe's own bound keeps memory flat.
"""

from __future__ import annotations

import marshal
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from consents.dates import Form
from consents.keys import Keyring
from providers.uploads import packed_rows
from providers.uploads.date_forms import detect_form
from providers.uploads.files import sniff
from providers.uploads.files.row_refusals import BadFile, RowRefusal
from providers.uploads.files.sheets import too_large
from providers.uploads.packed_rows import SealedRow
from providers.uploads.reading import LENGTH, Job

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_AHEAD = 3
_PIPE = 1 << 20  # bytes: as many as Linux gives anybody (pipe(7))
# Isolated, so that no module of the folder it is started in takes the place of ours.
_COMMAND = (sys.executable, "-I", "-m", "providers.uploads.reading")


class Sealed(NamedTuple):
    """A chunk ready for the ledger.

    ``last``: every row of the chunks after this one stands behind every row until here. ``codes``: the reader's refused
    rows by code and channel. ``place``: a spreadsheet shows row N at N + its first, on
    the sheet that is its second.
    """

    rows: list[SealedRow]
    refusals: list[RowRefusal]
    warnings: Counter[str]
    seen: int
    codes: Counter[tuple[str, int | None]]
    last: bool
    place: tuple[int, str]


class ReaderDied(RuntimeError):
    """The reading process ended before the file did."""


def job_of(
    path: Path, *, form: Form | None, now: int, dealers: Mapping[str, int], keyring: Keyring, name: str | None = None
) -> Job:
    """The job of the reading process. The path is not resolved: it may lead to a file that has no name any more."""
    return Job(str(path.absolute()), form and str(form), now, dict(dealers), dict(keyring.keys), name)


class SealedChunks:
    """What a reading process sends."""

    def __init__(self, process: subprocess.Popen[bytes], ahead: Iterator[bytes]) -> None:
        self._process, self._ahead = process, ahead

    def stop(self) -> None:
        """Ends the process: who waits for its next chunk gets ReaderDied."""
        self._process.terminate()

    def __iter__(self) -> Iterator[Sealed]:
        """The file's chunks, in order. Errors: BadFile as ``file_rows.read`` raises it, also where a workbook ended the
        process; ReaderDied."""
        bounded = False
        for message in self._ahead:
            kind, content = marshal.loads(message)  # noqa: S302 - from our own child
            if kind == "end":
                return
            if kind == "bad":
                raise BadFile(*content)
            if kind == "fault":
                raise ReaderDied(f"{content}; what was loaded so far stands, then load the file again")
            if kind == "bounded":
                bounded = True
                continue
            rows, refusals, warnings, seen, codes, last, place = content
            found = [RowRefusal(*refusal) for refusal in refusals]
            yield Sealed(packed_rows.unpack(rows), found, Counter(warnings), seen, Counter(codes), last, place)
        if bounded:
            raise too_large()
        raise ReaderDied("the file's reader ended unexpectedly; what was loaded so far stands, load the file again")


@contextmanager
def sealed_chunks(job: Job) -> Iterator[SealedChunks]:
    """Starts the reading process, which ends with the context. Errors: BadFile as ``detect_form``, where the job
    names no form."""
    process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
    assert process.stdin is not None
    assert process.stdout is not None
    _widen(process.stdout)
    ahead = _ahead(process.stdout)
    try:
        with suppress(BrokenPipeError), process.stdin as stdin:  # it has died: whoever waits for its chunks is told
            marshal.dump(tuple(_dated(job)), stdin)
        yield SealedChunks(process, ahead)
    finally:
        process.terminate()
        process.wait()
        with suppress(ValueError):  # a thread that nobody waited for to its end still has it
            ahead.close()
        process.stdout.close()


def _dated(job: Job) -> Job:
    """The job with the form of the file's dates, which this process finds out while the other one starts; of a workbook
    that one does, within its bounds, and it says what is wrong with a file that this one cannot read."""
    path = Path(job.path)
    with suppress(OSError):
        if job.form is None and sniff.kind(path, job.name).encoding is not None:
            return job._replace(form=str(detect_form(path, job.name)))
    return job


def _widen(pipe: IO[bytes]) -> None:
    """A message then goes through in one go or two, and not in ten; where the system has no such pipes, as before."""
    if widening := getattr(fcntl, "F_SETPIPE_SZ", None):
        with suppress(OSError):  # more than the user may have
            fcntl.fcntl(pipe, widening, _PIPE)


def _ahead(receiving: IO[bytes]) -> Generator[bytes, None, None]:
    """Messages of the pipe, a few of them fetched while the last is still being worked on.

    Close it once the other end of the pipe is closed: then the thread that fetches has ended.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(_AHEAD)

    def fetch() -> None:
        try:
            while len(length := receiving.read(LENGTH.size)) == LENGTH.size:
                (size,) = LENGTH.unpack(length)
                content = receiving.read(size)
                if len(content) < size:  # the process was ended in the middle of it
                    break
                waiting.put(content)
        except (OSError, ValueError):  # closed: nobody waits any more
            pass
        finally:
            waiting.put(None)

    fetching = threading.Thread(target=fetch, name="izin-ahead", daemon=True)
    fetching.start()
    message: bytes | None = b""
    try:
        while (message := waiting.get()) is not None:
            yield message
    finally:
        while message is not None:  # given up: what is still coming makes room for the end
            message = waiting.get()
        fetching.join()
