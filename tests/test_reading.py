"""Reading changes nothing, whoever reads: scanners of mails, previews of messengers, prefetching browsers.

Every path of the site, with real links and tokens in it, read in every way; then each link still refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from starlette.routing import Route

from consents.store import Snapshot
from tests.citizen.consents.town import AYSE, CINAR, MAIL, Town, town
from tests.conftest import SLOW, Opener
from tests.optout.links import door as doors

READERS: dict[str, dict[str, str]] = {
    "browser": {},
    "prefetch": {"sec-purpose": "prefetch;prerender", "purpose": "prefetch", "x-moz": "prefetch"},
    "scanner": {"user-agent": "Mozilla/5.0 (compatible; MailScanner/1.0; +https://scanner.example)"},
    "preview": {"user-agent": "WhatsApp/2.23.20 A", "range": "bytes=0-65535"},
    "override": {"x-http-method-override": "POST", "x-method-override": "POST"},
}
# Logs of what was read or tried are no records of anybody's: limits on misses, and proofs that a page was handed out.
OF_READING = {"throttle", "handout"}


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener) -> Iterator[Town]:
    with town(open_registry(sqlite_url), HOOK_SECRET="h" * 40, API_PER_SECOND="1000000") as opened:
        opened.told(AYSE, CINAR)
        opened.told(MAIL, CINAR, "EPOSTA")
        yield opened


def rows(here: Town) -> dict[str, list[str]]:
    """Every row of every table."""

    def read(snapshot: Snapshot) -> dict[str, list[str]]:
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        tables = [row[0] for row in snapshot.connection.execute(query)]
        return {
            table: sorted(map(repr, snapshot.connection.execute(f"SELECT * FROM {table}").fetchall()))
            for table in tables
            if table not in OF_READING
        }

    return here.registry.store.read_now(read)


def paths(here: Town, link: str, token: str) -> list[str]:
    """A path for each route, with what really stands behind it."""
    code = link.rsplit("/", 1)[1]
    known = {
        "code": code,
        "token": token.rsplit("/", 1)[1],
        "brand": str(CINAR),
        "brandCode": str(CINAR),
        "iysCode": str(CINAR),
        "channel": "MESAJ",
        "identity": "BIREYSEL",
        "act": "1",
        "secret": "h" * 40,
        "path": "site.css",
    }
    found = set()
    for route in here.client.app.app.routes:  # type: ignore[attr-defined]
        if isinstance(route, Route):
            path = route.path
            for name in route.param_convertors:
                start = path.index("{" + name)
                path = path[:start] + known.get(name, "1") + path[path.index("}", start) + 1 :]
            found.add(path)
    return sorted(found)


# Each reader by GET; by each other method one of them, and all in make long.
SOME = {("HEAD", "scanner"), ("OPTIONS", "preview")}
OTHERS = [
    pytest.param(*one, marks=[SLOW] if one in SOME else [SLOW, pytest.mark.long])
    for one in product(("HEAD", "OPTIONS"), READERS)
]


@pytest.mark.parametrize(("method", "reader"), [*(("GET", reader) for reader in READERS), *OTHERS])
def test_no_path_changes_a_row_or_uses_a_link_up_when_it_is_read(here: Town, method: str, reader: str) -> None:
    link, token = doors.link(here, AYSE), doors.mail(here)
    cookie = here.sign_in(AYSE).cookie
    before = rows(here)
    found = paths(here, link, token)
    assert {link, token} <= set(found)
    assert len(found) > 60
    for path in found:
        for headers in (READERS[reader], READERS[reader] | {"cookie": cookie}):
            query = {"status": "RET", "List-Unsubscribe": "One-Click", "_method": "POST", "scope": "all"}
            answer = here.client.request(method, path, params=query, headers=headers, follow_redirects=False)
            assert answer.status_code < 500, path
    assert rows(here) == before
    assert here.client.post(link).status_code == 200
    assert doors.stands(here, AYSE) == "RET"
    assert here.client.post(token, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert doors.stands(here, MAIL, "EPOSTA") == "RET"
