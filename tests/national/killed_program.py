"""The program that ``test_kill`` kills: rounds without a pause, over a real connection."""

from __future__ import annotations

import asyncio

from consents.registry import Registry
from consents.rules import Reconsent
from national.rounds import Sync, go
from national.upstream.pace import Pace
from national.upstream.transport import Https


def run(database: str, url: str, secret: str) -> None:
    """Until it is killed."""
    asyncio.run(_rounds(database, url, secret))


async def _rounds(database: str, url: str, secret: str) -> None:
    registry = Registry.open(database, secret, reconsent=Reconsent.ACCEPT)
    sync = Sync(registry, Https(url), Pace(most=1000))
    while True:
        await go(sync)
        await asyncio.sleep(0.01)
