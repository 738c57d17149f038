"""The steps of the demo's people; izin/demo/story.csv has the two for visitors. A row is ``days`` before today at
that time in Türkiye. Doors file, api and sync report outside declarations (``decided``: days before today, 2015,
none, or empty for earlier that day), the others are the citizen's acts; brand *: all that may send; ``undo``: of the
last act."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from consents import dates, instants
from consents.instants import DAY, MINUTE, UNDATED
from consents.rules import DOOR_SOURCES
from consents.terms import Channel, Door, Identity, Source, Status

PHONE, EMAIL = "+905320000001", "ornek@example.com"
REPORTED = {Door.FILE, Door.API, Door.SYNC}  # doors of words given elsewhere
_FILE = Path(__file__).with_name("story.csv")
_PEOPLE = {"phone": PHONE, "email": EMAIL}
_HELD_BEFORE = dates.iys("2015-05-01 00:00:00")  # the one date that İYS takes with HS_2015 (H155)
_TAKEN_DOWN = 95 * MINUTE  # from a word to its record at the company


class StoryWord(NamedTuple):
    """A declaration reported by a company or İYS. ``at`` in µs, ``dealer``: the provider's own code."""

    address: str
    channel: Channel
    identity: Identity
    status: Status
    source: Source | None
    at: int
    dealer: str | None = None


class ProviderStep(NamedTuple):
    """A company, or the national registry, records declarations about one brand. ``at`` in µs."""

    at: int
    door: Door
    brand: int
    words: tuple[StoryWord, ...]


class CitizenStep(NamedTuple):
    """A citizen's own act: one status for each brand × channel × identity; no brand: all that may send."""

    at: int
    door: Door
    address: str
    brands: tuple[int, ...]
    channels: tuple[Channel, ...]
    identities: tuple[Identity, ...]
    status: Status
    source: Source


class UndoStep(NamedTuple):
    """A citizen undoes their last act through the same door."""

    at: int
    address: str


Step = ProviderStep | CitizenStep | UndoStep


def read(now: int) -> list[Step]:
    """The file's steps in order of time, for a visitor at ``now`` (µs)."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return [step for row in csv.DictReader(file) for step in _steps(row, now)]


def moment(now: int, days: int, clock: str) -> int:
    """µs of a wall clock in Türkiye, "HH:MM", so many days before the day of ``now``."""
    today: date = instants.moment(now).astimezone(instants.ISTANBUL).date()
    hour, minute = clock.split(":")
    return dates.day_bounds(today - timedelta(days=days))[0] + (int(hour) * 60 + int(minute)) * MINUTE


def _steps(row: dict[str, str], now: int) -> Iterator[Step]:
    at, address = moment(now, int(row["days"]), row["clock"]), _PEOPLE[row["who"]]
    if row["door"] == "undo":
        yield UndoStep(at, address)
        return
    door, status = Door[row["door"].upper()], Status[row["status"]]
    channels = tuple(Channel[name] for name in row["channels"].split())
    identities = tuple(Identity[name] for name in row["identities"].split())
    source = Source[row["source"]] if row["source"] else DOOR_SOURCES.get(door)
    brands = tuple(int(code) for code in row["brands"].split() if code != "*")
    if door not in REPORTED:
        assert source is not None
        yield CitizenStep(at, door, address, brands, channels, identities, status, source)
        return
    word = status, source, _decided_at(row["decided"], at, int(row["days"])), row["dealer"] or None
    words = tuple(StoryWord(address, channel, identity, *word) for channel in channels for identity in identities)
    for brand in brands:
        yield ProviderStep(at, door, brand, words)


def _decided_at(decided: str, at: int, days: int) -> int:
    """µs of the declaration itself, given when it was recorded."""
    if decided in {"2015", "none"}:
        return _HELD_BEFORE if decided == "2015" else UNDATED
    return at - _TAKEN_DOWN - (int(decided or days) - days) * DAY
