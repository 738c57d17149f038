"""What providers and the national registry may say: rules L5, L6 and L12, and the corpus of sequences."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from consents.store import Snapshot
from consents.terms import Door, Status
from tests import CORPUS
from tests.conftest import NOON, Clock
from tests.consents.conftest import World
from tests.consents.deeds import (
    ARAMA,
    BIREYSEL,
    DAY,
    HOUR,
    HS_MOBIL,
    HS_WEB,
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


@pytest.fixture
def deeds(registry: Registry) -> Deeds:
    return Deeds(registry)


def keys_of(world: World) -> list[Key]:
    """All keys of AYSE and MEHMET at Çınar."""
    return [Key(*key) for key in itertools.product((world.ayse, world.mehmet), (world.cinar,), range(3), range(2))]


@pytest.fixture
def key(world: World) -> Key:
    """AYSE, by SMS, at Çınar."""
    return Key(world.ayse, world.cinar, MESAJ, BIREYSEL)


# -- L5: İYS's refusals --------------------------------------------------------------------------------------


# (stored word, claimed word, seconds between them, answer)
AGAINST_ITS_OWN = [
    (RET, RET, 1, "H174"),
    (RET, RET, 0, "H174"),
    (RET, RET, -1, "H174"),
    (RET, ONAY, -1, "H178"),
    (RET, ONAY, 0, "H178"),
    (RET, ONAY, 1, RECORDED),
    (ONAY, ONAY, -1, "H178"),
    (ONAY, ONAY, 0, "H178"),
    (ONAY, ONAY, 1, RECORDED),
    (ONAY, RET, -1, "H178"),
    (ONAY, RET, 0, RECORDED),  # at one instant a RET wins
    (ONAY, RET, 1, RECORDED),
]
AGAINST_THE_CITIZENS = [
    (RET, RET, 1, "H174"),
    (RET, ONAY, 0, "H178"),
    (RET, ONAY, -1, "H178"),
    (RET, ONAY, 1, PENDING),
    (ONAY, RET, -1, "H178"),
    (ONAY, RET, 0, "H178"),  # it would not stand, so it is not said to be taken
    (ONAY, RET, 1, RECORDED),
    (ONAY, ONAY, 0, "H178"),
    (ONAY, ONAY, 1, RECORDED),
]


def test_l5_a_providers_word_must_fit_its_own_last_one(deeds: Deeds, world: World) -> None:
    for key, (stored, claimed, seconds, answer) in zip(keys_of(world), AGAINST_ITS_OWN, strict=True):
        deeds.declares(Claim(*key, stored, HS_WEB, NOON - HOUR))
        before = deeds.table(), deeds.events()
        said = deeds.declares(Claim(*key, claimed, HS_MOBIL, NOON - HOUR + seconds * SECOND))
        assert (said, deeds.stands(key)) == ([answer], claimed if answer == RECORDED else stored)
        assert answer == RECORDED or (deeds.table(), deeds.events()) == before


def test_l5_a_providers_word_must_fit_the_citizens_last_one(deeds: Deeds, world: World) -> None:
    for key, (stored, claimed, seconds, answer) in zip(keys_of(world)[:9], AGAINST_THE_CITIZENS, strict=True):
        deeds.relays(Claim(*key, stored, IYS_WEB, NOON - HOUR))
        assert deeds.declares(Claim(*key, claimed, HS_WEB, NOON - HOUR + seconds * SECOND)) == [answer]
        assert deeds.stands(key) == (claimed if answer == RECORDED else BEKLIYOR if answer == PENDING else stored)


@pytest.mark.parametrize("fraction", [0, 1, SECOND - 1])
def test_l5_no_ret_is_taken_while_the_citizens_onay_stands_on(deeds: Deeds, key: Key, fraction: int) -> None:
    said = NOON - HOUR
    deeds.relays(onay(key, said + fraction, IYS_WEB))
    before = deeds.table(), deeds.events()
    assert deeds.declares(onay(key, said - SECOND), ret(key, said)) == ["H178", "H178"]  # wire times are whole seconds
    assert (deeds.stands(key), deeds.table(), deeds.events()) == (ONAY, *before)
    assert deeds.declares(ret(key, said + SECOND)) == [RECORDED]
    assert deeds.stands(key) == RET


def test_l5_while_the_citizen_is_asked_a_word_must_be_later_than_the_question(deeds: Deeds, key: Key) -> None:
    deeds.relays(ret(key, NOON - HOUR, IYS_WEB))
    assert deeds.declares(onay(key, NOON - MINUTE)) == [PENDING]
    early, late = NOON - 2 * MINUTE, NOON - SECOND
    assert deeds.declares(ret(key, early), onay(key, early), onay(key, late)) == ["H178", "H178", PENDING]
    assert deeds.declares(ret(key, NOON)) == [RECORDED]
    assert deeds.stands(key) == RET


def test_l5_a_tacir_record_may_come_without_date_and_source_only_the_first_time(
    deeds: Deeds, world: World, key: Key
) -> None:
    first, second = key._replace(identity=TACIR), key._replace(identity=TACIR, channel=ARAMA)
    assert deeds.declares(onay(first, UNDATED, None), onay(second, NOON - HOUR)) == [RECORDED, RECORDED]
    assert deeds.declares(
        ret(first, UNDATED), onay(second, UNDATED, None), ret(first, NOON, None), onay(second, NOON, None)
    ) == ["H462", "H462", "H463", "H463"]
    assert (deeds.stands(first), deeds.stands(second)) == (ONAY, ONAY)
    assert deeds.declares(ret(first, NOON - 9 * YEAR)) == [RECORDED]  # later than no date at all
    assert deeds.stands(first) == RET


def test_l5_a_refusal_stops_no_other_claim_and_each_is_compared_with_those_before_it(
    deeds: Deeds, world: World, key: Key
) -> None:
    mehmet = key._replace(recipient=world.mehmet)
    answers = deeds.declares(
        ret(key, NOON), ret(key, NOON + 1), onay(mehmet, NOON), onay(key, NOON - 1), ret(mehmet, NOON)
    )
    assert answers == [RECORDED, "H174", RECORDED, "H178", RECORDED]
    assert len(deeds.acts()) == 1
    assert [event.id for event in deeds.events()] == [1, 2, 3]
    assert (deeds.stands(key), deeds.stands(mehmet)) == (RET, RET)


# -- L6: a repeat changes nothing ----------------------------------------------------------------------------


def _unmoved(deeds: Deeds, again: Callable[[], object]) -> object:
    """What ``again()`` answers, after making sure that it recorded nothing."""
    before = deeds.table(), deeds.events(), deeds.acts()
    answer = again()
    assert (deeds.table(), deeds.events(), deeds.acts()) == before
    return answer


@pytest.mark.parametrize("status", [RET, ONAY])
def test_l6_a_repeat_changes_nothing(deeds: Deeds, key: Key, status: int) -> None:
    claim = Claim(*key, status, HS_WEB, NOON)
    tacir = Claim(*key._replace(identity=TACIR), status, None, UNDATED)
    assert deeds.declares(claim, tacir) == [RECORDED, RECORDED]
    assert _unmoved(deeds, lambda: deeds.declares(tacir, claim)) == [UNCHANGED, UNCHANGED]


@pytest.mark.parametrize("status", [RET, ONAY])
def test_l6_a_citizens_wish_that_stands_already_changes_nothing(
    deeds: Deeds, key: Key, clock: Clock, status: int
) -> None:
    deeds.decides(key, status=status)
    clock.forward(days=1)
    decision = deeds.decides(key, status=status, door=Door.LINK)
    assert (decision.act, decision.changed) == (None, {})
    assert decision.unchanged == {key: deeds.standing(key)}
    assert len(deeds.events()) == 1


@pytest.mark.parametrize("status", [RET, ONAY])
def test_l6_a_wish_that_only_the_provider_said_so_far_is_recorded_as_the_citizens(
    deeds: Deeds, key: Key, status: int
) -> None:
    deeds.declares(Claim(*key, status, HS_WEB, NOON - HOUR))
    assert deeds.decides(key, status=status).changed.keys() == {key}
    standing = deeds.standing(key)
    assert standing is not None
    assert standing.citizen is not None


def test_l6_a_repeat_is_known_after_other_words_came_between(deeds: Deeds, key: Key, clock: Clock) -> None:
    first, second = onay(key, NOON - 3 * HOUR), ret(key, NOON - 2 * HOUR)
    deeds.declares(first)
    deeds.declares(second)
    deeds.decides(key, status=ONAY)
    assert _unmoved(deeds, lambda: deeds.declares(first, second)) == [UNCHANGED, UNCHANGED]
    clock.forward(days=1)
    deeds.decides(key, status=RET)
    assert _unmoved(deeds, lambda: deeds.declares(second, first)) == [UNCHANGED, UNCHANGED]


def test_l6_a_repeat_is_known_in_one_batch(deeds: Deeds, key: Key) -> None:
    first, second = onay(key, NOON - 3 * HOUR), ret(key, NOON - 2 * HOUR)
    assert deeds.declares(first, first, second, first, second) == [
        RECORDED,
        UNCHANGED,
        RECORDED,
        UNCHANGED,
        UNCHANGED,
    ]
    assert len(deeds.events()) == 2


def test_l6_a_repeat_is_known_where_the_citizens_onay_came_to_stand_at_its_instant(deeds: Deeds, key: Key) -> None:
    first, second = ret(key, NOON - HOUR, HS_WEB), ret(key, NOON - HOUR, HS_MOBIL)
    assert deeds.declares(first) == [RECORDED]
    assert deeds.relays(onay(key, NOON - HOUR, IYS_WEB)) == [RECORDED]
    assert deeds.stands(key) == ONAY
    assert _unmoved(deeds, lambda: deeds.declares(first, second)) == [UNCHANGED, "H178"]


def test_l6_another_source_or_date_or_status_is_no_repeat(deeds: Deeds, key: Key) -> None:
    deeds.declares(onay(key, NOON - HOUR))
    other = deeds.declares(onay(key, NOON - HOUR, HS_MOBIL), onay(key, NOON - HOUR + SECOND), ret(key, NOON))
    assert other == ["H178", RECORDED, RECORDED]


def test_l6_an_earlier_repeat_is_told_from_its_neighbours(deeds: Deeds, key: Key) -> None:
    """By the last microsecond, by a source that is missing, by channel and identity, and not where it was undone."""
    at, tacir = NOON - HOUR + 123_457, key._replace(identity=TACIR)
    undone = ret(key, NOON - 2 * HOUR, HS_MOBIL)
    assert deeds.declares(undone) == [RECORDED]
    assert deeds.undoes(1, Door.FILE) is not None
    past = [ret(key, at, IYS_WEB), ret(key, NOON - HOUR, IYS_WEB)]
    assert deeds.relays(*past, ret(key, NOON, IYS_WEB)) == [RECORDED] * 3
    told = [Claim(*tacir, RET, None, UNDATED), onay(tacir, NOON - HOUR)]
    assert deeds.declares(*told, ret(tacir, NOON)) == [RECORDED] * 3
    assert _unmoved(deeds, lambda: deeds.relays(*past)) == [UNCHANGED] * 2
    assert _unmoved(deeds, lambda: deeds.declares(*told)) == [UNCHANGED] * 2
    assert deeds.declares(undone, Claim(*tacir, ONAY, None, UNDATED)) == ["H174", "H462"]
    others = [ret(key, at + 1, IYS_WEB), ret(key, at - 1, IYS_WEB), ret(key._replace(channel=ARAMA), at, IYS_WEB)]
    assert deeds.relays(*others) == [RECORDED] * 3


def test_l6_a_ret_of_the_future_is_known_by_the_time_that_it_counts_from(deeds: Deeds, key: Key) -> None:
    ahead = ret(key, NOON + HOUR, IYS_WEB)
    assert deeds.relays(ahead) == [RECORDED]
    deeds.decides(key, status=ONAY)
    assert _unmoved(deeds, lambda: deeds.relays(ahead)) == [UNCHANGED]


def test_l6_looking_for_repeats_reads_no_more_the_longer_the_history(
    deeds: Deeds, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a key only what lies between the first and the last word that is asked for."""
    read: list[int] = []
    ask = Snapshot.all

    def counting(*arguments: Any) -> Any:
        rows = ask(*arguments)
        read.append(len(rows))
        return rows

    keys, counts = keys_of(world), []
    monkeypatch.setattr(Snapshot, "all", counting)
    for words in (2, 40):
        begin = NOON - DAY + words * MINUTE
        for number in range(words):
            word = ret if number % 2 else onay
            deeds.declares(*(word(key, begin + number * SECOND) for key in keys))
        read.clear()
        answers = deeds.declares(*(onay(key, at) for at in (begin, begin - SECOND) for key in keys))
        assert answers == [UNCHANGED] * len(keys) + ["H178"] * len(keys)
        counts.append((len(read), sum(read)))
    assert counts[0] == counts[1]


