"""İYS's names and forms in files and in answers to programs (API document 3.2.0)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from consents import dates, instants
from consents.movement_counts import DISPUTED, MovementKind, kind_of
from consents.queries.reports import Movement
from consents.rules import BEKLIYOR, ONAY, RET
from consents.terms import Channel, Identity, Source, Status
from web.iys_fields import BRAND, COMPANY, DAY_COLUMNS, REQUEST, TRANSACTION, Field

__all__ = ["BRAND", "COMPANY", "DAY_COLUMNS", "REQUEST", "TRANSACTION"]

SIDES = "HS", "IYS"

_NONE: Mapping[int, list[str]] = {}
_COLUMNS = {ONAY: "approval", RET: "rejection", BEKLIYOR: "pending", DISPUTED: "rejection"}

_TEST = 121212
_EVENTS = {str(Status.ONAY): "given", str(Status.RET): "refused"}
# What a push address must take before its connection is made; the same for all (API document 3.2.0).
PUSH_TEST = {
    "list": [
        {
            "iysCode": 121212,
            "brandCode": 121212,
            "consentDate": "2015-05-01 15:00:00",
            "creationDate": "2015-05-01 15:00:00",
            "source": "IYS_MOBIL",
            "recipient": "pushtest@iys.org.tr",
            "recipientType": "BIREYSEL",
            "status": "ONAY",
            "type": "EPOSTA",
            "transactionId": "e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",
        }
    ]
}


def time(seconds: float) -> str:
    """Türkiye's wall clock, whole seconds, no offset."""
    return dates.wire_seconds(int(seconds))


def status(code: int) -> str:
    """İYS has no word for a waiting consent: the refusal stands (rule L4)."""
    return str(Status.RET if code in (BEKLIYOR, DISPUTED) else Status.of(code))


def side(source: int | None) -> str:
    """The provider (HS; also a first TACIR record without a source) or İYS."""
    return SIDES[source is not None and not Source.of(source).providers]


def disputed(truth: bool) -> dict[str, bool]:
    """Our own field, where true: the citizen denies having given the consent."""
    return {"disputed": True} if truth else {}


def receipt(name: str, recorded_at: int) -> dict[str, Any]:
    """transactionId, and when the movement was recorded (µs)."""
    return {TRANSACTION: name, "creationDate": dates.wire(recorded_at)}


def key(address: str, channel: int, identity: int) -> dict[str, Any]:
    words = {Field.TYPE: str(Channel.of(channel)), Field.IDENTITY: str(Identity.of(identity))}
    return {Field.RECIPIENT: address, **words}


def declared(source: int | None, at: int) -> dict[str, str]:
    """Source and date (µs), which a TACIR record may lack."""
    named = {} if source is None else {Field.SOURCE: str(Source.of(source))}
    return named | ({Field.DATE: dates.wire(at)} if at else {})


def retailers(count: int, collector: tuple[int, str] | None) -> dict[str, Any]:
    counted: dict[str, Any] = {"retailerAccessCount": count}
    return counted if collector is None else counted | {Field.DEALER: collector[0], "retailerTitle": collector[1]}


def pagination(offset: int, size: int, total: int) -> dict[str, int]:
    return {"offset": offset, "pageSize": size, "totalCount": total}


def movement(one: Movement, *, pending: bool = False, former: Mapping[int, list[str]] = _NONE) -> dict[str, Any]:
    """One movement in feed, push and history; ``pending``: show BEKLIYOR where it waited. No address after an erasure,
    whose movement names the ``former`` ones of its consent, by event (``feed.former``)."""
    name, address, (event, _, recorded_at, decided_at, kind, _, _) = one
    fields = {**_words(kind, pending), "creationDate": _created(int(recorded_at)), "transactionId": name}
    if address is not None:
        fields["recipient"] = address
    if decided_at:
        fields["consentDate"] = dates.wire_seconds(int(decided_at))
    if former and event in former:
        fields["erasedTransactionIds"] = former[event]
    return fields


_created = lru_cache(maxsize=64)(dates.wire_seconds)  # movements of one answer were recorded in few seconds


@lru_cache(maxsize=1024)
def _words(kind: int, pending: bool) -> dict[str, Any]:
    """Shared by all movements of one ``Kind``, the dict too: do not change it."""
    channel, identity, code, source = kind_of(kind)
    words: dict[str, Any] = {"type": str(Channel.of(channel)), "recipientType": str(Identity.of(identity))}
    words["status"] = str(Status.BEKLIYOR) if pending and code == BEKLIYOR else status(code)
    named = {} if source is None else {"source": str(Source.of(source))}
    return words | named | disputed(code == DISPUTED)


def push(
    company: int, brand: int, movements: Iterable[Movement], former: Mapping[int, list[str]] = _NONE
) -> dict[str, Any]:
    """Movements of a brand in a push; ``company``: iysCode, ``brand``: brandCode."""
    whose = {COMPANY: company, BRAND: brand}
    return {"list": [whose | movement(one, former=former) for one in movements]}


def cloud_events(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A push as a batch of CloudEvents 1.0 (structured JSON), one a movement, whose data is İYS's; attributes, which
    logs may show, have no address."""
    return [_event(one) for one in body["list"]]


def _event(one: Mapping[str, Any]) -> dict[str, Any]:
    erased = "erasedTransactionIds" in one
    kind = "test" if one[COMPANY] == _TEST else "erased" if erased else _EVENTS[one[Field.STATUS]]
    at = instants.moment(dates.iys(one["creationDate"])).astimezone(instants.ISTANBUL)
    return {
        "specversion": "1.0",
        "id": one[TRANSACTION],
        "source": f"/sps/{one[COMPANY]}/brands/{one[BRAND]}",
        "type": f"izin.consent.{kind}",
        "subject": f"{one[Field.TYPE]}/{one[Field.IDENTITY]}",
        "time": at.isoformat(timespec="seconds"),
        "datacontenttype": "application/json",
        "data": one,
    }


def day_lines(created: str, movements: Iterable[Movement]) -> list[str]:
    """Movements of one second as lines of the day file; no field needs quotes."""
    words, wall = _day_words, dates.wire_seconds
    return [
        f"{created},{name},{address or ''},{before},{wall(int(decided_at)) if decided_at else ''},{after}\n"
        for name, address, (_, _, _, decided_at, kind, _, _) in movements
        for before, after in [words(kind)]
    ]


@lru_cache(maxsize=1024)
def _day_words(kind: int) -> tuple[str, str]:
    """The line's text before and after the date, for one ``Kind``."""
    channel, identity, code, source = kind_of(kind)
    named = "" if source is None else str(Source.of(source))
    return f"{Identity.of(identity)},{Channel.of(channel)},{status(code)}", named


def change_stats(counts: Mapping[MovementKind, int]) -> dict[str, Any]:
    """A day's movements in numbers: each channel and side, zeros included."""
    return {
        "changeStats": [
            {"type": str(channel), "consents": [_side_stats(counts, channel, side) for side in SIDES]}
            for channel in Channel
        ]
    }


def _side_stats(counts: Mapping[MovementKind, int], channel: Channel, name: str) -> dict[str, Any]:
    stats, disputes = dict.fromkeys(_COLUMNS.values(), 0), 0
    for kind, count in counts.items():
        if kind.channel == channel.code and side(kind.source) == name:
            stats[_COLUMNS[kind.status]] += count
            disputes += count if kind.status == DISPUTED else 0
    fields = {"source": name, **stats, "total": sum(stats.values())}
    return {**fields, "disputed": disputes} if disputes else fields
