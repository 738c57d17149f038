"""Languages: Turkish is the source, every other language a catalogue in ``locales/``.

A message's id is the Turkish sentence itself. The ``.po`` files are read as they are; nothing is compiled.
"""

from __future__ import annotations

import re
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

SOURCE = "tr"
LANGUAGES = {"tr": "Türkçe", "en": "English"}
_WISH = 200  # characters of a browser's wish that are read, and kept
_HYPHEN = re.compile(r"(?<=\b[Ee])-(?=\w)")
LOCALES = Path(__file__).parents[2] / "locales"


def mark(text: str) -> str:
    """Marks a Turkish sentence in Python code for the catalogues; it is translated where it is shown."""
    return text


def mark_counted(text: str) -> str:
    """The same for one that counts: Turkish says it alike for one and for many, other languages do not."""
    return text


@lru_cache
def catalogue(language: str) -> GNUTranslations:
    """The language's sentences as messages send them; one without a translation stays Turkish."""
    return _compiled(_read(language))


@lru_cache
def shown(language: str) -> GNUTranslations:
    """The same as pages show them: no line ends at the hyphen of "e-posta", "e-mail", "e-Devlet"."""
    messages = _read(language)
    for message in messages:
        if isinstance(message.id, str):
            message.string = unbroken(str(message.string or message.id))
        else:
            message.string = tuple(unbroken(form or message.id[-1]) for form in message.string or message.id)
    return _compiled(messages)


def counted(language: str, text: str, count: int) -> str:
    """A sentence that counts, as messages send it."""
    return catalogue(language).ngettext(text, text, count)


def unbroken(text: str) -> str:
    """With U+2011 for such a hyphen: a line may end at any other one."""
    return _HYPHEN.sub("\N{NON-BREAKING HYPHEN}", text)


def _read(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def _compiled(messages: Catalog) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=1024)
def negotiate(accepted: str) -> str:
    """The language of ours that an ``Accept-Language`` header prefers (RFC 9110, 12.5.4); Turkish if none."""
    best, chosen = 0.0, SOURCE
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if language in LANGUAGES and quality > best:
            best, chosen = quality, language
    return chosen


def language(request: Request) -> tuple[str, bool]:
    """``(language, explicit)``: what ``?lang=`` names wins over the browser's wish and stays in every link."""
    if b"lang=" in request.scope["query_string"] and (named := request.query_params.get("lang")) in LANGUAGES:
        return str(named), True
    return negotiate(request.headers.get("accept-language", "")[:_WISH]), False


def link(path: str, language: str | None) -> str:
    """The path with ``?lang=`` where a language is given; its fragment stays at the end."""
    if language is None:
        return path
    bare, hash_, fragment = path.partition("#")
    return f"{bare}{'' if bare.endswith('?') else '&' if '?' in bare else '?'}lang={language}{hash_}{fragment}"


def others(language: str, query: str, here: str = "") -> list[tuple[str, str, str]]:
    """``(code, name, link)`` of the other languages.

    A link holds only a query, so it cannot lead elsewhere, but for the path of a route that the caller has found.
    """
    kept = [pair for pair in parse_qsl(query) if pair[0] != "lang"]
    return [
        (code, name, f"{here}?{urlencode([*kept, ('lang', code)])}")
        for code, name in LANGUAGES.items()
        if code != language
    ]


def _quality(weight: str) -> float:
    """``q=0.8`` as 0.8; no weight is 1, an unreadable one 0."""
    text = weight.strip().lower().removeprefix("q=")
    try:
        return min(float(text), 1.0) if text else 1.0
    except ValueError:
        return 0.0
