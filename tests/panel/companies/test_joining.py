"""A company applies, the operator decides: approved it is in, with whoever applied as its owner."""

from __future__ import annotations

import re

import httpx2
import pytest

from consents.brands import brand_changes, companies, provider_list, provider_states
from consents.brands.company_changes import Why
from panel.rights import Staff
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, NO_RIGHT, Colleague, Office
from tests.web.client import refused_for

EMAIL = "kurucu@example.com"
COMPANY = {
    "title": "Deniz Gıda Sanayi A.Ş.",
    "brand": "Denizgıda",
    "mersis": "0859 0423 9060 0018",
    "tax": "8590423909",
    "signatory": "Deniz Örnek",
    "size": "small",
    "partner": "",
}


def tax_number() -> str:
    from providers.dealers import dealer_form

    return next(f"859042390{last}" for last in range(10) if dealer_form.is_tax_number(f"859042390{last}"))


def proved(here: Office, email: str = EMAIL) -> tuple[Colleague, str]:
    """A browser that has proved an e-mail, and the proof in its page."""
    browser = here.browser()
    browser.post("/panel/basvuru", data={"email": email})
    page = browser.shown("/panel/basvuru/kod", data={"code": here.code})
    proof = re.search(r'name="proof" value="([^"]+)"', page.text)
    assert proof
    return browser, proof[1]


def apply(here: Office, **more: str) -> httpx2.Response:
    browser, proof = proved(here)
    return browser.shown("/panel/basvuru/sirket", data={**COMPANY, "tax": tax_number(), "proof": proof, **more})


def test_applied_approved_signed_in(office: OpenOffice) -> None:
    here = office()
    assert apply(here).status_code == 200
    operator = here.somebody(Staff.OPERATOR)
    assert "Deniz Gıda" in operator.get("/panel/isletmen/basvurular").text
    sheet = operator.get("/panel/isletmen/basvurular/1").text
    assert "Deniz Örnek" in sheet
    assert tax_number() in sheet
    assert operator.post("/panel/isletmen/basvurular/1/onayla", data={"code": "600300"}).status_code == 303
    assert here.sent[-1]["to"] == EMAIL
    assert "600300" in here.sent[-1]["text"]
    known = here.registry.store.read_now(companies.known_brand, 600300)
    assert known is not None
    assert known.title == "Denizgıda"
    here.clock.forward(minutes=2)
    owner = here.browser()
    owner.sign_in(EMAIL)
    assert owner.get("/panel").headers["location"] == "/panel/600300/genel"
    assert owner.get("/panel/600300/kullanicilar").status_code == 200
    assert here.acts() == ["application-sent", "application-approved", "signed-in"]


def test_refused_with_the_reason_and_decided_once(office: OpenOffice) -> None:
    here = office()
    apply(here)
    operator = here.somebody(Staff.OPERATOR)
    path = "/panel/isletmen/basvurular/1"
    refused_for(operator.post(f"{path}/reddet", data={"why": " "}), 422, "Nedenini yazın; şirkete bu neden iletilir.")
    assert operator.post(f"{path}/reddet", data={"why": "İmza sirküsü eksik"}).status_code == 303
    assert "İmza sirküsü eksik" in here.sent[-1]["text"]
    refused_for(operator.post(f"{path}/onayla", data={"code": "600300"}), 409, "Siz bakarken başka biri karar verdi.")
    refused_for(operator.post(f"{path}/reddet", data={"why": "yine"}), 409, "Siz bakarken başka biri karar verdi.")
    for wrong in (f"{path}/onayla", f"{path}/reddet"):  # errors of forms that this page no longer has
        answer = operator.post(wrong, data={"code": "12a", "why": ""})
        refused_for(answer, 409, "Siz bakarken başka biri karar verdi.")
    assert here.registry.store.read_now(provider_list.by_code, 600300) is None, "what was begun is undone"
    assert here.acts() == ["application-sent", "application-refused"]


FAULTS = {
    "title": (["", "x" * 256], "Şirketin ticaret unvanını yazın."),
    "brand": ([""], "Müşterilerinizin tanıdığı marka adını yazın."),
    "mersis": (["0", "085904239060001", "085904239060001a"], "MERSİS numarası 16 rakamdır."),
    "tax": (["", "8590423900"[:9], "12345678901"], "Bu vergi numarası doğru değil."),
    "signatory": (["", "a"], "Şirketi imzasıyla bağlayan kişinin adını ve soyadını yazın."),
    "size": (["", "huge"], "Kaç numara ve e-posta yükleyeceğinizi seçin."),
}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [(field, value, said) for field, (values, said) in FAULTS.items() for value in values],
)
def test_what_is_not_right_is_asked_for_again(office: OpenOffice, field: str, value: str, sentence: str) -> None:
    here = office()
    refused_for(apply(here, **{field: value}), 422, sentence)
    assert here.acts() == []


def test_a_company_is_not_taken_twice(office: OpenOffice) -> None:
    here = office()
    assert apply(here).status_code == 200
    here.clock.forward(minutes=2)
    refused_for(apply(here), 422, "Bu MERSİS numarasıyla başvurunuz zaten bekliyor")
    operator = here.somebody(Staff.OPERATOR)
    operator.post("/panel/isletmen/basvurular/1/onayla")
    here.clock.forward(minutes=2)
    refused_for(apply(here), 422, "Bu MERSİS numaralı şirket zaten kayıtlı.")


