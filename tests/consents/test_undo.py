"""Rule L11: undo annuls one act, and the exact earlier state returns (docs/architecture.md)."""

from __future__ import annotations

import pytest

from consents import history, ledger
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, UNCHANGED, Wish
from consents.registry import Registry
from consents.rules import BEKLIYOR, DOOR_SOURCES, ONAY, RET, may_undo
from consents.state import Key
from consents.terms import Actor, Door, Source
from tests.conftest import NOON, Clock
from tests.consents.conftest import World
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    EPOSTA,
    HOUR,
    HS_MOBIL,
    HS_WEB,
    IYS_MOBIL,
    IYS_WEB,
    MESAJ,
    MINUTE,
    TACIR,
    YEAR,
    Deeds,
    onay,
    ret,
)

# What came through each door is undone through this one, and for so long (µs).
WINDOWS = {
    Door.PAGE: (Door.PAGE, DAY),
    Door.SMS: (Door.SMS, DAY),
    Door.VOICE: (Door.SMS, DAY),
    Door.LINK: (Door.LINK, 10 * MINUTE),
    Door.QR: (Door.QR, 10 * MINUTE),
    Door.MAIL: (Door.MAIL, 10 * MINUTE),
    Door.MAILBOX: (Door.MAILBOX, 10 * MINUTE),
    Door.BUSINESS: (Door.BUSINESS, DAY),
    Door.REQUEST: (Door.REQUEST, 10 * MINUTE),
}
HANDED_OUT = (
    Door.LINK,
    Door.QR,
    Door.MAIL,
    Door.MAILBOX,
    Door.REQUEST,
)  # others hold the key too: the address's holder undoes it
PROVED = (Door.PAGE, Door.SMS)
ANY_TIME = (Door.FILE, Door.API)


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def past(deeds: Deeds, world: World) -> dict[Key, int | None]:
    """Six keys of AYSE, each with another past, and what stands for each."""
    _, own_onay, own_ret, said_onay, said_ret, asked = keys = [
        Key(world.ayse, world.cinar, channel, identity) for channel in range(3) for identity in range(2)
    ]
    deeds.relays(
        onay(own_onay, NOON - DAY, IYS_WEB), ret(own_ret, NOON - DAY, IYS_WEB), ret(asked, NOON - DAY, IYS_WEB)
    )
    deeds.declares(onay(said_onay, NOON - HOUR), ret(said_ret, NOON - HOUR), onay(asked, NOON - HOUR))
    return dict(zip(keys, (None, ONAY, RET, ONAY, RET, BEKLIYOR), strict=True))


def decide(deeds: Deeds, *keys: Key, status: int = RET, door: Door = Door.PAGE) -> int:
    """The number of the citizen's act."""
    act = deeds.decides(*keys, status=status, door=door).act
    assert act is not None
    return act


# -- what returns ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [RET, ONAY])
def test_l11_an_undone_decision_leaves_exactly_the_earlier_state(
    deeds: Deeds, world: World, clock: Clock, status: int
) -> None:
    stood = past(deeds, world)
    earlier = deeds.table()
    act = decide(deeds, *stood, status=status)
    assert {deeds.stands(key) for key in stood} == {status}
    clock.forward(hours=1)
    undone = deeds.undoes(act)
    assert undone is not None
    assert {key: deeds.stands(key) for key in stood} == stood
    assert deeds.table() == earlier
    assert deeds.folded(*stood) == {key: deeds.standing(key) for key in stood}
    assert len(undone.restored) == 5  # one was his own word already
    assert undone.restored == {key: deeds.standing(key) for key in undone.restored}


def test_l11_a_providers_batch_taken_back_leaves_exactly_the_earlier_state(
    deeds: Deeds, world: World, clock: Clock
) -> None:
    keys = list(past(deeds, world))
    earlier = deeds.table()
    claims = [onay(key._replace(recipient=who), NOON) for who in (world.ayse, world.mehmet) for key in keys]
    answers = deeds.declares(*claims)
    assert answers == [RECORDED, RECORDED, PENDING, RECORDED, RECORDED, PENDING] + [RECORDED] * 6
    clock.forward(days=400)
    assert deeds.undoes(deeds.acts()[-1], Door.FILE) is not None
    assert deeds.table() == earlier


