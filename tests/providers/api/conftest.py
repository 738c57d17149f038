"""Desks: a site over a real registry whose clock stands, and programs that call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from consents.registry import Registry
from providers.api import rates
from tests.conftest import Clock
from tests.providers.api.desk import Desk, Program

Open = Callable[..., Desk]


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call too many is refused at once: the clock stands, so that no window would end while it waits."""
    monkeypatch.setattr(rates, "LONGEST_DELAY", 0)


@pytest.fixture
def desk(registry: Registry, clock: Clock) -> Iterator[Open]:
    """Opens a desk on each database: ``desk(API_PER_SECOND="10")``."""
    opened: list[Desk] = []

    def open_desk(**env: str) -> Desk:
        made = Desk(registry, clock, env)
        opened.append(made)
        return made

    yield open_desk
    for made in opened:
        made.close()


@pytest.fixture
def here(desk: Open) -> Desk:
    return desk()


@pytest.fixture
def cinar(here: Desk) -> Program:
    """The program of the provider Çınar."""
    return here.program("cinar")
