"""The texts of a receipt, in a language."""

from __future__ import annotations

from typing import Any

from consents.brands.book import BrandEntry
from consents.channels import OF_CODE
from consents.languages import behind_comma, between
from consents.queries.act_receipts import ActReceipt, DoneAct, ReceiptLine
from consents.terms import Channel, Door, Identity
from trust import record_numbers
from web.rendering import texts, when
from web.rendering.texts import mark, mark_counted

Ways = tuple[tuple[str, tuple[str, ...]], ...]  # each channel with its identities

_CHANNELS = {channel.code: str(channel) for channel in Channel}
_AS = {Identity.BIREYSEL.code: mark("kendiniz için"), Identity.TACIR.code: mark("işletmeniz için")}
_AS_RELATIVE = {Identity.BIREYSEL.code: mark("kendisi için"), Identity.TACIR.code: mark("işletmesi için")}
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

# Of a relative, for their helper.
_RELATIVE = {
    _ONE[True]: mark("%(brand)s reddedildi"),
    _ONE[False]: mark("%(brand)s için izin verildi"),
    _ONE_UNDONE: mark("Geri alındı: %(brand)s"),
    _UNDONE: mark("Geri alındı"),
    _AHEAD[True]: mark("Yeni markalara kapandı"),
    _AHEAD[False]: mark("Yeni markalara yeniden açıldı"),
}
_MANY_RELATIVE = {
    True: mark_counted("%(count)s marka reddedildi"),
    False: mark_counted("%(count)s marka için izin verildi"),
}
_MANY_UNDONE_RELATIVE = mark_counted("Geri alındı: %(count)s marka")


def context(language: str, receipt: ActReceipt, number: str, address: str, *, helped: bool = False) -> dict[str, Any]:
    """The context of ``pages/_receipt.html``. ``address``: whole or masked; ``helped``: of a relative, for a helper."""
    return {
        "receipt": receipt,
        "sentence": sentence(language, done(receipt), helped=helped),
        "helped": helped,
        "number": number,
        "spaced": record_numbers.spaced(number),
        "address": address,
        "at": when.moment(language, receipt.recorded_at),
        "door": how(language, receipt.door),
        "stop": receipt.stop and when.weekday(language, receipt.stop),
        "taken_back": receipt.taken_back_at and when.moment(language, receipt.taken_back_at),
        "groups": _grouped(receipt),
        "ahead": ahead(language, receipt, helped=helped),
    }


def sentence(language: str, done: DoneAct, *, helped: bool = False) -> str:
    """What an act did: "20 markayı reddettiniz", "Çınar markasını reddettiniz (SMS)"."""
    values = {"brand": done.brand, "count": done.brands}

    def translate(marked: str) -> str:
        return texts.catalogue(language).gettext(_RELATIVE[marked] if helped else marked)

    if done.undo and not done.brands:
        return translate(_UNDONE)
    if done.ahead is not None and not done.undo:
        return translate(_AHEAD[done.ahead])
    if done.brands == 1:
        title = texts.catalogue(language).gettext
        way = f" ({title(OF_CODE[done.channel].name)})" if done.channel is not None else ""
        return translate(_ONE_UNDONE if done.undo else _ONE[done.refused]) % values + way
    many = (_MANY_RELATIVE if helped else _MANY)[done.refused]
    undone = _MANY_UNDONE_RELATIVE if helped else _MANY_UNDONE
    return texts.counted(language, undone if done.undo else many, done.brands) % values


def done(receipt: ActReceipt) -> DoneAct:
    ahead = receipt.ahead[0].refuses if receipt.ahead else None
    title = receipt.brands[0].title if receipt.brands else ""
    channels = {line.channel for line in receipt.lines}
    channel = channels.pop() if len(channels) == 1 else None
    return DoneAct(receipt.undo, receipt.refused, ahead, len(receipt.brands), title, channel)


def ahead(language: str, receipt: ActReceipt, *, helped: bool = False) -> str:
    """The standing refusals taken or ended: "Telefonla arama, SMS (kendiniz için)"; "" of another act."""
    translate, whose = texts.catalogue(language).gettext, _AS_RELATIVE if helped else _AS
    which = sorted((identity, channel) for channel, identity, _ in receipt.ahead)
    channels = {
        identity: [translate(OF_CODE[channel].name) for of, channel in which if of == identity] for identity, _ in which
    }
    comma, semicolon = between(language), between(language, "; ")
    return semicolon.join(f"{comma.join(ways)} ({translate(whose[identity])})" for identity, ways in channels.items())


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
