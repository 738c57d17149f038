"""A company's way in one piece, as people meet it: applied, approved, set up, a file loaded and taken back, gone.

Twice: at a desk in Turkish, and on a phone in English, in the dark and without scripts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from consents.registry import Registry, prepare
from panel.audit import audit_texts
from panel.rights import Staff
from tests.browsing import accessible, browser, served  # noqa: F401 - a fixture
from tests.conftest import SECRET, Clock
from tests.panel.companies.test_joining import tax_number
from tests.panel.office import Office, app_code
from tests.panel.uploads.uploads import GOOD, rows
from tests.panel.uploads.uploads import work as work_here
from web import cookies
from web.rendering import texts

SHOTS = os.environ.get("PANEL_SHOTS")  # a folder, to look at what is drawn
NUMBER = re.compile(r"/panel/(\d+)/")
# What the walk does, in its order, as the log keeps it.
AT_THE_COMPANY = (
    "brand-names-changed", "brand-headers-changed", "claim-made", "brand-added", "dealer-added",
    "program-added", "file-uploaded", "file-applied", "file-loaded", "refusals-downloaded", "file-taken-back",
    "file-undone", "person-invited", "person-joined",
)  # fmt: skip
DEEDS = ["application-sent", "application-approved", "signed-in", "factor-added", *AT_THE_COMPANY, "signed-in"]


class Look(NamedTuple):
    """Who walks, in which browser, and what his company is called."""

    name: str
    language: str
    options: dict[str, Any]
    mersis: str


DESK = Look("desk", "tr", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}, "0859042390600018")
PHONE = Look(
    "phone",
    "en",
    {"viewport": {"width": 360, "height": 800}, "color_scheme": "dark", "java_script_enabled": False},
    "0859042390600026",
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path_factory.mktemp('walk') / 'izin.db'}"
    prepare(url, SECRET)
    clock = Clock()
    with Registry.open(url, SECRET, now=clock) as registry:
        office = Office(registry, clock)
        yield office
        office.close()


@pytest.fixture(scope="module")
def address(here: Office) -> Iterator[str]:
    with served(here.asgi) as at:
        yield at


class Walker:
    """Somebody at his browser. What he reads and presses is named in Turkish and found in his language."""

    def __init__(self, here: Office, browser: Browser, address: str, look: Look) -> None:  # noqa: F811
        self.here, self.look, self.address, self.say = here, look, address, texts.shown(look.language).gettext
        self.secret = ""  # of his app
        locale = "tr-TR" if look.language == "tr" else "en-GB"
        self.context: BrowserContext = browser.new_context(base_url=address, locale=locale, **look.options)
        self.page: Page = self.context.new_page()
        self.steps = 0

    def go(self, path: str) -> None:
        self.page.goto(path)

    def read(self, *parts: str) -> None:
        """He reads this on the page."""
        self.page.wait_for_load_state()
        self.steps += 1
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/walk-{self.look.name}-{self.steps:02}.png", full_page=True)
        for part in parts:
            expect(self.page.locator("main")).to_contain_text(self.say(part))

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say(text))
        self.read()

    def fill(self, **typed: str) -> None:
        for name, text in typed.items():
            self.page.fill(f"main [name={name.replace('_', '-')}]", text)

    def press(self, text: str) -> None:
        self.page.locator("main").get_by_role("button", name=self.say(text), exact=True).click()

    def follow(self, text: str, within: str = "main") -> None:
        self.page.locator(within).get_by_role("link", name=self.say(text), exact=True).click()

    def menu(self, text: str) -> None:
        """He follows a link of the menu, which a phone has behind a button."""
        button = self.page.get_by_role("button", name=self.say("Menü"), exact=True)
        if button.is_visible():
            button.click()
        self.follow(text, ".side")

    def rows(self, table: str = "") -> list[list[str]]:
        """The cells of the first table, or of the first of that class."""
        found = self.page.locator(f"main table{table}").first.locator("tbody tr").all()
        return [row.locator("th, td").all_inner_texts() for row in found]

    def sign_in(self, email: str) -> None:
        self.here.clock.forward(minutes=2)
        self.fill(email=email)
        self.press("Kod gönder")
        self.heading("Gelen kodu yazın")
        self.fill(code=self.here.code)
        self.press("Giriş yap")


@pytest.fixture(params=[pytest.param(DESK, marks=pytest.mark.long), PHONE], ids=lambda look: look.name)
def walker(
    request: pytest.FixtureRequest,
    here: Office,
    browser: Browser,  # noqa: F811
    address: str,
) -> Iterator[Callable[[], Walker]]:
    opened: list[Walker] = []

    def open_() -> Walker:
        opened.append(Walker(here, browser, address, request.param))
        return opened[-1]

    yield open_
    for one in opened:
        one.context.close()


def test_from_the_application_to_the_last_sign_out(here: Office, walker: Callable[[], Walker], tmp_path: Path) -> None:
    owner, begun = walker(), len(here.acts())
    email = f"kurucu-{owner.look.name}@example.com"
    applies(owner, email)
    approves(here, walker(), title(owner))
    signs_in_first(owner, email)
    sets_up(owner)
    loads(owner, file(tmp_path))
    invites(owner, f"calisan-{owner.look.name}@example.com")
    sees_one_brand(walker(), owner)
    reads_the_log(owner)
    assert here.acts()[begun:] == DEEDS
    signs_out_everywhere(owner, email)
    assert here.acts()[begun:] == [*DEEDS, "signed-out-everywhere", "signed-in"]


def title(one: Walker) -> str:
    """What his company is called: as long as companies are."""
    return f"Deniz {one.look.name} Gıda Tekstil Turizm İnşaat Sanayi ve Dış Ticaret Anonim Şirketi"


def park(one: Walker) -> str:
    """A second brand of theirs, that looks like nobody else's."""
    return "Denizpark" if one.look is DESK else "Ovakent"


