"""The log's leaves: one an act, made from the rows of history alone.

Version 1, but for few. Numbers are unsigned and big-endian; what is absent is 0.

    event  = id u64 · brandCode u32 · channel u8 · identity u8 · status u8 · source u8 · decided_at f64 ·
             retailerCode u32 · the recipient's commitment (16 bytes)
    blanket = id u64 · 0 u32 · channel u8 · identity u8 · 0 u8 where it refuses, else 255 · source u8 · decided_at f64 ·
             0 u32 · the recipient's commitment (16 bytes)
    act    = version u8 · id u64 · actor u8 · door u8 · recorded_at f64 · upload u64 · undoes u64 · first event u64 ·
             last event u64 · length u8 and the recipient's commitment · length u8 and the SHA-256 of the evidence ·
             root of the Merkle tree over the act's events (32 bytes)

Version 2 is an act with standing refusals, or their ends: its tree has their leaves behind its events'.

Moments are seconds since 1970 UTC as IEEE 754 doubles, as the store keeps them, so that no bit of one can change.
Nothing in a leaf is secret: commitments hide addresses, and stay when a person is erased.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from consents.queries import log_rows
from consents.queries.log_rows import ActRow, BlanketRow, EventRow
from consents.store import Snapshot
from consents.terms import Source
from evidence.merkle import SIZE

VERSION, WITH_BLANKETS = 1, 2
REFUSES, ENDS = 0, 255  # the effect in a blanket's leaf

_pack_event = struct.Struct(">xQIBBBBdI").pack  # x: the 0x00 before every leaf, so that it need not be joined on
_EVENT, _ACT = struct.Struct(">QIBBBBdI"), struct.Struct(">BQBBdQQQQ")
_pack_act = _ACT.pack
_MISFITS = (struct.error, KeyError, TypeError, OverflowError)


class LogFault(RuntimeError):
    """The rows of history do not fit together; the text names the first fault by number."""


# The places of an event's number and its act's in an EventRow.
EVENT, ACT = 0, 8


class LeafCodes(NamedTuple):
    brands: dict[int, int]
    dealers: dict[int | None, int]
    sources: dict[int | None, int]


def names(snapshot: Snapshot) -> LeafCodes:
    brands = {
        number: code for number, code in log_rows.brand_codes(snapshot).items() if code
    }  # 0 is for what is absent
    dealers: dict[int | None, int] = {n: code for n, code in log_rows.dealer_codes(snapshot).items() if code}
    sources: dict[int | None, int] = {source.code: source.code for source in Source}
    return LeafCodes(brands, {**dealers, None: 0}, {**sources, None: 0})


def act_data(act: ActRow, events_root: bytes) -> bytes:
    commitment, digest = act.commitment, act.evidence_digest
    try:
        if 0 in (act.upload, act.undoes) or b"" in (commitment, digest):
            raise TypeError("nothing is absent in two ways")
        if (act.recipient is None) != (commitment is None):
            raise TypeError("the recipient is missing")
        numbers = act.upload or 0, act.undoes or 0, act.first_event, act.last_event
        version = VERSION if act.blankets is None else WITH_BLANKETS
        fixed = _pack_act(version, act.id, act.actor, act.door, act.recorded_at, *numbers)
        return b"".join((fixed, _sized(commitment), _sized(digest), events_root))
    except _MISFITS:
        raise LogFault(f"act {act.id} holds what no act can hold") from None


def events_root(data: bytes) -> bytes:
    return data[-SIZE:]


def event_hashes(known: LeafCodes, rows: Iterable[EventRow]) -> list[bytes]:
    """Errors: LogFault. One expression: most of the log's time is spent here."""
    brands, dealers, sources = known
    try:
        return [
            sha256(
                _pack_event(event, brands[brand], channel, identity, status, sources[source], at, dealers[dealer])
                + commitment
            ).digest()
            for event, brand, channel, identity, status, source, at, dealer, _, commitment in rows
        ]
    except _MISFITS:
        for row in rows:
            event_data(known, row)
        raise


def event_data(known: LeafCodes, row: EventRow) -> bytes:
    event, brand, channel, identity, status, source, at, dealer, _, commitment = row
    try:
        codes = known.brands[brand], channel, identity, status, known.sources[source], at, known.dealers[dealer]
        return bytes(_pack_event(event, *codes)[1:] + commitment)
    except _MISFITS:
        raise LogFault(f"event {event} holds what no event can hold") from None


def blanket_data(row: BlanketRow) -> bytes:
    try:
        word = row.channel, row.identity, REFUSES if row.refuses else ENDS, row.source
        return bytes(_pack_event(row.id, 0, *word, row.decided_at, 0)[1:] + row.commitment)
    except _MISFITS:
        raise LogFault(f"standing refusal {row.id} holds what none can hold") from None


class LeafContents(NamedTuple):
    """Event and act from their leaves, as codes; moments in seconds since 1970, 0 of what is absent."""

    event: int
    brand: int
    channel: int
    identity: int
    status: int
    source: int
    decided_at: float
    dealer: int
    act: int
    actor: int
    door: int
    recorded_at: float
    undoes: int


def read(event: bytes, act: bytes) -> LeafContents:
    _, number, actor, door, recorded_at, _, undoes, _, _ = _ACT.unpack_from(act)
    return LeafContents._make((*_EVENT.unpack_from(event), number, actor, door, recorded_at, undoes))


class EventContents(NamedTuple):
    id: int
    brand: int
    channel: int
    identity: int
    status: int
    source: int
    decided_at: float
    dealer: int


def read_event(event: bytes) -> EventContents:
    return EventContents._make(_EVENT.unpack_from(event))


class ActContents(NamedTuple):
    """An act from its leaf, as codes; ``recorded_at``: seconds since 1970."""

    actor: int
    door: int
    recorded_at: float
    undoes: int


def read_act(act: bytes) -> ActContents:
    _, _, actor, door, recorded_at, _, undoes, _, _ = _ACT.unpack_from(act)
    return ActContents(actor, door, recorded_at, undoes)


def commitment(act: bytes) -> bytes:
    """The recipient's commitment in an act's leaf; empty where it has none."""
    length = act[_ACT.size]
    return act[_ACT.size + 1 : _ACT.size + 1 + length]


def evidence_digest(act: bytes) -> bytes:
    """The SHA-256 of the evidence in an act's leaf; empty where it has none."""
    place = _ACT.size + 1 + act[_ACT.size]
    return act[place + 1 : place + 1 + act[place]]


def _sized(data: bytes | None) -> bytes:
    return bytes((len(data),)) + data if data else b"\0"
