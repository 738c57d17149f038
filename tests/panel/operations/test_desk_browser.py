"""A call, a court's question and a list before it is sent, in a real browser: how much each takes of a person."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import openpyxl
import pytest
from playwright.sync_api import Browser, Download, Page

from consents.rules import RET
from evidence import log, receipts
from evidence.checkpoints import LogKey
from panel.rights import Membership, Permission, Role, Staff
from tests.browsing import accessible, browser, complaints, narrow, readable, served
from tests.panel.office import BRANDS, CINAR, Office
from tests.panel.operations.test_desk import standing
from tests.panel.seen import SECOND, SeenDeeds, number
from tests.panel.test_browser import PRESSED, here, seated, shoot
from tests.panel.uploads.uploads import applied, rows
from tests.variants import variants
from trust import paper_seals

__all__ = ["browser", "here"]
AGENT = Membership(Role.USER, Permission.DESK | Permission.SEE)
LAWYER = Membership(Role.USER, Permission.SEE)
LOADER = Membership(Role.USER, Permission.LOAD)
SELLER = Membership(Role.USER, Permission.REPORT)
LOOKS = [("tr", "light"), ("en", "dark")]


class Effort:
    """What a person does at a page, and how long it takes them: a second a press, two a typed field, a quarter a word
    that is read (docs/citizens.md)."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses, self.typed, self.words = page, 0, 0, 0
        self.read()

    def read(self) -> None:
        self.words += len(self.page.locator("main").inner_text().split())

    def type(self, field: str, text: str) -> None:
        self.typed += 1
        self.page.locator(f"#{field}").fill(text)

    def press(self, name: str, role: str = "button") -> None:
        self.presses += 1
        self.page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()
        if role != "radio":
            self.read()

    def downloads(self, name: str) -> Download:
        self.presses += 1
        with self.page.expect_download() as given:
            self.page.get_by_role("button", name=name, exact=True).click()
        return given.value

    @property
    def seconds(self) -> float:
        return self.presses + 2 * self.typed + self.words / 4


@pytest.fixture
def told(here: Office) -> Office:
    """Somebody who allowed two brands, and refused one of them."""
    deeds = SeenDeeds(here)
    key = deeds.allowed()
    deeds.allowed(code=SECOND)
    here.clock.forward(minutes=5)
    deeds.decides(key, status=RET)
    log.extend(here.registry)
    return here


