"""A walk through every page of a citizen in a real browser, in each state that a press leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

from asking import tills
from asking import words as asked_words
from asking.starting import AskFault, Started
from consents.registry import Registry
from tests.asking.shop import Shop
from tests.citizen.consents.states import many
from tests.citizen.consents.town import CINAR, CINAR_MINI, ISIK, Town, furnish
from tests.citizen.signin.desk import AYSE, Desk
from tests.citizen.signin.test_helper import MOTHER, code_of
from tests.optout.links import door as doors

BRANDS = 20
# Pages that everybody can open.
OPEN = ("/yardim", "/gizlilik", "/erisilebilirlik", "/hakkinda", "/makbuz", "/baglanti-yok", f"/m/{CINAR}", "/none")
# Pages of somebody signed in, beside those that a press leads to.
OWN = (
    "/izinler?q=none", "/izinler?status=RET", f"/izinler/{CINAR}", "/izinler/reddet?scope=all", "/markalar",
    "/belgelerim", "/izinler/kayit", "/izinler/bundan-sonrasi", "/izinler/haber", "/izinler/sustular",
    "/izinler/yardim", "/izinler/anahtar", "/giris/ekle", "/izinler/isletme", "/izinler/yeni-numara",
    "/izinler/verilerim", "/izinler/verilerim/basvuru", "/izinler/verilerim/sil",
    "/izinler/yaninda", "/izinler/sorular", f"/izinler/sorular?marka={CINAR}",
)  # fmt: skip
SUBMIT = "main form button[type=submit]"


def filled(registry: Registry) -> Town:
    """Brands that may write to two people, one of them known to both."""
    registry.store.write_now(furnish)
    town = Town(registry, None)  # type: ignore[arg-type]
    many(town, AYSE, BRANDS)
    for address in (AYSE, MOTHER):
        town.told(address, CINAR)
        town.told(address, CINAR, "ARAMA", "TACIR")
        town.told(address, CINAR_MINI)
    town.told(AYSE, ISIK, ago=900)
    return town


class Walk:
    """``page``: a browser at the site of ``desk``. Each way yields the name of what is open now."""

    def __init__(self, desk: Desk, town: Town, page: Page) -> None:
        self.desk, self.town, self.page = desk, town, page

    def every(self) -> Iterator[str]:
        for way in (
            self.visitors, self.links, self.asked, self.sign_in, self.own, self.refusing, self.complaint, self.visit,
        ):  # fmt: skip
            yield from way()
        yield from self.leaving()

    def press(self, chosen: str = SUBMIT) -> None:
        """Presses the first of what is chosen and waits for the next page."""
        with self.page.expect_navigation():
            self.page.locator(chosen).first.click()

    def at(self, *paths: str) -> Iterator[str]:
        for path in paths:
            self.page.goto(path)
            yield path

    def visitors(self) -> Iterator[str]:
        yield from self.at("/", *OPEN, "/gonderen")
        for text in ("CINARMKT indirim", "BEDAVATTL", ""):
            self.page.goto("/gonderen")
            self.page.fill("#text", text)
            self.press("main button.main")
            yield f"/gonderen {text}"
        yield from self.at("/dogrula")
        for number in ("0000 0000 0000", "12"):
            self.page.goto("/dogrula")
            self.page.fill("#number", number)
            self.press("main button.main")
            yield f"/dogrula {number}"

    def links(self) -> Iterator[str]:
        yield from self.at(doors.link(self.town, AYSE))
        self.press()
        yield "refused by link"
        self.press("main form:has([name=undo]) button")
        yield "undone by link"
        yield from self.at("/k/none", doors.mail(self.town))
        self.press()
        yield "refused by mail"
        for part, name in (("xyz", "another's letters"), ("ays", "its record number")):
            self.page.fill("#part", part)
            self.press("main form:has(#part) button")
            yield name

    def asked(self) -> Iterator[str]:
        """What a till, a poster and a link ask. Each answer is of another number: a brand's codes are few."""
        shop, page, evening = Shop(self.desk.registry, self.desk.settings, furnished=True), self.page, "0532 000 00 2"
        words = [word_of(shop.ask("", "TILL", "ARAMA", "MESAJ", till=shop.asking_till(shop.form))) for _ in range(4)]
        yield from self.at(f"/o/{words[0]}")
        self.press("main .acts button.main")
        yield "a question without an answer"
        for place, (word, answer) in enumerate(zip(words, ("evet", "hayir", "sorma"), strict=False)):
            page.goto(f"/o/{word}")
            page.fill("#address", f"{evening}{place}")
            if answer == "sorma":
                self.press("main button[value=sorma]")
            else:
                for name in ("ARAMA", "MESAJ"):
                    page.locator(f"input[name={name}][value={answer}]").check()
                self.press("main .acts button.main")
            yield f"the code of {answer}"
            page.fill("#code", self.desk.other)
            self.press("main form:has(#code) button.main")
            yield f"a wrong code of {answer}"
            page.fill("#code", self.desk.code)
            self.press("main form:has(#code) button.main")
            yield f"the answer {answer}"
        yield from self.at(f"/o/{words[0]}")  # it has ended
        for place, answer in enumerate(("hayir", "evet"), 3):
            word = word_of(shop.verify(f"+90532000002{place}", "TILL", till=shop.asking_till()))
            yield from self.at(f"/o/{word}")
            self.press(f"main button[value={answer}]")
            yield f"the code of a verification, {answer}"
            page.fill("#code", self.desk.code)
            self.press("main form:has(#code) button.main")
            yield f"a verification, {answer}"
        poster = asked_words.of_poster(shop.till(kind=tills.POSTER))
        yield from self.at(f"/o/{poster}")
        shop.publish_anew("Her gün üç haber.")
        yield from self.at(f"/o/{poster}")
        self.desk.clock.forward(minutes=11)
        yield from self.at(f"/o/{words[3]}")  # nobody answered in time

    def sign_in(self) -> Iterator[str]:
        yield from self.at("/giris")
        for typed in ("0212 000 00 00", "0532 000 00 01"):
            self.page.goto("/giris")
            self.page.fill("#address", typed)
            self.press("main button.main")
            yield f"/giris {typed}"
        for code, name in ((self.desk.other, "wrong code"), (self.desk.code, "/izinler")):
            self.page.fill("#code", code)
            self.press("main button.main")
            yield name

    def own(self) -> Iterator[str]:
        yield from self.at(*OWN)
        self.page.goto("/izinler/isletme")
        self.page.fill("#title", "Örnek Ltd. Şti.")
        self.page.fill("#number", "1234567890")
        self.press("main button.main")
        yield "/izinler/isletme of a business"
        yield from self.at("/izinler/isletme/ekle", "/izinler/isletme/alan-adi", "/izinler/isletme/ayril")

    def refusing(self) -> Iterator[str]:
        page = self.page
        page.goto("/izinler")
        page.locator("#m-700001 button.refuse").click()
        page.locator("#m-700001[data-status=refused]").wait_for()
        yield "a brand refused"
        yield from self.at(f"/izinler/{CINAR_MINI}")
        page.locator("[data-status=ONAY] button.refuse").first.click()
        page.locator("[data-status=RET]").wait_for()
        yield "a channel refused"
        page.goto("/izinler/reddet?scope=all")
        self.press("main button.refuse")
        yield "all refused"
        receipt = page.locator("main a[href^='/makbuz/']").first.get_attribute("href")
        assert receipt
        yield from self.at(receipt)
        page.goto("/izinler")
        yield "list of refused"
        page.goto("/izinler/bundan-sonrasi")
        self.press("main button.main")
        yield "closed to new brands"
        yield from self.at("/izinler/bundan-sonrasi", "/markalar", f"/izinler/{CINAR}", "/belgelerim")
        page.goto("/dogrula")
        page.fill("#number", receipt[8:])
        self.press("main button.main")
        yield "a receipt checked"

    def complaint(self) -> Iterator[str]:
        page = self.page
        self.desk.clock.forward(days=5)  # the company had to stop by the third
        page.goto("/giris")
        page.fill("#address", "0532 000 00 01")
        self.press("main button.main")
        page.fill("#code", self.desk.code)
        self.press("main button.main")
        yield "list after the last day"
        yield from self.at(f"/izinler/sikayet/{CINAR_MINI}")
        page.fill("#text", "indirim")
        self.press("main button.main")
        yield "a complaint without its day"
        page.fill("#day", page.locator("#day").get_attribute("max") or "")
        self.press("main button.main")
        yield "a complaint"
        self.press("main form[action*=sayim] button")
        yield "a complaint counted"
        yield from self.at("/izinler/sikayetler")

    def visit(self) -> Iterator[str]:
        page = self.page
        page.goto("/izinler/yaninda")
        page.fill("#address", "0532 000 00 12")
        self.press("main button.main")
        yield "the relative's code"
        page.fill("#code", code_of(self.desk))
        self.press("main button.main")
        yield "/izinler/yaninda/hepsi"
        yield from self.at("/izinler", f"/izinler/{CINAR}", "/izinler/bundan-sonrasi", "/izinler/yaninda/kalici")
        page.goto("/izinler/yaninda/hepsi")
        self.press("main button.refuse")
        yield "all of the relative refused"
        yield from self.at("/izinler/yaninda/hepsi")

    def leaving(self) -> Iterator[str]:
        yield from self.at("/cikis")
        self.press()
        yield "out"


def word_of(started: Started | AskFault) -> str:
    assert isinstance(started, Started), started
    return started.word


def named(name: str) -> str:
    """A name of a file."""
    return re.sub(r"[^\w]+", "-", name).strip("-") or "start"
