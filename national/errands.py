"""Requests for an account (test, comparison, a round now), stored by the panel or a command for the process that speaks
with İYS. The last one is kept with its outcome: numbers and codes, no address."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

import structlog
from sqlalchemy import text

from consents.columns import micros, optional_micros, stored
from consents.instants import SECOND
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from national import movement_items, national_brands, rounds
from national.incoming import comparing
from national.incoming.comparing import KeyDifferences
from national.rounds import Sync
from national.upstream import accounts
from national.upstream.accounts import IysAccount
from national.upstream.answer_classes import HOUR_LIMITS
from national.upstream.iys_client import Blocked, IysClient, IysFault
from national.upstream.iys_messages import Garbled
from national.upstream.transport import Unreachable

EVERY = 2.0  # seconds between two looks for something asked

_ASKED = Statement(text("SELECT account, kind, asked_at FROM national_errand WHERE done_at IS NULL ORDER BY asked_at"))
_OF = Statement(text("SELECT kind, asked_at, done_at, outcome FROM national_errand WHERE account = :account"))
_NOTE = Statement(text("UPDATE national_errand SET outcome = :outcome WHERE account = :account AND kind = :kind"))
_DONE = Statement(
    text(
        "UPDATE national_errand SET outcome = :outcome, done_at = :now "
        "WHERE account = :account AND kind = :kind AND asked_at = :asked"
    )
)

log = structlog.get_logger()


class ErrandKind(IntEnum):
    """TEST: sign in and compare brands; COMPARE: count differences; ROUND: a round now. Stored as number."""

    TEST = 0
    COMPARE = 1
    ROUND = 2


class Errand(NamedTuple):
    """What was requested, when, when it was done (µs), and its outcome so far."""

    kind: ErrandKind
    asked_at: int
    done_at: int | None
    outcome: dict[str, Any]


class Tried(NamedTuple):
    """``offset``: by how much İYS's clock is ahead (µs); brands by brandCode."""

    offset: int
    both: list[int]
    here_only: list[int]
    there_only: list[int]


def ask(transaction: Transaction, account: int, kind: ErrandKind) -> None:
    """Stores a request, in place of an earlier one that is not done."""
    row = (account, int(kind), stored(transaction.now), None, None)
    transaction.upsert("national_errand", "account,kind", "account,kind,asked_at,done_at,outcome", [row])


def done_since(snapshot: Snapshot, asked: Mapping[int, int]) -> bool:
    """Whether each account's (by number) round that was requested then (µs) or later is done."""
    rounds_done = {
        account: errand.asked_at
        for account in asked
        for errand in list_all(snapshot, account)
        if errand.kind is ErrandKind.ROUND and errand.done_at is not None
    }
    return all(rounds_done.get(account, 0) >= at for account, at in asked.items())


def code_of(fault: Exception) -> str:
    if isinstance(fault, IysFault):
        return fault.code or str(fault.status)
    return str(fault) if isinstance(fault, Blocked) else "unreachable"


def any_asked(snapshot: Snapshot) -> bool:
    return snapshot.one(_ASKED) is not None


def list_all(snapshot: Snapshot, account: int) -> list[Errand]:
    rows = snapshot.all(_OF, {"account": account})
    return [_errand(*row) for row in rows]


async def do_asked(sync: Sync) -> None:
    store, keyring = sync.registry.store, sync.registry.keyring
    if not await store.read(any_asked):
        return
    async with sync.turn:
        for number, kind, asked_at in await store.read(lambda snapshot: snapshot.all(_ASKED)):
            if not await sync.leased():
                return
            account = next((one for one in await store.read(accounts.list_all, keyring) if one.id == number), None)
            if account is None:  # removed meanwhile, and what was asked of it with it
                continue
            try:
                outcome = await _done(sync, account, ErrandKind(kind))
            except StoreUnavailable:
                raise
            except Exception as fault:  # the other requests still run
                log.error("iys_errand_failed", account=account.iys_code, error=type(fault).__name__)
                outcome = {"fault": "failed"}
            await store.write(_keep, number, kind, asked_at, outcome)
            log.info("iys_errand", account=account.iys_code, kind=ErrandKind(kind).name, fault=outcome.get("fault"))


