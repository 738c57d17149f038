"""What citizens say at İYS counts here as their own word, once, in time, and however long nobody asked."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from consents import reportable
from consents.instants import DAY, SECOND
from consents.rules import ONAY, RET
from consents.store import Statement
from consents.terms import Actor
from evidence import seals
from izin import app
from national.upstream import accounts
from settings import load
from tests.conftest import SECRET
from tests.national.conftest import BRAND, PHONE, Company
from tests.web.client import refused_for


def events(company: Company) -> list[tuple[int, int]]:
    told = company.registry.store.read_now(reportable.after, company.brand, 0, 1000)
    return [(one.actor, one.status) for one in told]


def test_a_citizens_refusal_there_is_his_own_word_here(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    company.rounds(50)
    assert company.here() == "ONAY", "İYS hides the last hour"
    company.rounds(70)
    assert company.here() == "RET"
    assert (Actor.REGISTRY.code, RET) in events(company)
    before = len(events(company))
    company.rounds(300, every=30)
    assert len(events(company)) == before, "repeats add nothing"


def test_each_act_has_a_salt_of_its_own_so_that_its_leaf_cannot_be_guessed(company: Company) -> None:
    company.meet()
    for number in (PHONE, "+905320000019"):
        company.iys.citizen(BRAND, number, "MESAJ", "RET")
        company.clock.forward(hours=2)
        company.round()
    company.iys.elsewhere(BRAND, "+905320000018", "MESAJ", "ONAY", company.clock.now // SECOND)
    company.clock.forward(hours=2)
    company.round()
    store = company.registry.store
    counts = Statement(
        text("SELECT actor, count(*), count(DISTINCT evidence_digest) FROM act WHERE door = 9 GROUP BY 1")
    )
    found = store.read_now(lambda snapshot: sorted(snapshot.all(counts)))
    assert found == [(Actor.PROVIDER.code, 1, 1), (Actor.REGISTRY.code, 2, 2)]
    store.read_now(seals.check, company.registry.keyring)


def test_half_a_day_file_is_fetched_once_more(company: Company) -> None:
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    company.clock.forward(days=1)
    company.iys.mood = lambda method, path: "empty" if path.endswith("/file") else None
    company.round()
    assert company.synced_brand().differing_day is not None
    assert not company.iys.agreed
    company.iys.mood = lambda method, path: "cut" if method == "PUT" else None
    company.clock.forward(hours=2)
    company.round()
    company.iys.mood = lambda method, path: None
    company.clock.forward(hours=2)
    company.round()
    assert company.synced_brand().differing_day is None
    assert len(company.iys.agreed) == 1, "an agreement that was lost on its way is given again"


def test_pages_follow_each_other_by_the_stored_cursor(company: Company) -> None:
    for number in range(2500):
        company.iys.citizen(BRAND, f"+90532000{number:04}", "MESAJ", "ONAY")
    company.clock.forward(hours=2)
    company.meet()
    pages = [path for _, path, _ in company.iys.calls if "source=IYS" in path]
    assert len(pages) == 4
    assert company.here("+905320002499") == "ONAY"
    company.iys.calls.clear()
    company.clock.forward(hours=2)
    company.round()
    assert [status for _, path, status in company.iys.calls if "source=IYS" in path] == [204]


def test_at_first_contact_both_sides_are_compared_before_anything_is_sent(company: Company) -> None:
    old = company.clock.now - 20 * DAY
    refused, allowed, unknown, newer = (f"+9053200000{number}" for number in (10, 11, 12, 13))
    company.declares(RET, old, refused)  # İYS has an older consent
    company.iys.elsewhere(BRAND, refused, "MESAJ", "ONAY", old // SECOND - 86400)
    company.declares(ONAY, old, allowed)  # İYS has a later refusal, longer ago than a pull shows
    company.iys.elsewhere(BRAND, allowed, "MESAJ", "ONAY", old // SECOND - 86400)
    company.iys.elsewhere(BRAND, allowed, "MESAJ", "RET", old // SECOND + 86400)
    company.iys.movements.clear()
    company.declares(ONAY, old, unknown)  # İYS knows nothing of it and takes it no more
    company.declares(ONAY, company.clock.now - DAY, newer)  # and this one it takes
    company.round()
    assert [company.here(one) for one in (refused, allowed, unknown, newer)] == ["RET", "RET", "ONAY", "ONAY"]
    assert not [path for _, path, _ in company.iys.calls if "/consents/request" in path][1:]
    company.rounds(20)
    assert [company.there(one) for one in (refused, allowed, unknown, newer)] == ["RET", "RET", None, "ONAY"]


def test_what_cannot_be_read_is_counted_and_stops_nothing(company: Company) -> None:
    company.iys.citizen(BRAND, "+90123", "MESAJ", "RET")
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    company.clock.forward(hours=2)
    company.meet()
    assert company.here() == "RET"
    assert company.synced_brand().unread == 1


def test_every_night_the_days_file_is_read_and_agreed_to(company: Company) -> None:
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    del company.iys.movements[BRAND][0]["_at"]
    company.iys.movements[BRAND][0]["_at"] = 0  # a movement that no pull shows
    company.clock.forward(hours=10)
    company.round()
    assert company.here() is None
    company.clock.forward(hours=10)
    company.round()
    assert company.here() == "RET"
    assert company.iys.agreed == {(BRAND, "2026-11-24")}
    assert company.synced_brand().differing_day is None


def test_a_file_that_is_not_what_its_hash_says_is_shown(company: Company) -> None:
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    lines = company.iys._lines
    shorter = lambda brand, day: b"".join(lines(brand, day).splitlines(keepends=True)[:-1])  # noqa: E731
    company.iys._file = lambda brand, day: (200, "text/csv", shorter(brand, day))  # type: ignore[method-assign]
    company.clock.forward(hours=20)
    company.round()
    assert not company.iys.agreed
    assert any("differs" in fault for fault in company.state().faults)


def test_seven_days_offline_are_made_up_by_files_and_more_by_queries(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    company.clock.forward(days=30)
    company.rounds(30)
    assert company.here() == "RET"


def test_iyss_own_voice_of_ours_adds_nothing(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.decides(RET)
    company.rounds(200, every=20)
    assert company.there() == "RET"
    assert events(company).count((Actor.PROVIDER.code, RET)) == 0


def test_another_programs_older_consent_does_not_outlive_a_refusal(company: Company) -> None:
    """İYS lets it stand, because it has refused our RET over RET and so knows only the older one."""
    said = company.clock.now
    company.declares(ONAY, said - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (said - DAY) // SECOND)
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")
    company.clock.forward(minutes=30)
    company.decides(RET)
    company.rounds(10)
    assert not company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", said // SECOND + 600)
    assert company.there() == "ONAY"
    company.rounds(200, every=20)
    assert company.here() == company.there() == "RET"


def test_a_wrong_clock_of_ours_lets_no_refusal_vanish(company: Company) -> None:
    """Stamped ten minutes early here, and rightly there: İYS shows it after the consent that he gave in between."""
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    company.iys.now = lambda: company.clock.now / 1e6 + 600
    company.clock.forward(minutes=70)
    company.round()
    company.iys.now = lambda: company.clock.now / 1e6 + 300
    company.iys.citizen(BRAND, PHONE, "MESAJ", "ONAY")
    company.iys.now = lambda: company.clock.now / 1e6 + 600
    company.decides(RET)
    company.rounds(200, every=10)
    assert company.here() == company.there() == "RET"


# -- push -------------------------------------------------------------------------------------------------------------


def pushed(company: Company, status: str, **other: Any) -> dict[str, Any]:
    one = {
        "iysCode": BRAND, "brandCode": BRAND, "consentDate": "2026-11-24 11:59:00", "source": "IYS_MOBIL",
        "creationDate": "2026-11-24 11:59:00", "recipient": PHONE, "recipientType": "BIREYSEL", "status": status,
        "type": "MESAJ", "transactionId": "e5" * 32,
    }  # fmt: skip
    return {"list": [one | other]}


def push(company: Company, body: Any, user: str = str(BRAND), password: str | None = None) -> httpx2.Response:
    if password is None:
        (account,) = company.registry.store.read_now(accounts.list_all, company.registry.keyring)
        password = account.push_password
    settings = load({"SECRET_KEY": SECRET, "RECONSENT": "accept"})
    with TestClient(app.build(settings, company.registry), base_url=settings.public_url) as client:
        headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
        return client.post("/iys/push", content=json.dumps(body).encode(), headers=headers)


def test_a_pushed_refusal_applies_at_once_and_a_consent_after_the_pull(company: Company) -> None:
    company.declares(ONAY, company.clock.now - DAY)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
    company.meet()
    assert push(company, pushed(company, "RET")).status_code == 200
    assert company.here() == "RET"
    assert push(company, pushed(company, "RET")).status_code == 200
    assert events(company).count((Actor.REGISTRY.code, RET)) == 1
    later = {"consentDate": "2026-11-24 11:59:30"}
    assert push(company, pushed(company, "ONAY", **later)).status_code == 200
    assert company.here() == "RET"


def test_a_stranger_pushes_nothing(company: Company) -> None:
    company.meet()
    for user, password in ((str(BRAND), "falsch"), ("999", "-"), ("x", "y")):
        assert push(company, pushed(company, "RET"), user, password).status_code == 401
    settings = load({"SECRET_KEY": SECRET})
    with TestClient(app.build(settings, company.registry), base_url=settings.public_url) as client:
        for scheme in (b"Basic \xff", b"Bearer \xff", b"Basic /w==", b"Basic"):
            assert client.post("/iys/push", json={}, headers={b"authorization": scheme}).status_code == 401
    assert push(company, pushed(company, "RET", brandCode=600999)).status_code == 200, "a brand that is not his"
    refused_for(push(company, {"list": 5}), 400, "Bad Request")
    assert company.here() is None


@pytest.mark.parametrize("whose", ["the citizen's", "another program's"])
def test_what_iys_relayed_does_not_go_back(company: Company, whose: str) -> None:
    company.meet()
    company.clock.forward(minutes=5)
    if whose == "the citizen's":
        company.iys.citizen(BRAND, PHONE, "MESAJ", "ONAY")
    else:
        company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", company.clock.now // SECOND - 60)
    company.rounds(200, every=20)
    assert company.here() == "ONAY"
    assert company.iys.batches == {}
