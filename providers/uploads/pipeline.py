"""Reading beside writing: a second process (``reading``) parses, checks and encrypts a file, and sends plain values
through a pipe, whose bound keeps memory flat."""

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
from typing import IO, Any, NamedTuple

from consents.dates import Form
from consents.keys import Keyring
from consents.languages import Sentence
from consents.store.gates.turnstile import fcntl
from providers.uploads import packed_rows
from providers.uploads.date_forms import detect_form
from providers.uploads.files import sniff
from providers.uploads.files.file_header import AS_NAMED, Layout
from providers.uploads.files.row_refusals import BadFile, FileHead, RowRefusal
from providers.uploads.files.sheets import too_large
from providers.uploads.packed_rows import SealedRow
from providers.uploads.reading import LENGTH, ReadingJob

_AHEAD = 3
_PIPE = 1 << 20  # bytes: as many as Linux gives anybody (pipe(7))
# Isolated, so that no module of the folder it is started in takes the place of ours.
_COMMAND = (sys.executable, "-I", "-m", "providers.uploads.reading")


class Sealed(NamedTuple):
    """A chunk for the ledger. ``last``: all rows of later chunks sort after those until here; ``codes``: the reader's
    refused rows by code and channel; ``place``: a spreadsheet shows row N at N + its first, on the sheet that is its
    second; ``evidence``: by the number of a row of these."""

    rows: list[SealedRow]
    refusals: list[RowRefusal]
    warnings: Counter[str]
    seen: int
    codes: Counter[tuple[str, int | None]]
    last: bool
    place: tuple[int, str]
    evidence: Mapping[int, str] = {}


class ReaderDied(RuntimeError):
    """The reading process ended before the file did."""


def job_of(
    path: Path,
    *,
    form: Form | None,
    now: int,
    dealers: Mapping[str, int],
    keyring: Keyring,
    name: str | None = None,
    layout: Layout = AS_NAMED,
) -> ReadingJob:
    """The path is not resolved: it may lead to a file that has no name any more."""
    matched = plain_layout(layout)
    return ReadingJob(str(path.absolute()), form and str(form), now, dict(dealers), dict(keyring.keys), name, matched)


def plain_layout(layout: Layout) -> tuple[Any, ...]:
    """Its fields as plain values."""
    return tuple(map(_plain, layout))


def _plain(value: Any) -> Any:
    """As marshal writes it."""
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, (int, str)) else tuple(value)


class SealedChunks:
    def __init__(self, process: subprocess.Popen[bytes], ahead: Iterator[bytes]) -> None:
        self._process, self._ahead = process, ahead

    def stop(self) -> None:
        """Ends the process: the next chunk raises ReaderDied."""
        self._process.terminate()

    def __iter__(self) -> Iterator[Sealed]:
        """The file's chunks, in order. Errors: BadFile as ``file_rows.read``, also where a workbook ended the process;
        ReaderDied."""
        bounded = False
        for message in self._ahead:
            kind, content = marshal.loads(message)  # noqa: S302 - from our own child
            if kind == "end":
                return
            if kind == "bad":
                reason, marked, values, head = content
                raise BadFile(reason, Sentence(marked, values), head and FileHead(*head))
            if kind == "fault":
                raise ReaderDied(f"{content}; what was loaded so far stands, then load the file again")
            if kind == "bounded":
                bounded = True
                continue
            rows, refusals, warnings, seen, codes, *rest = content
            found = [RowRefusal(*refusal) for refusal in refusals]
            yield Sealed(packed_rows.unpack(rows), found, Counter(warnings), seen, Counter(codes), *rest)
        if bounded:
            raise too_large()
        raise ReaderDied("the file's reader ended unexpectedly; what was loaded so far stands, load the file again")


@contextmanager
def sealed_chunks(job: ReadingJob) -> Iterator[SealedChunks]:
    """Runs the reading process within the context. Errors: BadFile as ``detect_form``, without a form in the job."""
    process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
    assert process.stdin is not None
    assert process.stdout is not None
    _widen(process.stdout)
    ahead = _ahead(process.stdout)
    try:
        with suppress(BrokenPipeError), process.stdin as stdin:  # it has died: readers of its chunks get the error
            marshal.dump(tuple(_dated(job)), stdin)
        yield SealedChunks(process, ahead)
    finally:
        process.terminate()
        process.wait()
        with suppress(ValueError):  # a thread that nobody waited for to its end still has it
            ahead.close()
        process.stdout.close()


def _dated(job: ReadingJob) -> ReadingJob:
    """The job with the form of the file's dates, detected here while the process starts; a workbook's in that
    process."""
    path = Path(job.path)
    with suppress(OSError):
        if job.form is None and sniff.kind(path, job.name).encoding is not None:
            return job._replace(form=str(detect_form(path, job.name, job.layout)))
    return job


def _widen(pipe: IO[bytes]) -> None:
    """A message then goes through in one go or two, not ten, where the system has such pipes."""
    if widening := getattr(fcntl, "F_SETPIPE_SZ", None):
        with suppress(OSError):  # more than the user may have
            fcntl.fcntl(pipe, widening, _PIPE)


def _ahead(receiving: IO[bytes]) -> Generator[bytes, None, None]:
    """Messages of the pipe, a few read ahead. Close it once the other end of the pipe is closed: then its thread has
    ended."""
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