def test_l6_a_page_of_the_national_registry_read_twice_is_recorded_once(deeds: Deeds, world: World, key: Key) -> None:
    page = [onay(key, NOON - DAY, IYS_WEB), ret(key, NOON - HOUR, IYS_WEB)]
    assert deeds.relays(*page) == [RECORDED, RECORDED]
    assert _unmoved(deeds, lambda: deeds.relays(*page)) == [UNCHANGED, UNCHANGED]
    deeds.decides(key, status=ONAY)
    assert _unmoved(deeds, lambda: deeds.relays(*page, *page)) == [UNCHANGED] * 4


# -- L12: dealers --------------------------------------------------------------------------------------------


def test_l12_a_ret_given_to_a_dealer_counts_for_the_brand(deeds: Deeds, world: World, key: Key) -> None:
    deeds.declares(onay(key, NOON - HOUR))
    assert deeds.declares(ret(key, NOON)._replace(dealer=world.dealer)) == [RECORDED]
    assert deeds.stands(key) == RET
    assert deeds.events()[-1].dealer == world.dealer


def test_l12_a_ret_leaves_no_dealer_in_force(deeds: Deeds, world: World, key: Key, clock: Clock) -> None:
    other = key._replace(channel=ARAMA)
    for consent in (key, other):
        deeds.declares(onay(consent, NOON - HOUR)._replace(dealer=world.dealer))
        standing = deeds.standing(consent)
        assert standing is not None
        assert standing.in_force().dealer == world.dealer
    deeds.decides(key, status=RET)
    deeds.declares(ret(other, NOON))
    for consent in (key, other):
        standing = deeds.standing(consent)
        assert standing is not None
        assert standing.in_force().dealer is None


