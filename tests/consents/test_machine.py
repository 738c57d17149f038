"""The ledger against its oracle: whatever people do, in whatever order, both hold the same after each step.

The normal run is short and always the same. ``LEDGER_RUNS=2000 pytest tests/consents/test_machine.py`` tries so many
histories of 100 steps, others each time, and shrinks what fails.
"""

from __future__ import annotations

import itertools
import os
import random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from consents.registry import Registry, prepare
from consents.rules import ONAY, RET, Reconsent, Standing, Word, latest, standing
from tests import repeats
from tests.conftest import SECRET, Clock, Opener
from tests.consents.conftest import furnish
from tests.consents.deeds import HS_MOBIL, HS_WEB
from tests.consents.machine import LedgerMachine

RUNS = int(os.environ.get("LEDGER_RUNS", "0"))


def _run(registry: Registry, clock: Clock, runs: int) -> None:
    world = furnish(registry)
    run_state_machine_as_test(
        lambda: LedgerMachine(registry, clock, world),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=RUNS or runs,
            stateful_step_count=100 if RUNS else 40,
            derandomize=not RUNS,
            phases=[Phase.generate, Phase.shrink] if RUNS else [Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_ledger_does_what_its_oracle_says(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    _run(open_registry(sqlite_url), clock, runs=repeats(100, 400))


def test_so_it_does_on_postgresql(postgresql_url: str, open_registry: Opener, clock: Clock) -> None:
    _run(open_registry(postgresql_url), clock, runs=repeats(12, 40))


@pytest.mark.parametrize("mode", Reconsent)
def test_so_it_does_as_strictly_as_the_national_registry(
    sqlite_url: str, open_registry: Opener, clock: Clock, mode: Reconsent
) -> None:
    prepare(sqlite_url, SECRET, mode)
    _run(open_registry(sqlite_url, reconsent=mode, strict=True), clock, runs=repeats(30, 120))


# -- the order of arrival ------------------------------------------------------------------------------------------

Spoken = tuple[bool, Word]  # whether it is the citizen's


def _after(words: list[Spoken], mode: Reconsent) -> Standing | None:
    citizen = provider = None
    for own, word in words:
        if own:
            citizen = latest(citizen, word)
        else:
            provider = latest(provider, word)
    return standing(citizen, provider, mode)


_WORDS: list[Spoken] = [
    (own, Word(status, source, at, None, number))
    for number, (own, status, source, at) in enumerate(
        itertools.product((True, False), (RET, ONAY), (HS_WEB, HS_MOBIL), (0, 1, 2))
    )
]


def test_any_order_and_repetition_of_the_same_words_gives_the_same_standing() -> None:
    dice = random.Random(None if RUNS else 1)
    for _ in range(max(10_000, 100 * RUNS)):
        words = dice.choices(_WORDS, k=dice.randint(1, 8))
        recorded = sorted(set(words), key=lambda spoken: spoken[1].event)
        for mode in Reconsent:
            assert _after(words, mode) == _after(words + words[::-1], mode) == _after(recorded, mode), words


def test_every_order_of_every_three_words_gives_the_same_standing() -> None:
    for words in itertools.combinations(_WORDS, 3):
        found = {_after(list(order), Reconsent.CONFIRM) for order in itertools.permutations(words)}
        assert len(found) == 1, words
