"""Rule L13, the standing refusal, by its number in docs/architecture.md, on both databases; also in test_machine.py."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from consents import blankets, history, ledger, state
from consents.blankets import PastBlanket
from consents.brands import accesses
from consents.care import audit
from consents.care.scratch import Scratch
from consents.columns import micros
from consents.history import Deed
from consents.movement_counts import kind_of
from consents.people import register
from consents.queries import by_address, feed, stopping
from consents.registry import Registry, prepare
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent, Word, latest, standing
from consents.state import Key
from consents.store import Statement, Transaction
from consents.terms import Actor, Door
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import MEHMET, World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    HOUR,
    HS_MOBIL,
    HS_WEB,
    IYS_MOBIL,
    IYS_WEB,
    MESAJ,
    SECOND,
    TACIR,
    Deeds,
    onay,
    ret,
)

SMS = (MESAJ, BIREYSEL)


def ahead(
    deeds: Deeds,
    recipient: int,
    *ways: tuple[int, int],
    refuses: bool = True,
    door: Door = Door.PAGE,
    helper: str | None = None,
) -> int | None:
    """The citizen refuses ahead, perhaps by a helper, or ends that."""
    deed = Deed(Actor.CITIZEN, door, evidence=deeds.helped(helper) if helper else None)
    change = partial(ledger.change_blanket, refuses=refuses, keyring=deeds.registry.keyring)
    return deeds.store.write_now(change, deeds.registry.policy, recipient, ways, deed)


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    return Key(world.ayse, world.cinar, *SMS)


# -- what stands ---------------------------------------------------------------------------------------------------


def test_l13_an_onay_without_an_own_word_no_longer_counts(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    act = ahead(deeds, key.recipient, SMS)
    assert deeds.stands(key) == RET
    told = deeds.events()[-1]
    assert (told.act, told.status, told.source) == (act, RET, IYS_WEB)


def test_l13_a_brand_with_an_own_onay_stays(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=ONAY)
    events = len(deeds.events())
    ahead(deeds, key.recipient, SMS)
    assert deeds.stands(key) == ONAY
    assert len(deeds.events()) == events
    clock.forward(seconds=2)
    deeds.declares(onay(key, clock.now))
    assert deeds.stands(key) == ONAY


def test_l13_an_older_own_word_wins_whenever_it_arrives(deeds: Deeds, key: Key, clock: Clock) -> None:
    ahead(deeds, key.recipient, SMS)
    deeds.relays(onay(key, clock.now - 9 * DAY, IYS_MOBIL))
    assert deeds.stands(key) == ONAY
    deeds.relays(ret(key, clock.now - 8 * DAY, IYS_MOBIL))
    assert deeds.stands(key) == RET
    ahead(deeds, key.recipient, SMS, refuses=False)
    assert deeds.stands(key) == RET


def test_l13_what_is_declared_under_it_waits(deeds: Deeds, key: Key, clock: Clock) -> None:
    ahead(deeds, key.recipient, SMS)
    clock.forward(seconds=5)
    assert deeds.declares(onay(key, clock.now)) == [ledger.PENDING]
    assert deeds.stands(key) == BEKLIYOR
    deeds.decides(key, status=ONAY)
    assert deeds.stands(key) == ONAY


def test_l13_what_is_older_is_recorded_and_does_not_count(deeds: Deeds, key: Key, clock: Clock) -> None:
    ahead(deeds, key.recipient, SMS)
    assert deeds.declares(onay(key, clock.now - DAY)) == [ledger.PENDING]
    assert deeds.stands(key) == RET
    assert deeds.declares(onay(key, clock.now - HOUR)) == [ledger.PENDING]  # H178 is asked of words about this key
    assert deeds.declares(onay(key, clock.now - HOUR)) == [ledger.UNCHANGED]
    assert deeds.declares(ret(key, clock.now - SECOND)) == [ledger.RECORDED]
    assert deeds.declares(ret(key, clock.now)) == ["H174"]


def test_l13_it_waits_too_where_providers_reconsent(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    prepare(sqlite_url, SECRET, Reconsent.ACCEPT)
    with open_registry(sqlite_url, reconsent=Reconsent.ACCEPT) as registry:
        world = furnish(registry)
        deeds, key, own = Deeds(registry), Key(world.ayse, world.cinar, *SMS), Key(world.ayse, world.isik, *SMS)
        deeds.decides(own, status=RET)
        ahead(deeds, key.recipient, SMS)
        clock.forward(seconds=5)
        deeds.declares(onay(key, clock.now))
        deeds.declares(onay(own, clock.now))
        assert (deeds.stands(key), deeds.stands(own)) == (BEKLIYOR, ONAY)
        assert heard(deeds, key)[-1] == BEKLIYOR
    prepare(sqlite_url, SECRET, Reconsent.CONFIRM)
    prepare(sqlite_url, SECRET, Reconsent.ACCEPT)  # a change of the mode does not let it count either
    with open_registry(sqlite_url, reconsent=Reconsent.ACCEPT) as registry:
        assert Deeds(registry).stands(key) == BEKLIYOR
        assert registry.store.read_now(audit.verify, Reconsent.ACCEPT) is None


def test_l13_no_record_is_made_for_brands_that_hold_nothing(deeds: Deeds, key: Key) -> None:
    ahead(deeds, key.recipient, SMS)
    assert deeds.table() == []
    act = deeds.decides(key, status=ONAY).act
    assert act is not None
    deeds.undoes(act)
    assert deeds.table() == []


def test_l13_it_is_about_one_address_channel_and_identity(deeds: Deeds, world: World, clock: Clock) -> None:
    every = [
        Key(who, world.cinar, channel, identity)
        for who, channel, identity in itertools.product((world.ayse, world.mehmet), (ARAMA, MESAJ), (BIREYSEL, TACIR))
    ]
    deeds.declares(*(onay(one, clock.now - DAY) for one in every))
    ahead(deeds, world.ayse, SMS)
    assert [one for one in every if deeds.stands(one) == RET] == [Key(world.ayse, world.cinar, *SMS)]


def test_l13_said_twice_it_changes_nothing(deeds: Deeds, key: Key, clock: Clock) -> None:
    first = ahead(deeds, key.recipient, SMS)
    clock.forward(seconds=5)
    deeds.declares(onay(key, clock.now))
    table = deeds.table()
    assert ahead(deeds, key.recipient, SMS) is None
    assert deeds.table() == table
    assert deeds.acts()[-1] != first
    second = ahead(deeds, key.recipient, SMS, (ARAMA, BIREYSEL))  # what is new of it alone
    assert deeds.store.read_now(history.act, second).blankets == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("through", [Door.SMS, Door.PAGE])
@pytest.mark.parametrize("door", [Door.BUSINESS, Door.PAGE])
def test_l6_a_standing_refusal_survives_the_undo_of_the_same_by_somebody_else(
    deeds: Deeds, key: Key, clock: Clock, door: Door, through: Door
) -> None:
    """A business acts for its lines, a helper on the page."""
    helper = "daughter" if door is Door.PAGE else None
    deeds.declares(onay(key, clock.now - DAY))
    others = ahead(deeds, key.recipient, SMS, door=door, helper=helper)
    assert others is not None
    clock.forward(minutes=1)
    assert ahead(deeds, key.recipient, SMS, door=door, helper=helper) is None
    assert ahead(deeds, key.recipient, SMS, door=through) is not None
    assert ahead(deeds, key.recipient, SMS, door=through) is None
    assert deeds.undoes(others, door) is not None
    assert deeds.stands(key) == RET
    assert blankets_of(deeds, key.recipient) == {(key.recipient, *SMS)}
    clock.forward(hours=25)
    assert ahead(deeds, key.recipient, SMS, door=door) is None


def blankets_of(deeds: Deeds, recipient: int) -> set[tuple[int, int, int]]:
    return set(deeds.store.read_now(blankets.in_force, [recipient]))


def test_l13_a_refusal_of_the_brand_itself_is_said_under_it_and_outlives_it(
    deeds: Deeds, key: Key, clock: Clock
) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    ahead(deeds, key.recipient, SMS)
    assert deeds.decides(key, status=RET, door=Door.SMS).act is not None
    ahead(deeds, key.recipient, SMS, refuses=False)
    assert deeds.stands(key) == RET


def test_l13_its_end_lets_the_providers_word_stand_again(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    ahead(deeds, key.recipient, SMS)
    clock.forward(days=9)
    act = ahead(deeds, key.recipient, SMS, refuses=False)
    assert deeds.stands(key) == ONAY
    assert (deeds.events()[-1].act, deeds.events()[-1].status) == (act, ONAY)
    assert ahead(deeds, key.recipient, SMS, refuses=False) is None


def test_l13_it_is_undone_like_any_act(deeds: Deeds, world: World, key: Key, clock: Clock) -> None:
    isik = Key(world.ayse, world.isik, *SMS)
    deeds.declares(onay(key, clock.now - DAY))
    deeds.declares(ret(isik, clock.now - DAY))
    before = deeds.table()
    act = ahead(deeds, key.recipient, SMS)
    assert act is not None
    assert deeds.undoes(act, Door.SMS) is None  # through the door that did it alone (rule L11)
    undone = deeds.undoes(act)
    assert undone is not None
    assert deeds.table() == before
    assert [(event.brand, event.status) for event in deeds.events() if event.act == undone.act] == [(key.brand, ONAY)]
    again = deeds.undoes(act)
    assert again is not None
    assert again.act == undone.act
    late = ahead(deeds, key.recipient, SMS)
    assert late is not None
    clock.forward(days=1, seconds=1)
    assert deeds.undoes(late) is None


def test_l13_the_undo_of_its_end_lets_it_cover_what_came_meanwhile(deeds: Deeds, key: Key, clock: Clock) -> None:
    ahead(deeds, key.recipient, SMS)
    end = ahead(deeds, key.recipient, SMS, refuses=False)
    assert end is not None
    clock.forward(seconds=5)
    deeds.declares(onay(key, clock.now))
    assert deeds.stands(key) == ONAY
    deeds.undoes(end)
    assert deeds.stands(key) == BEKLIYOR
    assert deeds.events()[-1].status == RET


def test_l13_a_clock_that_is_behind_keeps_nobody_from_it(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now))
    clock.forward(days=-400)
    ahead(deeds, key.recipient, SMS)
    assert deeds.stands(key) == RET


def test_l13_a_load_that_is_taken_back_leaves_what_it_covers(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - 2 * DAY))
    deeds.declares(ret(key, clock.now - DAY))
    load = deeds.acts()[-1]
    ahead(deeds, key.recipient, SMS)
    deeds.undoes(load, Door.FILE)
    assert deeds.stands(key) == RET


def test_l13_erasure_says_it_of_each_brand_and_it_stays(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    ahead(deeds, key.recipient, SMS)
    policy = deeds.registry.policy
    decision = deeds.store.write_now(lambda transaction: ledger.end_all(transaction, policy, key.recipient, anew=False))
    assert list(decision.changed) == [key]  # his own word from now on (rule L15)
    assert deeds.standing(key).own is not None  # type: ignore[union-attr]


def test_l13_dealers_lose_what_it_closes_and_get_nothing_back(deeds: Deeds, world: World, clock: Clock) -> None:
    key = Key(world.ayse, world.cinar, *SMS)
    deeds.declares(onay(key, clock.now - DAY))
    last = deeds.store.read_now(feed.last_event)
    deeds.store.write_now(accesses.give, [accesses.Given(key, [world.dealer], last)])
    assert _dealers(deeds, key) == [world.dealer]
    ahead(deeds, key.recipient, SMS)
    assert _dealers(deeds, key) == []
    ahead(deeds, key.recipient, SMS, refuses=False)
    assert deeds.stands(key) == ONAY
    assert _dealers(deeds, key) == []  # nothing revives an access (rule L12)


def _dealers(deeds: Deeds, key: Key) -> list[int]:
    stands = deeds.standing(key)
    assert stands is not None
    return deeds.store.read_now(accesses.dealers, key, stands)


def test_l13_a_dry_run_answers_as_the_load_would(registry: Registry, world: World, clock: Clock) -> None:
    deeds, key = Deeds(registry), Key(world.mehmet, world.cinar, *SMS)
    ahead(deeds, world.mehmet, SMS)
    with Scratch(registry, world.cinar) as scratch:
        scratch.fetch([register.person(registry.keyring, MEHMET)])
        assert Deeds(scratch.registry).declares(onay(key, clock.now - DAY)) == [ledger.PENDING]
    undone = ahead(deeds, world.mehmet, SMS, refuses=False)
    assert undone is not None
    with Scratch(registry, world.cinar) as scratch:
        scratch.fetch([register.person(registry.keyring, MEHMET)])
        assert Deeds(scratch.registry).declares(onay(key, clock.now - DAY)) == [ledger.RECORDED]
    assert deeds.table() == []


# -- what providers hear -------------------------------------------------------------------------------------------


def heard(deeds: Deeds, key: Key) -> list[int]:
    """The statuses of a consent's movements, in their order."""
    registry = deeds.registry
    movements = deeds.store.read_now(feed.of_key, registry.keyring, registry.policy.reconsent, key)
    return [kind_of(row[4]).status for _, _, row in movements][::-1]


