"""Çınar's program, on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.api import rates
from tests.conftest import Clock, Opener
from tests.providers.via.asker import Asker


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call too many is refused at once: the clock stands, so that no window would end while it waits."""
    monkeypatch.setattr(rates, "LONGEST_DELAY", 0)


@pytest.fixture
def asker(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Asker]:
    made = Asker(open_registry(sqlite_url), clock)
    yield made
    made.close()
