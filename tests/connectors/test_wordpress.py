"""The plugin in WordPress itself, in a browser: what visitors and the administrator do, and what İzin then holds."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from babel.messages import mofile, pofile
from playwright.sync_api import Browser, Page, expect

from providers.push import signing
from providers.push.signing import SigningSecret
from tests.browsing import browser as browser
from tests.connectors.blog import ADMIN, PASSWORD, PLUGIN, Blog, wordpress
from tests.connectors.registry import BRAND, IYS, Served, until

pytestmark = pytest.mark.long

BOX = "#izin-eposta"
WORDING = "Fidan & Kitap bana e-posta ile kampanya ve haber göndersin istiyorum. İstediğim an ücretsiz reddedebilirim."
SECRET = signing.new()


@pytest.fixture(scope="module")
def blog(izin: Served, browser: Browser) -> Iterator[Blog]:
    """WordPress, connected by its administrator on the settings page; PHP complains of nothing of the plugin's."""
    with wordpress() as made:
        page = signed_in(made, browser, ADMIN, PASSWORD)
        page.goto("/wp-admin/tools.php?page=izin-queue")
        expect(page.locator(".notice-warning")).to_contain_text("Bağlantı henüz ayarlanmadı")
        page.goto("/wp-admin/options-general.php?page=izin")
        page.fill("#izin_url", izin.address)
        page.fill("#izin_user", izin.user)
        page.fill("#izin_password", "yanlış")
        page.fill("#izin_iys", str(IYS))
        page.fill("#izin_brand", str(BRAND))
        page.check("[value=MESAJ]")
        page.check("[value=ARAMA]")
        page.click("#submit")
        page.click("text=Bağlantıyı dene")
        expect(page.locator("#izin-outcome")).to_contain_text("Doğrusunu ayarlar sayfasına yazın")
        page.fill("#izin_password", izin.password)
        page.click("#submit")
        assert izin.password not in page.content()
        expect(page.locator("#izin_password")).to_have_value("")
        page.click("text=Bağlantıyı dene")
        expect(page.locator("#izin-outcome")).to_contain_text("Çalışıyor")
        page.context.close()
        yield made
        assert [line for line in made.log().splitlines() if "plugins/izin" in line] == []


