"""“Sizden ne istendi?”: what each brand asked, what it got, its proof, and the end of its questions."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pytest

from asking import request_store
from asking.answering import AnswerOutcome
from asking.starting import Started
from citizen.session.session import Session
from consents.terms import Channel
from evidence import log
from tests.asking.shop import Shop
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, MEHMET, Town, text, town
from tests.conftest import Clock, Opener
from tests.web.client import refused_for

PATH = "/izinler/sorular"
UNREAD = "Yazdığınızı okuyamadık"
SMS, CALL = 1 << Channel.MESAJ.code, 1 << Channel.ARAMA.code


@pytest.fixture
def here(sqlite_url: str, open_registry: Opener) -> Iterator[Town]:
    with town(open_registry(sqlite_url)) as made:
        yield made


@pytest.fixture
def shop(here: Town) -> Shop:
    return Shop(here.registry, furnished=True)


def test_each_question_is_shown_with_its_answer(here: Town, shop: Shop, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    assert "Hiçbir marka soru sormadı." in text(visitor.get(PATH).text)
    started = shop.ask(AYSE, "SMS_SHORTURL", "ARAMA", "MESAJ")
    assert "Cevap bekliyor, son saat:" in text(visitor.get(PATH).text)
    shop.answers(started, SMS)
    page = text(visitor.get(PATH).text)
    assert "Reklam için izin sordu." in page
    assert "SMS: onay verildi" in page.replace(" :", ":")
    assert "Telefonla arama: cevap verilmedi, hiçbir şey değişmedi" in page.replace(" :", ":")
    clock.forward(minutes=5)
    shop.verify(AYSE)
    assert "İzin sormadı." in text(visitor.get(PATH).text)
    clock.forward(minutes=5)
    assert "Cevap verilmedi, hiçbir şey değişmedi." in text(visitor.get(PATH).text)
    assert "Çınar" not in text(here.sign_in(MEHMET).get(PATH).text)


def test_a_brand_is_told_to_ask_no_more_and_to_ask_again(here: Town, shop: Shop) -> None:
    visitor = here.sign_in(AYSE)
    started = shop.ask(AYSE)
    digits = shop.digits(AYSE)
    page = visitor.follow(visitor.post(PATH, brand=str(CINAR), do="sorma"))
    assert "Kaydedildi: Çınar bir daha soramaz. Marka bunu öğrenmez." in text(page.text)
    assert "Bu marka artık soramaz." in text(page.text)
    assert "Cevap alınmaz" in text(page.text)
    assert shop.type(started, digits).outcome is AnswerOutcome.WRONG
    page = visitor.follow(visitor.post(PATH, brand=str(CINAR), do="sorsun"))
    assert "Kaydedildi: Çınar yeniden sorabilir." in text(page.text)
    assert not shop.registry.store.read_now(request_store.refused_brands, shop.registry.keyring, AYSE)


def test_a_brand_that_never_asked_is_barred_from_its_own_page(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    assert f"{PATH}?marka={CINAR_MINI}" in visitor.get(f"/izinler/{CINAR_MINI}").text
    assert "Bu marka soru sormadı." in text(visitor.get(f"{PATH}?marka={CINAR_MINI}").text)
    page = visitor.follow(visitor.post(PATH, brand=str(CINAR_MINI), do="sorma", one="1"))
    assert "Bu marka artık soramaz." in text(page.text)


def test_what_is_no_choice_is_refused(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    refused_for(visitor.post(PATH, brand=str(CINAR), do="x"), 422, UNREAD)
    for brand in ("", "x", "1", "9" * 30):
        assert visitor.post(PATH, brand=brand, do="sorma").status_code == 404
    assert visitor.get(f"{PATH}?marka={'9' * 30}").status_code == 200


def test_the_proof_is_its_persons_alone(here: Town, shop: Shop) -> None:
    started = shop.ask(AYSE)
    act = shop.type(started, shop.digits(AYSE)).act
    assert act is not None
    assert isinstance(started, Started)
    visitor = here.sign_in(AYSE)
    place = f"{PATH}/{started.public}.zip"
    waits = visitor.get(place)
    assert waits.status_code == 303, "the log has not signed it yet"
    assert "Bu cevabın kanıtı hazırlanıyor" in visitor.get(waits.headers["location"]).text
    log.extend(here.registry)
    answer = visitor.get(place)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == [f"izin-{started.public}.json", f"izin-{started.public}.pdf"]
    assert place in visitor.get(PATH).text
    brand_page = visitor.get(f"/izinler/{CINAR}").text
    assert place in brand_page
    assert "Siz, bir markanın sorusuna cevap vererek izin verdiniz: SMS." in text(brand_page)
    assert here.sign_in(MEHMET).get(place).status_code == 404
    for other in ("x", "9" * 99, started.public[:-1]):
        assert visitor.get(f"{PATH}/{other}.zip").status_code == 404
    assert here.client.get(place).status_code == 303


def test_the_receipt_leads_to_the_proof(here: Town, shop: Shop) -> None:
    started = shop.ask(AYSE)
    shop.type(started, shop.digits(AYSE))
    assert isinstance(started, Started)
    log.extend(here.registry)
    visitor = here.sign_in(AYSE)
    found = re.search(r'href="(/makbuz/[0-9]{12})', visitor.get(f"/izinler/{CINAR}").text)
    assert found
    page = visitor.get(found[1]).text
    assert f"{PATH}/{started.public}.zip" in page
    assert "Bir markanın sorusuna cevap vererek" in text(page)


def test_a_new_holder_sees_no_question_of_the_last_one(here: Town, shop: Shop, clock: Clock) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    shop.registry.store.write_now(request_store.refuse, shop.registry.keyring, AYSE, here.brand(CINAR_MINI))
    shop.answers(started, SMS)
    assert isinstance(started, Started)
    clock.forward(days=200)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")
    page = text(visitor.get(PATH).text)
    assert "Hiçbir marka soru sormadı." in page
    assert visitor.get(f"{PATH}/{started.public}.zip").status_code == 404


def test_a_limited_session_bars_a_brand_and_lets_none_ask_again(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "limited", property(lambda session: True))
    visitor = here.sign_in(AYSE)
    page = visitor.follow(visitor.post(PATH, brand=str(CINAR), do="sorma"))
    assert "Bu marka artık soramaz." in text(page.text)
    assert "Yeniden sorabilsin" not in text(page.text)
    refused_for(visitor.post(PATH, brand=str(CINAR), do="sorsun"), 403, "Bunun için size gelen kodla girmeniz gerekir.")
    assert here.registry.store.read_now(request_store.refuses, here.registry.keyring, AYSE, here.brand(CINAR))
