"""A closed brand: shown as closed, always to be refused, never to be approved."""

from __future__ import annotations

import pytest

from consents.brands import brand_changes
from consents.brands.company_changes import Why
from tests.citizen.consents.town import AYSE, CINAR, ISIK, Town, rows, text
from tests.web.client import refused_for

ROW = f"/izinler/{CINAR}/MESAJ/BIREYSEL"
NAME = f"{CINAR}-MESAJ-BIREYSEL"
REASON = "the shop has closed"


@pytest.fixture
def closed(here: Town) -> Town:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    here.registry.store.write_now(brand_changes.close, CINAR, Why(here.registry.keyring, REASON))
    return here


def test_the_list_and_the_brands_page_say_so(closed: Town) -> None:
    ayse = closed.sign_in(AYSE)
    listed = text(ayse.get("/izinler").text)
    assert listed.count("kapandı") == 1, "of two brands one"
    page = text(ayse.get(f"/izinler/{CINAR}").text)
    assert "Bu marka kapandı" in page
    assert "Onay ver" not in page
    assert "Reddet" in page
    other = text(ayse.get(f"/izinler/{ISIK}").text)
    assert "kapandı" not in other
    assert "closed" in text(ayse.get("/izinler?lang=en").text)


def test_it_is_refused_as_any_other_and_cannot_be_approved(closed: Town) -> None:
    ayse = closed.sign_in(AYSE)
    refused_for(ayse.press(ROW, status="ONAY"), 422, "Yazdığınızı okuyamadık")
    answer = ayse.press(ROW, status="RET")
    assert (answer.status_code, rows(answer.text)) == (200, {NAME: "RET"})
    refused_for(ayse.press(ROW, status="ONAY"), 422, "Yazdığınızı okuyamadık")
    closed.registry.store.write_now(brand_changes.reopen, CINAR, Why(closed.registry.keyring, REASON))
    closed.registry.store.now.forward(seconds=1)  # type: ignore[attr-defined]  # for which a brand is not looked at
    assert rows(ayse.press(ROW, status="ONAY").text) == {NAME: "ONAY"}


def test_all_of_it_is_refused_at_once(closed: Town) -> None:
    ayse = closed.sign_in(AYSE)
    done = ayse.post("/izinler/reddet", scope="all")
    assert done.status_code in (200, 303)
    assert rows(ayse.get(f"/izinler/{CINAR}").text)[NAME] == "RET"