def signed_in(blog: Blog, browser: Browser, user: str, password: str) -> Page:
    page = browser.new_context(base_url=blog.address, locale="tr-TR").new_page()
    page.goto("/wp-login.php")
    page.fill("#user_login", user)
    page.fill("#user_pass", password)
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/**")
    return page


def register(blog: Blog, browser: Browser, user: str, *, tick: bool) -> Page:
    page = browser.new_context(base_url=blog.address, locale="tr-TR").new_page()
    page.goto("/wp-login.php?action=register")
    expect(page.locator(BOX)).not_to_be_checked()
    expect(page.locator(".izin-consent")).to_have_text(re.compile(re.escape(WORDING)))
    page.fill("#user_login", user)
    page.fill("#user_email", f"{user}@example.com")
    if tick:
        page.check(BOX)
    page.click("#wp-submit")
    page.wait_for_url("**checkemail=registered**")
    return page


def choose_password(blog: Blog, page: Page, user: str, password: str) -> None:
    """By the link in the mail, which proves the address."""
    links = until(lambda: re.findall(r"http\S+action=rp", " ".join(blog.mails(f"{user}@example.com"))))
    page.goto(links[0])
    page.fill("#pass1", password)
    page.click("#wp-submit")
    expect(page.locator(".reset-pass")).to_be_visible()


def confirm(blog: Blog, page: Page, email: str) -> None:
    """By the link and the button, as somebody who wishes it."""
    links = until(lambda: re.findall(r"http\S+izin_confirm\S+", " ".join(blog.mails(email))))
    page.goto(links[0])
    page.click("text=Evet, doğruluyorum")
    expect(page.locator("body")).to_contain_text("İzniniz kaydedildi")


def states(blog: Blog, address: str) -> list[str]:
    found: list[str] = blog.value(
        f"$wpdb->get_col(\"SELECT state FROM {{$wpdb->prefix}}izin_queue WHERE address = '{address}' ORDER BY id\")"
    )
    return found


def refuse_at_izin(izin: Served, browser: Browser, email: str) -> None:
    """The citizen, on İzin's own page."""
    client = izin.signed_in(email)
    context = browser.new_context(base_url=izin.address, locale="tr-TR")
    context.add_cookies([{"name": name, "value": value, "url": izin.address} for name, value in client.cookies.items()])
    page = context.new_page()
    page.goto(f"/izinler/{BRAND}")
    expect(page.locator("main")).to_contain_text("İzin var")
    page.goto("/izinler")
    page.click(f"#m-{BRAND} button.refuse")
    expect(page.locator(f"#m-{BRAND}")).to_contain_text("Reddettiniz")
    context.close()


def test_who_registers_with_the_box_consents_and_a_refusal_at_izin_takes_it_off(
    izin: Served, blog: Blog, browser: Browser
) -> None:
    page = register(blog, browser, "fidan", tick=True)
    email, password = "fidan@example.com", "Uzun bir parola 11"
    with blog.cron():
        time.sleep(5)
        assert izin.status(email) == {}  # nobody has proved yet that the address is theirs
        choose_password(blog, page, "fidan", password)
        time.sleep(5)
        assert izin.status(email) == {}  # a password is no wish: a stranger may have ticked the box
        confirm(blog, page, email)
        standing = until(lambda: izin.status(email))
        assert (standing["status"], standing["source"]) == ("ONAY", "HS_WEB")
        until(lambda: states(blog, email) == ["done"])
        page.close()

        brand = izin.signed_in(email).get(f"/izinler/{BRAND}").text
        assert WORDING.replace("&", "&amp;") in brand
        assert "wordpress-registration" in brand

        page = signed_in(blog, browser, "fidan", password)
        until(lambda: blog.value(f"izin_may_send('{email}')"))
        page.goto("/wp-admin/profile.php")
        expect(page.locator(BOX)).to_be_checked()

        refuse_at_izin(izin, browser, email)
        begun = time.monotonic()
        until(lambda: page.reload() and not page.is_checked(BOX))
        assert time.monotonic() - begun < 60
        assert blog.value(f"izin_may_send('{email}')") is False

        # Ticked again, it asks for no second proof: the consent reaches İzin and waits there for the citizen.
        page.check(BOX)
        page.click("#submit")
        until(lambda: states(blog, email)[-1] == "done")
        assert izin.status(email)["status"] == "RET"
        assert blog.value(f"izin_may_send('{email}')") is False
        page.context.close()


def test_who_leaves_the_box_alone_consents_to_nothing(izin: Served, blog: Blog, browser: Browser) -> None:
    page = register(blog, browser, "sessiz", tick=False)
    choose_password(blog, page, "sessiz", "Uzun bir parola 12")
    assert states(blog, "sessiz@example.com") == []
    page.context.close()


def test_a_user_refuses_on_the_profile_page_at_once(izin: Served, blog: Blog, browser: Browser) -> None:
    izin.declare("ugur@example.com", "ONAY")
    blog.work(1)  # the feed has passed it before there is an account
    blog.php("wp_create_user('ugur', 'Uzun bir parola 13', 'ugur@example.com');")
    blog.work(1)
    page = signed_in(blog, browser, "ugur", "Uzun bir parola 13")
    page.goto("/wp-admin/profile.php")
    expect(page.locator(BOX)).to_be_checked()
    page.uncheck(BOX)
    page.click("#submit")
    assert izin.status("ugur@example.com")["status"] == "RET"  # no cron ran
    expect(page.locator(BOX)).not_to_be_checked()

    # A page from before a change is no word: it must not undo the refusal.
    stale = page.locator("[name=izin_shown]")
    stale.evaluate("one => one.value = '1'")
    page.check(BOX)
    page.click("#submit")
    assert izin.status("ugur@example.com")["status"] == "RET"
    assert states(blog, "ugur@example.com") == ["done"]
    page.context.close()


def test_who_comments_is_asked_by_mail_first(izin: Served, blog: Blog, browser: Browser) -> None:
    page = browser.new_context(base_url=blog.address, locale="tr-TR").new_page()
    page.goto("/?p=1")
    expect(page.locator(BOX)).not_to_be_checked()
    page.fill("#comment", "Güzel bir yazı.")
    page.fill("#author", "Derya")
    page.fill("#email", "Derya@example.com")
    page.check(BOX)
    page.click("#submit")
    (mail,) = until(lambda: blog.mails("derya@example.com"))
    assert WORDING in mail
    link = re.search(r"http\S+izin_confirm\S+", mail)[0]  # type: ignore[index]
    httpx2.get(link)  # as a scanner of mails does
    assert states(blog, "derya@example.com") == ["unproven"]
    page.goto(link)
    page.click("text=Evet, doğruluyorum")
    expect(page.locator("body")).to_contain_text("İzniniz kaydedildi")
    blog.work()
    assert izin.status("derya@example.com")["status"] == "ONAY"
    wrong = httpx2.get(link.replace("proof=", "proof=x"))
    assert wrong.status_code == 404
    page.context.close()


def test_lists_wait_for_each_item_s_result(izin: Served, blog: Blog, browser: Browser) -> None:
    """1,200 words in two lists, one word of a wrong form and one dated too long ago: 1,198 are stored all the same."""
    left = "$wpdb->get_col(\"SELECT DISTINCT state FROM {$wpdb->prefix}izin_queue WHERE form = 'test'\")"
    blog.php(
        "for ($i = 0; $i < 1200; $i++) {"
        " Izin_Queue::add('EPOSTA', \"cok$i@example.com\", $i % 100 ? 'RET' : 'ONAY', 'test'); }"
        "$table = $wpdb->prefix . 'izin_queue';"
        "$wpdb->query(\"UPDATE $table SET address = 'bozuk@' WHERE address = 'cok700@example.com'\");"
        "$wpdb->query(\"UPDATE $table SET happened = '2020-01-01' WHERE address = 'cok1100@example.com'\");"
    )
    until(lambda: blog.work(5) or not set(blog.value(left)) - {"done", "failed"}, 200)
    counts = blog.value(
        '$wpdb->get_results("SELECT state, COUNT(*) AS many FROM {$wpdb->prefix}izin_queue'
        " WHERE form = 'test' GROUP BY state\", OBJECT_K)"
    )
    assert {state: int(row["many"]) for state, row in counts.items()} == {"done": 1198, "failed": 2}
    many = [f"cok{number}@example.com" for number in range(900, 1200)]
    answer = izin.ask("POST", "/consents/BIREYSEL/status/EPOSTA", {"recipients": many}).json()
    assert sorted(answer["list"]) == ["cok1000@example.com", "cok900@example.com"]
    for number in (1, 699, 701, 999, 1099, 1199):
        assert izin.status(f"cok{number}@example.com")["status"] == "RET"

    page = signed_in(blog, browser, ADMIN, PASSWORD)
    page.goto("/wp-admin/tools.php?page=izin-queue")
    expect(page.locator("#izin-failed strong")).to_have_text("2")
    expect(page.locator("tbody")).to_contain_text("bozuk@")
    expect(page.locator("tbody")).to_contain_text("H467")
    page.locator("tr", has_text="bozuk@").get_by_text("Sil").click()
    expect(page.locator("#izin-failed strong")).to_have_text("1")
    page.context.close()


# Filters of WordPress: a list with this address is refused whole and no item of it is named; sending is forbidden; the
# answer to a list is lost.
REFUSED = """add_filter('pre_http_request', static function ($done, $request, $url) {
    return strpos($url, 'consents/request') && strpos((string) $request['body'], '%s') ? array('headers' => array(),
        'body' => '{"errors":[{"code":"Z400","message":"Hatalı"}]}', 'cookies' => array(), 'filename' => '',
        'response' => array('code' => 422, 'message' => '')) : $done; }, 10, 3);"""
FORBIDDEN = REFUSED.replace("=> 422", "=> 403")
FAILED = "array('state' => 'failed', 'code' => 'H000')"
LOST = """add_filter('http_response', static function ($got, $request, $url) {
    return strpos($url, 'consents/request') ? new WP_Error('lost', 'kayboldu') : $got; }, 10, 3);"""


def test_what_izin_does_not_answer_is_sent_again_and_stored_once(izin: Served, blog: Blog, browser: Browser) -> None:
    with blog.cut_off():
        begun = time.monotonic()
        page = register(blog, browser, "gece", tick=True)
        choose_password(blog, page, "gece", "Uzun bir parola 14")
        confirm(blog, page, "gece@example.com")
        assert time.monotonic() - begun < 30  # nobody waits for İzin
        page.context.close()
        blog.php("Izin_Queue::work();")
        page = signed_in(blog, browser, ADMIN, PASSWORD)
        page.goto("/wp-admin/tools.php?page=izin-queue")
        expect(page.locator(".notice-error")).to_contain_text("İzin’e ulaşılamadı")
        page.context.close()

    # The answer to a list is lost: it goes once more under its key.
    blog.php(f"{LOST} Izin_Queue::resume(); Izin_Queue::work();")
    assert states(blog, "gece@example.com") == ["waiting"]
    blog.work()
    assert states(blog, "gece@example.com") == ["done"]
    key = {"recipient": "gece@example.com", "recipientType": "BIREYSEL", "type": "EPOSTA"}
    assert len(izin.ask("POST", "/consents/history", key).json()["list"]) == 1


def add(blog: Blog, *names: str, word: str = "ONAY") -> None:
    blog.php("".join(f"Izin_Queue::add('EPOSTA', '{name}@example.com', '{word}', 'test');" for name in names))


def test_a_list_that_is_refused_whole_loses_one_word_alone(izin: Served, blog: Blog) -> None:
    names = [f"liste{number}" for number in range(5)]
    add(blog, *names)
    refused = REFUSED % "liste3@example.com"
    blog.php(f"{refused} for ($i = 0; $i < 4; $i++) {{ Izin_Queue::resume(); Izin_Queue::work(); sleep(1); }}")
    found = {name: states(blog, f"{name}@example.com") for name in names}
    assert found == {name: ["failed" if name == "liste3" else "done"] for name in names}


def test_a_list_that_lost_a_word_since_its_first_try_goes_under_another_key(izin: Served, blog: Blog) -> None:
    add(blog, "anahtar1", "anahtar2")
    blog.php(f"{LOST} Izin_Queue::work();")
    blog.php("Izin_Privacy::erase('anahtar1@example.com');")
    blog.work()
    assert states(blog, "anahtar2@example.com") == ["done"]
    assert izin.status("anahtar1@example.com")["status"] == "RET"  # the erasure's own


def test_a_fault_of_sending_keeps_no_refusal_away(izin: Served, blog: Blog) -> None:
    standing_consent(blog, izin, "duyulan@example.com")
    add(blog, "bekler")
    blog.php(f"{FORBIDDEN % 'bekler@example.com'} Izin_Queue::work();")
    assert states(blog, "bekler@example.com") == ["waiting"]
    izin.refuse("duyulan@example.com")
    blog.php("Izin_Queue::work();")  # sending has its pause
    assert blog.value("izin_may_send('duyulan@example.com')") is False
    blog.work()
    assert states(blog, "bekler@example.com") == ["done"]


def test_a_revoked_user_loses_nothing_and_after_a_day_nobody_is_written_to(
    izin: Served, blog: Blog, browser: Browser
) -> None:
    standing_consent(blog, izin, "anahtarsiz@example.com")
    add(blog, "iptal", "iptal-kanit")
    stored = (
        "UPDATE {$wpdb->prefix}izin_queue SET state = 'stored', transaction = 'x' WHERE address LIKE 'iptal-kanit%'"
    )
    blog.php(
        f'$wpdb->query("{stored}"); delete_option("izin_token"); Izin_Settings::keep_secret("password", "eski");'
        "Izin_Queue::work(); Izin_Queue::resume(); Izin_Queue::work();"
    )
    assert (states(blog, "iptal@example.com"), states(blog, "iptal-kanit@example.com")) == (["waiting"], ["stored"])
    assert blog.value("izin_may_send('anahtarsiz@example.com')") is True
    blog.php("update_option('izin_seen', time() - 2 * HOUR_IN_SECONDS);")
    page = signed_in(blog, browser, ADMIN, PASSWORD)
    expect(page.locator("#izin-silence")).to_contain_text("bir saatten uzun")
    page.click("#izin-silence a")
    expect(page.locator(".notice-error.inline")).to_contain_text("parolayı kabul etmiyor")
    page.context.close()
    blog.php("update_option('izin_seen', time() - 25 * HOUR_IN_SECONDS);")
    assert blog.value("izin_may_send('anahtarsiz@example.com')") is False
    blog.php(f"Izin_Settings::keep_secret('password', '{izin.password}');")
    blog.work()
    assert states(blog, "iptal@example.com") == ["done"]
    assert states(blog, "iptal-kanit@example.com") == ["failed"]  # İzin knows no such record
    assert blog.value("izin_may_send('anahtarsiz@example.com')") is True


def test_a_user_whose_address_izin_does_not_take_stops_no_other(izin: Served, blog: Blog, browser: Browser) -> None:
    wrong = "u" * 65 + "@example.com"
    izin.declare("sorulabilen@example.com", "ONAY")
    blog.work(1)  # the feed has passed it before there are accounts
    for name, email in (("uzun", wrong), ("sorulabilen", "sorulabilen@example.com")):
        blog.php(f"wp_create_user('{name}', 'Uzun bir parola 18', '{email}');")
    blog.work(1)
    assert blog.value("izin_may_send('sorulabilen@example.com')") is True
    page = signed_in(blog, browser, ADMIN, PASSWORD)
    page.goto("/wp-admin/tools.php?page=izin-queue")
    expect(page.locator("#izin-unasked tbody tr")).to_have_count(1)
    expect(page.locator("#izin-unasked")).to_contain_text(wrong)
    izin.declare("duzeltilen@example.com", "ONAY")
    blog.php("wp_update_user(array('ID' => username_exists('uzun'), 'user_email' => 'duzeltilen@example.com'));")
    blog.work(1)
    page.reload()
    expect(page.locator("#izin-unasked")).to_have_count(0)
    assert blog.value("izin_may_send('duzeltilen@example.com')") is True
    page.context.close()


@pytest.mark.parametrize("how", ["changed", "deleted"])
def test_an_address_that_is_no_user_s_any_more_is_forgotten_and_its_refusal_sent(
    izin: Served, blog: Blog, how: str
) -> None:
    email = f"eski-{how}@example.com"
    blog.php(f"wp_create_user('eski-{how}', 'Uzun bir parola 19', '{email}');")
    standing_consent(blog, izin, email)
    add(blog, f"eski-{how}", word="RET")
    change = {
        "changed": f"wp_update_user(array('ID' => username_exists('eski-{how}'), 'user_email' => 'yeni@example.com'));",
        "deleted": "require_once ABSPATH . 'wp-admin/includes/user.php';"
        f"wp_delete_user(username_exists('eski-{how}'));",
    }
    blog.php(change[how])
    assert blog.value(f"Izin_Store::status('EPOSTA', '{email}')") == ""
    assert states(blog, email) == ["waiting"]
    blog.work()
    assert izin.status(email)["status"] == "RET"


def test_what_wp_config_has_is_shown_as_fixed_and_the_rest_is_saved(izin: Served, blog: Blog, browser: Browser) -> None:
    page = signed_in(blog, browser, ADMIN, PASSWORD)
    with blog.constants(URL=izin.address, PASSWORD=izin.password, WORDING_MESAJ="Sabit metin"):
        page.goto("/wp-admin/options-general.php?page=izin")
        until(lambda: page.reload() and page.is_disabled("#izin_url"))  # PHP looks at the file every two seconds
        for name in ("url", "password", "wording_MESAJ"):
            field = page.locator(f"#izin_{name}")
            expect(field).to_be_disabled()
            expect(field.locator("..")).to_contain_text(f"IZIN_{name.upper()}")
        page.fill("#izin_version", "sabit")
        page.click("#submit")
        expect(page.locator("#izin_version")).to_have_value("sabit")
        page.click("text=Bağlantıyı dene")
        expect(page.locator("#izin-outcome")).to_contain_text("Çalışıyor")
    until(lambda: page.reload() and page.is_enabled("#izin_url"))
    for name, value in (("url", izin.address), ("version", "sabit")):
        expect(page.locator(f"#izin_{name}")).to_have_value(value)
    expect(page.locator("#izin_wording_MESAJ")).not_to_have_value("Sabit metin")
    page.fill("#izin_version", "1")
    page.click("#submit")
    page.context.close()


def test_evidence_names_pages_of_this_site_and_a_version_for_each_wording(blog: Blog) -> None:
    """A browser names the page; the site's name, its language and wp-config.php change a wording too."""
    tick = (
        "$_SERVER['HTTP_REFERER'] = '%s';"
        "$_POST = array('izin_form' => 'registration', 'izin' => array('EPOSTA' => '1'));"
        "wp_create_user('%s', 'Uzun bir parola 20', '%s@example.com');"
    )
    kept = "$wpdb->get_row(\"SELECT page, version FROM {$wpdb->prefix}izin_queue WHERE address = '%s@example.com'\")"
    blog.php(tick % ("https://kotu.example.net/x", "sayfa1", "sayfa1"))
    first = blog.value(kept % "sayfa1")
    blog.php("update_option('izin_settings', array_merge(get_option('izin_settings'), array('wording_EPOSTA' => '')));")
    blog.php("update_option('blogname', 'Kitap'); " + tick % (f"{blog.address}/kayit?x=1", "sayfa2", "sayfa2"))
    blog.php("update_option('blogname', 'Fidan &amp; Kitap');")
    second = blog.value(kept % "sayfa2")
    assert "kotu" not in first["page"]
    assert second["page"] == f"{blog.address}/kayit"
    assert first["version"] != second["version"]
    assert {len(one["version"].rpartition("-")[2]) for one in (first, second)} == {8}


def test_a_comment_in_the_trash_asks_nobody(blog: Blog) -> None:
    blog.php(
        "$_POST = array('izin_form' => 'comment', 'izin' => array('EPOSTA' => '1'));"
        "$comment = wp_insert_comment(array('comment_post_ID' => 1, 'comment_author_email' => 'cop@example.com'));"
        "do_action('comment_post', $comment, 'trash');"
    )
    assert states(blog, "cop@example.com") == []


def test_a_push_is_taken_if_it_is_signed(blog: Blog) -> None:
    blog.php("wp_create_user('itme', 'Uzun bir parola 15', 'itme@example.com');")
    url = f"{blog.address}/index.php?rest_route=/izin/v1/push"
    movement: dict[str, Any] = {
        "iysCode": IYS,
        "brandCode": BRAND,
        "consentDate": "2026-11-24 10:00:00",
        "creationDate": "2026-11-24 10:00:00",
        "source": "IYS_WEB",
        "recipient": "itme@example.com",
        "recipientType": "BIREYSEL",
        "status": "ONAY",
        "type": "EPOSTA",
        "transactionId": "a" * 64,
    }

    def post(change: dict[str, Any], secret: str = SECRET, late: int = 0, auth: Any = None, form: bytes = b"%b") -> int:
        body = str({"list": [{**movement, **change}]}).replace("'", '"').encode()
        now = (int(time.time()) - late) * 1_000_000
        headers = signing.headers([SigningSecret(secret, None)], "msg_1", body, now) if secret else {}
        return httpx2.post(
            url, content=form % body, headers={"Content-Type": "application/json", **headers}, auth=auth
        ).status_code

    def send(text: str) -> int:
        headers = signing.headers([SigningSecret(SECRET, None)], "msg_1", text.encode(), int(time.time() * 1e6))
        return httpx2.post(url, content=text, headers={"Content-Type": "application/json", **headers}).status_code

    def standing() -> str:
        found: str = blog.value("Izin_Store::status('EPOSTA', 'itme@example.com')")
        return found

    assert post({}, secret="") == 401
    blog.php("Izin_Settings::keep_secret('push_password', 'şifre');")
    assert post({}, secret="", auth=("izin-push", "başka")) == 401
    # The test record comes before there is a secret. What else comes is not kept, so it must come again.
    assert post({"brandCode": 121212}, secret="", auth=("izin-push", "şifre")) == 204
    assert post({}, secret="", auth=("izin-push", "şifre")) == 503
    assert standing() == ""
    blog.php(f"Izin_Settings::keep_secret('push_secret', '{SECRET}');")
    assert post({}, secret="", auth=("izin-push", "şifre")) == 401
    assert post({}, secret=signing.new()) == 401
    assert post({}, late=600) == 401
    assert post({}, form=b"%b ") == 401
    assert standing() == ""
    assert post({"brandCode": 600200}) == 204  # another brand of a connection of all
    assert standing() == ""
    assert post({}) == 204
    assert standing() == "ONAY"
    assert post({"status": "RET", "creationDate": "2026-11-24 10:00:01", "transactionId": "b" * 64}) == 204
    assert standing() == "RET"
    assert post({}) == 204  # a repeat never undoes what came later
    assert standing() == "RET"
    events = '[{"specversion": "1.0", "type": "izin.consent.given", "data": %s}]'
    later = {**movement, "creationDate": "2026-11-24 10:00:02", "transactionId": "c" * 64}
    assert send(events % json.dumps(later)) == 204  # a batch of CloudEvents
    assert standing() == "ONAY"
    assert [send(text) for text in ("{}", "[]", "x", '{"list": 7}')] == [400] * 4
    assert post({"recipient": "yabanci@example.com"}) == 204
    assert blog.value("Izin_Store::status('EPOSTA', 'yabanci@example.com')") == ""  # nobody of this site
    assert post({"status": "RET", "recipient": "", "erasedTransactionIds": ["a" * 64, "b" * 64, "c" * 64]}) == 204
    assert standing() == ""


def test_the_checkout_s_boxes_reach_izin(izin: Served, blog: Blog) -> None:
    """WooCommerce is not installed: a stand-in fires its public hooks."""
    order = (
        "class Stand_In { public $meta = array(); function get_billing_email() { return 'alici@example.com'; }"
        " function get_billing_phone() { return '0532 000 00 77'; }"
        " function get_meta($name) { return $this->meta[$name] ?? ''; } }"
    )
    shown = blog.php("do_action('woocommerce_review_order_before_submit');")
    assert shown.count('type="checkbox"') == 3
    assert "checked" not in shown
    blog.php(
        f"{order} $_POST = array('izin_form' => 'checkout', 'izin' => array('MESAJ' => '1', 'EPOSTA' => '1'));"
        "do_action('woocommerce_checkout_order_processed', 7, array(), new Stand_In());"
    )
    blog.work()
    assert izin.status("+905320000077", "MESAJ")["status"] == "ONAY"
    assert izin.status("+905320000077", "ARAMA").get("status") != "ONAY"
    assert izin.status("alici@example.com") == {}  # a mail asks first
    assert len(blog.mails("alici@example.com")) == 1

    fields = blog.php(
        "function woocommerce_register_additional_checkout_field($field)"
        " { echo $field['id'], ':', $field['type'], ' '; }"
        "do_action('woocommerce_init');"
    )
    assert fields.split() == ["izin/eposta:checkbox", "izin/mesaj:checkbox", "izin/arama:checkbox"]
    blog.php(
        f"{order} $order = new Stand_In(); $order->meta['_wc_other/izin/arama'] = '1';"
        "do_action('woocommerce_store_api_checkout_order_processed', $order);"
    )
    blog.work()
    assert izin.status("+905320000077", "ARAMA")["status"] == "ONAY"


def test_a_refusal_that_izin_refuses_holds_here_until_its_person_consents_again(izin: Served, blog: Blog) -> None:
    email = "reddi-kalan@example.com"
    standing_consent(blog, izin, email)
    add(blog, "reddi-kalan", word="RET")
    blog.php(f"$wpdb->update($wpdb->prefix . 'izin_queue', {FAILED}, array('address' => '{email}', 'word' => 'RET'));")
    assert blog.value(f"izin_may_send('{email}')") is False
    add(blog, "reddi-kalan")
    blog.work()
    assert states(blog, email) == ["done"] * 3
    assert blog.value(f"izin_may_send('{email}')") is True


def test_a_word_leaves_for_a_newer_one_that_is_kept(izin: Served, blog: Blog) -> None:
    add(blog, "saklanan", word="RET")
    # The database does not take a form of 300 letters, as it takes nothing while its disk is full.
    blog.php("Izin_Queue::add('EPOSTA', 'saklanan@example.com', 'ONAY', str_repeat('f', 300));")
    assert states(blog, "saklanan@example.com") == ["waiting"]
    add(blog, "saklanan", word="RET")
    assert states(blog, "saklanan@example.com") == ["waiting"]


def test_a_clock_that_was_set_back_stops_nothing_and_allows_nobody(izin: Served, blog: Blog) -> None:
    email = "saati-geri@example.com"
    standing_consent(blog, izin, email)
    ahead = "time() + DAY_IN_SECONDS"
    blog.php(
        "foreach (array('izin_seen', 'izin_pause', 'izin_pause_send', 'izin_lock') as $name) {"
        f" update_option($name, {ahead}); }}"
        f"wp_clear_scheduled_hook('izin_work'); wp_schedule_event({ahead}, 'izin_often', 'izin_work');"
    )
    assert blog.value(f"izin_may_send('{email}')") is False
    assert blog.value("wp_next_scheduled('izin_work') < time() + 60") is True
    add(blog, "saati-geri", word="RET")
    blog.php("Izin_Queue::work();")
    assert states(blog, email)[-1] == "sent"
    assert blog.value("get_option('izin_seen') <= time()") is True


def test_a_changed_address_is_asked_about_out_of_turn_and_skips_nobody(izin: Served, blog: Blog) -> None:
    for name in ("sirada1", "sirada2"):
        izin.declare(f"{name}@example.com", "ONAY")
    blog.work(1)  # the feed has passed them before there are accounts
    blog.php(
        "$first = wp_create_user('sirada1', 'Uzun bir parola 21', 'sirada1@example.com');"
        "update_user_meta(wp_create_user('sirada2', 'Uzun bir parola 21', 'sirada2@example.com'), 'izin_ask', 1);"
        "update_option('izin_after', array_merge(get_option('izin_after'), array('user' => $first - 1)));"
    )
    blog.work(1)
    assert blog.value("izin_may_send('sirada2@example.com')") is True
    assert blog.value("izin_may_send('sirada1@example.com')") is True


def test_who_claims_another_person_s_address_sees_and_changes_nothing(
    izin: Served, blog: Blog, browser: Browser
) -> None:
    """WordPress's REST lets a subscriber enter any address; a guest has consented with this one."""
    guest = "konuk@example.com"
    standing_consent(blog, izin, guest)
    change = (
        "wp_set_current_user(username_exists('arsiz')); $asked = new WP_REST_Request('POST', '/wp/v2/users/me');"
        "$asked->set_param('email', '%s'); if (rest_do_request($asked)->get_status() !== 200) { exit(1); }"
    )
    blog.php("wp_create_user('arsiz', 'Uzun bir parola 22', 'arsiz@example.com');")
    blog.php(change % guest)
    blog.work(1)
    page = signed_in(blog, browser, "arsiz", "Uzun bir parola 22")
    page.goto("/wp-admin/profile.php")
    expect(page.locator(BOX)).not_to_be_checked()
    expect(page.locator("form#your-profile")).to_contain_text("sizin olduğu henüz kanıtlanmadı")
    page.locator("[name=izin_shown]").evaluate("one => one.value = '1'")
    page.click("#submit")
    assert izin.status(guest)["status"] == "ONAY"
    page.context.close()
    blog.php(change % "arsiz@example.com")
    assert blog.value(f"izin_may_send('{guest}')") is True

    # The mail of a new password proves an address.
    blog.php(change % "arsiz2@example.com" + "do_action('password_reset', wp_get_current_user(), 'x');")
    assert blog.value("Izin_Feed::is_claimed(get_user_by('email', 'arsiz2@example.com'))") is False


def test_another_site_sends_no_comment_s_box_for_who_is_signed_in(blog: Blog) -> None:
    blog.php(
        "$user = wp_create_user('oturumlu', 'Uzun bir parola 23', 'oturumlu@example.com');"
        "update_user_meta($user, 'izin_proven', 'oturumlu@example.com'); wp_set_current_user($user);"
        "$_POST = array('izin_form' => 'comment', 'izin' => array('EPOSTA' => '1'));"
        "$comment = wp_insert_comment(array('comment_post_ID' => 1, 'comment_author_email' => 'oturumlu@example.com'));"
        "do_action('comment_post', $comment, 1);"
    )
    assert states(blog, "oturumlu@example.com") == []


def test_no_password_goes_to_an_address_of_wp_config_without_https(blog: Blog) -> None:
    with blog.constants(URL="http://izin.example.com"):
        assert blog.value("Izin_Settings::complete()") is False


def test_wordpress_s_privacy_tools_export_and_erase(izin: Served, blog: Blog) -> None:
    blog.php("Izin_Queue::add('EPOSTA', 'silinen@example.com', 'ONAY', 'test');")
    blog.work()
    assert izin.status("silinen@example.com")["status"] == "ONAY"
    found = blog.value("Izin_Privacy::export('silinen@example.com')")
    values = [one["value"] for item in found["data"] for one in item["data"]]
    assert "ONAY" in values
    assert WORDING in values
    assert "izin" in blog.value("array_keys(apply_filters('wp_privacy_personal_data_erasers', array()))")
    answer = blog.value("Izin_Privacy::erase('silinen@example.com')")
    assert (answer["items_removed"], answer["items_retained"]) == (True, True)
    blog.work()
    assert izin.status("silinen@example.com")["status"] == "RET"
    assert blog.value("Izin_Privacy::export('silinen@example.com')")["data"] == []


def standing_consent(blog: Blog, izin: Served, email: str) -> None:
    blog.php(f"Izin_Queue::add('EPOSTA', '{email}', 'ONAY', 'test');")
    blog.work()
    assert (izin.status(email)["status"], blog.value(f"izin_may_send('{email}')")) == ("ONAY", True)


@pytest.mark.parametrize("erased", [False, True])
def test_a_refusal_that_waits_is_not_lost(izin: Served, blog: Blog, erased: bool) -> None:
    """İzin is away. A stranger ticks the box with the address of who has refused; the person is erased here."""
    email = f"bekleyen{int(erased)}@example.com"
    standing_consent(blog, izin, email)
    blog.php(
        f"update_option('izin_pause', time() + 900);Izin_Queue::refuse_now('EPOSTA', '{email}', 'wordpress-profile');"
    )
    assert blog.value(f"izin_may_send('{email}')") is False  # what waits counts here already
    if erased:
        answer = blog.value(f"Izin_Privacy::erase('{email}')")
        assert (answer["items_retained"], len(answer["messages"])) == (True, 1)
    blog.php(f"Izin_Confirm::ask('{email}', 'wordpress-comment', 'https://blog.example.com/');")
    assert states(blog, email)[-2:] == ["waiting", "unproven"]
    blog.work()
    assert izin.status(email)["status"] == "RET"
    assert blog.value(f"izin_may_send('{email}')") is False
    if erased:
        assert states(blog, email) == ["unproven"]  # the refusal is gone with the address


def test_who_is_erased_at_izin_gets_no_mail(izin: Served, blog: Blog) -> None:
    """Also whose consent was asked by address, when the account was made: no id of a movement names it here."""
    for name in ("unutulan", "kalan"):
        izin.declare(f"{name}@example.com", "ONAY")
    blog.work(1)  # the feed has passed them before there are accounts
    for name in ("unutulan", "kalan"):
        blog.php(f"wp_create_user('{name}', 'Uzun bir parola 17', '{name}@example.com');")
    blog.work(1)
    assert blog.value("izin_may_send('unutulan@example.com')") is True
    izin.erase("unutulan@example.com")
    blog.work(1)
    assert blog.value("izin_may_send('unutulan@example.com')") is False
    assert blog.value("izin_may_send('kalan@example.com')") is True


def test_another_registry_or_brand_gets_nothing_of_the_first(izin: Served, blog: Blog) -> None:
    standing_consent(blog, izin, "tasinan@example.com")
    blog.php(
        "Izin_Queue::add('EPOSTA', 'deneme@example.com', 'ONAY', 'test');"
        "Izin_Confirm::ask('sorulan@example.com', 'wordpress-comment', 'https://blog.example.com/');"
        "$kept = get_option('izin_settings');"
        "update_option('izin_settings', array_merge($kept, array('version' => 'yeni')));"
    )
    assert states(blog, "deneme@example.com") == ["waiting"]  # another setting changes nothing of it
    save = "update_option('izin_settings', array_merge(get_option('izin_settings'), array('brand' => '%s')));"
    blog.php(f"do_action('admin_init'); {save % 600201}")
    assert blog.value("izin_may_send('tasinan@example.com')") is False
    blog.php(f"do_action('admin_init'); {save % BRAND}")
    blog.work()
    assert states(blog, "sorulan@example.com") == []
    assert states(blog, "deneme@example.com") == ["failed"]
    assert izin.status("deneme@example.com") == {}

    # Also where wp-config.php names the brand.
    add(blog, "sabitlenen")
    with blog.constants(BRAND=600201):
        blog.value("1")
    assert states(blog, "sabitlenen@example.com") == ["failed"]


def test_the_administrator_s_pages_are_closed_to_others(blog: Blog, browser: Browser) -> None:
    blog.php("wp_create_user('okur', 'Uzun bir parola 16', 'okur@example.com');")
    page = signed_in(blog, browser, "okur", "Uzun bir parola 16")
    for path in ("options-general.php?page=izin", "tools.php?page=izin-queue"):
        answer = page.goto(f"/wp-admin/{path}")
        assert answer
        assert (answer.status, "izin_settings" in answer.text(), "izin-seen" in answer.text()) == (403, False, False)
    for action in ("test", "again", "drop", "work"):
        refused = page.request.post(f"/wp-admin/admin-post.php?action=izin_{action}")
        assert (refused.status, "Bunu yapma yetkiniz yok." in refused.text()) == (403, True)
    page.context.close()
    page = signed_in(blog, browser, ADMIN, PASSWORD)  # without the page's own sign
    seen = "array(get_option('izin_seen'), get_option('izin_after'))"
    before = blog.value(seen)
    refused = page.request.post("/wp-admin/admin-post.php?action=izin_work")
    assert (refused.status, blog.value(seen)) == (403, before)
    page.context.close()


def test_secrets_are_sealed_and_an_address_without_https_is_not_saved(
    izin: Served, blog: Blog, browser: Browser
) -> None:
    page = signed_in(blog, browser, ADMIN, PASSWORD)
    page.goto("/wp-admin/options-general.php?page=izin")
    page.fill("#izin_url", "http://izin.example.com")
    page.click("#submit")
    expect(page.locator(".notice-error")).to_contain_text("https://")
    expect(page.locator("#izin_url")).to_have_value(izin.address)
    page.context.close()
    kept = blog.value("$wpdb->get_results(\"SELECT option_value FROM $wpdb->options WHERE option_name LIKE 'izin%'\")")
    assert izin.password not in str(kept)


def test_the_turkish_texts_are_complete_and_compiled() -> None:
    with (PLUGIN / "languages/izin-tr_TR.po").open("rb") as file:
        written = pofile.read_po(file, locale="tr")
    with (PLUGIN / "languages/izin-tr_TR.mo").open("rb") as file:
        compiled = mofile.read_mo(file)
    assert {one.id: one.string for one in written if one.id} == {one.id: one.string for one in compiled if one.id}
    command = ["xgettext", "-L", "PHP", "-k", "-k__", "-kesc_html__", "-kesc_attr__", "--from-code=UTF-8", "-o", "-"]
    files = sorted(str(path) for path in PLUGIN.rglob("*.php"))
    drawn = subprocess.run([*command, *files], capture_output=True, check=True).stdout.replace(b"CHARSET", b"UTF-8")
    asked = {one.id for one in pofile.read_po(drawn.decode().splitlines(keepends=True)) if one.id}
    assert asked == {one.id for one in written if one.string and one.id}


# WordPress's own functions, of a network of two sites.
NETWORK = """
define('WP_UNINSTALL_PLUGIN', 'izin/izin.php');
function is_multisite() { return true; }
function get_sites($asked) { return $asked['number'] ? array() : array(1, 2); }
function switch_to_blog($site) { $GLOBALS['wpdb']->prefix = $site > 1 ? "wp_{$site}_" : 'wp_'; }
function restore_current_blog() { $GLOBALS['wpdb']->prefix = 'wp_'; }
function wp_clear_scheduled_hook() {}
function delete_option() {}
function delete_metadata() {}
$wpdb = new class { public $prefix = 'wp_'; function query($words) { echo $words, "\n"; } };
require 'uninstall.php';
"""


def test_each_site_of_a_network_loses_its_tables() -> None:
    done = subprocess.run(["php", "-r", NETWORK], cwd=PLUGIN, capture_output=True, text=True, check=True)
    assert re.findall(r"wp_\w*izin_queue", done.stdout) == ["wp_izin_queue", "wp_2_izin_queue"]


def test_who_deletes_the_plugin_leaves_nothing_behind(izin: Served, blog: Blog) -> None:
    """The last test of this file: the plugin is gone after it. A refusal that waits is sent before."""
    add(blog, "son", word="RET")
    blog.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php'; require_once ABSPATH . 'wp-admin/includes/file.php';"
        "deactivate_plugins('izin/izin.php'); delete_plugins(array('izin/izin.php'));"
    )
    left = blog.value(
        "array($wpdb->get_col(\"SHOW TABLES LIKE '%izin%'\"), wp_next_scheduled('izin_work'),"
        " $wpdb->get_col(\"SELECT option_name FROM $wpdb->options WHERE option_name LIKE 'izin%'\"),"
        " $wpdb->get_col(\"SELECT meta_key FROM $wpdb->usermeta WHERE meta_key LIKE 'izin%'\"))"
    )
    assert left == [[], False, [], []]
    until(lambda: izin.status("son@example.com").get("status") == "RET")