def test_l13_the_last_movement_shows_what_stands(deeds: Deeds, key: Key, clock: Clock) -> None:
    ahead(deeds, key.recipient, SMS)
    deeds.declares(onay(key, clock.now - DAY))
    assert heard(deeds, key) == [RET]
    clock.forward(seconds=5)
    deeds.declares(onay(key, clock.now))
    assert heard(deeds, key) == [RET, BEKLIYOR]
    ahead(deeds, key.recipient, SMS, refuses=False)
    assert heard(deeds, key) == [RET, BEKLIYOR, ONAY]  # what is said later leaves the past as it was


def test_l13_a_call_about_one_consent_is_answered_with_the_day_of_the_refusal(
    deeds: Deeds, world: World, clock: Clock
) -> None:
    key, registry = Key(world.mehmet, world.cinar, *SMS), deeds.registry
    deeds.declares(onay(key, clock.now - DAY))
    ahead(deeds, key.recipient, SMS)
    sealed = registry.keyring.seal(MEHMET)
    found = deeds.store.read_now(by_address.stands, registry.keyring, key.brand, *SMS, sealed)
    assert found is not None
    assert (found.standing.status, found.recorded_at) == (RET, clock.now)


def test_l13_only_what_was_allowed_has_days_left(deeds: Deeds, world: World, clock: Clock) -> None:
    key, never = Key(world.ayse, world.cinar, *SMS), Key(world.ayse, world.isik, *SMS)
    deeds.declares(onay(key, clock.now - DAY))
    ahead(deeds, key.recipient, SMS)
    deeds.declares(onay(never, clock.now - DAY))
    rests = {one: deeds.standing(one) for one in (key, never)}
    words = {one: stands.citizen.event for one, stands in rests.items() if stands and stands.citizen}
    assert deeds.store.read_now(stopping.ended, Reconsent.CONFIRM, words) == {key}
    deeds.decides(key, never, status=RET)  # said anew of each brand
    anew = {event.brand: event.id for event in deeds.events()[-2:]}
    words = {key: anew[key.brand], never: anew[never.brand]}
    assert deeds.store.read_now(stopping.ended, Reconsent.CONFIRM, words) == {key}


