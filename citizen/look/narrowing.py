"""What narrows a list: read from a query, and the form that writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request

from citizen.look.row_view import CHANNELS, IDENTITIES, WORDS
from citizen.person.holder import Holder
from consents.reading.queries import ListFilter
from web import pages

LONGEST_SEARCH = 100  # characters

_FORM = "citizen/consents/_filter.html"
_CODES = {
    "channel": {word: code for code, word in CHANNELS.items()},
    "identity": {word: code for code, word in IDENTITIES.items()},
    "status": {word: code for code, word in WORDS.items() if code is not None},
}
_WORDS = {name: {code: word for word, code in words.items()} for name, words in _CODES.items()}


class FilterLook(NamedTuple):
    """What the form looks like: the words chosen in it, which choices it offers, the language it must carry."""

    status: str
    channel: str
    identity: str
    channels: bool
    identities: bool
    kept_language: str


def wanted(request: Request) -> ListFilter:
    """The filter of a request."""
    return ListFilter(q=search(request), page=page(request), **codes(request.query_params))


def search(request: Request) -> str:
    """What is searched for, as typed."""
    return request.query_params.get("q", "")[:LONGEST_SEARCH]


def page(request: Request) -> int:
    """The page asked for, 1 where it is none."""
    given = request.query_params.get("page", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 1


def turned(request: Request, number: int) -> str:
    """The query of another page of the same list."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("page", "act")]
    return f"?{urlencode([*kept, ('page', number)])}"


def scope(wanted: ListFilter) -> str:
    """The query by which what the list shows is refused: all that narrows the list narrows the refusal."""
    narrow = {"q": wanted.q, **{name: _WORDS[name].get(getattr(wanted, name), "") for name in _CODES}}
    given = {name: value for name, value in narrow.items() if value}
    return urlencode({"scope": "filter", **given} if given else {"scope": "all"})


def codes(given: Mapping[str, str]) -> dict[str, int | None]:
    """Channel, identity and status as they narrow a list, by code; what is no word of a list narrows nothing."""
    return {name: words.get(given.get(name, "")) for name, words in _CODES.items()}


def form(request: Request, holder: Holder, *, identities: bool, kept_language: str) -> Markup:
    """The form, with what is chosen now. ``identities``: both occur in the list."""
    look = FilterLook(
        _chosen(request, "status"),
        _chosen(request, "channel"),
        _chosen(request, "identity"),
        len(holder.channels) > 1,
        identities,
        kept_language,
    )
    return pages.piece(request, _FORM, look, {"q": search(request)})


def _chosen(request: Request, name: str) -> str:
    word = request.query_params.get(name, "")
    return word if word in _CODES[name] else ""
