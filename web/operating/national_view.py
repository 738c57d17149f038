"""How the sync with the national registry is doing, as the composition hands it to pages, and what they may ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from consents.keys import Keyring
from consents.store import Snapshot, Transaction


class NationalBrandView(NamedTuple):
    """A brand that is kept the same. Moments in µs, None: never; ``code``: brandCode, ``id``: internal.

    ``pulled_at``: its changes were read there; ``pushed_at``: İYS told of some by itself; ``sent_at``: it took a list;
    ``checked_day``: the last day whose file was looked at, ``differing_day``: one whose file differs; ``comparing``:
    what both hold is being compared.
    """

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
    """Movements that İYS refuses: its code, whether they are a RET, how many."""

    code: str
    refuses: bool
    movements: int


class NationalErrandView(NamedTuple):
    """What was last asked, when, when it was done (µs, None: not yet). ``outcome``: as ``national/errands.py`` says."""

    asked_at: int
    done_at: int | None
    outcome: dict[str, Any]


class NationalView(NamedTuple):
    """A provider at the national registry.

    ``provider``: internal id; ``verified_at``: when İYS had shown that the number
    is its own (µs); ``light``: ok, alarm, red; ``oldest``: when the oldest refusal was recorded that İYS has
    not (µs); ``paused_by``: why nothing is asked of İYS until ``paused_until`` (µs); ``offset``: by how much its
    clock is ahead (µs); ``success``: which part of the requests succeeds, None of few; ``counts``: movements by what
    became of them; ``errands``: by test, compare, round; ``faults``: how many things are wrong;
    ``unknown_dealers``: how many dealers of ours İYS does not know, ``some_dealers``: the first of them.
    """

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
    """A provider (internal id) that has an account under an iysCode under which another has one too."""

    provider: int
    iys_code: int
    username: str
    verified: bool


class RefusedMovement(NamedTuple):
    """One movement that İYS refuses. ``brand``: internal id; ``said_at``: µs; terms by code."""

    number: int
    brand: int
    channel: int
    identity: int
    status: int
    said_at: int
    code: str


class NationalDoors(NamedTuple):
    """What the panel asks of the national registry's room; providers by internal id.

    ``everyone``: each provider that has an account there; ``one``: a provider's, None where it has none. ``set_up``
    gives a provider (by its number here) its user there or a new password, True where it is new; errors: BadCompany.
    ``ask``: has something done by the process that speaks with İYS (test, compare, round); ``start``: lets the sync
    begin, False where it had begun. ``refused``: the movements of some brands that İYS refuses, the newest first, at
    most so many; ``address``: whom one of them is about, None where it is no longer known. ``rivals``: accounts of
    several providers under one iysCode; ``vouch``: the number is this provider's, False where another's is verified;
    ``remove``: forgets a provider's account, its iysCode, None where it has none.
    """

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
