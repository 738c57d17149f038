"""The steps of the demo's people; izin/demo/story.csv has the two for visitors. A row is ``days`` before today at that
time in Türkiye. Doors file, api and sync report outside declarations (``decided``: days before today, 2015, none, or
empty for earlier that day), the others are the citizen's acts; brand *: all that may send; ``undo``: of the last act.
brands.csv: the invented companies, one row a brand, the first of each provider its master brand; codes have six digits
as at İYS, a MERSİS number comes from the provider's code. The crowd: two hundred more people, the same at every
load."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from consents import dates, instants
from consents.brands import companies
from consents.channels import answered
from consents.instants import DAY, MINUTE, UNDATED
from consents.rules import DOOR_SOURCES
from consents.store import Transaction
from consents.terms import Channel, Door, Identity, Source, Status

PHONE, EMAIL = "+905320000001", "ornek@example.com"
REPORTED = {Door.FILE, Door.API, Door.SYNC}  # doors of words given elsewhere
_FILE = Path(__file__).with_name("story.csv")
_PEOPLE = {"phone": PHONE, "email": EMAIL}
_HELD_BEFORE = dates.iys("2015-05-01 00:00:00")  # the one date that İYS takes with HS_2015 (H155)
_TAKEN_DOWN = 95 * MINUTE  # from a word to its record at the company
PHONES = [f"+9053200000{number:02}" for number in range(2, 100)]
EMAILS = [f"kisi{number:02}@example.com" for number in range(1, 103)]

_SOURCES = [source for source in Source if source.providers and source not in (Source.HS_2015, Source.HS_KARAR)]
_DOORS = answered(
    {
        Channel.ARAMA: (Door.VOICE, Door.PAGE),
        Channel.MESAJ: (Door.SMS, Door.LINK, Door.QR, Door.PAGE),
        Channel.EPOSTA: (Door.MAIL, Door.PAGE),
    }
)
_REFUSING = 0.12  # of what a company holds about them, so much do people refuse by themselves
_BRANDS_FILE = Path(__file__).with_name("brands.csv")


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


def crowd_steps(now: int, brands: list[ExampleBrand]) -> list[Step]:
    """The crowd's steps, in no particular order. ``now`` in µs."""
    chance = Random(20150501)  # noqa: S311 – a story that is the same every time, no secret
    return [step for brand in brands for step in _of_brand(chance, now, brand)]


def _of_brand(chance: Random, now: int, brand: ExampleBrand) -> Iterator[Step]:
    """A first file, a later batch of other people, and refusals afterwards."""
    phones, emails = chance.sample(PHONES, chance.randint(8, 36)), chance.sample(EMAILS, chance.randint(6, 24))
    first, later = moment(now, chance.randint(960, 1090), "10:00"), moment(now, chance.randint(70, 900), "15:00")
    for at, door, half in ((first, Door.FILE, 0), (later, Door.API, 1)):
        words = tuple(_said(chance, at, brand, address) for address in phones[half::2] + emails[half::2])
        yield ProviderStep(at, door, brand.code, words)
        for word in words:
            if chance.random() < _REFUSING:
                yield _refused(chance, now, at, brand.code, word)


def _said(chance: Random, at: int, brand: ExampleBrand, address: str) -> StoryWord:
    channel = chance.choice((Channel.MESAJ, Channel.MESAJ, Channel.ARAMA))
    return StoryWord(
        address,
        Channel.EPOSTA if "@" in address else channel,
        Identity.TACIR if chance.random() < 0.15 else Identity.BIREYSEL,
        Status.RET if chance.random() < 0.06 else Status.ONAY,
        chance.choice(_SOURCES),
        at - chance.randint(1, 60 * 24 * 60) * MINUTE,
        chance.choice([None, *brand.dealers]),
    )


def _refused(chance: Random, now: int, after: int, brand: int, word: StoryWord) -> CitizenStep:
    door = chance.choice(_DOORS[word.channel])
    at = chance.randint(after + DAY, now - DAY)
    identities = tuple(Identity) if door is not Door.PAGE else (word.identity,)
    source = DOOR_SOURCES[door]
    return CitizenStep(at, door, word.address, (brand,), (word.channel,), identities, Status.RET, source)


class ExampleBrand(NamedTuple):
    """A row of the file; ``company``: on master brands only, ``dealers``: the provider's own code -> title."""

    provider: int
    company: str
    code: int
    title: str
    names: tuple[str, ...]
    headers: tuple[str, ...]
    dealers: dict[str, str]

    def add(self, transaction: Transaction) -> None:
        """Records the brand, its dealers and, with its master brand, the provider."""
        if self.company:
            companies.add_provider(transaction, self.provider, self.company, f"9999{self.provider}000015")
        companies.add_brand(
            transaction,
            self.provider,
            self.code,
            self.title,
            names=self.names,
            headers=self.headers,
            example=True,
        )
        for external, title in self.dealers.items():
            companies.add_dealer(transaction, self.code, title, external)


def read_brands() -> list[ExampleBrand]:
    """The brands in the order of the file."""
    with _BRANDS_FILE.open(encoding="utf-8", newline="") as file:
        return [_brand(row) for row in csv.DictReader(file)]


def _brand(row: dict[str, str]) -> ExampleBrand:
    dealers = (dealer.partition("=") for dealer in row["dealers"].split("|") if dealer)
    return ExampleBrand(
        int(row["provider"]),
        row["company"],
        int(row["code"]),
        row["title"],
        tuple(row["names"].split()),
        (row["headers"],) if row["headers"] else (),
        {external: title for external, _, title in dealers},
    )
