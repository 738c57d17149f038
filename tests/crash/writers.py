"""The programs that are killed: citizens who decide, and a provider whose file is loaded. Run by zygote.py.

Each write carries evidence of its own, so that a lost or doubled one shows, and is acknowledged in the journal only
after the store said that it is durable.
"""

from __future__ import annotations

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from consents import ledger
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, Claim, Decision, Wish
from consents.people import register
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import StoreUnavailable, turns, writer
from consents.terms import Actor, Channel, Door, Identity, Source
from tests.conftest import SECRET
from tests.crash.journal import Journal

CITIZENS = range(1, 41)  # recipients that the citizens act for, and that the provider's file names too
BRANDS = (1, 2)
CHANNELS = [channel.code for channel in Channel]
IDENTITIES = [identity.code for identity in Identity]
CLIENTS = 8
FOREVER = 1e9
HASTE = 0.05  # seconds from the answer of a hasty writer to its commit
PAUSE = 0.1  # seconds before a client asks again after a refusal
FRESH, KNOWN = 24, 8  # rows of a batch: new addresses, and recipients that citizens act for

Write = Callable[..., Awaitable[Any]]


def run(writer: str, url: str, journal: str, seed: int, weakness: str | None, spell: float | None) -> None:
    """Opens the registry and writes until killed; with ``spell``, closes and opens it again after so many seconds.

    ``weakness`` is a fault to plant (``WEAKNESSES``).
    """
    book, dice = Journal(journal), random.Random(seed)
    while True:
        with Registry.open(url, SECRET) as registry:
            if weakness is not None:
                WEAKNESSES[weakness](registry)
            WRITERS[writer](registry, book, dice, time.monotonic() + (spell or FOREVER))


# -- writers -----------------------------------------------------------------------------------------------------------


def citizens(registry: Registry, book: Journal, dice: random.Random, until: float) -> None:
    """Eight people at once, as coroutines and as threads."""
    write_now: Any = registry.store.write_now
    asked: list[Write] = [registry.store.write, functools.partial(asyncio.to_thread, write_now)]

    async def all_of_them() -> None:
        dices = [random.Random(dice.random()) for _ in range(CLIENTS)]
        clients = [_citizen(registry, book, each, asked[place % 2], until) for place, each in enumerate(dices)]
        await asyncio.gather(*clients)

    asyncio.run(all_of_them())


async def _citizen(registry: Registry, book: Journal, dice: random.Random, write: Write, until: float) -> None:
    while time.monotonic() < until:
        recipient = dice.choice(CITIZENS)
        key = (dice.choice(BRANDS), dice.choice(CHANNELS), dice.choice(IDENTITIES))
        wish = Wish(*key, dice.choice((RET, ONAY)), Source.IYS_WEB.code)
        evidence = registry.keyring.seal_evidence({"page": "/izinler"})
        number = evidence[1].hex()
        deed = Deed(Actor.CITIZEN, Door.PAGE, evidence=evidence)
        book.begun(number)
        try:
            decision = await write(ledger.decide, registry.policy, recipient, [wish], deed)
        except StoreUnavailable as error:
            book.failed(number, error)
            await asyncio.sleep(PAUSE)
        else:
            _acknowledge(book, number, decision)


def _acknowledge(book: Journal, number: str, decision: Decision) -> None:
    for key, stands in decision.changed.items():
        book.recorded(number, decision.act, [(*key, stands.status)])
    for key, stands in decision.unchanged.items():
        assert stands.citizen is not None
        book.stood(number, stands.citizen.event, (*key, stands.status))


def provider(registry: Registry, book: Journal, dice: random.Random, until: float) -> None:
    """Loads a provider's records in many short transactions beside the running site, as ``izin import`` does."""
    gate = registry.store.gate()
    while time.monotonic() < until:
        evidence = registry.keyring.seal_evidence({"file": "izinler.csv"})
        number = evidence[1].hex()
        people = [register.person(registry.keyring, f"kisi{dice.getrandbits(40)}@example.com") for _ in range(FRESH)]
        brand = dice.choice(BRANDS)
        deed = Deed(Actor.PROVIDER, Door.FILE, evidence=evidence)
        book.begun(number)
        try:
            with gate.transaction() as transaction:
                fresh = register.enrol_all(transaction, registry.keyring, people)
                claims = _claims(dice, brand, fresh, transaction.now)
                answers = ledger.declare(transaction, registry.policy, brand, claims, deed)
        except (psycopg.Error, DBAPIError, StoreUnavailable) as error:
            book.failed(number, error)
            time.sleep(PAUSE)
        else:
            taken = [claim for claim, answer in zip(claims, answers, strict=True) if answer in (RECORDED, PENDING)]
            book.recorded(number, None, [claim[:5] for claim in taken])
    gate.close()


def _claims(dice: random.Random, brand: int, fresh: list[int], now: int) -> list[Claim]:
    recipients = [*fresh, *dice.sample(CITIZENS, KNOWN)]
    return [
        Claim(
            recipient,
            brand,
            dice.choice(CHANNELS),
            dice.choice(IDENTITIES),
            dice.choice((RET, ONAY)),
            Source.HS_WEB.code,
            now - dice.randrange(1000),
        )
        for recipient in recipients
    ]


WRITERS = {"citizens": citizens, "provider": provider}

# -- faults to plant, which the tests must find ------------------------------------------------------------------------


def sloppy(registry: Registry) -> None:
    """Commits are acknowledged before they are durable, as the databases offer it."""
    sqlite = registry.store.dialect == "sqlite"

    def weaken(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL" if sqlite else "SET synchronous_commit = off")
        if not sqlite:
            connection.commit()

    event.listen(registry.store.engine, "connect", weaken)
    registry.store.engine.dispose()  # the next connections are opened anew, and weakened


def hasty(registry: Registry) -> None:
    """The writer answers a moment before it commits."""

    def commit(self: writer.Writer, group: list[Any]) -> int:
        with self._gate.transaction() as transaction:
            for item in group:
                writer.work_off(transaction, item)
            writer._settle(group)
            time.sleep(HASTE)
        return len(group)

    async def turn(self: turns.Turns) -> None:
        transaction = self._gate.try_begin() or await self._apart(self._gate.begin)
        group: list[Any] = []
        self._work(transaction, group)
        for item in group:
            item.settle()
        await asyncio.sleep(HASTE)
        await self._apart(self._gate.commit, transaction)

    writer.Writer._commit = commit  # type: ignore[method-assign]
    turns.Turns._turn = turn  # type: ignore[method-assign]


WEAKNESSES = {"sloppy": sloppy, "hasty": hasty}
