from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from citizen.alerts import alert_job
from consents.registry import Registry
from gateways.outbox import outbox
from gateways.outbox.outbox import Readable
from settings import Settings, load
from tests.citizen.consents.town import MAIL, Town, Visitor, town
from tests.conftest import SECRET, Clock
from tests.web.client import Sheet

PAGE = "/izinler/haber"


class Watchman:
    """A town whose round of the day is made when told so."""

    def __init__(self, here: Town, clock: Clock, settings: Settings) -> None:
        self.town, self.clock, self.settings = here, clock, settings

    def ask(self, *addresses: str, target: str = "", language: str = "") -> Visitor:
        """Signs in with these addresses and asks for news of the first, to the last of them."""
        visitor = self.town.sign_in(*addresses)
        (mark, *_), where = self.marks(visitor, addresses[0]), target or addresses[-1]
        chosen = {f"yer-{mark}": self.marks(visitor, where)[0]}
        answer = visitor.post(f"{PAGE}{language}", shown=mark, haber=mark, **chosen)
        assert answer.status_code == 303, answer.text
        return visitor

    def marks(self, visitor: Visitor, address: str) -> list[str]:
        """The marks of forms about this address."""
        from citizen.session.holder import _mark

        return [_mark(self.town.registry, address)]

    def round(self) -> None:
        asyncio.run(alert_job.send_alerts(self.town.registry, self.settings))

    def tomorrow(self) -> None:
        """Moves to the next day's noon and makes its round."""
        self.clock.forward(days=1)
        self.round()

    @property
    def sent(self) -> list[Readable]:
        """What waits in the outbox, oldest first."""
        registry: Registry = self.town.registry
        return registry.store.read_now(outbox.readable, registry.keyring, 100)[::-1]

    def headers(self) -> dict[str, str]:
        """The header fields of the newest message."""
        from sqlalchemy import text

        from consents.store import Statement

        query = Statement(text("SELECT sealed FROM outbox ORDER BY id DESC LIMIT 1"))
        row = self.town.registry.store.read_now(lambda snapshot: snapshot.one(query))
        assert row is not None
        words = self.town.registry.keyring.unseal_evidence(bytes(row[0]))
        return dict(words.get("headers", {}))


def ticked(page: str) -> dict[str, bool]:
    """The ticks of a page: mark -> whether it is set."""
    boxes = [given for given in Sheet(page).all("input") if given.get("type") == "checkbox"]
    return {box["value"]: "checked" in box for box in boxes}


@pytest.fixture
def watchman(registry: Registry, clock: Clock) -> Iterator[Watchman]:
    with town(registry) as here:
        yield Watchman(here, clock, load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838"}))


@pytest.fixture
def watchman_sms(registry: Registry, clock: Clock) -> Iterator[Watchman]:
    with town(registry, NOTICE_SMS="1") as here:
        yield Watchman(here, clock, load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838", "NOTICE_SMS": "1"}))


__all__ = ["MAIL"]
