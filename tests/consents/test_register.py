"""People in the register: found by their address, erased, recognised when the address comes again (INV-16, INV-33)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consents.keys import packed
from consents.ledger import PENDING
from consents.people import register
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from consents.store import Snapshot, Statement
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import AYSE, MEHMET, YABANCI, World, furnish
from tests.consents.deeds import BIREYSEL, EPOSTA, HOUR, MESAJ, MINUTE, SECOND, TACIR, Deeds, onay

_EVIDENCE = Statement(text("SELECT id, evidence, evidence_digest FROM act ORDER BY id"))
_ROW = Statement(text("SELECT sealed, commitment FROM recipient WHERE id = :recipient"))
MAIL = "ayse@example.com"


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def person(registry: Registry, address: str = AYSE) -> register.Person:
    return register.person(registry.keyring, address)


def find(registry: Registry, address: str) -> int | None:
    return registry.store.read_now(register.find, registry.keyring, person(registry, address))


def enrol(registry: Registry, *addresses: str) -> list[int]:
    people = [person(registry, address) for address in addresses]
    return registry.store.write_now(register.enrol_all, registry.keyring, people)


def erase(registry: Registry, address: str = AYSE) -> int | None:
    return registry.store.write_now(register.erase, registry.keyring, person(registry, address))


def address(registry: Registry, recipient: int) -> str | None:
    return registry.store.read_now(register.address, registry.keyring, recipient)


# -- finding and enrolling -----------------------------------------------------------------------------------------


def test_an_address_is_enrolled_once_and_found_again(registry: Registry, world: World) -> None:
    assert (find(registry, AYSE), find(registry, MEHMET), find(registry, YABANCI)) == (world.ayse, world.mehmet, None)
    assert enrol(registry, MEHMET, YABANCI, AYSE, YABANCI, MAIL) == [world.mehmet, 3, world.ayse, 3, 4]
    assert registry.store.write_now(register.enrol, registry.keyring, person(registry, MAIL)) == 4
    assert registry.store.write_now(register.enrol, registry.keyring, person(registry, "+905320000009")) == 5
    assert [address(registry, number) for number in range(1, 7)] == [AYSE, MEHMET, YABANCI, MAIL, "+905320000009", None]


def test_many_are_found_at_once_also_those_erased(registry: Registry, world: World) -> None:
    known = [f"+9053200001{number:02}" for number in range(60)]
    numbers = enrol(registry, *known)
    for erased in known[::7]:
        erase(registry, erased)
    people = [person(registry, one) for one in [*known, YABANCI, MAIL]]
    found = registry.store.read_now(register.find_all, registry.keyring, people)
    assert found == {who.sealed: number for who, number in zip(people[:60], numbers, strict=True)}
    assert enrol(registry, *known) == numbers
    assert registry.store.read_now(register.find_all, registry.keyring, []) == {}


def test_whoever_was_erased_is_the_only_one_without_an_address(registry: Registry, world: World) -> None:
    assert erase(registry) == world.ayse
    assert (address(registry, world.ayse), address(registry, world.mehmet)) == (None, MEHMET)
    assert erase(registry, YABANCI) is None
    assert erase(registry) == world.ayse  # asked twice, it is done


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(["enrol", "erase", "back"]), st.integers(0, 5)), max_size=12))
def test_a_recipient_keeps_its_number_whatever_happens_to_its_address(
    sqlite_url: str, open_registry: Opener, steps: list[tuple[str, int]]
) -> None:
    registry = open_registry(sqlite_url)
    numbers: dict[str, int] = {}
    for step, which in steps:
        who = f"+9053200002{which:02}"
        if step == "erase":
            assert erase(registry, who) == find(registry, who)
        else:
            (number,) = enrol(registry, who)
            assert numbers.setdefault(who, number) == number
            if step == "back":
                registry.store.write_now(register.welcome_back, person(registry, who), number)
                assert address(registry, number) == who
    registry.close()


# -- erasure -------------------------------------------------------------------------------------------------------


def test_refusals_of_an_erased_person_still_stand_when_the_address_comes_again(
    deeds: Deeds, world: World, key: Key, clock: Clock
) -> None:
    registry, tacir = deeds.registry, key._replace(identity=TACIR)
    deeds.decides(key, tacir, status=RET)
    erase(registry)
    clock.forward(minutes=2)
    (again,) = enrol(registry, AYSE)  # by a provider's file
    assert again == world.ayse
    assert address(registry, again) is None
    assert deeds.declares(onay(Key(again, *key[1:]), NOON + MINUTE)) == [PENDING]
    assert (deeds.stands(key), deeds.stands(tacir)) == (BEKLIYOR, RET)
    assert deeds.folded(key, tacir) == {one: deeds.standing(one) for one in (key, tacir)}


def test_an_erased_person_who_acts_again_is_known_again(deeds: Deeds, world: World, key: Key) -> None:
    registry = deeds.registry
    erase(registry)
    registry.store.write_now(register.welcome_back, person(registry), world.ayse)
    assert address(registry, world.ayse) == AYSE
    assert find(registry, AYSE) == world.ayse
    registry.store.write_now(register.welcome_back, person(registry), world.ayse)  # of one who was not erased
    assert address(registry, world.ayse) == AYSE
    deeds.decides(key, status=ONAY)
    assert deeds.stands(key) == ONAY


def test_an_erasure_takes_the_evidence_of_the_persons_acts_and_leaves_its_digest(
    deeds: Deeds, world: World, key: Key
) -> None:
    seal = deeds.registry.keyring.seal_evidence
    mehmet = key._replace(recipient=world.mehmet)
    evidence = [seal({"message": f"RET CINAR {who}"}) for who in ("A", "M")]
    deeds.decides(key, status=RET, evidence=evidence[0])
    deeds.decides(mehmet, status=RET, evidence=evidence[1])
    kept = deeds.store.read_now(Snapshot.all, _EVIDENCE)
    assert [(bytes(row[1]), bytes(row[2])) for row in kept] == evidence
    erase(deeds.registry)
    kept = deeds.store.read_now(Snapshot.all, _EVIDENCE)
    assert deeds.registry.keyring.unseal_evidence(bytes(kept[0][1])) == {}
    assert [bytes(row[2]) for row in kept] == [digest for _, digest in evidence]
    assert deeds.registry.keyring.unseal_evidence(bytes(kept[1][1]))["message"] == "RET CINAR M"


def test_an_erasure_leaves_the_commitment_so_that_proofs_stay_valid(registry: Registry, world: World) -> None:
    def row() -> tuple[bytes, bytes]:
        found = registry.store.read_now(Snapshot.one, _ROW, {"recipient": world.ayse})
        assert found is not None
        return bytes(found[0]), bytes(found[1])

    before = row()
    assert before == (registry.keyring.seal(AYSE), registry.keyring.commitment(AYSE))
    erase(registry)
    assert row() == (registry.keyring.digest(AYSE), before[1])


def test_nothing_of_an_erased_address_is_left_to_be_opened(deeds: Deeds, world: World, key: Key) -> None:
    """Not even with every key: the digest goes one way."""
    erase(deeds.registry)
    found = deeds.store.read_now(Snapshot.one, _ROW, {"recipient": world.ayse})
    assert found is not None
    assert deeds.registry.keyring.unseal(bytes(found[0])) is None


# -- a stolen file -------------------------------------------------------------------------------------------------


def test_a_stolen_database_file_shows_no_address_and_no_message(
    sqlite_url: str, open_registry: Opener, clock: Clock
) -> None:
    registry = open_registry(sqlite_url)
    deeds, world = Deeds(registry), furnish(registry)
    enrol(registry, MAIL, YABANCI)
    key = Key(world.ayse, world.cinar, EPOSTA, BIREYSEL)
    deeds.declares(onay(key, NOON - HOUR))
    deeds.decides(key, status=RET, evidence=registry.keyring.seal_evidence({"from": AYSE, "text": "RET CINAR"}))
    clock.forward(seconds=SECOND)
    erase(registry, YABANCI)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    files = [file.read_bytes() for file in path.parent.glob("izin.db*")]
    assert len(files) >= 2  # with what stands in the write-ahead log
    traces = [one.encode() for one in (AYSE, MEHMET, YABANCI, MAIL, AYSE[3:], MEHMET[3:], "ayse@")]
    traces += [packed(one)[1:] for one in (AYSE, MEHMET, YABANCI)]
    assert [trace for trace in traces if any(trace in file for file in files)] == []
    assert not any(b"RET CINAR" in file for file in files)
    assert any("Çınar".encode() in file for file in files)  # what is public stands there to be read
