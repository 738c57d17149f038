"""Two hundred more invented people, the same at every load, so that a brand has more than one recipient."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from consents.channels import answered
from consents.instants import DAY, MINUTE
from consents.rules import DOOR_SOURCES
from consents.terms import Channel, Door, Identity, Source, Status
from izin.demo.brands import ExampleBrand
from izin.demo.story import CitizenStep, ProviderStep, Step, StoryWord, moment

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


def steps(now: int, brands: list[ExampleBrand]) -> list[Step]:
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
