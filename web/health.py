"""Probes for the machine that runs the site: is the process alive, is it fit to serve."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import structlog
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse

MAX_LAG = 300.0  # seconds the worker may be behind before the site counts as unfit
KEPT = 1.0  # seconds an answer is good for: anybody may ask, and each look asks the database
PATIENCE = 4.0  # seconds the database may take

_threads = ThreadPoolExecutor(2, "izin-ready")  # its own, for reports may keep the others busy


class _Look(NamedTuple):
    """What was found, from when on (monotonic seconds)."""

    at: float
    faults: asyncio.Future[list[str]]


async def alive(request: Request) -> JSONResponse:
    """The process answers; nothing else is looked at, so that a slow database restarts nobody."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """200 when database, migrations and worker are fit, else 503 with one sentence for each that is not."""
    state = request.app.state
    faults = list(await asyncio.shield(_looking(state)))
    if (lag := state.lag()) > MAX_LAG:
        faults.append(f"the worker is {lag:.0f} seconds behind")
    return JSONResponse({"status": "unfit" if faults else "ok", "faults": faults}, 503 if faults else 200)


def _looking(state: State) -> asyncio.Future[list[str]]:
    """The look that is under way or was made just now, for all who ask; a new one where there is none."""
    last: _Look | None = getattr(state, "look", None)
    if last is None or (last.faults.done() and time.monotonic() - last.at >= KEPT):
        last = _Look(time.monotonic(), asyncio.ensure_future(_faults(state)))
        state.look = last
    return last.faults


async def _faults(state: State) -> list[str]:
    """What is wrong with the database; never raises, never takes much longer than PATIENCE."""
    try:
        asking = asyncio.get_running_loop().run_in_executor(_threads, state.faults)
        return list(await asyncio.wait_for(asking, PATIENCE))
    except Exception:
        structlog.get_logger().exception("ready")
        return ["the database could not be asked"]
