"""What one process of the site holds; a handler finds it by its request."""

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
    """How long what is not a consent is kept, µs: the numbers that the sweeps go by, for the privacy notice.

    What a setting decides (sessions, codes, links) stands in the settings alone.
    """

    sign_ins: int  # when an address has signed in
    wrong_codes: int  # how many wrong codes were given for it
    texts: int  # of an SMS that a person has to read, and of the answer to each
    sent: int  # messages that have left, or could not
    lists: int  # lists of a company's program, for their results
    watches: int  # wishes to be told of declared consents, from when their addresses were last proved
    devices: int  # browsers of people of the panel, from their last sign-in
    refused: int  # how many records of a company were not taken, without any address


class HandedOver(NamedTuple):
    """When a movement was first handed to a program of its company, and first taken by one, µs; None: not yet."""

    at: int | None
    taken_at: int | None


class CitizenMovement(NamedTuple):
    """Whose movement is asked about: the brand and the event (internal numbers), and the channel by code."""

    brand: int
    event: int
    channel: int


class NationalReport(NamedTuple):
    """What became of a citizen's movement at the national registry: when it had it (µs), or that it refuses it."""

    at: int | None
    failed: bool


def _unreported(snapshot: Snapshot, event: int) -> NationalReport | None:
    return None


class Looked(NamedTuple):
    """What a look at the database found: what keeps it from being served, warnings, and who works beside the site.

    ``workers``: None where nobody could ask.
    """

    faults: list[str]
    warnings: list[str]
    workers: WorkersSeen | None


class OwnNumbers(NamedTuple):
    """The numbers of a brand's own that people write RET to: listed (by the brand's internal id), added, removed.

    ``checked`` gives a number as it is kept; it and ``add`` take the site's numbers, which are no brand's. ``holder``:
    the brand that has a number so kept. What cannot be is ``BadCompany``.
    """

    listed: Callable[[Snapshot, int], list[str]]
    checked: Callable[[str, Collection[str]], str]
    holder: Callable[[Snapshot, str], int | None]
    add: Callable[[Transaction, KnownBrand, str, Collection[str]], str]
    remove: Callable[[Transaction, KnownBrand, str], None]


@dataclass
class Process:
    """``faults`` asks the database what keeps it from being served, ``figures`` makes the text of ``/metrics``.

    ``handed`` reads what became of a citizen's movement; None where that would take long. ``called`` reads the act of
    a call by the number that its caller heard; None where there is none. ``numbers``: the brands' own, of the SMS door.
    ``desk``: what waits for the operator, and how it is cleared. ``national``: the sync with the national registry.
    ``reported`` says of an event what became of it at the national registry; None where nothing is to be said.
    ``warnings`` are sentences for an operator that keep nothing from being served. ``workers`` sees who works.
    ``lag``: how many seconds the worker of this process is behind with what a site cannot do without, ``lags`` by
    job; 0 and none where it runs elsewhere. ``waiting``: for how many seconds changes have been waiting and none was
    written.
    """

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
    """The process that answers this request."""
    held: Process = request.app.state.process
    return held
