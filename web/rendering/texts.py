"""The language of a request, and the texts of pages (consents/languages.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from consents import languages
from consents.languages import COMPLETE, FALLBACK, FROM_RIGHT, LANGUAGES, SOURCE, catalogue, mark, mark_counted

__all__ = ["COMPLETE", "FROM_RIGHT", "LANGUAGES", "SOURCE", "catalogue", "mark", "mark_counted"]
_OFFICES = ("/panel", "/gelistirici", "/kasa")  # paths where companies and the operator work
_SAME = {"kmr": "ku"}  # what browsers call Kurmancî, by ISO 639-3
_WISH = 200  # characters of a browser's wish that are read, and kept
_HYPHEN = re.compile(r"(?<=\b[Ee])-(?=\w)")
_VALUE = re.compile(r"%\(\w+\)s")


@lru_cache
def shown(language: str) -> languages.Texts:
    """The sentences for pages: no line breaks at the hyphen of "e-posta", "e-mail", "e-Devlet"; where letters run from
    the right, a value (name, number, day) keeps its own direction (FIRST STRONG ISOLATE, Unicode UAX 9)."""
    found = languages.entries(language)
    made = {key: tuple(unbroken(form or key) for form in forms) for key, forms in found.items()}
    if language in FROM_RIGHT:
        made = {key: tuple(_VALUE.sub("\u2068\\g<0>\u2069", form) for form in forms) for key, forms in made.items()}
    return languages.translations(language, made)


def counted(language: str, text: str, count: int) -> str:
    return catalogue(language).ngettext(text, text, count)


@lru_cache(maxsize=4096)
def same_form(language: str, number: int) -> int:
    """The smallest number above 0 with the same plural form; of 0, 0. Pieces of pages are prepared once a form."""
    form = catalogue(language).plural
    return next((one for one in range(1, number) if form(one) == form(number)), number)


def unbroken(text: str) -> str:
    """With U+2011 for such a hyphen, where no line breaks."""
    return _HYPHEN.sub("\N{NON-BREAKING HYPHEN}", text)


@lru_cache(maxsize=1024)
def negotiate(accepted: str, *, complete: bool = False) -> str:
    """Our language that ``Accept-Language`` prefers (RFC 9110, 12.5.4): English for a wish that names none of ours,
    Turkish without a wish. ``complete``: only one that has every text."""
    spoken = COMPLETE if complete else LANGUAGES
    best, chosen, wished = 0.0, SOURCE, False
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";")
        language = _SAME.get(found := tag.strip().lower().partition("-")[0], found)
        quality = _quality(weight)
        wished = wished or (language.isalpha() and quality > 0)
        if language in spoken and quality > best:
            best, chosen = quality, language
    return chosen if best or not wished else FALLBACK


def language(request: Request) -> tuple[str, bool]:
    """``(language, explicit)``: ``?lang=`` overrides the browser's preference and stays in every link."""
    among = spoken(request)
    asked = b"lang=" in request.scope["query_string"] and request.query_params.get("lang")
    if asked and asked in among:
        return asked, True
    wish = request.headers.get("accept-language", "")[:_WISH]
    return negotiate(wish, complete=among is COMPLETE), False


def spoken(request: Request) -> Mapping[str, str]:
    """The languages of this page, by code with their names."""
    return COMPLETE if request.scope.get("path", "").startswith(_OFFICES) else LANGUAGES


def link(path: str, language: str | None) -> str:
    """The path with ``?lang=`` where a language is given, before its fragment."""
    if language is None:
        return path
    bare, hash_, fragment = path.partition("#")
    return f"{bare}{'' if bare.endswith('?') else '&' if '?' in bare else '?'}lang={language}{hash_}{fragment}"


def others(
    language: str, query: str, here: str = "", among: Mapping[str, str] = LANGUAGES
) -> list[tuple[str, str, str]]:
    """``(code, name, link)`` of the other languages among these."""
    to = in_language(query, here)
    return [(code, name, f"{to}{code}") for code, name in among.items() if code != language]


def in_language(query: str, here: str = "") -> str:
    """The beginning of a link that a code ends: a query, or the caller's path of a route, so it leads nowhere else."""
    kept = urlencode([pair for pair in parse_qsl(query) if pair[0] != "lang"]) if query else ""
    return f"{here}?{kept}&lang=" if kept else f"{here}?lang="


def _quality(weight: str) -> float:
    text = weight.strip().lower().removeprefix("q=")
    try:
        return min(float(text), 1.0) if text else 1.0
    except ValueError:
        return 0.0
