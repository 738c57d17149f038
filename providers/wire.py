"""İYS's spelling: the only module that knows the names and forms of its files and JSON (API document 3.2.0)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from consents import dates
from consents.reports import Kind, Movement
from consents.rules import BEKLIYOR, ONAY, RET
from consents.terms import Channel, Identity, Source, Status

DAY_COLUMNS = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"
SIDES = "HS", "IYS"

_COLUMNS = {ONAY: "approval", RET: "rejection", BEKLIYOR: "pending"}
_SECOND = 1_000_000

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
    """Seconds since 1970 UTC as İYS writes time: Türkiye's wall clock, whole seconds, no offset."""
    return dates.wire(int(seconds) * _SECOND)


def status(code: int) -> str:
    """İYS has no word for a consent that waits for the citizen: his refusal stands (rule L4)."""
    return str(Status.RET if code == BEKLIYOR else Status.of(code))


def side(source: int | None) -> str:
    """Who brought a movement: the provider (HS; also a first TACIR record, which may name no source) or İYS."""
    return SIDES[source is not None and not Source.of(source).providers]


def movement(one: Movement, *, pending: bool = False) -> dict[str, Any]:
    """One movement as the feed, the push and the history tell it; ``pending``: say BEKLIYOR where it waited.

    The address is missing where its holder was erased, source and date where a first TACIR record has none.
    """
    name, address, (_, _, recorded_at, decided_at, channel, identity, code, source, *_) = one
    told: dict[str, Any] = {
        "type": str(Channel.of(channel)),
        "recipientType": str(Identity.of(identity)),
        "status": str(Status.of(code)) if pending else status(code),
        "creationDate": time(recorded_at),
        "transactionId": name,
    }
    if address is not None:
        told["recipient"] = address
    if source is not None:
        told["source"] = str(Source.of(source))
    if decided_at:
        told["consentDate"] = time(decided_at)
    return told


def push(company: int, brand: int, movements: Iterable[Movement]) -> dict[str, Any]:
    """Movements of a brand as a push tells them; ``company``: iysCode, ``brand``: brandCode."""
    return {"list": [{"iysCode": company, "brandCode": brand} | movement(one) for one in movements]}


def day_words(kind: Kind) -> tuple[str, str]:
    """What a line of the day file says for all movements of one kind: before the date, and after it."""
    source = "" if kind.source is None else str(Source.of(kind.source))
    identity, channel = Identity.of(kind.identity), Channel.of(kind.channel)
    return f"{identity},{channel},{status(kind.status)}", source


def day_line(created: str, transaction_id: str, recipient: str, words: tuple[str, str], decided: str) -> str:
    """One movement as a line of the day file. No field needs quotes: canonical addresses have no comma or quote."""
    return f"{created},{transaction_id},{recipient},{words[0]},{decided},{words[1]}\n"


def change_stats(counts: Mapping[Kind, int]) -> dict[str, Any]:
    """A day's movements in numbers: each channel and side, also where there were none."""
    return {
        "changeStats": [
            {"type": str(channel), "consents": [_side_stats(counts, channel, side) for side in SIDES]}
            for channel in Channel
        ]
    }


def _side_stats(counts: Mapping[Kind, int], channel: Channel, name: str) -> dict[str, Any]:
    stats = dict.fromkeys(_COLUMNS.values(), 0)
    for kind, count in counts.items():
        if kind.channel == channel.code and side(kind.source) == name:
            stats[_COLUMNS[kind.status]] += count
    return {"source": name, **stats, "total": sum(stats.values())}
