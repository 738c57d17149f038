"""Mints short links. A code is 14 characters of Crockford's base 32 (70 bits), stored as a keyed hash. It can only
refuse, so 70 bits and a limit on misses suffice, in the space of an SMS."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import bindparam

from consents.channels import reaching
from consents.columns import micros, stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.people import recipients, register
from consents.people.recipients import BadAddress
from consents.people.register import Person
from consents.queries import pairs
from consents.queries.pairs import Pair
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, table
from consents.terms import Channel
from trust.pseudonyms import mark, marks
from trust.tables import ShortLink

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 14
_CHARACTERS = (ALPHABET * 8).encode()  # of each byte; 32 characters, so each is as likely
_PURPOSE = "short link"

_link = table(ShortLink)
_BY_DIGEST = Statement(
    pairs.beside(_link.c.recipient, _link.c.brand, _link.c.channel, _link.c.expires_at, of=_link).where(
        _link.c.digest == bindparam("digest"), _link.c.expires_at > bindparam("now")
    )
)
BATCH = 100  # links in one write of a long list: some 5 ms of the one writer, so that opt-outs pass between


class LinkOrder(NamedTuple):
    """``brand``: its internal id; ``site``: the links' beginning; ``days``: their lifetime."""

    brand: int
    channel: Channel
    site: str
    days: int


class Issued(NamedTuple):
    address: str
    url: str


class DraftLink(NamedTuple):
    person: Person
    digest: bytes
    issued: Issued


class FoundLink(NamedTuple):
    pair: Pair
    channel: int
    expires_at: int


def codes(count: int) -> list[str]:
    """New codes: five bits of a random byte for each character."""
    drawn = secrets.token_bytes(LENGTH * count).translate(_CHARACTERS).decode()
    return [drawn[at : at + LENGTH] for at in range(0, len(drawn), LENGTH)]


def digest(keyring: Keyring, code: str) -> bytes:
    return mark(keyring, _PURPOSE, code)


def ready(keyring: Keyring, site: str, addresses: Sequence[str]) -> list[DraftLink]:
    """A new link for each canonical address; computed outside the write transaction."""
    fresh = codes(len(addresses))
    digests = marks(keyring, _PURPOSE, fresh)
    return [
        DraftLink(register.person(keyring, address), digest, Issued(address, f"{site}/k/{code}"))
        for address, digest, code in zip(addresses, digests, fresh, strict=True)
    ]


def write(transaction: Transaction, keyring: Keyring, order: LinkOrder, links: Sequence[DraftLink]) -> list[Issued]:
    """Inserts links; unknown people are enrolled."""
    numbers = register.enrol_all(transaction, keyring, [one.person for one in links])
    until = stored(transaction.now + order.days * DAY)
    rows = [
        (one.digest, number, order.brand, order.channel.code, until) for one, number in zip(links, numbers, strict=True)
    ]
    if rows:  # in the order of the key: neighbours land on the same pages
        transaction.insert("short_link", "digest,recipient,brand,channel,expires_at", sorted(rows))
    return [one.issued for one in links]


def find(snapshot: Snapshot, digest: bytes, now: int) -> FoundLink | None:
    rows = snapshot.all(_BY_DIGEST, {"digest": digest, "now": stored(now)})
    return FoundLink(pairs.read(rows, others=2), rows[0][2], micros(rows[0][3])) if rows else None


def link_address(typed: str, channel: Channel) -> str:
    """The canonical address of this channel. Errors: BadAddress (``channel`` for another)."""
    found = recipients.parse(typed)
    if channel not in reaching(found):
        raise BadAddress("channel", typed)
    return found.address


def mint_all(registry: Registry, order: LinkOrder, addresses: Iterable[str]) -> Iterator[Issued]:
    """One link for each canonical address, in order, each yielded once it is durable; unknown people are enrolled.
    Errors: StoreUnavailable."""
    waiting = iter(addresses)
    while some := list(islice(waiting, BATCH)):
        drafts = ready(registry.keyring, order.site, some)
        yield from registry.store.write_now(write, registry.keyring, order, drafts)
