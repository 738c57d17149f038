"""The leaves told a second time, from the head of evidence/leaves.py alone, with pymerkle for the trees."""

from __future__ import annotations

import struct

from pymerkle import InmemoryTree
from sqlalchemy import text

from consents.store import Snapshot, Statement

_ACTS = Statement(text("SELECT * FROM act ORDER BY id"))
_ACT_COLUMNS = (
    *("id", "actor", "door", "recorded_at", "recipient", "upload", "undoes"),
    *("first_event", "last_event", "evidence", "digest"),
)
_EVENTS = Statement(
    text(
        "SELECT e.id, b.code, e.channel, e.identity, e.status, e.source, e.decided_at, d.code, r.commitment "
        "FROM consent_event e JOIN brand b ON b.id = e.brand JOIN recipient r ON r.id = e.recipient "
        "LEFT JOIN dealer d ON d.id = e.dealer WHERE e.act = :act ORDER BY e.id"
    )
)
_COMMITMENTS = Statement(text("SELECT id, commitment FROM recipient"))


def leaves(snapshot: Snapshot) -> list[bytes]:
    """The data of every act's leaf."""
    commitments = {number: bytes(commitment) for number, commitment in snapshot.all(_COMMITMENTS)}
    found = []
    for row in snapshot.all(_ACTS):
        act = dict(zip(_ACT_COLUMNS, row[: len(_ACT_COLUMNS)], strict=True))  # what is younger is in no leaf
        parts = [b"\x01", number(act["id"], 8), number(act["actor"], 1), number(act["door"], 1)]
        parts += [struct.pack(">d", act["recorded_at"]), number(act["upload"], 8), number(act["undoes"], 8)]
        parts += [number(act["first_event"], 8), number(act["last_event"], 8)]
        for blob in (commitments.get(act["recipient"]), act["digest"]):
            parts += [number(len(blob or b""), 1), bytes(blob or b"")]
        found.append(b"".join([*parts, tree([event(*row) for row in snapshot.all(_EVENTS, {"act": act["id"]})])]))
    return found


def event(
    event: int,
    brand: int,
    channel: int,
    identity: int,
    status: int,
    source: int | None,
    at: float,
    dealer: int | None,
    commitment: bytes,
) -> bytes:
    """The data of an event's leaf."""
    small = number(channel, 1) + number(identity, 1) + number(status, 1) + number(source, 1)
    return number(event, 8) + number(brand, 4) + small + struct.pack(">d", at) + number(dealer, 4) + bytes(commitment)


def number(value: int | None, size: int) -> bytes:
    """Unsigned, big-endian; what is absent is 0."""
    return (value or 0).to_bytes(size, "big")


def tree(data: list[bytes]) -> bytes:
    """The root over leaves with this data."""
    oracle = InmemoryTree(algorithm="sha256")
    for entry in data:
        oracle.append_entry(entry)
    return bytes(oracle.get_root())