# -- the corpus -----------------------------------------------------------------------------------------------


def _sequences() -> list[dict[str, Any]]:
    lines = (CORPUS / "event_sequences.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


_STEP = re.compile(r"(MO|CSV|IYS):(?:SM1:)?(RET|ONAY)(?:@([0-9]+):([0-9]+):([0-9]+))?").match
_CODES = {"older_than_current": "H178"}


def _take(deeds: Deeds, key: Key, step: str, clock: Clock) -> list[str]:
    """One step: an SMS of the citizen, a row of a provider's file, a word from the national registry."""
    read = _STEP(step)
    assert read is not None
    at = NOON
    if read[3]:
        at += (int(read[3]) - 12) * HOUR + int(read[4]) * MINUTE + int(read[5]) * SECOND
        clock.now = max(clock.now, at)
    status = ONAY if read[2] == "ONAY" else RET
    if read[1] == "MO":
        deeds.decides(key, status=status, door=Door.SMS)
        return []
    if read[1] == "CSV":
        return deeds.declares(Claim(*key, status, HS_WEB, at))
    return deeds.relays(Claim(*key, status, IYS_WEB, at))


@pytest.mark.parametrize("sequence", _sequences(), ids=lambda sequence: sequence["id"])
def test_sequences_of_the_corpus(deeds: Deeds, key: Key, clock: Clock, sequence: dict[str, Any]) -> None:
    clock.forward(hours=-3)
    answers = [_take(deeds, key, step, clock) for step in sequence["input"]]
    expect = sequence["expect"]
    if "state" in expect:
        assert deeds.stands(key) == Status[expect["state"]].code
    if "row" in expect:
        assert answers[-1] == [_CODES[expect["row"]]]
    assert len(deeds.events()) == expect.get("events", sum(answer[:1] != ["H178"] for answer in answers))
    assert (deeds.stands(key) == ONAY) == expect.get("sendable", False)


def test_a_word_of_the_future_from_the_national_registry_blocks_nobody(deeds: Deeds, key: Key) -> None:
    ahead = NOON + HOUR
    assert deeds.relays(onay(key, ahead, IYS_WEB)) == ["H162"]
    assert deeds.relays(ret(key, ahead, IYS_WEB)) == [RECORDED]
    standing = deeds.standing(key)
    assert standing is not None
    assert standing.citizen is not None
    assert standing.citizen.at == NOON
    deeds.decides(key, status=ONAY)
    assert deeds.stands(key) == ONAY
