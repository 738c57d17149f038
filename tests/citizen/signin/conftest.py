"""Desks: a site over a real registry whose clock stands, and browsers that ask it for codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from consents.registry import Registry
from tests.citizen.signin.desk import Desk
from tests.conftest import Clock, Opener

Open = Callable[..., Desk]


@pytest.fixture
def desk(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[Open]:
    """Opens a desk: ``desk(CODE_TRIES="3")``; limits on IPs are out of the way unless they are set."""
    opened: list[Desk] = []

    def open_desk(registry: Registry | None = None, **env: str) -> Desk:
        made = Desk(registry or open_registry(sqlite_url), clock, {"CODES_SENT_PER_IP": "1000", **env})
        opened.append(made)
        return made

    yield open_desk
    for made in opened:
        made.close()
