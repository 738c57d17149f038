"""The Python client does a company's day on a served site, and bears what a network does to it."""

from __future__ import annotations

import base64
import hmac
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from providers.push import signing
from providers.push.signing import SigningSecret
from tests import ROOT
from tests.clients import typed
from tests.clients.conftest import CINAR, Served, Unsteady, blocks
from tests.providers.api.desk import ISIK, consent
from tests.providers.api.shops import add_shop

from izin_client import (  # isort: skip
    ApiError,
    BadPush,
    FileTokens,
    Izin,
    TooManyRequests,
    Unauthorized,
    turkish_time,
    verify_basic,
    verify_signature,
)


class Waits(list[float]):
    """The pauses of a client, which cost no time; the worker stores lists meanwhile."""

    def __init__(self, site: Served) -> None:
        super().__init__()
        self._site = site

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self._site.store_lists()


@pytest.fixture
def network() -> Unsteady:
    return Unsteady()


@pytest.fixture
def waits(site: Served) -> Waits:
    return Waits(site)


@pytest.fixture
def client(site: Served, network: Unsteady, waits: Waits) -> Iterator[Izin]:
    with made(site, network, waits) as opened:
        yield opened


def made(site: Served, network: Unsteady, waits: Waits, **other: Any) -> Izin:
    own = {"iys_code": CINAR, "brand_code": CINAR, "transport": network, "sleep": waits} | other
    return Izin(site.url, "cinar", other.pop("password", site.password), **{k: own[k] for k in own if k != "password"})


def times(network: Unsteady, path: str) -> int:
    return sum(one[1].endswith(path) for one in network.sent)


def test_a_companys_day(client: Izin, site: Served, waits: Waits) -> None:
    one = client.add(consent(1))
    assert client.add(consent(1)) == one, "a repeat is answered as the first time"
    sent = client.send_list([consent(2), consent(3, status="RET"), consent(4, consentDate="2026-11-10 10:00:00")])
    assert sent.rejected == ()
    assert [one.stored for one in client.results(sent.requests[0])] == [None, None, None], "202 is not stored"
    results = client.await_results(sent)
    assert [(one.index, one.stored, one.code) for one in results] == [(0, True, ""), (1, True, ""), (2, False, "H467")]
    assert len(waits) == 1
    assert client.status("+905320000001", "MESAJ")["transactionId"] == one["transactionId"]
    assert client.status("+905320000077", "MESAJ") == {}
    assert client.approved([f"+9053200000{number:02}" for number in range(9)], "MESAJ") == {
        "+905320000001",
        "+905320000002",
    }
    assert [move["transactionId"] for move in client.history("+905320000001", "MESAJ")] == [one["transactionId"]]
    add_shop(site.desk.program("cinar"), 1)
    assert [dealer["title"] for dealer in client.dealers()] != []


def test_changes_are_read_on_from_a_saved_cursor(client: Izin) -> None:
    for number in range(1, 6):
        client.add(consent(number))
    pages = client.changes(source="HS", limit=2)
    saved = next(pages).after
    rest = list(client.changes(saved, source="HS", limit=2))
    assert [len(page.movements) for page in rest] == [2, 1]
    assert list(client.changes(rest[-1].after, source="HS")) == []


def test_a_bad_item_does_not_stop_the_others(client: Izin, network: Unsteady) -> None:
    rows = [consent(number) for number in range(1, 1004)]
    rows[1]["recipient"], rows[1001]["status"] = "0532", "BELKI"
    for number, row in enumerate(rows):
        if number != 1:
            row["recipient"] = f"+90532100{number:04}"
    sent = client.send_list(rows)
    assert [(one.index, one.faults[0].code) for one in sent.rejected] == [(1, "H121"), (1001, "H115")]
    assert [len(one.indexes) for one in sent.requests] == [999, 2]
    results = client.await_results(sent)
    assert [one.index for one in results] == list(range(1003))
    assert [one.index for one in results if not one.stored] == [1, 1001]
    assert times(network, "/consents/request") == 4


def test_a_list_of_bad_items_alone_is_not_sent(client: Izin) -> None:
    sent = client.send_list([consent(1, type="FAKS")])
    assert sent.requests == ()
    assert [(one.index, one.code) for one in client.await_results(sent)] == [(0, "H117")]


def test_a_refused_list_as_a_whole_is_an_error(site: Served, network: Unsteady, waits: Waits) -> None:
    with made(site, network, waits, brand_code=ISIK) as client, pytest.raises(ApiError) as caught:
        client.send_list([consent(1)])
    assert (caught.value.status, caught.value.codes) == (403, ["H353"])
    assert times(network, "/consents/request") == 1


