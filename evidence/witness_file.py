"""The witness's file: one durable line each checkpoint: origin, size, root, size of the checkpoint before, when made
(µs since 1970), signature; bytes in base 64. The first has size 0. Lines without our signature are ignored."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from consents.store.engines import normalised
from evidence.checkpoints import Checkpoint, LogKey
from evidence.leaves import LogFault

BLOCK = 1 << 20  # bytes that are hashed at once
TAIL = 65_536  # bytes at the end of the file in which its last good line must stand


class Unwitnessed(LogFault):
    """Acts exist without a witness, or its file is unusable: a folder, on a full disk, not readable."""


def place(database_url: str, chosen: Path | None = None) -> Path:
    """The setting's path, or else beside the database (PostgreSQL: in ``var/``)."""
    if chosen is not None:
        return chosen
    url = normalised(database_url)
    if url.get_backend_name() == "sqlite":
        return Path(f"{url.database}-checkpoints")
    return Path("var", f"{url.database}-checkpoints")


def has_line(path: Path) -> bool:
    with _usable(path, "read"):
        if not path.exists():
            return False
        with path.open("rb") as file:
            return b"\n" in file.read(TAIL)


def length(path: Path) -> int:
    """Bytes of the file now, 0 where it is missing. Signing writes the database first, so a snapshot holds all that the
    file had before it."""
    with _usable(path, "read"):
        return path.stat().st_size if path.exists() else 0


def begins(path: Path, known: Collection[tuple[int, bytes]]) -> bool:
    """Whether the file begins with bytes of one of these lengths and its SHA-256; one read. Errors: Unwitnessed."""
    found, at = sha256(), 0
    if any(not wanted for wanted, _ in known):
        return True
    with _usable(path, "read"):
        if not path.exists():
            return False
        with path.open("rb") as file:
            for wanted, digest in sorted(known):
                while at < wanted and (block := file.read(min(wanted - at, BLOCK))):
                    found.update(block)
                    at += len(block)
                if at == wanted and found.digest() == digest:
                    return True
    return False


def end(path: Path, until: int | None = None) -> bytes | None:
    if not (size := length(path) if until is None else until):
        return None
    with _usable(path, "read"), path.open("rb") as file:
        file.seek(max(0, size - TAIL))
        return file.read(min(size, TAIL))


def list_all(path: Path, key: LogKey) -> Iterator[Checkpoint]:
    """The checkpoints in the file; none without one. Else as ``WitnessLines.checkpoints``."""
    return WitnessLines(path, length(path)).checkpoints(key)


class WitnessLines:
    """The file's first ``until`` bytes, read once from byte ``first``, the start of a line. ``length``: the end of the
    last whole line; what follows was cut by a crash or is being written."""

    def __init__(self, path: Path, until: int, first: int = 0) -> None:
        self._path, self._until, self.length = path, until, first
        self._hash = sha256()

    def digest(self) -> bytes:
        return self._hash.digest()

    def pass_by(self, length: int, digest: bytes) -> bool:
        """Skips the first ``length`` bytes if that is their SHA-256, else nothing. Errors: Unwitnessed."""
        found, left = sha256(), length
        if length > self._until:
            return False
        with _usable(self._path, "read"):
            if length:
                with self._path.open("rb") as file:
                    while left and (block := file.read(min(left, BLOCK))):
                        found.update(block)
                        left -= len(block)
        if left or found.digest() != digest:
            return False
        self.length, self._hash = length, found
        return True

    def checkpoints(self, key: LogKey, enough: int | None = None) -> Iterator[Checkpoint]:
        """Those in the remaining lines, or in the whole ones that reach byte ``enough``; signatures unchecked. Errors:
        Unwitnessed."""
        return _written(key, self._lines(self._until if enough is None else enough))

    def _lines(self, enough: int) -> Iterator[bytes]:
        with _usable(self._path, "read"):
            if self.length >= min(enough, self._until):
                return
            with self._path.open("rb") as file:
                file.seek(self.length)
                for line in _within(file, self._until - self.length):
                    if line.endswith(b"\n"):
                        self._hash.update(line)
                        self.length += len(line)
                    yield line
                    if self.length >= enough:
                        return


def note(path: Path, key: LogKey, checkpoint: Checkpoint, remark: str = "") -> None:
    """Appends a checkpoint, after a remark; returns when it is on the disk. Errors: Unwitnessed."""
    with _usable(path, "written"):
        fresh = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _append(file, (remark + line(key, checkpoint)).encode())
        finally:
            os.close(file)
        if fresh and hasattr(os, "O_DIRECTORY"):
            _keep_name(path.parent)


def _append(file: int, line: bytes) -> None:
    size = os.fstat(file).st_size
    torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"  # a crash, or a full disk, cut the last line
    left = b"\n" * torn + line
    while left:  # a disk that fills up takes a part, and only then fails
        left = left[os.write(file, left) :]
    os.fsync(file)


def _keep_name(folder: Path) -> None:
    """A new file's name is as durable as its folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def line(key: LogKey, checkpoint: Checkpoint) -> str:
    size, root, previous, made_at, signature = checkpoint
    return f"{key.origin} {size} {b64encode(root).decode()} {previous} {made_at} {b64encode(signature).decode()}\n"


def read(key: LogKey, lines: Iterable[bytes]) -> Iterator[Checkpoint]:
    return filter(key.signed, _written(key, lines))


def _written(key: LogKey, lines: Iterable[bytes]) -> Iterator[Checkpoint]:
    for line in lines:
        parts = line.decode("ascii", "replace").split()
        if len(parts) != 6 or parts[0] != key.origin:
            continue
        try:
            size, previous, made_at = (int(parts[place]) for place in (1, 3, 4))
            root, signature = (b64decode(parts[place], validate=True) for place in (2, 5))
        except (ValueError, NoBase64):
            continue
        yield Checkpoint(size, root, previous, made_at, signature)


def _within(lines: Iterable[bytes], size: int) -> Iterator[bytes]:
    for line in lines:
        if size <= 0:
            return
        yield line[:size]
        size -= len(line)


@contextmanager
def _usable(path: Path, how: str) -> Iterator[None]:
    """Maps OSError to Unwitnessed."""
    try:
        yield
    except OSError as error:
        raise Unwitnessed(f"the witness file {path} cannot be {how}: {error.strerror}") from None
