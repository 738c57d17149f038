"""The objects of one process of the site, found by a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request

from consents.care.workers import WorkersSeen
from consents.registry import Registry
from settings import Settings
from web.rendering.assets import Assets
from web.rendering.drawing import Pages, Trial

if TYPE_CHECKING:
    from web.metrics import RequestCounts
    from web.room import Room
    from web.turned_away import TurnedAway


class KeptFor(NamedTuple):
    """Retention of everything but consents, µs, as the sweeps use it, for the privacy notice; settings have the
    rest."""

    sign_ins: int  # when an address has signed in
    wrong_codes: int  # how many wrong codes were given for it
    texts: int  # of an SMS that a person has to read, and of the answer to each
    sent: int  # messages that have left, or could not
    lists: int  # lists of a company's program, for their results
    watches: int  # declaration alerts, since their addresses were last proved
    follow_ups: int  # the question after a refusal's last day, from that day
    complaints: int  # a counted complaint's person and text
    devices: int  # browsers of people of the panel, from their last sign-in
    refused: int  # how many records of a company were not taken, without any address


class Looked(NamedTuple):
    """A check of the database: faults that stop the site, warnings, and live workers. ``workers``: None where
    unknown."""

    faults: list[str]
    warnings: list[str]
    workers: WorkersSeen | None


@dataclass
class Process:
    """``counts``, ``turned``, ``room``: what ``/metrics`` shows of this process. ``faults``: what stops the site;
    ``warnings``: sentences that do not; ``workers``: live ones. ``lag``: seconds that essential jobs of this
    process's worker are late, ``lags`` by job; 0 and none where it runs elsewhere. ``waiting``: seconds that changes
    have waited without a write."""

    settings: Settings
    registry: Registry
    assets: Assets
    pages: Pages
    kept: KeptFor
    counts: RequestCounts
    turned: TurnedAway
    room: Room
    faults: Callable[[], list[str]]
    trial: Trial | None = None  # of a demo in development, never of a real site
    lag: Callable[[], float] = lambda: 0.0
    lags: Callable[[], dict[str, float]] = dict
    waiting: Callable[[], float] = lambda: 0.0
    warnings: Callable[[], list[str]] = list
    workers: Callable[[], WorkersSeen] = WorkersSeen
    own_machine: bool = False  # nobody else can open the site; its sandbox may push to this machine
    idle = False  # that no worker lives stands in the log
    # What was found, asked when (monotonic seconds).
    look: tuple[float, asyncio.Future[Looked]] | None = None


def of(request: Request) -> Process:
    held: Process = request.app.state.process
    return held
