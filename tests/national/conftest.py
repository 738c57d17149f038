"""A registry with a company that has an account at a local İYS; both go by one clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from consents import ledger, state
from consents.brands import companies
from consents.history import Deed
from consents.instants import MINUTE, SECOND
from consents.ledger import Claim, Wish
from consents.people import register
from consents.registry import Registry, prepare
from consents.rules import DOOR_SOURCES, ONAY, RET, Reconsent
from consents.state import Key
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Source, Status
from national import national_brands, national_status
from national.national_status import SyncState
from national.rounds import Sync, go
from national.upstream import accounts
from national.upstream.transport import Pace
from tests.conftest import SECRET, Clock, Opener
from tests.national.local_iys import LocalIys
from tests.national.wired import Wired

BRAND, OTHER = 600101, 600102
PHONE = "+905320000001"


class Company:
    """What a test does to both sides. Times are the clock's."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self.registry, self.clock = registry, clock
        self.iys = LocalIys(lambda: clock.now / 1e6, brands={BRAND: "Çınar", OTHER: "Çınar Çocuk"})
        registry.store.write_now(self._companies)
        brand = registry.store.read_now(companies.known_brand, BRAND)
        assert brand is not None
        self.brand = brand.id
        self.sync = self.synced()
        self.loop = asyncio.new_event_loop()

    def _companies(self, transaction: Transaction) -> None:
        companies.add_provider(transaction, BRAND, "Çınar A.Ş.")
        companies.add_brand(transaction, BRAND, BRAND, "Çınar")
        accounts.add(transaction, self.registry.keyring, BRAND, BRAND, "sirket", "gizli-parola")
        accounts.start(transaction, 1)

    def synced(self) -> Sync:
        """What one process has; another one has another."""

        async def sleep(seconds: float) -> None:
            self.clock.forward(seconds=seconds)

        pace = Pace(lambda: self.clock.now / 1e6, sleep)
        return Sync(self.registry, Wired(self.iys), pace, seconds=lambda: self.clock.now / 1e6)

    def round(self, *, force: bool = False, sync: Sync | None = None) -> bool:
        here = sync or self.sync
        here.force = force
        return self.loop.run_until_complete(go(here))

    def rounds(self, minutes: int, every: int = 5) -> None:
        """Rounds while time passes."""
        for _ in range(0, minutes, every):
            self.round()
            self.clock.forward(minutes=every)
        self.round()

    def meet(self) -> None:
        """The first contact."""
        self.round()
        assert self.synced_brand().compared_at is not None

    def synced_brand(self) -> national_brands.SyncedBrand:
        (account,) = self.registry.store.read_now(accounts.list_all, self.registry.keyring)
        return self.registry.store.read_now(national_brands.of_account, account.id)[0]

    def key(self, address: str = PHONE, channel: Channel = Channel.MESAJ) -> Key:
        who = register.person(self.registry.keyring, address)
        number = self.registry.store.write_now(register.enrol, self.registry.keyring, who)
        return Key(number, self.brand, channel.code, 0)

    def decides(
        self, status: int, door: Door = Door.PAGE, address: str = PHONE, channel: Channel = Channel.MESAJ
    ) -> int | None:
        key = self.key(address, channel)
        wish = Wish(*key[1:], status, DOOR_SOURCES[door].code)
        deed = Deed(Actor.CITIZEN, door)
        write = self.registry.store.write_now
        return write(ledger.decide, self.registry.policy, key.recipient, [wish], deed).act

    def declares(self, status: int, at: int, address: str = PHONE, source: Source = Source.HS_ATM) -> list[str]:
        claim = Claim(*self.key(address), status, source.code, at // SECOND * SECOND)
        deed = Deed(Actor.PROVIDER, Door.API)
        return self.registry.store.write_now(ledger.declare, self.registry.policy, self.brand, [claim], deed)

    def undoes(self, act: int | None, door: Door = Door.PAGE) -> None:
        assert act is not None
        deed = Deed(Actor.CITIZEN, door)
        assert self.registry.store.write_now(ledger.undo, self.registry.policy, act, deed)

    def here(self, address: str = PHONE, channel: Channel = Channel.MESAJ) -> str | None:
        found = self.registry.store.read_now(state.of_key, self.key(address, channel))
        return None if found is None else str(Status.of(found.status))

    def there(self, address: str = PHONE, channel: Channel = Channel.MESAJ) -> str | None:
        return self.iys.status(BRAND, address, channel)

    def sent(self) -> list[tuple[str, str, str, str]]:
        """What İYS has stored of ours and of other programs: recipient, status, source, date."""
        moved = [one for one in self.iys.movements[BRAND] if one["source"].startswith("HS_")]
        return [(one["recipient"], one["status"], one["source"], one["consentDate"]) for one in moved]

    def state(self) -> SyncState:
        now = self.registry.store.now()
        return self.registry.store.read_now(national_status.list_all, self.registry.keyring, now)[0]


@pytest.fixture
def accepting(database_url: str) -> str:
    """A database that lets a provider's newer ONAY stand, as İYS does."""
    prepare(database_url, SECRET, Reconsent.ACCEPT)
    return database_url


@pytest.fixture
def company(accepting: str, open_registry: Opener, clock: Clock) -> Iterator[Company]:
    made = Company(open_registry(accepting, reconsent=Reconsent.ACCEPT), clock)
    yield made
    made.loop.close()


__all__ = ["BRAND", "MINUTE", "ONAY", "PHONE", "RET", "Company"]
