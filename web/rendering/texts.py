"""The language of a request, and the texts of pages (consents/languages.py)."""

from __future__ import annotations

import re
from functools import lru_cache
from gettext import GNUTranslations
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from consents import languages
from consents.languages import LANGUAGES, SOURCE, catalogue, mark, mark_counted

__all__ = ["LANGUAGES", "SOURCE", "catalogue", "mark", "mark_counted"]
FOREIGN = "en"  # for who asks for a language that we do not have
_WISH = 200  # characters of a browser's wish that are read, and kept
_HYPHEN = re.compile(r"(?<=\b[Ee])-(?=\w)")


@lru_cache
def shown(language: str) -> GNUTranslations:
    """The sentences for pages: no line breaks at the hyphen of "e-posta", "e-mail", "e-Devlet"."""
    found = languages.entries(language)
    return languages.translations(
        language, {key: tuple(unbroken(form or key) for form in forms) for key, forms in found.items()}
    )


def counted(language: str, text: str, count: int) -> str:
    return catalogue(language).ngettext(text, text, count)


def unbroken(text: str) -> str:
    """With U+2011 for such a hyphen, where no line breaks."""
    return _HYPHEN.sub("\N{NON-BREAKING HYPHEN}", text)


@lru_cache(maxsize=1024)
def negotiate(accepted: str) -> str:
    """Our language that ``Accept-Language`` prefers (RFC 9110, 12.5.4); English for a browser that wants others alone,
    Turkish for a program that wants none."""
    best, chosen = 0.0, SOURCE
    foreign = False
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if language in LANGUAGES and quality > best:
            best, chosen = quality, language
        foreign = foreign or (quality > 0 and language.isalpha() and language not in LANGUAGES)
    return FOREIGN if foreign and not best else chosen


def language(request: Request) -> tuple[str, bool]:
    """``(language, explicit)``: ``?lang=`` overrides the browser's preference and stays in every link."""
    if b"lang=" in request.scope["query_string"] and (named := request.query_params.get("lang")) in LANGUAGES:
        return str(named), True
    return negotiate(request.headers.get("accept-language", "")[:_WISH]), False


def link(path: str, language: str | None) -> str:
    """The path with ``?lang=`` where a language is given, before its fragment."""
    if language is None:
        return path
    bare, hash_, fragment = path.partition("#")
    return f"{bare}{'' if bare.endswith('?') else '&' if '?' in bare else '?'}lang={language}{hash_}{fragment}"


def others(language: str, query: str, here: str = "") -> list[tuple[str, str, str]]:
    """``(code, name, link)`` of the other languages. A link is a query only, or the caller's path of a route, so it
    leads nowhere else."""
    kept = [pair for pair in parse_qsl(query) if pair[0] != "lang"]
    return [
        (code, name, f"{here}?{urlencode([*kept, ('lang', code)])}")
        for code, name in LANGUAGES.items()
        if code != language
    ]


def _quality(weight: str) -> float:
    text = weight.strip().lower().removeprefix("q=")
    try:
        return min(float(text), 1.0) if text else 1.0
    except ValueError:
        return 0.0
