"""What earlier versions left: erasures without a mark, which one migration marks and no later one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from consents.care import unmarked
from consents.keys import WrongKey
from consents.people import register
from consents.reading import feed
from consents.registry import NotReady, Registry, prepare
from evidence import log
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import AYSE, MEHMET
from tests.consents.test_schema import empty_url as empty_url
from tests.evidence.conftest import chronicle, run
from tests.evidence.earlier import take_back


@pytest.fixture
def earlier(database_url: str, empty_url: str, open_registry: Opener, clock: Clock) -> str:
    """A database as the version before left it: two people erased without a mark, of whom one has come back."""
    registry = open_registry(database_url)
    world = chronicle(registry, clock)
    for address in (AYSE, MEHMET):
        who = register.person(registry.keyring, address)
        assert registry.store.write_now(register.erase, registry.keyring, who)
    run(registry, "UPDATE act SET evidence = NULL")
    registry.store.write_now(register.welcome_back, who, world.mehmet)
    registry.close()
    take_back(database_url, empty_url, "0012")
    return database_url


def verified(registry: Registry) -> str | None:
    return registry.store.read_now(log.verify, registry.keyring)


@pytest.mark.parametrize("part", [1, unmarked.PART])
def test_evidence_that_an_earlier_version_erased_is_marked_once(
    earlier: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(unmarked, "_EMPTY", unmarked.emptied(part))
    assert prepare(earlier, SECRET) == 5
    registry = open_registry(earlier)
    assert verified(registry) is None
    run(registry, "UPDATE act SET evidence = NULL WHERE id = 3")
    registry.close()
    assert prepare(earlier, SECRET) == 0
    assert verified(open_registry(earlier)) == "the evidence of act 3 was taken away and not by an erasure"


def test_marking_that_was_cut_off_goes_on_and_nobody_is_served_before_it_is_done(
    earlier: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmarked, "_EMPTY", unmarked.emptied(2))
    reading = unmarked.empty
    monkeypatch.setattr(unmarked, "empty", interrupted(reading))
    with pytest.raises(KeyboardInterrupt):
        prepare(earlier, SECRET)
    monkeypatch.setattr(unmarked, "empty", reading)
    with pytest.raises(NotReady, match="not marked yet: run izin migrate"):
        open_registry(earlier)
    assert prepare(earlier, SECRET) == 3
    assert verified(open_registry(earlier)) is None


def interrupted(reading: object) -> object:
    """Reads the first part and no other."""

    def some(snapshot: object, after: int) -> object:
        if after:
            raise KeyboardInterrupt
        return reading(snapshot, after)  # type: ignore[operator]

    return some


def test_marks_need_the_registrys_keys_or_those_before(earlier: str, open_registry: Opener) -> None:
    with pytest.raises(WrongKey):
        prepare(earlier, "another-secret-that-is-long-enough")
    assert prepare(earlier, "another-secret-that-is-long-enough", previous=SECRET) == 5
    assert verified(open_registry(earlier)) is None


def test_who_never_erased_anybody_is_served_at_once(database_url: str, open_registry: Opener, clock: Clock) -> None:
    registry = open_registry(database_url)
    chronicle(registry, clock)
    run(registry, "UPDATE registry SET unmarked = true")
    registry.close()
    assert prepare(database_url, SECRET) == 0
    assert verified(open_registry(database_url)) is None


def test_what_was_recorded_before_ids_rose_keeps_its_id(earlier: str, open_registry: Opener, clock: Clock) -> None:
    prepare(earlier, SECRET)
    registry = open_registry(earlier)
    keyring, before = registry.keyring, registry.store.read_now(feed.last_event)
    assert before > 3
    cipher = AESSIV(keyring.keys["transaction"])
    given_out = [cipher.encrypt(event.to_bytes(16, "big"), None).hex() for event in range(1, before + 1)]
    assert [keyring.transaction_id(event, clock.now) for event in range(1, before + 1)] == given_out
    later = [keyring.transaction_id(event, clock.now) for event in range(before + 1, before + 40)]
    assert later == sorted(later)
    assert [keyring.event(name) for name in given_out + later] == list(range(1, before + 40))
    registry.close()
    prepare(earlier, SECRET)
    assert open_registry(earlier).keyring.rising_from == before + 1, "decided once"


def test_in_a_new_registry_all_ids_rise(registry: Registry) -> None:
    assert registry.keyring.rising_from == 1
