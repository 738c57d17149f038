"""A file loaded through the panel: received, sealed, tried, applied; its applying against ``izin import``."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bench import child, registries
from bench.harness import Row, Scale, in_turns
from bench.registries import Loading
from consents import instants
from consents.brands import transitions
from consents.brands.transitions import ProviderSize
from consents.registry import Registry
from consents.store import Transaction
from panel.accounts import account_store
from panel.audit.change import AuditedWork
from panel.rights import Company, Member, Principal, Staff
from panel.uploads import receiving, upload_job, upload_store
from panel.uploads.receiving import IncomingFile, UploadOrder
from panel.uploads.upload_store import UploadState

_PORTION = 1 << 16  # bytes, about as a connection gives them


def run(scale: Scale) -> list[Row]:
    file = registries.template(scale, scale.rows)
    made: list[Path] = []
    received: list[float] = []

    def speed(how: str) -> float:
        url, path = registries.fresh(scale)
        made.append(path)
        if how == "import":
            answer: Loading = child.call(command, url=url, file=file, code=registries.BRANDS[-1])
        else:
            answer = child.call(upload, url=url, file=file, code=registries.BRANDS[-1])
            received.append(answer["rows"] / answer["first"])
        assert answer["recorded"] > 0
        return answer["rows"] / (answer["ended"] - answer["began"])

    rounds = in_turns(scale.rounds, {"upload": lambda: speed("upload"), "import": lambda: speed("import")})
    for path in made:
        registries.remove(path)
    note = f"{rounds.median('upload'):,.0f} against {rounds.median('import'):,.0f} rows/s"
    return [
        Row("upload applied ÷ import of the same file", rounds.ratio("upload", "import"), "", 0.95, 1.0, note=note),
        Row("upload, received and sealed", max(received), "rows/s", 200_000, None),
    ]


def command(url: str, file: str, code: int) -> Loading:
    """Loads a file as ``izin import --initial`` does; ``began``: when the process was started, as a command is."""
    answer = registries.load(url, file, code)
    answer["began"] = time.monotonic() - (time.time() - psutil.Process().create_time())
    return answer


def upload(url: str, file: str, code: int) -> Loading:
    """Receives a file in portions, has it tried, and applies it; ``began`` to ``ended``: the applying alone.

    ``first``: seconds that receiving and sealing took.
    """
    with registries.open_registry(url) as registry:
        return asyncio.run(_upload(registry, Path(file), code))


async def asked_for(registry: Registry, path: Path, code: int, received: list[float] | None = None) -> int:
    """Receives a file, has it tried and asks for its applying; its number. ``received``: seconds of the first."""
    member = await sign_in(registry, code)
    started = time.monotonic()
    number = await receive(registry, member, path, code)
    if received is not None:
        received.append(time.monotonic() - started)
    await upload_job.do_waiting(registry)
    assert await apply(registry, member, number)
    return number


async def sign_in(registry: Registry, code: int, *, opening: bool = True) -> Member:
    """Somebody of the brand's company. ``opening``: its window for first loads, where it is not open."""
    person = await registry.store.write(_furnish, registry, opening)
    provider = registries.brand(registry, code).provider
    return Member(Principal(person, "", Staff.NONE, b"", b""), Company(provider, registries.PROVIDER, ""))


async def receive(registry: Registry, member: Member, path: Path, code: int) -> int:
    """The number of a file that has been received, and waits to be tried."""
    brand = registries.brand(registry, code).id
    with IncomingFile(registry) as incoming, path.open("rb") as stream:
        while portion := stream.read(_PORTION):
            await incoming.take(portion)
        return await incoming.keep(member, UploadOrder(brand, path.name, None, initial=True))


async def apply(registry: Registry, member: Member, number: int) -> bool:
    """Asks that a file be applied; False where it has not been tried."""
    states = UploadState.CHECKED, UploadState.LOADING
    asking = AuditedWork(registry.keyring, member.person.id, receiving.ask)
    return await registry.store.write(asking, member, number, *states)


async def _upload(registry: Registry, path: Path, code: int) -> Loading:
    received: list[float] = []
    number = await asked_for(registry, path, code, received)
    began = time.monotonic()
    await upload_job.do_waiting(registry)
    ended = time.monotonic()
    found = await registry.store.read(upload_store.find, registry.keyring, number)
    assert found is not None
    assert found.loaded is not None, found.fault
    counts = found.loaded
    return Loading(rows=counts["rows"], recorded=counts["recorded"], began=began, first=received[0], ended=ended)


def _furnish(transaction: Transaction, registry: Registry, opening: bool) -> int:
    today = instants.day_of(transaction.now)
    if opening:
        transitions.open_window(transaction, ProviderSize.SMALL, today + timedelta(days=2), today + timedelta(days=3))
    return account_store.enrol(transaction, registry.keyring, "olcum@example.com").id
