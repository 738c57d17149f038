"""The page of a brand: each refusal stands at its field, of two the slower sees what stands, each change is noted."""

from __future__ import annotations

import re

import pytest

from consents.brands import brand_changes, companies
from consents.brands.company_changes import Why
from panel.rights import Membership, Permission, Role
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, ISIK, NO_RIGHT, STALE, Office
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

PAGE = f"{AT}/markalar/{CINAR}"


def form(**changed: str) -> dict[str, str]:
    return {"title": f"Marka {CINAR}", "why": "Yeni ad", **changed}


def names(here: Office) -> tuple[list[str], list[str]]:
    found: tuple[list[str], list[str]] = here.registry.store.read_now(brand_changes.names, brand(here, CINAR))
    return found


def test_title_names_headers_and_numbers_are_changed_and_noted_one_by_one(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    wish = form(
        **{"title": "Çınar Giyim", "name-1": "çınar", "name-3": "cnr", "headers": "CINARGIYIM", "numbers": "3344"}
    )
    answer = owner.post(PAGE, data=wish | {"seen": seen(owner.get(PAGE))})
    assert answer.headers["location"] == f"{PAGE}?bekliyor"
    page = owner.get(f"{PAGE}?bekliyor").text
    assert all(text in page for text in ("Çınar Giyim", "CINARGIYIM", "3344", 'value="CNR"'))
    assert names(here) == (["CINAR", "CNR"], ["CINARGIYIM"])
    assert here.acts() == ["brand-renamed", "brand-names-changed", "brand-headers-changed", "claim-made"]
    same = wish | {"why": "", "name-1": "CINAR", "seen": seen(owner.get(PAGE))}
    assert owner.post(PAGE, data=same).status_code == 303
    assert len(here.acts()) == 4, "what is the same is no change and needs no reason"


REFUSED = [
    ({"title": " "}, "title", "255"),
    ({"title": "Başka", "why": " "}, "why", "Nedenini"),
    ({"name-1": "ON İKİ HARFLİ"}, "name-1", "1 ile 11"),
    ({"name-1": "İPTAL"}, "name-1", "başka bir anlama"),
    ({"name-1": "YENI.CO"}, "name-1", "Noktasız"),
    ({"title": "yeni.example"}, "title", "Noktadan sonra boşluk"),
    ({"title": "http://yeni"}, "title", "bağlantı gibi"),
    ({"headers": "\n".join(f"YENI{n}" for n in range(11))}, "headers", "en çok 10"),
    ({"numbers": "12"}, "numbers", "3 ile 15"),
    ({"numbers": "+90 850 000 00 00"}, "numbers", "sitenin kendi numarası"),
    ({"numbers": "0850 000 00 01"}, "numbers", "sitenin kendi numarası"),
    ({"numbers": "0850 000 00 02"}, "numbers", "sitenin kendi numarası"),
    ({"numbers": "0850 000 00 03"}, "numbers", "sitenin kendi numarası"),
    ({"numbers": "112"}, "numbers", "acil yardım"),
    ({"numbers": "155"}, "numbers", "acil yardım"),
    ({"numbers": "11880"}, "numbers", "acil yardım"),
    ({"numbers": "0532 000 00 01"}, "numbers", "cep numarası"),
    ({"numbers": "3301\n3302\n3303\n3304"}, "numbers", "en çok 3"),
]


@pytest.mark.parametrize(
    ("changed", "place", "said"), REFUSED, ids=[f"{at} {n}" for n, (_, at, _) in enumerate(REFUSED)]
)
def test_what_a_rule_refuses_is_said_at_its_field_and_changes_nothing(
    office: OpenOffice, changed: dict[str, str], place: str, said: str
) -> None:
    here = office(
        OPTOUT_NUMBER="+908500000000",
        SMS_GATEWAY="verimor://u:p@sms.example?from=IZIN twilio://sid:token@api.example?from=+908500000001 "
        "https://sms.example/send?from=08500000002&to={to}&text={text}",
        VOICE_GATEWAY="twilio://sid:token@api.example?from=+908500000003",
    )
    here.registry.store.write_now(brand_changes.set_names, ISIK, ["ISIK"], Why(here.registry.keyring, "given"))
    owner = here.somebody(OWNER)
    wish = form(**{"title": "Yeni", "name-2": "YENI"} | changed) | {"seen": seen(owner.get(PAGE))}
    answer = owner.post(PAGE, data=wish)
    assert answer.status_code == 422
    assert said in error_at(answer, place)
    assert f'href="#{place}"' in answer.text
    assert 'value="YENI"' in answer.text, "what was typed stays"
    assert names(here) == ([], [])
    assert here.acts() == []


def test_of_two_the_slower_sees_what_stands(office: OpenOffice) -> None:
    here = office()
    first, second = here.somebody(OWNER), here.somebody(OWNER)
    shown = seen(first.get(PAGE))
    assert second.post(PAGE, data=form(title="İkincinin adı", seen=shown)).status_code == 303
    answer = first.post(PAGE, data=form(title="Birincinin adı", seen=shown))
    assert answer.status_code == 409
    assert "İkincinin adı" in answer.text
    assert "Birincinin adı" not in answer.text
    refused_for(first.post(f"{PAGE}/durum", data={"why-state": "Bitti", "seen": shown}), 409, STALE)
    assert here.acts() == ["brand-renamed"]


def test_a_brand_is_closed_and_opened_again_with_a_reason(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    bare = owner.post(f"{PAGE}/durum", data={"seen": seen(owner.get(PAGE))})
    assert bare.status_code == 422
    assert "Nedenini" in error_at(bare, "why-state")
    for why in ("Mağazalar kapandı", "Yeniden açıldı"):
        answer = owner.post(f"{PAGE}/durum", data={"why-state": why, "seen": seen(owner.get(PAGE))})
        assert answer.status_code == 303
    assert here.acts() == ["brand-closed", "brand-reopened"]


def test_a_new_brand_gets_a_number_and_a_taken_one_is_refused_at_its_field(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    answer = owner.post(f"{AT}/markalar", data={"title": "Çınar Ev"})
    found = re.fullmatch(rf"{AT}/markalar/(\d{{6}})\?eklendi", answer.headers["location"])
    assert found
    known = here.registry.store.read_now(companies.known_brand, int(found[1]))
    assert known is not None
    assert (known.provider, known.title) == (here.id_of(CINAR), "Çınar Ev")
    for few in ("7", "1000000"):
        assert "altı rakam" in error_at(owner.post(f"{AT}/markalar", data={"title": "Kısa", "code": few}), "code")
    taken = owner.post(f"{AT}/markalar", data={"title": "Bir daha", "code": str(ISIK)})
    assert str(ISIK) in error_at(taken, "code")
    assert "255" in error_at(owner.post(f"{AT}/markalar", data={"title": ""}), "title")
    again = owner.post(f"{AT}/markalar", data={"title": " çınar  ev"})
    assert "adlı bir markası var" in error_at(again, "title"), "a second click makes no second brand"
    assert here.acts() == ["brand-added"]


def test_who_works_for_some_brands_adds_none(office: OpenOffice) -> None:
    here = office()
    own = frozenset({brand(here, CINAR)})
    browser = here.somebody(Membership(Role.USER, Permission.ADMINISTER, own))
    refused_for(browser.post(f"{AT}/markalar", data={"title": "Yeni"}), 403, NO_RIGHT)
    assert "600101" not in browser.get(f"{AT}/markalar").text