def test_a_mersis_number_that_somebody_has_named_keeps_nobody_from_applying(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    assert apply(here).status_code == 200
    browser, proof = proved(here, "asil@example.com")
    real = {**COMPANY, "title": "Deniz Gıda A.Ş.", "tax": tax_number(), "proof": proof}
    assert browser.shown("/panel/basvuru/sirket", data=real).status_code == 200
    desk = operator.get("/panel/isletmen/istekler").text
    assert "Aynı MERSİS numarasıyla başvuranlar" in desk
    assert all(text in desk for text in (EMAIL, "asil@example.com"))
    assert "asil@example.com" in operator.get("/panel/isletmen/basvurular/1").text
    assert operator.post("/panel/isletmen/basvurular/2/onayla").status_code == 303
    refused_for(
        operator.post("/panel/isletmen/basvurular/1/onayla"), 422, "Bu numara ya da MERSİS numarası başka bir şirketin."
    )
    assert "Bekleyen istek yok" in operator.get("/panel/isletmen/istekler").text


def test_an_e_mail_has_three_applications_waiting_and_three_a_day(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    browser, proof = proved(here)

    def again(place: int) -> str:
        form = {**COMPANY, "mersis": f"085904239060001{place}", "tax": tax_number(), "proof": proof}
        return browser.shown("/panel/basvuru/sirket", data=form).text

    for place in (1, 2, 3):
        again(place)
    assert here.acts().count("application-sent") == 3
    assert "üç başvuru bekliyor" in again(4)
    operator.post("/panel/isletmen/basvurular/1/reddet", data={"why": "Eksik"})
    assert "bugün üç kez" in again(4)
    here.clock.forward(days=1, minutes=1)
    browser, proof = proved(here)
    again(4)
    assert here.acts().count("application-sent") == 4


def test_a_name_that_is_like_anothers_is_shown_to_who_decides(office: OpenOffice) -> None:
    here = office()
    here.registry.store.write_now(brand_changes.rename, CINAR, "Denizgida", Why(here.registry.keyring, "given"))
    apply(here)
    assert "Adı başkasınınkine benziyor" in here.somebody(Staff.OPERATOR).get("/panel/isletmen/basvurular/1").text
    here.clock.forward(minutes=2)
    refused_for(apply(here, brand="www.deniz.example"), 422, "?")


def test_nothing_is_taken_without_a_proved_e_mail(office: OpenOffice) -> None:
    here = office()
    browser, proof = proved(here)
    form = {**COMPANY, "tax": tax_number()}
    for bad in ("", "x", proof[:-2]):
        assert browser.post("/panel/basvuru/sirket", data={**form, "proof": bad}).status_code == 303
    here.clock.forward(hours=3)
    assert browser.post("/panel/basvuru/sirket", data={**form, "proof": proof}).status_code == 303
    assert here.acts() == []


def test_what_was_proved_and_sent_is_shown_again_in_the_same_browser_alone(office: OpenOffice) -> None:
    here = office()
    browser = here.browser()
    browser.post("/panel/basvuru", data={"email": EMAIL})
    form = browser.post("/panel/basvuru/kod", data={"code": here.code}).headers["location"]
    first = browser.get(form)
    assert browser.get(form).text == first.text
    proof = re.search(r'name="proof" value="([^"]+)"', first.text)
    assert proof
    sent = browser.post("/panel/basvuru/sirket", data={**COMPANY, "tax": tax_number(), "proof": proof[1]})
    for _ in range(2):
        assert EMAIL in browser.get(sent.headers["location"]).text
    for at in (form, sent.headers["location"], "/panel/basvuru/sirket"):
        assert here.browser().get(at).headers["location"] == "/panel/basvuru"
        assert EMAIL not in at
    assert here.acts() == ["application-sent"]
    here.clock.forward(hours=1)
    assert browser.get(form).status_code == 303


def test_an_auditor_reads_and_decides_nothing(office: OpenOffice) -> None:
    here = office()
    apply(here)
    auditor = here.somebody(Staff.AUDITOR)
    assert "Onayla" not in auditor.get("/panel/isletmen/basvurular/1").text
    refused_for(auditor.post("/panel/isletmen/basvurular/1/onayla"), 403, NO_RIGHT)


def test_the_operator_pauses_reopens_and_closes(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    path, id_ = f"/panel/isletmen/saglayicilar/{CINAR}", here.id_of(CINAR)
    refused_for(operator.post(f"{path}/durum", data={"deed": "pause", "why": ""}), 422, "Nedenini yazın.")
    for deed, state in (("pause", "paused"), ("reopen", "active"), ("close", "closed"), ("reopen", "active")):
        assert operator.post(f"{path}/durum", data={"deed": deed, "why": "deneme"}).status_code == 303
        assert str(here.registry.store.read_now(provider_states.of_provider, id_)) == state
    refused_for(
        operator.post(f"{path}/durum", data={"deed": "reopen", "why": "deneme"}),
        422,
        "Bu, şirketin şimdiki durumunda yapılamaz.",
    )
    assert here.acts() == ["provider-paused", "provider-reopened", "provider-closed", "provider-reopened"]


def test_the_operators_people_invite_and_end_one_another(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    people = "/panel/isletmen/kisiler"
    wish = {"email": "denetci@example.com", "staff": "auditor"}
    assert operator.post(people, data=wish).status_code == 303
    token = re.search(r"\?d=(\S+)", here.sent[-1]["text"])
    assert token
    here.browser().post("/panel/davet", data={"d": token[1]})
    auditor = here.somebody(Staff.AUDITOR, email="denetci@example.com")
    assert auditor.get(people).status_code == 200
    assert operator.post(f"{people}/{auditor.number}/kapat").status_code == 303
    assert not auditor.signed_in
    refused_for(operator.post(f"{people}/{operator.number}/kapat"), 422, "Siteyi işleten son kişi kaldırılamaz.")
    assert operator.signed_in
