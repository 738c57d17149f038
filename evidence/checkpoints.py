"""The log's signed checkpoints: size and root at a moment, as C2SP tlog-checkpoints (signed notes). Two extension lines
follow the root: the previous checkpoint's size, so that none can be removed unnoticed, and the moment."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import bindparam, func, literal_column, select

from consents.columns import micros, stored
from consents.instants import moment
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from evidence.leaves import LogFault
from evidence.merkle import Frontier
from evidence.tables import CheckpointRow
from evidence.tlog import key_changes
from evidence.tlog.key_changes import ReplacedKey

ED25519 = b"\x01"  # C2SP signed-note, signature types
PAGE = 500
_ORIGIN = re.compile(r"izin-log/[0-9a-f]{16}")
LARGEST = 2**63 - 1  # that a column of either database holds
DOOMSDAY = 2**33  # seconds since 1970, the year 2242: no checkpoint was made later

_table = table(CheckpointRow)
_columns = [_table.c[name] for name in ("size", "root", "frontier", "made_at", "signature")]
_earlier = _table.alias("earlier").c.size
_LAST_SIZE: Value[int | None] = Statement(select(func.max(_table.c.size)))
_AT = Statement(select(*_columns).where(_table.c.size == bindparam("size")))
_BEFORE: Value[int | None] = Statement(select(func.max(_table.c.size)).where(_table.c.size < bindparam("size")))
_AMONG = Statement(
    select(*_columns, select(func.max(_earlier)).where(_earlier < _table.c.size).scalar_subquery()).where(
        among(_table.c.size, "sizes")
    )
)
_AFTER = Statement(
    select(*_columns).where(_table.c.size > bindparam("size")).order_by(_table.c.size).limit(literal_column(str(PAGE)))
)
_WITHIN: Statement[tuple[int, bytes]] = Statement(
    select(_table.c.size, _table.c.frontier)
    .where(_table.c.size.between(bindparam("first"), bindparam("last")))
    .order_by(_table.c.size)
    .limit(literal_column("1"))
)


class Checkpoint(NamedTuple):
    """The log's first ``size`` acts; ``previous``: the size of the checkpoint before, 0 of none; ``made_at``: µs."""

    size: int
    root: bytes
    previous: int
    made_at: int
    signature: bytes = b""


class EndedKey(NamedTuple):
    """A public key that another replaced; ``size``: acts of the last checkpoint that it signed alone."""

    public: bytes
    size: int


class LogKey:
    """The newest public key of a log, and the earlier ones. ``changes``: the notes by which each followed the one
    before. The origin stays that of the first key."""

    def __init__(
        self, public: bytes, origin: str = "", ended: Sequence[EndedKey] = (), changes: Sequence[str] = ()
    ) -> None:
        self.public, self.ended, self.changes = public, tuple(ended), tuple(changes)
        self.origin = origin or f"izin-log/{sha256(public).hexdigest()[:16]}"
        self.number = self._number(public)
        self._key, self._own = Ed25519PublicKey.from_public_bytes(public), self._verifier(public)

    @classmethod
    def of(cls, keyring: Keyring) -> LogKey:
        return _of(keyring.log_seeds, keyring.log_changes)

    @classmethod
    def read(cls, verifier: str) -> LogKey:
        """Errors: ValueError."""
        written = verifier.strip()
        try:
            found = cls(b64decode(written.split("+", 2)[2], validate=True).removeprefix(ED25519), written.split("+")[0])
        except (ValueError, IndexError):
            found = None
        if found is None or found.verifier() != written or not _ORIGIN.fullmatch(found.origin):
            raise ValueError("this is no public key of a log")
        return found

    def following(self, notes: Iterable[str]) -> LogKey:
        """The log's newest key, and earlier ones, as far as these changes lead from this key. Errors: BadNote."""
        read = ((key_changes.read(text), text) for text in dict.fromkeys([*self.changes, *notes]))
        steps = [one for one in read if one[0].before.name == self.origin]
        oldest = newest = self.public
        chain: list[tuple[ReplacedKey, str]] = []
        while (step := next((one for one in steps if one[0].before.public == newest), None)) and step not in chain:
            chain.append(step)
            newest = step[0].after.public
        while (step := next((one for one in steps if one[0].after.public == oldest), None)) and step not in chain:
            chain.insert(0, step)
            oldest = step[0].before.public
        ended = [EndedKey(change.before.public, change.size) for change, _ in chain]
        return LogKey(newest, self.origin, ended, [text for _, text in chain])

    def at(self, size: int) -> bytes:
        """The public key of a checkpoint of so many acts."""
        return next((one.public for one in self.ended if size <= one.size), self.public)

    def named(self, verifier: str) -> EndedKey | None:
        """The key of this name; ``size``: the most acts that it signs."""
        keys = [*self.ended, EndedKey(self.public, LARGEST)]
        return next((one for one in keys if self._verifier(one.public) == verifier), None)

    def publics(self) -> list[bytes]:
        """All keys, the newest first."""
        return [self.public, *(one.public for one in reversed(self.ended))]

    def _number(self, public: bytes) -> bytes:
        return sha256(self.origin.encode() + b"\n" + ED25519 + public).digest()[:4]

    def _verifier(self, public: bytes) -> str:
        return f"{self.origin}+{self._number(public).hex()}+{b64encode(ED25519 + public).decode()}"

    def text(self, checkpoint: Checkpoint) -> str:
        root = b64encode(checkpoint.root).decode()
        made = moment(checkpoint.made_at).isoformat(timespec="microseconds")
        return f"{self.origin}\n{checkpoint.size}\n{root}\nprevious {checkpoint.previous}\nmade {made}\n"

    def note(self, checkpoint: Checkpoint) -> str:
        """The signed note, which any C2SP tool can check with ``verifier``."""
        signature = b64encode(self._number(self.at(checkpoint.size)) + checkpoint.signature).decode()
        return f"{self.text(checkpoint)}\n— {self.origin} {signature}\n"

    def verifier(self) -> str:
        return self._own

    def signed(self, checkpoint: Checkpoint) -> bool:
        public = self.at(checkpoint.size) if self.ended else self.public
        key = self._key if public == self.public else Ed25519PublicKey.from_public_bytes(public)
        try:
            key.verify(checkpoint.signature, self.text(checkpoint).encode())
        except (InvalidSignature, OverflowError):  # it signs no moment that no calendar has
            return False
        return True


