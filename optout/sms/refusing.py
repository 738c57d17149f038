"""RET by SMS: the brands and channels refused, and the confirming text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from string import ascii_uppercase, digits

from consents import business_days
from consents.brands.spelling import fold
from consents.languages import SOURCE
from consents.terms import Channel, Door
from optout import refusals
from optout.phrases import WAYS, Channels, count, phrase, refusal
from optout.refusals import RefusalResult
from optout.sms import new_brands, questions
from optout.sms.conversation import Reply, Talk
from optout.sms.reader.keywords import BOTH, SmsReading
from web.rendering.when import date_of

USUAL = (Channel.MESAJ.code,)  # a RET that names no channel is about what it came by
_SHORTEST, _LONGEST = 4, 16  # letters of a name that can be recognised with one of them wrong
_MOST = 3  # words; in a longer sentence hardly one of them is a name
_NEW = dict.fromkeys(("YENILER", "YENILERI", "SONRAKILER", "SONRAKILERI"), (questions.NEW,))
_NOBODY = {BOTH: "nobody-may", (Channel.MESAJ.code,): "nobody-may-text", (Channel.ARAMA.code,): "nobody-may-call"}
_LETTERS = ascii_uppercase + digits


def refuse(talk: Talk, reading: SmsReading) -> Reply:
    """Errors: ledger.ClockBehind."""
    channels = reading.channels or (BOTH if reading.every or reading.new else USUAL)
    if reading.new:
        closed = new_brands.close(talk, reading, channels)
        asks = not closed.changed and new_brands.leaves_a_name(talk, reading)
        return _which(talk, reading, channels) if asks else closed
    if reading.brands and reading.brands != (talk.own,):
        return _named(talk, reading, channels)
    unmistakable = not reading.unknown or (reading.whole and lookalike(reading.unknown, talk.names.by_name) is None)
    if reading.every and not reading.brands and unmistakable:
        return _all(talk, channels)
    if talk.own is not None:  # what else stands there needs no name to be understood
        return _one(talk, reading, talk.own, channels, _do(talk, [talk.own], channels))
    return _which(talk, reading, channels)


def confirmation(
    name: str,
    channels: Channels,
    done: RefusalResult,
    language: str = SOURCE,
    *,
    two_identities: bool = False,
    erase: bool = False,
) -> str:
    """``two_identities``: it had a record of the private person and of the business."""
    text = "erase" if erase else "two-identities" if two_identities and channels == USUAL else WAYS[channels]
    values = refusal(channels, done.at, ended=done.ended, language=language)
    return phrase(f"sms.refused.{text}", language, M=name, **values)


def already(name: str, channels: Channels, done: RefusalResult, now: int, language: str = SOURCE) -> str:
    """A brand that was refused before; whether its time to stop is over at ``now`` (µs), if it had any."""
    last = business_days.stop_by(done.at)
    text = "already-never" if not done.ended else "overdue" if date_of(now) > last else "already"
    days = {"D0": f"{date_of(done.at):%d.%m.%Y}", "D": f"{last:%d.%m.%Y}"}
    return phrase(f"sms.{text}.{WAYS[channels]}", language, M=name, **days)


def several(names: Sequence[str], channels: Channels, done: RefusalResult, language: str = SOURCE) -> str:
    values = refusal(channels, done.at, ended=done.ended, many=True, language=language)
    text = "two" if len(names) == 2 else "several"
    return phrase(f"sms.refused.{text}", language, A=names[0], B=names[1], n=count(len(names) - 2), **values)


def but_one(names: Sequence[str], channels: Channels, done: RefusalResult, language: str = SOURCE) -> str:
    text = "one-unknown" if len(names) == 1 else "some-unknown"
    values = refusal(channels, done.at, ended=done.ended, language=language)
    return phrase(f"sms.refused.{text}", language, M=names[0], n=count(len(names)), **values)


def _named(talk: Talk, reading: SmsReading, channels: Channels) -> Reply:
    done = _do(talk, reading.brands, channels)
    names = [talk.name(brand) for brand in reading.brands]
    unknown = [word for word in reading.unknown if not _of_company(talk, reading.brands, word)]
    if unknown or len(names) > 1:
        text = but_one if unknown else several
        found = text(names, channels, done, talk.language)
        return Reply(found, changed=done.act is not None, act=done.act)
    return _one(talk, reading, reading.brands[0], channels, done)


def _of_company(talk: Talk, brands: Sequence[int], word: str) -> bool:
    """Whether a word is of the printed name of one of these brands, or of its company: RET CINAR MAGAZACILIK."""
    titles = (f"{entry.title} {entry.company_title}" for entry in map(talk.names.brand, brands))
    known = {part for title in titles for part in re.findall(r"[A-Z0-9]+", fold(title))}
    written = word.upper()
    return written in known or any(len(part) >= _SHORTEST and written.startswith(part) for part in known)


def _one(talk: Talk, reading: SmsReading, brand: int, channels: Channels, done: RefusalResult) -> Reply:
    """The reply about one brand; after a sentence always with the way to undo it."""
    name = talk.name(brand)
    if done.act is None:
        return Reply(already(name, channels, done, talk.transaction.now, talk.language))
    if not done.before and not reading.confirm:
        return Reply(talk.phrase(f"first.{WAYS[channels]}", M=name), changed=True, act=done.act)
    two_identities = done.identities(brand, USUAL[0]) > 1
    text = confirmation(name, channels, done, talk.language, two_identities=two_identities, erase=reading.erase)
    return Reply(text, changed=True, act=done.act)


def _all(talk: Talk, channels: Channels) -> Reply:
    """RET HEPSI: every brand with a record about the number, and the one whose own number was used."""
    recipient = talk.known()
    brands = [] if recipient is None else refusals.held(talk.transaction, recipient)
    if talk.own is not None and talk.own not in brands:
        brands = [*brands, talk.own]
    if not brands:
        return Reply(talk.phrase("nobody-may"))
    done = _do(talk, brands, channels)
    if done.act is None and not done.reached:
        return Reply(talk.phrase(_NOBODY[channels]))
    values = refusal(channels, done.at, ended=done.ended, many=True, language=talk.language)
    undo = talk.phrase("refused-all.undo-code" if done.reached else "refused-all.undo")  # as a consent would come back
    text = talk.phrase(
        f"refused-all.{WAYS[channels] if done.reached else 'none'}", n=count(done.reached), G=undo, **values
    )
    return Reply(text, changed=done.act is not None, act=done.act)


def _which(talk: Talk, reading: SmsReading, channels: Channels) -> Reply:
    """Asks for the brand, suggesting a similar name. Nothing changes."""
    like = lookalike(reading.unknown, talk.names.by_name)
    new = like is None and (reading.perhaps_new or lookalike(reading.unknown, _NEW) is not None)
    if new:
        channels, like = reading.channels or BOTH, questions.NEW
    keyring, sender = talk.registry.keyring, talk.sender.address
    questions.ask_brand(talk.transaction, keyring, sender, channels, talk.language, meant=like)
    if new:
        return Reply(talk.phrase("new.meant"), unclear=True)
    if not reading.unknown:
        return Reply(talk.phrase("which-brand"))
    if like is None:
        return Reply(talk.phrase("unknown-brand"), unclear=True)
    ways = phrase(f"sms.channels.{WAYS[channels]}", talk.language)
    return Reply(talk.phrase("meant", M=talk.name(like), W=ways), unclear=True)


def _do(talk: Talk, brands: Sequence[int], channels: Channels) -> RefusalResult:
    if talk.question is not None:
        questions.close(talk.transaction, talk.registry.keyring, talk.sender.address)
    return refusals.refuse(talk.transaction, talk.registry, talk.person, brands, channels, Door.SMS, talk.evidence)


def lookalike(unknown: Collection[str], brands: Mapping[str, tuple[int, ...]]) -> int | None:
    """The only brand (internal id) with a name one letter away from these words, else None; constant time in the number
    of brands. Numbers have no similar ones."""
    if not 0 < len(unknown) <= _MOST:
        return None
    found: set[int] = set()
    for word in {"".join(unknown).upper(), *(one.upper() for one in unknown)}:
        if _SHORTEST <= len(word) <= _LONGEST and not word.isdigit():
            found.update(brand for near in _near(word) for brand in _brands_of(near, brands))
    return found.pop() if len(found) == 1 else None


def _brands_of(name: str, brands: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    return brands.get(name, ()) if len(name) >= _SHORTEST and not name.isdigit() else ()


def _near(word: str) -> Iterator[str]:
    """The words one slip away: an extra, wrong or missing letter, or two in the wrong order."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after[1:]
            yield before + letter + after