async def test(client: IysClient) -> Tried:
    """Signs in and lists the brands that both sides know. Errors: as the client's."""
    there = (await client.brands()).keys()
    known = await client.registry.store.read(national_brands.list_all, client.account.provider)
    here = {one.code for one in known}
    return Tried(client.offset, sorted(here & there), sorted(here - there), sorted(there - here))


async def differences(
    client: IysClient, so_far: Callable[[dict[int, KeyDifferences]], Awaitable[None]] | None = None
) -> dict[int, KeyDifferences]:
    """How both sides differ, by brandCode; changes nothing. ``so_far`` is called after each step."""
    registry, found = client.registry, dict[int, KeyDifferences]()
    there = await client.brands()
    for known in await registry.store.read(national_brands.list_all, client.account.provider):
        if known.code not in there:
            continue
        brand, after, found[known.code] = national_brands.unsynced(known), 0, KeyDifferences()
        while True:
            step, last = await comparing.differences(registry, client, brand, after)
            found[known.code] = found[known.code].plus(step)
            if last is None:
                break
            after = last
            if so_far is not None:
                await so_far(found)
    return found


def try_again(transaction: Transaction, account: int) -> int:
    """Returns movements that İYS refused to the queue, after a person's correction; how many."""
    brands = national_brands.of_account(transaction, account)
    return sum(movement_items.try_again(transaction, brand.brand) for brand in brands)


async def _done(sync: Sync, account: IysAccount, kind: ErrandKind) -> dict[str, Any]:
    if kind is ErrandKind.ROUND:
        return await _round(sync, account)
    # Somebody has just corrected something: İYS is asked, but for its own hour (H084).
    hour = account.blocked_by in HOUR_LIMITS
    client = sync.client(account if hour else account._replace(blocked_until=0))
    try:
        return await (_tested(client) if kind is ErrandKind.TEST else _compared(sync, client))
    except (IysFault, Unreachable, Garbled, Blocked) as fault:
        return {"fault": code_of(fault)}
    finally:
        await client.close_round()


async def _tested(client: IysClient) -> dict[str, Any]:
    tried = await test(client)
    await client.unblock()
    return {**tried._asdict(), "offset": tried.offset // SECOND}


async def _compared(sync: Sync, client: IysClient) -> dict[str, Any]:
    async def so_far(found: dict[int, KeyDifferences]) -> None:
        values = {"account": client.account.id, "kind": int(ErrandKind.COMPARE), "outcome": json.dumps(_outcome(found))}
        await sync.registry.store.write(lambda transaction: transaction.run(_NOTE, values))
        await sync.leased()

    return _outcome(await differences(client, so_far))


async def _round(sync: Sync, account: IysAccount) -> dict[str, Any]:
    if account.started_at is None:
        return {"fault": "not started"}
    store = sync.registry.store
    await store.write(try_again, account.id)
    await rounds.of_account(dataclasses.replace(sync, force=True), account)
    now = await store.read(accounts.of_provider, sync.registry.keyring, account.provider)
    return {"fault": now.blocked_by if now else None}


def _outcome(found: dict[int, KeyDifferences]) -> dict[str, Any]:
    return {"brands": [{"code": code, **one._asdict()} for code, one in found.items()]}


def _keep(transaction: Transaction, account: int, kind: int, asked: float, outcome: dict[str, Any]) -> None:
    values = {"account": account, "kind": kind, "asked": asked, "now": stored(transaction.now)}
    transaction.run(_DONE, {**values, "outcome": json.dumps(outcome)})


def _errand(kind: int, asked: float, done: float | None, outcome: str | None) -> Errand:
    ended = optional_micros(done)
    return Errand(ErrandKind(kind), micros(asked), ended, json.loads(outcome) if outcome else {})
