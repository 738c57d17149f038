"""The texts of a receipt, in a language."""

from __future__ import annotations

from typing import Any

from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.languages import behind_comma
from consents.queries.act_receipts import ActReceipt, DoneAct, ReceiptLine
from consents.terms import Channel, Door, Identity
from trust import record_numbers
from web.rendering import texts, when
from web.rendering.texts import mark, mark_counted

Ways = tuple[tuple[str, tuple[str, ...]], ...]  # each channel with its identities

_CHANNELS = {channel.code: str(channel) for channel in Channel}
_AS = {Identity.BIREYSEL.code: mark("kendiniz için"), Identity.TACIR.code: mark("işletmeniz için")}
_IDENTITIES = {identity.code: str(identity) for identity in Identity}

# One brand is named; the number of several stands in %(count)s.
_ONE = {True: mark("%(brand)s markasını reddettiniz"), False: mark("%(brand)s markasına izin verdiniz")}
_MANY = {
    True: mark_counted("%(count)s markayı reddettiniz"),
    False: mark_counted("%(count)s markaya izin verdiniz"),
}
_ONE_UNDONE, _MANY_UNDONE = mark("Geri aldınız: %(brand)s"), mark_counted("Geri aldınız: %(count)s marka")
_UNDONE = mark("Geri aldınız")
_AT_DESK = mark("Çağrı masasında")
_AHEAD = {True: mark("Yeni markalara kapandınız"), False: mark("Yeni markalara yeniden açıksınız")}


def context(language: str, receipt: ActReceipt, number: str, address: str) -> dict[str, Any]:
    """The context of ``pages/_receipt.html``. ``address``: whole or masked."""
    return {
        "receipt": receipt,
        "sentence": sentence(language, done(receipt)),
        "number": number,
        "spaced": record_numbers.spaced(number),
        "address": address,
        "at": when.moment(language, receipt.recorded_at),
        "door": how(language, receipt.door),
        "stop": receipt.stop and when.weekday(language, receipt.stop),
        "taken_back": receipt.taken_back_at and when.moment(language, receipt.taken_back_at),
        "groups": _grouped(receipt),
        "ahead": ahead(language, receipt),
    }


def sentence(language: str, done: DoneAct) -> str:
    """What an act did: "20 markayı reddettiniz"."""
    translate, values = texts.catalogue(language).gettext, {"brand": done.brand, "count": done.brands}
    if done.undo and not done.brands:
        return translate(_UNDONE)
    if done.ahead is not None and not done.undo:
        return translate(_AHEAD[done.ahead])
    if done.brands == 1:
        return translate(_ONE_UNDONE if done.undo else _ONE[done.refused]) % values
    return texts.counted(language, _MANY_UNDONE if done.undo else _MANY[done.refused], done.brands) % values


def done(receipt: ActReceipt) -> DoneAct:
    ahead = receipt.ahead[0].refuses if receipt.ahead else None
    title = receipt.brands[0].title if receipt.brands else ""
    return DoneAct(receipt.undo, receipt.refused, ahead, len(receipt.brands), title)


def ahead(language: str, receipt: ActReceipt) -> str:
    """The standing refusals taken or ended: "Telefonla arama, SMS (kendiniz için)"; "" of another act."""
    translate = texts.catalogue(language).gettext
    which = sorted((identity, channel) for channel, identity, _ in receipt.ahead)
    channels = {
        identity: [translate(OF_CODE[channel].name) for of, channel in which if of == identity] for identity, _ in which
    }
    return "; ".join(f"{', '.join(ways)} ({translate(_AS[identity])})" for identity, ways in channels.items())


def how(language: str, door: Door) -> str:
    """A citizen's door for other readers: "SMS göndererek", "By SMS", or the call desk; "" of another door."""
    if door.citizen is None:
        return texts.catalogue(language).gettext(_AT_DESK) if door is Door.DESK else ""
    way = behind_comma(texts.catalogue(language).gettext(door.citizen.name))
    return way[:1].upper() + way[1:]


def _grouped(receipt: ActReceipt) -> list[tuple[Ways, list[BrandEntry]]]:
    """The brands by what was decided about them, so that the receipt of many stays short."""
    lines: dict[BrandEntry, list[ReceiptLine]] = {}
    for line in receipt.lines:
        lines.setdefault(line.brand, []).append(line)
    groups: dict[Ways, list[BrandEntry]] = {}
    for brand, own in lines.items():
        groups.setdefault(_ways(own), []).append(brand)
    return list(groups.items())


def _ways(lines: list[ReceiptLine]) -> Ways:
    ways: dict[str, tuple[str, ...]] = {}
    for line in sorted(lines, key=lambda line: (line.channel, line.identity)):
        channel = _CHANNELS[line.channel]
        ways[channel] = (*ways.get(channel, ()), _IDENTITIES[line.identity])
    return tuple(ways.items())
