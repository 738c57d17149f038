"""The witness inside the database: on PostgreSQL an append-only copy of each checkpoint, for hosts without a lasting
disk. It shows a log cut or rewritten without access to this table and a partly restored database, not an older backup
of the whole, nor a role that may drop triggers: give it to another role (SECURITY.md). Rows without our signature are
ignored."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, literal_column, select

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, table
from consents.store.statements import POSTGRESQL
from evidence import checkpoints, history_rows
from evidence.checkpoints import DOOMSDAY, LARGEST, Checkpoint, LogKey
from evidence.merkle import EMPTY
from evidence.tables import Witness

PAGE = 500

_table = table(Witness).c
_every = select(_table.size, _table.root, _table.previous, _table.made_at, _table.signature)
_BACKWARDS = Statement(
    _every.where(_table.size > bindparam("above"), _table.size < bindparam("below"))
    .order_by(_table.size.desc())
    .limit(literal_column(str(PAGE)))
)
_HAS = Statement(select(_table.size).where(_table.size == bindparam("size")))
_ANY = Statement(select(_table.size).limit(literal_column("1")))


def begun(snapshot: Snapshot) -> bool:
    return snapshot.dialect == POSTGRESQL and snapshot.one(_ANY) is not None


def list_all(snapshot: Snapshot, above: int = -1, below: int = LARGEST) -> Iterator[Checkpoint]:
    """The checkpoints with a size between these, newest first; signatures unchecked."""
    if snapshot.dialect != POSTGRESQL:
        return
    while page := snapshot.all(_BACKWARDS, {"above": above, "below": below}):
        for size, root, previous, made_at, signature in page:
            if 0 <= made_at < DOOMSDAY:
                yield Checkpoint(size, bytes(root), previous, micros(made_at), bytes(signature))
        below = page[-1][0]


def last(snapshot: Snapshot, key: LogKey) -> Checkpoint | None:
    return next(filter(key.signed, list_all(snapshot)), None)


def wants_beginning(snapshot: Snapshot) -> bool:
    empty = not history_rows.last_act(snapshot) and checkpoints.latest(snapshot) is None
    return snapshot.dialect == POSTGRESQL and empty and not begun(snapshot)


def begin(transaction: Transaction, keyring: Keyring) -> None:
    add(transaction, checkpoints.sign(keyring, Checkpoint(0, EMPTY, 0, transaction.now)))


def add(transaction: Transaction, checkpoint: Checkpoint) -> None:
    """Nothing where the row exists, or on SQLite."""
    if transaction.dialect != POSTGRESQL or transaction.one(_HAS, {"size": checkpoint.size}) is not None:
        return
    size, root, previous, made_at, signature = checkpoint
    values = (size, root, previous, stored(made_at), signature)
    transaction.insert("witness", "size,root,previous,made_at,signature", [values])
