"""Sites to measure at: the real one as ``izin serve`` builds it, that one with another way of writing, and a bare one.

Each runs in a process of its own (child.py) under the server of ``izin serve``, on a port of its own. As there the
worker is inside, and what was loaded is kept from the collector of garbage.
"""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import uvicorn
import uvloop
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bench import child, registries
from bench.clients import HOST
from citizen.consents.acts import Chosen
from consents.care import workers
from consents.queries import by_address
from consents.registry import Registry
from izin.app import build
from izin.jobs import list_jobs
from izin.scheduler import working
from optout.links.button_actions import Pressed
from settings import load
from web import server as izin

_TABLE = """<!doctype html><table>{% for code, title in rows %}
<tr id="c-{{ code }}"><th>{{ title }}</th><td class="is ONAY">{% if code %}ONAY{% else %}RET{% endif %}</td>
<td><form action="/{{ code }}" method="post"><button name="status" value="RET">{{ title }}: RET</button></form></td>
</tr>
{% endfor %}</table>"""
PATIENCE = 300.0  # seconds in which a site must have started, also on a busy machine
_LIVING = {workers.heartbeat, workers.unregister}  # what a worker writes of itself
_LOOK = 0.02  # seconds between two looks whether to stop
LIMITS = (
    *("CODES_SENT_PER_HOUR", "CODES_SENT_PER_DAY", "CODES_SENT_PER_IP", "CODES_SENT_PER_BLOCK", "CODES_SENT_BUDGET"),
    *("API_PER_SECOND", "API_STATUS_PER_HOUR"),
)

Write = Callable[..., Awaitable[Any]]
Server = Callable[[Any, str, int, Callable[[Callable[[], None]], None]], Coroutine[Any, Any, None]]


@dataclass
class Running:
    """A site that takes requests. ``pss``: its memory at the end, in bytes, once it has been stopped."""

    port: int
    process: int
    pss: int = 0

    @property
    def cpu(self) -> float:
        """Seconds of the processor's time that it has taken so far."""
        times = psutil.Process(self.process).cpu_times()
        return float(times.user + times.system)


