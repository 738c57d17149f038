"""Short links for a whole list of addresses, for a command and a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from consents.channels import reaching
from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.registry import Registry
from consents.terms import Channel
from trust import minting
from trust.minting import Issued, LinkOrder

BATCH = 100  # links in one write of a long list: some 5 ms of the one writer, so that opt-outs pass between


def address(typed: str, channel: Channel) -> str:
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
        ready = minting.ready(registry.keyring, order.site, some)
        yield from registry.store.write_now(minting.write, registry.keyring, order, ready)
