"""Table ``verified``, one row: what was verified, under a MAC of the registry's keys, so that write access to the
database alone cannot claim more. An older row only makes the next proof longer."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.queries import log_rows
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, Value, table
from evidence import checkpoints, history_rows
from evidence.leaves import LogFault
from evidence.tables import CheckpointRow, VerifiedRow
from evidence.witness import NOTHING, WitnessCompared

_table = table(VerifiedRow)
_size = table(CheckpointRow).c.size


class Verified(NamedTuple):
    """``size`` acts, up to ``event``, and recipients up to ``recipient`` were verified at ``at`` (µs); ``whole_at``:
    all at once; ``proved_since``: each earlier row was verified since then; ``round_at``: the start of the present
    round, which has come to ``round_act`` and ``round_recipient``. The last four: as of ``witness.WitnessCompared``."""

    size: int
    event: int
    recipient: int
    root: bytes
    at: int
    whole_at: int
    proved_since: int
    round_at: int
    round_act: int
    round_recipient: int
    witness_size: int
    witness_bytes: int
    witness_digest: bytes
    round_bytes: int

    def compared(self) -> WitnessCompared:
        return WitnessCompared(*(getattr(self, name) for name in WitnessCompared._fields))


class Seen(NamedTuple):
    """The last act and recipient that a proof has looked at; ``at``: its start, µs."""

    act: int
    recipient: int
    at: int


_BLOBS = ("root", "witness_digest")
_MOMENTS = ("at", "whole_at", "proved_since", "round_at")
_ROW = Statement(select(*(_table.c[name] for name in Verified._fields), _table.c.mark))
_COLUMNS = ",".join(("id", *Verified._fields, "mark"))
_SIGNED: Value[int | None] = Statement(select(func.max(_size)).where(_size <= bindparam("act")))


def read(snapshot: Snapshot, keyring: Keyring) -> Verified | None:
    """None without a row. Errors: LogFault where this registry's keys did not write it."""
    if (row := snapshot.one(_ROW)) is None:
        return None
    try:
        *columns, mark = row
        values = dict(zip(Verified._fields, columns, strict=True))
        moments = {name: micros(values[name]) for name in _MOMENTS}
        found = Verified(**{**values, **{name: bytes(values[name]) for name in _BLOBS}, **moments})
        genuine = bytes(mark) == _mark(keyring, found)
    except (TypeError, ValueError, OverflowError):
        genuine = False
    if not genuine:
        raise LogFault("table verified was not written by this registry: run izin verify, which looks at everything")
    return found


def write(transaction: Transaction, keyring: Keyring, proved: Verified) -> None:
    values = proved._asdict() | {name: stored(getattr(proved, name)) for name in _MOMENTS}
    transaction.upsert("verified", "id", _COLUMNS, [(1, *values.values(), _mark(keyring, proved))])


def load(snapshot: Snapshot, now: int) -> Seen:
    """The newest act and recipient, read before a proof, which then covers no less; nothing where unreadable."""
    try:
        return Seen(log_rows.ends(snapshot, "act")[1] or 0, log_rows.last_recipient(snapshot), now)
    except snapshot.connection.DatabaseError:  # the proof will report it
        return Seen(0, 0, now)


def whole(registry: Registry, seen: Seen, compared: WitnessCompared = NOTHING) -> None:
    """Records a complete proof, as far as it is signed by now; ``compared``: how much of the witness."""
    proved = registry.store.read_now(_signed, seen)
    if proved is not None:
        proved = proved._replace(**compared._replace(round_bytes=0)._asdict())
        registry.store.write_now(write, registry.keyring, proved)


def onward(registry: Registry, seen: Seen, before: Verified) -> Verified:
    """Records the proof of what came after ``before``, as far as it is signed by now."""
    proved = registry.store.read_now(_signed, seen)
    if proved is None or proved.size < before.size:
        return before
    named = ("size", "event", "recipient", "root", "at")
    after = before._replace(**{name: getattr(proved, name) for name in named})
    registry.store.write_now(write, registry.keyring, after)
    return after


def _signed(snapshot: Snapshot, seen: Seen) -> Verified | None:
    """A proof up to the newest checkpoint that holds only seen acts; None before the first."""
    size = snapshot.value(_SIGNED, {"act": seen.act}) or 0
    found = checkpoints.at(snapshot, size)
    if found is None:
        return None
    event = history_rows.act(snapshot, size).last_event
    at = seen.at
    return Verified(size, event, seen.recipient, found[0].root, at, at, at, at, 0, 0, *NOTHING)


def _mark(keyring: Keyring, proved: Verified) -> bytes:
    return keyring.mark(repr(tuple(proved)).encode())
