"""The server: Granian within this process, so that SQLite has one process, with bounds on what a stranger can hold.

docs/decisions/0008 says why it is this one.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from collections.abc import Callable

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER_SECONDS = 10  # to the end of a request's headers, and between two requests of a connection
HEADER_BYTES = 64 * 1024  # of headers that the server collects; web/guards.py sets the exact limit
CONNECTIONS = 1000  # at once; further ones wait until the system accepts them
GRACE = 20  # seconds that requests under way have to end once the site must stop
_BACKLOG = 2048
_FILES = 65_536  # that the process asks for where the system allows more
_OWN_FILES = 40  # that the site keeps open itself: database, log, sockets of its carriers (about 25 are seen)

log = structlog.get_logger()


def run(application: ASGIApp, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT; requests under way are finished, for GRACE seconds at the most."""
    uvloop.run(_until_signalled(application, host, port))


async def _until_signalled(application: ASGIApp, host: str, port: int) -> None:
    def listen(stop: Callable[[], None]) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop)

    await serve(application, host, port, listen)


async def serve(application: ASGIApp, host: str, port: int, listen: Callable[[Callable[[], None]], None]) -> None:
    """Serves until the function that ``listen`` was given is called, on the thread of this loop."""
    server = Server(
        _logged(application),
        address=_address(host),
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES),
        # errors only, as one of our own lines each; Granian says of itself that it starts
        log_level=LogLevels.error,
        log_dictconfig={"version": 1, "loggers": {"_granian": {"handlers": [], "propagate": True}}},
    )
    stopping = asyncio.Event()

    def stop() -> None:
        server.stop()  # type: ignore[no-untyped-call]
        stopping.set()

    listen(stop)
    serving, stopped = asyncio.create_task(server.serve()), asyncio.create_task(stopping.wait())
    await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    done, _ = await asyncio.wait((serving,), timeout=GRACE)
    if not done:
        log.warning("stopped_before_all_was_answered")
        serving.cancel()
    await asyncio.gather(serving, return_exceptions=not done)


def _logged(application: ASGIApp) -> ASGIApp:
    """The application, whose faults are logged as this site logs; the server would log their messages as well."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await application(scope, receive, send)
        except Exception:
            if scope["type"] != "http":
                raise
            log.exception("request_failed")

    return answer


def _address(host: str) -> str:
    """The IP address to listen on, because Granian takes no name; of several an IPv4 one."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return str(min(found, key=lambda each: each[0] != socket.AF_INET)[4][0])


def _connections() -> int:
    """How many there may be at once, so that the site always has files left for its own work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(1, min(CONNECTIONS, max(soft, allowed) - _OWN_FILES))
