"""The dialogue of a call: place and keys lead to the next text, or to a refusal. The state is in the signed URL that
Twilio posts to, so a repeated webhook gets the same answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Self
from urllib.parse import urlencode

from consents.brands.book import BrandDirectory, BrandEntry
from consents.channels import BY_SMS
from consents.languages import LANGUAGES, SOURCE, voiced
from consents.people.recipients import Recipient, country
from consents.terms import Channel
from gateways.twilio.twiml import Line
from optout.refusals import HOME, Countries, gets_sms
from optout.voice import voice_lines
from optout.voice.voice_lines import KEY_NINE, lines

CALLS = (Channel.ARAMA.code,)
BOTH = BY_SMS
MOST_SILENT = 2  # times that nothing is pressed before the call ends
MOST_WRONG = 3  # wrong numbers or keys
BRAND_DIGITS = 9

_NUMBER = re.compile(r"[0-9]{1,18}")


class Step(StrEnum):
    START = ""
    NUMBER = "number"  # which brand
    WHAT = "what"  # what to refuse of it
    EVERY = "every"  # what to refuse of all brands
    AGAIN = "again"  # whether to hear the record number once more


class CallPlace(NamedTuple):
    """``brand``: brandCode; ``silent``, ``wrong``: how often this question was not answered; ``record``, ``at`` (µs):
    of the refusal that was made."""

    step: Step = Step.START
    language: str = SOURCE
    brand: int = 0
    silent: int = 0
    wrong: int = 0
    record: int = 0
    at: int = 0

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """The place in a URL; invalid parts are as at the start."""
        step = query.get("step", "")
        numbers = {name: int(query[name]) for name in cls._fields[2:] if _NUMBER.fullmatch(query.get(name, ""))}
        language = voiced(query["lang"]) if query.get("lang") in LANGUAGES else SOURCE
        return cls(Step(step) if step in list(Step) else Step.START, language, **numbers)

    def query(self) -> str:
        numbers = {name: getattr(self, name) for name in self._fields[2:]}
        return urlencode({"step": self.step, "lang": self.language, **{k: v for k, v in numbers.items() if v}})


class Spoken(NamedTuple):
    """A text, and where the keys pressed then lead; nowhere: the call ends."""

    lines: list[Line]
    then: CallPlace | None = None


class CallChoice(NamedTuple):
    """A refusal. ``brand`` None: of all brands with a record; ``new``: and of brands that come later (rule L13)."""

    brand: BrandEntry | None
    channels: tuple[int, ...]
    new: bool = False


class CallEnding(NamedTuple):
    """The end of what signs in or acts for the caller without a code: saved phones and lasting helpers."""


class CallOutcome(StrEnum):
    RECORDED = "recorded"
    ALREADY = "already"  # of one brand: it stood as the citizen's own word
    EVERY = "every"  # of all brands, whatever stood before
    NEW = "new"  # of those and of brands that come later, whatever stood before


class CallResult(NamedTuple):
    """``at``: when it was refused, µs. ``record``: the record number of the act, or of the call."""

    outcome: CallOutcome
    at: int
    record: int


_DONE = {
    CallOutcome.RECORDED: "recorded",
    CallOutcome.EVERY: "recorded-all",
    CallOutcome.NEW: "recorded-new",
}


def turn(
    place: CallPlace, keys: str, book: BrandDirectory, caller: Recipient, site: str, countries: Countries = HOME
) -> Spoken | CallChoice | CallEnding:
    """What follows from the keys pressed at this place; "" where none was."""
    if place.step is Step.START:
        return _ask(CallPlace(Step.NUMBER, place.language), book, voice_lines.greeting(place.language, site))
    if place.step is Step.AGAIN:
        again = keys == "1"
        return _receipt(place, caller, countries) if again else Spoken(lines(place.language, "goodbye"))
    if not keys:
        return _silent(place, book)
    if place.step is Step.NUMBER:
        return _number(place, keys, book, site)
    return _chosen(place, keys, book)


def result_lines(done: CallResult, language: str, caller: Recipient, countries: Countries = HOME) -> Spoken:
    """The text after a choice; with a record number where no SMS follows."""
    if done.outcome is CallOutcome.ALREADY:
        return Spoken(lines(language, "already"))
    begins = lines(language, _DONE[done.outcome])
    if gets_sms(caller, countries):
        return Spoken([*begins, *voice_lines.confirmed(language, done.at)])
    receipt = _receipt(CallPlace(Step.AGAIN, language, record=done.record, at=done.at), caller, countries)
    return receipt._replace(lines=[*begins, *receipt.lines])


def _number(place: CallPlace, keys: str, book: BrandDirectory, site: str) -> Spoken | CallChoice:
    if keys == "9" and place.language == SOURCE:
        return _ask(CallPlace(Step.NUMBER, KEY_NINE), book, voice_lines.greeting(KEY_NINE, site))
    if "*" in keys:
        return _ask(CallPlace(Step.EVERY, place.language), book)
    brand = book.by_code.get(int(keys)) if keys.isdecimal() else None
    if brand is None:
        return _wrong(place, book, lines(place.language, "no-brand"))
    return _ask(CallPlace(Step.WHAT, place.language, brand.code), book)


def _chosen(place: CallPlace, keys: str, book: BrandDirectory) -> Spoken | CallChoice | CallEnding:
    brand = book.by_code.get(place.brand)
    if place.step is Step.WHAT and brand is None:  # it was there a moment ago
        return _wrong(CallPlace(Step.NUMBER, place.language), book, lines(place.language, "no-brand"))
    if place.step is Step.WHAT and keys == "0":
        return _ask(CallPlace(Step.NUMBER, place.language), book)
    if place.step is Step.EVERY and keys == "7":
        return CallEnding()
    choices = {"1": CallChoice(None, CALLS), "3": CallChoice(None, BOTH), "4": CallChoice(None, BOTH, new=True)}
    if place.step is Step.WHAT:
        choices |= {"1": CallChoice(brand, CALLS), "2": CallChoice(brand, BOTH)}
    return choices.get(keys) or _wrong(place, book, lines(place.language, "no-such-key"))


def _silent(place: CallPlace, book: BrandDirectory) -> Spoken:
    if place.silent >= MOST_SILENT:
        return Spoken(lines(place.language, "unchanged"))
    return _ask(place._replace(silent=place.silent + 1), book, lines(place.language, "nothing-pressed"))


def _wrong(place: CallPlace, book: BrandDirectory, why: list[Line]) -> Spoken:
    if place.wrong + 1 >= MOST_WRONG:
        return Spoken([*why, *lines(place.language, "goodbye")])
    return _ask(place._replace(silent=0, wrong=place.wrong + 1), book, why)


def _ask(place: CallPlace, book: BrandDirectory, before: list[Line] | None = None) -> Spoken:
    brand = book.by_code.get(place.brand)
    if place.step is Step.WHAT and brand is not None:
        question = voice_lines.what(place.language, brand.title)
    elif place.step is Step.EVERY:
        question = lines(place.language, "every")
    else:
        question, place = lines(place.language, "number"), place._replace(step=Step.NUMBER, brand=0)
    return Spoken([*(before or []), *question], place)


def _receipt(place: CallPlace, caller: Recipient, countries: Countries) -> Spoken:
    abroad = country(caller.address) not in countries
    return Spoken(voice_lines.receipt(place.language, place.record, place.at, abroad=abroad), place)
