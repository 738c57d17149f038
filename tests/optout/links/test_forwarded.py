"""A link that was forwarded: it refuses for whoever holds it, and does not show whose it is or what was done."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookiejar import Cookie, CookieJar

import httpx2
import pytest

from consents.people import register
from consents.registry import Registry
from evidence import log
from optout.links import nonces, visitors
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MAIL, MEHMET, Town, text, town
from tests.conftest import Clock, Opener
from tests.optout.links import door
from tests.web.client import refused_for
from trust import record_numbers

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ASKED = {AYSE: "Numaranızın son dört rakamı", MAIL: "E-postanızın ilk üç harfi"}
WRONG = "Uymadı. Yeniden bakıp yazın."
PART = {AYSE: "0001", MAIL: "ays"}


def old_link(here: Town, clock: Clock, who: str = AYSE, brand: int = CINAR) -> str:
    path = door.link(here, who, "EPOSTA" if "@" in who else "MESAJ", brand)
    clock.forward(days=3, seconds=1)
    return path


def of_mail(here: Town, clock: Clock) -> str:
    return door.mail(here)


class NoCookies(CookieJar):
    """Of a browser that keeps none."""

    def set_cookie(self, cookie: Cookie) -> None:
        return


def plain(answer: httpx2.Response) -> str:
    """A page without what is new in each."""
    return re.sub(r'name="nonce" value="[^"]+"', "", answer.text)


# -- what is shown -----------------------------------------------------------------------------------------------------


def nothing(here: Town) -> None: ...


def consent(here: Town) -> None:
    for channel in ("MESAJ", "ARAMA"):
        here.told(AYSE, CINAR, channel)


def refused_on_page(here: Town) -> None:
    consent(here)
    for identity in ("BIREYSEL", "TACIR"):
        here.sign_in(AYSE).refuse(CINAR, identity=identity)


def pending(here: Town) -> None:
    here.sign_in(AYSE).refuse(CINAR)
    here.told(AYSE, CINAR, ago=-0.00001)


def refused_here(here: Town) -> None:
    consent(here)
    door.press(here, door.link(here, AYSE))
    door.another_browser(here)


@pytest.mark.parametrize("stood", [consent, refused_on_page, pending, refused_here])
@pytest.mark.parametrize("lang", ["tr", "en"])
def test_a_stranger_sees_the_same_whatever_stands(
    here: Town, clock: Clock, stood: Callable[[Town], None], lang: str
) -> None:
    """Opened, pressed, pressed again, and after a wrong part."""
    path = f"{old_link(here, clock)}?lang={lang}"
    seen = []
    for before in (nothing, stood):
        before(here)
        door.another_browser(here)
        opened = here.client.get(path)
        wrong = door.posted(here, path, {"part": "9999"})
        seen.append([plain(opened), plain(wrong)])
        for shown in (opened, wrong):
            for hidden in ("532", "•", "2026", "gönderebiliyor", "may send"):
                assert hidden not in text(shown.text)
    assert seen[0] == seen[1]
    done = [plain(door.posted(here, path)) for _ in range(2)]
    with_nonce = door.posted(here, path, {"status": "RET", "nonce": nonces.fresh()})
    assert done == [plain(with_nonce)] * 2
    code = path.partition("?")[0]
    assert code in done[0]
    for hidden in ("532", "•", "makbuz/", 'name="undo"', "12:00", "Zaten", "already"):
        assert hidden not in done[0].replace(code, "")


def test_a_stranger_sees_the_same_after_a_first_refusal_and_after_a_later_one(here: Town, clock: Clock) -> None:
    consent(here)
    first, second = old_link(here, clock), door.link(here, MEHMET)
    clock.forward(days=3, seconds=1)
    refused = door.posted(here, second, {"status": "RET"})
    refused_on_page(here)
    repeated = door.posted(here, first, {"status": "RET"})
    assert plain(refused).replace(second, "") == plain(repeated).replace(first, "")
    assert "Reddiniz kayıtlı ve geçerli." in text(repeated.text)
    assert "SMS'ler en geç şu günün sonunda durmalı: 3 Aralık 2026 Perşembe" in text(repeated.text)


def test_a_new_link_asks_for_nothing_until_three_days_have_passed(here: Town, clock: Clock) -> None:
    consent(here)
    path = door.link(here, AYSE)
    clock.forward(days=3)
    assert "+90 532 ••• •• 01" in text(here.client.get(path).text)
    clock.forward(seconds=1)
    page = text(here.client.get(path).text)
    assert "Numaranızın son dört rakamı" in page
    assert "Bu markanın size reklam SMS'i göndermesini reddedebilirsiniz." in page
    assert "532" not in page


def test_a_new_link_is_closed_to_others_once_a_browser_has_refused(here: Town, clock: Clock) -> None:
    consent(here)
    path = door.link(here, AYSE)
    door.press(here, path)
    assert "+90 532 ••• •• 01" in text(here.client.get(path).text)
    clock.forward(days=30)
    assert "Zaten reddetmişsiniz" in here.client.get(path).text, "the browser that refused stays known"
    clock.forward(days=-30)
    door.another_browser(here)
    for answer in (here.client.get(path), door.posted(here, path, {"status": "ONAY"})):
        assert "Numaranızın son dört rakamı" in text(answer.text)
        assert "•" not in answer.text


@pytest.mark.parametrize(("way", "who"), [(old_link, AYSE), (of_mail, MAIL)])
def test_who_types_a_part_of_the_address_sees_all_and_is_not_asked_again(
    here: Town, clock: Clock, way: Callable[[Town, Clock], str], who: str
) -> None:
    here.told(who, CINAR, "EPOSTA" if who == MAIL else "MESAJ")
    path = way(here, clock)
    assert ASKED[who] in text(here.client.get(path).text)
    shown = door.proved(here, path, PART[who])
    assert shown.status_code == 200
    assert "gönderebiliyor" in shown.text
    assert "gönderebiliyor" in here.client.get(path).text
    done = door.press(here, path)
    assert re.search(r"Kayıt no: \d{4} \d{4} \d{4}", text(done.text))
    clock.forward(days=60)
    assert "Zaten reddetmişsiniz" in here.client.get(path).text


def test_who_keeps_no_cookies_goes_the_whole_way_too(here: Town, clock: Clock) -> None:
    consent(here)
    path = old_link(here, clock)
    bare = httpx2.Client(transport=here.client._transport, base_url=here.client.base_url, cookies=NoCookies())
    answer = bare.post(path, data=door.fields(bare.get(path), "reddet"), follow_redirects=True)
    assert "Reddettiniz" in answer.text
    for button, more in (("Göster", {"part": "00 01"}), ("Geri al", {}), ("Yeniden reddet", {}), ("Geri al", {})):
        answer = bare.post(path, data={**door.fields(answer, button), **more}, follow_redirects=True)
        assert "+90 532" in text(answer.text) or "Geri alındı" in answer.text
    assert door.stands(here, AYSE) == "ONAY"
    assert not bare.cookies


# -- refusing asks nothing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [old_link, of_mail])
@pytest.mark.parametrize("tries", [0, 20])
def test_refusing_is_one_press_also_when_every_try_is_used_up(
    here: Town, clock: Clock, way: Callable[[Town, Clock], str], tries: int
) -> None:
    path = way(here, clock)
    for number in range(10, 10 + tries):
        refused_for(here.client.post(path, data={"part": f"{number:04}"}), 422, WRONG)
    answer = door.press(here, path)
    assert answer.status_code == 200
    assert "Reddettiniz" in answer.text
    assert "RET" in (door.stands(here, AYSE), door.stands(here, MAIL, "EPOSTA"))


def test_one_click_asks_for_nothing_and_plants_no_cookie(here: Town) -> None:
    path = door.mail(here)
    for form in ({**ONE_CLICK}, {**ONE_CLICK, "part": "xxx"}):
        answer = door.posted(here, path, form)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert door.stands(here, MAIL, "EPOSTA") == "RET"


def test_a_store_that_cannot_write_hides_and_says_nothing_of_it(
    here: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consents.store import StoreUnavailable

    async def full(*_: object) -> None:
        raise StoreUnavailable("disk full")

    path = old_link(here, clock)
    wrong = door.posted(here, path, {"part": "9999"})
    with monkeypatch.context() as patch:
        patch.setattr(here.registry.store, "write", full)
        answer = door.posted(here, path, {"part": "0001"})
        assert (answer.status_code, plain(answer)) == (422, plain(wrong))
        unsaved = door.posted(here, path)
        assert unsaved.status_code == 503
        assert "•" not in unsaved.text


# -- guessing ----------------------------------------------------------------------------------------------------------


def test_after_some_wrong_parts_the_right_one_is_answered_alike_until_tomorrow(here: Town, clock: Clock) -> None:
    consent(here)
    path, second = old_link(here, clock), door.link(here, AYSE)
    clock.forward(days=4)
    wrong = [door.posted(here, path, {"part": f"{number:04}"}) for number in range(10, 10 + visitors.TRIES)]
    assert {answer.status_code for answer in wrong} == {422}
    for link in (path, second, path.replace("/k/", "/q/")):  # a brand may mint as many as it likes
        right = door.posted(here, link, {"part": "0001"})
        assert right.status_code == 422
        assert plain(right).replace(link, path) == plain(wrong[0])
        assert "set-cookie" not in right.headers
    other = door.link(here, AYSE, brand=ISIK)
    clock.forward(days=0, hours=23)
    refused_for(here.client.post(path, data={"part": "0001"}), 422, WRONG)
    clock.forward(hours=1, seconds=1)
    assert door.posted(here, path, {"part": "0001"}).status_code == 200
    clock.forward(days=3)
    for number in range(10, 20):
        door.posted(here, path, {"part": f"{number:04}"})
    door.another_browser(here)
    assert door.posted(here, other, {"part": "0001"}).status_code == 200, "of another brand"


def test_on_both_databases_wrong_parts_are_counted(registry: Registry, clock: Clock) -> None:
    with town(registry) as here:
        path = old_link(here, clock)
        for number in range(visitors.TRIES - 1):
            door.posted(here, path, {"part": f"1{number:03}"})
        assert door.posted(here, path, {"part": "0001"}).status_code == 200
        door.another_browser(here)
        here.client.post(path, data={"part": "1999"})
        refused_for(here.client.post(path, data={"part": "0001"}), 422, WRONG)


def test_of_an_erased_person_no_part_is_right(here: Town, clock: Clock) -> None:
    path = old_link(here, clock)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, AYSE))
    for part in ("0001", "", "•••"):
        refused_for(here.client.post(path, data={"part": part}), 422, WRONG)


@pytest.mark.parametrize(
    ("address", "typed", "right"),
    [
        (AYSE, "0001", True),
        (AYSE, " 00 01 ", True),
        (AYSE, "0532 000 00 01", True),
        (AYSE, "+90 532 000 00 01", True),
        (AYSE, "001", False),
        (AYSE, "", False),
        (AYSE, "0002", False),
        (AYSE, "10001", False),
        (AYSE, "٠٠٠١", False),
        (MAIL, "ays", True),
        (MAIL, "Ays", True),
        (MAIL, " AYŞE ", True),
        (MAIL, MAIL, True),
        (MAIL, "ay", False),
        (MAIL, "ayşegül", False),
        (MAIL, "", False),
        (MAIL, "0001", False),
        ("irmak@example.com", "Irm", True),
        ("irmak@example.com", "İRM", True),
        ("ab@example.com", "ab@", True),
    ],
)
def test_a_part_is_read_however_it_is_typed(address: str, typed: str, right: bool) -> None:
    assert visitors.fits(address, typed) is right


# -- what a stranger can do --------------------------------------------------------------------------------------------


def test_a_stranger_takes_nothing_back_though_he_refused_himself(here: Town, clock: Clock) -> None:
    """He has the nonce, and the number of an act is no secret."""
    consent(here)
    path = old_link(here, clock)
    form = door.fields(here.client.get(path), "reddet")
    door.posted(here, path, form)
    for act in range(1, 8):
        for nonce in ({"nonce": form["nonce"]}, {}):
            answer = door.posted(here, path, {"undo": f"{act}.{form['nonce']}", **nonce})
            assert "ret buradan geri alınamaz" in text(answer.text)
    assert door.stands(here, AYSE) == "RET"
    shown = door.posted(here, path, {"part": "0001", "nonce": form["nonce"]})
    door.posted(here, path, door.fields(shown, "Geri al"))
    assert door.stands(here, AYSE) == "ONAY"


def test_a_proof_is_good_at_its_own_link_with_its_own_nonce_alone(here: Town, clock: Clock) -> None:
    consent(here)
    path, second = old_link(here, clock), door.link(here, AYSE)
    clock.forward(days=4)
    good = door.fields(door.proved(here, path, "0001"), "SMS'leri reddet")["nonce"]
    cookie = next(iter(here.client.cookies))
    nonce, _, proof = good.partition(".")
    forged = [
        (path, nonce),
        (path, f"{nonce}."),
        (path, f"{nonce}.{proof[:-1]}{'A' if proof[-1] != 'A' else 'Q'}"),
        (path, f"{nonces.fresh()}.{proof}"),
        (path, f"{nonce}.{nonce}"),
        (path, f"{nonce}.é"),
        (path, f".{proof}"),
        (second, good),
    ]
    for link, value in forged:
        door.another_browser(here)
        assert "•" not in door.posted(here, link, {"nonce": value, "status": "ONAY"}).text, value
        assert "•" not in here.client.get(link, headers={"cookie": f"{cookie}={value}".encode()}).text, value
    door.another_browser(here)
    assert "•" in door.posted(here, path, {"nonce": good, "status": "ONAY"}).text, "and the good one is good"
    assert "•" in here.client.get(path, headers={"cookie": f"{cookie}={good}"}).text


def test_the_cookie_is_of_one_link_and_no_reading_sets_it(here: Town, clock: Clock) -> None:
    consent(here)
    path = door.link(here, AYSE)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert "set-cookie" not in here.client.request(method, path).headers
    form = door.fields(here.client.get(path), "reddet")
    kept = here.client.post(path, data=form).headers["set-cookie"]
    name, _, flags = kept.partition("=")
    assert name == ("__Secure-baglanti" if door.settings(here).https else "baglanti")
    assert f"Path={path};" in kept
    assert {"HttpOnly", "SameSite=lax", f"Max-Age={90 * 86_400}"} <= set(flags.split("; "))
    assert ("Secure" in flags.split("; ")) == door.settings(here).https
    assert "set-cookie" not in here.client.get(path).headers
    assert "set-cookie" not in door.posted(here, door.link(here, AYSE)).headers, "a program keeps none"


# -- the record number -------------------------------------------------------------------------------------------------


def number_on(answer: httpx2.Response) -> str:
    (found,) = re.findall(r"/makbuz/(\d{12})\"", answer.text)
    return str(found)


def test_the_browser_that_refused_is_shown_its_number_whenever_it_comes_back(here: Town, clock: Clock) -> None:
    consent(here)
    path = door.link(here, AYSE)
    number = number_on(door.press(here, path))
    back = here.client.get(path)
    assert number_on(back) == number
    assert "Geri al Geri almak için son saat: 12:10" in text(back.text)
    clock.forward(days=20)
    later = here.client.get(path)
    assert number_on(later) == number
    assert 'name="undo"' not in later.text
    assert "Durması için son gün 27 Kasım 2026 Cuma idi." in text(later.text)
    door.another_browser(here)
    assert "makbuz/" not in door.proved(here, path, "0001").text, "what another browser did has no number here"


def test_an_undo_has_a_number_and_a_receipt(here: Town) -> None:
    consent(here)
    path = door.link(here, AYSE)
    done = door.press(here, path)
    undone = door.posted(here, path, door.fields(done, "Geri al"))
    number = number_on(undone)
    assert number != number_on(done)
    assert record_numbers.read(here.registry.keyring, number) is not None
    again = door.posted(here, path, door.fields(done, "Geri al"))
    assert number_on(again) == number, "a double click shows the second answer"
    receipt = here.client.get(f"{path}/makbuz/{number}")
    assert receipt.status_code == 200
    assert "Geri aldınız" in text(receipt.text)
    assert "+90 532 ••• •• 01" in text(receipt.text)
    log.extend(here.registry)
    assert here.client.get(f"{path}/makbuz/{number}.json").status_code == 200


def test_a_shorter_life_of_links_makes_none_of_them_new(sqlite_url: str, open_registry: Opener) -> None:
    """Its age follows from when it runs out: with a shorter LINK_DAYS it would seem to be minted in the future."""
    with town(open_registry(sqlite_url), LINK_DAYS="90") as here:
        assert "Numaranızın son dört rakamı" in text(here.client.get(door.link(here, AYSE, days=400)).text)
