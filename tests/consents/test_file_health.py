"""An SQLite file that cannot be relied on: each way is seen, nothing is acknowledged, and the words name what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from consents.care import file_checks
from consents.registry import unfit
from consents.rules import Reconsent
from consents.store import Snapshot, Store, StoreUnavailable, Unfit, file_health
from consents.store.engines import reach, sqlite_library
from consents.store.file_health import FileFault, FileHealth, noted
from tests.conftest import Opener
from tests.consents.works import COUNT, IDS, add, ids

PAGE = 4096


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with closing(Store.open(sqlite_url)) as store:
        for number in range(5):
            store.write_now(add, number)
        yield store


def wal(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def write(store: Store, way: str) -> Callable[[int], object]:
    if way == "thread":
        return lambda number: store.write_now(add, number)
    return lambda number: asyncio.run(_written(store, number))


async def _written(store: Store, number: int) -> object:
    return await store.write(add, number)


@pytest.mark.parametrize("way", ["thread", "loop"])
def test_what_stood_in_a_deleted_wal_is_in_the_file_before_anybody_is_answered(
    store: Store, file: Path, tmp_path: Path, way: str
) -> None:
    write(store, way)(100)
    wal(file).unlink()
    for number in (101, 102):
        with pytest.raises(StoreUnavailable, match="WAL was deleted"):
            write(store, way)(number)
    with pytest.raises(StoreUnavailable, match="was brought into the database file"):
        store.write_now(add, 103)  # a loop that began after the deletion has no connection that could do it
    assert store.health is not None
    assert (store.health.kind, store.health.saved) == (FileFault.WAL_GONE, True)
    copy = tmp_path / "copy.db"
    shutil.copy(file, copy)  # as a kill would leave it
    with closing(Store.open(f"sqlite:///{copy}")) as left:
        assert len(ids(left)) >= 6
    found = noted(file)
    assert found is not None
    assert "was brought into the database file" in found[1]


def test_a_wal_that_is_deleted_during_the_commit_is_not_acknowledged(store: Store, file: Path) -> None:
    def work(transaction: object) -> None:
        add(transaction, 200)  # type: ignore[arg-type]
        wal(file).unlink()

    with pytest.raises(StoreUnavailable, match="WAL was deleted"):
        store.write_now(work)


def test_where_a_reader_keeps_the_wal_it_is_saved_once_he_has_gone(store: Store, file: Path) -> None:
    assert store.health is not None
    with store.snapshot() as snapshot:
        snapshot.one(COUNT)
        store.write_now(add, 300)
        wal(file).unlink()
        with pytest.raises(StoreUnavailable, match="do not kill the program"):
            store.write_now(add, 301)
        assert not store.health.saved
    with pytest.raises(StoreUnavailable, match="was brought into"):
        store.write_now(add, 302)
    assert store.health.saved


def test_a_wal_of_another_program_is_not_mixed_with_ours(store: Store, file: Path) -> None:
    wal(file).unlink()
    wal(file).write_bytes(b"another's")
    before = file.read_bytes()
    with pytest.raises(StoreUnavailable, match="do not kill the program"):
        store.write_now(add, 400)
    assert (wal(file).read_bytes(), file.read_bytes()) == (b"another's", before)


def test_where_the_database_itself_was_moved_it_is_named_where_it_stands(store: Store, file: Path) -> None:
    moved = file.with_name("elsewhere.db")
    file.rename(moved)
    with pytest.raises(StoreUnavailable, match="deleted, moved or replaced") as raised:
        store.write_now(add, 500)
    held = Path(str(raised.value).partition("holds it as ")[2].partition(":")[0])
    assert held.stat().st_ino == moved.stat().st_ino


def test_a_wal_that_sqlite_itself_deletes_is_no_fault(sqlite_url: str, file: Path) -> None:
    health = FileHealth(str(file))
    for _ in range(2):
        connection = sqlite_library().connect(str(file), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        assert health.look()
        connection.execute("COMMIT")
        connection.close()
        assert not wal(file).exists()
    assert health.kind is None


def test_nobody_has_to_write_for_it_to_be_noticed(sqlite_url: str, file: Path, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(add, 1)
    asyncio.run(file_checks.check_presence(registry))
    assert unfit(registry.store, Reconsent.CONFIRM) == []
    wal(file).unlink()
    asyncio.run(file_checks.check_presence(registry))
    assert registry.store.health is not None
    assert registry.store.health.saved
    (fault,) = unfit(registry.store, Reconsent.CONFIRM)
    assert "docs/backups.md" in fault


def overwrite(file: Path, first: int = 1) -> None:
    """Every page but the ``first`` ones gets other bytes."""
    with file.open("r+b") as stream:
        pages = stream.seek(0, os.SEEK_END) // PAGE
        stream.seek(first * PAGE)
        stream.write(os.urandom((pages - first) * PAGE))


READS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "read": lambda store: store.read(Snapshot.one, COUNT),
    "look": lambda store: store.look(Snapshot.one, COUNT),
    "write": lambda store: store.write(add, 9),
    "thread": lambda store: asyncio.to_thread(store.read_now, Snapshot.one, COUNT),
    "write in a thread": lambda store: asyncio.to_thread(store.write_now, add, 9),
    "snapshot": lambda store: asyncio.to_thread(_snapshot, store),
}


def _snapshot(store: Store) -> None:
    with store.snapshot(passing=True) as snapshot:
        snapshot.one(COUNT)


@pytest.mark.parametrize("way", READS)
@pytest.mark.parametrize("damage", ["pages", "half"])
def test_a_damaged_file_is_unavailable_to_whoever_asks(
    sqlite_url: str, file: Path, open_registry: Opener, way: str, damage: str
) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(add, 1)
    registry.close()
    store = Store.open(sqlite_url)
    reach(store.engine)
    if damage == "pages":
        overwrite(file)
    else:
        os.truncate(file, file.stat().st_size // 2 // PAGE * PAGE)
    with closing(store):
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="damaged"):
                asyncio.run(_asked(READS[way], store))
        assert store.health is not None
        assert (store.health.kind, store.health.since is not None) == (FileFault.DAMAGED, True)
        assert unfit(store, Reconsent.CONFIRM) == [store.health.fault]
        for other in READS.values():
            with pytest.raises(StoreUnavailable, match="damaged"):
                asyncio.run(_asked(other, store))


async def _asked(ask: Callable[[Store], Awaitable[object]], store: Store) -> object:
    return await ask(store)


@pytest.mark.parametrize("kind", ["no database", "other text", "half"])
def test_a_damaged_file_is_named_at_the_start(sqlite_url: str, file: Path, kind: str) -> None:
    if kind == "no database":
        file.write_bytes(b"x" * 8192)
    elif kind == "half":
        os.truncate(file, 3 * PAGE)
    else:
        overwrite(file, 0)
    with closing(Store.open(sqlite_url)) as store, pytest.raises((Unfit, StoreUnavailable), match="damaged"):
        _started(store)


def _started(store: Store) -> None:
    reach(store.engine)
    store.read_now(Snapshot.one, COUNT)


def test_pages_are_looked_at_though_nobody_reads_them(sqlite_url: str, file: Path, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    for number in range(300):
        registry.store.write_now(add, number)
    health = registry.store.health
    assert health is not None
    with registry.store.snapshot() as snapshot:
        assert health.check_pages(snapshot.connection, lambda: False)
        (root,) = snapshot.connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'recipient'").fetchone()
    registry.store._merge()
    with file.open("r+b") as stream:
        stream.seek((root - 1) * PAGE)
        stream.write(os.urandom(PAGE))
    registry.store.engine.dispose()
    asyncio.run(file_checks.check(registry))
    assert health.kind is FileFault.DAMAGED
    with pytest.raises(StoreUnavailable, match="damaged"):
        registry.store.write_now(add, 999)


def test_a_check_ends_when_nobody_waits_for_it(sqlite_url: str, open_registry: Opener) -> None:
    registry = open_registry(sqlite_url)
    registry.store.write_now(lambda t: [add(t, number) for number in range(20_000)])
    health, over = registry.store.health, threading.Event()
    assert health is not None
    over.set()
    began = time.monotonic()
    with registry.store.snapshot() as snapshot:
        assert health.check_pages(snapshot.connection, over.is_set)
        assert snapshot.one(COUNT) is not None, "it serves on"
    assert time.monotonic() - began < 5


def test_once_it_was_found_damaged_nothing_is_read_though_that_page_is_well(
    sqlite_url: str, open_registry: Opener
) -> None:
    """What a damaged file answers may be wrong."""
    store = open_registry(sqlite_url).store
    for way, ask in READS.items():
        if "write" not in way:
            asyncio.run(_asked(ask, store))
    assert store.health is not None
    store.health._found(FileFault.DAMAGED)
    for ask in READS.values():
        with pytest.raises(StoreUnavailable, match="damaged"):
            asyncio.run(_asked(ask, store))


@pytest.mark.parametrize(
    ("free", "words"), [(0, "the disk is full: make room"), (1 << 30, "reports errors: look into the system's log")]
)
def test_an_error_of_the_disk_is_called_a_full_one_where_it_is_full(
    sqlite_url: str, file: Path, monkeypatch: pytest.MonkeyPatch, free: int, words: str
) -> None:
    monkeypatch.setattr(file_health.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    error = sqlite_library().OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR"
    meant = FileHealth(str(file)).explain(error)
    assert meant is not None
    assert words in str(meant)


@pytest.mark.parametrize("name", file_health.OUT_OF_REACH)
def test_each_error_of_disk_or_lock_has_words_for_the_operator(name: str) -> None:
    words = file_health.unavailable(name)
    assert words.endswith(f"({name})")
    assert len(words) > len(name) + 10


def test_a_stream_that_is_given_up_ends_without_a_word_after_its_connection(sqlite_url: str) -> None:
    """As a report that meets a full disk half-way."""
    with closing(Store.open(sqlite_url)) as store:
        store.write_now(lambda transaction: [add(transaction, number) for number in range(10)])
        with store.snapshot() as snapshot:
            rows = snapshot.stream(IDS, size=2)
            assert next(rows) == (1,)
            snapshot.connection.close()
            rows.close()  # type: ignore[attr-defined]


def test_a_file_behind_a_symbolic_link_is_sound(file: Path, tmp_path: Path) -> None:
    """SQLite keeps the WAL beside the file itself, not beside the link."""
    link = tmp_path / "link.db"
    link.symlink_to(file)
    with closing(Store.open(f"sqlite:///{link}")) as store:
        store.write_now(add, 1)
        assert store.health is not None
        assert store.health.fault is None
        wal(file).unlink()
        with pytest.raises(StoreUnavailable, match="WAL was deleted"):
            store.write_now(add, 2)
        assert noted(link) is not None
        assert noted(link) == noted(file)
