"""What the suite watches in every unit of work (tests/units_of_work.py) is found where it happens."""

from __future__ import annotations

import hashlib
import time

import pytest

from consents.registry import Registry
from consents.store import Transaction
from providers.callers import passwords
from settings import load
from tests import units_of_work
from tests.conftest import SECRET
from tests.units_of_work import Costs
from trust import passkeys


def hashes(transaction: Transaction) -> None:
    passwords.new()


def checks(transaction: Transaction) -> None:
    passkeys.signed(load({"SECRET_KEY": SECRET}), b"c" * 32, "{}", b"", 0)


def works(transaction: Transaction) -> None:
    began = time.thread_time()
    while time.thread_time() - began < 0.02:
        hashlib.sha256(b"work")


@pytest.mark.parametrize("work", [hashes, checks])
def test_what_takes_long_by_design_fails_within_a_unit_of_work(registry: Registry, work: object) -> None:
    with pytest.raises(AssertionError, match=rf"within a unit of work: .*{work.__name__}"):  # type: ignore[attr-defined]
        registry.store.write_now(work)  # type: ignore[arg-type]
    assert passwords.matches(*passwords.new()), "outside it works"


def test_a_work_that_takes_long_each_time_is_named(registry: Registry) -> None:
    with units_of_work.watched({}) as costs:
        for _ in range(3):
            registry.store.write_now(works)
    assert list(costs.too_long()) == [f"{__name__}.works"]


def test_a_work_that_took_long_once_is_not() -> None:
    costs = Costs()
    for seconds in (0.2, 0.001, 0.001):
        costs.note("cold", seconds)
    assert costs.too_long() == {}
