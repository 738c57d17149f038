"""Published checkpoints: notes without extension lines, with the signatures of the log and of its witnesses. Old ones
without a time stamp are deleted: a receipt takes the newest, or a stamped one."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, literal_column, select, update

from consents.columns import micros, stored
from consents.instants import HOUR
from consents.store import Snapshot, Statement, Transaction, Value, table
from evidence.tables import CheckpointRow, LogHead

_table, _signed = table(LogHead), table(CheckpointRow)
_columns = [_table.c[name] for name in ("size", "made_at", "note", "cosignatures", "cosigned", "stamp")]
_FIRST: ColumnElement[int] = literal_column("1")
_NEWEST = Statement(select(*_columns).order_by(_table.c.size.desc()).limit(_FIRST))
_AT = Statement(select(*_columns).where(_table.c.size == bindparam("size")))
_STAMPED = Statement(
    select(*_columns)
    .where(_table.c.stamp.is_not(None), _table.c.size >= bindparam("size"))
    .order_by(_table.c.size)
    .limit(_FIRST)
)
_COSIGNED = Statement(
    select(*_columns)
    .where(_table.c.cosigned >= bindparam("quorum"), _table.c.size >= bindparam("size"))
    .order_by(_table.c.size.desc())
    .limit(_FIRST)
)
_LAST_STAMPED = Statement(
    select(*_columns).where(_table.c.stamp.is_not(None)).order_by(_table.c.size.desc()).limit(_FIRST)
)
_BEGUN: Value[float] = Statement(select(_signed.c.made_at).order_by(_signed.c.size).limit(_FIRST))
_COSIGN = Statement(
    update(_table)
    .where(_table.c.size == bindparam("of"))
    .values(cosignatures=bindparam("lines"), cosigned=bindparam("many"))
)
_STAMP = Statement(update(_table).where(_table.c.size == bindparam("of")).values(stamp=bindparam("reply")))
_FORGET = Statement(delete(_table).where(_table.c.stamp.is_(None), _table.c.size < bindparam("before")))


class PublishedHead(NamedTuple):
    """``size``: acts; ``made_at``: µs; ``note``: with the log's own signatures; ``cosigned``: witnesses of
    ``cosignatures``; ``stamp``: of the SHA-512 of ``note``."""

    size: int
    made_at: int
    note: str
    cosignatures: str = ""
    cosigned: int = 0
    stamp: bytes | None = None

    @property
    def text(self) -> str:
        return self.note + self.cosignatures


def newest(snapshot: Snapshot) -> PublishedHead | None:
    return _read(snapshot.one(_NEWEST))


def at(snapshot: Snapshot, size: int) -> PublishedHead | None:
    return _read(snapshot.one(_AT, {"size": size}))


def best(snapshot: Snapshot, act: int, quorum: int = 0) -> PublishedHead | None:
    """The first stamped one that holds the act, else as ``cosigned``; None while none holds it."""
    return _read(snapshot.one(_STAMPED, {"size": act})) or cosigned(snapshot, act, quorum)


def cosigned(snapshot: Snapshot, act: int, quorum: int) -> PublishedHead | None:
    """The newest one that ``quorum`` witnesses cosigned and that holds the act, else the newest; None while none holds
    it. A witness is asked after the checkpoint was made, so the newest one often lacks what the one before has."""
    head = newest(snapshot)
    if head is not None and head.cosigned < quorum:
        head = _read(snapshot.one(_COSIGNED, {"size": act, "quorum": quorum})) or head
    return head if head is not None and head.size >= act else None


def to_stamp(snapshot: Snapshot, now: int, quorum: int = 0) -> PublishedHead | None:
    """The newest one, where the last stamped one was made an hour ago; two hours ago, while fewer than ``quorum``
    witnesses cosigned the newest: receipts take a stamped one, and late cosignatures come to the newest alone. Before
    the first stamp the log's first checkpoint counts, because a busy log's newest one is never an hour old."""
    head, last = newest(snapshot), _read(snapshot.one(_LAST_STAMPED))
    if head is None or (last is not None and last.size >= head.size):
        return None
    waits = HOUR if head.cosigned >= quorum else 2 * HOUR
    if last is None:
        begun = micros(snapshot.value(_BEGUN) or stored(head.made_at))
        return head if head.cosigned >= quorum or begun + HOUR <= now else None
    return head if last.made_at + waits <= now else None


def add(transaction: Transaction, head: PublishedHead) -> None:
    """Keeps the one before, because witnesses may be looking at it."""
    if (before := newest(transaction)) is not None:
        if before.size >= head.size:
            return
        transaction.run(_FORGET, {"before": before.size})
    row = (head.size, stored(head.made_at), head.note, head.cosignatures, head.cosigned, head.stamp)
    transaction.insert("log_head", "size,made_at,note,cosignatures,cosigned,stamp", [row])


def cosign(transaction: Transaction, size: int, lines: str, many: int) -> None:
    transaction.run(_COSIGN, {"of": size, "lines": lines, "many": many})


def stamp(transaction: Transaction, size: int, reply: bytes) -> None:
    transaction.run(_STAMP, {"of": size, "reply": reply})


def _read(row: Any) -> PublishedHead | None:
    if row is None:
        return None
    size, made_at, note, cosignatures, cosigned, reply = row
    return PublishedHead(size, micros(made_at), note, cosignatures, cosigned, None if reply is None else bytes(reply))
