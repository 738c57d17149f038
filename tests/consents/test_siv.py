"""AES-SIV of many values at once says what the library says of each."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given, settings
from hypothesis import strategies as st

from consents.siv import BLOCK, Siv

KEYS = st.sampled_from([32, 48, 64]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
VALUES = st.integers(1, BLOCK).flatmap(lambda size: st.lists(st.binary(min_size=size, max_size=size), min_size=1))


def padded(values: list[bytes]) -> bytes:
    return b"".join(value.ljust(BLOCK, b"\0") for value in values)


@given(key=KEYS, values=VALUES)
@settings(max_examples=60, deadline=None)
def test_many_values_are_sealed_as_the_library_seals_each(key: bytes, values: list[bytes]) -> None:
    size = len(values[0])
    macs, hidden = Siv(key).seal(padded(values), size)
    sealed = [macs[at : at + BLOCK] + hidden[at : at + size] for at in range(0, len(macs), BLOCK)]
    assert sealed == [AESSIV(key).encrypt(value, None) for value in values]
    assert Siv(key).open(sealed, size) == padded(values)


@given(key=KEYS, values=VALUES, place=st.integers(0), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_bit_that_was_changed_is_noticed(key: bytes, values: list[bytes], place: int, bit: int) -> None:
    sealed = [bytearray(AESSIV(key).encrypt(value, None)) for value in values]
    one = sealed[place % len(sealed)]
    one[place % len(one)] ^= 1 << bit
    with pytest.raises(InvalidTag):
        Siv(key).open([bytes(one) for one in sealed], len(values[0]))
