"""Pages: start page, errors, what they show to whom and how they travel."""

from __future__ import annotations

import gzip
import re

import jinja2
import pytest
from starlette.requests import Request

from tests.web.client import PageClient, Sheet, check_page
from tests.web.conftest import REAL, Build
from web import pages
from web.rendering import drawing, texts

NOT_IYS = "Bu site İYS'nin kendisi değildir."
PACKED = {"accept-encoding": "gzip, br"}


def plain(markup: str) -> str:
    """The words of a page as they are read, blanks collapsed."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup.replace("&#39;", "'")).replace("\u2011", "-").split())


def without_rooms(client: PageClient) -> PageClient:
    """A site whose pages know of no other."""
    client.app.app.state.process.pages.paths = frozenset()  # type: ignore[attr-defined]
    return client


def test_the_start_page_offers_the_ways_that_exist(site: Build) -> None:
    page = without_rooms(site()).get("/").text
    assert "/giris" not in page
    assert "Nasıl reddederim?" in page
    assert "Kod ücretsizdir" not in page


def test_the_start_page_leads_to_sign_in_where_there_is_one(site: Build) -> None:
    page = site(paths=("/giris",)).get("/").text
    assert '<a class="btn main" href="/giris">Numaramla veya e\u2011postamla gir</a>' in page
    assert page.count('class="btn main"') == 1
    assert "Kod ücretsizdir ve hiçbir markaya onay vermez." in page


def test_the_number_for_refusals_shows_where_there_is_one(site: Build) -> None:
    assert "numarasına gönderin" not in site().get("/").text
    page = site(OPTOUT_NUMBER="+90 532 000 00 00").get("/").text
    assert "+90\u00a0532\u00a0000\u00a000\u00a000 numarasına gönderin." in page
    assert 'href="sms:+905320000000?body=RET%20"' in page
    assert "Ücretsizdir" not in page
    assert "Ücretsizdir." in site(OPTOUT_NUMBER="3838", OPTOUT_NUMBER_FREE="1").get("/").text


def test_the_start_page_says_once_that_it_is_not_iys(site: Build) -> None:
    client = site()
    assert plain(client.get("/").text).count(NOT_IYS) == 1
    assert plain(client.get("/none").text).count(NOT_IYS) == 1
    assert NOT_IYS not in plain(site(OPERATOR_IS_IYS="1").get("/").text)


def test_only_pages_that_exist_are_linked(site: Build) -> None:
    bare = without_rooms(site())
    links = {link["href"] for link in Sheet(bare.get("/").text).all("a")}
    switches = {f"?lang={one}" for one in texts.LANGUAGES if one != "tr"}
    assert links == {"/", "#main"} | switches
    whole = site(paths=("/giris", "/gizlilik", "/rakamlar", "/erisilebilirlik", "/yardim", "/hakkinda", "/sirketler"))
    links = {link["href"] for link in Sheet(whole.get("/").text).all("a")}
    assert links == {"/", "#main"} | switches | {path for path, _ in drawing.FOOTER} | {
        "/giris",
        "/izinler/yaninda",
        "/sirketler",
    }


def test_the_start_page_asks_who_sent_a_message_and_stays_light(site: Build) -> None:
    client = site(paths=("/giris", "/gonderen"), OPTOUT_NUMBER="3838")
    page = client.get("/", headers=PACKED)
    assert '<form action="/gonderen" method="post" id="asks">' in page.text
    assert '<textarea id="text" name="text"' in page.text
    sheet = Sheet(page.text)
    loaded = [one["href"] for one in sheet.all("link") if one.get("rel") == "stylesheet"]
    loaded += [one["src"] for one in sheet.all("script")]
    assert [re.sub(r"[?].*", "", path) for path in loaded] == ["/static/site.css", "/static/start.js"]
    sent = [gzip.compress(client.get(path).content, 6) for path in ("/", *loaded)]
    assert sum(map(len, sent)) <= 9 * 1024


def test_the_operator_is_named(site: Build) -> None:
    page = plain(site(**REAL).get("/").text)
    assert "Siteyi işleten: Örnek İşletmecilik A.Ş., MERSİS 0123456789012345" in page


def test_the_start_page_needs_no_script_and_may_be_found(site: Build) -> None:
    """Its only one says what became of the question (tests/web/test_unsent.py)."""
    page = site().get("/").text
    assert re.findall("<script[^>]*>", re.sub("[?]v=[0-9a-f]+", "", page)) == ['<script src="/static/start.js" defer>']
    assert "<script" not in without_rooms(site()).get("/").text
    assert "noindex" not in page
    assert "noindex" in site().get("/none").text


def test_names_from_the_settings_cannot_become_markup(site: Build) -> None:
    page = site(OPERATOR_TITLE="<b>&\"'").get("/").text
    assert "&lt;b&gt;&amp;&#34;&#39;" in page


def test_a_page_drawn_once_holds_nothing_of_the_first_reader(site: Build) -> None:
    client = site()
    first = client.get("/?q=SECRET&lang=en").text
    assert "SECRET" not in first
    assert client.get("/?lang=en").text == first


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_specimen_of_all_components_is_a_sound_page(site: Build, language: str) -> None:
    page = site().get(f"/specimen?lang={language}").text
    assert ("Telefonla arama" in page) == (language == "tr")
    assert ("Calls" in page) == (language == "en")


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/none", 404, "Bu sayfayı bulamadık"),
        ("GET", "/only-post", 405, "Bu sayfa doğrudan açılmaz"),
        ("POST", "/fail/422", 422, "Yazdığınızı okuyamadık"),
        ("POST", "/fail/429", 429, "Kısa sürede çok fazla deneme yapıldı"),
        ("GET", "/boom", 500, "Bir hata yaptık"),
        ("GET", "/fail/503", 503, "Site şu anda yanıt veremiyor"),
        ("POST", "/fail/503", 503, "Şu anda kaydedemiyoruz"),
        ("GET", "/fail/418", 418, "Bu isteği anlayamadık"),
        ("GET", "/fail/502", 502, "Bir hata yaptık"),
    ],
)
def test_an_error_says_what_happened_and_shows_one_way_on(
    site: Build, method: str, path: str, status: int, said: str
) -> None:
    answer = site(raise_errors=False).request(method, path)
    assert answer.status_code == status
    assert f"<h1>{said}</h1>" in answer.text
    assert answer.text.count('class="btn main"') == 1
    if status >= 500:
        assert answer.headers["x-request-id"] in answer.text


def test_who_loses_his_way_in_the_panel_is_led_back_to_it(site: Build) -> None:
    """A company's person is not about to refuse, and the citizens' first page is not his."""
    page = site(OPTOUT_NUMBER="3838", raise_errors=False).get("/panel/600100/olmayan")
    assert page.status_code == 404
    assert "<h1>Bu sayfayı bulamadık</h1>" in page.text
    assert re.findall('class="btn[^"]*" href="([^"]*)"', page.text) == ["/panel"]
    assert "3838" not in page.text


def test_a_store_that_cannot_save_acknowledges_nothing_and_shows_the_other_way(site: Build) -> None:
    answer = site(OPTOUT_NUMBER="3838").post("/unsaved")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    page = plain(answer.text)
    assert "Son yaptığınız henüz kaydedilmedi." in page
    assert "3838 numarasına gönderin" in page
    assert "ret bağlantısını açın" not in page, "the link leads to the same store"


def test_where_nobody_knows_whether_it_is_saved_nobody_says_that_it_is_not(site: Build) -> None:
    answer = site(OPTOUT_NUMBER="3838").post("/unknown")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    page = plain(answer.text)
    assert "Kaydedilmiş olabilir. Birkaç dakika sonra aynı düğmeye yeniden basın" in page
    assert "kaydedilmedi" not in page
    assert "Hiçbir şey değişmedi" not in page
    assert "3838 numarasına gönderin" in page


DIGITS = "1" * 5000  # more than Python makes a number of


@pytest.mark.parametrize("path", [f"/m/{DIGITS}", f"/m/{DIGITS}/afis", f"/izinler/{DIGITS}"])
def test_a_number_that_can_be_none_leads_nowhere(client: PageClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    heading = "Bu sayfa yok" if path.startswith("/izinler") else "Bu sayfayı bulamadık"
    assert f"<h1>{heading}</h1>" in answer.text


def test_a_path_that_cannot_be_read_still_gets_a_page(site: Build) -> None:
    answer = site(raise_errors=False).get(f"/fail/{DIGITS}")
    assert answer.status_code == 500
    assert "<h1>Bir hata yaptık</h1>" in answer.text
    assert 'href="?"' not in answer.text


def test_a_wrong_method_names_the_right_ones(client: PageClient) -> None:
    assert client.get("/only-post").headers["allow"] == "POST"


def test_htmx_gets_the_notice_alone(client: PageClient) -> None:
    answer = client.post("/fail/422", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert answer.status_code == 422
    assert answer.text.startswith('<div class="note bad" role="alert">')
    whole = client.post("/fail/422", headers={"hx-request": "true", "hx-request-type": "full"})
    assert whole.text.startswith("<!doctype html>")


def test_an_error_page_never_links_to_where_a_path_points(client: PageClient) -> None:
    page = client.get("//evil.example/%22%3E%3Cb%3E?x=%22%3E").text
    assert "evil" not in page
    assert "<b>" not in page


def test_pages_travel_compressed_where_the_browser_takes_it(client: PageClient) -> None:
    for path in ("/", "/specimen", "/none"):
        packed, whole = client.get(path, headers=PACKED), client.get(path, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in whole.headers
        assert packed.text == whole.text
        assert int(packed.headers["content-length"]) < int(whole.headers["content-length"])


def test_a_citizens_page_is_not_compressed_for_a_foreign_page(client: PageClient) -> None:
    foreign = {**PACKED, "sec-fetch-site": "cross-site"}
    assert client.get("/specimen", headers=foreign).headers["content-encoding"] == "gzip"
    signed_in = {**foreign, "cookie": "sid=1"}
    assert "content-encoding" not in client.get("/specimen", headers=signed_in).headers
    own = {**signed_in, "sec-fetch-site": "same-origin"}
    assert client.get("/specimen", headers=own).headers["content-encoding"] == "gzip"
    assert client.get("/", headers=signed_in).headers["content-encoding"] == "gzip", "the same for everybody"


@pytest.mark.parametrize(("query", "target"), [(b"", "/izinler"), (b"lang=en", "/izinler?lang=en")])
def test_a_redirect_keeps_the_language(query: bytes, target: str) -> None:
    answer = pages.redirect(Request({"type": "http", "query_string": query, "headers": []}), "/izinler")
    assert (answer.status_code, answer.headers["location"]) == (303, target)


def test_a_missing_value_is_an_error_and_not_a_gap() -> None:
    made = drawing.environment("tr", (drawing.TEMPLATES,))
    with pytest.raises(jinja2.UndefinedError):
        made.from_string("{{ brand }}").render()
    assert made.from_string("{{ x }}").render(x="<") == "&lt;"


@pytest.mark.parametrize("number", ["3838", "05320000000", "+9053200000000"])
def test_only_turkish_numbers_are_grouped(number: str) -> None:
    assert drawing.phone(number) == number


FAULTS = {
    "two headings": ("<h1>", "<h1>x</h1><h1>"),
    "inline script": ("</main>", "<script>1</script></main>"),
    "inline style": ("</main>", "<p style='x'></p></main>"),
    "inline handler": ("</main>", "<p onclick='x'></p></main>"),
    "id twice": ("</main>", "<p id='main'></p></main>"),
    "input without label": ("</main>", "<input id='q' type='text'></main>"),
    "form without action": ("</main>", "<form method='post'></form></main>"),
    "label for nothing": ("</main>", "<label for='gone'>x</label></main>"),
    "button without type": ("</main>", "<button>x</button></main>"),
    "foreign script": ("</main>", "<script src='https://cdn.example/x.js'></script></main>"),
    "unknown icon": ("#i-mark", "#i-gone"),
    "no language": ('<html lang="tr">', "<html lang=''>"),
    "htmx elsewhere": (
        "</main>",
        "<form action='/a' method='post'><button type='submit' hx-post='/b'>x</button></form></main>",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_of_pages_finds_each_fault(client: PageClient, fault: str) -> None:
    answer = client.get("/")
    check_page(answer)
    answer._content = answer.text.replace(*FAULTS[fault], 1).encode()
    del answer._text
    with pytest.raises((AssertionError, KeyError)):
        check_page(answer)


def test_the_compressed_page_is_the_page(client: PageClient) -> None:
    made = client.app.app.state.process.pages  # type: ignore[attr-defined]
    client.get("/")
    (page,) = (one for (template, *_), one in made.prepared.items() if template == "pages/start.html")
    assert gzip.decompress(page.packed({})).decode() == page.text({}) == client.get("/").text
    assert texts.COMPLETE == {"tr": "Türkçe", "en": "English"}