def file(folder: Path) -> Path:
    """40 good rows, three that are refused, and three that repeat one: two of them in a clerk's own words."""
    spoilt = [GOOD.replace("MESAJ", "FAKS"), GOOD.replace("+905320000001", "0532 000 00"), GOOD.replace("HS_WEB", "HS")]
    again = [GOOD.replace("MESAJ", "SMS"), GOOD.replace("HS_WEB", "WEB"), GOOD]
    path = folder / "kasım izinleri.csv"
    path.write_text("\n".join([rows(40), *spoilt, *again]) + "\n", encoding="utf-8")
    return path


def applies(one: Walker, email: str) -> None:
    one.go("/panel/giris")
    one.follow("Şirketiniz için başvurun")
    one.heading("Şirketiniz için başvurun")
    one.fill(email=email)
    one.press("Kod gönder")
    one.heading("Gelen kodu yazın")
    one.fill(code=one.here.code)
    one.press("Devam et")
    one.heading("Şirketinizi yazın")
    # What every company types wrongly once: what was right stays, and the number is asked for again.
    one.fill(title=title(one), brand="Denizgıda", mersis="123", tax=tax_number(), signatory="Deniz Örnek")
    one.page.check("main #size-small")
    one.press("Başvur")
    one.read("Bir şeyi düzeltmeniz gerekiyor")
    expect(one.page.locator("#title")).to_have_value(title(one))
    one.fill(mersis=one.look.mersis)
    one.press("Başvur")
    one.heading("Başvurunuz alındı")
    one.read(email)


def approves(here: Office, one: Walker, company: str) -> None:
    token = here.somebody(Staff.OPERATOR).cookies[cookies.PANEL]
    one.context.add_cookies([{"name": cookies.PANEL, "value": token, "url": one.address}])
    one.go("/panel")
    one.heading("Bekleyenler")
    one.page.locator("main .tile a[href$='basvurular']").click()
    one.follow(company)
    one.heading(company)
    one.read("Deniz Örnek", tax_number())
    one.press("Başvuruyu onayla")
    one.heading("Başvurular")
    one.read("Karar kaydedildi; başvurana e-posta gidiyor.", "Bekleyen başvuru yok.")
    assert one.rows()[0][:2] == [company, one.say("Onaylandı")]


def signs_in_first(one: Walker, email: str) -> None:
    assert one.here.sent[-1]["to"] == email
    one.go("/panel/giris")
    one.sign_in(email)
    one.heading("Bugün")
    one.read("İlk adımlar", "İlk dosyanızı yükleyin", "Programınıza kullanıcı açın")
    expect(one.page.locator(".where, .whose").first).to_have_text(title(one))
    one.menu("Hesabım")
    one.follow("İkinci adım ekle")
    one.press("Uygulamayı kur")
    one.heading("Uygulamayı kurun")
    one.secret = (one.page.locator("code.secret").text_content() or "").replace(" ", "")
    one.fill(code=app_code(one.here, one.secret))
    one.press("Onayla")
    one.heading("Kurtarma kodlarınız")
    assert one.page.locator(".codes li").count() == 10
    one.follow("Sakladım, devam et")
    one.heading("Bugün")


