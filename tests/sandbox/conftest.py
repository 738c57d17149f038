"""A site over a SQLite registry with its sandbox, and a program in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from consents.registry import Registry
from tests.conftest import SECRET, Clock
from tests.providers.api.desk import Desk
from tests.sandbox.lab import USER, SandboxProgram, add_key


@pytest.fixture
def registry_of_sqlite(sqlite_url: str, clock: Clock) -> Iterator[Registry]:
    with Registry.open(sqlite_url, SECRET, now=clock) as registry:
        yield registry


@pytest.fixture
def site(registry_of_sqlite: Registry, clock: Clock) -> Iterator[Desk]:
    here = Desk(registry_of_sqlite, clock, {"SANDBOX": "1"})
    yield here
    here.close()


@pytest.fixture
def tester(site: Desk) -> SandboxProgram:
    return SandboxProgram(site.client(), USER, add_key(site))
