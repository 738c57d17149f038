"""Asks the witnesses of LOG_WITNESSES to cosign the newest checkpoint (C2SP tlog-witness), and TSA_URL to stamp one
each hour. Each fails alone; the next turn asks again."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

import structlog

from consents.instants import SECOND
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from evidence.tlog import heads, notes, tiles, tree_proofs, witness_states
from evidence.tlog.heads import PublishedHead
from evidence.tlog.notes import BadNote, NoteKey, Signature
from evidence.tlog.witness_states import SeenWitness, WitnessState
from gateways import client
from settings import Settings
from settings.types import WitnessAddress
from web.logs import Alone

if TYPE_CHECKING:
    from aiohttp import ClientSession

EVERY = 60.0  # seconds between two turns
SECONDS = 10.0  # for one request
LARGEST = 65_536  # bytes of an answer
SIZE_LINE = 20  # bytes of the answer that names a size: 19 digits and a newline
MOST_ACTS = 2**63  # a size from here on is none: no store holds it
DIFFERENCE = 3600  # seconds by which the time of a cosignature may differ from the site's

log = structlog.get_logger()


class Cosigned(NamedTuple):
    """What a witness answered: its state, the size that it cosigned, its signature lines."""

    state: WitnessState
    size: int
    detail: str = ""
    lines: tuple[Signature, ...] = ()


async def ask_all(registry: Registry, settings: Settings) -> None:
    """One turn: every witness that has not cosigned the newest checkpoint."""
    head = await registry.store.read(heads.newest)
    if head is None or not settings.log_witnesses:
        return
    known = await registry.store.read(witness_states.list_all)
    there = {one.name for one in notes.read(head.text).signatures}
    asked = [one for one in settings.log_witnesses if one.name not in there]
    if not asked:
        return
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar  # a log without witnesses does not load it

    async with ClientSession(timeout=ClientTimeout(total=SECONDS), cookie_jar=DummyCookieJar()) as session:
        answers = await asyncio.gather(*(_ask(registry, session, one, head, known.get(one.name)) for one in asked))
    for one, answer in zip(asked, answers, strict=True):
        with Alone("witness_not_kept", witness=one.name):
            await registry.store.write(_keep, head.size, one.name, answer)
        if answer.state in (WitnessState.FORK, WitnessState.AHEAD):
            log.error("witness_contradicts", witness=one.name, state=str(answer.state), size=answer.size)


async def stamp_due(registry: Registry, settings: Settings, ask: Callable[[bytes], Awaitable[bytes]]) -> None:
    """A time stamp for the newest checkpoint, where the last one is an hour old. ``ask``: stamps a SHA-512."""
    if not settings.log_stamps:
        return
    head = await registry.store.read(heads.to_stamp, registry.store.now(), settings.log_quorum)
    if head is None:
        return
    try:
        reply = await ask(hashlib.sha512(head.note.encode()).digest())
    except Exception as fault:  # any of its library; the next turn asks again
        log.warning("no_time_stamp", checkpoint=head.size, error=str(fault))
        return
    await registry.store.write(heads.stamp, head.size, reply)


def _keep(transaction: Transaction, size: int, name: str, answer: Cosigned) -> None:
    before, head = witness_states.list_all(transaction).get(name), heads.at(transaction, size)
    since = before.since if before is not None and before.state is answer.state else transaction.now
    witness_states.note(
        transaction, SeenWitness(name, answer.size, answer.state, answer.detail, transaction.now, since)
    )
    if head is not None and answer.lines and f"— {name} " not in head.cosignatures:
        lines = head.cosignatures + "".join(one.line() for one in answer.lines)
        heads.cosign(transaction, size, lines, head.cosigned + 1)


async def _ask(
    registry: Registry, session: ClientSession, witness: WitnessAddress, head: PublishedHead, seen: SeenWitness | None
) -> Cosigned:
    """Never raises, but for a cancellation."""
    old = min(seen.size, head.size) if seen is not None else 0
    try:
        for _ in range(2):  # again with the size that the witness names
            path = await asyncio.to_thread(registry.store.read_now, _proof, old, head.size)
            answer = await _post(session, witness, head, old, path, registry.store.now())
            if isinstance(answer, Cosigned):
                return answer
            if answer == old or answer > head.size:
                return await _contradicted(registry, head, answer)
            old = answer
        return Cosigned(WitnessState.SILENT, old, "its size changes while it is asked")
    except Exception as fault:  # whatever one witness does, the others are asked
        return Cosigned(WitnessState.SILENT, seen.size if seen is not None else 0, type(fault).__name__)


async def _contradicted(registry: Registry, head: PublishedHead, size: int) -> Cosigned:
    """A witness has another root of this size, or a larger tree, unless another machine has signed that meanwhile."""
    newest = await registry.store.read(heads.newest)
    if size > head.size and newest is not None and newest.size >= size:
        return Cosigned(WitnessState.OK, size)
    return Cosigned(WitnessState.AHEAD if size > head.size else WitnessState.FORK, size)


async def _post(
    session: ClientSession, witness: WitnessAddress, head: PublishedHead, old: int, path: list[bytes], now: int
) -> Cosigned | int:
    """The answer, or the size that the witness has cosigned instead of ``old``."""
    lines = [f"old {old}\n", *(f"{b64encode(one).decode()}\n" for one in path), "\n", head.note]
    url = f"{witness.url}/add-checkpoint"
    async with session.post(url, data="".join(lines).encode(), allow_redirects=False) as answer:
        status, body = answer.status, await client.whole_body(answer, LARGEST)
    if status == 409:
        return _size(body)
    if status == 422:
        return Cosigned(WitnessState.FORK, old)
    if status in (400, 403, 404):
        return Cosigned(WitnessState.REFUSED, old, f"status {status}")
    if status != 200:
        return Cosigned(WitnessState.SILENT, old, f"status {status}")
    signed = _cosignatures(witness, head, body.decode(), now)
    if not signed:
        return Cosigned(WitnessState.REFUSED, old, "its answer holds no signature by its key")
    return Cosigned(WitnessState.OK, head.size, lines=signed)


def _cosignatures(witness: WitnessAddress, head: PublishedHead, text: str, now: int) -> tuple[Signature, ...]:
    """Those of the witness's known keys, once each; ``now``: µs. Errors: BadNote, for a false one."""
    keys = [NoteKey.read(one) for one in witness.verifiers]
    given = notes.read_signatures(text.splitlines())
    found = []
    for key in keys:
        own = next((one for one in given if (one.name, one.number) == (key.name, key.number)), None)
        if own is None:
            continue
        at = notes.read(head.note)._replace(signatures=(own,)).signed_at(key)
        if at is None or abs(at - now // SECOND) > DIFFERENCE:
            raise BadNote("the time of a cosignature is false")
        found.append(own)
    return tuple(found)


def _size(body: bytes) -> int:
    text = body[: SIZE_LINE + 1].decode()
    if not text.endswith("\n") or not text[:-1].isdecimal() or (size := int(text)) >= MOST_ACTS:
        raise ValueError("no size")
    return size


def _proof(snapshot: Snapshot, old: int, size: int) -> list[bytes]:
    spans = tree_proofs.consistency_path(old, size)
    return tiles.roots(lambda level, place: tiles.load(snapshot, level, place), spans)
