"""Many addresses and events are sealed, opened and named as each of them is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consents import keys, sealing
from consents.keys import Keyring, WrongKey

KEYRING = Keyring({purpose: keys.make(purpose) for purpose in keys.PURPOSES})
OTHER = Keyring({purpose: keys.make(purpose) for purpose in keys.PURPOSES})
PHONES = st.integers(0, 99).map(lambda last: f"+9053200000{last:02}")
MAILS = st.from_regex(r"[a-z]{1,20}@example\.(com|net)", fullmatch=True)
ADDRESSES = st.lists(PHONES | MAILS, max_size=120)


@given(addresses=ADDRESSES, erased=st.sets(st.integers(0, 119)))
@settings(max_examples=40, deadline=None)
def test_addresses_are_sealed_and_opened_as_each_is(addresses: list[str], erased: set[int]) -> None:
    sealed = sealing.seal_all(KEYRING, addresses)
    assert sealed == [KEYRING.seal(address) for address in addresses]
    kept = [KEYRING.digest(a) if place in erased else sealed[place] for place, a in enumerate(addresses)]
    assert sealing.unseal_all(KEYRING, kept) == [KEYRING.unseal(one) for one in kept]


@given(events=st.lists(st.integers(0, 2**63 - 1), max_size=100))
@settings(max_examples=40, deadline=None)
def test_events_are_named_as_each_is(events: list[int]) -> None:
    assert sealing.transaction_ids(KEYRING, events) == [KEYRING.transaction_id(event) for event in events]


@pytest.mark.parametrize("count", [1, 40])
def test_what_another_key_sealed_is_told_and_not_shown(count: int) -> None:
    sealed = [KEYRING.seal(f"+9053200000{last:02}") for last in range(count)]
    with pytest.raises(WrongKey):
        sealing.unseal_all(KEYRING, [*sealed, OTHER.seal("+905320000001")])
