"""A packed row is the row again when it is unpacked, and packed rows lie in the order of their people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.keys import Keyring
from consents.people.held_keys import PURPOSES, make
from consents.terms import Channel, Identity, Source, Status
from providers.uploads import packed_rows
from providers.uploads.packed_rows import SealedAddresses, pack, unpack, whose
from providers.uploads.row_verdicts import Row

KEYRING = Keyring({purpose: make(purpose) for purpose in PURPOSES})
LONGEST = "a" * 64 + "@" + "b" * 190 + ".example.com"
_addresses = st.sampled_from(("+905320000001", "+905320000002", "+14155550100", "ayse@example.com", LONGEST))
_rows = st.tuples(
    st.integers(1, 2**63),
    _addresses,
    st.sampled_from([channel.code for channel in Channel]),
    st.sampled_from([identity.code for identity in Identity]),
    st.sampled_from([status.code for status in Status]),
    st.sampled_from([None, *(source.code for source in Source)]),
    st.integers(0, 2**62),
    st.none() | st.integers(1, 2**62),
)


@given(st.lists(_rows, max_size=20, unique_by=lambda row: row[0]))
def test_what_is_unpacked_is_what_was_packed(rows: list[Row]) -> None:
    packed = pack(rows, SealedAddresses(KEYRING))
    expected = []
    for number, address, *rest in rows:
        sealed, commitment = KEYRING.ready(address)
        expected.append((sealed, number, commitment, *rest))
    assert unpack(packed) == expected
    assert [whose(one) for one in packed] == [row[0] for row in expected]
    assert unpack(sorted(packed)) == sorted(expected, key=lambda row: row[:2])


def test_every_source_has_a_code_that_fits() -> None:
    assert max(source.code for source in Source) < 255


def test_few_addresses_are_kept_and_each_is_sealed_as_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_rows, "_MOST_KEPT", 3)
    sealed = SealedAddresses(KEYRING)
    for number in (1, 2, 1, 3, 4, 1, 5, 2, 2, 6, 7):
        address = f"+90532000000{number}"
        assert sealed[address] == b"".join(KEYRING.ready(address))
        assert 1 <= len(sealed) <= 3


def test_a_long_address_is_not_kept() -> None:
    sealed = SealedAddresses(KEYRING)
    kept, longer = "a" * 52 + "@example.com", "a" * 53 + "@example.com"
    assert (sealed[kept], sealed[longer]) == (b"".join(KEYRING.ready(kept)), b"".join(KEYRING.ready(longer)))
    assert list(sealed) == [kept]
