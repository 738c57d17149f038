"""The ledger's rules L1 to L3, each by its number in docs/architecture.md, on both databases.

The others: L4 in test_waiting.py, L5, L6 and L12 in test_claims.py, L7 and L9 in test_history.py, L8 also in
test_store.py, L11 in test_undo.py; all of them at once in test_machine.py.
"""

from __future__ import annotations

import itertools

import pytest

from consents.ledger import RECORDED, UNCHANGED, Claim, ClockBehind
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent, Word, standing
from consents.state import Key
from consents.store import StoreUnavailable
from consents.terms import Door
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
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
    MINUTE,
    SECOND,
    TACIR,
    UNDATED,
    YEAR,
    Deeds,
    onay,
    ret,
)

OLDER, EQUAL, NEWER, WITHOUT = -SECOND, 0, SECOND, None  # the provider's date, against the citizen's

# (citizen's last word, provider's last word, the provider's date) -> what stands, as rule L1 says it.
STANDS = {
    (RET, RET, NEWER): RET,
    (RET, ONAY, NEWER): BEKLIYOR,
    (ONAY, RET, NEWER): RET,
    (ONAY, ONAY, NEWER): ONAY,
    **{(word, other, when): word for word in (RET, ONAY) for other in (RET, ONAY) for when in (OLDER, EQUAL, WITHOUT)},
}


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


def _provider_at(when: int | None) -> int:
    return UNDATED if when is None else NOON - HOUR + when


# -- L1: two last words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", Reconsent)
@pytest.mark.parametrize(("case", "stands"), STANDS.items())
def test_l1_what_stands_follows_from_two_last_words(
    case: tuple[int, int, int | None], stands: int, mode: Reconsent
) -> None:
    citizen = Word(case[0], IYS_WEB, NOON - HOUR, None, 2)
    provider = Word(case[1], HS_WEB, _provider_at(case[2]), None, 1)
    found = standing(citizen, provider, mode)
    assert found is not None
    assert found.status == (ONAY if stands == BEKLIYOR and mode is Reconsent.ACCEPT else stands)
    assert (found.citizen, found.provider) == (citizen, provider)


@pytest.mark.parametrize("mode", Reconsent)
@pytest.mark.parametrize("status", [RET, ONAY])
def test_l1_where_one_side_is_silent_the_others_word_stands(status: int, mode: Reconsent) -> None:
    word = Word(status, HS_WEB, NOON, None, 1)
    alone = [standing(word, None, mode), standing(None, word, mode)]
    assert [found and found.status for found in alone] == [status, status]
    assert standing(None, None, mode) is None


@pytest.mark.parametrize("mode", Reconsent)
@pytest.mark.parametrize("citizen_first", [True, False], ids=["citizen first", "provider first"])
def test_l1_every_pair_of_words_in_either_order_of_arrival(
    database_url: str, open_registry: Opener, mode: Reconsent, citizen_first: bool
) -> None:
    prepare(database_url, SECRET, mode)
    registry = open_registry(database_url, reconsent=mode)
    deeds, cinar = Deeds(registry), furnish(registry).cinar
    for number, (case, stands) in enumerate(STANDS.items()):
        who = register.person(registry.keyring, f"+9053200010{number:02}")
        key = Key(registry.store.write_now(register.enrol, registry.keyring, who), cinar, MESAJ, TACIR)
        citizen = Claim(*key, case[0], IYS_WEB, NOON - HOUR)
        provider = Claim(*key, case[1], HS_WEB, _provider_at(case[2]))
        if citizen_first:
            deeds.relays(citizen)
        deeds.declares(provider)
        if not citizen_first:
            deeds.relays(citizen)
        expected = ONAY if stands == BEKLIYOR and mode is Reconsent.ACCEPT else stands
        assert deeds.stands(key) == expected, case
        assert deeds.folded(key) == {key: deeds.standing(key)}


