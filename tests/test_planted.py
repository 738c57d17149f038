"""The table of planted bugs fits the product as it stands (tests/planted.py plants them)."""

from __future__ import annotations

from tests import planted


def test_each_planted_bug_has_its_place_in_the_product_and_its_tests() -> None:
    assert {bug.name: fault for bug in planted.load() if (fault := planted.fault(bug))} == {}
