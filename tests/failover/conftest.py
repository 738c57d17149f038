"""A site on a primary and a synchronous standby, its callers, and its carrier."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from consents.brands import companies
from consents.people import register
from consents.registry import Registry, prepare
from consents.store import Statement, Transaction
from providers.callers import api_users, token_store
from providers.callers.api_users import Owner
from tests import free_port, programs, scratch
from tests.conftest import SECRET
from tests.consents.conftest import furnish
from tests.crash import senders, served
from tests.crash.conftest import tell as tell
from tests.crash.visitors import ready
from tests.crash.zygote import Zygote
from tests.failover import leftovers
from tests.failover.callers import DOORS, Caller, Callers, by_api, by_reading, by_sms, by_web
from tests.failover.nodes import Node, Pair
from tests.gateways.fake_verimor import FakeVerimor

COMPANY = 600100
# Companies whose brands no sender knows: (company, brand); so many that nobody on the web has refused all in the end.
OTHERS = {company: company + 100 for company in range(600701, 600731)}
MORE = [f"+9053200000{last:02}" for last in range(20, 96)]  # who write SMS
AMONG_THEM = 4  # senders of each kind
LEASE = 2  # seconds: a message whose sending was not settled is free for the next try while the database is away
K = TypeVar("K")
V = TypeVar("V")
_USER = Statement(text("SELECT max(id) FROM api_user"))


@dataclass
class World:
    """What the callers know of the registry."""

    cookies: dict[int, str]  # of signed-in citizens, by recipient
    writers: dict[str, int]  # recipients by number
    names: dict[str, int]  # the brands' names in SMS
    codes: dict[int, int]  # the other brands' codes
    tokens: list[tuple[int, str]]  # of programs: the brand's code, the access token

    def callers(self) -> list[Caller]:
        """New ones for each scenario would refuse what was refused before; so there is one set of them for all."""
        found = [Caller("web", by_web(some, self.codes), frozenset({303})) for some in _dealt(self.cookies)]
        found += [
            Caller("sms", by_sms(place, some, self.names), frozenset({200}))
            for place, some in enumerate(_dealt(self.writers))
        ]
        found += [
            Caller("api", by_api(place, COMPANY, brand, token), frozenset({200}))
            for place, (brand, token) in enumerate(self.tokens)
        ]
        return [*found, Caller("reading", by_reading(self.cookies), frozenset({200}))]


def _dealt(kept: dict[K, V]) -> list[dict[K, V]]:
    pairs = list(kept.items())
    return [dict(pairs[place::AMONG_THEM]) for place in range(AMONG_THEM)]


def settle(registry: Registry) -> World:
    furnish(registry)
    return registry.store.write_now(_settle, registry)


def _settle(transaction: Transaction, registry: Registry) -> World:
    names, codes = {}, {}
    for name, code in senders.BRANDS.items():
        companies.add_brand(transaction, COMPANY, code, name.title(), names=(name,))
        names[name] = _internal(transaction, code)
    for company, code in OTHERS.items():
        companies.add_provider(transaction, company, f"Örnek {company} A.Ş.")
        companies.add_brand(transaction, company, code, f"Marka {code}")
        codes[code] = _internal(transaction, code)
    people = [register.person(registry.keyring, number) for number in MORE]
    writers = dict(zip(MORE, register.enrol_all(transaction, registry.keyring, people), strict=True))
    tokens = []
    for place in range(AMONG_THEM):
        api_users.add(transaction, Owner.PROVIDER, COMPANY, f"program{place}", programs.password(f"program{place}"))
        row = transaction.one(_USER)
        assert row
        tokens.append((600101, token_store.issue(transaction, row[0]).access))
    return World(served.sign_in(transaction, registry), writers, names, codes, tokens)


def _internal(transaction: Transaction, code: int) -> int:
    found = companies.known_brand(transaction, code)
    assert found
    return found.id


@pytest.fixture(scope="session", autouse=True)
def _cleared() -> None:
    leftovers.clear()


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """A disk of its own for a primary, which can be filled; None where this machine lets nobody mount one."""
    room = scratch() / leftovers.named("small")
    room.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "izin", str(room)], capture_output=True, check=False
    )
    yield room if mounted.returncode == 0 else None
    if mounted.returncode == 0:
        subprocess.run(["umount", "-l", str(room)], check=True)
    room.rmdir()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, small_disk: Path | None) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("nodes")
    with ExitStack() as stack:
        nodes = [Node("a", folder / "a", small_disk), Node("b", folder / "b")]
        for node in nodes:
            stack.callback(node.close)
        made = Pair(*nodes)
        prepare(made.primary.url("izin"), SECRET)
        made.join()
        yield made


@pytest.fixture(scope="module")
def world(pair: Pair) -> World:
    with Registry.open(pair.url, SECRET) as registry:
        return settle(registry)


class SlowVerimor(FakeVerimor):
    """Takes its time, so that some messages are on their way whenever the database goes away."""

    def take(self, sent: dict[str, Any]) -> tuple[int, str]:
        time.sleep(0.3)
        return super().take(sent)


@pytest.fixture(scope="module")
def carrier() -> Iterator[FakeVerimor]:
    made = SlowVerimor()
    yield made
    made.close()


@dataclass
class Site:
    """``izin serve`` with its worker, which nobody starts again."""

    port: int
    folder: Path
    environment: dict[str, str]
    zygote: Zygote


@pytest.fixture(scope="module")
def site(pair: Pair, world: World, carrier: FakeVerimor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "live").mkdir()
    settings = {
        "DATABASE_URL": pair.url,
        "WITNESS_FILE": str(folder / "witness"),
        "SMS_GATEWAY": carrier.url,
        "HOOK_SECRET": senders.HOOK_SECRET,
        "SECRET_KEY": SECRET,
        "API_PER_SECOND": "1000000",
        "LOG_LEVEL": "warning",
    }
    zygote, port = Zygote(folder / "log", None, served.PROGRAM), free_port()
    try:
        zygote.start(database=str(folder / "live" / "izin.db"), port=port, settings=settings, lease=LEASE)
        asyncio.run(ready(port))
        yield Site(port, folder, settings, zygote)
        zygote.kill()  # it has lived through all that: one that ended by itself is an error
    finally:
        zygote.close()


@pytest.fixture(scope="module")
def callers(site: Site, world: World) -> Iterator[Callers]:
    with Callers(site.port, world.callers()) as callers:
        callers.acknowledged_after(0, DOORS)
        yield callers
