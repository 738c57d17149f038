"""Rule L4: a provider's ONAY newer than the citizen's RET waits for the citizen (docs/architecture.md)."""

from __future__ import annotations

import pytest

from consents.ledger import PENDING, RECORDED
from consents.registry import NotReady, Registry, prepare
from consents.rules import BEKLIYOR, ONAY, RET, WAITING, Reconsent, Word
from consents.state import Key
from consents.terms import Door
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    HOUR,
    IYS_WEB,
    MESAJ,
    MINUTE,
    TACIR,
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


def test_l4_a_providers_newer_onay_waits_and_the_refusal_stays_in_force(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=RET)
    clock.forward(minutes=2)
    assert deeds.declares(onay(key, NOON + MINUTE)) == [PENDING]
    standing = deeds.standing(key)
    assert standing is not None
    assert standing.status == BEKLIYOR
    assert standing.in_force() == Word(RET, IYS_WEB, NOON, None, 1)
    assert deeds.declares(onay(key, NOON + 2 * MINUTE)) == [PENDING]  # asking twice changes nothing for him


def test_l4_thirty_days_of_silence_leave_the_refusal(deeds: Deeds, key: Key, clock: Clock) -> None:
    assert WAITING == 30 * DAY
    deeds.decides(key, status=RET)
    clock.forward(days=1)
    deeds.declares(onay(key, clock.now))
    clock.forward(days=31)
    standing = deeds.standing(key)
    assert standing is not None
    assert standing.in_force().status == RET


@pytest.mark.parametrize("answer", [RET, ONAY])
def test_l4_the_citizens_answer_ends_the_waiting(deeds: Deeds, key: Key, clock: Clock, answer: int) -> None:
    deeds.decides(key, status=RET)
    clock.forward(minutes=2)
    deeds.declares(onay(key, NOON + MINUTE))
    decision = deeds.decides(key, status=answer)
    assert decision.changed.keys() == {key}
    assert deeds.stands(key) == answer


def test_l4_the_providers_own_ret_ends_the_waiting(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=RET)
    clock.forward(minutes=2)
    deeds.declares(onay(key, NOON + MINUTE))
    assert deeds.declares(ret(key, NOON + 2 * MINUTE)) == [RECORDED]
    assert deeds.stands(key) == RET


def test_l4_a_consent_given_through_the_registry_counts_at_once(deeds: Deeds, key: Key) -> None:
    deeds.declares(ret(key, NOON - MINUTE))
    deeds.decides(key, status=ONAY, door=Door.QR)
    assert deeds.stands(key) == ONAY


def test_l4_reconsent_accept_lets_the_providers_onay_stand(database_url: str, open_registry: Opener) -> None:
    prepare(database_url, SECRET, Reconsent.ACCEPT)
    registry = open_registry(database_url, reconsent=Reconsent.ACCEPT)
    deeds, world = Deeds(registry), furnish(registry)
    key = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    deeds.relays(ret(key, NOON - HOUR, IYS_WEB))
    assert deeds.declares(onay(key, NOON - MINUTE)) == [RECORDED]
    assert deeds.stands(key) == ONAY


def test_l4_the_mode_belongs_to_the_database_and_changes_only_by_folding_it_anew(
    database_url: str, open_registry: Opener
) -> None:
    registry = open_registry(database_url)
    deeds, world = Deeds(registry), furnish(registry)
    asked = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    refused, given, silent = (
        asked._replace(channel=ARAMA),
        asked._replace(identity=TACIR),
        asked._replace(brand=world.isik),
    )
    deeds.relays(*(ret(key, NOON - HOUR, IYS_WEB) for key in (asked, refused)), onay(given, NOON - HOUR, IYS_WEB))
    deeds.declares(onay(asked, NOON - MINUTE), ret(given, NOON - MINUTE))
    deeds.declares(onay(silent, NOON))
    before = deeds.table()
    with pytest.raises(NotReady, match="izin migrate"):
        open_registry(database_url, reconsent=Reconsent.ACCEPT)
    prepare(database_url, SECRET, Reconsent.ACCEPT)
    accepting = Deeds(open_registry(database_url, reconsent=Reconsent.ACCEPT))
    keys = (asked, refused, given, silent)
    assert [accepting.stands(key) for key in keys] == [ONAY, RET, RET, ONAY]
    assert accepting.folded(*keys) == {key: accepting.standing(key) for key in keys}
    prepare(database_url, SECRET, Reconsent.CONFIRM)
    assert deeds.table() == before
