"""``POST /iys/push``: İYS's push of citizens' changes. A refusal applies at once; an ONAY waits for the next pull,
because a stolen password could invent consents."""

from __future__ import annotations

import base64
import hmac
from collections import defaultdict
from collections.abc import Sequence

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from consents.columns import stored
from consents.registry import Registry
from consents.store import StoreUnavailable, Transaction
from national import national_brands
from national.incoming import relayed
from national.upstream import accounts, iys_messages
from national.upstream.accounts import IysAccount
from national.upstream.iys_messages import Garbled, UpstreamMovement
from web import process

BYTES = 1_000_000
TEST = "pushtest@iys.org.tr"  # of the record that must be taken before a connection is made; about nobody

log = structlog.get_logger()


async def take(request: Request) -> Response:
    """200 once its refusals are durable; 401 for a stranger, 400 where unreadable, 503: push again."""
    registry = process.of(request).registry
    account = await _account(request)
    if account is None:
        return JSONResponse({"message": "Unauthorized"}, 401, headers={"WWW-Authenticate": 'Basic realm="izin"'})
    try:
        pushed = iys_messages.pushed(await request.body())
    except Garbled:
        return JSONResponse({"message": "Bad Request"}, 400)
    known = {one.code: one for one in await registry.store.read(national_brands.of_account, account.id)}
    by_brand: dict[int, list[UpstreamMovement | None]] = defaultdict(list)
    for brand, movement in pushed:
        if isinstance(brand, int) and brand in known and movement is not None and movement.address != TEST:
            by_brand[known[brand].brand].append(movement)
    try:
        for brand, movements in by_brand.items():
            await record(registry, brand, movements)
    except StoreUnavailable:
        return JSONResponse({"message": "Service Unavailable"}, 503)
    log.info("iys_pushed", account=account.iys_code, movements=len(pushed))
    return JSONResponse({"message": "OK"})


async def record(registry: Registry, brand: int, movements: Sequence[UpstreamMovement | None]) -> None:
    found = relayed.refusals(relayed.read(registry, movements)[0])
    if found:
        await relayed.take_each(registry, brand, found)
    await registry.store.write(_pushed, brand)


def _pushed(transaction: Transaction, brand: int) -> None:
    national_brands.move(transaction, brand, pushed_at=stored(transaction.now))


async def _account(request: Request) -> IysAccount | None:
    """By the request's password (RFC 7617); the user is the iysCode."""
    registry = process.of(request).registry
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII, no UTF-8
        return None
    if scheme.lower() != "basic" or not (user.isascii() and user.isdecimal() and len(user) <= 9):
        return None
    account = await registry.store.read(accounts.coded, registry.keyring, int(user))
    expected = account.push_password if account else "-"
    return account if hmac.compare_digest(expected.encode(), password.encode()) and account else None