def test_l11_an_onay_that_never_stood_cannot_arise(deeds: Deeds, key: Key, clock: Clock) -> None:
    first = decide(deeds, key, status=RET)
    clock.forward(minutes=2)
    assert deeds.declares(onay(key, NOON + MINUTE)) == [PENDING]
    second = decide(deeds, key, status=RET)
    assert deeds.undoes(second) is not None
    assert deeds.stands(key) == BEKLIYOR
    assert deeds.undoes(first) is not None  # now only the provider has spoken: its own account of the consent
    standing = deeds.standing(key)
    assert standing is not None
    assert (standing.citizen, standing.status) == (None, ONAY)


def test_l11_what_somebody_changed_since_stays(deeds: Deeds, world: World, key: Key, clock: Clock) -> None:
    keys = [key, key._replace(channel=ARAMA), key._replace(identity=TACIR), key._replace(brand=world.isik)]
    deeds.declares(*(onay(one, NOON - HOUR) for one in keys[:3]))
    bulk = decide(deeds, *keys, status=RET)
    clock.forward(hours=1)
    decide(deeds, keys[0], status=ONAY)
    decide(deeds, keys[0], status=RET)
    assert deeds.declares(onay(keys[1], NOON + MINUTE)) == [PENDING]
    kept = deeds.standing(keys[0])
    assert deeds.undoes(bulk) is not None
    assert deeds.standing(keys[0]) == kept
    assert [deeds.stands(one) for one in keys] == [RET, ONAY, ONAY, None]


def test_l11_a_bulk_act_is_one_act_with_one_undo(deeds: Deeds, world: World, clock: Clock) -> None:
    keys = [
        Key(world.ayse, brand, channel, identity)
        for brand in (world.cinar, world.isik)
        for channel in range(3)
        for identity in range(2)
    ]
    act = decide(deeds, *keys)
    assert (deeds.acts(), len(deeds.events())) == ([act], 12)
    undone = deeds.undoes(act)
    assert undone is not None
    assert undone.restored == dict.fromkeys(keys)
    assert deeds.table() == []


# -- through which door, and how long --------------------------------------------------------------------------------


