"""The ledger's rules L1 to L3, each by its number in docs/architecture.md, on both databases.

The others: L4 in test_waiting.py, L5, L6 and L12 in test_claims.py, L7 and L9 in test_history.py, L8 also in
test_store.py, L11 in test_undo.py; all of them at once in test_machine.py.
"""

from __future__ import annotations

import pytest

from consents import register
from consents.ledger import RECORDED, Claim, ClockBehind
from consents.registry import Registry, prepare
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent, Word, standing
from consents.state import Key
from tests.conftest import NOON, SECRET, Clock, Opener
from tests.consents.conftest import World, furnish
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    HOUR,
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


@pytest.mark.parametrize("statuses", [(ONAY, RET, ONAY), (RET, ONAY, ONAY), (ONAY, ONAY, RET)])
def test_l1_at_one_instant_ret_wins_over_onay_on_either_side(deeds: Deeds, key: Key, statuses: tuple[int, ...]) -> None:
    at = NOON - HOUR
    other = key._replace(channel=ARAMA)
    for source, status in enumerate(statuses, IYS_WEB):
        deeds.relays(Claim(*key, status, source, at))
        deeds.declares(Claim(*other, status, HS_WEB + source - IYS_WEB, at))
    assert (deeds.stands(key), deeds.stands(other)) == (RET, RET)


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


@pytest.mark.parametrize(("first", "second"), [(RET, ONAY), (ONAY, RET)])
@pytest.mark.parametrize("seconds", [0, -0.000_001, -0.4, -1])
def test_l2_a_second_word_is_later_than_the_first_though_the_clock_stood_or_stepped_back_a_second(
    deeds: Deeds, key: Key, clock: Clock, first: int, second: int, seconds: float
) -> None:
    deeds.decides(key, status=first)
    clock.forward(seconds=seconds)
    word = deeds.decides(key, status=second).changed[key].citizen
    assert word is not None
    assert word.at == NOON + 1
    assert deeds.stands(key) == second


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


@pytest.mark.parametrize("status", [RET, ONAY])
@pytest.mark.parametrize("provider", [RET, ONAY])
def test_l2_a_citizens_own_word_stands_over_every_word_of_the_provider(
    deeds: Deeds, key: Key, status: int, provider: int
) -> None:
    deeds.declares(Claim(*key, provider, HS_WEB, NOON))
    deeds.decides(key, status=status)
    assert deeds.stands(key) == status


@pytest.mark.parametrize(("status", "provider"), [(RET, ONAY), (ONAY, RET)])
def test_l2_a_citizens_own_word_stands_though_the_clock_stepped_behind_the_providers(
    deeds: Deeds, key: Key, clock: Clock, status: int, provider: int
) -> None:
    deeds.declares(Claim(*key, provider, HS_WEB, NOON))
    clock.forward(seconds=-0.4)
    deeds.decides(key, status=status)
    assert deeds.stands(key) == status


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


@pytest.mark.parametrize("age", [0, 4 * DAY, 10 * YEAR])
def test_l3_a_ret_may_be_the_first_record_and_late(deeds: Deeds, key: Key, age: int) -> None:
    other = key._replace(channel=ARAMA)
    assert deeds.declares(ret(key, NOON - age)) == [RECORDED]
    assert deeds.relays(ret(other, NOON - age, IYS_WEB)) == [RECORDED]
    assert (deeds.stands(key), deeds.stands(other)) == (RET, RET)


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
