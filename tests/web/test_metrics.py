"""What ``/metrics`` tells, and to whom."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client import generate_latest

from consents import ledger
from consents.registry import Registry
from consents.store import StoreUnavailable
from gateways.outbox import claims, outbox
from gateways.received import Received
from izin import app
from optout.sms import inbound_messages
from settings import load
from tests.conftest import Clock
from tests.web.client import PageClient
from tests.web.conftest import KEY
from web.metrics import BUCKETS, RequestCounts


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
    assert 'izin_requests_total{method="GET",route="/",status="200"} 1.0' in lines
    assert 'izin_request_seconds_count{route="/"} 1.0' in lines
    assert 'izin_outbox_messages{kind="sms",state="waiting"} 2.0' in lines
    assert any(line.startswith("izin_worker_lag_seconds ") for line in lines)
    assert "{brand:number}" in told.text
    assert "77777777" not in told.text
    assert "5320000001" not in told.text


def values(told: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in told.splitlines() if line[0] != "#"}


@pytest.mark.parametrize(("free", "low"), [(0.21, 0), (0.19, 1)])
def test_a_disk_with_little_left_is_a_warning(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, low: float
) -> None:
    usage = SimpleNamespace(total=1000, free=1000 * free)
    monkeypatch.setattr("consents.care.file_checks.shutil", SimpleNamespace(disk_usage=lambda path: usage))
    url = f"sqlite:///{tmp_path}/izin.db"
    with client(registry, DATABASE_URL=url, WITNESS_FILE=f"{tmp_path}/elsewhere/log") as inside:
        told = values(inside.get("/metrics").text)
    for of in ("database", "witness"):
        assert told[f'izin_disk_free_ratio{{of="{of}"}}'] == pytest.approx(free)
        assert told[f'izin_disk_low{{of="{of}"}}'] == low


def test_figures_are_told_though_the_database_does_not_answer(
    registry: Registry, here: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object) -> None:
        raise StoreUnavailable

    assert values(here.get("/metrics").text)["izin_database_answers"] == 1
    monkeypatch.setattr(registry.store, "read", silent)
    registry.store.commits.failed(StoreUnavailable(), 1)
    registry.store.commits.failed_at = 1_795_510_800.25
    told = values(here.get("/metrics").text)
    assert (told["izin_database_answers"], told["izin_commits_failing"]) == (0, 1)
    assert told["izin_last_commit_failure_timestamp_seconds"] == 1_795_510_800.25


def test_a_clock_that_is_wrong_is_told(registry: Registry, here: PageClient, clock: Clock) -> None:
    registry.store.write_now(ledger.pass_by, clock.now)  # an act
    clock.forward(hours=-3)
    told = values(here.get("/metrics").text)
    assert told["izin_clock_behind_history_seconds"] == 3 * 3600
    if registry.store.dialect == "postgresql":  # whose clock is this machine's, and far from NOON
        ahead = told["izin_clock_ahead_of_database_seconds"]
        assert ahead == pytest.approx(clock.now / 1_000_000 - time.time(), abs=600)


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
    counts = RequestCounts()
    for seconds in (0.0, BUCKETS[0], 0.3, 99.0):
        counts.add("BREW", "/", 200, seconds)
    lines = generate_latest(counts.registry).decode().splitlines()
    assert 'izin_requests_total{method="other",route="/",status="200"} 4.0' in lines
    told = {line.split('le="')[1].split('"')[0]: line.rsplit(" ", 1)[1] for line in lines if "_bucket" in line}
    assert told == {
        "0.005": "2.0",
        "0.02": "2.0",
        "0.1": "2.0",
        "0.25": "2.0",
        "1.0": "3.0",
        "5.0": "3.0",
        "+Inf": "4.0",
    }
    assert not [line for line in lines if "_created" in line]


def test_what_waits_for_the_operator_is_a_figure(registry: Registry, tmp_path: Path) -> None:
    backup = tmp_path / "backups" / "izin.db"
    backup.parent.mkdir()
    backup.write_text("x")
    gateways = f"file:{tmp_path}/a.jsonl twilio://AC1:TOKEN@api.example?from=%2B15005550006"
    env = {"SMS_GATEWAY": gateways, "BACKUP_PATH": str(backup.parent), "WITNESS_FILE": str(tmp_path / "w" / "itness")}
    registry.store.write_now(claims.note_rests, "sms", {"file": 120.0})
    inbound = Received("file", "m1", "+905320000001", "3838", "merhaba nasilsiniz", registry.store.now())
    registry.store.write_now(lambda t: inbound_messages.keep(t, registry.keyring, inbound, None, unclear=True))
    with client(registry, **env) as inside:
        told = values(inside.get("/metrics").text)
    assert told['izin_gateway_rests{gateway="file"}'] == 1
    assert told['izin_gateway_rests{gateway="twilio api.example"}'] == 0
    assert told['izin_received_unread{carrier="file"}'] == 1
    assert told["izin_outbox_failing"] == told["izin_push_failing"] == told["izin_witness_missing"] == 0
    assert told["izin_backup_timestamp_seconds"] == pytest.approx(backup.stat().st_mtime)