def test_l11_an_act_is_undone_only_through_its_door_and_within_its_time(
    deeds: Deeds, world: World, clock: Clock
) -> None:
    for number, (door, (through, window)) in enumerate(WINDOWS.items()):
        key = Key(world.ayse, (world.cinar, world.isik)[number // 6], number % 3, number // 3 % 2)
        act, done_at = decide(deeds, key, door=door), clock.now
        clock.now = done_at + window + 1
        assert deeds.undoes(act, through) is None
        clock.now = done_at + window
        owners = PROVED if door in HANDED_OUT else ()
        assert not any(deeds.undoes(act, other) for other in Door if other not in (through, door, *owners))
        assert (deeds.stands(key), deeds.acts()[-1]) == (RET, act)
        assert deeds.undoes(act, through) is not None
        assert deeds.stands(key) is None


def test_l11_the_doors_and_windows_of_every_act() -> None:
    assert set(WINDOWS) == {door for door in Door if door.citizen}, "a new door of citizens needs its line in WINDOWS"
    for done in Door:
        for asked in Door:
            of_others = {Door.DESK: 10 * MINUTE} | dict.fromkeys(ANY_TIME, 100 * YEAR)
            through, window = WINDOWS.get(done, (done, of_others.get(done, -1)))
            owners = done in HANDED_OUT and asked in PROVED
            window = DAY if owners else window
            same = asked is through or (asked is done and done is Door.VOICE) or owners
            assert may_undo(done, NOON, asked, NOON + window) == (same and window >= 0), (done, asked)
            if window < YEAR:
                assert not may_undo(done, NOON, asked, NOON + window + 1)


def test_l11_nobody_undoes_words_from_the_national_registry(deeds: Deeds, key: Key) -> None:
    deeds.relays(ret(key, NOON, IYS_WEB))
    assert [deeds.undoes(1, door) for door in Door] == [None] * len(Door)


def test_l11_a_provider_takes_its_batch_back_at_any_time(deeds: Deeds, key: Key, clock: Clock) -> None:
    for door in ANY_TIME:
        deeds.declares(onay(key, clock.now), door=door)
        act = deeds.acts()[-1]
        clock.forward(days=3650)
        assert deeds.undoes(act, Door.PAGE) is None
        assert deeds.undoes(act, door) is not None
        assert deeds.table() == []


def test_l11_a_batch_taken_back_can_be_brought_again(deeds: Deeds, key: Key) -> None:
    claim = onay(key, NOON)
    deeds.declares(claim)
    deeds.undoes(1, Door.FILE)
    assert deeds.declares(claim) == [RECORDED]
    assert deeds.declares(claim) == [UNCHANGED]
    assert deeds.stands(key) == ONAY


def test_l11_words_taken_back_are_no_repeats_that_stand(deeds: Deeds, key: Key) -> None:
    claim = onay(key, NOON - HOUR)
    deeds.declares(claim)
    deeds.undoes(1, Door.FILE)
    decide(deeds, key)
    assert deeds.declares(claim) == ["H178"]  # "unchanged" would say that this ONAY stands


def test_l11_an_undo_asked_twice_answers_as_the_first_time(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, NOON - HOUR))
    act = decide(deeds, key)
    first = deeds.undoes(act)
    after = deeds.table(), deeds.events(), deeds.acts()
    clock.forward(days=2)
    assert deeds.undoes(act) == first is not None
    assert (deeds.table(), deeds.events(), deeds.acts()) == after


def test_l11_an_undo_is_not_undone_and_an_unknown_act_is_none(deeds: Deeds, key: Key) -> None:
    undone = deeds.undoes(decide(deeds, key))
    assert undone is not None
    assert [deeds.undoes(undone.act, door) for door in Door] == [None] * len(Door)
    assert deeds.undoes(99) is None
    assert deeds.undoes(0) is None


def test_l11_after_an_undo_the_citizen_may_decide_again(deeds: Deeds, key: Key) -> None:
    deeds.undoes(decide(deeds, key))
    again = decide(deeds, key)
    assert deeds.stands(key) == RET
    assert deeds.undoes(again) is not None
    assert deeds.stands(key) is None


# -- what the feed learns --------------------------------------------------------------------------------------------


def test_l11_an_undo_announces_what_stands_again_and_nothing_where_no_record_is_left(
    deeds: Deeds, world: World, clock: Clock
) -> None:
    stood = past(deeds, world)
    act = decide(deeds, *stood, status=ONAY)
    told = len(deeds.events())
    clock.forward(hours=1)
    undone = deeds.undoes(act)
    assert undone is not None
    nothing, own_onay, own_ret, said_onay, said_ret, asked = stood
    assert {Key(*event[1:5]): event[5:] for event in deeds.events()[told:]} == {
        key: (status, IYS_WEB, clock.now / 1_000_000, None, undone.act)
        # İYS has no BEKLIYOR: the refusal is in force
        for key, status in ((own_ret, RET), (said_onay, ONAY), (said_ret, RET), (asked, RET))
    }
    assert (deeds.stands(nothing), deeds.stands(own_onay)) == (None, ONAY)  # and the latter was his word all along
    undoing = deeds.store.read_now(history.act, undone.act)
    assert undoing is not None
    assert (undoing.undoes, undoing.recipient) == (act, world.ayse)
    assert (undoing.first_event, undoing.last_event) == (told + 1, told + 4)


def test_l11_an_undo_announces_nothing_where_others_have_spoken_since(deeds: Deeds, key: Key, clock: Clock) -> None:
    act = decide(deeds, key)
    clock.forward(minutes=1)
    decide(deeds, key, status=ONAY)
    told = deeds.events()
    assert deeds.undoes(act) is not None
    assert deeds.events() == told


def test_l11_an_announcement_names_the_door_of_the_undo(deeds: Deeds, key: Key) -> None:
    sources = {Door.SMS: Source.IYS_KISAMESAJ, Door.VOICE: Source.IYS_KISAMESAJ}
    sources |= dict.fromkeys((Door.MAIL, Door.MAILBOX), Source.IYS_EPOSTA)
    deeds.declares(onay(key, NOON - HOUR, HS_MOBIL))
    for door, (through, _) in WINDOWS.items():
        deeds.undoes(decide(deeds, key, door=door), through)
        event = deeds.events()[-1]
        assert (event.status, event.source) == (ONAY, sources.get(door, Source.IYS_WEB).code)


def test_l11_a_batch_taken_back_announces_the_word_that_stands_again_with_its_own_source(
    deeds: Deeds, world: World, key: Key, clock: Clock
) -> None:
    other, alone = key._replace(channel=ARAMA), key._replace(channel=EPOSTA)
    deeds.relays(ret(key, NOON - DAY, IYS_MOBIL))
    deeds.declares(onay(other, NOON - DAY, HS_MOBIL))
    clock.forward(seconds=1)
    deeds.declares(onay(key, NOON), ret(other, NOON), onay(alone, NOON))
    told = len(deeds.events())
    assert deeds.undoes(deeds.acts()[-1], Door.FILE) is not None
    announced = {Key(*event[1:5]): (event.status, event.source) for event in deeds.events()[told:]}
    assert announced == {key: (RET, IYS_MOBIL), other: (ONAY, HS_MOBIL)}


def test_l11_announcements_leave_what_stands_alone(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, NOON - HOUR))
    deeds.undoes(decide(deeds, key))
    standing = deeds.standing(key)
    assert standing is not None
    assert (standing.citizen, standing.provider and standing.provider.event) == (None, 1)
    clock.forward(minutes=1)
    deeds.undoes(decide(deeds, key, status=RET))
    assert deeds.standing(key) == standing == deeds.folded(key)[key]
    assert standing.newest().source == HS_WEB


