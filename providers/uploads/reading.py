"""The reading process: parses, checks and seals a file's rows, and sends them in the order of their sealed addresses.

A program of its own (``python -m providers.uploads.reading``) that loads no database: 35 MB beside the importer's 70.
It reads its job on stdin and answers on stdout, each message as its length and then its content (marshal). A workbook
can make it ask for more than any machine has; so it bounds itself before it opens one, and reports that first.
"""

from __future__ import annotations

import marshal
import struct
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from consents.dates import Form
from consents.keys import Keyring
from consents.people.sealing import person
from providers.uploads.file_rows import Chunk, read
from providers.uploads.files import sheets, sniff
from providers.uploads.files.row_refusals import BadFile

WINDOW, PART = 50_000, 2_000  # rows and refusals put in order together, rows sent together
LENGTH = struct.Struct("<Q")


class Job(NamedTuple):
    """What the reading process needs to know. ``name``: what the owner calls the file, where ``path`` is a copy."""

    path: str
    form: str | None
    now: int
    dealers: dict[str, int]
    keys: dict[str, bytes]
    name: str | None = None


def main() -> None:
    """Does the one job that stands on stdin."""
    job = Job(*marshal.load(sys.stdin.buffer))  # noqa: S302 - from our own parent
    out = sys.stdout.buffer
    try:
        if sniff.kind(Path(job.path), job.name).encoding is None:
            sheets.bound()
            _send(out, ("bounded", None))
        for content in contents(job):
            _send(out, ("chunk", content))
        _send(out, ("end", None))
    except BadFile as fault:
        _send(out, ("bad", (fault.reason, *fault.sentence)))
    except BrokenPipeError:  # the importer has gone away
        sys.stderr.close()


def contents(job: Job) -> Iterator[tuple[Any, ...]]:
    """The file's chunks as plain values, those of ``pipeline.Sealed`` in its order. BadFile as of ``read``."""
    form = Form(job.form) if job.form else None
    chunks = read(Path(job.path), dates=form, now=job.now, dealers=job.dealers, name=job.name)
    return _sorted(Keyring(job.keys), chunks)


def _sorted(keyring: Keyring, chunks: Iterator[Chunk]) -> Iterator[tuple[Any, ...]]:
    """The chunks' rows in the order of the sealed address, over a window of many chunks.

    Neighbours then land on the same pages of the recipients' index: a sixth of the bytes written. The rows of one
    address keep the file's order, and the ledger compares no others. Refused rows count too, so that a window ends also
    where nothing else comes: every row of it stands before every row of the next.
    """
    window: list[tuple[Any, ...]] = []
    size, header = 0, 0
    for chunk in chunks:
        header = chunk.header
        window += [_seal(keyring, row) for row in chunk.rows]
        refusals = [tuple(refusal) for refusal in chunk.refusals]
        yield [], refusals, dict(chunk.warnings), chunk.seen - len(chunk.rows), dict(chunk.codes), False, header
        size += len(chunk.rows) + len(refusals)
        if size >= WINDOW:
            yield from _parts(window, header)
            window, size = [], 0
    yield from _parts(window, header)


def _parts(window: list[tuple[Any, ...]], header: int) -> Iterator[tuple[Any, ...]]:
    """The window's rows in parts, the last of which is marked; one without rows where it has none."""
    window.sort(key=itemgetter(1, 0))
    for start in range(0, len(window) or 1, PART):
        rows = window[start : start + PART]
        yield rows, [], {}, len(rows), {}, start + PART >= len(window), header


def _seal(keyring: Keyring, row: tuple[Any, ...]) -> tuple[Any, ...]:
    number, address, *declared = row
    who = person(keyring, address)
    return number, who.sealed, who.commitment, *declared


def _send(out: BinaryIO, message: tuple[Any, ...]) -> None:
    content = marshal.dumps(message)
    out.write(LENGTH.pack(len(content)))
    out.write(content)
    out.flush()


if __name__ == "__main__":
    main()
