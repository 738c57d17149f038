"""Runs uvicorn in this process, so that SQLite has one process, with bounds on a client's cost
(docs/decisions/0035)."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from web import room
from web.connections import HEADER_SECONDS, BoundedProtocol
from web.room import Room

GRACE = 20  # seconds that requests under way have to end once the site must stop
_BACKLOG = 2048
_FILES = 65_536  # that the process asks for where the system allows more
_OWN_FILES = 40  # that the site keeps open itself: database, log, sockets of its carriers (about 25 are seen)

log = structlog.get_logger()


def run(application: ASGIApp, host: str, port: int, room: Room | None = None) -> None:
    """Serves until SIGTERM or SIGINT; requests under way get GRACE seconds."""
    uvloop.run(_until_signalled(application, host, port, room))


async def _until_signalled(application: ASGIApp, host: str, port: int, room: Room | None) -> None:
    def listen(stop: Callable[[], None]) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop)

    await serve(application, host, port, listen, room)


async def serve(
    application: ASGIApp, host: str, port: int, listen: Callable[[Callable[[], None]], None], room: Room | None = None
) -> None:
    """Serves until the function given to ``listen`` is called, on the thread of this loop."""
    place = room or Room()
    place.most = _connections()
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)  # what goes wrong is logged here, as this site logs
    config = uvicorn.Config(
        _logged(application),
        host=host,
        port=port,
        http=partial(BoundedProtocol, room=place),  # type: ignore[arg-type]  # it is only called
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # web/guards.py reads them
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=HEADER_SECONDS,
        timeout_graceful_shutdown=GRACE,
        callback_notify=_watch(place),
        timeout_notify=0,  # at each second
    )
    server = _Server(config)
    listen(server.stop)
    await server.serve()
    if server.overran:
        log.warning("stopped_before_all_was_answered")


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers. ``overran``: requests were running at the deadline."""

    overran = False

    def stop(self) -> None:
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def _wait_tasks_to_complete(self) -> None:
        self.overran = True
        await super()._wait_tasks_to_complete()
        self.overran = False


def _watch(room: Room) -> Callable[[], Awaitable[None]]:
    last = asyncio.get_running_loop().time()

    async def watch() -> None:
        nonlocal last
        now = asyncio.get_running_loop().time()
        for connection in list(room.open):
            try:
                connection.look(now, now - last)
            except Exception:  # it would end the server, and with it all other connections
                log.exception("connection_failed")
                with suppress(Exception):
                    connection.give_up()
        last = now
        room.report(now)

    return watch


def _logged(application: ASGIApp) -> ASGIApp:
    """The application with faults logged as this site logs; the server would log their messages."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await application(scope, receive, send)
        except Exception:
            if scope["type"] != "http":
                log.exception("not_started")
                raise
            log.exception("request_failed")

    return answer


def _connections() -> int:
    """The limit of connections that leaves files for the site's own work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(1, min(room.CONNECTIONS, max(soft, allowed) - _OWN_FILES))
