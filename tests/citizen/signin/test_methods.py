"""Reading changes nothing, and other sites change nothing (RFC 9110, 9.2.1; ASVS 5.0, 3.5.3)."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from providers.api.answers import is_api
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.desk import MEHMET, Desk
from tests.web.client import refused_for

TABLES = ("act", "consent_event", "consent", "recipient", "one_time_code", "session", "session_address")
COUNTS = (*TABLES, "sign_in", "throttle", "outbox")
PATHS = {"path": "site.css", "brand": "1", "channel": "MESAJ", "identity": "BIREYSEL", "act": "1"}


def state(here: Desk) -> list[list[tuple[object, ...]]]:
    """Every row of every table that a request could change."""
    return here.registry.store.read_now(
        lambda snapshot: [
            sorted(map(tuple, snapshot.connection.execute(f"SELECT * FROM {table}").fetchall()), key=repr)
            for table in COUNTS
        ]
    )


def paths(here: Desk) -> list[str]:
    """A path for each route of the site, whatever it is meant for."""
    routes = [route for route in here.asgi.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    found = set()
    for route in routes:
        path = route.path
        for name in route.param_convertors:
            path = path.replace(f"{{{name}:{_kind(path, name)}}}", PATHS.get(name, "1")).replace(
                f"{{{name}}}", PATHS.get(name, "1")
            )
        found.add(path)
    return sorted(found)


def _kind(path: str, name: str) -> str:
    return path.partition(f"{{{name}:")[2].partition("}")[0]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_route_changes_anything_when_it_is_read(desk: Open, method: str) -> None:
    here = desk(API_PER_SECOND="100000")
    one = here.browser().sign_in()
    one.ask(MEHMET)
    stranger = here.browser()
    before = state(here)
    assert len(paths(here)) > 15
    for path in paths(here):
        for browser in (one, stranger):
            answer = browser.request(method, path, params={"code": here.code, "address": MEHMET, "status": "RET"})
            assert answer.status_code < 500, path
    assert state(here) == before
    assert one.signed_in


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_sites_form_changes_nothing(desk: Open, headers: dict[str, str]) -> None:
    here = desk(API_PER_SECOND="100000")
    one = here.browser().sign_in()
    one.ask(MEHMET)
    before = state(here)
    wanted = {"address": "+905320000009", "code": here.code, "a": "0", "status": "RET", "scope": "all"}
    for path in paths(here):
        answer = one.post(path, data=wanted, headers=headers)
        by_program = is_api(path) or path == "/iys/push"  # a program's call knows no cookie
        refused = (400, 401, 404, 405) if by_program else (403, 405, 404, 200)
        assert answer.status_code in refused, path
        if path.startswith(("/giris", "/cikis", "/izinler")):
            refused_for(answer, 403, "Bu istek başka bir siteden geldi")
    assert state(here) == before
    assert one.signed_in
