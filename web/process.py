"""What one process of the site holds; a handler finds it by its request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request

from consents.registry import Registry
from settings import Settings
from web.keeping import Kept
from web.rendering.assets import Assets
from web.rendering.drawing import Pages


@dataclass
class Process:
    """``faults`` asks the database what keeps it from being served, ``figures`` makes the text of ``/metrics``.

    ``lag``: how many seconds the worker of this process is behind; 0 where it runs elsewhere.
    """

    settings: Settings
    registry: Registry
    assets: Assets
    pages: Pages
    kept: Kept
    faults: Callable[[], list[str]]
    figures: Callable[[], Awaitable[str]]
    lag: Callable[[], float] = lambda: 0.0
    look: tuple[float, asyncio.Future[list[str]]] | None = None  # what faults found, asked when (monotonic seconds)


def of(request: Request) -> Process:
    """The process that answers this request."""
    held: Process = request.app.state.process
    return held