def looked_at(page: Page, name: str, language: str, scheme: str) -> None:
    """By axe and at every width; with letters of twice the size nothing leaves the screen either."""
    (accessible if scheme == "light" else readable)(page)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        shoot(page, f"{name}-{language}-{scheme}-{width}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    shoot(page, f"{name}-{language}-{scheme}-360-large")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("document.documentElement.style.fontSize = ''")
    narrow(page, PRESSED)


@pytest.mark.parametrize(("kind", "script"), variants([AGENT, Staff.OPERATOR], [True, False]))
def test_a_caller_who_wants_none_of_it_takes_three_presses(
    told: Office, browser: Browser, kind: Membership | Staff, script: bool
) -> None:
    with (
        served(told.asgi) as address,
        seated(told, browser, kind, address, locale="tr-TR", java_script_enabled=script) as page,
    ):
        page.goto(f"{address}/panel/{CINAR}/masa")
        agent = Effort(page)
        agent.type("address", "0532 000 00 01")
        if kind is Staff.OPERATOR:
            agent.type("why", "SMS istemediğini söylüyor")
        agent.press("İzinlerini göster")
        agent.press("Kendi numarasından aradı", "radio")
        agent.press("Hepsini reddet")
        assert agent.presses <= 3
        assert page.get_by_role("heading", name="Ret kaydedildi").count() == 1
        assert "+90 532 000 00 01" in page.locator("main").inner_text().replace("\xa0", " ")
        found = standing(told)
        assert found is not None
        assert found.status == RET
        assert agent.seconds < 60
        agent.press("Bu kaydı geri al")
        assert "Kayıt geri alındı" in page.locator("main").inner_text()
        assert "+90 532 000 00 01" in page.locator("h1").inner_text().replace("\xa0", " "), "the caller is still there"


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_pages_of_a_call_are_for_everybody(told: Office, browser: Browser, language: str, scheme: str) -> None:
    words = {
        "tr": ("İzinlerini göster", "Kendi numarasından aradı", "Hepsini reddet"),
        "en": ("Show their consents", "Called from their own number", "Refuse all"),
    }
    show, own, everything = words[language]
    with served(told.asgi) as address, seated(told, browser, AGENT, address, color_scheme=scheme) as page:
        page.goto(f"{address}/panel/{CINAR}/masa?lang={language}")
        said = complaints(page)
        looked_at(page, "call", language, scheme)
        page.locator("#address").fill(number(1))
        page.get_by_role("button", name=show).click()
        looked_at(page, "caller", language, scheme)
        page.get_by_label(own).check()
        page.get_by_role("button", name=everything).click()
        looked_at(page, "recorded", language, scheme)
        assert said == []


def test_a_person_s_evidence_takes_a_lawyer_less_than_two_minutes(told: Office, browser: Browser) -> None:
    """From the panel's first page to the document, checked by somebody without an account."""
    began = perf_counter()
    with served(told.asgi) as address, seated(told, browser, LAWYER, address, locale="tr-TR") as page:
        page.goto(f"{address}/panel/{CINAR}/genel")
        lawyer = Effort(page)
        lawyer.press("Kişi ara", "link")
        lawyer.type("address", "0532 000 00 01")
        lawyer.press("Göster")
        paper = lawyer.downloads("PDF indir").path().read_bytes()
        assert lawyer.presses == 3
        assert lawyer.seconds + perf_counter() - began < 120
        page.context.clear_cookies()
        page.goto(f"{address}/dogrula")
        page.locator("#file").set_input_files({"name": "kanit.pdf", "mimeType": "application/pdf", "buffer": paper})
        page.get_by_role("button", name="Doğrula").click()
        shown = page.locator("main").inner_text()
        assert "Bu belge gerçek" in shown
        assert f"Şirket {CINAR} A.Ş." in shown
        looked_at(page, "document", "tr", "light")
    key = LogKey.of(told.registry.keyring)
    assert paper_seals.check(paper, key.public).kind == paper_seals.STATEMENT
    (proof,) = paper_seals.attached(paper, 1_000_000)
    movements = receipts.check_document(proof.decode(), key)["movements"]
    assert [(one["brand"], one["status"]) for one in movements] == [
        (BRANDS[CINAR][0], "RET"), (SECOND, "ONAY"), (BRANDS[CINAR][0], "ONAY")
    ]  # fmt: skip
    assert all(one["act"] for one in movements), "proved"


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_page_of_a_person_is_for_everybody(told: Office, browser: Browser, language: str, scheme: str) -> None:
    with served(told.asgi) as address, seated(told, browser, LAWYER, address, color_scheme=scheme) as page:
        page.goto(f"{address}/panel/{CINAR}/adres?lang={language}")
        said = complaints(page)
        page.locator("#address").fill(number(1))
        page.locator("main button").first.click()
        page.wait_for_load_state()
        looked_at(page, "person", language, scheme)
        assert said == []


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_page_of_a_load_is_for_everybody(told: Office, browser: Browser, language: str, scheme: str) -> None:
    name = "müşterilerin-izinleri-kasım-ayında-toplananların-hepsi-son-hali-2.csv"
    loader = told.somebody(LOADER, email="uzun.bir.ad@cok-uzun-bir-sirketin-adi.example")
    with ThreadPoolExecutor(1) as beside:  # the browser's driver has a loop in this thread
        loaded = beside.submit(applied, told, loader, rows(3), name=name).result()
    with served(told.asgi) as address, seated(told, browser, LAWYER, address, color_scheme=scheme) as page:
        page.goto(f"{address}/panel/{CINAR}/adres?lang={language}")
        page.locator("#address").fill(str(loaded.upload))
        page.locator("main button").first.click()
        page.locator("#bulunan").wait_for()
        looked_at(page, "load", language, scheme)


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_a_list_is_checked_by_pasting_it(told: Office, browser: Browser, language: str, scheme: str) -> None:
    press = {"tr": "Denetle, Excel indir", "en": "Check, download Excel"}[language]
    with served(told.asgi) as address, seated(told, browser, SELLER, address, color_scheme=scheme) as page:
        page.goto(f"{address}/panel/{CINAR}/liste?lang={language}")
        said = complaints(page)
        looked_at(page, "list", language, scheme)
        seller = Effort(page)
        page.locator("#brand").select_option(str(SECOND))
        page.locator("#list").fill(f"{number(1)}\n{number(2)}")
        book = openpyxl.load_workbook(io.BytesIO(seller.downloads(press).path().read_bytes()))
        allowed = book[{"tr": "SMS izinli", "en": "SMS allowed"}[language]]
        assert [one for (one,) in allowed.values][1:] == ["0532 000 00 01"]
        assert seller.presses == 1
        page.locator("#list").fill("hoppa")
        page.get_by_role("button", name=press).click()
        page.locator("#list-error").wait_for()
        assert page.locator("#list").input_value() == "hoppa"
        shoot(page, f"list-fault-{language}-{scheme}-360")
        (accessible if scheme == "light" else readable)(page)
        assert [one for one in said if "422" not in one] == []
