"""What a keyring does to one event or address, done to thousands: the same bytes at a third of the time.

``cryptography`` has AES-SIV (RFC 5297) for one text a call, and a call costs more than the ciphering. For texts of
one block the construction is short: the tag is one block enciphered (S2V ends in a CMAC of a single block), and the
text is XORed with another. So all blocks of a batch go through AES together. What is longer, or does not prove
authentic, is left to the keyring.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import chain, repeat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from consents.keys import PHONE, Keyring

BLOCK = 16
PACKED_PHONE = 6  # kind and five bytes: every Turkish number, and most others
SEALED_PHONE = BLOCK + PACKED_PHONE

_COUNTER = bytes.fromhex("ffffffffffffffff7fffffff7fffffff")  # RFC 5297, 2.6: two bits of the tag are left off
_TEXT = b"\xff" * PACKED_PHONE + bytes(BLOCK - PACKED_PHONE)
_PADDING = bytes(PACKED_PHONE) + b"\x80" + bytes(BLOCK - PACKED_PHONE - 1)


class Batches:
    """Names events and opens addresses by the batch."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._transaction = _Key(keyring.keys["transaction"])
        self._address = _Key(keyring.keys["address"])

    def transaction_ids(self, events: Sequence[int]) -> list[str]:
        """``Keyring.transaction_id`` of each."""
        texts = struct.pack(f">{2 * len(events)}Q", *chain.from_iterable(zip(repeat(0), events, strict=False)))
        key, count = self._transaction, len(events)
        tags = key.authenticate(_xor(texts, key.whole * count))
        hidden = _xor(texts, key.stream(tags)).hex()
        shown = tags.hex()
        return [shown[at : at + 2 * BLOCK] + hidden[at : at + 2 * BLOCK] for at in range(0, len(shown), 2 * BLOCK)]

    def addresses(self, sealed: Sequence[bytes]) -> list[str | None]:
        """``Keyring.unseal`` of each. Errors: keys.WrongKey."""
        different = set(sealed)
        opened: dict[bytes, str | None] = dict(self._phones([one for one in different if len(one) == SEALED_PHONE]))
        for one in different - opened.keys():
            opened[one] = self._keyring.unseal(one)
        return [opened[one] for one in sealed]

    def _phones(self, sealed: list[bytes]) -> dict[bytes, str]:
        """Those that are phone numbers; none when one of the batch is not authentic."""
        key, count = self._address, len(sealed)
        tags = b"".join([one[:BLOCK] for one in sealed])
        hidden = b"".join([one[BLOCK:].ljust(BLOCK, b"\0") for one in sealed])
        texts = _and(_xor(hidden, key.stream(tags)), _TEXT * count)
        if key.authenticate(_xor(texts, _xor(key.padded, _PADDING) * count)) != tags:
            return {}
        numbers = struct.unpack(f">{2 * count}Q", texts)[::2]  # kind, five bytes, two of padding
        pairs = zip(sealed, numbers, strict=True)
        return {one: f"+{number >> 16 & 0xFF_FFFF_FFFF}" for one, number in pairs if number >> 56 == PHONE}


class _Key:
    """An AES-SIV key for texts of at most one block, without associated data."""

    def __init__(self, key: bytes) -> None:
        half = len(key) // 2
        self.authenticate, self._keystream = _aes(key[:half]), _aes(key[half:])
        subkey = _doubled(self.authenticate(bytes(BLOCK)))  # RFC 4493
        of_zeros = self.authenticate(subkey)
        # What a text (a shorter one with its padding) is XORed with to give the block whose cipher is its tag.
        self.whole = _xor(of_zeros, subkey)
        self.padded = _xor(_doubled(of_zeros), subkey)

    def stream(self, tags: bytes) -> bytes:
        """The blocks that the texts with these tags are XORed with."""
        return self._keystream(_and(tags, _COUNTER * (len(tags) // BLOCK)))


def _aes(key: bytes) -> Callable[[bytes], bytes]:
    """AES itself, on any number of blocks, of which RFC 5297 is made; no text is ever enciphered by it alone."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305


def _doubled(block: bytes) -> bytes:
    """dbl() of RFC 5297."""
    number = int.from_bytes(block, "big") << 1
    return (number ^ (0x87 | 1 << 128) if number >> 128 else number).to_bytes(BLOCK, "big")


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _and(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") & int.from_bytes(other, "big")).to_bytes(len(one), "big")
