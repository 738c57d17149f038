"""Sealing, erasing, committing and naming: what the keys do, and what nobody does without them."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consents import keys
from consents.keys import Keyring
from consents.people import held_keys
from consents.people.held_keys import DIGEST_SIZE, PURPOSES, WrongKey
from consents.registry import NotReady, Registry, prepare
from tests.conftest import SECRET
from tests.consents.deeds import Deeds

RING = Keyring({purpose: hashlib.shake_256(purpose.encode()).digest(size) for purpose, size in PURPOSES.items()})
OTHER = Keyring({purpose: held_keys.make(purpose) for purpose in PURPOSES})

steady = settings(deadline=None, derandomize=True)
phones = st.integers(1_000_000, 10**15 - 1).map(lambda number: f"+{number}")
_local = st.text("abcz019._+-", min_size=1, max_size=20)
emails = st.builds("{}@{}".format, _local, st.sampled_from(("example.com", "ornek.example.com.tr")))
addresses = phones | emails
events = st.integers(1, 2**63 - 1)
moments = st.integers(1_700_000_000_000_000, 1_900_000_000_000_000)  # µs


# -- addresses -----------------------------------------------------------------------------------------------------


@steady
@given(addresses)
@example("+905320000001")
@example("ayse@example.com")
@example("+tag@example.com")  # an e-mail address may begin as a phone number does
def test_an_address_comes_back_from_its_seal(address: str) -> None:
    sealed = RING.seal(address)
    assert RING.unseal(sealed) == address
    assert RING.seal(address) == sealed  # so that one column serves look-up
    assert len(sealed) > DIGEST_SIZE  # and no seal is taken for the digest of an erased one
    assert address.encode() not in sealed


@steady
@given(addresses, addresses)
def test_two_addresses_never_share_a_seal_a_digest_or_a_commitment(one: str, other: str) -> None:
    for made in (RING.seal, RING.digest, RING.commitment, RING.salt):
        assert (made(one) == made(other)) == (one == other)


@steady
@given(addresses)
def test_digest_and_commitment_depend_on_the_key_and_tell_nothing_apart_from_it(address: str) -> None:
    for made in ("seal", "digest", "commitment", "salt"):
        assert getattr(RING, made)(address) != getattr(OTHER, made)(address)
    assert len(RING.digest(address)) == DIGEST_SIZE
    assert RING.unseal(RING.digest(address)) is None


@steady
@given(st.lists(addresses))
@example(["+905320000001", "ayse@example.com", "+tag@example.com"])
def test_many_addresses_come_back_as_each_does(several: list[str]) -> None:
    sealed = [make(address) for address in several for make in (RING.seal, RING.digest)]
    assert RING.unseal_all(sealed) == [found for address in several for found in (address, None)]
    if several:
        with pytest.raises(WrongKey):
            RING.unseal_all([*sealed, OTHER.seal(several[0])])


@given(addresses)
@example("+905320000001")
@example(f"+{2**32 - 1}")
@example(f"+{2**40}")
def test_an_address_made_ready_at_once_is_what_its_parts_are(address: str) -> None:
    assert RING.ready(address) == (RING.seal(address), RING.commitment(address))


@steady
@given(st.integers(10**6, 10**15 - 1))
@example(2**32 - 1)
@example(2**32)
@example(2**40 - 1)
@example(2**40)
def test_a_number_is_packed_in_as_few_bytes_as_it_takes(number: int) -> None:
    size = len(f"{number:x}") + 1 >> 1
    assert keys.packed(f"+{number}") == b"\1" + number.to_bytes(size, "big")


def test_a_turkish_number_is_sealed_in_22_bytes() -> None:
    assert len(RING.seal("+905320000001")) == 22


@steady
@given(addresses)
def test_who_has_an_address_and_its_salt_can_check_its_commitment_and_no_other(address: str) -> None:
    proof = hashlib.sha256(RING.salt(address) + keys.packed(address)).digest()[:16]
    assert proof == RING.commitment(address)


@steady
@given(addresses, st.integers(0, 30), st.integers(1, 255))
def test_a_seal_that_was_touched_or_made_elsewhere_does_not_open(address: str, place: int, change: int) -> None:
    sealed = bytearray(RING.seal(address))
    sealed[place % len(sealed)] ^= change
    for foreign in (bytes(sealed), OTHER.seal(address)):
        with pytest.raises(WrongKey):
            RING.unseal(foreign)


# -- evidence ------------------------------------------------------------------------------------------------------


@steady
@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_evidence_comes_back_and_its_digest_proves_it(evidence: dict[str, object]) -> None:
    evidence.pop("salt", None)
    sealed, digest = RING.seal_evidence(evidence)
    opened = RING.unseal_evidence(sealed)
    salt = opened.pop("salt")
    assert opened == evidence
    assert len(str(salt)) == 32
    assert len(digest) == 32


def test_two_like_evidences_do_not_look_alike() -> None:
    one, other = (RING.seal_evidence({"message": "RET CINAR"}) for _ in range(2))
    assert one[0] != other[0]
    assert one[1] != other[1]
    assert b"CINAR" not in one[0]


# -- transaction ids -----------------------------------------------------------------------------------------------


@steady
@given(events, events, moments, moments)
def test_a_transaction_id_is_64_hex_digits_one_for_each_event_and_can_be_turned_back(
    one: int, other: int, at: int, then: int
) -> None:
    named = RING.transaction_id(one, at)
    assert len(named) == 64
    assert set(named) <= set("0123456789abcdef")
    assert RING.event(named) == RING.event(named.upper()) == one
    assert (RING.transaction_id(other, then) == named) == (one == other and at // 1_000_000 == then // 1_000_000)
    expected = [named, RING.transaction_id(other, then)]
    assert RING.transaction_ids([one, other], [at // 1_000_000, then // 1_000_000]) == expected


@steady
@given(events, events, moments, st.integers(0, 999_999), st.integers(0, 999_999))
def test_of_two_events_of_one_second_the_later_one_has_the_greater_id(
    one: int, other: int, at: int, fraction: int, more: int
) -> None:
    second = at - at % 1_000_000
    names = [RING.transaction_id(event, second + part) for event, part in ((one, fraction), (other, more))]
    assert (names[0] < names[1]) == (one < other)


def test_ids_of_different_seconds_do_not_tell_how_much_was_recorded_between_them() -> None:
    starts = [
        int(RING.transaction_id(1, second * 1_000_000)[:16], 16) for second in range(1_700_000_000, 1_700_000_400)
    ]
    rising = sum(later > earlier for earlier, later in itertools.pairwise(starts))
    assert 150 < rising < 250, "as often up as down"
    assert len({start >> 60 for start in starts}) == 8, "spread over half of what 64 bits hold"
    assert int(OTHER.transaction_id(1, 1_700_000_000_000_000)[:16], 16) != starts[0], (
        "only the key tells where they start"
    )


def test_events_of_earlier_versions_keep_their_ids_and_those_after_them_rise() -> None:
    kept = Keyring(RING.keys, (), 3)
    earlier = AESSIV(RING.keys["transaction"]).encrypt((2).to_bytes(16, "big"), None).hex()
    assert kept.transaction_id(2, 5_000_000) == earlier
    assert kept.transaction_id(3, 5_000_000) == RING.transaction_id(3, 5_000_000)
    assert [kept.event(kept.transaction_id(event, 5_000_000)) for event in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert RING.event(earlier) == 2, "what was handed out leads to its event for ever"


@steady
@given(events, moments, st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_a_transaction_id_cannot_be_guessed_from_another(event: int, at: int, place: int, digit: str) -> None:
    for ring in (RING, Keyring(RING.keys, (), 2**63)):
        named = ring.transaction_id(event, at)
        guessed = named[:place] + digit + named[place + 1 :]
        assert ring.event(guessed) == (event if guessed == named else None)
        assert OTHER.event(named) is None


@pytest.mark.parametrize("wrong", ["", "0", "00", "zz" * 32, "0" * 62, "0" * 64, "0" * 66, "İ" * 64, "\0"])
def test_what_is_no_transaction_id_names_nothing(wrong: str) -> None:
    assert RING.event(wrong) is None


# -- SECRET_KEY ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_data_key_opens_with_the_secret_that_wrapped_it_or_was_before(purpose: str) -> None:
    key = held_keys.make(purpose)
    wrapped = held_keys.wrap("old secret", purpose, key)
    assert key not in wrapped
    assert held_keys.unwrap(["old secret"], purpose, wrapped) == key
    assert held_keys.unwrap(["new secret", "old secret"], purpose, wrapped) == key
    for tried in ([], ["new secret"], ["old secret "]):
        with pytest.raises(WrongKey, match="SECRET_KEY"):
            held_keys.unwrap(tried, purpose, wrapped)


def test_a_data_key_does_not_open_for_another_purpose() -> None:
    wrapped = held_keys.wrap("secret", "address", held_keys.make("address"))
    with pytest.raises(WrongKey):
        held_keys.unwrap(["secret"], "evidence", wrapped)


def test_a_registry_opens_only_with_its_secret_and_never_says_it(database_url: str) -> None:
    with pytest.raises(WrongKey) as refused:
        Registry.open(database_url, "another-secret-that-is-long-enough")
    assert "another-secret" not in str(refused.value)
    with Registry.open(database_url, "another-secret-that-is-long-enough", previous=SECRET) as registry:
        with Registry.open(database_url, SECRET) as same:
            assert registry.keyring.keys == same.keyring.keys
        assert Deeds(registry).acts() == []


def test_preparing_a_registry_again_keeps_its_keys(database_url: str) -> None:
    with Registry.open(database_url, SECRET) as registry:
        before = registry.keyring.keys
    prepare(database_url, SECRET)
    prepare(database_url, "another-secret-that-is-long-enough")  # nothing is missing, so nothing is made
    with Registry.open(database_url, SECRET) as registry:
        assert registry.keyring.keys == before


def test_an_empty_database_says_which_command_mends_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(NotReady, match="izin migrate"):
        Registry.open(f"sqlite:///{tmp_path_factory.mktemp('empty')}/izin.db", SECRET)
