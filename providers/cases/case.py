"""A case: a declared consent as read from JSON or a file's row, and its judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from consents import dates
from consents.dates import Form

MOST_DEALERS = 100  # H126
DAWN = dates.DAWN


# What a reader found, by field: a text or another value of JSON, or Unreadable; no entry where nothing was given.
Case = Mapping[str, Any]


class Unreadable(NamedTuple):
    """Marks an unreadable value in a case; ``code``: why."""

    code: str


class Frame(NamedTuple):
    """What cases are judged by, and how their reader writes dates and dealers. ``now``: µs; ``dealers``: ids by the
    codes that cases may name, of the type ``code_kind``."""

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
    """One flaw. ``step``: which entry of a list; ``reason``: what is wrong with the address."""

    code: str
    field: str
    step: int | None = None
    reason: str = ""


class Judgement(NamedTuple):
    """``item`` is None where ``flaws`` explain why. ``notes``: oddities of an item that is recorded all the same."""

    item: Declared | None
    flaws: list[Flaw]
    notes: list[str]
