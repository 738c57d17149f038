"""History is never changed, and what stands is its fold (rules L7 to L9)."""

from __future__ import annotations

import socket

import pytest

from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import (
    BIREYSEL,
    HOUR,
    HS_MOBIL,
    IYS_WEB,
    MESAJ,
    Deeds,
    onay,
    ret,
)


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def test_l7_what_stands_is_the_fold_of_history(deeds: Deeds, world: World, key: Key, clock: Clock) -> None:
    keys = [
        Key(who, world.cinar, channel, identity)
        for who in (world.ayse, world.mehmet)
        for channel in (0, 1, 2)
        for identity in (0, 1)
    ]
    deeds.declares(*(onay(key, NOON - n * HOUR) for n, key in enumerate(keys)))
    deeds.relays(*(ret(key, NOON - 2 * n * HOUR, IYS_WEB) for n, key in enumerate(keys[3:9])))
    deeds.decides(*keys[:5], status=RET)
    clock.forward(hours=1)
    deeds.declares(*(onay(key, clock.now, HS_MOBIL) for key in keys[2:7]))
    assert deeds.folded(*keys) == {key: deeds.standing(key) for key in keys}
    assert {deeds.stands(key) for key in keys} == {RET, ONAY, BEKLIYOR}


def test_l8_what_was_answered_is_there_for_a_process_that_starts_afterwards(
    database_url: str, open_registry: Opener
) -> None:
    registry = open_registry(database_url)
    deeds, world = Deeds(registry), furnish(registry)
    key = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    deeds.decides(key, status=RET)
    assert Deeds(open_registry(database_url)).table() == deeds.table() != []


def test_l9_no_network_call_inside_a_transaction(
    deeds: Deeds, key: Key, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise AssertionError("the ledger called the network")

    for call in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, call, unreachable)
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    act = deeds.decides(key, status=RET).act
    assert act is not None
    deeds.declares(onay(key, NOON))
    deeds.relays(onay(key, NOON - HOUR, IYS_WEB))
    assert deeds.undoes(act) is not None
