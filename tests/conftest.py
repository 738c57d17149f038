"""Registries for tests: both databases, made once from the real migrations and copied for each test."""

from __future__ import annotations

import functools
import gc
import gzip
import importlib
import itertools
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import expect
from starlette import routing

from consents.care import sweeping
from consents.registry import Registry, prepare
from consents.rules import Reconsent
from consents.store import Store
from providers.callers import passwords
from settings import Settings, load
from tests import LONG, ROOT, postgresql_rows, scratch, units_of_work
from tests.typist import Done, Typist
from web import logs
from web.rendering import assets

# The tables of all rooms, as `izin migrate` and `izin rekey` know them.
for _room in (
    *("asking", "citizen", "evidence", "gateways.outbox", "izin.figures", "national", "optout", "panel", "providers"),
    "trust",
):
    importlib.import_module(f"{_room}.tables")

SECRET = "a-secret-for-tests-that-is-long-enough"
NOON = 1_795_510_800_000_000  # Tuesday 2026-11-24 12:00 in Türkiye, µs


# How long something takes belongs in the bench; a test that waits is patient, for its machine may be busy. Invented
# examples are drawn in the same way in each run, so that what passed once hardly ever fails by chance: they change only
# with the constants of the modules that are loaded by then, which hypothesis mixes in.
settings.register_profile(
    "patient",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("patient"), max_examples=400)
settings.load_profile("long" if LONG else "patient")
expect.set_options(timeout=30_000)


