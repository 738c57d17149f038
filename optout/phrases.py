"""Texts for people without sign-in (phrases.toml in Turkish, ``locales/`` in other languages), and their values."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from consents import business_days
from consents.channels import BY_SMS, OF_CODE
from consents.languages import SMS_LETTERS, SOURCE, catalogue

Channels = tuple[int, ...]
_CALL, _TEXT = BY_SMS  # the words below are about these two and both
WAYS: dict[Channels, str] = {**{(code,): OF_CODE[code].phrase for code in BY_SMS}, BY_SMS: "both"}
LONGEST = SMS_LETTERS[SOURCE]
_SHORTER = ("mistake", "hepsi", "again", "erase", "others", "any-time", "leave", "recorded")  # in this order
_MOST = 9999  # brands that an SMS counts


def _texts(table: dict[str, Any], path: str = "") -> dict[str, str]:
    """Each Turkish text by its path: ``sms.help``; a key ``turkish`` within it holds one that has no translation."""
    found: dict[str, str] = {}
    for name, value in table.items():
        key = (path + name).removesuffix(".turkish")
        found |= {key: value} if isinstance(value, str) else _texts(value, f"{path}{name}.")
    return found


TEXTS = _texts(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")))


def phrase(key: str, language: str = SOURCE, **values: object) -> str:
    """A text with its values. Errors: KeyError for an unknown key or a missing value."""
    return catalogue(language).pgettext(key, TEXTS[key]).format(**values)


def numbered(text: str, number: str, language: str = SOURCE) -> str:
    """An SMS with the record number of what it reports, shortened to one part, because a second part costs as much and
    may arrive first. An English text that leaves no room goes without the number, which the site shows."""
    tail, longest = phrase("sms.record.long", language, R=number), SMS_LETTERS[language]
    if len(text) + 1 + len(tail) > longest:
        tail = phrase("sms.record.short", language, R=number)
    for name in _SHORTER:
        if len(text) + 1 + len(tail) <= longest:
            break
        text = text.replace(phrase(f"sms.shorter.{name}.from", language), phrase(f"sms.shorter.{name}.to", language))
    return f"{text} {tail}"


def count(number: int) -> int:
    return min(number, _MOST)


def plain(text: str) -> str:
    """A name or a day without marks, as every phone shows it."""
    decomposed = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    return "".join(letter for letter in decomposed if letter.isascii())


def fitting(
    key: str, items: Sequence[str], name: str, language: str = SOURCE, between: str = ", ", **values: object
) -> str:
    """A text with as many of the first items as an SMS has room for; ``name``: of the value they replace."""
    texts = (phrase(key, language, **values, **{name: between.join(items[:many])}) for many in range(len(items), 0, -1))
    return next(
        (text for text in texts if len(text) <= SMS_LETTERS[language]),
        phrase(key, language, **values, **{name: items[0]}),
    )


def refusal(channels: Channels, at: int, *, ended: bool, many: bool = False, language: str = SOURCE) -> dict[str, str]:
    """The values ``W`` ``L`` ``S`` ``I`` of a refusal at ``at`` (µs). ``ended``: a brand could send until then, and so
    has a last day to stop; ``many``: several brands."""
    never = ("calls" if channels == (_CALL,) else "texts") + ("-many" if many else "")
    stops = "sms.last-day" if ended else f"sms.never.{never}"
    day = f"{business_days.stop_by(at):%d.%m.%Y}" if ended else ""
    short = phrase(f"{stops}.S", language, D=day)
    return {
        "W": phrase(f"sms.channels.{WAYS[channels]}", language),
        "L": phrase(f"{stops}.L", language, D=day),
        "S": short,
        "I": short.replace(":", "").lower(),
    }
