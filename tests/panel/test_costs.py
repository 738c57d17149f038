"""What a request costs before any right is proved, on every route; and that what is sent in any field is nobody's fault
but the sender's."""

from __future__ import annotations

import asyncio
import gc
import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from starlette.routing import Route

from consents.registry import Registry
from panel.panel_routes import ROUTES
from panel.rights import Audience, Membership, Permission, Role, Staff
from tests import LONG, ROOT
from tests.conftest import SECRET, Clock
from tests.panel.office import BRANDS, CINAR, ISIK, Colleague, Office, Seat
from tests.panel.test_matrix import filled, things
from web.forms import FORM_BYTES

MOST = 40  # threads of a pool
PIECE, WHOLE = 16_384, 50_000_000  # bytes that come at a time, and in all
KINDS = {
    "application/x-www-form-urlencoded": (b"address=", b"a"),
    "application/x-www-form-urlencoded; charset=utf-8": (b"address=", b"%41"),
    "multipart/form-data; boundary=b": (
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n',
        b"+905320000001\n",
    ),
    "application/json": (b'{"recipient":"', b"a"),
    "text/plain": (b"", b"a"),
}
OWNER = Membership(Role.OWNER, Permission.MEMBER)


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path, clock: Clock) -> Iterator[Office]:
    shutil.copy(sqlite_template, tmp_path / "izin.db")
    with Registry.open(f"sqlite:///{tmp_path / 'izin.db'}", SECRET, now=clock) as registry:
        opened = Office(registry, clock)
        yield opened
        opened.close()


def paths(office: Office) -> list[tuple[str, str]]:
    """Each path of the site once with the method of each of its routes, about the first company."""
    found = set()
    for route in office.asgi.app.routes:  # type: ignore[attr-defined]
        assert isinstance(route, Route)
        path = route.path.replace("{company:number}", str(CINAR)).replace("{iysCode}", str(CINAR))
        path = re.sub(r"\{\w+:number\}", "1", path.replace("{brandCode}", str(CINAR)))
        path = re.sub(r"\{\w+(:\w+)?\}", "x", path)
        found |= {(method, path) for method in route.methods or ()}
    return sorted(found)


@pytest.mark.parametrize("foreign", [False, True], ids=["nobody", "of another company"])
def test_who_has_proved_nothing_has_no_more_than_a_form_read(office: Office, foreign: bool) -> None:
    """Fifty megabytes of everything for every route; a byte more than a piece beyond a form's is never taken."""
    cookie = ""
    if foreign:
        cookie = "; ".join(f"{one.name}={one.value}" for one in office.somebody(OWNER, ISIK).cookies.jar)
    wrong, slowest = [], 0.0
    for method, path in paths(office):
        for kind in KINDS if method in {"POST", "PUT", "DELETE"} else ["text/plain"]:
            began = perf_counter()
            taken, status = asyncio.run(_sent(office, method, path, kind, cookie))
            slowest = max(slowest, perf_counter() - began)
            if taken > FORM_BYTES + PIECE or not status:
                wrong.append((method, path, kind, taken, status))
    assert not wrong
    assert slowest < 10  # a busy machine; one request that is read to its end takes far longer