# What `make quick` leaves out: crashes, whole processes, everything that asks for a browser or for PostgreSQL, and what
# is marked: what takes long, and most of a row of cases that are much alike.
SLOW = pytest.mark.slow
SLOW_PLACES = (
    "crash/", "failover/", "test_cli.py", "test_bench.py", "evidence/test_backups.py", "consents/test_machine.py",
    "web/test_grammar.py", "web/test_sockets.py",
)  # fmt: skip
# The files that take longest, in their order.
LONGEST = (
    "panel/test_browser.py", "crash/test_fault_days.py", "consents/test_rotation.py", "test_cli.py", "test_bench.py",
    "citizen/consents/test_keyboard.py", "citizen/consents/test_look.py", "citizen/test_every_page.py",
    "providers/api/test_users.py", "web/test_unsent.py", "web/test_sockets.py", "crash/test_hooks.py",
    "citizen/consents/test_crawl.py", "web/test_connections.py", "crash/test_http.py", "national/test_simulation.py",
    "citizen/signin/test_browser.py", "panel/test_walk.py", "several/test_rekeying.py",
    "providers/days/test_reports.py", "providers/api/test_states.py", "panel/test_matrix.py",
    "providers/api/test_consents.py", "panel/test_costs.py", "optout/links/test_browser.py",
    "optout/hooks/test_inbox.py", "evidence/test_incremental.py",
)  # fmt: skip
ASKS_FOR = {"browser", "postgresql", "postgresql_url", "typist"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="what a change is most likely to break, on SQLite alone")
    parser.addoption("--choose", action="store_true", help="choose the rows that PostgreSQL has in make test anew")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: left out by --quick")
    config.addinivalue_line("markers", "long: in make long alone")
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(scratch()))
    if config.getoption("--quick"):
        settings.register_profile("quick", settings.get_profile("patient"), max_examples=15, stateful_step_count=10)
        settings.load_profile("quick")
    if config.getoption("--choose"):
        config.pluginmanager.register(postgresql_rows.Chooser(pytest.MonkeyPatch()))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is collected stays until the end: nothing in it is garbage, and no search for garbage passes over it again.

    Of the whole suite each process first imports a part of its own, because the first to import a module rewrites its
    asserts for all: else every process would do all of that, at the same time as the others.
    """
    gc.disable()
    try:
        if session.config.args_source is pytest.Config.ArgsSource.TESTPATHS:
            for name in _share(session.config):
                with suppress(Exception):  # it is told when the module is collected
                    importlib.import_module(name)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _share(config: pytest.Config) -> list[str]:
    """The test modules that are imported first by this process of a run of several."""
    given = getattr(config, "workerinput", None)
    if given is None:
        return []
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    mine = files[int(given["workerid"].removeprefix("gw")) :: given["workercount"]]
    return [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in mine]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not LONG:
        spare = set() if config.getoption("--choose") else set(postgresql_rows.spared(items))
        left_out = [item for item in items if item.get_closest_marker("long") or item in spare]
        config.hook.pytest_deselected(items=left_out)
        spare.update(left_out)
        items[:] = [item for item in items if item not in spare]
    if config.getoption("--quick"):
        left_out = [item for item in items if _slow(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _slow(item)]
    # The longest first: at the end two processes share what is short, and none waits long for the other.
    places = {f"tests/{file}": place for place, file in enumerate(LONGEST)}

    def place(item: pytest.Item) -> tuple[int, bool]:
        slow = bool(_long(item) or item.get_closest_marker("slow"))
        return places.get(item.nodeid.partition("::")[0], len(places)), not slow

    items.sort(key=place)


def _slow(item: pytest.Item) -> bool:
    given = getattr(item, "callspec", None)
    parameters = set(map(str, given.params.values())) if given else set()
    asks = ASKS_FOR & {*getattr(item, "fixturenames", ()), *parameters}
    return bool(asks or _long(item) or item.get_closest_marker("slow"))


def _long(item: pytest.Item) -> bool:
    asked = {"browser", "typist"} & {*getattr(item, "fixturenames", ())}
    return bool(asked) or any(f"tests/{place}" in item.nodeid for place in SLOW_PLACES)


# Moments at which a count by UTC days, or a limit that is off by one, shows: what names or counts a day is asked at
# these. In Türkiye, on the day of NOON; the first is still the day before in UTC.
_HOUR = 3_600_000_000
DAY_EDGES = {
    "01:30": NOON - 10 * _HOUR - _HOUR // 2,
    "00:00": NOON - 12 * _HOUR,
    "23:59": NOON + 12 * _HOUR - 1,
    "19:59": NOON + 8 * _HOUR - 1,
    "20:00": NOON + 8 * _HOUR,
}


def sides(end: int) -> tuple[int, int]:
    """The last moment before the end of a window (µs), and the first after it."""
    return end - 1, end


def witness_file(registry: Registry) -> str:
    """A place for a test's own, so that an erasure writes no line beside somebody's database."""
    url = registry.store.engine.url
    here = url.database if url.get_backend_name() == "sqlite" else f"{tempfile.gettempdir()}/{url.database}"
    return f"{here}-checkpoints"


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def watch(self) -> float:
        """The watch beside it, which nobody sets."""
        return self.now / 1_000_000 - self.set_by

    set_by = 0.0  # seconds that somebody has set it forward

    def set(self, *, seconds: float) -> None:
        """Sets it forward, or back, and no time passes."""
        self.set_by += seconds
        self.now += round(seconds * 1_000_000)

    def forward(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> int:
        self.now += round((seconds + 60 * minutes + 3600 * hours + 86400 * days) * 1_000_000)
        return self.now


@pytest.fixture(scope="session", autouse=True)
def cheap() -> Iterator[None]:
    """Hashes of programs' passwords cost next to nothing, and what is the same in each site is worked out once.

    Commands in processes of their own pay the full price.
    """
    with pytest.MonkeyPatch.context() as cheaper:
        cheaper.setattr(passwords, "COST", passwords.Cost(4, 8, 1))
        cheaper.setattr(routing, "compile_path", functools.cache(routing.compile_path))
        cheaper.setattr(assets, "gzip", SimpleNamespace(compress=functools.cache(gzip.compress)))
        yield


@pytest.fixture(scope="session", autouse=True)
def costs() -> Iterator[units_of_work.Costs]:
    """No unit of work keeps the one writer for longer than 5 ms, over all that this process has tried."""
    with units_of_work.watched() as found:
        yield found
    assert found.too_long() == {}


# What is new in each line of the log. Six digits would be found in it by chance.
_CHANCE = re.compile(r'("timestamp": ")[0-9T:.-]+Z"|("request_id": ")[0-9a-f]{16}"')


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was written to stdout, stderr and the log since the last call, at the level that hides least.

    The lines of the log come without their time and their random id.
    """
    root = logging.getLogger()
    before = root.handlers, root.level
    logs.configure("debug")
    yield lambda: _CHANCE.sub(r'\1\2"', "".join(capsys.readouterr()))
    root.handlers, root.level = before


