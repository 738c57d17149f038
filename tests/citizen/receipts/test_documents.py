"""My documents: the receipts in a list, the whole record folded and as a PDF, and the check in a browser."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text as sql

from consents.queries import act_receipts
from consents.store import Statement, Transaction
from consents.terms import Door
from evidence import log
from evidence.checkpoints import LogKey
from tests.browsing import browser as browser
from tests.browsing import window
from tests.citizen.consents.browser import opened, served
from tests.citizen.consents.states import many
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, HTMX, ISIK, MEHMET, Town, Visitor, text
from tests.citizen.receipts.test_receipts import by, refused
from tests.conftest import Clock
from tests.optout.links import pictures
from tests.optout.receipts.test_checks import unsealed
from trust import paper_seals, record_numbers
from web.forms import FORM_BYTES
from web.rendering import qr

PAGE, RECORD = "/belgelerim", "/izinler/kayit"
LISTED = re.compile(
    r'<li><a href="(/makbuz/\d{12})"><strong>([^<]*)</strong>\s*<span class="soft">([^<]*)</span>', re.DOTALL
)
PAGES = re.compile(rb"/Type\s*/Page\b")


def listed(visitor: Visitor, query: str = "") -> list[tuple[str, str, str]]:
    """(path, sentence, when) of each receipt in the list."""
    return [(path, what, " ".join(at.split())) for path, what, at in LISTED.findall(visitor.get(PAGE + query).text)]


def test_each_act_has_its_sentence_its_day_and_its_receipt(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR_MINI)
    here.told(AYSE, CINAR, "ARAMA")
    visitor = here.sign_in(AYSE)
    assert "makbuzu burada durur" in text(visitor.get(PAGE).text)
    refused(here, visitor)
    clock.forward(days=1)
    visitor = here.sign_in(AYSE)
    undone = visitor.post("/izinler/reddet", scope="all").headers["location"].rpartition("=")[2]
    visitor.press(f"/izinler/geri-al/{undone}")
    visitor.post(f"/izinler/{ISIK}/MESAJ/BIREYSEL", status="ONAY")
    ways = ["ARAMA-BIREYSEL", "MESAJ-BIREYSEL"]
    visitor.post("/izinler/bundan-sonrasi", way=ways)
    visitor.post("/izinler/bundan-sonrasi", way=ways, end="1")
    called = by(here, Door.VOICE, ISIK)
    found = listed(visitor)
    sentences = [what for _, what, _ in found]
    assert sentences == [
        "Işık markasını reddettiniz (SMS)",
        "Yeni markalara yeniden açıksınız",
        "Yeni markalara kapandınız",
        "Işık markasına izin verdiniz (SMS)",
        "Geri aldınız: 2 marka",
        "2 markayı reddettiniz",
        "Çınar markasını reddettiniz (SMS)",
    ]
    assert found[0][0] == called
    assert found[-1][2] == "24 Kasım 2026 Salı, 12:00"
    assert found[-2][2] == "25 Kasım 2026 Çarşamba, 12:00 · sonra geri alındı"
    for path, what, _ in found:
        assert f"<h1>{what}</h1>" in visitor.get(path).text, "the receipt has the sentence of the list"
    assert listed(here.sign_in(MEHMET)) == []


def test_the_list_has_pages_and_begins_with_the_present_holder(here: Town, clock: Clock) -> None:
    visitor = here.sign_in(AYSE)
    for place in range(act_receipts.PAGE + 3):
        clock.forward(seconds=1)
        visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status=("RET", "ONAY")[place % 2])
    first, second = listed(visitor), listed(visitor, "?page=2")
    assert [len(first), len(second)] == [act_receipts.PAGE, 3]
    assert len({path for path, _, _ in first + second}) == act_receipts.PAGE + 3
    assert listed(visitor, "?page=99") == second
    assert listed(visitor, "?page=0") == first
    clock.forward(days=400)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")
    assert len(listed(visitor)) <= 1, "what was before is hidden"


def test_the_menu_leads_there_and_the_page_to_all_documents(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    assert f'<a href="{PAGE}"' in visitor.get("/izinler").text
    page = visitor.get(PAGE).text
    for path in (RECORD, "/dogrula"):
        assert f'href="{path}"' in page
        assert visitor.get(path).status_code == 200
    for ending in ("", ".json", ".pdf"):
        assert here.client.get(RECORD + ending).headers["location"] == "/giris"
    assert here.client.get(PAGE).headers["location"] == "/giris"


# -- the proof that is not there yet -----------------------------------------------------------------------------------


def test_a_receipt_looks_for_its_proof_by_itself_and_never_for_ever(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    page = visitor.get(path).text
    looks = 0
    while found := re.search(r'hx-get="([^"]+)" hx-trigger="load delay:10s" hx-target="#proof"', page):
        page, looks = visitor.get(found[1], **HTMX).text, looks + 1
        assert "<html" not in page
        assert looks < 10, "each look keeps the session"
    assert looks == 6
    assert f'href="{path}?bak=0#proof"' in page, "then, and without script, there is a button"
    assert b"/EmbeddedFile" not in visitor.get(f"{path}.pdf").content
    log.extend(here.registry)
    piece = visitor.get(f"{path}?bak=3", **HTMX).text
    assert "Kanıt hazır." in piece
    assert f'href="{path}.json"' in piece
    for page in (piece, visitor.get(path).text):
        assert "hx-get" not in page
        assert "Hazır mı, bak" not in page
    ended = here.client.get(f"{path}?bak=3", headers=HTMX)
    assert ended.headers["hx-redirect"] == "/giris", "no page is put into a page"
    for odd in ("?bak=x", "?bak=99", "?bak=-1", "?bak=١"):
        assert visitor.get(path + odd).status_code == 200


def test_the_page_fills_itself_in(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    with served(here) as address, opened(browser, address, visitor) as page:
        page.clock.install()
        page.goto(path)
        expect(page.get_by_text("Hazır mı, bak")).to_be_visible()
        log.extend(here.registry)
        page.clock.run_for(11_000)
        expect(page.get_by_role("link", name="Bilgisayar için (JSON)")).to_be_visible()
        expect(page.locator("#live")).to_have_text("Kanıt hazır.")
        expect(page.get_by_text("Hazır mı, bak")).to_have_count(0)


def test_the_qr_code_leads_to_the_number(here: Town, browser: Browser) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    with served(here) as address, opened(browser, address, visitor, scheme="dark") as page:
        page.goto(path)
        code = page.locator("svg.scan")
        code.scroll_into_view_if_needed()
        found = pictures.read(code.screenshot())
    assert found == [f"{here.client.app.app.state.process.settings.public_url}{path}"]


# -- the whole record --------------------------------------------------------------------------------------------------


def test_the_record_is_folded_has_pages_and_is_searched(here: Town, browser: Browser) -> None:
    many(here, AYSE, 32, both=True)
    visitor = here.sign_in(AYSE)
    page = visitor.get(RECORD).text
    assert page.count('<details class="brand">') == 30
    assert visitor.get(f"{RECORD}?page=2").text.count('<details class="brand">') == 2
    assert "Reddedildi : Telefonla arama, SMS (kendiniz ve işletmeniz için)" in text(page)
    found = visitor.get(f"{RECORD}?q=marka+17").text
    assert found.count('<details class="brand" open>') == 1
    assert "Örnek Marka 17" in found
    assert "Örnek Marka 18" not in found
    none = text(visitor.get(f"{RECORD}?q=yokyok").text)
    assert "Kayıtlarınızda böyle bir marka yok" in none
    with served(here) as address, opened(browser, address, visitor) as window:
        window.set_viewport_size({"width": 360, "height": 640})
        window.goto(RECORD)
        assert window.evaluate("document.documentElement.scrollHeight") < 5000
        window.locator("summary", has_text="Örnek Marka 3").first.click()
        expect(window.locator("details[open] li").first).to_be_visible()


def test_a_short_record_has_no_search(here: Town) -> None:
    here.told(AYSE, CINAR)
    page = here.sign_in(AYSE).get(RECORD).text
    assert 'name="q"' not in page
    assert page.count("<details") == 2, "the menu and the brand"


@pytest.mark.parametrize(("count", "sheets", "size"), [(30, 3, 64_000), (138, 8, 200_000)])
def test_the_record_as_pdf_is_short_and_holds_everything(here: Town, count: int, sheets: int, size: int) -> None:
    many(here, AYSE, count, both=count < 100)
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/reddet", scope="all")
    started = time.process_time()
    answer = visitor.get(f"{RECORD}.pdf")
    assert time.process_time() - started < 5
    assert answer.headers["content-disposition"] == 'attachment; filename="izin.pdf"'
    assert len(answer.content) < size
    assert len(PAGES.findall(answer.content)) <= sheets
    (attached,) = paper_seals.attached(answer.content, 5_000_000)
    assert json.loads(attached) == visitor.get(f"{RECORD}.json").json()
    for part in (b"<pdfaid:part>3</pdfaid:part>", b"<pdfuaid:part>1</pdfuaid:part>", b"/S/TH"):
        assert part in answer.content
    key = LogKey.of(here.registry.keyring).public
    assert paper_seals.check(answer.content, key) == (paper_seals.RECORD, "202611241200")


def check_file(here: Town, data: bytes) -> tuple[int, str]:
    answer = here.client.post("/dogrula", files={"file": ("izin.pdf", data)})
    return answer.status_code, text(answer.text)


def test_the_record_as_pdf_is_known_and_never_a_forgery(here: Town) -> None:
    here.told(AYSE, CINAR)
    made = here.sign_in(AYSE).get(f"{RECORD}.pdf").content
    status, page = check_file(here, made)
    assert status == 200
    assert "Bu kayıt dökümü gerçek" in page
    assert "24 Kasım 2026 Salı, 12:00" in page
    for changed in (made + b"\n", unsealed(made), made.replace(b"/Lang(tr)", b"/Lang(en)")):
        status, page = check_file(here, changed)
        assert status == 422
        assert "gerçek değil" not in page
        assert "dökümü gerçek" not in page


def test_the_record_of_many_brands_is_checked_though_no_form_is_as_large(here: Town) -> None:
    """By its hash, of which one portion is in memory at a time; nothing of it is read without a declared size."""
    many(here, AYSE, 138, both=True)
    made = here.sign_in(AYSE).get(f"{RECORD}.pdf").content
    assert len(made) > FORM_BYTES
    status, page = check_file(here, made)
    assert status == 200
    assert "Bu kayıt dökümü gerçek" in page
    middle = len(made) // 2
    altered = made[:middle] + bytes([made[middle] ^ 1]) + made[middle + 1 :]
    for changed, words in ((altered, "değişmiş"), (made + b"\n", "değişmiş"), (unsealed(made), "kanıt yok")):
        status, page = check_file(here, changed)
        assert status == 422
        assert words in page
        assert "gerçek değil" not in page
    for refused_file in (b"x" + made, made + bytes(16_000_000)):
        status, page = check_file(here, refused_file)
        assert status == 413
        assert "Bu dosya çok büyük" in page
    without = here.client.build_request("POST", "/dogrula", files={"file": ("izin.pdf", made)})
    without.headers["transfer-encoding"] = "chunked"
    del without.headers["content-length"]
    assert here.client.send(without).status_code == 413


def test_a_record_with_a_history_of_fifteen_megabytes_is_checked(here: Town) -> None:
    whole = b"%PDF-1.7\n" + bytes(15_000_000) + b"\nstartxref\n9\n%%EOF"
    at = here.registry.store.now()
    made = paper_seals.sealed(whole, paper_seals.of_minute(paper_seals.RECORD, at), here.registry.keyring)
    status, page = check_file(here, made)
    assert (status, "Bu kayıt dökümü gerçek" in page) == (200, True)
    status, page = check_file(here, made.replace(b"\0", b"\1", 1))
    assert (status, "değişmiş" in page) == (422, True)


@pytest.mark.parametrize("portion", [1, 7, 149, 200, 201, 4096])
def test_a_seal_is_found_however_the_file_arrives(here: Town, portion: int) -> None:
    here.told(AYSE, CINAR)
    made = here.sign_in(AYSE).get(f"{RECORD}.pdf").content[-3000:]
    keyring = here.registry.keyring
    resealed = paper_seals.sealed(unsealed(made), paper_seals.Seal(paper_seals.RECORD, "202611241200"), keyring)
    reader = paper_seals.SealReader()
    for start in range(0, len(resealed), portion):
        reader.add(resealed[start : start + portion])
    assert reader.check(LogKey.of(keyring).public).digits == "202611241200"
    reader.add(b"\n")
    with pytest.raises(paper_seals.BrokenSeal):
        reader.check(LogKey.of(keyring).public)


def test_an_empty_record_and_any_title_make_a_pdf(here: Town) -> None:
    def rename(transaction: Transaction) -> None:
        values = {"title": 'A #panic("x") $a$ *b* @c <d> [e] \\ "f"', "code": CINAR}
        transaction.run(Statement(sql("UPDATE brand SET title = :title WHERE code = :code")), values)

    visitor = here.sign_in(AYSE)
    (attached,) = paper_seals.attached(visitor.get(f"{RECORD}.pdf").content, 1000)
    assert json.loads(attached)["brands"] == []
    here.registry.store.write_now(rename)
    here.told(AYSE, CINAR)
    here.told(AYSE, CINAR, "ARAMA", "TACIR", "RET")
    for language in ("tr", "en"):
        made = visitor.get(f"{RECORD}.pdf?lang={language}").content
        assert f"/Lang({language})".encode() in made


def test_the_receipt_of_many_brands_is_short_enough_for_the_check(here: Town) -> None:
    many(here, AYSE, 138)
    visitor = here.sign_in(AYSE)
    act = int(visitor.post("/izinler/reddet", scope="all").headers["location"].rpartition("=")[2])
    log.extend(here.registry)
    made = visitor.get(f"/makbuz/{record_numbers.of_act(here.registry.keyring, act)}.pdf").content
    assert len(PAGES.findall(made)) <= 3
    status, page = check_file(here, made)
    assert status == 200
    assert "Bu makbuz gerçek" in page
    assert page.count("Örnek Marka") == 206


# -- the check in a browser --------------------------------------------------------------------------------------------

DETECTOR = """globalThis.BarcodeDetector = class {
  static async getSupportedFormats() { return FORMATS; }
  async detect(picture) { return picture.width === 90 ? [{ rawValue: "https://izin.example/makbuz/NUMBER" }] : []; }
}"""


def picture(side: int) -> bytes:
    """A white PNG, a multiple of ten pixels wide."""
    modules = side // 10 - 2 * qr.QUIET
    return qr.png(((False,) * modules,) * modules)


def test_a_photo_of_the_code_is_read_where_the_browser_can(here: Town, browser: Browser, tmp_path: Path) -> None:
    number = by(here, Door.SMS)[-12:]
    for name, side in (("code.png", 90), ("cat.png", 100)):
        (tmp_path / name).write_bytes(picture(side))
    (tmp_path / "large.pdf").write_bytes(b"%PDF-1.7" + b"x" * 16_000_000)
    (tmp_path / "large.json").write_bytes(b"x" * 70_000)
    with served(here) as address, window(browser, address) as page:
        page.add_init_script(DETECTOR.replace("NUMBER", number).replace("FORMATS", '["qr_code"]'))
        page.goto("/dogrula")
        with page.expect_navigation():
            page.locator("#picture").set_input_files(tmp_path / "code.png")
        expect(page.locator("h2").first).to_have_text("Bu kayıt gerçek")
        expect(page.locator("main")).to_contain_text(record_numbers.spaced(number))
        page.goto("/dogrula")
        for box, name, words in (
            ("#picture", "cat.png", "kayıt numarasını yukarıya yazın"),
            ("#file", "large.pdf", "dosyayı bilgisayarda doğrulayın"),
            ("#file", "large.json", "çok büyük"),
        ):
            page.locator(box).set_input_files(tmp_path / name)
            expect(page.locator("#unread")).to_contain_text(words)
            expect(page.locator("#number")).to_be_focused()
            assert page.locator(box).input_value() == ""


def photographed(browser: Browser, path: Path, drawn: bytes) -> Path:
    """A photo of a sheet with a drawing on it, on a table, held askew and under uneven light."""
    page = browser.new_page(viewport={"width": 1500, "height": 2000})
    page.set_content(
        f"""<body style="margin:0;background:#876"><div style="position:absolute;left:200px;top:250px;width:1100px;
        height:1500px;background:#f4f1ea;transform:perspective(2500px) rotateX(14deg) rotateY(-9deg) rotate(11deg)">
        <p style="font:30px serif;margin:60px">Makbuz</p>
        <img style="position:absolute;right:90px;top:120px;width:300px" src="data:image/svg+xml;base64,{
            base64.b64encode(drawn).decode()
        }"></div>
        <div style="position:absolute;inset:0;background:linear-gradient(100deg,#0008,#0000 60%)"></div>"""
    )
    page.screenshot(path=path, type="jpeg", quality=60)
    page.close()
    return path


@pytest.mark.parametrize("formats", ["", '["ean_13"]', '["qr_code"]'])
def test_a_browser_that_reads_no_code_gets_a_reader_with_the_photo(
    here: Town, browser: Browser, tmp_path: Path, formats: str
) -> None:
    """Also where its own reader finds nothing. The photo is sent to nobody."""
    number = by(here, Door.SMS)[-12:]
    code = qr.svg(qr.pattern(f"https://izin.example/makbuz/{number}"), "Makbuz")
    photo = photographed(browser, tmp_path / "receipt.jpg", code)
    cat = photographed(browser, tmp_path / "cat.jpg", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    with served(here) as address, window(browser, address) as page:
        known = DETECTOR.replace("FORMATS", formats) if formats else "delete globalThis.BarcodeDetector"
        page.add_init_script(known)
        page.goto("/dogrula")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("performance.getEntriesByType('resource').every(one => !one.name.includes('/qr/'))")
        page.locator("#picture").set_input_files(cat)
        expect(page.locator("#unread")).to_contain_text("Fotoğraftaki karekodu okuyamadık")
        expect(page.locator("#reading")).to_be_hidden()
        with page.expect_navigation(), page.expect_request(lambda sent: sent.method == "POST") as sent:
            page.locator("#picture").set_input_files(photo)
        expect(page.locator("h2").first).to_have_text("Bu kayıt gerçek")
        assert "image/" not in (sent.value.post_data or "")


def test_without_script_no_photo_is_asked_for_and_the_other_way_is_named(here: Town, browser: Browser) -> None:
    with served(here) as address, window(browser, address, java_script_enabled=False) as page:
        page.goto("/dogrula")
        expect(page.locator("#photo")).to_be_hidden()
        expect(page.locator("#no-photo")).to_have_text(
            "Karekodu telefonunuzun kamerasıyla da okutabilirsiniz. Olmazsa altındaki kayıt numarasını yukarıya yazın."
        )
