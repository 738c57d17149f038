"""Links by which a recipient refuses: İYS's for e-mails, of one recipientType; our own short ones for any channel, of
both."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from consents.languages import Sentence
from consents.queries import by_address
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel, Identity
from providers.api import address_fields, bodies, endpoint
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Right
from providers.cases.meanings import CHANNELS, IDENTITIES
from trust import minting
from trust.minting import DraftLink, LinkOrder
from web.iys_fields import Field

MOST_MAILS, MOST = 100, 10_000
_AT_ONCE = 500  # links that are written on the loop, in a few ms

# The sentences of İYS's codes name the fields of its other calls.
MAILS = Sentence("Gövde geçersiz. recipients alanı olan bir nesne gönderin.")
LINKS = Sentence("Gövde geçersiz. links alanında boş olmayan bir liste gönderin.")


class WantedLink(NamedTuple):
    """``given``: the address as written; ``term``: its channel or recipientType."""

    given: str
    address: str
    term: Channel | Identity


@endpoint.requires(Right.WRITE)
async def for_mails(call: Call) -> Answer:
    """A link for each e-mail address with ONAY, H568 for another."""
    body = await bodies.read_object(call.request, "H097", message=MAILS)
    entries = _entries(body, Field.RECIPIENTS, MOST_MAILS, Fault("H127"))
    wanted = await asyncio.to_thread(_read, entries, Field.IDENTITY, IDENTITIES, ("H170", "H116"))
    call.may(Channel.EPOSTA.code)
    orders = _orders(call)
    return await call.write(_mint_mails, call.registry, orders, wanted, _ready(call, wanted))


@endpoint.requires(Right.WRITE)
async def short(call: Call) -> Answer:
    """A short link for each recipient and channel, whatever stands, in order."""
    body = await bodies.read_object(call.request, "H097", bodies.LIST, message=LINKS)
    entries = _entries(body, "links", MOST, Fault("Z413"), LINKS)
    wanted = await asyncio.to_thread(_read, entries, "type", CHANNELS, ("H111", "H117"))
    call.may(*{one.term.code for one in wanted})
    orders = _orders(call)
    ready = await asyncio.to_thread(_ready, call, wanted)
    write = call.write if len(wanted) <= _AT_ONCE else call.write_apart
    return await write(_mint, call.registry, orders, wanted, ready)


def _entries(
    body: dict[str, Any], field: str, most: int, too_many: Fault, message: Sentence | None = None
) -> list[Any]:
    if faults := bodies.unknown(body, (field,)):
        raise Refusal(422, *faults)
    entries = body.get(field)
    if field not in body:
        raise Refusal(422, Fault("H168", (field,), message=message))
    if not isinstance(entries, list):
        raise Refusal(422, Fault("H478", (field,), bodies.shown(entries), message=message))
    if not entries:
        raise Refusal(422, Fault("H164", (field,), [], message=message))
    if len(entries) > most:
        raise Refusal(422, too_many._replace(location=(field,), value=len(entries)))
    return entries


def _read(entries: Sequence[Any], field: str, terms: dict[str, Any], codes: tuple[str, str]) -> list[WantedLink]:
    """All entries. Errors: Refusal with every fault."""
    faults: list[Fault] = []
    found = [_one(entry, field, terms, codes, place, faults) for place, entry in enumerate(entries)]
    if faults:
        raise Refusal(422, *faults)
    return [one for one in found if one is not None]


def _one(
    entry: Any, field: str, terms: dict[str, Any], codes: tuple[str, str], place: int, faults: list[Fault]
) -> WantedLink | None:
    if not isinstance(entry, dict):
        faults.append(Fault("H114", (Field.RECIPIENT,), place=place))
        return None
    before = len(faults)
    faults += bodies.unknown(entry, (Field.RECIPIENT, field), place)
    needed = {Field.RECIPIENT: "H114", field: codes[0]}
    faults += [Fault(code, (name,), place=place) for name, code in needed.items() if name not in entry]
    value = entry.get(field)
    term = terms.get(value) if isinstance(value, str) else None
    if field in entry and term is None:
        faults.append(Fault(codes[1], (field,), bodies.shown(value), place))
    if len(faults) > before or term is None:
        return None
    text = entry[Field.RECIPIENT]
    channel = term if isinstance(term, Channel) else Channel.EPOSTA
    address = address_fields.canonical(text, channel, (Field.RECIPIENT,), faults, place)
    return None if address is None else WantedLink(text, address, term)


def _channel(one: WantedLink) -> Channel:
    return one.term if isinstance(one.term, Channel) else Channel.EPOSTA


def _orders(call: Call) -> dict[Channel, LinkOrder]:
    settings, brand = call.settings, call.of_brand.id
    return {channel: LinkOrder(brand, channel, settings.public_url, settings.link_days) for channel in Channel}


def _ready(call: Call, wanted: Sequence[WantedLink]) -> list[DraftLink]:
    return minting.ready(call.registry.keyring, call.settings.public_url, [one.address for one in wanted])


def _mint(
    transaction: Transaction,
    registry: Registry,
    orders: dict[Channel, LinkOrder],
    wanted: Sequence[WantedLink],
    ready: Sequence[DraftLink],
) -> Answer:
    for channel, order in orders.items():
        links = [link for one, link in zip(wanted, ready, strict=True) if _channel(one) is channel]
        minting.write(transaction, registry.keyring, order, links)
    reply = [{Field.RECIPIENT: one.given, "url": link.issued.url} for one, link in zip(wanted, ready, strict=True)]
    return Answer(200, {"list": reply})


def _mint_mails(
    transaction: Transaction,
    registry: Registry,
    orders: dict[Channel, LinkOrder],
    wanted: Sequence[WantedLink],
    ready: Sequence[DraftLink],
) -> Answer:
    order = orders[Channel.EPOSTA]
    approved = {
        (identity, sealed)
        for identity in Identity
        for sealed in by_address.approved(
            transaction,
            registry.keyring,
            order.brand,
            order.channel.code,
            identity.code,
            [link.person.sealed for link in ready],
        )
    }
    made = [(one.term, link.person.sealed) in approved for one, link in zip(wanted, ready, strict=True)]
    minting.write(transaction, registry.keyring, order, [link for link, good in zip(ready, made, strict=True) if good])
    refused = Fault("H568").fields()
    reply = [
        {Field.RECIPIENT: one.given} | ({"url": link.issued.url} if good else refused)
        for one, link, good in zip(wanted, ready, made, strict=True)
    ]
    return Answer(200, reply)
