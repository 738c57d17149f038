"""Sites that carriers post to, and the door behind them, watched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import text as sql
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from consents.columns import stored
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from gateways import carriers
from gateways.received import Received
from izin import app
from optout.sms import polling, sms_door
from settings import Settings, load
from tests.conftest import SECRET, Clock
from tests.gateways.conftest import patient as patient
from tests.gateways.conftest import twilio as twilio
from tests.gateways.conftest import verimor as verimor
from tests.gateways.fake_twilio import TOKEN
from tests.web.client import PageClient

AYSE = "+905320000001"
PATH = "/hooks/twilio/sms"
PUBLIC = "http://127.0.0.1:8000"
PATH_SECRET = "k7Qx2M9aBcDeF1k7Qx2M9aBcDeF1k7Qx"

_REPEATED = Statement(sql("SELECT 1 FROM inbound_message WHERE carrier = :carrier AND name = :name"))
_KEEP = Statement(
    sql("INSERT INTO inbound_message (carrier, name, received_at, state) VALUES (:carrier, :name, :at, 'done')")
)


class Door:
    """Stands in for sms.take: keeps each message once, by its name, and answers with its text."""

    def __init__(self) -> None:
        self.taken: list[Received] = []
        self.posted: list[bool] = []
        self.closed = False  # the store cannot commit
        self.poison: str | None = ""  # a text that breaks it
        self.closed_at: str | None = None  # a text at which the store cannot commit

    async def take(self, registry: Registry, settings: Settings, inbound: Received, *, post: bool) -> str | None:
        if inbound.text == self.poison:
            raise RuntimeError(inbound.text)
        if self.closed or inbound.text == self.closed_at:
            raise StoreUnavailable("disk full")
        if await registry.store.write(self._keep, inbound):
            self.taken.append(inbound)
            self.posted.append(post)
        return f"<{inbound.text}> & tamam" if inbound.text.startswith("RET") else None

    @staticmethod
    def _keep(transaction: Transaction, inbound: Received) -> bool:
        name = {"carrier": inbound.carrier, "name": inbound.name}
        if transaction.one(_REPEATED, name):
            return False
        transaction.run(_KEEP, {**name, "at": stored(inbound.received_at)})
        return True

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.taken]


class Post:
    """A running site and what carriers send to it."""

    def __init__(self, registry: Registry, clock: Clock, env: Mapping[str, str]) -> None:
        self.registry, self.clock = registry, clock
        self.settings = load({"SECRET_KEY": SECRET, **env})
        self.client = PageClient(
            app.build(self.settings, registry), base_url=self.settings.public_url, raise_server_exceptions=False
        )
        self.client.__enter__()

    def twilio(
        self,
        form: Mapping[str, str] | list[tuple[str, str]],
        *,
        url: str = PUBLIC + PATH,
        token: str = TOKEN,
        path: str = PATH,
        **headers: str,
    ) -> httpx2.Response:
        """Posts a webhook as Twilio does, signed for ``url``; ``headers`` replace what it would send."""
        signature = RequestValidator(token).compute_signature(url, dict(form))
        given = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, content=urlencode(form), headers=given)

    def signature(self, form: Mapping[str, str]) -> str:
        """Twilio's, for this site."""
        signature: str = RequestValidator(TOKEN).compute_signature(PUBLIC + PATH, form)
        return signature

    def verimor(self, entries: Any, secret: str = PATH_SECRET, at: str = "verimor") -> httpx2.Response:
        content = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
        return self.client.post(f"/hooks/{at}/{secret}", content=content, headers={"content-type": "application/json"})

    def look(self) -> None:
        """One turn of the poller."""
        chosen = carriers.inbox(self.settings.sms_gateway)
        assert chosen is not None
        asyncio.run(polling.read(self.registry, self.settings, chosen))

    @property
    def cursor(self) -> str | None:
        position: str | None = self.registry.store.read_now(
            lambda snapshot: (snapshot.one(Statement(sql("SELECT position FROM inbox_cursor"))) or (None,))[0]
        )
        return position

    def count(self, table: str) -> int:
        row = self.registry.store.read_now(Snapshot.one, Statement(sql(f"SELECT count(*) FROM {table}")))
        assert row is not None
        return int(row[0])


Open = Callable[..., Post]


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    made = Door()
    monkeypatch.setattr(sms_door, "take", made.take)
    return made


@pytest.fixture
def site(registry: Registry, clock: Clock) -> Iterator[Open]:
    """Opens a site: ``site(SMS_GATEWAY=twilio.url)``; once on each database."""
    opened: list[Post] = []

    def build(**env: str) -> Post:
        made = Post(registry, clock, env)
        opened.append(made)
        return made

    yield build
    for made in opened:
        made.client.__exit__(None, None, None)
