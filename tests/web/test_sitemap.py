"""The index of routes: it finds what going through the table finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Match, Mount, Route

import app
from providers import routes as api
from web.assets import Assets
from web.sitemap import SiteMap

TABLE: list[BaseRoute] = [*app.routes(Assets()), *api.routes()]
WORDS = sorted({word for route in TABLE if isinstance(route, Route) for word in route.path.split("/")})
FOUND = SiteMap(TABLE)
SEGMENTS = st.one_of(st.sampled_from(WORDS), st.sampled_from(["1", "qr.svg", "a.b", "", "%2F", "static"]), st.text())


def by_turns(table: list[BaseRoute], scope: dict[str, Any]) -> tuple[Match, Any, Any]:
    """As a router looks: the first that fits, else the first that fits but for its method."""
    partial: tuple[Match, Any, Any] = Match.NONE, None, None
    for route in table:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return match, route, child["path_params"]
        if match is Match.PARTIAL and partial[1] is None:
            partial = match, route, child["path_params"]
    return partial


def asked(method: str, path: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "root_path": ""}


def check(index: SiteMap, table: list[BaseRoute], scope: dict[str, Any]) -> None:
    match, child = index.matches(scope)
    assert (match, child.get("route"), child.get("path_params")) == by_turns(table, scope)


@example("GET", ["via", "sps", "x", "consent", "status\n"])
@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]), st.lists(SEGMENTS, min_size=1, max_size=9))
def test_any_path_leads_where_the_table_leads(method: str, segments: list[str]) -> None:
    check(FOUND, TABLE, asked(method, "/" + "/".join(segments)))


@pytest.mark.parametrize("route", [route for route in TABLE if isinstance(route, Route)], ids=lambda route: route.path)
def test_every_route_is_found(route: Route) -> None:
    path = route.path
    for name, convertor in route.param_convertors.items():
        written = next(part for part in (f"{{{name}}}", f"{{{name}:number}}", f"{{{name}:path}}") if part in path)
        path = path.replace(written, "1" if convertor.regex != ".*" else "a/b")
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
        match, child = FOUND.matches(asked(method, path))
        assert (match, child["route"]) == by_turns(TABLE, asked(method, path))[:2]


def test_a_number_in_a_path_is_found_by_its_words_and_ends_somewhere() -> None:
    index = SiteMap([Route("/m/{brand:number}", nobody)])
    assert not index._others
    match, child = index.matches(asked("GET", "/m/" + "9" * 18))
    assert (match, child["path_params"]) == (Match.FULL, {"brand": 10**18 - 1})
    for none in ("9" * 19, "9" * 5000, "", "-1", "١"):
        assert index.matches(asked("GET", f"/m/{none}"))[0] is Match.NONE


async def nobody(*_: Any) -> None: ...


def test_what_reaches_across_segments_is_tried_in_its_turn() -> None:
    table: list[BaseRoute] = [
        Route("/a/{x}", nobody),
        Mount("/a", routes=[Route("/b/c", nobody)]),
        Route("/a/{rest:path}", nobody),
        Route("/a/b", nobody),
    ]
    index = SiteMap(table)
    for path, place in (("/a/b", 0), ("/a/b/c", 1), ("/a/1/2/3", 1), ("/b", None)):
        match, child = index.matches(asked("GET", path))
        assert child.get("route") is (None if place is None else table[place])
        assert (match is Match.FULL) == (place is not None)