# -- any order -----------------------------------------------------------------------------------------------------

_dates = st.integers(1, 6)
_own = st.tuples(st.just("relay"), st.sampled_from((RET, ONAY)), st.sampled_from((IYS_WEB, IYS_MOBIL)), _dates)
_its = st.tuples(st.just("declare"), st.sampled_from((RET, ONAY)), st.sampled_from((HS_WEB, HS_MOBIL)), _dates)
_said = st.lists(_own | _its, min_size=1, max_size=6)
_thorough = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@_thorough
@given(data=st.data(), said=_said)
def _any_place(
    world: World, deeds: Deeds, clock: Clock, data: st.DataObject, said: Sequence[tuple[str, int, int, int]]
) -> None:
    """Wherever among what is said the standing refusal comes, the same stands: two people, the same words."""
    clock.forward(days=1)
    start = clock.now
    fresh = [register.person(deeds.registry.keyring, f"+9053{digit}{len(deeds.acts()):07}") for digit in (4, 5)]
    people = deeds.store.write_now(register.enrol_all, deeds.registry.keyring, fresh)
    found = []
    for who in people:
        clock.now = start
        place = data.draw(st.integers(0, len(said)))
        key = Key(who, world.cinar, *SMS)
        for number, (side, status, source, hours) in enumerate([*said, ("", 0, 0, 0)]):
            if number == place:
                ahead(deeds, who, SMS)
            claim = (onay if status == ONAY else ret)(key, start - hours * HOUR, source)
            if side:
                (deeds.relays if side == "relay" else deeds.declares)(claim)
        stands = deeds.standing(key)
        found.append(stands and [stands.status, *(word and word[:3] for word in stands[1:])])
    assert found[0] == found[1]


