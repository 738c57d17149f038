"""Record numbers: read aloud and typed, checked by their last digit, telling nothing of one another."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.keys import Keyring
from consents.people.held_keys import PURPOSES
from trust import record_numbers

KEYRING = Keyring({purpose: bytes(range(size)) for purpose, size in PURPOSES.items()})
OTHER = Keyring({purpose: bytes(size) for purpose, size in PURPOSES.items()})
ACTS = st.integers(1, record_numbers.CALLS - 1)


@given(ACTS)
def test_a_number_leads_back_to_its_act(act: int) -> None:
    number = record_numbers.of_act(KEYRING, act)
    assert re.fullmatch("[0-9]{12}", number)
    assert record_numbers.read(KEYRING, number) == act
    assert record_numbers.read(KEYRING, record_numbers.spaced(number)) == act
    assert record_numbers.read(KEYRING, f" {number[:3]}-{number[3:7]} {number[7:]}. ") == act


@given(ACTS, st.integers(0, 11), st.integers(1, 9))
def test_every_wrong_digit_is_found(act: int, place: int, by: int) -> None:
    number = record_numbers.of_act(KEYRING, act)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not record_numbers.well_formed(wrong)
    assert record_numbers.read(KEYRING, wrong) is None


@given(ACTS, st.integers(0, 10))
def test_neighbours_exchanged_are_found(act: int, place: int) -> None:
    number = record_numbers.of_act(KEYRING, act)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or record_numbers.read(KEYRING, swapped) is None


@pytest.mark.parametrize("typed", ["", "12", "1" * 11, "1" * 13, "12345678901x", "١٢٣٤٥٦٧٨٩٠١٢", "²" * 12])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert record_numbers.read(KEYRING, typed) is None


def test_numbers_are_all_different_and_show_no_order() -> None:
    numbers = [record_numbers.of_act(KEYRING, act) for act in range(1, 2001)]
    assert len(set(numbers)) == 2000
    rises = sum(later > earlier for earlier, later in pairwise(numbers))
    assert 850 < rises < 1150
    firsts = [sum(number[0] == digit for number in numbers) for digit in "0123456789"]
    assert all(120 < found < 280 for found in firsts)


def test_another_registry_has_other_numbers() -> None:
    assert record_numbers.of_act(KEYRING, 1) != record_numbers.of_act(OTHER, 1)


@pytest.mark.parametrize("act", [0, -1, record_numbers.CALLS])
def test_what_has_no_number_is_said(act: int) -> None:
    with pytest.raises(OverflowError):
        record_numbers.of_act(KEYRING, act)


@given(ACTS)
def test_a_calls_number_is_no_acts(call: int) -> None:
    number = record_numbers.of_call(KEYRING, call)
    assert record_numbers.read_call(KEYRING, number) == call
    assert record_numbers.read(KEYRING, number) is None
    assert record_numbers.read_call(KEYRING, record_numbers.of_act(KEYRING, call)) is None
