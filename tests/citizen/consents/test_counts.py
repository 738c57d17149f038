"""One count of brands, said the same way wherever it stands; what the button refuses is what the list shows."""

from __future__ import annotations

import re
from html import unescape
from random import Random
from urllib.parse import parse_qsl, urlsplit

import pytest

from consents.rules import ONAY, RET
from tests.citizen.consents.states import many
from tests.citizen.consents.test_choices import stands
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, HTMX, ISIK, Town, Visitor, listed, place, rows, text
from tests.conftest import Clock
from tests.optout.sms.conftest import Phone, settings_of


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
    assert "18 marka size reklam gönderebiliyor" in page
    assert "Reklam gönderebilenler (18)" in page
    assert "2 marka kararınızı bekliyor" in page
    assert "Reddedilenler (7)" in page
    preview = visitor.get("/izinler/reddet").text
    assert "<h1>Hepsini reddet</h1>\n<p>18 marka size reklam gönderebiliyor.</p>" in preview
    assert "Kararınızı bekleyen 2 marka da reddedilir." in text(preview)
    assert preview.count('name="brand"') == preview.count(" checked>") == 20
    assert preview.partition("Kararınızı bekleyenler (bunlar da reddedilir)")[2].count('name="brand"') == 2
    english = text(visitor.get("/izinler/reddet?lang=en").text)
    assert "18 brands" in english
    assert "2 brands that wait for your decision are refused too." in english
    assert "20 markanın hepsini reddederiz." in text(visitor.get("/izinler/yeni-numara").text)
    answer = visitor.post("/izinler/reddet", scope="all")
    assert "20 markayı reddettiniz" in text(visitor.follow(answer).text), "18 and the 2 that only asked"


COUNTED = re.compile(r"(\d+) marka size reklam gönderebiliyor")


def test_list_preview_and_sms_count_alike_whatever_stands(here: Town, clock: Clock) -> None:
    """Eighty numbers, each with other words of company and citizen, also about both identities, waiting, refused for
    all or once more. Each of the three counts the brands with a permission in force: no brand that only asks, none that
    only holds a record."""
    chance, counts, phone = Random(182030), set(), Phone(here.registry, clock, settings_of())
    for number in range(80):
        address = f"+9053200{number:05}"
        visitor = here.sign_in(address)
        for _ in range(chance.randrange(9)):
            brand, channel = chance.choice((CINAR, CINAR_MINI, ISIK)), chance.choice(("MESAJ", "ARAMA"))
            identity, status = chance.choice(("BIREYSEL", "TACIR")), chance.choice(("ONAY", "ONAY", "RET"))
            act = chance.randrange(8)
            if act < 5:
                here.told(address, brand, channel, identity, status, ago=chance.choice((0.001, 1, 40)))
            elif act < 7:
                visitor.press(f"/izinler/{brand}/{channel}/{identity}", status=status)
            elif chance.randrange(3) == 0:
                visitor.post("/izinler/bundan-sonrasi", way=[f"{channel}-{identity}"])
            clock.forward(seconds=chance.randrange(1, 60))
        heading, preview = (COUNTED.search(text(visitor.get(f"/izinler{path}").text)) for path in ("", "/reddet"))
        sms = phone.of(address).writes("RET HEPSI")
        replied = re.search(r"Izni olan (\d+) marka", sms)
        found = [int(one[1]) if one else 0 for one in (heading, preview, replied)]
        assert len(set(found)) == 1, (address, found, sms)
        assert COUNTED.search(text(visitor.get("/izinler").text)) is None, "all are refused"
        counts.add(found[0])
    assert counts == {0, 1, 2, 3}


def test_the_count_is_the_same_on_every_page_of_a_list(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock, brands=120)
    for page in (1, 2, 3):
        shown = text(visitor.get(f"/izinler?page={page}").text)
        assert f"Sayfa {page} / 3" in shown
        assert "90 marka size reklam gönderebiliyor" in shown
    assert "Reklam gönderebilenler (90)" in text(visitor.get("/izinler").text)
    assert "Reddedilenler (31)" in text(visitor.get("/izinler?page=3").text)
    assert "<h1>Hepsini reddet</h1>\n<p>90 marka size reklam gönderebiliyor.</p>" in visitor.get("/izinler/reddet").text


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
    assert "Reklam gönderebilenler (90)" in shown
    assert "Sayfa 2 / 2" in shown


