"""What was recorded on a day, and which of it waited for the citizen when it was recorded (rule L4)."""

from __future__ import annotations

import math
import random

import pytest

from consents.ledger import PENDING, RECORDED
from consents.movement_counts import MovementKind, kind_of
from consents.people import register
from consents.queries import pending_movements, reports
from consents.queries.reports import Movement, Span
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Channel, Door, Identity, Source, Status
from tests.conftest import NOON, Clock, Opener
from tests.consents.conftest import AYSE, World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    EPOSTA,
    HOUR,
    HS_MOBIL,
    HS_WEB,
    IYS_WEB,
    MESAJ,
    MINUTE,
    SECOND,
    TACIR,
    UNDATED,
    Deeds,
    onay,
    ret,
)

MIDNIGHT = NOON - 12 * HOUR
EVER = (0, NOON + 1000 * DAY)


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def recorded(deeds: Deeds, start: int, end: int) -> Span:
    return deeds.store.read_now(reports.recorded, start, end)


def moved(deeds: Deeds, brand: int, reconsent: Reconsent = Reconsent.CONFIRM) -> list[Movement]:
    """All that a brand's reports would ever say."""
    with deeds.store.snapshot() as snapshot:
        span = reports.recorded(snapshot, *EVER)
        return list(reports.movements(snapshot, deeds.registry.keyring, brand, span, reconsent))


def waiting(deeds: Deeds, brand: int, reconsent: Reconsent = Reconsent.CONFIRM) -> list[int]:
    """The events that are reported as pending."""
    return [row[0] for _, _, row in moved(deeds, brand, reconsent) if kind_of(row[4]).status == BEKLIYOR]


# -- a stretch of time ---------------------------------------------------------------------------------------


def test_an_empty_registry_has_recorded_nothing(deeds: Deeds) -> None:
    assert recorded(deeds, *EVER) == Span(1, 0, closed=False)


def test_a_stretch_has_its_first_moment_and_not_its_last(deeds: Deeds, key: Key, clock: Clock) -> None:
    for moment in (MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + DAY - 1, MIDNIGHT + DAY):
        clock.now = moment
        deeds.decides(key, key._replace(channel=ARAMA), status=RET)
        deeds.decides(key, key._replace(channel=ARAMA), status=ONAY)
    assert recorded(deeds, MIDNIGHT, MIDNIGHT + DAY) == Span(5, 12, closed=True)
    assert recorded(deeds, MIDNIGHT - DAY, MIDNIGHT) == Span(1, 4, closed=True)
    assert recorded(deeds, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY) == Span(13, 16, closed=False)
    assert recorded(deeds, MIDNIGHT + 1, MIDNIGHT + DAY - 1) == Span(1, 0, closed=True)


def test_acts_without_events_belong_to_a_stretch_and_add_nothing(deeds: Deeds, key: Key, clock: Clock) -> None:
    act = deeds.decides(key, status=RET).act
    assert act is not None
    clock.forward(hours=13)
    deeds.undoes(act)  # back to no record at all: nothing is announced
    assert recorded(deeds, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY) == Span(2, 1, closed=False)
    assert recorded(deeds, MIDNIGHT, MIDNIGHT + DAY) == Span(1, 1, closed=True)


