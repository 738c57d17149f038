"""Languages and their texts: Turkish is the source and the message id, every other language is a ``.po`` catalogue and
the keywords of its SMS, both in ``locales/<language>``. Where the latter have
``texts = "citizen"``, the catalogue holds what citizens read; the panel, the API and commands do not speak it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

SOURCE, FALLBACK = "tr", "en"  # the latter answers who writes in a language that İzin does not speak
FROM_RIGHT = frozenset({"ar"})  # languages that are written from right to left
_ARABIC = str.maketrans(",;", "،؛")
LOCALES = Path(__file__).parents[1] / "locales"
_MESSAGES = "LC_MESSAGES/messages.po"
_KEYWORDS = "keywords.toml"
_COMMA = re.compile("[,،] ")
_CONTEXT = "\x04"  # between a context and its text, as gettext's binary catalogues have it


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
        return tuple(map(self.text, COMPLETE))


def in_all(text: str, **values: object) -> str:
    """A Turkish text in every complete language, “Türkçe / English”, where the reader is unknown."""
    return Sentence(text, values).text()


def form_of(both: str | Sequence[str], language: str) -> str:
    """In this complete language, from a text of ``in_all`` or from ``forms``; Turkish where the language is younger."""
    forms = both.split(" / ") if isinstance(both, str) else both
    place = list(COMPLETE).index(language if language in COMPLETE else FALLBACK)
    return forms[place] if place < len(forms) else forms[0]


@lru_cache
def catalogue(language: str) -> GNUTranslations:
    return translations(language, entries(language))


def translations(language: str, found: Mapping[str, tuple[str, ...]]) -> GNUTranslations:
    from babel.messages.mofile import write_mo

    messages = _messages(language)
    for message in messages:
        if message.id:
            forms = found[_key(message)]
            message.string = forms[0] if isinstance(message.id, str) else forms
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    made = GNUTranslations(compiled)
    if language not in COMPLETE:
        made.add_fallback(catalogue(FALLBACK))
    return made


@lru_cache
def entries(language: str) -> dict[str, tuple[str, ...]]:
    """Each text with its translations: one, or as many as the language has numbers. What has none stays Turkish."""
    return {_key(message): _forms(language, message) for message in _messages(language) if message.id}


@lru_cache(maxsize=1)
def _messages(language: str) -> Catalog:
    from babel.messages.pofile import read_po  # not for those who print no sentence

    with place(language).open("rb") as file:
        return read_po(file, locale=language)


def _key(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return text if message.context is None else f"{message.context}{_CONTEXT}{text}"


def _forms(language: str, message: Message) -> tuple[str, ...]:
    source = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    given = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return given if language != SOURCE and given and all(given) else source


@lru_cache
def keywords(language: str) -> dict[str, Any]:
    return tomllib.loads((LOCALES / language / _KEYWORDS).read_text("utf-8"))


def behind_comma(text: str) -> str:
    """What follows the first comma, also the Arabic one; "" without one."""
    return _COMMA.split(text, maxsplit=1)[1] if _COMMA.search(text) else ""


def voiced(language: str) -> str:
    """The language of a call to a reader of this one: English where no carrier speaks it (``voice`` is absent)."""
    return language if "voice" in keywords(language) else FALLBACK


def understood() -> list[str]:
    """The languages that have keywords: LANGUAGES, in which İzin answers, then others."""
    found = sorted(path.parent.name for path in LOCALES.glob(f"*/{_KEYWORDS}"))
    return sorted(found, key=lambda one: (one not in LANGUAGES, list(LANGUAGES).index(one) if one in LANGUAGES else 0))


@lru_cache
def _in_all(marked: str) -> str:
    return " / ".join(catalogue(language).gettext(marked) for language in COMPLETE)


def place(language: str) -> Path:
    # Turkish sentences stand where they are used; each other catalogue lists them.
    return LOCALES / (FALLBACK if language == SOURCE else language) / _MESSAGES


def _name(language: str) -> str:
    with place(language).open(encoding="utf-8") as file:
        headers = "".join(iter(file.readline, "\n"))
    return headers.partition("Language-Team: ")[2].partition("\\n")[0]


# By their own names (header "Language-Team"), in an order that stored texts of several languages keep: Turkish,
# English, then others.
_OTHERS = sorted({path.parents[1].name for path in LOCALES.glob(f"*/{_MESSAGES}")} - {FALLBACK})
LANGUAGES = {SOURCE: "Türkçe", **{one: _name(one) for one in (FALLBACK, *_OTHERS)}}
COMPLETE = {code: name for code, name in LANGUAGES.items() if keywords(code).get("texts") != "citizen"}
# Characters of an SMS: a part has 160, of which operators in Türkiye take five for their own code. In letters that are
# not of GSM 7 (UCS-2) a part has 67, and a reply may have three.
SMS_LETTERS = {language: int(keywords(language).get("sms-letters", 155)) for language in LANGUAGES}


def between(language: str, mark: str = ", ") -> str:
    """The comma or semicolon between the parts of a list, in the letters of the language."""
    return mark.translate(_ARABIC) if language in FROM_RIGHT else mark
