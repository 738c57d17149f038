"""One registry for all connectors of a run: each has people of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.registry import Served, served_demo


@pytest.fixture(scope="session")
def izin() -> Iterator[Served]:
    with served_demo() as site:
        yield site
