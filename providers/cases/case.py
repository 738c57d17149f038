"""A case: a declared consent as its reader found it, in JSON or in a row of a file, and what may be recorded of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from consents import dates
from consents.dates import Form

MOST_DEALERS = 100  # H126
DAWN = dates.iys("2015-05-01 00:00:00")  # the oldest date that İYS knows (H156)


# What a reader found, by field: a text or another value of JSON, or Unreadable; no entry where nothing was given.
Case = Mapping[str, Any]


class Unreadable(NamedTuple):
    """Stands in a case for a value that nobody can read; ``code``: why."""

    code: str


class Frame(NamedTuple):
    """What cases are judged by, and how their reader writes dates and dealers.

    ``now``: µs. ``dealers``: ids by those codes that the cases may name, of the type ``code_kind``.
    """

    now: int
    dealers: Mapping[Any, int]
    form: Form = Form.IYS
    code_kind: type = int


class Declared(NamedTuple):
    """A consent that may be recorded: canonical address, codes, decided_at (µs, 0 undated), internal ids of dealers."""

    address: str
    channel: int
    identity: int
    status: int
    source: int | None
    at: int
    dealer: int | None = None
    access: tuple[int, ...] = ()


class Flaw(NamedTuple):
    """One thing that is wrong. ``step``: which entry of a list; ``reason``: what is wrong with the address."""

    code: str
    field: str
    step: int | None = None
    reason: str = ""


class Judgement(NamedTuple):
    """``item`` is None where ``flaws`` say why. ``notes``: what is odd about an item that is recorded all the same."""

    item: Declared | None
    flaws: list[Flaw]
    notes: list[str]
