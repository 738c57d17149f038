"""One bounded round with İYS, both ways, for every account, in one process (the lease). First what İYS holds comes in,
then refusals go out, then the rest."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from consents.care import workers
from consents.instants import HOUR, SECOND
from consents.registry import Registry
from consents.store import Bells, StoreUnavailable
from national import merging, national_brands
from national.incoming import comparing, day_checks, pulls, retailer_lists
from national.national_brands import SyncedBrand
from national.outgoing import sending_out
from national.upstream import accounts
from national.upstream.accounts import IysAccount
from national.upstream.answer_classes import HOUR_LIMITS, AnswerClass
from national.upstream.iys_client import Blocked, IysClient, IysFault, SinglesSpent
from national.upstream.iys_messages import Garbled
from national.upstream.transport import Https, Pace, SingleQueries, Transport, Unreachable

EVERY = 30.0  # seconds between two rounds
SECONDS = 40.0  # after which a round begins nothing new; the next one goes on
LISTS = 20  # of one brand in one round, so that another one's refusals need not wait

_bells = Bells()

log = structlog.get_logger()


@dataclass
class Sync:
    """What one process needs to speak with İYS. ``pull_every``: µs between two pulls of a brand; ``turn``: excludes
    rounds and the panel's requests; by account ``singles``, and ``failing``: since when (µs) İYS fails."""

    registry: Registry
    transport: Transport
    pace: Pace = field(default_factory=Pace)
    pull_every: int = pulls.EVERY
    holder: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    seconds: Callable[[], float] = lambda: asyncio.get_running_loop().time()
    brands_asked: dict[int, int] = field(default_factory=dict)  # account -> when its list of brands was read (µs)
    force: bool = False  # a round that somebody asked for: everything is due
    leased_at: int | None = None  # µs
    due_in: float = EVERY  # seconds from a round until one is worth while
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    singles: dict[int, SingleQueries] = field(default_factory=dict)
    failing: dict[int, int] = field(default_factory=dict)

    async def leased(self) -> bool:
        """Whether this process speaks with İYS; renews the lease every half of it."""
        now = self.registry.store.now()
        if self.leased_at is None or not 0 <= now - self.leased_at < accounts.LEASE // 2:
            made = await self.registry.store.write(accounts.take_lease, self.holder)
            self.leased_at = now if made else None
        return self.leased_at is not None

    def client(self, account: IysAccount) -> IysClient:
        singles = self.singles.setdefault(account.id, SingleQueries())
        return IysClient(self.registry, account, self.transport, self.pace, singles)


def of_registry(registry: Registry, url: str) -> Sync:
    made: Sync = registry.store.own("national sync", lambda: Sync(registry, Https(url)))
    return made


async def end(sync: Sync) -> None:
    if sync.leased_at is not None:
        await sync.registry.store.write(accounts.free_lease, sync.holder)
        sync.leased_at = None
    await sync.transport.close()


async def go(sync: Sync) -> bool:
    """One round of all started accounts; False where another process runs one."""
    store, registry = sync.registry.store, sync.registry
    if not await store.read(accounts.any_account):
        return True
    async with sync.turn:
        sync.due_in = EVERY
        if not await sync.leased():
            return False
        for account in await store.read(accounts.list_all, registry.keyring):
            if account.started_at is None:
                continue
            if not await sync.leased():
                return False
            if sync.force or not account.blocked(store.now()):
                await of_account(sync, account)
            workers.report_progress()
    return True


async def of_account(sync: Sync, account: IysAccount) -> None:
    """One account's round; its errors hold up no other. Hold the turn and the lease."""
    if sync.force and account.blocked_by not in HOUR_LIMITS:
        account = account._replace(blocked_until=0)
    client = sync.client(account)
    try:
        await _brands(sync, client)
        await client.unblock()
        sync.failing.pop(account.id, None)
    except IysFault as fault:
        log.error("iys_refuses_account", account=account.iys_code, answer=fault.code, status=fault.status)
        if fault.kind in (AnswerClass.RETRY, AnswerClass.SLOWER):
            slower = fault.kind is AnswerClass.SLOWER
            await _wait(sync, client, fault.code or str(fault.status), slower=slower)
        else:
            await client.block_for(fault)
    except (Unreachable, Garbled) as fault:
        log.warning("iys_unreachable", account=account.iys_code, error=type(fault).__name__, what=str(fault))
        await _wait(sync, client, "unreachable")
    except Blocked as fault:
        log.warning("iys_waits", account=account.iys_code, why=str(fault))
    except StoreUnavailable:
        raise
    except Exception as fault:  # the other accounts still run
        log.error("iys_round_failed", account=account.iys_code, error=type(fault).__name__)
        await _wait(sync, client, "failed")
    finally:
        await client.close_round()


