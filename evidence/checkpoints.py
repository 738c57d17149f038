"""The log's signed checkpoints: size and root at a moment, as C2SP tlog-checkpoints (signed notes). Two extension lines
follow the root: the previous checkpoint's size, so that none can be removed unnoticed, and the moment."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, func, literal_column, select

from consents.columns import micros, stored
from consents.instants import moment
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from evidence.leaves import LogFault
from evidence.merkle import Frontier
from evidence.tables import CheckpointRow

ED25519 = b"\x01"  # C2SP signed-note, signature types
PAGE = 500
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


class LogKey:
    def __init__(self, public: bytes) -> None:
        self.public = public
        self.origin = f"izin-log/{sha256(public).hexdigest()[:16]}"
        self.number = sha256(self.origin.encode() + b"\n" + ED25519 + public).digest()[:4]
        self._key = Ed25519PublicKey.from_public_bytes(public)

    @classmethod
    def of(cls, keyring: Keyring) -> LogKey:
        return cls(keyring.signer().public_key().public_bytes_raw())

    @classmethod
    def read(cls, verifier: str) -> LogKey:
        """Errors: ValueError."""
        written = verifier.strip()
        try:
            found = cls(b64decode(written.split("+", 2)[2], validate=True).removeprefix(ED25519))
        except (ValueError, IndexError):
            found = None
        if found is None or found.verifier() != written:
            raise ValueError("this is no public key of a log")
        return found

    def text(self, checkpoint: Checkpoint) -> str:
        root = b64encode(checkpoint.root).decode()
        made = moment(checkpoint.made_at).isoformat(timespec="microseconds")
        return f"{self.origin}\n{checkpoint.size}\n{root}\nprevious {checkpoint.previous}\nmade {made}\n"

    def note(self, checkpoint: Checkpoint) -> str:
        """The signed note, which any C2SP tool can check with ``verifier``."""
        signature = b64encode(self.number + checkpoint.signature).decode()
        return f"{self.text(checkpoint)}\n— {self.origin} {signature}\n"

    def verifier(self) -> str:
        return f"{self.origin}+{self.number.hex()}+{b64encode(ED25519 + self.public).decode()}"

    def signed(self, checkpoint: Checkpoint) -> bool:
        try:
            self._key.verify(checkpoint.signature, self.text(checkpoint).encode())
        except (InvalidSignature, OverflowError):  # it signs no moment that no calendar has
            return False
        return True


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