@pytest.mark.parametrize("how", ["lost", "unsent", 503, 500, 502])
def test_a_lost_or_late_answer_is_asked_again_under_its_key(
    client: Izin, network: Unsteady, waits: Waits, how: int | str
) -> None:
    network.spoil("/consents", how, "2" if how == 503 else "")
    declared = client.add(consent(1))
    keys = [key for _, path, key in network.sent if path.endswith("/consents")]
    assert len(keys) == 2
    assert keys[0] == keys[1] != ""
    assert client.status("+905320000001", "MESAJ")["transactionId"] == declared["transactionId"]
    assert 2 <= waits[0] <= 4 if how == 503 else 0 < waits[0] < 1


def test_a_refusal_is_not_repeated(client: Izin, network: Unsteady) -> None:
    with pytest.raises(ApiError) as caught:
        client.add(consent(1, status="BELKI"))
    assert (caught.value.status, caught.value.codes) == (422, ["H115"])
    assert caught.value.faults[0].location == ("status",)
    assert caught.value.faults[0].retry == "never"
    assert caught.value.request_id
    assert times(network, "/consents") == 1


def test_tries_end(site: Served, network: Unsteady, waits: Waits) -> None:
    with made(site, network, waits, tries=3) as client:
        for _ in range(3):
            network.spoil("/consents", 503)
        with pytest.raises(ApiError, match="503: H123"):
            client.add(consent(1))
    assert len(waits) == 2


