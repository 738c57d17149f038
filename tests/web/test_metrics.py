"""What ``/metrics`` tells, and to whom."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

import app
from consents.registry import Registry
from gateways import outbox
from settings import load
from tests.web.client import PageClient
from tests.web.conftest import KEY
from web.metrics import BUCKETS, Counts


def client(registry: Registry, peer: str = "127.0.0.1", **env: str) -> PageClient:
    asgi = app.build(load({"SECRET_KEY": KEY, **env}), registry)
    return PageClient(asgi, base_url="http://127.0.0.1:8000", client=(peer, 50000))


@pytest.fixture
def here(registry: Registry) -> Iterator[PageClient]:
    with client(registry) as inside:
        yield inside


def test_requests_and_waiting_messages_are_counted(registry: Registry, here: PageClient) -> None:
    later = registry.store.now() + 60_000_000
    for number in (1, 2):
        to = f"+9053200000{number:02}"
        posted = partial(outbox.post, keyring=registry.keyring, kind="sms", to=to, text="x", expires_at=later)
        registry.store.write_now(posted)
    here.get("/")
    here.get("/izinler/77777777")  # a page of somebody's: its template is told, not its path
    here.get("/giris/kod?x=+905320000001")
    told = here.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = told.text.splitlines()
    assert 'izin_requests_total{method="GET",route="/",status="200"} 1' in lines
    assert 'izin_request_seconds_count{route="/"} 1' in lines
    assert 'izin_outbox_messages{kind="sms",state="waiting"} 2' in lines
    assert any(line.startswith("izin_worker_lag_seconds ") for line in lines)
    assert "{brand:number}" in told.text
    assert "77777777" not in told.text
    assert "5320000001" not in told.text


@pytest.mark.parametrize(
    ("peer", "env", "headers", "status"),
    [
        ("127.0.0.1", {}, {}, 200),
        ("::1", {}, {}, 200),
        ("192.0.2.9", {}, {}, 404),
        ("10.1.2.3", {"METRICS_NETWORKS": "10.1.0.0/16"}, {}, 200),
        ("10.2.2.3", {"METRICS_NETWORKS": "10.1.0.0/16"}, {}, 404),
        # a proxy on this machine of which we were told nothing: its clients are no machine of ours
        ("127.0.0.1", {}, {"X-Forwarded-For": "192.0.2.9"}, 404),
        ("127.0.0.1", {"TRUSTED_PROXY": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.9"}, 404),
        ("127.0.0.1", {"TRUSTED_PROXY": "127.0.0.1"}, {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("testclient", {}, {}, 404),
    ],
)
def test_only_this_machine_and_named_networks_may_read_them(
    registry: Registry, peer: str, env: dict[str, str], headers: dict[str, str], status: int
) -> None:
    with client(registry, peer, **env) as inside:
        assert inside.get("/metrics", headers=headers).status_code == status


def test_a_histogram_counts_each_answer_in_every_bucket_it_fits() -> None:
    counts = Counts()
    for seconds in (0.0, BUCKETS[0], 0.3, 99.0):
        counts.add("BREW", "/", 200, seconds)
    lines = list(counts.lines())
    assert 'izin_requests_total{method="other",route="/",status="200"} 4' in lines
    told = {line.split('le="')[1].split('"')[0]: line.rsplit(" ", 1)[1] for line in lines if "_bucket" in line}
    assert told == {"0.005": "2", "0.02": "2", "0.1": "2", "0.25": "2", "1.0": "3", "5.0": "3", "+Inf": "4"}
