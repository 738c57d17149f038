"""A site over a SQLite registry with its sandbox, and a program in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consents.registry import Registry
from tests.conftest import SECRET, Clock
from tests.providers.api.desk import Desk
from tests.sandbox.lab import USER, SandboxProgram, add_key


@pytest.fixture
def site(sqlite_url: str, clock: Clock) -> Iterator[Desk]:
    with Registry.open(sqlite_url, SECRET, now=clock) as registry:
        here = Desk(registry, clock, {"SANDBOX": "1"})
        yield here
        here.close()


@pytest.fixture
def tester(site: Desk) -> SandboxProgram:
    return SandboxProgram(site.client(), USER, add_key(site))