def test_one_token_serves_many_calls_and_is_renewed_in_time(
    client: Izin, network: Unsteady, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.status("+905320000001", "MESAJ")
    client.status("+905320000001", "MESAJ")
    assert times(network, "/oauth2/token") == 1
    later = time.time() + 7190
    monkeypatch.setattr(time, "time", lambda: later)
    network.spoil("/oauth2/token", "lost")
    client.status("+905320000001", "MESAJ")
    keys = [key for _, path, key in network.sent if path.endswith("/oauth2/token")]
    assert len(keys) == 3
    assert keys[1] == keys[2] != keys[0], "a spent refresh token is shown again under its key alone"
    client.status("+905320000001", "MESAJ")
    assert times(network, "/oauth2/token") == 3


def test_an_ended_token_is_renewed_once(client: Izin, network: Unsteady) -> None:
    client.status("+905320000001", "MESAJ")
    network.spoil("/status", 401)
    client.status("+905320000001", "MESAJ")
    assert times(network, "/oauth2/token") == 2
    network.spoil("/status", 401)
    network.spoil("/status", 401)
    with pytest.raises(Unauthorized, match="H351"):
        client.status("+905320000001", "MESAJ")


def test_too_many_tokens_are_waited_for_as_long_as_the_answer_names(
    site: Served, network: Unsteady, waits: Waits
) -> None:
    network.spoil("/oauth2/token", 429, "1800")
    with made(site, network, waits) as client:
        client.status("+905320000001", "MESAJ")
    assert 1800 <= waits[0] <= 1802
    network.spoil("/oauth2/token", 429, "1800")
    with made(site, network, waits, max_wait=10) as hasty, pytest.raises(TooManyRequests, match="H084") as caught:
        hasty.status("+905320000001", "MESAJ")
    assert caught.value.retry_after == 1800
    assert len(waits) == 1


def test_a_wrong_password_is_named_and_not_tried_again(site: Served, network: Unsteady, waits: Waits) -> None:
    client = Izin(site.url, "cinar", "x", iys_code=CINAR, brand_code=CINAR, transport=network, sleep=waits)
    with client, pytest.raises(Unauthorized, match="invalid_request"):
        client.status("+905320000001", "MESAJ")
    assert times(network, "/oauth2/token") == 1


def test_tokens_in_a_file_serve_the_next_run(site: Served, network: Unsteady, waits: Waits, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    for _ in range(3):
        with made(site, network, waits, tokens=FileTokens(path)) as client:
            client.status("+905320000001", "MESAJ")
    assert times(network, "/oauth2/token") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("half", "utf-8")
    with made(site, network, waits, tokens=FileTokens(path)) as client:
        client.status("+905320000001", "MESAJ")
    assert times(network, "/oauth2/token") == 2


def test_times_are_turkeys() -> None:
    assert turkish_time(datetime(2026, 11, 23, 22, 15, tzinfo=UTC)) == "2026-11-24 01:15:00"
    with pytest.raises(ValueError, match="without a zone"):
        turkish_time(datetime(2026, 11, 23))  # noqa: DTZ001


NOW, BODY = 1_795_500_000_000_000, '{"list":[{"recipient":"ç"}]}'.encode()
SECRET, OTHER = signing.new(), signing.new()


def test_the_sites_signature_is_verified() -> None:
    headers = signing.headers([SigningSecret(SECRET, None)], "msg_1", BODY, NOW)
    assert verify_signature(SECRET, headers, BODY, now=NOW / 1e6) == "msg_1"
    assert verify_signature([OTHER, SECRET], {k.title(): v for k, v in headers.items()}, BODY, now=NOW / 1e6 + 299)
    both = signing.headers([SigningSecret(OTHER, None), SigningSecret(SECRET, NOW + 1)], "msg_1", BODY, NOW)
    assert verify_signature(SECRET, both, BODY, now=NOW / 1e6) == "msg_1"
    wrong: list[tuple[str, dict[str, str], bytes, float]] = [
        (OTHER, headers, BODY, 0),
        (SECRET, headers, BODY + b" ", 0),
        (SECRET, headers | {"webhook-id": "msg_2"}, BODY, 0),
        (SECRET, headers | {"webhook-timestamp": str(NOW // 1_000_000 + 1)}, BODY, 0),
        (SECRET, headers | {"webhook-signature": ""}, BODY, 0),
        (SECRET, headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, BODY, 0),
        (SECRET, headers, BODY, 301),
        (SECRET, headers, BODY, -301),
        (SECRET, {}, BODY, 0),
    ]
    for secret, given, body, later in wrong:
        with pytest.raises(BadPush):
            verify_signature(secret, given, body, now=NOW / 1e6 + later)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_AAAA", "whsec_***", SECRET[:-1]], ids=["none", "empty", "short", "no base64", "cut"]
)
def test_a_secret_that_is_none_verifies_nothing(secret: str) -> None:
    """A setting that is missing must not become a key that everybody knows."""
    signed = base64.b64encode(hmac.digest(b"", b"msg_1.1795500000." + BODY, "sha256")).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1795500000", "webhook-signature": f"v1,{signed}"}
    for known in (secret, [SECRET, secret]):
        with pytest.raises(ValueError, match="signing secret"):
            verify_signature(known, headers, BODY, now=NOW / 1e6)


def test_the_vector_of_the_specification_is_verified() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert verify_signature(secret, headers, b'{"test": 2432232314}', now=1614265330)


def test_a_password_of_a_push_is_verified() -> None:
    header = {"Authorization": "Basic a2FuYXJ5YTpwYXJvbGEtxJ8="}
    verify_basic(header, "kanarya", "parola-ğ")
    for given in (
        {"Authorization": "Basic a2FuYXJ5YTp4"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic %"},
        {},
    ):
        with pytest.raises(BadPush):
            verify_basic(given, "kanarya", "parola-ğ")
    for name, password, given in (("", "", "Og=="), ("kanarya", "", "a2FuYXJ5YTo="), ("", "x", "Ong=")):
        with pytest.raises(ValueError, match="not set"):
            verify_basic({"Authorization": f"Basic {given}"}, name, password)


def test_the_types_are_those_of_the_document() -> None:
    assert typed.FILE.read_text(encoding="utf-8") == typed.module(), "python -m tests.clients.typed"


def test_the_package_is_typed() -> None:
    source = ROOT / "clients" / "python" / "src"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-p", "izin_client"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_wheel_has_the_types_and_the_mark_of_a_typed_package(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "clients" / "python", source, ignore=shutil.ignore_patterns("*.egg-info", "build"))
    program = f"from setuptools import build_meta; build_meta.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=source, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("izin_client-*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    assert {"izin_client/client.py", "izin_client/schemas.py", "izin_client/py.typed"} <= set(held)


@pytest.mark.parametrize("client", sorted(path.parent.name for path in (ROOT / "clients").glob("*/README.md")))
def test_both_readmes_have_the_same_examples(client: str) -> None:
    assert len(blocks(f"{client}/README.md")) >= 2
    assert blocks(f"{client}/README.md") == blocks(f"{client}/README.tr.md")


def test_the_examples_of_the_readme_run(site: Served, waits: Waits, tmp_path: Path) -> None:
    stored: list[Any] = []
    names: dict[str, Any] = {
        "consents": [consent(2), consent(3, status="RET"), consent(4, type="FAKS")],
        "load_cursor": lambda: None,
        "save_cursor": stored.append,
        "store": stored.append,
    }
    site.desk.clock.forward(days=1)
    ours = {
        "https://izin.example.com": site.url,
        "cinar-crm": "cinar",
        "PASSWORD": site.password,
        "whsec_SECRET": SECRET,
        "/var/lib/crm/izin-tokens.json": str(tmp_path / "tokens.json"),
        "turkish_time(datetime.now(timezone.utc))": '"2026-11-23 10:15:00"',
    }
    for block in blocks("python/README.md")[1:]:
        for theirs, own in ours.items():
            block = block.replace(theirs, own)
        exec(compile(block, "README.md", "exec"), names)
        if "await_results" not in block and "izin" in names:
            names["izin"]._sleep = waits
    names["izin"].close()
    assert names["allowed"] == {"+905320000001", "+905320000002"}
    assert [one.index for one in names["sent"].rejected] == [2]
    assert names["receive"]({}, b"{}") == 401
