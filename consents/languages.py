"""Languages and their texts: Turkish is the source and the message id, every other language is a ``.po`` catalogue and
the keywords of its SMS, both in ``locales/<language>``. Where the latter have
``texts = "citizen"``, the catalogue holds what citizens read; the panel, the API and commands do not speak it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from gettext import NullTranslations, c2py
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from babel.messages import Message

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


class Texts(NullTranslations):
    """The texts of a language as gettext has them. ``forms``: as of ``entries``; ``plural``: the place of a number's
    form in them."""

    def __init__(self, forms: Mapping[str, tuple[str, ...]], plural: Callable[[int], int]) -> None:
        super().__init__()
        self.forms, self.plural = forms, plural

    def gettext(self, message: str) -> str:
        forms = self.forms.get(message)
        return super().gettext(message) if forms is None else forms[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self.forms.get(msgid1)
        if forms is None:
            return super().ngettext(msgid1, msgid2, n)
        return forms[min(self.plural(n), len(forms) - 1)]

    def pgettext(self, context: str, message: str) -> str:
        forms = self.forms.get(f"{context}{_CONTEXT}{message}")
        return super().pgettext(context, message) if forms is None else forms[0]


@lru_cache
def catalogue(language: str) -> Texts:
    return translations(language, entries(language))


def translations(language: str, found: Mapping[str, tuple[str, ...]]) -> Texts:
    made = Texts(found, _read(language)[1])
    if language not in COMPLETE:
        made.add_fallback(catalogue(FALLBACK))
    return made


def entries(language: str) -> dict[str, tuple[str, ...]]:
    """Each text with its translations: one, or as many as the language has numbers. What has none stays Turkish."""
    return _read(language)[0]


@lru_cache
def _read(language: str) -> tuple[dict[str, tuple[str, ...]], Callable[[int], int]]:
    from babel.messages.pofile import read_po  # not for those who print no sentence

    with place(language).open("rb") as file:
        messages = read_po(file, locale=language)
    forms = {_key(message): _forms(language, message) for message in messages if message.id}
    return forms, c2py(messages.plural_expr)


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
