"""Çınar, Işık, Duran and Retro, and a phone that writes to the shared number or to Çınar's own."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text

from consents import ledger
from consents.brands import companies
from consents.history import Deed
from consents.ledger import Claim, Wish
from consents.people import register
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from gateways.outbox import outbox
from gateways.received import Received
from optout.sms import sms_brands, sms_door
from settings import Settings, load
from tests.conftest import SECRET, Clock

AYSE, MEHMET = "+905320000001", "+905320000002"
CINAR, MINI, ISIK, DURAN, RETRO = 600101, 600102, 600202, 600303, 600404
SHARED, OWN = "3838", "+908500000000"
MERSIS = "0123456789012345"
DAY = 86_400_000_000  # µs

_CODES = Statement(text("SELECT id, code FROM brand"))
_STANDS = Statement(
    text(
        "SELECT b.code, c.channel, c.identity, c.status FROM consent c JOIN brand b ON b.id = c.brand "
        "JOIN recipient r ON r.id = c.recipient WHERE r.sealed = :sealed ORDER BY 1, 2, 3"
    )
)


def furnish(transaction: Transaction) -> None:
    companies.add_provider(transaction, 600100, "Çınar Mağazacılık A.Ş.", MERSIS)
    companies.add_brand(transaction, 600100, CINAR, "Çınar", names=("CINAR",), headers=("CINARMKT",))
    companies.add_brand(transaction, 600100, MINI, "Çınar Mini", names=("CINAR MINI",))
    for provider, brand, title in ((600200, ISIK, "Işık"), (600300, DURAN, "Duran"), (600400, RETRO, "Retro")):
        companies.add_provider(transaction, provider, f"{title} A.Ş.")
        companies.add_brand(transaction, provider, brand, title, names=(title,))
    cinar = companies.known_brand(transaction, CINAR)
    assert cinar
    sms_brands.add_number(transaction, cinar, OWN, (SHARED,))


class Phone:
    """What one number writes, and what the registry then holds."""

    def __init__(self, registry: Registry, clock: Clock, settings: Settings, number: str = AYSE) -> None:
        self.registry, self.clock, self.settings, self.number = registry, clock, settings, number
        self.codes = dict(registry.store.read_now(lambda snapshot: snapshot.all(_CODES)))
        self._names = count()

    def of(self, number: str) -> Phone:
        """Another one's phone."""
        other = Phone(self.registry, self.clock, self.settings, number)
        other._names = self._names
        return other

    def takes(self, message: Received, *, post: bool = False) -> str | None:
        return asyncio.run(sms_door.take(self.registry, self.settings, message, post=post))

    def message(self, written: str, to: str = SHARED, **other: Any) -> Received:
        made = Received("verimor", f"m{next(self._names)}", self.number.lstrip("+"), to, written, self.clock.now)
        return made._replace(**other)

    def writes(self, written: str, to: str = SHARED) -> str:
        """The reply, a second later; "" where there is none."""
        self.clock.forward(seconds=1)
        return self.takes(self.message(written, to)) or ""

    def told(self, brand: int, channel: str = "MESAJ", status: str = "ONAY", identity: str = "BIREYSEL") -> None:
        """A provider's word, thirty days old."""
        store, keyring = self.registry.store, self.registry.keyring
        who = register.person(keyring, self.number)
        recipient = store.write_now(register.enrol, keyring, who)
        ids = {code: number for number, code in self.codes.items()}
        at = (store.now() - 30 * DAY) // 1_000_000 * 1_000_000
        claim = Claim(
            recipient, ids[brand], Channel(channel).code, Identity(identity).code, Status(status).code,
            Source.HS_WEB.code, at,
        )  # fmt: skip
        store.write_now(ledger.declare, self.registry.policy, claim.brand, [claim], Deed(Actor.PROVIDER, Door.FILE))

    def refuses_by_link(self, brand: int, door: Door = Door.LINK) -> None:
        """Somebody refuses by a link that was sent to this number."""
        ids = {code: number for number, code in self.codes.items()}
        store, who = self.registry.store, register.person(self.registry.keyring, self.number)
        recipient = store.write_now(register.enrol, self.registry.keyring, who)
        wish = Wish(ids[brand], Channel.MESAJ.code, Identity.BIREYSEL.code, Status.RET.code, Source.IYS_WEB.code)
        store.write_now(ledger.decide, self.registry.policy, recipient, [wish], Deed(Actor.CITIZEN, door))

    def allows(self, *codes: int) -> None:
        """These brands take a consent by SMS."""
        for number, code in self.codes.items():
            if code in codes:
                self.registry.store.write_now(lambda t, brand=number: sms_brands.set_onay(t, brand, on=True))

    def stands(self) -> dict[tuple[int, str], str]:
        """(brandCode, channel) -> the status, where both identities agree or one alone has it, else both."""
        sealed = register.person(self.registry.keyring, self.number).sealed
        rows = self.registry.store.read_now(lambda snapshot: snapshot.all(_STANDS, {"sealed": sealed}))
        found: dict[tuple[int, str], set[str]] = {}
        for code, channel, _, status in rows:
            found.setdefault((code, str(Channel.of(channel))), set()).add(str(Status.of(status)))
        return {key: "/".join(sorted(statuses)) for key, statuses in found.items()}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.registry.store.read_now(Snapshot.all, Statement(text(query)))

    def number_of(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def waits(self) -> bool:
        """Whether an SMS is in the outbox."""
        return self.registry.store.read_now(outbox.due, "sms", self.clock.now)


def settings_of(**env: str) -> Settings:
    return load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": SHARED, **env})


@pytest.fixture
def phone(registry: Registry, clock: Clock) -> Phone:
    """AYSE's, on both databases."""
    registry.store.write_now(furnish)
    return Phone(registry, clock, settings_of())


@pytest.fixture
def light_phone(sqlite_url: str, open_registry: Any, clock: Clock) -> Phone:
    """AYSE's, on SQLite alone."""
    registry = open_registry(sqlite_url)
    registry.store.write_now(furnish)
    return Phone(registry, clock, settings_of())
