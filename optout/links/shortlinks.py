"""Short links: how their codes are typed, and minting them in bulk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.registry import Registry
from consents.terms import Channel
from trust import minting
from trust.minting import ALPHABET, LENGTH, Issued, LinkOrder

BATCH = 1000  # links in one write of a long list: tens of milliseconds, so that opt-outs pass between

_HYPHENS = "-\u2010\u2011\u2012\u2013\u00ad "  # also those that phones put in their place
_TRAILING = ".,;:)!?…"  # what a messaging app takes into a link from the sentence around it
_AS_TYPED = str.maketrans(ALPHABET[10:].lower() + "oOiIlL", ALPHABET[10:] + "001111", _HYPHENS)
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def read(typed: str) -> str | None:
    """The code as it was given out, from however it was typed; None for what can be no code."""
    if len(typed) > 4 * LENGTH:
        return None
    bare = typed.strip().rstrip(_TRAILING).translate(_AS_TYPED)
    return bare if _CODE.fullmatch(bare) else None


def spelt(code: str) -> str:
    """The code in groups, for print."""
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


def address(typed: str, channel: Channel) -> str:
    """The canonical address of somebody who is reached through this channel. BadAddress, ``channel`` for another."""
    found = recipients.parse(typed)
    mail = found.kind is recipients.AddressKind.EMAIL
    if mail is not (channel is Channel.EPOSTA) or (channel is Channel.MESAJ and not found.sms):
        raise BadAddress("channel", typed)
    return found.address


def mint_all(registry: Registry, order: LinkOrder, addresses: Iterable[str]) -> Iterator[Issued]:
    """One link for each canonical address, in their order; unknown people are enrolled. Errors: StoreUnavailable.

    A list of any length takes the same memory: each link is given out once it is durable.
    """
    waiting = iter(addresses)
    while some := list(islice(waiting, BATCH)):
        ready = minting.ready(registry.keyring, order.site, some)
        yield from registry.store.write_now(minting.write, registry.keyring, order, ready)
