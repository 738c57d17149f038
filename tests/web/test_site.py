"""The site's own files, its probes, and how it starts and stops."""

from __future__ import annotations

import hashlib
import json
import re
import resource
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from consents.registry import NotReady, Registry, prepare
from consents.store import StoreUnavailable
from izin import app
from settings import load
from tests.conftest import Opener
from tests.consents.works import add
from tests.web.client import PageClient
from tests.web.conftest import KEY, REAL, Build, Memory
from web import health
from web.rendering.assets import STATIC, Assets


def state(client: PageClient) -> Any:
    return client.app.app.state.process  # type: ignore[attr-defined]


def broken() -> list[str]:
    raise RuntimeError("password hunter2 rejected for +905320000001")


def test_the_process_says_that_it_lives_whatever_the_database_does(client: PageClient) -> None:
    state(client).faults = broken
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (200, {"status": "ok"})


def test_readiness_names_what_is_wrong(client: PageClient) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ok", "faults": []})
    state(client).look = None  # a second later
    state(client).faults = lambda: ["run izin migrate"]
    state(client).lag = lambda: 301.0
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["faults"] == ["run izin migrate", "the worker is 301 seconds behind"]


def test_readiness_is_looked_into_once_a_second_however_many_ask(
    client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask, and each look costs several queries."""
    now, looks = [1000.0], []
    monkeypatch.setattr("web.health.time", SimpleNamespace(monotonic=lambda: now[0]))
    state(client).faults = lambda: looks.append(now[0]) or []
    for moment in (1000.0, 1000.5, 1000.99, 1001.0, 1001.5, 1002.0):
        now[0] = moment
        assert client.get("/readyz").status_code == 200
    assert looks == [1000.0, 1001.0, 1002.0]


def test_who_asks_while_it_is_looked_into_hears_the_same(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a database that hangs would take a thread for each of them."""
    monkeypatch.setattr("web.health.time", SimpleNamespace(monotonic=lambda: 1000.0))  # who comes late hears it too
    looks, go_on = [], threading.Event()

    def slow() -> list[str]:
        looks.append(1)
        assert go_on.wait(60)
        return ["slow"]

    state(client).faults = slow
    with ThreadPoolExecutor(5) as threads:
        asking = [threads.submit(client.get, "/readyz") for _ in range(5)]
        while not looks:
            time.sleep(0.001)
        time.sleep(0.2)
        go_on.set()
        assert [one.result(60).json()["faults"] for one in asking] == [["slow"]] * 5
    assert looks == [1]


def test_a_database_that_does_not_answer_is_unfit_in_time(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.PATIENCE < 5.0
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    go_on = threading.Event()
    state(client).faults = lambda: go_on.wait(60) and []
    answer = client.get("/readyz")
    go_on.set()
    assert (answer.status_code, answer.json()["faults"]) == (503, ["the database could not be asked"])


@contextmanager
def full_disk(file: Path) -> Iterator[None]:
    """No file can grow beyond what the log of this database has now, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.with_name(f"{file.name}-wal").stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_unfit_until_something_can_be_written(
    sqlite_url: str, open_registry: Opener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = open_registry(sqlite_url)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    settings = load({"SECRET_KEY": KEY, "DATABASE_URL": sqlite_url})
    with PageClient(app.build(settings, registry), client=("127.0.0.1", 50000)) as client:

        def readiness() -> tuple[int, list[str]]:
            state(client).look = None  # a second later
            answer = client.get("/readyz")
            return answer.status_code, answer.json()["faults"]

        def told(gauge: str) -> float:
            (line,) = [line for line in client.get("/metrics").text.splitlines() if line.startswith(f"{gauge} ")]
            return float(line.rpartition(" ")[2])

        registry.store.write_now(add, 1)
        assert (told("izin_commits_failing"), told("izin_last_commit_failure_timestamp_seconds")) == (0, 0)
        with full_disk(file):
            assert readiness() == (200, [])  # nobody has written, and it was possible a moment ago
            with pytest.raises(StoreUnavailable):
                registry.store.write_now(add, 2)
            for _ in range(2):
                status, (fault,) = readiness()
                assert status == 503
                assert fault.startswith("nothing can be written: the disk "), fault
            assert told("izin_commits_failing") == 1
            assert abs(told("izin_last_commit_failure_timestamp_seconds") - time.time()) < 3600
        assert readiness() == (200, [])  # by itself, though nobody has written anything
        assert told("izin_commits_failing") == 0
        with full_disk(file):  # and on a site where nobody writes it is noticed too
            now = time.monotonic()
            standing = SimpleNamespace(monotonic=lambda: now, time=time.time)
            monkeypatch.setattr("consents.store.commits.time", standing)
            monkeypatch.setattr(registry.store.commits, "_tried", now - 59)
            assert readiness() == (200, [])
            monkeypatch.setattr(registry.store.commits, "_tried", now - 61)
            assert readiness()[0] == 503
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in capsys.readouterr().out.splitlines() if "commit_failed" in line
    ]
    assert {line["fault"] for line in lines} <= {"SQLITE_FULL", "SQLITE_IOERR", "SQLITE_IOERR_WRITE"}
    assert all(line["error"][-1] == "OperationalError" and line["waiting"] == 1 for line in lines)
    assert len(lines) == 4


def test_a_postgresql_that_can_write_is_fit_however_quiet_it_was(postgresql_url: str, open_registry: Opener) -> None:
    registry = open_registry(postgresql_url)
    registry.store.commits._tried -= 61
    with PageClient(app.build(load({"SECRET_KEY": KEY}), registry)) as client:
        assert client.get("/readyz").json() == {"status": "ok", "faults": []}
    assert registry.store.commits.quiet_for() < 60


def test_a_database_that_cannot_be_asked_is_unfit_and_its_words_stay_inside(client: PageClient) -> None:
    state(client).faults = broken
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["faults"]) == (503, ["the database could not be asked"])


def test_a_database_that_somebody_writes_for_long_is_fit_all_the_same(registry: Registry) -> None:
    settings = load({"SECRET_KEY": KEY})
    client = PageClient(app.build(settings, registry))
    with closing(registry.store.gate()) as other, other.transaction(), client:
        assert client.get("/readyz").json() == {"status": "ok", "faults": []}


def test_a_site_opens_its_own_registry_and_closes_it(tmp_path: Path) -> None:
    settings = load({"SECRET_KEY": KEY, "DATABASE_URL": f"sqlite:///{tmp_path}/izin.db"})
    with pytest.raises(NotReady, match="izin migrate"), PageClient(app.build(settings)):
        pass
    prepare(settings.database_url, KEY)
    with PageClient(app.build(settings)) as client:
        assert client.get("/readyz").json() == {"status": "ok", "faults": []}
        registry = state(client).registry
    assert registry.store._reader is None
    assert registry.store._writer is None


def test_search_engines_may_have_the_public_pages_only(client: PageClient) -> None:
    rules = client.get("/robots.txt").text.splitlines()
    assert rules[-1] == "Disallow: /"
    assert not [rule for rule in rules if rule.startswith(("Allow: /k", "Allow: /u", "Allow: /izinler/"))]


@pytest.mark.parametrize(
    ("contact", "line"),
    [
        ("kvkk@izin.example", "Contact: mailto:kvkk@izin.example"),
        ("https://izin.example/x", "Contact: https://izin.example/x"),
    ],
)
def test_security_txt_names_the_contact(site: Build, contact: str, line: str) -> None:
    lines = site(**REAL | {"KVKK_CONTACT": contact}).get("/.well-known/security.txt").text.splitlines()
    assert line in lines
    assert "Canonical: https://izin.example/.well-known/security.txt" in lines
    (expires,) = [line.removeprefix("Expires: ") for line in lines if line.startswith("Expires: ")]
    ahead = datetime.fromisoformat(expires) - datetime.now(UTC)
    assert timedelta(days=30) < ahead < timedelta(days=366), "RFC 9116, 2.5.5: less than a year"


def test_without_a_contact_there_is_no_security_txt(client: PageClient) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404


def test_the_manifest_names_icons_that_exist(site: Build) -> None:
    client = site(SITE_NAME="Deneme")
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["name"] == "Deneme"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).headers["content-type"] == icon["type"]


def test_every_file_a_page_names_is_there_and_kept_for_a_year(client: PageClient) -> None:
    page = client.get("/specimen").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) == 5
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_file_asked_for_without_its_version_is_asked_for_again(client: PageClient) -> None:
    for query in ("", "?v=other"):
        answer = client.get(f"/static/site.css{query}")
        assert answer.headers["cache-control"] == "public, no-cache"
        assert answer.headers["vary"] == "Accept-Encoding"
        again = client.get(f"/static/site.css{query}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_files_travel_compressed_where_the_browser_takes_it(client: PageClient) -> None:
    packed = client.get("/static/site.css", headers={"accept-encoding": "gzip"})
    whole = client.get("/static/site.css", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == whole.content == Assets()["site.css"].plain
    assert int(packed.headers["content-length"]) * 2 < int(whole.headers["content-length"])


@pytest.mark.parametrize("name", ["nothing.css", "VENDORED.md", "../app.py", "%2e%2e/app.py", "..%2fsettings.py", ""])
def test_nothing_else_is_served(client: PageClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_browser_that_guesses_the_icon_gets_it(client: PageClient) -> None:
    answer = client.get("/favicon.ico")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


def test_scripts_travel_without_remarks(client: PageClient) -> None:
    ours = client.get("/static/sending.js").text
    assert ours.startswith('"use strict";')
    assert not re.search(r"^\s*//", ours, re.MULTILINE)
    assert client.get("/static/htmx.min.js").content == (STATIC / "htmx.min.js").read_bytes()


def test_vendored_files_are_what_was_published() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (STATIC / "VENDORED.md").read_text(), re.MULTILINE)
    assert {name for name, _ in rows} == {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js")} - {
        "check.js",
        "copy.js",
        "try.js",
        "offline.js",
        "signin.js",
        "start.js",
        "passkey.js",
        "sending.js",
        "till.js",
    }  # our own
    for name, digest in rows:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest


def test_a_changed_file_has_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = Assets(tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("b{}")
    assert Assets(tmp_path).url("a.css") != before
    with pytest.raises(KeyError):
        Assets(tmp_path).url("b.css")


@pytest.mark.parametrize(("where", "events"), [("inside", ["start", "stop"]), ("separate", [])])
def test_the_worker_lives_as_long_as_the_site_unless_it_runs_elsewhere(where: str, events: list[str]) -> None:
    seen: list[str] = []
    registry = cast(Registry, Memory())

    @asynccontextmanager
    async def worker(site: Starlette) -> AsyncIterator[None]:
        assert site.state.process.registry is registry
        seen.append("start")
        yield
        seen.append("stop")

    asgi = app.build(load({"SECRET_KEY": KEY, "WORKER": where}), registry, worker)
    with PageClient(asgi) as client:
        client.get("/")
    assert seen == events


def test_the_route_table_answers_every_path_and_method_once() -> None:
    routes = [route for route in app.routes(Assets()) if isinstance(route, Route)]
    answered = [(route.path, method) for route in routes for method in route.methods or ()]
    assert len(answered) == len(set(answered))
