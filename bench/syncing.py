"""The sync with İYS: 10,000 changes out, and what both sides hold compared, within İYS's own limits.

Against the strict İYS of the tests, in the same process, at the pace that İYS allows: nine requests a second.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from bench import child, postgresql, registries
from bench.harness import Row, Scale
from consents import ledger, reportable
from consents.columns import stored
from consents.history import Deed
from consents.ledger import Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY
from consents.store import Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from national import national_brands, national_status
from national.rounds import Sync, go
from national.upstream import accounts
from tests.national.local_iys import LocalIys, Record
from tests.national.wired import Wired

CHANGES, MILLION = 10_000, 1_000_000


def run(scale: Scale) -> list[Row]:
    changes = CHANGES if scale.name != "tiny" else 1500
    out = child.call(send, url=registries.fresh(scale)[0], changes=changes)
    at_sqlite = child.call(compare, url=registries.loaded(scale, scale.large).url)
    with (
        postgresql._server(Path("/tmp") / f"izin-bench-iys-{os.getpid()}") as server,
        postgresql._database(server) as url,
    ):
        registries.make(url)
        file = str(registries.template(scale, scale.rows))
        child.call(registries.load, url=url, file=file, code=registries.BRANDS[-1])
        at_postgresql = child.call(compare, url=url)
    return [
        Row(f"{CHANGES:,} changes out to İYS", out * CHANGES / changes, "s", 60, 20, less=True),
        _compared("SQLite", *at_sqlite),
        _compared("PostgreSQL", *at_postgresql),
    ]


def _compared(where: str, keys: int, seconds: float) -> Row:
    what = f"1 M keys compared with İYS, {where}"
    return Row(what, seconds / keys * MILLION, "s", 600, 150, less=True, note=f"{keys:,} keys in {seconds:.1f} s")


def send(url: str, changes: int) -> float:
    """Seconds until İYS has taken every change."""
    with registries.open_registry(url) as registry:
        iys = _met(registry)
        brand = registries.brand(registry, registries.BRANDS[0]).id
        registry.store.write_now(_approve, registry, brand, changes)
        began = time.perf_counter()
        asyncio.run(_until(registry, iys, lambda: sum(len(one.items) for one in iys.batches.values()) >= changes))
        return time.perf_counter() - began


def compare(url: str) -> tuple[int, float]:
    """How many keys, and in how many seconds."""
    with registries.open_registry(url) as registry:
        iys = _account(registry)
        brand = registries.brand(registry, registries.BRANDS[-1])
        keys = _copy(registry, iys, brand.id, brand.code)

        def done() -> bool:
            (state,) = registry.store.read_now(national_status.list_all, registry.keyring, registry.store.now())
            return any(one.brand == brand.id and one.compared_at is not None for one in state.brands)

        began = time.perf_counter()
        asyncio.run(_until(registry, iys, done))
        return keys, time.perf_counter() - began


def _account(registry: Registry) -> LocalIys:
    code = registries.PROVIDER
    brands = {registries.BRANDS[0]: "A", registries.BRANDS[-1]: "B"}
    iys = LocalIys(time.time, company=code, brands=brands, late=lambda: 0.0)
    registry.store.write_now(accounts.add, registry.keyring, code, code, "sirket", "gizli-parola")
    registry.store.write_now(accounts.start, 1)
    return iys


def _met(registry: Registry) -> LocalIys:
    """Both have met; there was nothing to compare."""
    iys = _account(registry)

    def work(transaction: Transaction) -> None:
        (account,) = accounts.list_all(transaction, registry.keyring)
        for code in iys.brands:
            brand = registries.brand(registry, code).id
            national_brands.begin(transaction, account.id, brand)
            now = stored(transaction.now)
            national_brands.move(transaction, brand, compared_at=now, pulled_at=now, compared_to=-1)

    registry.store.write_now(work)
    return iys


async def _until(registry: Registry, iys: LocalIys, done: object) -> None:
    sync = Sync(registry, Wired(iys))
    while not done():  # type: ignore[operator]
        await go(sync)
    assert not iys.broken, iys.broken


def _approve(transaction: Transaction, registry: Registry, brand: int, changes: int) -> None:
    people = [
        register.person(registry.keyring, f"+9053{number:08}") for number in range(20_000_000, 20_000_000 + changes)
    ]
    for recipient in register.enrol_all(transaction, registry.keyring, people):
        wish = Wish(brand, Channel.MESAJ.code, Identity.BIREYSEL.code, ONAY, Source.IYS_WEB.code)
        ledger.decide(transaction, registry.policy, recipient, [wish], Deed(Actor.CITIZEN, Door.PAGE))


def _copy(registry: Registry, iys: LocalIys, brand: int, code: int) -> int:
    """Lets İYS hold what stands here, but for one consent in ten thousand; how many keys there are."""
    keys, after = 0, 0
    while True:
        rows, last = registry.store.read_now(reportable.standing, brand, after, 20_000)
        if last is None:
            return keys
        for key, stands, sealed in rows:
            keys += 1
            if stands.status == ONAY and keys % 10_000:
                words = str(Channel.of(key.channel)), str(Identity.of(key.identity))
                said = stands.in_force().at // 1_000_000
                iys.records[code, registry.keyring.unseal(sealed) or "", *words] = Record(
                    "ONAY", "HS_WEB", said, said, ""
                )
        after = last
