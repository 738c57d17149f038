"""Languages and their texts: Turkish is the source and the message id, every other language is a ``.po`` catalogue and
the keywords of its SMS, both in ``locales/<language>``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from gettext import NullTranslations, c2py
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

SOURCE, FALLBACK = "tr", "en"  # the latter answers who writes in a language that İzin does not speak
LOCALES = Path(__file__).parents[1] / "locales"
_MESSAGES = "LC_MESSAGES/messages.po"
_KEYWORDS = "keywords.toml"
_CONTEXT = "\x04"  # between a context and its text, as gettext's binary catalogues have it


def mark(text: str) -> str:
    """Marks a Turkish sentence in Python code for the catalogues; a lookup translates it."""
    return text


def mark_counted(text: str) -> str:
    return text


def mark_in(context: str, text: str) -> str:
    """``mark`` for a sentence that another place translates otherwise."""
    return f"{context}{_CONTEXT}{text}"


class Translations(NullTranslations):
    # What it has no text for stays Turkish.
    def __init__(self, entries: dict[str, tuple[str, ...]], plural: str = "0") -> None:
        super().__init__()
        self._texts = {key: forms[0] for key, forms in entries.items() if forms[0]}
        self._counted = {key: forms for key, forms in entries.items() if len(forms) > 1 and all(forms)}
        self._form = c2py(plural)

    def gettext(self, message: str) -> str:
        return self._texts.get(message) or message.rpartition(_CONTEXT)[2]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._counted.get(msgid1)
        return forms[self._form(n)] if forms else self._texts.get(msgid2, msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._texts.get(f"{context}{_CONTEXT}{message}", message)


class Sentence(NamedTuple):
    """A marked Turkish text; ``values`` of its ``{braces}``; ``before``: what comes first, in any language."""

    marked: str
    values: Mapping[str, object] = MappingProxyType({})
    before: str = ""

    def text(self, language: str = "") -> str:
        """In this language; without one “Türkçe / English”, for a place that holds one text."""
        if not language:
            return _in_all(self.marked) if not (self.values or self.before) else " / ".join(self.forms())
        text = catalogue(language).gettext(self.marked)
        return self.before + (text.format(**self.values) if self.values else text)

    def forms(self) -> tuple[str, ...]:
        return tuple(map(self.text, LANGUAGES))


def in_all(text: str, **values: object) -> str:
    """A Turkish text in every language, “Türkçe / English”, where the reader is unknown."""
    return Sentence(text, values).text()


def form_of(both: str | Sequence[str], language: str) -> str:
    """In this language, from a text of ``in_all`` or from ``forms``; Turkish where the language is younger."""
    forms = both.split(" / ") if isinstance(both, str) else both
    place = list(LANGUAGES).index(language)
    return forms[place] if place < len(forms) else forms[0]


@lru_cache
def catalogue(language: str) -> Translations:
    return translations(language, {} if language == SOURCE else entries(language))


def translations(language: str, found: dict[str, tuple[str, ...]]) -> Translations:
    plural = re.search(r"plural=([^;]+);", _head(language))
    return Translations(found, plural[1] if plural else "0")


@lru_cache
def entries(language: str) -> dict[str, tuple[str, ...]]:
    """Each text with its translations; Turkish is its own, one for each text of the other languages."""
    if language == SOURCE:
        return {key: (key.rpartition(_CONTEXT)[2],) for other in LANGUAGES if other != SOURCE for key in entries(other)}
    from babel.messages.pofile import read_po  # not for those who print no sentence

    found: dict[str, tuple[str, ...]] = {}
    with place(language).open("rb") as file:
        for entry in read_po(file, locale=language):
            text = entry.id if isinstance(entry.id, str) else entry.id[0]
            key = text if entry.context is None else f"{entry.context}{_CONTEXT}{text}"
            found[key] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
    found.pop("", None)
    return found


@lru_cache
def keywords(language: str) -> dict[str, Any]:
    return tomllib.loads((LOCALES / language / _KEYWORDS).read_text("utf-8"))


def understood() -> list[str]:
    """The languages that have keywords: LANGUAGES, in which İzin answers, then others."""
    found = sorted(path.parent.name for path in LOCALES.glob(f"*/{_KEYWORDS}"))
    return sorted(found, key=lambda one: (one not in LANGUAGES, list(LANGUAGES).index(one) if one in LANGUAGES else 0))


@lru_cache
def _in_all(marked: str) -> str:
    return " / ".join(catalogue(language).gettext(marked) for language in LANGUAGES)


def place(language: str) -> Path:
    # Turkish sentences stand where they are used; each other catalogue lists them.
    return LOCALES / (FALLBACK if language == SOURCE else language) / _MESSAGES


@lru_cache
def _head(language: str) -> str:
    """The headers, quoted as the file has them."""
    if language == SOURCE:
        return "Language-Team: Türkçe\\n"
    with place(language).open(encoding="utf-8") as file:
        return "".join(iter(file.readline, "\n"))


def _names() -> dict[str, str]:
    """The languages that İzin speaks, by their own names (header ``Language-Team``), in an order that stored texts of
    several languages keep: Turkish, English, then others."""
    others = sorted({path.parents[1].name for path in LOCALES.glob(f"*/{_MESSAGES}")} - {FALLBACK})
    return {one: _head(one).partition("Language-Team: ")[2].partition("\\n")[0] for one in [SOURCE, FALLBACK, *others]}


LANGUAGES = _names()
