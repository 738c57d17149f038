"""AES-SIV (RFC 5297) of many short values at once: the same bytes as ``AESSIV.encrypt(value, None)`` gives for each.

A call of the library for each value costs more than its cipher. What fits into one block needs two single blocks of AES
(the MAC is CMAC, RFC 4493), and those of thousands of values are worked out in two calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16  # bytes; no value is longer
_ZERO = bytes(BLOCK)
_COUNTER = bytes.fromhex("ffffffffffffffff7fffffff7fffffff")  # RFC 5297, 2.6: two bits of the MAC are left out


class Siv:
    """One key of AES-SIV. Its methods keep no state between calls, so threads may share it."""

    def __init__(self, key: bytes) -> None:
        half = len(key) // 2
        self._mac_key, self._stream_key = algorithms.AES(key[:half]), algorithms.AES(key[half:])
        subkey = _doubled(_ciphered(self._mac_key, _ZERO))
        start = _ciphered(self._mac_key, subkey)  # CMAC of a block of zeros
        self._of_whole, self._of_part = _xor(start, subkey), _xor(_doubled(start), subkey)

    def seal(self, blocks: bytes, size: int = BLOCK) -> tuple[bytes, bytes]:
        """MACs and hidden values, a block each, of values of ``size`` bytes that stand a block each, zeros behind.

        A sealed value is its MAC and the first ``size`` bytes of what is hidden.
        """
        macs = self._macs(blocks, size)
        return macs, _only(_xor(blocks, self._stream(macs)), size)

    def open(self, sealed: Sequence[bytes], size: int) -> bytes:
        """The values of ``size`` bytes that were sealed, a block each, zeros behind. InvalidTag where one was not."""
        macs = b"".join([one[:BLOCK] for one in sealed])
        hidden = b"".join([one[BLOCK:].ljust(BLOCK, b"\0") for one in sealed])
        blocks = _only(_xor(hidden, self._stream(macs)), size)
        if not compare_digest(self._macs(blocks, size), macs):
            raise InvalidTag
        return blocks

    def _macs(self, blocks: bytes, size: int) -> bytes:
        if size == BLOCK:
            return _ciphered(self._mac_key, _xor_each(blocks, self._of_whole))
        end = _ZERO[:size] + b"\x80" + _ZERO[size + 1 :]  # what follows a value that is shorter than a block
        return _ciphered(self._mac_key, _xor_each(blocks, _xor(self._of_part, end)))

    def _stream(self, macs: bytes) -> bytes:
        return _ciphered(self._stream_key, _and_each(macs, _COUNTER))


@lru_cache(maxsize=16)
def of(key: bytes) -> Siv:
    """The same for a key, made once."""
    return Siv(key)


def _ciphered(key: algorithms.AES, blocks: bytes) -> bytes:
    # Single blocks, each of its own use: what is wrong with ECB is to hide a message by it, and nothing is hidden so.
    return Cipher(key, modes.ECB()).encryptor().update(blocks)  # noqa: S305


def _doubled(block: bytes) -> bytes:
    """Doubling in GF(2^128) (RFC 4493, 2.3)."""
    number = int.from_bytes(block, "big") << 1
    return (number ^ (0x87 if number >> 128 else 0)).to_bytes(17, "big")[1:]


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") ^ int.from_bytes(other, "little")).to_bytes(len(one), "little")


def _xor_each(blocks: bytes, block: bytes) -> bytes:
    return _xor(blocks, block * (len(blocks) // BLOCK))


def _and_each(blocks: bytes, block: bytes) -> bytes:
    every = block * (len(blocks) // BLOCK)
    return (int.from_bytes(blocks, "little") & int.from_bytes(every, "little")).to_bytes(len(blocks), "little")


def _only(blocks: bytes, size: int) -> bytes:
    """The first ``size`` bytes of each block, zeros behind."""
    return blocks if size == BLOCK else _and_each(blocks, b"\xff" * size + _ZERO[size:])