def test_a_day_is_found_among_many_by_halving(
    deeds: Deeds, key: Key, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(100):
        clock.forward(hours=1)
        deeds.declares(onay(key, clock.now))
    looks = []
    one = Snapshot.one
    monkeypatch.setattr(Snapshot, "one", lambda self, *rest: looks.append(rest) or one(self, *rest))  # type: ignore[func-returns-value]
    assert recorded(deeds, MIDNIGHT + 2 * DAY, MIDNIGHT + 3 * DAY) == Span(36, 59, closed=True)
    assert len(looks) <= 3 + 2 * math.ceil(math.log2(101))


def test_a_report_searches_through_no_table(sqlite_url: str, open_registry: Opener) -> None:
    deeds = Deeds(open_registry(sqlite_url))
    world = furnish(deeds.registry)
    deeds.declares(onay(Key(world.ayse, world.cinar, MESAJ, BIREYSEL), NOON))
    statements: list[str] = []
    with deeds.store.snapshot() as snapshot:
        snapshot.connection.set_trace_callback(statements.append)
        span = reports.recorded(snapshot, *EVER)
        assert len(list(reports.movements(snapshot, deeds.registry.keyring, world.cinar, span, Reconsent.CONFIRM))) == 1
        snapshot.connection.set_trace_callback(None)
        plans = [
            step[3]
            for text in statements
            if not text.endswith("LIMIT 1")  # whether anybody refuses ahead: one row
            for step in snapshot.connection.execute("EXPLAIN QUERY PLAN " + text).fetchall()
        ]
    assert "SEARCH consent_event USING INDEX consent_event_brand (brand=? AND rowid>? AND rowid<?)" in plans
    assert "SEARCH consent_event USING INDEX consent_event_recipient (recipient=?)" in plans  # what citizens said
    for index in ("consent_spoken (brand=? AND recipient=?)", "act_undoing (recipient=?)"):  # who spoke
        assert [step for step in plans if step.endswith(index)]
    assert not [step for step in plans if step.startswith("SCAN") and "json_each" not in step]  # json_each: a list


# -- movements -----------------------------------------------------------------------------------------------


def test_movements_are_one_brands_own_in_the_order_of_recording(
    deeds: Deeds, world: World, key: Key, clock: Clock
) -> None:
    first, other = key, key._replace(channel=EPOSTA, identity=TACIR)
    deeds.declares(onay(first, NOON - HOUR))
    deeds.declares(onay(key._replace(brand=world.isik), NOON - HOUR))
    later = clock.forward(seconds=1.25)
    deeds.decides(other, status=RET)
    name = deeds.registry.keyring.transaction_id
    sealed = deeds.registry.keyring.seal(AYSE)
    asked, refused = MovementKind(*first[2:], ONAY, HS_WEB).code, MovementKind(*other[2:], RET, IYS_WEB).code
    assert moved(deeds, world.cinar) == [
        (name(1, NOON), AYSE, (1, sealed, NOON / SECOND, (NOON - HOUR) / SECOND, asked, key.recipient, 1)),
        (name(3, later), AYSE, (3, sealed, later / SECOND, later / SECOND, refused, key.recipient, None)),
    ]


def test_a_kind_is_one_number() -> None:
    sources = [None, *(source.code for source in Source)]
    kinds = [
        MovementKind(channel.code, identity.code, status.code, source)
        for channel in Channel
        for identity in Identity
        for status in Status
        for source in sources
    ]
    assert [kind_of(kind.code) for kind in kinds] == kinds


def test_more_movements_than_one_batch_holds(deeds: Deeds, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "BATCH", 3)
    for minutes in range(7):
        deeds.declares(onay(key, NOON - HOUR + minutes * MINUTE))
    assert [row[0] for _, _, row in moved(deeds, key.brand)] == [1, 2, 3, 4, 5, 6, 7]


def test_an_erased_person_has_no_address_and_keeps_the_movements(deeds: Deeds, key: Key) -> None:
    deeds.decides(key, status=RET)
    who = register.person(deeds.registry.keyring, AYSE)
    deeds.store.write_now(register.erase, deeds.registry.keyring, who)
    [(_, address, row)] = moved(deeds, key.brand)
    assert (address, kind_of(row[4]).status) == (None, RET)


# -- what waited for the citizen -----------------------------------------------------------------------------


def test_a_providers_onay_over_the_citizens_older_ret_waits(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=RET)
    clock.forward(minutes=2)
    assert deeds.declares(onay(key, NOON + MINUTE)) == [PENDING]
    assert waiting(deeds, key.brand) == [2]
    assert waiting(deeds, key.brand, Reconsent.ACCEPT) == []


def test_what_is_said_or_undone_later_changes_no_past_movement(deeds: Deeds, key: Key, clock: Clock) -> None:
    refused = deeds.decides(key, status=RET).act
    clock.forward(minutes=2)
    deeds.declares(onay(key, NOON + MINUTE))
    before = moved(deeds, key.brand)
    assert refused is not None
    deeds.undoes(refused)
    deeds.decides(key, status=ONAY)
    clock.forward(minutes=2)
    deeds.declares(ret(key, NOON + 3 * MINUTE))
    assert moved(deeds, key.brand)[:2] == before
    assert waiting(deeds, key.brand) == [2]


@pytest.mark.parametrize("many", [0, reports.MANY])
def test_what_waited_for_a_refusal_waited_also_where_that_was_undone_and_nothing_else_is_said(
    deeds: Deeds, key: Key, clock: Clock, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(reports, "MANY", many)
    refused = deeds.decides(key, status=RET).act
    assert refused is not None
    clock.forward(minutes=2)
    assert deeds.declares(onay(key, NOON + MINUTE)) == [PENDING]
    deeds.undoes(refused)
    assert waiting(deeds, key.brand) == [2]


def test_nothing_waits_for_a_refusal_that_had_been_undone(deeds: Deeds, key: Key, clock: Clock) -> None:
    refused = deeds.decides(key, status=RET).act
    assert refused is not None
    deeds.undoes(refused)
    clock.forward(minutes=2)
    assert deeds.declares(onay(key, NOON + MINUTE)) == [RECORDED]
    assert waiting(deeds, key.brand) == []


def test_nothing_waits_after_the_citizens_own_onay(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=RET)
    deeds.decides(key, status=ONAY)
    clock.forward(minutes=2)
    deeds.declares(onay(key, NOON + MINUTE))
    assert waiting(deeds, key.brand) == []


def test_of_two_words_of_one_moment_the_refusal_is_the_last(deeds: Deeds, key: Key) -> None:
    deeds.relays(onay(key, NOON - HOUR, IYS_WEB), ret(key, NOON - HOUR, IYS_WEB))
    deeds.relays(*(word(key._replace(channel=ARAMA), NOON - HOUR, IYS_WEB) for word in (ret, onay)))
    assert deeds.declares(onay(key, NOON), onay(key._replace(channel=ARAMA), NOON)) == [PENDING, PENDING]
    assert waiting(deeds, key.brand) == [5, 6]


@pytest.mark.parametrize("seed", range(4))
def test_what_waits_is_what_the_ledger_answered_when_it_was_recorded(
    deeds: Deeds, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Words of both sides in any order, and undos, against the answers that the provider got at the time."""
    chance = random.Random(seed)
    keys = [Key(who, world.cinar, MESAJ, identity) for who in (world.ayse, world.mehmet) for identity in (0, 1)]
    answered: list[int] = []
    for _ in range(90):
        clock.forward(seconds=chance.choice((0, 0.4, 1, 30)))
        key, ago = chance.choice(keys), chance.choice((0, 0, SECOND, 5 * SECOND, 90 * SECOND))
        events, at = len(deeds.events()), (clock.now - ago) // SECOND * SECOND
        deed = chance.randrange(10)
        if deed < 5:
            word = chance.choice((onay, onay, onay, ret))
            claims = [word(key, at, HS_WEB), word(key, at + SECOND * chance.randrange(2), HS_MOBIL)]
            if deed == 0:
                claims = [onay(key._replace(identity=TACIR), UNDATED, None)]
            kept = [answer for answer in deeds.declares(*claims) if answer in (PENDING, RECORDED)]
            answered += [number for number, answer in enumerate(kept, events + 1) if answer == PENDING]
        elif deed < 7:
            deeds.decides(key, status=chance.choice((RET, RET, ONAY)))
        elif deed == 7:
            deeds.relays(chance.choice((onay, ret))(key, at, IYS_WEB))
        else:
            acts = deeds.acts() or [1]
            deeds.undoes(chance.choice(acts[-6:]), chance.choice((Door.PAGE, Door.FILE)))
    assert waiting(deeds, world.cinar) == answered
    assert len(answered) > 3
    monkeypatch.setattr(reports, "MANY", 0)
    for few in (
        pending_movements.FEW,
        1,
    ):  # asks once who ever spoke to the brand; they are too many, and it asks after all
        monkeypatch.setattr(pending_movements, "FEW", few)
        assert waiting(deeds, world.cinar) == answered


def test_who_spoke_to_a_brand_is_told_where_they_are_few(
    deeds: Deeds, world: World, key: Key, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds.declares(onay(key._replace(recipient=world.mehmet), NOON - HOUR))
    taken_back = deeds.decides(key, status=RET).act
    assert taken_back is not None
    deeds.undoes(taken_back)
    deeds.decides(key._replace(brand=world.isik), status=RET)
    clock.forward(minutes=1)
    deeds.relays(ret(key._replace(recipient=world.mehmet), NOON, IYS_WEB))
    ask = deeds.store.read_now
    assert ask(pending_movements.who_spoke, world.cinar) == {world.ayse, world.mehmet}
    monkeypatch.setattr(pending_movements, "FEW", 2)
    assert ask(pending_movements.who_spoke, world.cinar) == {world.ayse, world.mehmet}
    monkeypatch.setattr(pending_movements, "FEW", 1)
    assert ask(pending_movements.who_spoke, world.cinar) is None


def test_who_never_spoke_to_a_brand_nor_took_anything_back_is_not_among_them(
    deeds: Deeds, world: World, key: Key
) -> None:
    deeds.declares(onay(key, NOON - HOUR))
    deeds.decides(key._replace(brand=world.isik), status=RET)
    assert deeds.store.read_now(pending_movements.who_spoke, world.cinar) == set()


def test_of_many_movements_those_of_people_who_never_spoke_are_not_looked_up(
    deeds: Deeds, world: World, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds.declares(onay(key, NOON - HOUR), onay(key._replace(recipient=world.mehmet), NOON - HOUR))
    deeds.decides(key._replace(channel=ARAMA), status=RET)
    asked: list[set[int]] = []
    monkeypatch.setattr(reports, "MANY", 0)
    monkeypatch.setattr(pending_movements, "_words", lambda *rest: asked.append(rest[3]) or {})  # type: ignore[func-returns-value]
    moved(deeds, key.brand)
    assert asked == [{world.ayse}, set()]
