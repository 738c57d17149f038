"""A witness of other logs (C2SP tlog-witness): the newest tree of each that it has cosigned, in a small database of its
own. It cosigns only what continues that tree."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.merkle import EMPTY, SIZE
from evidence.tlog import notes, tree_proofs
from evidence.tlog.notes import COSIGNATURE, ML_DSA_44, BadNote, Head, Note, NoteKey

SEED = 32
SIZE_TYPE = "text/x.tlog.size"
_TABLE = "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT"


class NotCosigned(Exception):
    """``status``: of HTTP; ``size``: what was cosigned, where that is the answer."""

    def __init__(self, status: int, words: str, size: int | None = None) -> None:
        super().__init__(words)
        self.status, self.size = status, size


class Submission(NamedTuple):
    old: int
    path: list[bytes]
    note: Note


class WitnessKeys:
    """Both keys of a witness, made from one seed; Ed25519's key signs nothing else."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(seed)
        self._ml_dsa = notes.post_quantum(seed, b"izin witness 44")
        self.verifiers = (
            NoteKey(name, COSIGNATURE, self._ed25519.public_key().public_bytes_raw()).verifier(),
            NoteKey(name, ML_DSA_44, self._ml_dsa.public_key().public_bytes_raw()).verifier(),
        )

    @classmethod
    def open(cls, folder: Path, name: str | None = None) -> WitnessKeys:
        """Those of the folder; made, under this name, where it has none. Errors: BadNote, OSError."""
        file = folder / "key"
        if not file.exists():
            if name is None or not notes.fits_name(name):
                raise BadNote("a new witness needs a --name without spaces and +, such as witness.example/izin")
            _create(file, f"{name} {secrets.token_hex(SEED)}\n")
        kept, _, seed = file.read_text(encoding="utf-8").strip().partition(" ")
        if name not in (None, kept):
            raise BadNote(f"this witness is named {kept}: its name is part of its key")
        return cls(kept, bytes.fromhex(seed))

    def cosign(self, note: Note, at: int) -> str:
        head = note.head()
        first = notes.cosign(self._ed25519, self.name, note.body, at)
        return first.line() + notes.cosign_44(self._ml_dsa, self.name, head, at).line()


class WitnessStore:
    """``logs``: the keys that it trusts. Used from several threads."""

    def __init__(self, folder: Path, keys: WitnessKeys, logs: Iterable[NoteKey]) -> None:
        self.keys = keys
        self._logs: dict[str, list[NoteKey]] = {}
        for one in logs:
            self._logs.setdefault(one.name, []).append(one)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(folder / "witness.db", isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_TABLE)

    def close(self) -> None:
        self._connection.close()

    def add(self, body: bytes) -> str:
        """The cosignatures of a submitted checkpoint. Errors: NotCosigned."""
        given = read(body)
        head = given.note.head()
        if notes.body(head) != given.note.body:  # ML-DSA signs the head alone, so anybody may add lines to its note
            raise NotCosigned(400, "the checkpoint has extension lines")
        self._check_signature(given.note, head)
        if given.old > head.size:
            raise NotCosigned(400, "the old size is above the checkpoint's")
        with self._lock, self._written() as connection:
            row = connection.execute("SELECT size, root FROM seen WHERE origin = ?", (head.origin,)).fetchone()
            size, root = row or (0, EMPTY)
            if given.old != size:
                raise NotCosigned(409, "another size was cosigned", size)
            if head.size == size and row is not None and head.root != root:
                raise NotCosigned(409, "another root of this size was cosigned", size)
            if not _continues(given, head, root):
                raise NotCosigned(422, "the proof of consistency is false")
            values = head.origin, head.size, head.root
            connection.execute(
                "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET size = ?2, root = ?3", values
            )
        return self.keys.cosign(given.note, int(time.time()))

    def _check_signature(self, note: Note, head: Head) -> None:
        """Errors: NotCosigned. Nothing of the database is read before."""
        if (known := self._logs.get(head.origin)) is None:
            raise NotCosigned(404, "this log is not known")
        try:
            signed = [one for one in known if note.signed_at(one) is not None]
        except BadNote:
            signed = []
        if not signed:
            raise NotCosigned(403, "no key that is known for this log has signed it")

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        """A transaction that other processes wait for; durable at its end."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise


def read(body: bytes) -> Submission:
    """Errors: NotCosigned, status 400."""
    try:
        head, found, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        old = first.removeprefix("old ")
        path = [b64decode(one, validate=True) for one in lines]
        if (
            not found
            or not first.startswith("old ")
            or not old.isascii()
            or not old.isdecimal()
            or str(int(old)) != old
        ):
            raise ValueError
        if len(path) > tree_proofs.MOST or any(len(one) != SIZE for one in path):
            raise ValueError
        submitted = Submission(int(old), path, notes.read(note))
        submitted.note.head()
    except ValueError:
        raise NotCosigned(400, "this is no submission of a checkpoint") from None
    return submitted


def _continues(given: Submission, head: Head, root: bytes) -> bool:
    if given.old == 0:
        return not given.path and (head.size > 0 or head.root == EMPTY)
    return tree_proofs.consistent(given.old, head.size, root, head.root, given.path)


def _create(file: Path, text: str) -> None:
    """Whole or not at all, never over another, for its owner alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f".key.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writing:
        writing.write(text)
        writing.flush()
        os.fsync(writing.fileno())
    with suppress(FileExistsError):
        os.link(fresh, file)
    fresh.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