@contextmanager
def site(
    folder: Path,
    url: str,
    writing: str = "",
    *,
    worker: bool = False,
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    server: str = "izin",
    serving: Callable[..., int] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Iterator[Running]:
    """The site on this database. ``writing``: another way than its own, one of WRITING; ``worker``: its chores too.

    ``server``: one of SERVERS. ``serving``: what calls ``serve``, with ``more`` that it needs itself.
    """
    own = {"settings": dict(settings or {}), "server": server, **(more or {})}
    order = {"url": url, "writing": writing, "worker": worker, "outbox": outbox(folder), **own}
    with _running(folder, serving or serve, environment, order) as running:
        yield running


@contextmanager
def bare(folder: Path, size: int) -> Iterator[Running]:
    """Starlette alone: ``/`` answers hello, ``/page`` is a page of ``size`` bytes that was made before, ``/rows`` a
    table of a hundred rows, drawn by Jinja and compressed for each request."""
    with _running(folder, serve_bare, None, {"size": size}) as running:
        yield running


@contextmanager
def _running(
    folder: Path, serving: Callable[..., int], environment: Mapping[str, str] | None, order: Mapping[str, Any]
) -> Iterator[Running]:
    name = folder / f"site-{time.monotonic_ns()}"
    ready, stop = name.with_suffix(".ready"), name.with_suffix(".stop")
    started = child.start(serving, environment=environment, watched=False, ready=ready, stop=stop, **order)
    running = Running(0, 0)
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready.exists() and started.going and time.monotonic() < deadline:
            time.sleep(_LOOK)
        if ready.exists():  # else its answer has the reason
            running.port, running.process = map(int, ready.read_text().split())
            yield running
    finally:
        stop.touch()
        running.pss = started.answer()


def outbox(folder: Path) -> Path:
    """Where the sites' messages arrive, one JSON object a line."""
    return folder / "outbox.jsonl"


def serve(
    url: str, writing: str, worker: bool, outbox: str, settings: dict[str, str], server: str, ready: str, stop: str
) -> int:
    """Serves until the file ``stop`` is there; writes its port to ``ready``. The memory it had then, bytes (PSS)."""
    gateways = dict.fromkeys(("SMS_GATEWAY", "MAIL_GATEWAY"), f"file:{outbox}")
    limits = dict.fromkeys(LIMITS, "1000000") | {"SEND_GAP_SECONDS": "0"}
    chosen = load({"SECRET_KEY": registries.SECRET, "DATABASE_URL": url, **gateways, **limits, **settings})
    with registries.open_registry(url) as registry, ExitStack() as stack:
        todo = list_jobs(chosen) if worker else []
        if writing:
            registry.store.write = stack.enter_context(WRITING[writing](registry))  # type: ignore[method-assign]
        built = build(chosen, registry, lambda state: working(state, todo))
        gc.freeze()
        return _serve(built, Path(ready), Path(stop), server)


def serve_bare(size: int, ready: str, stop: str) -> int:
    """The same for Starlette alone."""
    page, table = "x" * size, Environment(autoescape=True).from_string(_TABLE)

    async def hello(request: Request) -> Response:
        return PlainTextResponse("hello")

    async def static(request: Request) -> Response:
        return HTMLResponse(page)

    async def rows(request: Request) -> Response:
        drawn = table.render(rows=[(code, f"Örnek {code}") for code in range(600101, 600201)])
        return HTMLResponse(zlib.compress(drawn.encode(), 4, wbits=31), headers={"content-encoding": "gzip"})

    paths = {"/": hello, "/page": static, "/rows": rows}
    return _serve(Starlette(routes=[Route(path, way) for path, way in paths.items()]), Path(ready), Path(stop))


def _serve(application: Any, ready: Path, stop: Path, server: str = "izin") -> int:
    with socket.create_server((HOST, 0)) as probe:
        port = int(probe.getsockname()[1])
    stops: list[Callable[[], None]] = []
    taken: list[int] = []
    parent, loop = os.getppid(), uvloop.new_event_loop()

    def watch() -> None:
        while not listening(port):
            time.sleep(_LOOK)
        ready.with_suffix(".port").write_text(f"{port} {os.getpid()}")
        ready.with_suffix(".port").rename(ready)
        while not stop.exists() and os.getppid() == parent:
            time.sleep(_LOOK)
        taken.append(int(psutil.Process().memory_full_info().pss))
        loop.call_soon_threadsafe(*stops)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    loop.run_until_complete(SERVERS[server](application, HOST, port, stops.append))
    watching.join()
    return taken[0]


def listening(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((HOST, port)) == 0


async def _uvicorn(application: Any, host: str, port: int, listen: Callable[[Callable[[], None]], None]) -> None:
    options: dict[str, Any] = {"log_config": None, "access_log": False, "proxy_headers": False, "server_header": False}
    running = uvicorn.Server(uvicorn.Config(application, host=host, port=port, **options))
    listen(lambda: setattr(running, "should_exit", True))
    await running.serve()


SERVERS: dict[str, Server] = {"izin": izin.serve, "uvicorn": _uvicorn}


@contextmanager
def _unwritten(registry: Registry) -> Iterator[Write]:
    """Nothing is written, all else is done: a choice is answered as if it had become act 1."""

    written = registry.store.write

    async def write(work: Callable[..., Any], *arguments: Any) -> Any:
        return await written(work, *arguments) if work in _LIVING else Chosen(1, 1)

    yield write


@contextmanager
def _each(registry: Registry) -> Iterator[Write]:
    """A commit for each request, in the thread pool, as frameworks do it: one connection with a lock around it."""
    gate, lock = registry.store.gate(), threading.Lock()

    def commit(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        with lock, gate.transaction() as transaction:
            return work(transaction, *arguments)

    async def write(work: Callable[..., Any], *arguments: Any) -> Any:
        return await run_in_threadpool(commit, work, arguments)

    yield write
    gate.close()


@contextmanager
def _unpressed(registry: Registry) -> Iterator[Write]:
    """The same for the button of a link."""

    written = registry.store.write

    async def write(work: Callable[..., Any], *arguments: Any) -> Any:
        if work in _LIVING:
            return await written(work, *arguments)
        now = registry.store.now()
        return Pressed(1, now, now, repeated=False, ended=True)

    yield write


@contextmanager
def _unlooked(registry: Registry) -> Iterator[Write]:
    """Nobody looks up which of many addresses have an ONAY: seven of ten count as such, as in the files."""
    looked = by_address.approved
    asked = 0

    def seven_of_ten(*arguments: Any) -> set[bytes]:
        nonlocal asked
        asked += 1
        sealed = list(arguments[-1])
        return set(sealed[: len(sealed) * 7 // 10])

    by_address.approved = seven_of_ten
    yield registry.store.write
    by_address.approved = looked
    assert asked, "the site looks them up in another way"


WRITING = {"unwritten": _unwritten, "unpressed": _unpressed, "each": _each, "unlooked": _unlooked}