async def _wait(sync: Sync, client: IysClient, why: str, *, slower: bool = False) -> None:
    span = await client.wait_for_iys(why, sync.failing.setdefault(client.account.id, client.now), slower=slower)
    sync.due_in = min(sync.due_in, span / SECOND)


def call_early(sync: Sync) -> None:
    """Brings the next round forward, where an account waits for less."""
    if sync.due_in < EVERY:
        asyncio.get_running_loop().call_later(sync.due_in, _bells.ring, sync.registry.store)


def bell(registry: Registry) -> asyncio.Event:
    """Set when the next round is due early."""
    return _bells.hang(registry.store)


async def _brands(sync: Sync, client: IysClient) -> None:
    """A round of each brand; a brand's error is raised after all others."""
    store, until, faults = sync.registry.store, sync.seconds() + SECONDS, list[Exception]()
    await _begin(sync, client)
    brands = await store.read(national_brands.of_account, client.account.id)
    for brand in brands:
        await _alone(brand, _send(sync, client, brand), faults)
        if not await sync.leased():
            return
    for brand in brands:
        if sync.seconds() >= until and not sync.force:
            break
        await _rest(sync, client, brand, until, faults)
        if not await sync.leased():
            return
    if faults:
        raise faults[0]


async def _alone(brand: SyncedBrand, step: Awaitable[None], faults: list[Exception]) -> None:
    """A step of one brand; errors of that brand alone are collected in ``faults``."""
    try:
        await step
    except (Unreachable, Blocked, StoreUnavailable):
        raise
    except IysFault as fault:
        if fault.at_sign_in or fault.kind is not AnswerClass.ESCALATE:
            raise
        log.error("iys_refuses_brand", brand=brand.code, answer=fault.code, status=fault.status)
        faults.append(fault)
    except Exception as fault:
        log.error("iys_step_failed", brand=brand.code, error=type(fault).__name__)
        faults.append(fault)


async def _begin(sync: Sync, client: IysClient) -> None:
    """Adds brands that İYS knows too."""
    store, account = sync.registry.store, client.account
    missing = await store.read(national_brands.missing, account.provider)
    asked = sync.brands_asked.get(account.id)
    if not missing or (asked is not None and 0 <= client.now - asked < HOUR and not sync.force):
        return
    known = await client.brands()
    sync.brands_asked[account.id] = client.now
    for brand in missing:
        if brand.code in known:
            await store.write(national_brands.begin, account.id, brand.id)


async def _send(sync: Sync, client: IysClient, brand: SyncedBrand) -> None:
    """Sends this side's changes, once both sides were compared."""
    registry = sync.registry
    if brand.compared_at is None:
        return
    await sending_out.plan(registry, brand)
    await sending_out.fetch_results(registry, client, brand)
    with suppress(SinglesSpent):
        await merging.merge(registry, client, brand)
    await sending_out.send(registry, client, brand, LISTS)


async def _rest(sync: Sync, client: IysClient, brand: SyncedBrand, until: float, faults: list[Exception]) -> None:
    if sync.force or pulls.due(brand, client.now, sync.pull_every):
        await _alone(brand, retailer_lists.learn(sync.registry, client, brand, force=sync.force), faults)
        await _alone(brand, _days(sync.registry, client, brand), faults)
        await _alone(brand, _pull(sync.registry, client, brand), faults)
    await _alone(brand, _compare(sync, client, brand, until), faults)


async def _pull(registry: Registry, client: IysClient, brand: SyncedBrand) -> None:
    await pulls.pull(registry, client, brand)


async def _compare(sync: Sync, client: IysClient, brand: SyncedBrand, until: float) -> None:
    """Compares both sides, as far as due; the first time this side's changes are sent afterwards."""
    registry, first = sync.registry, brand.compared_at is None
    if first and brand.compared_to == 0 and not brand.cursor:
        # What happens from here on has its turn after the comparison.
        await registry.store.write(national_brands.begin_here, brand.brand)
    brand = await _again(registry, client, brand)
    with suppress(SinglesSpent):  # within the hour it goes on from where it is
        while brand.compared_to >= 0 and (sync.force or sync.seconds() < until) and await sync.leased():
            await comparing.compare(registry, client, brand)
            brand = await _again(registry, client, brand)
    if first and brand.compared_at is not None:
        await _send(sync, client, brand)


async def _days(registry: Registry, client: IysClient, brand: SyncedBrand) -> None:
    for day in day_checks.days_due(brand, client.iys_now):
        await day_checks.check(registry, client, brand, day)


async def _again(registry: Registry, client: IysClient, brand: SyncedBrand) -> SyncedBrand:
    found = await registry.store.read(national_brands.of_account, client.account.id)
    return next(one for one in found if one.brand == brand.brand)
