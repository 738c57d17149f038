from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.citizen.consents.town import Town, town
from tests.conftest import Opener


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener) -> Iterator[Town]:
    """A town on SQLite whose clock stands at NOON."""
    with town(open_registry(sqlite_url)) as opened:
        yield opened