@pytest.fixture(scope="session")
def typist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typist]:
    made = Typist(tmp_path_factory.mktemp("typist"), {"PATH": os.environ["PATH"]})
    yield made
    made.close()


Run = Callable[..., Done]


@pytest.fixture
def run(typist: Typist, tmp_path: Path) -> Run:
    """``izin`` typed in the test's folder: ``run("verify", PORT="8001")``; ``text`` is what it reads."""

    def izin(*words: str, text: str = "", **settings: str) -> Done:
        return typist.type(words, tmp_path, environment(tmp_path, **settings), text)

    return izin


@pytest.fixture(scope="session")
def branded(typist: Typist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which an operator has added a brand."""
    folder = tmp_path_factory.mktemp("branded")

    def izin(*words: str) -> str:
        done = typist.type(words, folder, environment(folder))
        assert done.returncode == 0, done.stderr
        return done.stdout

    izin("migrate")
    assert izin("provider", "add", "--code", "600100", "--title", "Çınar A.Ş.") == "600100\n"
    assert izin("brand", "add", "--provider", "600100", "--code", "600101", "--title", "Çınar") == "600101\n"
    assert len(izin("dealer", "add", "--brand", "600101", "--title", "Bayi", "--external", "123").strip()) == 8
    return folder


@pytest.fixture
def brand(branded: Path, tmp_path: Path) -> int:
    """A brand's code; the registry that has it stands in the test's folder."""
    shutil.copytree(branded, tmp_path, dirs_exist_ok=True)
    return 600101


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a command finds set, and no more."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of this test process's own; its URL up to the database's name."""
    from tests.crash.server import Server

    with Server(tmp_path_factory.mktemp("run")) as server:
        yield server.url("postgres")
        _connection(server.url("postgres")).close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "izin.db"
    prepare(f"sqlite:///{path}", SECRET)
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> str:
    _run(postgresql, "CREATE DATABASE template_izin")
    prepare(_named(postgresql, "template_izin"), SECRET)
    return "template_izin"


_numbers = itertools.count()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "izin.db")
    return f"sqlite:///{tmp_path / 'izin.db'}"


@pytest.fixture
def postgresql_url(postgresql: str, postgresql_template: str) -> Iterator[str]:
    name = f"izin_{next(_numbers)}"
    _run(postgresql, f"CREATE DATABASE {name} TEMPLATE {postgresql_template} STRATEGY FILE_COPY")  # half the work
    yield _named(postgresql, name)
    _run(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=DAY_EDGES)
def edge(request: pytest.FixtureRequest, clock: Clock) -> int:
    """A moment of ``DAY_EDGES``, at which the test's clock stands."""
    clock.now = DAY_EDGES[request.param]
    return clock.now


Opener = Callable[..., Registry]


@pytest.fixture
def open_registry(clock: Clock) -> Iterator[Opener]:
    """Opens registries on a database and closes them after the test."""
    opened: list[Registry] = []

    def opener(url: str, *, reconsent: Reconsent = Reconsent.CONFIRM, strict: bool = False) -> Registry:
        registry = Registry.open(url, SECRET, reconsent=reconsent, strict=strict, now=clock)
        opened.append(registry)
        return registry

    yield opener
    for registry in opened:
        registry.close()


@pytest.fixture
def registry(database_url: str, open_registry: Opener) -> Registry:
    """An empty registry, once on each database, whose clock stands at NOON."""
    return open_registry(database_url)


def _named(url: str, database: str) -> str:
    return url.replace("/postgres?", f"/{database}?")


def _run(url: str, statement: str) -> None:
    _connection(url).execute(statement.encode())


def swept(store: Store, table: str, settings: Settings | None = None) -> int:
    """How many rows of a table the worker's next sweep forgets; a part of each kind."""
    from izin import jobs

    rows = [sweep for sweep in jobs.SWEPT if sweep.table == table]
    assert rows
    given = settings or load({"SECRET_KEY": SECRET})
    return sum(store.write_now(sweeping.sweep_some, sweep, given) for sweep in rows)


@functools.cache
def _connection(url: str) -> psycopg.Connection:
    """A connection for the whole run."""
    return psycopg.connect(url, autocommit=True)
