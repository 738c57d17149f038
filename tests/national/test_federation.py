"""Two İzins: one is the other's national registry, over its own API."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from consents import ledger, state
from consents.brands import companies
from consents.history import Deed
from consents.instants import DAY
from consents.ledger import Wish
from consents.people import register
from consents.rules import ONAY, RET, Reconsent
from consents.state import Key
from consents.terms import Actor, Door, Source, Status
from national.rounds import Sync
from national.upstream import accounts
from national.upstream.transport import IysReply, Pace, Sink
from providers.consents import batches
from tests.conftest import Clock, Opener
from tests.national.conftest import BRAND, PHONE, Company
from tests.providers.api.desk import Desk


class OverApi:
    """The client's transport to a site in this process."""

    def __init__(self, desk: Desk) -> None:
        self._client = desk.client()
        self._now = desk.registry.store.now

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, sink: Sink | None = None
    ) -> IysReply:
        answer = self._client.request(method, path, headers=dict(headers), content=body)
        if sink is not None and answer.status_code == 200:
            await sink(answer.content)
            return IysReply(200, b"", self._now())
        return IysReply(answer.status_code, answer.content, self._now())

    async def close(self) -> None:
        """The site is closed by its fixture."""


@pytest.fixture
def upstream(sqlite_template: Path, tmp_path: Path, open_registry: Opener, clock: Clock) -> Iterator[Desk]:
    shutil.copy(sqlite_template, tmp_path / "upstream.db")
    desk = Desk(open_registry(f"sqlite:///{tmp_path / 'upstream.db'}"), clock, {})
    yield desk
    desk.close()


@pytest.fixture
def below(upstream: Desk, company: Company) -> Company:
    """A company whose İYS is the other İzin."""
    store, keyring = company.registry.store, company.registry.keyring
    store.write_now(accounts.add, keyring, BRAND, BRAND, "cinar", upstream.passwords["cinar"])

    async def sleep(seconds: float) -> None:
        """The clock is the test's."""

    pace = Pace(lambda: company.clock.now / 1e6, sleep)
    company.sync = Sync(company.registry, OverApi(upstream), pace, seconds=lambda: company.clock.now / 1e6)
    return company


def key(upstream: Desk) -> Key:
    registry = upstream.registry
    brand = registry.store.read_now(companies.known_brand, BRAND)
    assert brand is not None
    who = register.person(registry.keyring, PHONE)
    return Key(registry.store.write_now(register.enrol, registry.keyring, who), brand.id, 1, 0)


def lives(below: Company, upstream: Desk, minutes: int, every: int = 5) -> None:
    """Time passes; each does its chores."""
    for _ in range(0, minutes, every):
        below.round()
        below.loop.run_until_complete(batches.store_waiting(upstream.registry))
        below.clock.forward(minutes=every)
    below.round()


def there(upstream: Desk) -> str | None:
    found = upstream.registry.store.read_now(state.of_key, key(upstream))
    return None if found is None else str(Status.of(found.status))


def test_what_is_said_in_one_counts_in_the_other(below: Company, upstream: Desk) -> None:
    assert Reconsent.CONFIRM is upstream.registry.policy.reconsent
    below.declares(ONAY, below.clock.now - DAY)
    lives(below, upstream, 20)
    assert there(upstream) == "ONAY", "what only one of them holds goes over at first contact"
    below.decides(RET, Door.SMS)
    lives(below, upstream, 20)
    assert there(upstream) == "RET"
    below.clock.forward(minutes=1)
    wish = Wish(*key(upstream)[1:], ONAY, Source.IYS_WEB.code)
    deed = Deed(Actor.CITIZEN, Door.PAGE)
    upstream.registry.store.write_now(ledger.decide, upstream.registry.policy, key(upstream).recipient, [wish], deed)
    lives(below, upstream, 90)
    assert below.here() == there(upstream) == "ONAY"
    below.clock.forward(days=1)
    lives(below, upstream, 90, 30)
    assert below.synced_brand().checked_day is not None
    assert below.state().faults == []
