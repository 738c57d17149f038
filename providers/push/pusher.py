"""Posts movements of the registry to the providers' programs, each connection by itself, in order, at least once: the
cursor moves in the transaction after the program's answer. The worker polls every second, which costs an index
look-up."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import structlog

from consents.queries.reports import Movement
from consents.registry import Registry
from consents.store import StoreUnavailable
from providers.api import wire
from providers.callers import partners
from providers.push import push_deliveries, push_store, push_targets, signing
from providers.push.push_connections import PushTarget
from providers.push.push_deliveries import PostResult
from providers.push.push_store import ClaimOutcome, Due
from providers.push.push_targets import BadTarget

SECONDS = 5.0  # for an answer (API document 3.2.0)
LOOK = 1.0  # seconds after which a turn looks for others that have become due
TURN = 30.0  # seconds after which a turn begins no more posts; the worker takes the next one at once
AT_ONCE = 64  # posts on their way at the same time
READ_WITHIN, SHOWN = 0.5, 200  # seconds for the beginning of an answer, its characters
EVENTS = "application/cloudevents-batch+json; charset=utf-8"  # CloudEvents 1.0.2, HTTP binding, 3.3
OF_ONE = 16  # of them of one provider, so that its slow programs leave room for others

_PRIVATE = re.compile(r"[^\s\"'<>:,;=]+@[^\s\"'<>,;]+|\+?[0-9](?:[ ()./-]?[0-9]){6,}")

log = structlog.get_logger()


class NotTaken(Exception):
    """A post without success. ``reason``: a class of failure, without the other side's words; ``status``: HTTP;
    ``answer``: how the other side's begins."""

    def __init__(self, reason: str, *, late: bool = False, status: int | None = None, answer: str = "") -> None:
        super().__init__(reason)
        self.reason, self.late, self.status, self.answer = reason, late, status, answer


class TakenPost(NamedTuple):
    """``status``: HTTP; ``answer``: how the other side's begins, without numbers and e-mails."""

    status: int
    answer: str


class Envelope(NamedTuple):
    """``message``: the id of a post, ``at``: when it goes out, µs."""

    message: str
    at: int


async def deliver(registry: Registry, *, private: bool = False, seconds: float = SECONDS) -> None:
    """Posts what is due, until nothing is. Stopped, it waits for the posts on their way, which would be repeated after
    the restart."""
    stop = asyncio.Event()
    turn = asyncio.ensure_future(_turn(registry, private, seconds, stop))
    try:
        await asyncio.shield(turn)
    except asyncio.CancelledError:
        stop.set()
        with suppress(Exception):
            await turn
        raise