def test_l13_any_order_of_arrival_gives_the_same(registry: Registry, world: World, clock: Clock) -> None:
    _any_place(world, Deeds(registry), clock)
    assert registry.store.read_now(audit.verify, Reconsent.CONFIRM) is None


_words = st.lists(
    st.tuples(st.sampled_from(("own", "its")), st.sampled_from((RET, ONAY)), st.integers(0, 3)), max_size=6
)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(said=_words, blanket=st.integers(0, 3), mode=st.sampled_from(Reconsent), data=st.data())
def test_l13_any_order_and_repetition_of_words_gives_the_same_standing(
    said: list[tuple[str, int, int]], blanket: int, mode: Reconsent, data: st.DataObject
) -> None:
    words = [(side, Word(status, HS_WEB, at, None, number)) for number, (side, status, at) in enumerate(said, 1)]
    others = data.draw(st.permutations(words + words[:2]))
    refusal = Word(RET, IYS_WEB, blanket, None, -1)

    def folded(arrived: Sequence[tuple[str, Word]]) -> object:
        sides: dict[str, Word | None] = {}
        for side, word in arrived:
            sides[side] = latest(sides.get(side), word)
        return standing(sides.get("own"), sides.get("its"), mode, refusal)

    assert folded(words) == folded(others)
    stands = folded(words)
    own = [word for side, word in words if side == "own"]
    if own:
        assert stands == standing(max(own, key=lambda w: (w.at, w.status == RET, w.event)), stands.provider, mode)  # type: ignore[attr-defined]
    elif words:
        assert stands.status != ONAY  # type: ignore[attr-defined]


