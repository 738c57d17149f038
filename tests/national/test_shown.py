"""Where the sync shows: probes, metrics, the citizen's own row, the settings."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from consents import state
from consents.instants import DAY, SECOND
from consents.rules import ONAY, RET
from izin import app
from settings import IYS_SANDBOX, Refused, load
from tests.conftest import SECRET
from tests.national.conftest import BRAND, PHONE, Company


def site(company: Company, peer: str = "127.0.0.1") -> TestClient:
    settings = load({"SECRET_KEY": SECRET, "RECONSENT": "accept"})
    built = app.build(settings, company.registry)
    return TestClient(built, base_url=settings.public_url, client=(peer, 50000))


def late(company: Company) -> None:
    """A refusal that İYS has not for five hours."""
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.iys.mood = lambda method, path: "cut"
    company.decides(RET)
    company.round()
    company.clock.forward(hours=5)


def test_an_unreachable_iys_warns_and_takes_no_site_away(company: Company) -> None:
    with site(company) as client:
        assert "warnings" not in client.get("/readyz").json()
    late(company)
    with site(company) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert any("a refusal waits for 5 hours" in one for one in answer.json()["warnings"])
    assert PHONE not in answer.text
    with site(company, "198.51.100.7") as client:
        assert client.get("/readyz").json() == {"status": "ok", "faults": []}


def test_metrics_show_the_oldest_refusal(company: Company) -> None:
    late(company)
    with site(company) as client:
        text = client.get("/metrics").text
    assert f'izin_iys_oldest_unsent_refusal_seconds{{provider="{BRAND}"}} 18000.0' in text
    assert f'izin_iys_light{{provider="{BRAND}"}} 1.0' in text
    assert f'izin_iys_movements{{provider="{BRAND}",state="sent"}} 1.0' in text
    assert PHONE not in text


def test_what_iys_refuses_shows_as_failed(company: Company) -> None:
    from national import public

    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.iys.refuse_item = lambda item: "H999"
    company.decides(RET)
    company.rounds(10)
    stands = company.registry.store.read_now(state.of_key, company.key())
    assert stands is not None
    report = company.registry.store.read_now(public.reported, stands.in_force().event)
    assert report is not None
    assert report.failed


def test_a_real_site_meets_iys_only_where_it_is_named() -> None:
    development = load({"SECRET_KEY": SECRET})
    assert (development.national_url, development.reconsent) == (IYS_SANDBOX, "confirm")
    synced = load({"SECRET_KEY": SECRET, "IYS_URL": "https://api.iys.org.tr"})
    assert (synced.national_url, synced.reconsent) == ("https://api.iys.org.tr", "accept")
    own = load({"SECRET_KEY": SECRET, "IYS_URL": "https://api.iys.org.tr", "RECONSENT": "confirm"})
    assert own.reconsent == "confirm"
    real = {
        "SECRET_KEY": "7f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978", "PUBLIC_URL": "https://izin.example",
        "OPERATOR_TITLE": "A", "OPERATOR_MERSIS": "0" * 16, "OPERATOR_ADDRESS": "B", "KVKK_CONTACT": "a@example.com",
        "FILE_GATEWAY": "1",
    }  # fmt: skip
    assert load(real).national_url is None
    with pytest.raises(Refused, match="IYS_URL must be https"):
        load({**real, "IYS_URL": "http://api.iys.org.tr"})