@pytest.mark.parametrize("through", PROVED)
@pytest.mark.parametrize("door", HANDED_OUT)
def test_l11_what_a_holder_of_a_link_did_the_holder_of_the_address_undoes_for_a_day(
    deeds: Deeds, world: World, clock: Clock, key: Key, door: Door, through: Door
) -> None:
    """Messages are forwarded with their links."""
    act, done_at = decide(deeds, key, door=door), clock.now
    clock.now = done_at + DAY + 1
    assert deeds.undoes(act, through) is None
    clock.now = done_at + DAY
    assert deeds.undoes(act, through) is not None
    assert deeds.stands(key) is None
    own = decide(deeds, key, door=through)
    assert deeds.undoes(own, door) is None, "not the other way round"


# -- a word given once more (rule L6) ----------------------------------------------------------------------------


@pytest.mark.parametrize("through", [Door.SMS, Door.VOICE, Door.LINK, Door.MAIL, Door.PAGE])
@pytest.mark.parametrize("door", [Door.BUSINESS, Door.PAGE])
def test_l6_a_refusal_survives_the_undo_of_the_same_refusal_by_somebody_else(
    deeds: Deeds, clock: Clock, key: Key, door: Door, through: Door
) -> None:
    """A business acts for its lines, a helper on the page; the address's holder refuses through a door of their own."""
    deeds.declares(onay(key, clock.now - DAY))
    others = deeds.decides(key, status=RET, door=door, helper="daughter" if door is Door.PAGE else None).act
    assert others is not None
    clock.forward(minutes=1)
    again = deeds.decides(key, status=RET, door=through)
    assert again.act is not None
    clock.forward(minutes=1)
    assert deeds.undoes(others, door) is not None
    assert deeds.stands(key) == RET
    last = deeds.decides(key, status=RET, door=Door.VOICE).act
    assert (last is None) is (through not in HANDED_OUT), "what is the citizen's alone is repeated without a record"


@pytest.mark.parametrize("through", [Door.SMS, Door.VOICE, Door.LINK, Door.MAIL])
def test_l6_where_nobody_reads_who_acted_on_a_page_it_may_have_been_a_helper(
    deeds: Deeds, clock: Clock, key: Key, through: Door
) -> None:
    deeds.declares(onay(key, clock.now - DAY))
    others = decide(deeds, key)
    clock.forward(minutes=1)
    assert deeds.decides(key, status=RET, reads=False).act is None
    assert deeds.decides(key, status=RET, door=through, reads=False).act is not None
    assert deeds.undoes(others) is not None
    assert deeds.stands(key) == RET


def test_l6_ones_own_refusal_on_the_page_is_a_repeat_wherever_it_is_given_again(
    deeds: Deeds, clock: Clock, key: Key
) -> None:
    """However often somebody presses, and also where a helper presses after them."""
    decide(deeds, key)
    clock.forward(minutes=1)
    for door in DOOR_SOURCES:
        assert deeds.decides(key, status=RET, door=door).act is None
    assert deeds.decides(key, status=RET, helper="daughter").act is None


