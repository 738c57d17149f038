"""YABANCI sees nothing, nobody sees anything unsigned, and no GET changes anything."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql

from consents.store import Statement
from tests.citizen.consents.states import brand_page
from tests.citizen.consents.test_choices import ROW, stands
from tests.citizen.consents.town import AYSE, CINAR, HTMX, YABANCI, Town, Visitor, text
from tests.conftest import Clock
from tests.web.client import refused_for

PATHS = (
    "/izinler",
    "/izinler?act=3",
    "/izinler?q=cinar",
    f"/izinler/{CINAR}",
    f"/izinler/{CINAR}?act=3",
    "/izinler/reddet",
    f"/izinler/reddet?scope=brand&code={CINAR}",
    "/izinler/yeni-numara",
    "/belgelerim",
    "/izinler/kayit",
    "/izinler/kayit.json",
    "/markalar",
)
POSTS = {
    ROW: {"status": "RET"},
    "/izinler/geri-al/3": {},
    "/izinler/reddet": {"scope": "all"},
    "/izinler/yeni-numara": {"new": "1"},
}
TABLES = (
    "act",
    "consent_event",
    "consent",
    "recipient",
    "recipient_view",
    "outbox",
    "throttle",
    "one_time_code",
    "sign_in",
)


def content(here: Town) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the tables that matter."""
    found = {}
    for table in TABLES:
        statement = Statement(sql(f"SELECT * FROM {table} ORDER BY 1, 2"))
        found[table] = here.registry.store.read_now(lambda snapshot, statement=statement: snapshot.all(statement))
    return found


@pytest.fixture
def ayse(here: Town, clock: Clock) -> Visitor:
    return brand_page(here, clock).visitor


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_sees_nothing_of_what_she_did(here: Town, ayse: Visitor, path: str) -> None:
    page = text(here.sign_in(YABANCI).get(path).text)
    for trace in (
        "Reddettiniz",
        "Siz, bu sitede",
        "çağrı merkezinde",
        "Örnek Bayi",
        "Kaydedildi:",
        "24 Kasım 2026 Salı, 12:00 Siz",
    ):
        assert trace not in page
    assert '"RET"' not in page


def test_a_strangers_pages_are_those_of_one_about_whom_nothing_is_known(here: Town, ayse: Visitor) -> None:
    stranger, other = here.sign_in(YABANCI), here.sign_in("+905320000009")
    for path in PATHS:
        mine, theirs = (visitor.get(path) for visitor in (stranger, other))
        assert mine.status_code == theirs.status_code
        assert len(mine.text) == len(theirs.text)


@pytest.mark.parametrize("path", [*PATHS, *POSTS])
def test_without_a_session_every_page_leads_to_sign_in(here: Town, ayse: Visitor, path: str) -> None:
    nobody = Visitor(here.client, "sid=" + "x" * 43)
    form = POSTS.get(path)
    before = content(here)
    answer = nobody.get(path) if form is None else nobody.post(path, **form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/giris")
    assert content(here) == before


def test_htmx_without_a_session_is_led_there_too(here: Town) -> None:
    answer = here.client.post(ROW, data={"status": "RET"}, headers=HTMX)
    assert answer.headers["hx-redirect"].startswith("/giris")


@pytest.mark.parametrize("path", POSTS)
def test_a_post_from_another_site_is_refused(here: Town, ayse: Visitor, path: str) -> None:
    before = content(here)
    headers = {"cookie": ayse.cookie, "sec-fetch-site": "cross-site"}
    refused_for(here.client.post(path, data=POSTS[path], headers=headers), 403, "Bu istek başka bir siteden geldi")
    assert content(here) == before


def test_what_she_signed_out_of_does_nothing_any_more(here: Town, ayse: Visitor) -> None:
    ayse.post("/cikis")
    assert ayse.post(ROW, status="ONAY").headers["location"].startswith("/giris")
    assert stands(here, AYSE, CINAR).citizen.status == 0
