"""Offices: sites with two companies, over a registry whose clock stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Clock, Opener
from tests.panel.office import Office

OpenOffice = Callable[..., Office]


@pytest.fixture
def office(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[OpenOffice]:
    """Opens an office: ``office(OIDC_ISSUER=…)``."""
    opened: list[Office] = []

    def open_office(**env: str) -> Office:
        made = Office(open_registry(sqlite_url), clock, env)
        opened.append(made)
        return made

    yield open_office
    for made in opened:
        made.close()
