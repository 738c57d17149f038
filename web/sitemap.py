"""The route table as an index: a request's route is found by its path's fixed words, not by trying one after another.

A hundred routes cost up to 40 µs a request when they are tried in turn. The index only chooses which ones are tried;
whether one fits, it decides itself. What was found for a path whose parameters are numbers, as a program asks for a
thousand times a second, is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from starlette.convertors import (
    FloatConvertor,
    IntegerConvertor,
    StringConvertor,
    UUIDConvertor,
    register_url_convertor,
)
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

_MOST_KEPT = 4096  # paths


class Number(IntegerConvertor):
    """``{brand:number}``: what can be the number of a row.

    Python refuses to make a number of thousands of digits; one of 18 always fits the 64 bits of a database.
    """

    regex = "[0-9]{1,18}"


register_url_convertor("number", Number())

_WITHIN_A_SEGMENT = (FloatConvertor, IntegerConvertor, Number, StringConvertor, UUIDConvertor)

Words = tuple[str | None, ...]  # a path's segments; None where a route has a parameter


class SiteMap(BaseRoute):
    """Stands before the table in the application's routes; what it does not find, the table does not hold."""

    def __init__(self, table: Sequence[BaseRoute]) -> None:
        self._by_words: dict[Words, list[tuple[int, Route]]] = defaultdict(list)
        self._fixed: dict[int, list[tuple[int, ...]]] = defaultdict(list)  # by length: the places of fixed words
        self._others: list[tuple[int, BaseRoute]] = []
        self._kept: dict[tuple[str, str], tuple[Route, dict[str, str]]] = {}
        for rank, route in enumerate(table):
            words = _words(route)
            if not isinstance(route, Route) or words is None:
                self._others.append((rank, route))
                continue
            self._by_words[words].append((rank, route))
            places = tuple(place for place, word in enumerate(words) if word is not None)
            if places not in self._fixed[len(words)]:
                self._fixed[len(words)].append(places)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As a router goes through its routes: the first that fits, else the first that fits but for its method."""
        partial: tuple[Match, Scope] = Match.NONE, {}
        if scope["type"] != "http":
            return partial
        asked = scope["method"], scope["path"]
        if kept := self._kept.get(asked):
            return Match.FULL, {"endpoint": kept[0].endpoint, "path_params": {**kept[1]}, "route": kept[0]}
        path = str(scope["path"]).removesuffix("\n")  # as “$” in a route's pattern overlooks it
        for route in self._candidates(path.split("/")):
            match, child = route.matches(scope)
            if match is Match.FULL:
                self._keep(asked, route, child["path_params"])
                return match, {**child, "route": route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**child, "route": route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands over to the route that ``matches`` named."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The table's own routes know their addresses."""
        raise NoMatchFound(name, path_params)

    def _keep(self, asked: tuple[str, str], route: BaseRoute, given: dict[str, Any]) -> None:
        """Not the paths of links and tokens: each is asked for once or twice, and is nobody's business later."""
        if type(route) is Route and all(str(value).isdecimal() and len(str(value)) <= 10 for value in given.values()):
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[asked] = route, {**given}

    def _candidates(self, segments: Sequence[str]) -> Iterable[BaseRoute]:
        """The routes that may fit, in the order of the table."""
        found = list(self._others)
        for places in self._fixed.get(len(segments), ()):
            words: list[str | None] = [None] * len(segments)
            for place in places:
                words[place] = segments[place]
            found += self._by_words.get(tuple(words), ())
        return (route for _, route in sorted(found, key=_rank))


def _words(route: BaseRoute) -> Words | None:
    """None for what is no plain route, or may match across segments."""
    if not isinstance(route, Route):
        return None
    if any(type(convertor) not in _WITHIN_A_SEGMENT for convertor in route.param_convertors.values()):
        return None
    return tuple(_fixed_words(route.path))


def _fixed_words(path: str) -> Iterator[str | None]:
    return (None if "{" in word else word for word in path.split("/"))


def _rank(found: tuple[int, BaseRoute]) -> int:
    return found[0]
