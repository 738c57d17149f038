"""One count of brands, said the same way wherever it stands; what the button refuses is what the list shows."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from consents.rules import ONAY, RET
from tests.citizen.consents.states import many
from tests.citizen.consents.test_choices import stands
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, HTMX, ISIK, Town, Visitor, rows, text
from tests.conftest import Clock


def asking(here: Town, clock: Clock, *, brands: int = 24) -> Visitor:
    """AYSE: 18 of 24 brands may reach her, one of them (Çınar) also asks; Işık and Zambak only ask."""
    many(here, AYSE, brands)  # every fourth refused, by two ways each
    here.told(AYSE, CINAR, "ARAMA")
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/reddet", scope="brand", code="700001")
    for brand in (CINAR, ISIK, CINAR_MINI):
        visitor.refuse(brand)
    clock.forward(days=2)
    for brand in (CINAR, ISIK, CINAR_MINI):
        assert here.told(AYSE, brand, ago=1) == "pending"
    return here.sign_in(AYSE)


def test_heading_section_and_preview_say_one_count(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    page = text(visitor.get("/izinler").text)
    assert "18 marka size ulaşabiliyor" in page
    assert "Size ulaşabilenler (18)" in page
    assert "Kararınızı bekliyor (2)" in page
    assert "Reddedilenler (7)" in page
    preview = visitor.get("/izinler/reddet").text
    assert "<h1>18 marka + kararınızı bekleyen 2</h1>" in preview
    assert preview.count('name="brand"') == preview.count(" checked>") == 20
    assert "18 brands + 2 waiting for your decision" in text(visitor.get("/izinler/reddet?lang=en").text)
    assert "18 marka + kararınızı bekleyen 2: hepsini reddederiz." in text(visitor.get("/izinler/yeni-numara").text)
    answer = visitor.post("/izinler/reddet", scope="all")
    assert "20 marka:" in text(visitor.follow(answer).text), "18 and the 2 that only asked"


def test_the_count_is_the_same_on_every_page_of_a_list(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock, brands=120)
    for page in (1, 2, 3):
        shown = text(visitor.get(f"/izinler?page={page}").text)
        assert f"Sayfa {page} / 3" in shown
        assert "90 marka size ulaşabiliyor" in shown
    assert "Size ulaşabilenler (90)" in text(visitor.get("/izinler").text)
    assert "Reddedilenler (31)" in text(visitor.get("/izinler?page=3").text)
    assert "<h1>90 marka + kararınızı bekleyen 2</h1>" in visitor.get("/izinler/reddet").text


def test_the_directory_counts_all_brands_and_not_those_of_one_page(here: Town) -> None:
    many(here, AYSE, 120)
    visitor = here.sign_in(AYSE)
    for page in (1, 3):
        assert "123 marka" in text(visitor.get(f"/markalar?page={page}").text)
    assert "120 marka" in text(visitor.get("/markalar?q=%C3%B6rnek&page=3").text)


def test_a_filtered_list_counts_all_it_finds_and_not_those_of_one_page(here: Town) -> None:
    many(here, AYSE, 120)
    shown = text(here.sign_in(AYSE).get("/izinler?status=ONAY&page=2").text)
    assert "90 marka bulundu." in shown
    assert "Size ulaşabilenler (90)" in shown
    assert "Sayfa 2 / 2" in shown


def test_the_counts_beside_a_row_are_those_of_the_list(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    answer = visitor.press(f"/izinler/{ISIK}/MESAJ/BIREYSEL", status="ONAY").text
    for part, count in (("waiting", 1), ("open", 19), ("refused", 7)):
        assert f'<span class="soft" id="n-{part}" hx-swap-oob="true">({count})</span>' in answer
        assert f'<span class="soft" id="n-{part}">({count})</span>' in visitor.get("/izinler").text


FILTERS = [
    "",
    "status=BEKLIYOR",
    "status=ONAY",
    "status=ONAY&channel=ARAMA",
    "channel=MESAJ",
    "identity=TACIR",
    "identity=TACIR&status=ONAY",
    "q=%C4%B1%C5%9F%C4%B1k",
    "q=mağaza&status=BEKLIYOR",
    "q=mağaza&channel=ARAMA&identity=BIREYSEL",
    "status=YOK",
    "status=onay&channel=FAX",
    "q=" + "x" * 300,
    "q=örnek&page=2",
    "status=YENI",
    "status=DURMALI",
]


@pytest.mark.parametrize("query", FILTERS)
def test_the_button_refuses_what_the_list_shows(here: Town, clock: Clock, query: str) -> None:
    """The button's own link is followed, its form's own fields are posted: exactly the rows of the list turn."""
    visitor = asking(here, clock)
    here.told(AYSE, ISIK, identity="TACIR")
    here.told(AYSE, CINAR, identity="TACIR")
    shown = {name for name, status in rows(visitor.get(f"/izinler?{query}").text).items() if status != "RET"}
    before = rows(visitor.get("/izinler").text)
    page = visitor.get(f"/izinler?{query}").text
    button = unescape(page.partition('<a class="quiet" href="')[2].partition('"')[0])
    assert bool(button) is bool(shown)
    if not button:
        return
    preview = visitor.get(button).text
    form = preview.partition('<form action="/izinler/reddet"')[2].partition("</form>")[0]
    fields = dict(parse_qsl(urlsplit(button).query))
    for name, value in fields.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in unescape(form)
    visitor.post("/izinler/reddet", **fields)
    after = rows(visitor.get("/izinler").text)
    assert {name for name in before if before[name] != after[name]} == shown
    assert {after[name] for name in shown} == {"RET"}


def test_three_waiting_are_refused_and_nothing_else(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    page = visitor.get("/izinler?status=BEKLIYOR")
    assert 'href="/izinler/reddet?scope=filter&amp;status=BEKLIYOR"' in page.text
    assert "3 marka bulundu." in text(page.text)
    preview = visitor.get("/izinler/reddet?scope=filter&status=BEKLIYOR").text
    assert "<h1>Kararınızı bekleyen 3 markayı reddet</h1>" in preview
    assert 'name="status" value="BEKLIYOR"' in preview
    visitor.post("/izinler/reddet", scope="filter", status="BEKLIYOR")
    assert "18 marka size ulaşabiliyor" in text(visitor.get("/izinler").text)
    assert stands(here, AYSE, CINAR, "ARAMA").status == ONAY
    assert stands(here, AYSE, CINAR).citizen.status == stands(here, AYSE, CINAR).status == RET


def test_a_narrower_choice_keeps_the_filter(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    here.told(AYSE, ISIK, identity="TACIR")
    preview = visitor.get("/izinler/reddet?scope=filter&status=ONAY").text
    assert 'href="/izinler/reddet?scope=filter&amp;status=ONAY&amp;channel=ARAMA"' in preview
    assert 'href="/izinler/reddet?scope=filter&amp;status=ONAY&amp;identity=TACIR"' in preview


def test_the_answer_to_htmx_leads_to_the_same(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    answer = visitor.client.post(
        "/izinler/reddet", data={"scope": "filter", "status": "BEKLIYOR"}, headers={"cookie": visitor.cookie, **HTMX}
    )
    assert answer.headers["hx-redirect"].startswith("/izinler?act=")


def test_an_answer_counts_as_its_language_does(here: Town) -> None:
    for brand in (CINAR, CINAR_MINI, ISIK):
        here.told(AYSE, brand)
    visitor = here.sign_in(AYSE)
    counted = []
    for brand in (CINAR, CINAR_MINI, ISIK):
        answer = visitor.press(f"/izinler/{brand}/MESAJ/BIREYSEL?lang=en", status="RET")
        counted.append(text(answer.text.partition('<h1 id="count"')[2].partition("</h1>")[0].partition(">")[2]))
    assert counted == ["2 brands may reach you", "1 brand may reach you", "No brand may reach you with advertising"]
