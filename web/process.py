"""The objects of one process of the site, found by a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from starlette.requests import Request

from consents.brands.companies import KnownBrand
from consents.care.workers import WorkersSeen
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from settings import Settings
from web.operating.desk_view import DeskDoors
from web.operating.national_view import NationalDoors
from web.rendering.assets import Assets
from web.rendering.drawing import Pages
from web.trial import Trial


class KeptFor(NamedTuple):
    """Retention of everything but consents, µs, as the sweeps use it, for the privacy notice; settings have the
    rest."""

    sign_ins: int  # when an address has signed in
    wrong_codes: int  # how many wrong codes were given for it
    texts: int  # of an SMS that a person has to read, and of the answer to each
    sent: int  # messages that have left, or could not
    lists: int  # lists of a company's program, for their results
    watches: int  # declaration alerts, since their addresses were last proved
    devices: int  # browsers of people of the panel, from their last sign-in
    refused: int  # how many records of a company were not taken, without any address


class HandedOver(NamedTuple):
    """When a movement was first handed to a program of its company, and first taken by one, µs; None: not yet."""

    at: int | None
    taken_at: int | None


class CitizenMovement(NamedTuple):
    """A movement of a citizen: brand and event (internal numbers), channel by code."""

    brand: int
    event: int
    channel: int


class NationalReport(NamedTuple):
    """A citizen's movement at the national registry: received at (µs), or refused."""

    at: int | None
    failed: bool


def _unreported(snapshot: Snapshot, event: int) -> NationalReport | None:
    return None


class Looked(NamedTuple):
    """A check of the database: faults that stop the site, warnings, and live workers. ``workers``: None where
    unknown."""

    faults: list[str]
    warnings: list[str]
    workers: WorkersSeen | None


class OwnNumbers(NamedTuple):
    """A brand's own numbers for RET: listed (by internal id), added, removed. ``checked``: the stored form of a
    number; it and ``add`` take the site's numbers, which no brand may have. ``holder``: the brand of a stored
    number. Errors: BadCompany."""

    listed: Callable[[Snapshot, int], list[str]]
    checked: Callable[[str, Collection[str]], str]
    holder: Callable[[Snapshot, str], int | None]
    add: Callable[[Transaction, KnownBrand, str, Collection[str]], str]
    remove: Callable[[Transaction, KnownBrand, str], None]


@dataclass
class Process:
    """``faults``: what stops the site; ``warnings``: sentences that do not; ``figures``: the text of ``/metrics``.
    ``handed``: a movement's delivery, None where that would take long; ``reported``: an event's report to İYS, None
    for none. ``called``: the act of a call's number, None without. ``numbers``: of brands, for SMS; ``desk``: the
    operator's tasks; ``national``: the sync; ``workers``: live ones. ``lag``: seconds that essential jobs of this
    process's worker are late, ``lags`` by job; 0 and none where it runs elsewhere. ``waiting``: seconds that changes
    have waited without a write."""

    settings: Settings
    registry: Registry
    assets: Assets
    pages: Pages
    kept: KeptFor
    faults: Callable[[], list[str]]
    figures: Callable[[], Awaitable[str]]
    handed: Callable[[Snapshot, CitizenMovement], HandedOver | None]
    called: Callable[[Snapshot, Keyring, str], int | None]
    desk: DeskDoors
    numbers: OwnNumbers
    national: NationalDoors
    trial: Trial | None = None  # of a demo in development, never of a real site
    lag: Callable[[], float] = lambda: 0.0
    lags: Callable[[], dict[str, float]] = dict
    waiting: Callable[[], float] = lambda: 0.0
    reported: Callable[[Snapshot, int], NationalReport | None] = _unreported
    warnings: Callable[[], list[str]] = list
    workers: Callable[[], WorkersSeen] = WorkersSeen
    idle = False  # that no worker lives stands in the log
    # What was found, asked when (monotonic seconds).
    look: tuple[float, asyncio.Future[Looked]] | None = None


def of(request: Request) -> Process:
    held: Process = request.app.state.process
    return held
