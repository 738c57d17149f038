"""Filters of a list: read from a query, the form and the links that write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request

from citizen.rows.row_model import CHANNELS, IDENTITIES, WORDS
from citizen.session.holder import Holder
from consents.business_days import oldest_reportable
from consents.instants import DAY
from consents.queries.queries import ListFilter
from consents.rules import ONAY, RET
from web import pages

LONGEST_SEARCH = 100  # characters
RECENT = 30 * DAY

_FORM = "citizen/consents/_filter.html"
_NEW, _STOPPING = "YENI", "DURMALI"  # states a list knows beside the regulator's
_CODES = {
    "channel": {word: code for code, word in CHANNELS.items()},
    "identity": {word: code for code, word in IDENTITIES.items()},
    "status": {word: code for code, word in WORDS.items() if code is not None} | {_NEW: ONAY, _STOPPING: RET},
}
_NEWEST = "new"  # of ``sort``; any other word sorts by name


class FilterLook(NamedTuple):
    """The form: the chosen filters, the choices offered, the hidden field of the language."""

    status: str
    channel: str
    identity: str
    newest: bool
    channels: tuple[str, ...]
    identities: bool
    kept_language: str


def wanted(request: Request, now: int) -> ListFilter:
    newest = request.query_params.get("sort") == _NEWEST
    return ListFilter(q=search(request), page=page(request), newest=newest, **codes(request.query_params, now))


def search(request: Request) -> str:
    return request.query_params.get("q", "")[:LONGEST_SEARCH]


def page(request: Request) -> int:
    """The page asked for, 1 where it is none."""
    given = request.query_params.get("page", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 1


def turned(request: Request, number: int) -> str:
    """The query of another page of the same list."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("page", "act")]
    return f"?{urlencode([*kept, ('page', number)])}"


def scope(request: Request) -> str:
    """The query that refuses exactly what the list shows."""
    narrow = {"q": search(request), **{name: _chosen(request, name) for name in _CODES}}
    given = {name: value for name, value in narrow.items() if value}
    return urlencode({"scope": "filter", **given} if given else {"scope": "all"})


def narrow(request: Request) -> tuple[tuple[str, str], ...]:
    """The fields by which a brand's button refuses what its place in the list shows."""
    return tuple((name, word) for name in ("channel", "status") if (word := _chosen(request, name)))


def codes(given: Mapping[str, str], now: int) -> dict[str, Any]:
    """The fields of a ListFilter by the words of a query; unknown words filter nothing."""
    found: dict[str, Any] = {name: words.get(given.get(name, "")) for name, words in _CODES.items()}
    if given.get("status") == _NEW:
        found["after"] = now - RECENT
    elif given.get("status") == _STOPPING:  # refused so lately that the day to stop by is not over
        found |= {"after": oldest_reportable(now), "own": True}
    return found


def form(request: Request, holder: Holder, *, identities: bool, kept_language: str) -> Markup:
    """The form with the current choice. ``identities``: both occur in the list."""
    chosen = {name: _chosen(request, name) for name in _CODES}
    look = FilterLook(
        **chosen,
        newest=request.query_params.get("sort") == _NEWEST,
        channels=tuple(CHANNELS[code] for code in holder.channels) if len(holder.channels) > 1 else (),
        identities=identities,
        kept_language=kept_language,
    )
    return pages.piece(request, _FORM, look, {"q": search(request)})


def _chosen(request: Request, name: str) -> str:
    word = request.query_params.get(name, "")
    return word if word in _CODES[name] else ""