def test_l1_at_one_instant_ret_wins_over_onay_on_either_side(deeds: Deeds, key: Key) -> None:
    for channel, statuses in enumerate([(ONAY, RET, ONAY), (RET, ONAY, ONAY), (ONAY, ONAY, RET)]):
        own, said = key._replace(channel=channel), key._replace(channel=channel, identity=TACIR)
        for place, status in enumerate(statuses):
            deeds.relays(Claim(*own, status, IYS_WEB + place, NOON))
            deeds.declares(Claim(*said, status, HS_WEB + place, NOON))
        assert (deeds.stands(own), deeds.stands(said)) == (RET, RET)


def test_l1_of_two_equal_words_of_one_instant_the_later_event_is_the_last(deeds: Deeds, key: Key) -> None:
    deeds.relays(Claim(*key, RET, IYS_WEB, NOON), Claim(*key, RET, IYS_MOBIL, NOON))
    standing = deeds.standing(key)
    assert standing is not None
    assert standing.citizen == Word(RET, IYS_MOBIL, NOON, None, 2)


def test_l1_brands_channels_and_identities_are_apart(deeds: Deeds, world: World, key: Key) -> None:
    others = [
        key._replace(recipient=world.mehmet),
        key._replace(brand=world.isik),
        key._replace(channel=ARAMA),
        key._replace(identity=TACIR),
    ]
    for other in others:
        deeds.declares(onay(other, NOON - HOUR))
    deeds.decides(key, status=RET)
    assert [deeds.stands(other) for other in [key, *others]] == [RET, ONAY, ONAY, ONAY, ONAY]


# -- L2: a citizen's own word is stamped now and stands ------------------------------------------------------


def test_l2_a_citizens_own_word_is_stamped_now(deeds: Deeds, key: Key, clock: Clock) -> None:
    now = clock.forward(seconds=0.000_007)
    decision = deeds.decides(key, status=RET)
    assert decision.changed[key].citizen == Word(RET, IYS_WEB, now, None, 1)
    assert decision.act == 1
    assert deeds.standing(key) == decision.changed[key]