@lru_cache(maxsize=4)
def _of(seeds: Sequence[bytes], changes: Sequence[tuple[int, str]]) -> LogKey:
    publics = [Ed25519PrivateKey.from_private_bytes(one).public_key().public_bytes_raw() for one in seeds]
    ended = [EndedKey(public, size) for public, (size, _) in zip(publics, changes, strict=False)]
    return LogKey(publics[-1], LogKey(publics[0]).origin, ended, [note for _, note in changes])


def sign(keyring: Keyring, checkpoint: Checkpoint) -> Checkpoint:
    text = LogKey.of(keyring).text(checkpoint)
    return checkpoint._replace(signature=keyring.signer().sign(text.encode()))


def latest(snapshot: Snapshot) -> tuple[Checkpoint, Frontier] | None:
    """The newest checkpoint and the frontier for the next one; None before the first."""
    return at(snapshot, last_size(snapshot))


def at(snapshot: Snapshot, size: int) -> tuple[Checkpoint, Frontier] | None:
    """Errors: LogFault when the row holds what no checkpoint can hold."""
    if (row := snapshot.one(_AT, {"size": size})) is None:
        return None
    return _unpack(row, snapshot.value(_BEFORE, {"size": size}) or 0)


def among_sizes(snapshot: Snapshot, sizes: Collection[int]) -> dict[int, Checkpoint]:
    wanted = [size for size in sizes if 0 < size <= LARGEST]
    rows = snapshot.all(_AMONG, {"sizes": snapshot.array(wanted)}) if wanted else []
    found = (_unpack(row, before or 0)[0] for *row, before in rows)
    return {checkpoint.size: checkpoint for checkpoint in found}


def list_all(snapshot: Snapshot, beyond: int = 0) -> Iterator[tuple[Checkpoint, Frontier]]:
    """All, or those after size ``beyond``, by size. Errors: as of ``at``."""
    previous = beyond
    # A size below 1 never was: from far below, so that such a row shows.
    after = beyond or -(2**63)
    while rows := snapshot.all(_AFTER, {"size": after}):
        for row in rows:
            found = _unpack(row, previous)
            yield found
            after = previous = found[0].size


def frontier_within(snapshot: Snapshot, first: int, last: int) -> Frontier | None:
    if (row := snapshot.one(_WITHIN, {"first": first, "last": last})) is None:
        return None
    size, packed = row
    return Frontier(size, bytes(packed))


def add(transaction: Transaction, checkpoint: Checkpoint, frontier: Frontier) -> bool:
    """False when another process has appended one meanwhile."""
    if last_size(transaction) != checkpoint.previous:
        return False
    row = (checkpoint.size, checkpoint.root, frontier.packed(), stored(checkpoint.made_at), checkpoint.signature)
    transaction.insert("checkpoint", "size,root,frontier,made_at,signature", [row])
    return True


def last_size(snapshot: Snapshot) -> int:
    return snapshot.value(_LAST_SIZE) or 0


def _unpack(row: Iterable[Any], previous: int) -> tuple[Checkpoint, Frontier]:
    size, root, frontier, made_at, signature = row
    timed = isinstance(made_at, int | float) and 0 <= made_at < DOOMSDAY and stored(micros(made_at)) == made_at
    blobs = all(isinstance(item, bytes) for item in (root, frontier, signature))
    if not (isinstance(size, int) and size > previous and timed and blobs):
        raise LogFault(f"checkpoint {size} holds what no checkpoint can hold")
    try:
        grown = Frontier(size, frontier)
    except ValueError:
        raise LogFault(f"checkpoint {size} has a damaged frontier") from None
    return Checkpoint(size, root, previous, micros(made_at), signature), grown
