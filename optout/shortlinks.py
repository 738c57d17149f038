"""Short links: their codes, how they are typed, and minting them in bulk.

A code is 14 random characters of Crockford's base 32: 70 bits, of which only a keyed hash is stored. It refuses and
can do nothing else; so 70 bits and a limit on misses are enough where a message of 160 characters has no room for 128.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import text

from consents import recipients, register
from consents.columns import stored
from consents.keys import Keyring
from consents.recipients import BadAddress
from consents.register import Person
from consents.registry import Registry
from consents.rules import DAY
from consents.store import Statement, Transaction
from consents.terms import Channel
from web.marks import mark

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 14
BATCH = 1000  # links in one write of a long list: tens of milliseconds, so that opt-outs pass between

_HYPHENS = "-\u2010\u2011\u2012\u2013\u00ad "  # also those that phones put in their place
_TRAILING = ".,;:)!?…"  # what a messaging app takes into a link from the sentence around it
_AS_TYPED = str.maketrans(ALPHABET[10:].lower() + "oOiIlL", ALPHABET[10:] + "001111", _HYPHENS)
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_SWEEP = Statement(
    text(
        "DELETE FROM short_link WHERE digest IN "
        "(SELECT digest FROM short_link WHERE expires_at < :now ORDER BY expires_at LIMIT 1000)"
    )
)


class Order(NamedTuple):
    """What links are minted for. ``brand``: its internal id; ``site``: the links' beginning; ``days`` they live."""

    brand: int
    channel: Channel
    site: str
    days: int


class Issued(NamedTuple):
    """One link, the only time that its code can be read."""

    address: str
    url: str


class _Ready(NamedTuple):
    person: Person
    digest: bytes
    issued: Issued


def code() -> str:
    """A new code."""
    number = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, 5 * LENGTH, 5))


def read(typed: str) -> str | None:
    """The code as it was given out, from however it was typed; None for what can be no code."""
    if len(typed) > 4 * LENGTH:
        return None
    bare = typed.strip().rstrip(_TRAILING).translate(_AS_TYPED)
    return bare if _CODE.fullmatch(bare) else None


def spelt(code: str) -> str:
    """The code in groups, for print."""
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


def digest(keyring: Keyring, code: str) -> bytes:
    """What is stored of a code."""
    return mark(keyring, "short link", code)


def address(typed: str, channel: Channel) -> str:
    """The canonical address of somebody who is reached through this channel. BadAddress, ``channel`` for another."""
    found = recipients.parse(typed)
    mail = found.kind is recipients.Kind.EMAIL
    if mail is not (channel is Channel.EPOSTA) or (channel is Channel.MESAJ and not found.sms):
        raise BadAddress("channel", typed)
    return found.address


async def mint(registry: Registry, order: Order, addresses: Sequence[str]) -> list[Issued]:
    """One link for each canonical address (at most 10,000), durable once this returns; unknown people are enrolled.

    Errors: StoreUnavailable.
    """
    ready = [_ready(registry.keyring, order, address) for address in addresses]
    return await registry.store.write(_write, registry.keyring, order, ready)


def mint_all(registry: Registry, order: Order, addresses: Iterable[str]) -> Iterator[Issued]:
    """The same for a list of any length, in flat memory: each link is given out once it is durable."""
    waiting = iter(addresses)
    while some := list(islice(waiting, BATCH)):
        ready = [_ready(registry.keyring, order, address) for address in some]
        yield from registry.store.write_now(_write, registry.keyring, order, ready)


def sweep(transaction: Transaction) -> int:
    """Forgets some of the links that have run out; how many."""
    return transaction.run(_SWEEP, {"now": stored(transaction.now)})


def _ready(keyring: Keyring, order: Order, address: str) -> _Ready:
    fresh = code()
    return _Ready(register.person(keyring, address), digest(keyring, fresh), Issued(address, f"{order.site}/k/{fresh}"))


def _write(transaction: Transaction, keyring: Keyring, order: Order, ready: Sequence[_Ready]) -> list[Issued]:
    numbers = register.enrol_all(transaction, keyring, [one.person for one in ready])
    until = stored(transaction.now + order.days * DAY)
    rows = [
        (one.digest, number, order.brand, order.channel.code, until) for one, number in zip(ready, numbers, strict=True)
    ]
    if rows:  # in the order of the key: neighbours land on the same pages
        transaction.insert("short_link", "digest,recipient,brand,channel,expires_at", sorted(rows))
    return [one.issued for one in ready]