async def _sent(office: Office, method: str, path: str, kind: str, cookie: str) -> tuple[int, int]:
    """How many bytes the application takes of a body without an end, and the status of its answer."""
    first, again = KINDS[kind]
    taken, status = 0, 0
    headers = [(b"host", b"127.0.0.1:8000"), (b"content-type", kind.encode()), (b"authorization", b"Bearer none")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
        "client": ("198.51.100.7", 1), "server": ("127.0.0.1", 8000),
        "headers": [*headers, *([(b"cookie", cookie.encode())] if cookie else [])],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        nonlocal taken
        if status:  # it only waits for the end of the connection
            return {"type": "http.disconnect"}
        piece = (first if not taken else b"") + again * (PIECE // len(again))
        taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": taken < WHOLE}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await office.asgi(scope, receive, send)
    return taken, status


def test_no_file_that_is_sent_reaches_a_disk_as_it_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starlette's own parser would write what is longer than a megabyte into a temporary file."""
    written = []
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", lambda file: written.append(file))
    owner, file = office.somebody(OWNER), b"+905320000001\n" * 100_000
    for line in ROUTES:
        if line.most_bytes is not None:
            answer = owner.post(
                filled(line, CINAR, {"brand": BRANDS[CINAR][0]}), files={"file": ("a.csv", file, "text/csv")}
            )
            assert answer.status_code < 500
    assert not written


def test_a_path_names_all_its_methods_where_another_is_asked_for(office: Office) -> None:
    """RFC 9110, 15.5.6."""
    known: dict[str, set[str]] = {}
    for method, path in paths(office):
        known.setdefault(path, set()).add(method)
    browser = office.browser()
    for path in known:
        matching = [
            route
            for route in office.asgi.app.routes
            if route.path_regex.match(path)  # type: ignore[attr-defined]
        ]
        methods = {method for route in matching for method in route.methods}
        answer = browser.request("OPTIONS", path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == methods, path


def _names() -> list[str]:
    """The names of all fields that a template has."""
    pages = (file.read_text() for file in (ROOT / "templates").rglob("*.html"))
    return sorted({found for page in pages for found in re.findall(r'name="([a-z][\w-]*)"', page)})


_ASKED = {"since", "until", "month", "day", "from", "batch", "dealer", "brand", "after", "page"}  # of GET forms
FEW = ["9999-12-31", "[" * 19_000]
MORE = [
    "0001-01-01", "9999-12-31 23:59:59", str(2**63), "-1", "0", "١٢٣", "1e999", "\x00", "\ud800", "😀" * 500,
    "{" * 5000, '{"a":' * 3000, "+90532000000" + "0" * 500, "a" * 4000, "\u202e%s%n{}", "null",
]  # fmt: skip


@pytest.mark.parametrize(
    "value", [*FEW, *(pytest.param(one, marks=pytest.mark.long) for one in MORE)], ids=lambda value: ascii(value[:12])
)
def test_no_field_of_any_form_breaks_the_site(office: Office, value: str) -> None:
    """Every field of every form is this value, or all but those that lead on; as a question, as a form."""
    owner, operator = office.somebody(OWNER), office.somebody(Staff.OPERATOR)
    partner = office.somebody(Seat(owner=True))
    names = _names()
    assert len(names) > 50
    lead = {"brand": str(BRANDS[CINAR][0]), "channel": "MESAJ", "identity": "BIREYSEL", "status": "RET"}
    raw = value.encode("utf-8", "surrogatepass").decode("latin-1")
    failed = []
    for line in ROUTES:
        if line.path.startswith("/panel/cikis") or line.path.endswith("cikis-hepsi"):
            continue
        browser = operator if line.needs in (Audience.STAFF, Audience.OPERATOR) else owner
        browser = partner if line.needs in (Audience.PARTNER, Audience.PARTNER_OWNER) else browser
        path = filled(line, CINAR, things(office, line, CINAR))
        for fixed in ({}, lead) if len(value) < 4000 else (lead,):
            some = names if len(value) < 200 else ["since", "until", "answer", "number", "code", "file", "email", "why"]
            failed += _statuses(browser, line.method, path, dict.fromkeys(some, raw), fixed)
        # Alone, because the first field that is wrong ends the reading of the others; each with one of the values, and
        # with all of them in make long.
        for one in sorted(_ASKED) if LONG else sorted(_ASKED)[FEW.index(value) :: len(FEW)]:
            fresh = filled(line, CINAR, things(office, line, CINAR)) if line.method == "POST" else path
            failed += _statuses(browser, line.method, fresh, {one: raw}, {**lead, one: raw})
    assert not failed


def _statuses(
    browser: Colleague, method: str, path: str, fields: dict[str, str], fixed: dict[str, str]
) -> list[tuple[str, str, int]]:
    """What was answered with a fault of the site: some fields at a time, with those that lead on beside them."""
    found, names = [], list(fields)
    for start in range(0, len(names), 80):
        some = {one: fields[one] for one in names[start : start + 80]} | fixed
        if method == "GET":
            short = {one: given[:60] for one, given in some.items() if len(some) < 40 or one in _ASKED}
            code = browser.get(path, params=short).status_code
        else:
            code = browser.post(path, data=some).status_code
        if code >= 500:
            found.append((method, path, code))
    return found


def test_a_request_leaves_no_file_and_no_thread_behind(office: Office) -> None:
    """Every line of the panel twice: what the second round opens is closed again."""
    owner = office.somebody(OWNER)

    def walk() -> None:
        for line in ROUTES:
            if "cikis" not in line.path:
                path = filled(line, CINAR, things(office, line, CINAR))
                owner.request(line.method, path, **({"data": {}} if line.method == "POST" else {}))

    walk()
    gc.collect()  # what earlier tests left
    files, own, pools = open_files(), *threads()
    walk()
    assert open_files() == files
    after, now = threads()
    assert not after - own
    assert not now - pools


def open_files() -> list[str]:
    """What files this process has open."""
    found = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            found.append(re.sub(r"\d+", "N", str(one.readlink())))
        except OSError:  # that of this look
            continue
    return sorted(found)


def threads() -> tuple[set[threading.Thread], set[ThreadPoolExecutor]]:
    """The threads of this process that are in no pool, and its pools.

    A pool begins a thread whenever none of its own is idle at that moment, up to its bound; so pools are compared, and
    not how far they have grown. One without attributes is being made, or collected, by another thread: it has none.
    """
    made = [one for one in gc.get_objects() if isinstance(one, ThreadPoolExecutor) and hasattr(one, "_shutdown")]
    pools = {one for one in made if not one._shutdown}
    assert all(pool._max_workers <= MOST for pool in pools)
    return set(threading.enumerate()).difference(*(pool._threads for pool in pools)), pools
