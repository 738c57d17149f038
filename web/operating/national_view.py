"""The state of the sync with the national registry, and the functions of its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from consents.keys import Keyring
from consents.store import Snapshot, Transaction


class NationalBrandView(NamedTuple):
    """A synchronised brand. Times in µs, None: never; ``code``: brandCode, ``id``: internal. ``pulled_at``: İYS's
    changes were read; ``pushed_at``: İYS pushed some; ``sent_at``: it took a list; ``checked_day``: the last day
    whose file was compared, ``differing_day``: one that differs; ``comparing``: a comparison is under way."""

    id: int
    code: int
    title: str
    pulled_at: int | None
    pushed_at: int | None
    sent_at: int | None
    checked_day: date | None
    differing_day: date | None
    comparing: bool


class NationalRefusal(NamedTuple):
    """Movements that İYS refuses: its code, whether they are RET, how many."""

    code: str
    refuses: bool
    movements: int


class NationalErrandView(NamedTuple):
    """The last request, with its start and end (µs, None: not yet). ``outcome``: as in ``national/errands.py``."""

    asked_at: int
    done_at: int | None
    outcome: dict[str, Any]


class NationalView(NamedTuple):
    """A provider at the national registry; times in µs. ``provider``: internal id; ``verified_at``: İYS confirmed
    its number; ``light``: ok, alarm, red; ``oldest``: the oldest refusal İYS lacks; ``paused_by``: why requests
    pause until ``paused_until``; ``offset``: İYS's clock ahead of ours; ``success``: part of requests that succeed,
    None of few; ``counts``: movements by result; ``errands``: by test, compare, round; ``faults``: their number;
    ``unknown_dealers``: dealers İYS does not know, ``some_dealers``: the first of them."""

    provider: int
    provider_code: int
    iys_code: int
    username: str
    verified_at: int | None
    started_at: int | None
    reached_at: int | None
    paused_by: str | None
    paused_until: int
    offset: int
    success: float | None
    light: str
    oldest: int | None
    counts: dict[str, int]
    refused: list[NationalRefusal]
    brands: list[NationalBrandView]
    errands: dict[str, NationalErrandView]
    faults: int
    unknown_dealers: int
    some_dealers: list[str]


class NationalRival(NamedTuple):
    """A provider (internal id) that shares its iysCode with another."""

    provider: int
    iys_code: int
    username: str
    verified: bool


class RefusedMovement(NamedTuple):
    """A movement that İYS refuses. ``brand``: internal id; ``said_at``: µs; terms by code."""

    number: int
    brand: int
    channel: int
    identity: int
    status: int
    said_at: int
    code: str


class NationalDoors(NamedTuple):
    """Functions of the national room for the panel; providers by internal id. ``everyone``: all with an account;
    ``one``: a provider's, None without. ``set_up``: its user here or a new password, True where new; errors:
    BadCompany. ``ask``: requests test, compare or round; ``start``: begins the sync, False where begun. ``refused``:
    movements of brands that İYS refuses, newest first; ``address``: of one of them, None where forgotten.
    ``rivals``: accounts that share an iysCode; ``vouch``: confirms a provider's number, False where another's is
    verified; ``remove``: deletes an account and returns its iysCode, None without."""

    everyone: Callable[[Snapshot, Keyring, int], list[NationalView]]
    one: Callable[[Snapshot, Keyring, int, int], NationalView | None]
    set_up: Callable[[Transaction, Keyring, int, int, str, str], bool]
    ask: Callable[[Transaction, Keyring, int, str], bool]
    start: Callable[[Transaction, Keyring, int], bool]
    refused: Callable[[Snapshot, list[int], int], list[RefusedMovement]]
    address: Callable[[Snapshot, Keyring, int], str | None]
    rivals: Callable[[Snapshot, Keyring], list[NationalRival]]
    vouch: Callable[[Transaction, Keyring, int], bool]
    remove: Callable[[Transaction, Keyring, int], int | None]
