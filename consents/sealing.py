"""What ``Keyring`` does with one address or event, done with thousands: for the feed, day files and long queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from struct import pack

from cryptography.exceptions import InvalidTag

from consents import siv
from consents.keys import Keyring, packed, unpacked
from consents.siv import BLOCK

_FEW = 16  # of one length: fewer are done one by one


def transaction_ids(keyring: Keyring, events: Sequence[int]) -> list[str]:
    """``Keyring.transaction_id`` of each."""
    macs, hidden = siv.of(keyring.keys["transaction"]).seal(pack(">" + "8xQ" * len(events), *events))
    first, second = macs.hex(), hidden.hex()
    return [first[at : at + 32] + second[at : at + 32] for at in range(0, len(first), 32)]


def seal_all(keyring: Keyring, addresses: Sequence[str]) -> list[bytes]:
    """``Keyring.seal`` of each."""
    plain = [packed(address) for address in addresses]
    sealed = [b""] * len(plain)
    for length, places in _by_length(plain).items():
        if length > BLOCK or len(places) < _FEW:
            for place in places:
                sealed[place] = keyring.seal(addresses[place])
            continue
        blocks = b"".join([plain[place].ljust(BLOCK, b"\0") for place in places])
        macs, hidden = siv.of(keyring.keys["address"]).seal(blocks, length)
        for at, place in zip(range(0, len(macs), BLOCK), places, strict=True):
            sealed[place] = macs[at : at + BLOCK] + hidden[at : at + length]
    return sealed


def unseal_all(keyring: Keyring, sealed: Sequence[bytes]) -> list[str | None]:
    """``Keyring.unseal`` of each. Errors: keys.WrongKey."""
    addresses: list[str | None] = [None] * len(sealed)
    for length, places in _by_length(sealed).items():
        size = length - BLOCK
        if not 0 < size <= BLOCK or len(places) < _FEW:
            for place in places:
                addresses[place] = keyring.unseal(sealed[place])
            continue
        blocks = _opened(keyring, [sealed[place] for place in places], size)
        for at, place in zip(range(0, len(blocks), BLOCK), places, strict=True):
            addresses[place] = unpacked(blocks[at : at + size])
    return addresses


def _opened(keyring: Keyring, sealed: Sequence[bytes], size: int) -> bytes:
    try:
        return siv.of(keyring.keys["address"]).open(sealed, size)
    except InvalidTag:
        for one in sealed:
            keyring.unseal(one)  # says whose key is wrong
        raise


def _by_length(given: Sequence[bytes]) -> Mapping[int, list[int]]:
    """Their places by their length."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, length in enumerate(map(len, given)):
        places[length].append(place)
    return places
