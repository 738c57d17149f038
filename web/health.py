"""Probes for the machine that runs the site: is the process alive, is it fit to serve."""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

MAX_LAG = 300.0  # seconds the worker may be behind before the site counts as unfit


async def alive(request: Request) -> JSONResponse:
    """The process answers; nothing else is looked at, so that a slow database restarts nobody."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """200 when database, migrations and worker are fit, else 503 with one sentence for each that is not."""
    state = request.app.state
    try:
        faults = list(await run_in_threadpool(state.faults))
    except Exception:
        structlog.get_logger().exception("ready")
        faults = ["the database could not be asked"]
    if (lag := state.lag()) > MAX_LAG:
        faults.append(f"the worker is {lag:.0f} seconds behind")
    return JSONResponse({"status": "unfit" if faults else "ok", "faults": faults}, 503 if faults else 200)
