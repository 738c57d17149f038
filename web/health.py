"""Probes: liveness and readiness."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

from web import metrics, process
from web.process import Looked, Process

MAX_LAG = 300.0  # seconds the worker may be behind before the site counts as unfit
KEPT = 1.0  # seconds an answer is good for: anybody may ask, and each look asks the database
PATIENCE = 4.0  # seconds the database may take
WORTH_TELLING = 1.0  # seconds that the oldest waiting change may have waited

_threads = ThreadPoolExecutor(2, "izin-ready")  # its own, because reports may keep the others busy


async def alive(request: Request) -> JSONResponse:
    """Checks nothing else, so that a slow database restarts nobody."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """200 when database, migrations and worker are ready, else 503 with one sentence for each fault. Warnings keep
    200 and are shown to clients of ``/metrics`` alone, because some name a company. Without a live worker: 200 and
    ``degraded``."""
    here = process.of(request)
    found, warnings, workers = await asyncio.shield(_looking(here))
    faults = list(found)
    if (lag := here.lag()) > MAX_LAG:
        faults.append(f"the worker is {lag:.0f} seconds behind")
    body: dict[str, Any] = {"status": "unfit" if faults else "ok", "faults": faults}
    late = [f"job {name} is {seconds:.0f} seconds behind" for name, seconds in here.lags().items() if seconds > MAX_LAG]
    if (warnings := [*warnings, *late]) and metrics.may_read(request, here.settings):
        body["warnings"] = warnings
    if (waited := here.waiting()) > WORTH_TELLING:
        body["oldest_waiting_write_seconds"] = round(waited, 1)
    if workers is not None:
        idle = workers.missing(here.settings.worker == "separate")
        if idle and not here.idle:  # a dead one cannot report itself
            structlog.get_logger().error("no_worker_lives", last=workers.last)
        here.idle = idle
        if idle or workers.alive or workers.dead:
            body["workers"] = {"alive": workers.alive, "dead": workers.dead}
        if idle and not faults:
            body["status"] = "degraded"
    return JSONResponse(body, 503 if faults else 200)


async def faults(request: Request) -> list[str]:
    """What keeps the database from taking changes, as ``/readyz`` found it within the last second."""
    return (await asyncio.shield(_looking(process.of(request)))).faults


def _looking(here: Process) -> asyncio.Future[Looked]:
    """The check under way or just made, shared by all requests; else a new one."""
    now = time.monotonic()
    if here.look is None or (here.look[1].done() and now - here.look[0] >= KEPT):
        here.look = now, asyncio.ensure_future(_faults(here))
    return here.look[1]


async def _faults(here: Process) -> Looked:
    """Faults of the database, and warnings; never raises, takes little longer than PATIENCE."""
    try:
        asking = asyncio.get_running_loop().run_in_executor(_threads, _ask, here)
        async with asyncio.timeout(PATIENCE):
            return await asking
    except Exception:
        structlog.get_logger().exception("ready")
        return Looked(["the database could not be asked"], [], None)


def _ask(here: Process) -> Looked:
    faults = list(here.faults())
    try:
        return Looked(faults, [], None) if faults else Looked(faults, list(here.warnings()), here.workers())
    except Exception:  # whatever keeps a warning from being found, the site is fit
        structlog.get_logger().exception("warnings")
        return Looked(faults, [], None)