def test_l6_helpers_among_themselves_repeat(deeds: Deeds, clock: Clock, key: Key) -> None:
    """Each of their presses would be a record; the citizen's own is one, and then nobody's."""
    assert deeds.decides(key, status=RET, helper="daughter").act is not None
    clock.forward(minutes=1)
    for helper in ("daughter", "neighbour", "daughter"):
        assert deeds.decides(key, status=RET, helper=helper).act is None
    assert deeds.decides(key, status=RET).act is not None
    for helper in ("daughter", None, "neighbour"):
        assert deeds.decides(key, status=RET, helper=helper).act is None


@pytest.mark.parametrize("through", [Door.PAGE, Door.SMS, Door.VOICE])
def test_l6_a_refusal_survives_the_undo_by_a_session_of_a_forged_sms(
    deeds: Deeds, clock: Clock, key: Key, through: Door
) -> None:
    """Such a session undoes what it did. Its own presses, and those about the citizen's own word, are repeats."""
    deeds.declares(onay(key, clock.now - DAY))
    forged = deeds.decides(key, status=RET, by_text="f0")
    assert forged.act is not None
    clock.forward(minutes=1)
    assert deeds.decides(key, status=RET, by_text="f0").act is None
    assert deeds.decides(key, status=RET, door=through).act is not None
    assert deeds.undoes(forged.act) is not None
    assert deeds.stands(key) == RET
    assert deeds.decides(key, status=RET, by_text="f0").act is None


def test_l6_of_sessions_that_an_sms_began_and_helpers_each_is_recorded(deeds: Deeds, clock: Clock, key: Key) -> None:
    """None knows what the other may still take back."""
    for who in ({"by_text": "f0"}, {"by_text": "a1"}, {"helper": "daughter"}, {"by_text": "a1"}):
        assert deeds.decides(key, status=RET, **who).act is not None  # type: ignore[arg-type]
        clock.forward(minutes=1)


def test_l6_a_refusal_survives_the_undo_of_what_the_desk_recorded(deeds: Deeds, clock: Clock, key: Key) -> None:
    """Who recorded it there undoes it for ten minutes."""
    deeds.declares(onay(key, clock.now - DAY))
    wish = Wish(*key[1:], RET, Source.IYS_CM.code)
    deed = Deed(Actor.STAFF, Door.DESK)
    policy = deeds.registry.policy
    act = deeds.store.write_now(ledger.decide, policy, key.recipient, [wish], deed).act
    assert act is not None
    assert deeds.store.write_now(ledger.decide, policy, key.recipient, [wish], deed).act is None
    clock.forward(minutes=1)
    assert deeds.decides(key, status=RET, door=Door.SMS).act is not None
    assert deeds.store.write_now(ledger.undo, policy, act, deed) is not None
    assert deeds.stands(key) == RET


@pytest.mark.parametrize("helper", [None, "daughter"])
def test_l11_what_a_helper_did_the_holder_of_the_number_undoes_by_sms_for_a_day(
    deeds: Deeds, clock: Clock, key: Key, helper: str | None
) -> None:
    """What they did themselves they undo where they did it."""
    act = deeds.decides(key, status=RET, helper=helper).act
    assert act is not None
    done_at = clock.now
    for door in Door:
        if door not in (Door.PAGE, Door.SMS):
            assert deeds.undoes(act, door) is None
    clock.now = done_at + DAY + 1
    assert deeds.undoes(act, Door.SMS) is None
    clock.now = done_at + DAY
    assert (deeds.undoes(act, Door.SMS) is not None) is (helper is not None)


@pytest.mark.parametrize("door", [Door.PAGE, Door.BUSINESS])
def test_l6_what_nobody_can_take_back_any_more_is_repeated_without_a_record(
    deeds: Deeds, clock: Clock, key: Key, door: Door
) -> None:
    decide(deeds, key, door=door)
    clock.forward(hours=24, seconds=1)
    assert deeds.decides(key, status=RET, door=Door.SMS).act is None
    decide(deeds, key, status=ONAY, door=Door.SMS)
    decide(deeds, key, door=Door.SMS)
    assert deeds.decides(key, status=RET, door=Door.PAGE).act is None, "an SMS is its sender's alone"
    decide(deeds, key, status=ONAY, door=Door.PAGE)
    decide(deeds, key, door=Door.LINK)
    for through in (Door.QR, Door.LINK):
        assert deeds.decides(key, status=RET, door=through).act is None, "links among themselves add nothing"