def test_l2_a_second_word_is_later_than_the_first_though_the_clock_stood_or_stepped_back_a_second(
    deeds: Deeds, key: Key, clock: Clock
) -> None:
    cases = itertools.product([(RET, ONAY), (ONAY, RET)], [0, -0.000_001, -0.4, -1])
    for place, ((first, second), seconds) in enumerate(cases):
        one = key._replace(channel=place % 3, identity=place // 3 % 2, brand=key.brand + place // 6)
        clock.now = NOON
        deeds.decides(one, status=first)
        clock.forward(seconds=seconds)
        word = deeds.decides(one, status=second).changed[one].citizen
        assert word is not None
        assert (word.at, deeds.stands(one)) == (NOON + 1, second)


def test_l2_a_clock_set_back_by_more_than_a_second_records_nothing(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.decides(key, status=RET)
    before = deeds.table(), deeds.events(), deeds.acts()
    clock.forward(seconds=-1.000_001)
    other = key._replace(channel=ARAMA)
    with pytest.raises(ClockBehind):
        deeds.decides(other, key, status=ONAY)
    assert (deeds.table(), deeds.events(), deeds.acts()) == before
    clock.forward(seconds=2)
    assert deeds.decides(other, key, status=ONAY).changed.keys() == {other, key}


def test_l2_a_citizens_own_word_stands_over_every_word_of_the_provider_though_the_clock_stepped_back(
    deeds: Deeds, key: Key, clock: Clock
) -> None:
    for place, (own, said, seconds) in enumerate(itertools.product([RET, ONAY], [RET, ONAY], [0, -0.4, -1])):
        one = key._replace(channel=place % 3, identity=place // 3 % 2, brand=key.brand + place // 6)
        clock.now = NOON
        deeds.declares(Claim(*one, said, HS_WEB, NOON))
        clock.forward(seconds=seconds)
        deeds.decides(one, status=own)
        assert deeds.stands(one) == own, (own, said, seconds)


@pytest.mark.parametrize("behind", [1.000_001, 90, 3 * 3600, 5 * 86_400])
@pytest.mark.parametrize("last", ["provider", "citizen"])
def test_l2_a_clock_however_far_behind_refuses_no_ret(
    deeds: Deeds, key: Key, clock: Clock, caplog: pytest.LogCaptureFixture, behind: float, last: str
) -> None:
    if last == "provider":
        deeds.declares(onay(key, NOON))
    else:
        deeds.decides(key, status=ONAY)
    clock.forward(seconds=-behind)
    caplog.clear()
    deeds.decides(key, key._replace(channel=ARAMA), status=RET)
    (word, other) = (deeds.standing(key._replace(channel=channel)) for channel in (MESAJ, ARAMA))
    assert word is not None
    assert other is not None
    assert (word.status, word.citizen and word.citizen.at) == (RET, NOON + 1)
    assert (other.status, other.citizen and other.citizen.at) == (RET, clock.now)
    assert [(line.message, line.seconds) for line in caplog.records] == [("clock_behind", int(behind))]  # type: ignore[attr-defined]
    assert deeds.decides(key, status=RET).act is None  # and a repetition is one


def test_l2_an_onay_is_not_dated_ahead_of_the_clock(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, NOON))
    clock.forward(seconds=-1.000_001)
    with pytest.raises(ClockBehind):
        deeds.decides(key, status=ONAY)
    assert issubclass(ClockBehind, StoreUnavailable)  # every door answers 503, as where nothing can be written
    assert (deeds.stands(key), deeds.acts()) == (ONAY, [1])


def test_l2_a_clock_that_is_behind_logs_no_alarm_where_it_does_not_matter(
    deeds: Deeds, key: Key, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    deeds.decides(key, status=ONAY)
    clock.forward(seconds=-0.9)
    deeds.decides(key, status=RET)
    clock.forward(days=1)
    deeds.decides(key, status=ONAY)
    assert not caplog.records


def test_l2_a_ret_from_the_national_registry_stands_though_the_clock_is_behind(
    deeds: Deeds, key: Key, clock: Clock
) -> None:
    deeds.decides(key, status=ONAY)
    clock.forward(days=-2)
    assert deeds.relays(ret(key, NOON + HOUR, IYS_MOBIL)) == [RECORDED]
    assert deeds.stands(key) == RET
    assert deeds.relays(onay(key, NOON + 2 * HOUR, IYS_MOBIL)) == ["H162"]
    assert deeds.stands(key) == RET


def test_l11_a_clock_that_is_behind_lengthens_no_undo(deeds: Deeds, key: Key, clock: Clock) -> None:
    early, late = key, key._replace(channel=ARAMA)
    deeds.decides(early, status=RET, door=Door.LINK)
    clock.forward(minutes=11)
    deeds.decides(late, status=RET, door=Door.LINK)
    clock.forward(hours=-3)
    assert deeds.undoes(1, Door.LINK) is None
    undone = deeds.undoes(2, Door.LINK)
    assert undone is not None
    assert (deeds.stands(early), deeds.stands(late)) == (RET, None)


def test_l11_what_an_undo_announces_is_dated_after_what_it_undoes(deeds: Deeds, key: Key, clock: Clock) -> None:
    deeds.declares(onay(key, NOON))
    clock.forward(minutes=1)
    deeds.decides(key, status=RET, door=Door.LINK)
    clock.forward(hours=-3)
    assert deeds.undoes(2, Door.LINK) is not None
    dates = [event.at for event in deeds.events()]
    assert dates == sorted(dates)
    assert len(set(dates)) == 3


def test_l2_words_from_the_national_registry_keep_their_own_time_and_count_as_the_citizens(
    deeds: Deeds, key: Key, clock: Clock
) -> None:
    deeds.relays(onay(key, NOON - DAY, IYS_MOBIL))
    standing = deeds.standing(key)
    assert standing is not None
    assert (standing.citizen, standing.provider) == (Word(ONAY, IYS_MOBIL, NOON - DAY, None, 1), None)
    deeds.decides(key, status=RET)
    assert deeds.relays(onay(key, NOON - HOUR, IYS_MOBIL)) == [RECORDED]  # late, and older than his own word here
    assert deeds.stands(key) == RET
    clock.forward(hours=1)
    assert deeds.relays(onay(key, NOON + MINUTE, IYS_MOBIL)) == [RECORDED]
    assert deeds.stands(key) == ONAY


def test_l2_several_words_about_one_key_in_one_act_end_with_the_last(deeds: Deeds, key: Key) -> None:
    deeds.decides(key, status=ONAY)
    deeds.decides(key, key._replace(channel=ARAMA), key, status=RET)
    assert [event.status for event in deeds.events()] == [ONAY, RET, RET]
    assert deeds.stands(key) == RET


# -- L3: a RET is never turned away for being first or late --------------------------------------------------


def test_l3_a_ret_may_be_the_first_record_and_late(deeds: Deeds, key: Key) -> None:
    for channel, age in enumerate((0, 4 * DAY, 10 * YEAR)):
        own, said = key._replace(channel=channel), key._replace(channel=channel, identity=TACIR)
        assert deeds.declares(ret(said, NOON - age), oldest=NOON - 3 * DAY) == [RECORDED]
        assert deeds.relays(ret(own, NOON - age, IYS_WEB)) == [RECORDED]
        assert (deeds.stands(own), deeds.stands(said)) == (RET, RET)


def test_l3_strict_iys_refuses_a_providers_first_ret_and_no_citizens(database_url: str, open_registry: Opener) -> None:
    registry = open_registry(database_url, strict=True)
    deeds, world = Deeds(registry), furnish(registry)
    keys = [Key(world.ayse, world.cinar, channel, BIREYSEL) for channel in (ARAMA, MESAJ)]
    assert deeds.declares(ret(keys[0], NOON)) == ["H175"]
    assert (deeds.stands(keys[0]), deeds.acts()) == (None, [])
    assert deeds.relays(ret(keys[0], NOON - HOUR, IYS_WEB)) == [RECORDED]
    deeds.decides(keys[1], status=RET)
    assert [deeds.stands(key) for key in keys] == [RET, RET]
    third = keys[0]._replace(identity=TACIR)
    assert deeds.declares(ret(third, NOON), onay(third, NOON), ret(third, NOON)) == [
        "H175",
        RECORDED,
        RECORDED,
    ]


def test_l3_of_what_comes_late_only_an_onay_is_refused(deeds: Deeds, world: World, key: Key) -> None:
    oldest = NOON - 3 * DAY
    keys = [key._replace(recipient=who, identity=who % 2) for who in (world.ayse, world.mehmet)]
    late, again = onay(keys[0], oldest - 1), ret(keys[0], oldest - 2)
    assert deeds.declares(late, again, onay(keys[1], oldest), oldest=oldest) == ["H467", RECORDED, RECORDED]
    assert deeds.declares(onay(keys[0], oldest - 1, HS_MOBIL), oldest=oldest) == ["H467"]  # nor over what stands
    assert deeds.declares(ret(keys[1], oldest + 1), again, oldest=oldest + DAY) == [RECORDED, UNCHANGED]
    without_date = key._replace(identity=TACIR, channel=ARAMA)
    assert deeds.declares(onay(without_date, UNDATED, None), oldest=oldest) == [RECORDED]


def test_l3_strict_iys_refuses_late_refusals_too(sqlite_url: str, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url, strict=True)
    deeds, world = Deeds(registry), furnish(registry)
    key = Key(world.ayse, world.cinar, MESAJ, BIREYSEL)
    assert deeds.declares(onay(key, NOON - DAY), oldest=NOON - 2 * DAY) == [RECORDED]
    assert deeds.declares(ret(key, NOON - HOUR), oldest=NOON) == ["H467"]
    assert deeds.stands(key) == ONAY