async def post(
    target: PushTarget,
    body: Any,
    *,
    owner: int | None = None,
    private: bool = False,
    seconds: float = SECONDS,
    envelope: Envelope | None = None,
) -> TakenPost:
    """One POST with JSON on its own connection; follows no redirect. ``body``: İYS's, sent in the target's form;
    ``owner``: the provider's iysCode; ``envelope``: for its signature, without one a new one. Errors: NotTaken."""
    from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    from providers.push import lookups

    account = base64.b64encode(f"{target.username}:{target.password}".encode()).decode()  # RFC 7617, UTF-8
    basic = {"Authorization": f"Basic {account}"} if target.basic else {}
    data = json.dumps(wire.cloud_events(body) if target.events else body).encode()
    message, at = envelope or Envelope(f"msg_{secrets.token_hex(16)}", time.time_ns() // 1000)
    signed = signing.headers(target.signing, message, data, at)
    headers = basic | {"User-Agent": "izin", "Content-Type": EVENTS if target.events else "application/json"} | signed
    try:
        url = push_targets.check(target.url, private=private)
        connector = TCPConnector(resolver=lookups.Public(private=private, owner=owner), use_dns_cache=False)
        async with (
            asyncio.timeout(seconds) as limit,
            ClientSession(connector=connector, cookie_jar=DummyCookieJar(), timeout=ClientTimeout()) as session,
            session.post(url, data=data, headers=headers, allow_redirects=False) as answer,
        ):
            status, text = answer.status, ""
            limit.reschedule(None)  # the status counts: what comes after it is for people, and may be late
            with suppress(TimeoutError, ClientError):
                async with asyncio.timeout(READ_WITHIN):
                    text = _shown(await answer.content.read(4 * SHOWN))
    except TimeoutError:
        raise NotTaken("TimeoutError", late=True) from None
    except BadTarget as fault:
        raise NotTaken(f"address {fault.reason}") from None
    except (ClientError, OSError, ValueError) as fault:
        raise NotTaken(type(fault).__name__) from None
    if not 200 <= status < 300:
        raise NotTaken(f"status {status}", status=status, answer=text)
    return TakenPost(status, text)


def _shown(content: bytes) -> str:
    """The beginning of an answer for people to read; numbers and e-mails may be somebody's."""
    text = " ".join(content.decode("utf-8", "replace").split())
    text = _PRIVATE.sub("…", "".join(filter(str.isprintable, text)))
    return text[:SHOWN]


async def _turn(registry: Registry, private: bool, seconds: float, stop: asyncio.Event) -> None:
    """Begins posts until nothing is due, the time is up, or ``stop`` is set; then waits for those on their way."""
    store, loop = registry.store, asyncio.get_running_loop()
    if await store.read(push_store.far_behind):
        await store.write(push_store.skip)
    ends, under_way, faults = loop.time() + TURN, dict[int, asyncio.Task[None]](), list[BaseException]()
    while True:
        if loop.time() < ends and not stop.is_set():
            busy = Counter(task.get_name() for task in under_way.values())
            for one in await store.read(push_store.due, registry.keyring, store.now()):
                whose = f"push of {one.company_code}"
                if one.id not in under_way and len(under_way) < AT_ONCE and busy[whose] < OF_ONE:
                    under_way[one.id] = asyncio.create_task(_push(registry, one, private, seconds), name=whose)
                    busy[whose] += 1
        if not under_way:
            break
        await asyncio.wait(under_way.values(), timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        if found := _faults(under_way):
            faults += found
            if any(isinstance(fault, StoreUnavailable) for fault in found):
                stop.set()
    if faults:
        raise faults[0]


def _faults(under_way: dict[int, asyncio.Task[None]]) -> list[BaseException]:
    """Removes finished tasks; their errors."""
    done = [under_way.pop(number) for number, task in list(under_way.items()) if task.done()]
    return [fault for task in done if (fault := task.exception()) is not None]


async def _push(registry: Registry, one: Due, private: bool, seconds: float) -> None:
    store = registry.store
    claim = await store.write(push_store.claim, one)
    if claim is ClaimOutcome.ENDED and one.partner is not None:
        partner = await store.read(partners.code_of, one.partner)
        log.warning("push_ended", connection=one.id, brand=one.brand_code, channel=one.channel, partner=partner)
    if claim is not ClaimOutcome.MADE:
        return
    began, page, last = time.monotonic(), list[Movement](), one.cursor
    try:
        page, former, last = await store.read(push_store.next_page, registry, one)
        if not page:
            await store.write(push_store.taken, registry.keyring, one, last)
            return
        body = wire.push(one.company_code, one.brand_code, page, former)
        message = push_deliveries.message(registry.keyring, one.id, one.cursor, last)
        envelope = Envelope(message, store.now())
        began = time.monotonic()
        done = await post(one.target, body, owner=one.company_code, private=private, seconds=seconds, envelope=envelope)
    except StoreUnavailable:
        raise
    except Exception as error:  # the other connections continue, and this one waits longer each time
        fault = error if isinstance(error, NotTaken) else NotTaken(f"failed {type(error).__name__}")
        kept = posted(one.cursor, last, page, began, fault, tries=one.tries + 1) if page else None
        wait = await store.write(push_store.postpone, registry.keyring, one, fault.reason, kept)
        log.warning("push_not_taken", connection=one.id, tries=one.tries + 1, error=fault.reason, wait_s=wait)
        return
    kept = posted(one.cursor, last, page, began, done, tries=one.tries + 1)
    await store.write(push_store.taken, registry.keyring, one, last, kept)
    log.info("push_taken", connection=one.id, movements=len(page))


def posted(
    after: int,
    last: int,
    page: Sequence[Movement],
    began: float,
    done: TakenPost | NotTaken,
    *,
    again: bool = False,
    tries: int = 1,
) -> PostResult:
    """What is kept of a post of the events after ``after`` up to ``last``; ``began``: monotonic seconds."""
    took = int((time.monotonic() - began) * 1000)
    error = done.reason if isinstance(done, NotTaken) else ""
    return PostResult(after, last, len(page), done.status, error, took, again, min(tries, 32_000), done.answer)
