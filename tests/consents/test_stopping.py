"""Which refusals ended anything: only a brand that was allowed to send has days left to stop; on both databases."""

from __future__ import annotations

import pytest

from consents import business_days
from consents.queries import act_receipts, stopping
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent, could_send
from consents.state import Key
from consents.terms import Door
from tests.conftest import Clock
from tests.consents.conftest import World
from tests.consents.deeds import ARAMA, BIREYSEL, DAY, MESAJ, TACIR, Deeds, onay, ret


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def ended(deeds: Deeds, *keys: Key, reconsent: Reconsent = Reconsent.CONFIRM) -> set[Key]:
    """Of the refusals that stand."""
    standing = {key: deeds.standing(key) for key in keys}
    refusals = {key: stands.citizen.event for key, stands in standing.items() if stands and stands.citizen}
    assert len(refusals) == len(keys)
    return deeds.store.read_now(stopping.ended, reconsent, refusals)


@pytest.mark.parametrize(
    ("before", "identity", "door", "allowed"),
    [
        (ONAY, BIREYSEL, Door.PAGE, True),
        (ONAY, BIREYSEL, Door.SMS, True),
        (ONAY, TACIR, Door.LINK, True),
        (BEKLIYOR, BIREYSEL, Door.PAGE, False),
        (BEKLIYOR, TACIR, Door.PAGE, False),
        (RET, BIREYSEL, Door.PAGE, False),
        (RET, TACIR, Door.VOICE, False),
        (None, BIREYSEL, Door.PAGE, False),
        (None, TACIR, Door.PAGE, True),
        (None, TACIR, Door.SYNC, True),
        *((None, TACIR, door, False) for door in (Door.LINK, Door.QR, Door.SMS, Door.VOICE, Door.MAIL)),
    ],
)
def test_who_could_send(before: int | None, identity: int, door: Door, allowed: bool) -> None:
    assert could_send(before, identity, door) is allowed


def test_a_refused_onay_was_allowed(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    deeds.decides(key, status=RET)
    assert ended(deeds, key) == {key}


def test_a_refusal_in_advance_ends_nothing_but_for_a_merchant(deeds: Deeds, key: Key) -> None:
    merchant = key._replace(identity=TACIR)
    deeds.decides(key, merchant, status=RET)
    assert ended(deeds, key, merchant) == {merchant}


def test_a_door_that_names_no_identity_ends_nothing_where_no_record_is(deeds: Deeds, key: Key) -> None:
    merchant = key._replace(identity=TACIR)
    deeds.decides(key, merchant, status=RET, door=Door.SMS)
    assert ended(deeds, key, merchant) == set()


def test_a_waiting_row_that_is_refused_could_not_send(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=RET)
    clock.forward(days=1)
    deeds.declares(onay(key, clock.now))
    deeds.decides(key, status=RET)
    assert ended(deeds, key) == set()
    assert ended(deeds, key, reconsent=Reconsent.ACCEPT) == {key}  # there the provider's word had stood


def test_what_a_provider_had_refused_itself_could_not_send(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - 2 * DAY))
    deeds.declares(ret(key, clock.now - DAY))
    deeds.decides(key, status=RET)
    assert ended(deeds, key) == set()


def test_what_is_said_later_changes_nothing(deeds: Deeds, key: Key, clock: Clock) -> None:
    """A provider brings an older ONAY after a refusal in advance: when he refused, nothing was known of it."""
    deeds.decides(key, status=RET)
    deeds.declares(onay(key, clock.now - DAY))
    assert ended(deeds, key) == set()


def test_a_word_that_was_taken_back_before_does_not_count(deeds: Deeds, key: Key, clock: Clock) -> None:
    given = deeds.decides(key, status=ONAY).act
    assert given is not None
    clock.forward(minutes=1)
    deeds.undoes(given)
    deeds.decides(key, status=RET)
    assert ended(deeds, key) == set()


def test_a_word_that_was_taken_back_afterwards_had_counted(deeds: Deeds, key: Key, clock: Clock) -> None:
    given = deeds.decides(key, status=ONAY).act
    assert given is not None
    clock.forward(minutes=1)
    deeds.decides(key, status=RET)
    deeds.undoes(given)
    assert ended(deeds, key) == {key}


def test_each_key_of_an_act_is_told_apart(deeds: Deeds, key: Key, world: World, clock: Clock) -> None:
    other, call = key._replace(brand=world.isik), key._replace(channel=ARAMA)
    deeds.declares(onay(key, clock.now - DAY))
    deeds.decides(key, other, call, status=RET)
    assert ended(deeds, key, other, call) == {key}


def test_the_days_to_stop_run_from_the_first_of_two_refusals(deeds: Deeds, key: Key, clock: Clock) -> None:
    """A helper's, and the citizen's own of the next day."""
    deeds.declares(onay(key, clock.now - DAY))
    first = clock.now
    deeds.decides(key, status=RET, helper="daughter")
    clock.forward(hours=20)
    again = deeds.decides(key, status=RET, door=Door.SMS)
    assert again.act is not None
    words = {key: stands.citizen.event for key, stands in again.changed.items() if stands.citizen}
    assert deeds.store.read_now(stopping.since, Reconsent.CONFIRM, words) == {key: first}
    past = deeds.store.read_now(act_receipts.citizens, again.act)
    assert past is not None
    registry = deeds.registry
    book = registry.store.read_now(registry.brands.book, clock.now)
    receipt = deeds.store.read_now(act_receipts.get, Reconsent.CONFIRM, book, past)
    assert receipt.stop == business_days.stop_by(first) != business_days.stop_by(clock.now)


def test_no_refusals_no_question(deeds: Deeds) -> None:
    assert deeds.store.read_now(stopping.ended, Reconsent.CONFIRM, {}) == set()