def test_the_counts_beside_a_brand_are_those_of_the_list(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    for brand, found in ((ISIK, (1, 18, 8)), (700001, (1, 18, 8)), (700002, (1, 17, 9))):
        answer = visitor.refuse_listed(brand).text
        page = visitor.get("/izinler").text
        for part, count in zip(("open", "refused"), found[1:], strict=True):
            assert f'<span class="soft" id="n-{part}" hx-swap-oob="true">({count})</span>' in answer
            assert f'<span class="soft" id="n-{part}">({count})</span>' in page
        assert f'<h2 id="n-waiting" hx-swap-oob="true">{found[0]} marka kararınızı bekliyor</h2>' in answer
        assert f'<h2 id="n-waiting">{found[0]} marka kararınızı bekliyor</h2>' in page


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


WAYS = {"ARAMA": "Telefonla arama", "MESAJ": "SMS"}
WHOSE = {"BIREYSEL": "kendiniz için", "TACIR": "işletmeniz için"}


def ways(page: str, code: int) -> set[str]:
    """What a brand of the list may reach by or asks for: "SMS · kendiniz için"."""
    found, whose = set(), ""
    for paragraph in place(page, code).split("<p")[1:]:
        words = text("<p" + paragraph.partition("</p>")[0]).removeprefix("Kararınızı bekliyor: ")
        channels, _, identity = words.partition(" · ")
        whose = identity or whose
        found |= {f"{channel} · {whose}" for channel in channels.split(", ") if channel in WAYS.values()}
    return found


def every_row(visitor: Visitor) -> dict[str, str]:
    """What stands for each brand of the list, from the brands' pages."""
    codes = [code for page in (1, 2) for code in listed(visitor.get(f"/izinler?page={page}").text)]
    return {name: status for code in codes for name, status in rows(visitor.get(f"/izinler/{code}").text).items()}


@pytest.mark.parametrize("query", FILTERS)
def test_the_button_refuses_what_the_list_shows(here: Town, clock: Clock, query: str) -> None:
    """The button's own link is followed, its form's own fields are posted: exactly what the list shows is refused."""
    visitor = asking(here, clock)
    here.told(AYSE, ISIK, identity="TACIR")
    here.told(AYSE, CINAR, identity="TACIR")
    page = visitor.get(f"/izinler?{query}").text
    shown = {code: ways(page, code) for code, status in listed(page).items() if status != "refused"}
    before = every_row(visitor)
    button = unescape(page.partition('<a class="btn refuse wide" href="')[2].partition('"')[0])
    assert bool(button) is bool(shown)
    if not button:
        return
    preview = visitor.get(button).text
    form = preview.partition('<form action="/izinler/reddet"')[2].partition("</form>")[0]
    fields = dict(parse_qsl(urlsplit(button).query))
    for name, value in fields.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in unescape(form)
    visitor.post("/izinler/reddet", **fields)
    after = every_row(visitor)
    turned = {name for name in before if before[name] != after[name]}
    assert {after[name] for name in turned} == {"RET"}
    lines: dict[int, set[str]] = {}
    for name in turned:
        code, channel, identity = name.split("-")
        lines.setdefault(int(code), set()).add(f"{WAYS[channel]} · {WHOSE[identity]}")
    assert lines == shown


def test_three_waiting_are_refused_and_nothing_else(here: Town, clock: Clock) -> None:
    visitor = asking(here, clock)
    page = visitor.get("/izinler?status=BEKLIYOR")
    assert 'href="/izinler/reddet?scope=filter&amp;status=BEKLIYOR"' in page.text
    assert "3 marka bulundu." in text(page.text)
    preview = visitor.get("/izinler/reddet?scope=filter&status=BEKLIYOR").text
    assert "<h1>Hepsini reddet</h1>\n<p>3 marka kararınızı bekliyor.</p>" in preview
    assert 'name="status" value="BEKLIYOR"' in preview
    visitor.post("/izinler/reddet", scope="filter", status="BEKLIYOR")
    assert "18 marka size reklam gönderebiliyor" in text(visitor.get("/izinler").text)
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
    assert answer.headers["hx-redirect"].startswith("/izinler/sonuc?act=")


def test_an_answer_counts_as_its_language_does(here: Town) -> None:
    for brand in (CINAR, CINAR_MINI, ISIK):
        here.told(AYSE, brand)
    visitor = here.sign_in(AYSE)
    counted = []
    for brand in (CINAR, CINAR_MINI, ISIK):
        answer = visitor.refuse_listed(brand, language="en")
        counted.append(text(answer.text.partition('<h1 id="count"')[2].partition("</h1>")[0].partition(">")[2]))
    assert counted == [
        "2 brands can send you advertising",
        "1 brand can send you advertising",
        "No brand has permission to advertise",
    ]


def test_an_answer_counts_as_a_language_of_six_forms_does(here: Town) -> None:
    many(here, AYSE, 18)  # thirteen of them may reach her
    for brand in (CINAR, CINAR_MINI):
        here.told(AYSE, brand)
    visitor = here.sign_in(AYSE)
    for brand in (CINAR, CINAR_MINI, 700001, 700002, 700003):
        answer = visitor.refuse_listed(brand, language="ar").text
        (heading,) = re.findall(r'<h1 id="count" hx-swap-oob="true">(.*?)</h1>', answer)
        assert f'<h1 id="count">{heading}</h1>' in visitor.get("/izinler?lang=ar").text
