"""Languages and their texts: Turkish is the source and the message id, every other language is a ``.po`` catalogue and
the keywords of its SMS, both in ``locales/<language>``."""

from __future__ import annotations

import re
import tomllib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

SOURCE, FALLBACK = "tr", "en"  # the latter answers who writes in a language that İzin does not speak
LOCALES = Path(__file__).parents[1] / "locales"
_MESSAGES = "LC_MESSAGES/messages.po"
_KEYWORDS = "keywords.toml"
_CONTEXT = "\x04"  # between a context and its text, as gettext's binary catalogues have it
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}


class CatalogueEntry(NamedTuple):
    key: str  # the text, after its context where it has one
    forms: tuple[str, ...]  # translations: one, or as many as the language has numbers


def mark(text: str) -> str:
    """Marks a Turkish sentence in Python code for the catalogues; a lookup translates it."""
    return text


def mark_counted(text: str) -> str:
    return text


def mark_in(context: str, text: str) -> str:
    """``mark`` for a sentence that another place translates otherwise."""
    return f"{context}{_CONTEXT}{text}"


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
def catalogue(language: str) -> GNUTranslations:
    return translations(language, entries(language))


def translations(language: str, found: Mapping[str, tuple[str, ...]]) -> GNUTranslations:
    # What has no text in the language stays Turkish.
    plural = re.search(r"plural=([^;]+);", _head(language))
    head = f"Content-Type: text/plain; charset=utf-8\nPlural-Forms: nplurals=2; plural={plural[1] if plural else 0};\n"
    texts = {f"{key}\0{key}" if len(forms) > 1 else key: "\0".join(forms) for key, forms in found.items() if all(forms)}
    pairs = [(key.encode(), text.encode()) for key, text in sorted({"": head, **texts}.items())]
    place, index, whole = 28 + 16 * len(pairs), (array("I"), array("I")), b""
    for part, table in enumerate(index):
        for pair in pairs:
            table.extend((len(pair[part]), place))
            place += len(pair[part]) + 1
        whole += b"".join(pair[part] + b"\0" for pair in pairs)
    sizes = array("I", (GNUTranslations.LE_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0))
    return GNUTranslations(BytesIO(sizes.tobytes() + index[0].tobytes() + index[1].tobytes() + whole))


def entries(language: str) -> dict[str, tuple[str, ...]]:
    """Each text with its translations; Turkish is its own, one for each text of the other languages."""
    if language == SOURCE:
        return {key: (key.rpartition(_CONTEXT)[2],) * len(forms) for key, forms in entries(FALLBACK).items()}
    return {entry.key: entry.forms for entry in _read(place(language).read_text("utf-8")) if entry.key}


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


def _read(text: str) -> Iterator[CatalogueEntry]:
    """Entries as ``pybabel update`` writes them; the first, with an empty key, holds the headers."""
    parts: dict[str, str] = {}
    name = ""
    for line in [*text.split("\n"), ""]:
        if line.startswith('"'):
            parts[name] += _plain(line)
        elif line.startswith("msg"):
            name, _, quoted = line.partition(" ")
            parts[name] = _plain(quoted)
        elif not line and "msgid" in parts:
            context = parts.get("msgctxt")
            key = parts["msgid"] if context is None else f"{context}{_CONTEXT}{parts['msgid']}"
            yield CatalogueEntry(key, tuple(form for name, form in parts.items() if name.startswith("msgstr")))
            parts = {}


def _plain(quoted: str) -> str:
    text = quoted[1:-1]
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), text) if "\\" in text else text


@lru_cache
def _head(language: str) -> str:
    if language == SOURCE:
        return "Language-Team: Türkçe\n"
    with place(language).open(encoding="utf-8") as file:
        lines = iter(file.readline, "\n")
        return next(_read("".join(lines))).forms[0]


def _names() -> dict[str, str]:
    """The languages that İzin speaks, by their own names (header ``Language-Team``), in an order that stored texts of
    several languages keep: Turkish, English, then others."""
    others = sorted({path.parents[1].name for path in LOCALES.glob(f"*/{_MESSAGES}")} - {FALLBACK})
    return {one: _head(one).partition("Language-Team: ")[2].partition("\n")[0] for one in [SOURCE, FALLBACK, *others]}


LANGUAGES = _names()
