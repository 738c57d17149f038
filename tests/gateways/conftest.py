"""Carriers that can be watched and broken, and messages for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from consents.registry import Registry
from consents.store import Snapshot, Statement
from gateways.carrier import Carrier, Kind, OutgoingMessage
from gateways.outbox import delivery
from tests import posting
from tests.conftest import NOON, Clock
from tests.gateways.fake_twilio import FakeTwilio
from tests.gateways.fake_verimor import FakeVerimor
from tests.gateways.mail_server import MailServer

SECOND = 1_000_000
SMS = {"kind": "sms", "to": "+905320000017", "text": "Izin giris kodu: 048213\n@izin.example #048213"}
MAIL = {"kind": "mail", "to": "kanarya@example.com", "subject": "İzin giriş kodunuz: 048213", "text": "Kod: 048213"}
LATER = "+905320000018"  # of who is sent something when the gateway is well again
CANARIES = ("5320000017", "kanarya", "048213", "giris", "giri\u015f")

Post = Callable[..., int]
Row = Callable[[int], dict[str, Any]]
Written = Callable[[], str]


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """Carriers are waited for as long as a busy machine takes; a test of impatience says so."""
    with pytest.MonkeyPatch.context() as patched:
        for module in ("twilio.sending", "client", "smtp.sending"):
            patched.setattr(f"gateways.{module}.SECONDS", 60.0)
        patched.setattr(delivery, "LONGEST", 120.0)
        yield


class Pigeon:
    """A carrier that takes what it is given, or raises what stands in ``faults`` for an address."""

    def __init__(self) -> None:
        self.taken: list[OutgoingMessage] = []
        self.faults: dict[str, BaseException] = {}
        self.before: Callable[[OutgoingMessage], Any] = lambda message: None

    async def send(self, message: OutgoingMessage) -> str:
        waiting = self.before(message)
        if waiting is not None:
            await waiting
        if fault := self.faults.get(message.to) or self.faults.get("*"):
            raise fault
        self.taken.append(message)
        return f"pigeon-{len(self.taken)}"

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.taken]


@pytest.fixture
def pigeon() -> Pigeon:
    return Pigeon()


@pytest.fixture
def post(registry: Registry, clock: Clock) -> Post:
    """Puts a message into the outbox of ``registry``: post(SMS, secret=True, minutes=10); its row's number."""

    def put(words: dict[str, str] = SMS, *, secret: bool = True, minutes: float = 10, **other: str) -> int:
        expires_at = clock.now + round(minutes * 60 * SECOND)
        row = registry.store.write_now(
            lambda transaction: posting.post(
                transaction,
                registry.keyring,
                **{**words, **other},
                secret=secret,
                expires_at=expires_at,
            )
        )
        return int(row)

    return put


@pytest.fixture
def row(registry: Registry) -> Row:
    """A row of the outbox, by its number, as it stands."""
    columns = "state", "tries", "next_try_at", "sealed", "message_id", "error", "settled_at"
    one = Statement(text(f"SELECT {','.join(columns)} FROM outbox WHERE id = :id"))

    def read(number: int) -> dict[str, Any]:
        found = registry.store.read_now(Snapshot.one, one, {"id": number})
        assert found is not None
        return dict(zip(columns, found, strict=True))

    return read


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    fake = FakeTwilio()
    yield fake
    fake.close()


@pytest.fixture
def verimor() -> Iterator[FakeVerimor]:
    fake = FakeVerimor()
    yield fake
    fake.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """One without TLS and without accounts."""
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def lines(written: Callable[[], str]) -> Callable[[], list[dict[str, Any]]]:
    """The lines logged of messages since the last call."""

    def read() -> list[dict[str, Any]]:
        said = [json.loads(line) for line in written().splitlines()]
        return [line for line in said if line["event"].startswith("message_")]

    return read


def message(words: dict[str, str] = SMS, *, minutes: float = 10, **other: str) -> OutgoingMessage:
    """A message as a carrier is given it."""
    expires_at = NOON + round(minutes * 60 * SECOND)
    filled = {"subject": "", **words, **other}
    return OutgoingMessage(**filled, at=NOON, expires_at=expires_at, reference="0123456789abcdef" * 2)  # type: ignore[arg-type]


def deliver(registry: Registry, carrier: Carrier, kind: Kind = "sms") -> None:
    """One turn of the worker."""
    asyncio.run(delivery.deliver(registry, kind, carrier))
