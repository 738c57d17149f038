"""Lines of a call: the texts ``voice`` of phrases.toml, each in its language."""

from __future__ import annotations

from babel.dates import format_date

from consents import business_days
from consents.languages import SOURCE
from gateways.twilio.twiml import Line
from optout.phrases import phrase
from trust import record_numbers

Lines = list[Line]
KEY_NINE = "en"  # the language that the key 9 chooses


def lines(language: str, *keys: str, **values: object) -> Lines:
    return [Line(language, phrase(f"voice.{key}", language, **values)) for key in keys]


def joined(language: str, *keys: str, **values: object) -> Lines:
    return [Line(language, " ".join(line.text for line in lines(language, *keys, **values)))]


def greeting(language: str, site: str) -> Lines:
    """In Turkish with the way to English, in an English voice."""
    hello = lines(language, "hello", site=site)
    return [*hello, *lines(KEY_NINE, "english")] if language == SOURCE else hello


def what(language: str, title: str) -> Lines:
    if language == SOURCE:
        return joined(language, "chosen", "what", title=title)
    return [*lines(language, "chosen"), Line(SOURCE, title), *lines(language, "what")]


def confirmed(language: str, at: int) -> Lines:
    """A refusal given at ``at`` (µs) was recorded, and an SMS follows."""
    return joined(language, "until", "sms-follows", day=_last_day(language, at))


def receipt(language: str, record: int, at: int, *, abroad: bool) -> Lines:
    """A recorded refusal without SMS: the record number digit by digit, repeatable."""
    digits = phrase("voice.digits", language).split()
    groups = record_numbers.spaced(f"{record:0{record_numbers.DIGITS}d}").split()
    record_number = "; ".join(", ".join(digits[int(digit)] for digit in group) for group in groups)
    no_sms = "no-sms-abroad" if abroad else "no-sms"
    return joined(language, no_sms, "until", "again", record=record_number, day=_last_day(language, at))


def other_way(language: str, key: str, number: str | None) -> Lines:
    """A text with the number that takes RET by SMS, digit by digit, where there is one."""
    if number is None:
        return lines(language, key)
    return lines(language, f"{key}-or-text", number=" ".join(number.lstrip("+")))


def _last_day(language: str, at: int) -> str:
    """ "27 Kasım Cuma", "Friday 27 November": the year goes without saying."""
    return format_date(business_days.stop_by(at), phrase("voice.day", language), locale=language)
