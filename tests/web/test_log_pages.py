"""The public log over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import aics_tlog
import pytest

from consents.registry import Registry
from consents.store import Snapshot
from evidence import log
from evidence.checkpoints import LogKey
from evidence.tlog import tiles
from izin import app
from izin.tlog import log_pages
from settings import load
from tests.conftest import SECRET
from tests.evidence.test_public_log import record
from tests.web.client import PageClient


@pytest.fixture
def registry(sqlite_url: str, open_registry: Callable[[str], Registry]) -> Registry:
    return open_registry(sqlite_url)


@pytest.fixture
def client(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[PageClient]:
    monkeypatch.setattr(log_pages, "FRESH", -1.0)
    settings = load({"SECRET_KEY": SECRET})
    with PageClient(app.build(settings, registry), base_url=settings.public_url) as client:
        yield client


class OverHttp:
    def __init__(self, client: PageClient) -> None:
        self._client = client

    def read_tile(self, level: int, index: int, width: int | None) -> bytes | None:
        path = aics_tlog.tiles.tile_path(level, index, width)
        answer = self._client.get(f"/log/{path}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        return answer.content if answer.status_code == 200 else None

    def read_entry_bundle(self, index: int, width: int | None) -> bytes | None:
        return None


def test_an_outsider_follows_the_log(registry: Registry, client: PageClient) -> None:
    assert client.get("/log/checkpoint").status_code == 404
    record(registry, 700)
    log.extend(registry)
    answer = client.get("/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert "set-cookie" not in answer.headers
    note = aics_tlog.parse_note(answer.content)
    assert aics_tlog.verify_checkpoint(note, aics_tlog.parse_vkey(LogKey.of(registry.keyring).verifier())).ok
    point = aics_tlog.parse_checkpoint(note.text)
    report = aics_tlog.audit_tiles(OverHttp(client), point.size, point.root, entries=False)
    assert (report.size, report.tiles) == (700, 4)
    assert len(client.get("/log/tile/0/000").content) == 8192
    record(registry, 1)
    assert client.get("/log/tile/0/002.p/189").status_code == 404  # nobody has signed it
    log.extend(registry)
    assert client.get("/log/tile/0/002.p/188").content == client.get("/log/tile/0/002.p/189").content[:-32]


@pytest.mark.parametrize(
    "path", ["0/003", "0/002", "0/002.p/189", "1/001", "2/000", "2/000.p/1", "7/000.p/1", "63/000.p/1", "0/2", "x/000"]
)
def test_a_tile_beyond_the_signed_tree_costs_no_query(
    registry: Registry, client: PageClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    record(registry, 700)
    log.extend(registry)
    asked = []

    def load_tile(snapshot: Snapshot, level: int, place: int) -> bytes:
        asked.append((level, place))
        return b""

    monkeypatch.setattr(tiles, "load", load_tile)
    answer = client.get(f"/log/tile/{path}")
    assert (answer.status_code, answer.text, asked) == (404, "Not found\n", [])


def test_entries_are_withheld_in_words(registry: Registry, client: PageClient) -> None:
    record(registry, 300)
    log.extend(registry)
    answer = client.get("/log/tile/entries/000")
    assert (answer.status_code, answer.text) == (404, log_pages.WITHHELD)
