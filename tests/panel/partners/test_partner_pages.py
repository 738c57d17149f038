"""The pages of partners: rights by brand and channel, given, changed and taken; the package on top."""

from __future__ import annotations

from consents.brands import packages
from consents.brands.company_changes import Why
from consents.store import Transaction
from panel.rights import Staff
from providers.callers import partners
from providers.callers.partners import Grant
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, STALE, Office
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

PARTNER = 700100
PAGE = f"{AT}/ortaklar/{CINAR}"


def with_partner(here: Office) -> Office:
    def work(transaction: Transaction) -> None:
        partners.add(transaction, PARTNER, "Köprü Yazılım")

    here.registry.store.write_now(work)
    return here


def granted(here: Office) -> list[Grant]:
    found = here.registry.store.read_now(partners.of_brand, brand(here, CINAR))
    return [one for _, _, one in found]


def test_rights_are_given_changed_and_taken(office: OpenOffice) -> None:
    here = with_partner(office())
    owner = here.somebody(OWNER)
    wish = {"partner": str(PARTNER), "level-mesaj": "write", "level-arama": "read", "agreements": "1"}
    assert owner.post(PAGE, data=wish | {"seen": seen(owner.get(PAGE))}).status_code == 303
    assert granted(here) == [Grant((1, 2, 0), True)]
    chosen = owner.get(PAGE, params={"ortak": str(PARTNER)}).text
    assert '<option value="write" selected>' in chosen
    shown = seen(owner.get(PAGE))
    assert owner.post(PAGE, data={"partner": str(PARTNER), "level-eposta": "read", "seen": shown}).status_code == 303
    assert granted(here) == [Grant((0, 0, 1), False)]
    only_asks = {"partner": str(PARTNER), "via": "1", "seen": seen(owner.get(PAGE))}
    assert owner.post(PAGE, data=only_asks).status_code == 303
    assert granted(here) == [Grant((0, 0, 0), False, True)]
    assert 'name="via" value="1" checked' in owner.get(PAGE, params={"ortak": str(PARTNER)}).text
    assert "onay sorar" in owner.get(PAGE).text
    refused_for(owner.post(f"{PAGE}/geri-al", data={"partner": str(PARTNER), "seen": shown}), 409, STALE)
    again = {"partner": str(PARTNER), "seen": seen(owner.get(PAGE))}
    assert owner.post(f"{PAGE}/geri-al", data=again).status_code == 303
    assert granted(here) == []
    assert here.acts() == ["partner-granted", "partner-granted", "partner-granted", "partner-revoked"]


def test_nobody_and_nothing_are_refused_at_their_fields(office: OpenOffice) -> None:
    here = with_partner(office())
    owner = here.somebody(OWNER)
    shown = {"seen": seen(owner.get(PAGE))}
    assert "iş ortağı" in error_at(owner.post(PAGE, data=shown | {"level-mesaj": "read"}), "partner")
    nothing = owner.post(PAGE, data=shown | {"partner": str(PARTNER), "level-mesaj": "all"})
    assert "En az bir kanalda" in error_at(nothing, "level-arama")
    assert granted(here) == []
    assert here.acts() == []


def test_the_operator_renames_closes_and_reopens_one(office: OpenOffice) -> None:
    here = with_partner(office())
    here.registry.store.write_now(partners.grant, PARTNER, CINAR, (1, 2, 0))
    operator, page = here.somebody(Staff.OPERATOR), f"/panel/isletmen/ortaklar/{PARTNER}"
    drawn = seen(operator.get(page))
    assert "ad yazın" in error_at(operator.post(f"{page}/ad", data={"seen": drawn, "title": " "}), "title")
    assert operator.post(f"{page}/ad", data={"seen": drawn, "title": "Yeni Köprü"}).status_code == 303
    refused_for(operator.post(f"{page}/durum", data={"seen": drawn, "deed": "close", "why-state": "Bitti"}), 409, STALE)
    drawn = seen(operator.get(page))
    without = operator.post(f"{page}/durum", data={"seen": drawn, "deed": "close", "why-state": " "})
    assert "Nedenini yazın" in error_at(without, "why-state")
    assert (
        operator.post(f"{page}/durum", data={"seen": drawn, "deed": "close", "why-state": "Bitti"}).status_code == 303
    )
    assert "Kapalı" in operator.get("/panel/isletmen/ortaklar").text
    owner = here.somebody(OWNER)
    at_brand = owner.get(PAGE).text
    assert f"/geri-al?ortak={PARTNER}" in at_brand, "its right can be taken"
    assert f'<option value="{PARTNER}"' not in at_brand, "none is given to it"
    late = {"seen": drawn, "deed": "reopen", "why-state": "Yeniden"}
    refused_for(operator.post(f"{page}/durum", data=late), 409, STALE)
    assert operator.post(f"{page}/durum", data=late | {"seen": seen(operator.get(page))}).status_code == 303
    assert f'<option value="{PARTNER}"' in owner.get(PAGE).text
    assert here.acts() == ["partner-renamed", "partner-closed", "partner-reopened"]


def test_the_package_shows_what_is_used_and_allowed(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert "paketi yok" in owner.get(f"{AT}/ortaklar").text
    packages.give(here.registry.store, CINAR, "İLETİ-25", Why(here.registry.keyring, "Sözleşme"))
    here.registry.store.write_now(packages.only_through_partners, 250_000)
    page = owner.get(f"{AT}/ortaklar").text
    assert "İLETİ-25" in page
    assert "0 / 25000" in page
    assert "yalnızca bir iş ortağı üzerinden" in page


def test_a_partner_that_is_not_there_has_a_way_back_to_the_list(office: OpenOffice) -> None:
    missing = office().somebody(Staff.OPERATOR).get("/panel/isletmen/ortaklar/999")
    assert missing.status_code == 404
    assert '<a class="btn main" href="/panel/isletmen/ortaklar">İş ortakları sayfasına dön</a>' in missing.text
