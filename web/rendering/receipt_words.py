"""The texts of a receipt, in a language."""

from __future__ import annotations

from typing import Any

from consents.channels import OF_CODE
from consents.queries.act_receipts import ActReceipt, ReceiptLine
from consents.terms import Channel, Door, Identity
from trust import record_numbers
from web.rendering import texts, when
from web.rendering.texts import mark

_CHANNELS = {channel.code: str(channel) for channel in Channel}
_AS = {Identity.BIREYSEL.code: mark("kendiniz için"), Identity.TACIR.code: mark("işletmeniz için")}
_IDENTITIES = {identity.code: str(identity) for identity in Identity}


def context(language: str, receipt: ActReceipt, number: str, address: str) -> dict[str, Any]:
    """The context of ``pages/_receipt.html``. ``address``: whole or masked."""
    return {
        "receipt": receipt,
        "number": number,
        "spaced": record_numbers.spaced(number),
        "address": address,
        "at": when.moment(language, receipt.recorded_at),
        "door": how(language, receipt.door),
        "stop": receipt.stop and when.weekday(language, receipt.stop),
        "taken_back": receipt.taken_back_at and when.moment(language, receipt.taken_back_at),
        "brands": _grouped(receipt),
        "ahead": ahead(language, receipt),
    }


def ahead(language: str, receipt: ActReceipt) -> str:
    """The standing refusals taken or ended: "Telefonla arama, SMS (kendiniz için)"; "" of another act."""
    translate = texts.catalogue(language).gettext
    which = sorted((identity, channel) for channel, identity, _ in receipt.ahead)
    channels = {
        identity: [translate(OF_CODE[channel].name) for of, channel in which if of == identity] for identity, _ in which
    }
    return "; ".join(f"{', '.join(ways)} ({translate(_AS[identity])})" for identity, ways in channels.items())


def how(language: str, door: Door) -> str:
    """A citizen's door for other readers: "SMS göndererek", "By SMS"; "" of another door."""
    if door.citizen is None:
        return ""
    way = texts.catalogue(language).gettext(door.citizen.name).partition(", ")[2]
    return way[:1].upper() + way[1:]


def _grouped(receipt: ActReceipt) -> list[tuple[Any, list[tuple[str, list[str]]]]]:
    groups: dict[Any, list[ReceiptLine]] = {}
    for line in receipt.lines:
        groups.setdefault(line.brand, []).append(line)
    return [(brand, _ways(lines)) for brand, lines in groups.items()]


def _ways(lines: list[ReceiptLine]) -> list[tuple[str, list[str]]]:
    ways: dict[str, list[str]] = {}
    for line in sorted(lines, key=lambda line: (line.channel, line.identity)):
        ways.setdefault(_CHANNELS[line.channel], []).append(_IDENTITIES[line.identity])
    return list(ways.items())