def sets_up(one: Walker) -> None:
    one.menu("Markalar")
    one.heading("Markalar")
    one.follow("Denizgıda")
    one.read("Ana marka")
    one.fill(name_1="deniz", headers="DENIZGIDA", numbers="3344" if one.look is DESK else "3355", why="Kuruluş")
    if one.look is PHONE:
        one.fill(name_1="dnz", headers="DNZGIDA")
    one.press("Kaydet")
    one.read("Kaydedildi. Aşağıda bekliyor görünenler, siteyi işleten onaylayınca geçerli olur.")
    one.menu("Markalar")
    one.heading("Markalar")
    one.fill(title=park(one))
    one.press("Markayı ekle")
    one.heading(park(one))
    one.menu("Bayiler")
    one.heading("Bayiler")
    one.page.locator("main a", has_text="Denizgıda").click()
    one.fill(title="Kadıköy")
    one.press("Bayiyi ekle")
    one.heading("Kadıköy")
    one.menu("Programlar")
    one.heading("Programlar")
    one.fill(username=f"crm-{one.look.name}")
    one.press("Ekle ve şifreyi göster")
    password = one.page.locator("#new-password").inner_text()
    one.read("Bu şifre yalnızca şimdi görünür. Kopyalayıp yazılımınıza yazın; kaybolursa yenisini alın.")
    one.menu("Programlar")
    one.heading("Programlar")
    one.follow(f"crm-{one.look.name}")
    assert password not in one.page.content(), "it is shown once"
    given = {"username": f"crm-{one.look.name}", "password": password, "grant_type": "password"}
    assert one.here.browser().post("/oauth2/token", data=given).status_code == 200


def loads(one: Walker, path: Path) -> None:
    one.menu("Yükle")
    one.heading("Dosya yükle")
    one.page.select_option("#brand", label="Denizgıda")
    one.page.set_input_files("#file", path)
    one.press("Yükle ve dene")
    one.heading("kasım izinleri.csv")
    works(one, "Deneme bitti, henüz hiçbir şey kaydedilmedi")
    assert [count for _, count in one.rows(".counts")] == ["40", "0", "0", "3", "3", "3"]
    assert [row[1] for row in one.rows("#reasons")] == ["1", "1", "1"]
    assert one.page.locator("main details table.stack tbody tr").count() == 3
    one.press("Uygula")
    works(one, "Dosya uygulandı")
    assert [count for _, count in one.rows(".counts")] == ["40", "0", "3", "3"]
    with one.page.expect_download() as download:
        one.press("Dosyamı hatalarıyla indir (Excel)")
    download.value.save_as(path.with_name("hatalar.xlsx"))
    sheet = openpyxl.load_workbook(path.with_name("hatalar.xlsx")).active
    shown = [row for row in range(1, sheet.max_row + 1) if not sheet.row_dimensions[row].hidden]
    assert shown == [1, 42, 43, 44], "the header and the rows with errors"
    one.follow("Dosyayı geri al")
    one.press("Dosyayı geri al")
    works(one, "Dosya geri alındı")


def works(one: Walker, said: str) -> None:
    """The worker's turn, in a thread, for the browser's driver has the loop of this one; then he looks again."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work_here, one.here).result()
    one.go(one.page.url)
    one.read(said)


def invites(one: Walker, email: str) -> None:
    one.menu("Ekibim")
    one.heading("Ekibim")
    one.follow("Kişi davet et")
    one.fill(email=email)
    one.page.check("#role-user")
    one.page.check("#scope-some")
    one.page.get_by_label(park(one)).check()
    one.press("Davet gönder")
    one.read("Davet e-postayla gönderildi. Bir hafta geçerlidir.", email)


def sees_one_brand(one: Walker, owner: Walker) -> None:
    mail = one.here.sent[-1]
    link = re.search(r"/panel/davet\?d=\S+", mail["text"])
    assert link
    one.go(link[0])
    one.heading("Şirket paneline davet edildiniz")
    one.press("Daveti kabul et")
    one.heading("Davet kabul edildi")
    one.follow("Panele giriş")
    one.sign_in(mail["to"])
    one.heading("Bugün")
    assert one.page.locator("#markalar + table tbody th").all_text_contents() == [park(one)]
    menu = one.page.locator(".side").text_content() or ""
    assert one.say("İzin listesi") in menu
    assert one.say("Yüklemeler") not in menu
    one.go(one.page.url.replace("genel", "yukle"))
    one.heading("Bu sayfa size açık değil")


def reads_the_log(one: Walker) -> None:
    one.menu("İşlem geçmişi")
    one.heading("İşlem geçmişi")
    told = [row[2] for row in one.rows()][::-1]
    assert told[-len(AT_THE_COMPANY) :] == [one.say(audit_texts.WORDS[word]) for word in AT_THE_COMPANY]


def signs_out_everywhere(one: Walker, email: str) -> None:
    one.menu("Hesabım")
    one.press("Bütün tarayıcılardan çık")
    one.heading("Şirket paneline giriş")
    one.read("Çıkış yaptınız.")
    one.sign_in(email)
    one.heading("İkinci adım")
    one.fill(code=app_code(one.here, one.secret))
    one.press("Devam et")
    one.heading("Bugün")
    if one.look is DESK:  # axe is a script
        accessible(one.page)