# -- proof ---------------------------------------------------------------------------------------------------------

_TAMPERED = {
    "ended": "UPDATE blanket_word SET refuses = false",
    "another channel": "UPDATE blanket_word SET channel = 0",
    "another day": "UPDATE blanket_word SET decided_at = decided_at - 86400",
    "deleted": "DELETE FROM blanket_word",
    "no longer said by its act": "UPDATE act SET blankets = NULL WHERE blankets IS NOT NULL",
    "more than its act says": "UPDATE act SET blankets = 2 WHERE blankets IS NOT NULL",
    "the consent set free": (
        "UPDATE consent SET status = 1, citizen_status = NULL, citizen_source = NULL, citizen_at = NULL, "
        "citizen_event = NULL"
    ),
}


@pytest.mark.parametrize("how", _TAMPERED)
def test_l13_who_changes_it_in_the_database_is_found(registry: Registry, world: World, clock: Clock, how: str) -> None:
    deeds = Deeds(registry)
    deeds.declares(onay(Key(world.ayse, world.cinar, *SMS), clock.now - DAY))
    ahead(deeds, world.ayse, SMS)
    assert deeds.store.read_now(audit.verify, Reconsent.CONFIRM) is None

    def tamper(transaction: Transaction) -> list[str]:
        for table in ("blanket_word", "act"):
            for deed in ("update", "delete"):
                of = f" ON {table}" if transaction.dialect != "sqlite" else ""
                transaction.run(Statement(text(f"DROP TRIGGER {table}_no_{deed}{of}")))
        transaction.run(Statement(text(_TAMPERED[how])))
        return list(audit._faults(transaction, Reconsent.CONFIRM, lambda done, of: None))

    faults = [fault for fault in deeds.store.write_now(tamper) if "the trigger" not in fault]
    assert faults


def test_what_stands_is_read_as_the_row_says(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    ahead(deeds, key.recipient, SMS)
    (row,) = deeds.table()
    assert row[8] == -1  # the number of the standing refusal
    assert micros(row[7]) == clock.now  # type: ignore[arg-type]
    assert deeds.store.read_now(state.of_key, key) == deeds.folded(key)[key]


def test_a_standing_refusal_counts_until_the_act_that_takes_it_back_and_not_at_it() -> None:
    word = blankets.word(1, 3, 1)
    past = [PastBlanket(word, True, 10, 12)]
    assert [blankets.at_act(past, act) for act in (9, 10, 11, 12, 13)] == [None, word, word, None, None]
