"""Batches give the very bytes that the keyring gives one at a time."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.keys import PURPOSES, Keyring, WrongKey
from consents.siv import Batches

PHONES = st.integers(10**6, 10**15 - 1).map("+{}".format)
EMAILS = st.from_regex(r"[a-z0-9]{1,20}@[a-z0-9]{2,8}\.(com|org)", fullmatch=True)
# Some keys for every branch of the doubling: half of them have a high bit that falls out.
KEYRINGS = [Keyring({purpose: secrets.token_bytes(size) for purpose, size in PURPOSES.items()}) for _ in range(16)]
keyrings = st.sampled_from(KEYRINGS)


@given(keyrings, st.lists(st.integers(0, 2**63 - 1), max_size=50))
def test_events_are_named_as_one_at_a_time(keyring: Keyring, events: list[int]) -> None:
    names = Batches(keyring).transaction_ids(events)
    assert names == [keyring.transaction_id(event) for event in events]
    assert [keyring.event(name) for name in names] == events


@given(keyrings, st.lists(PHONES | EMAILS, max_size=50))
def test_addresses_are_opened_as_one_at_a_time(keyring: Keyring, addresses: list[str]) -> None:
    sealed = [keyring.seal(address) for address in addresses]
    assert Batches(keyring).addresses(sealed) == addresses


@pytest.mark.parametrize("keyring", KEYRINGS)
def test_erased_people_repeated_and_foreign_numbers_stand_in_their_places(keyring: Keyring) -> None:
    addresses = ["+905320000001", "+12025550123", "ayse@example.com", "+905320000001", "+447700900123"]
    sealed = [keyring.seal(address) for address in addresses]
    sealed.insert(2, keyring.digest("+905320000009"))
    opened = Batches(keyring).addresses(sealed)
    assert opened == [*addresses[:2], None, *addresses[2:]]


@pytest.mark.parametrize("byte", [0, 15, 16, 21])
def test_an_address_that_was_tampered_with_is_not_opened(byte: int) -> None:
    keyring = KEYRINGS[0]
    sealed = [keyring.seal(f"+90532000000{digit}") for digit in range(5)]
    torn = bytearray(sealed[3])
    torn[byte] ^= 1
    sealed[3] = bytes(torn)
    with pytest.raises(WrongKey):
        Batches(keyring).addresses(sealed)


def test_another_registrys_addresses_are_not_opened() -> None:
    sealed = [KEYRINGS[0].seal("+905320000001")]
    with pytest.raises(WrongKey):
        Batches(KEYRINGS[1]).addresses(sealed)
