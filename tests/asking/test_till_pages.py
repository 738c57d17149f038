"""The clerk's screen and the customer's page: what is asked, who may answer, and what either of them learns."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import text

from asking import message_texts, open_questions, request_store, tills, words
from asking.answering import RequestAnswer
from asking.request_states import RequestState
from asking.starting import AskFault, Started
from citizen.asked import question_pages
from citizen.session import session_store
from consents import ledger
from consents.brands import provider_states
from consents.brands.company_changes import Why
from consents.history import Deed
from consents.people import recipients, register
from consents.rules import ONAY, RET
from consents.store import Snapshot, Statement, Transaction
from consents.terms import Actor, Channel, Door, Identity, Source
from izin import app
from settings import load
from tests.asking.shop import Shop
from tests.citizen.consents.town import HTMX
from tests.conftest import SECRET, Clock, Opener
from tests.web.client import PageClient, refused_for
from trust import record_numbers
from web import cookies
from web.rendering.texts import catalogue

AYSE, MEHMET, MAIL = "+905320000001", "+905320000002", "ayse@example.com"
MINUTE = 60_000_000  # µs
SILENT = Statement(text("UPDATE consent_request SET silent = 1"))
CHOICES = {"ARAMA": "hayir", "MESAJ": "evet"}


class Window:
    """One browser, with its own cookies, at one site."""

    def __init__(self, shop: Shop, site: Any) -> None:
        self.shop, self.client = shop, PageClient(site, base_url=shop.settings.public_url)
        self.page = self.at = self.query = ""

    def get(self, path: str) -> httpx2.Response:
        return self._seen(self.client.get(path, follow_redirects=True))

    def post(self, path: str, **form: str) -> httpx2.Response:
        return self._seen(self.client.post(path, data=form, follow_redirects=True))

    def look(self, key: str) -> httpx2.Response:
        """As the script of the clerk's page does."""
        return self.client.get(f"/kasa/{key}?{self.query}", headers=HTMX)

    def _seen(self, response: httpx2.Response) -> httpx2.Response:
        self.page, self.at = response.text, str(response.url.path)
        self.query = response.url.query.decode()
        return response

    @property
    def word(self) -> str:
        found = re.search(r'<p class="word">(\w+)</p>', self.page)
        assert found is not None, self.page
        return found[1]

    def answer(self, word: str, number: str, **chosen: str) -> httpx2.Response:
        """Reads the question, answers, and types the code that came."""
        self.get(f"/o/{word}")
        shown = re.search(r'name="shown" value="([^"]*)"', self.page)
        assert shown is not None
        self.post(f"/o/{word}", shown=shown[1], address=number, **chosen)
        assert self.at == f"/o/{word}/kod", self.page
        return self.post(f"/o/{word}/kod?{self.query}", code=self.shop.digits(number))


@pytest.fixture
def shop(sqlite_url: str, open_registry: Opener) -> Shop:
    return Shop(open_registry(sqlite_url), load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838"}))


@pytest.fixture
def site(shop: Shop) -> Iterator[Any]:
    built = app.build(shop.settings, shop.registry)
    with PageClient(built, base_url=shop.settings.public_url):
        yield built


@pytest.fixture
def clerk(shop: Shop, site: Any) -> Window:
    return Window(shop, site)


@pytest.fixture
def customer(shop: Shop, site: Any) -> Window:
    return Window(shop, site)


def test_a_clerk_asks_and_learns_yes_after_the_customer_answered_on_his_own_phone(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    key = shop.till()
    clerk.post(f"/kasa/{key}", ask="izin")
    assert clerk.look(key).status_code == 204
    assert "sms:" not in clerk.page
    customer.answer(clerk.word, AYSE, **CHOICES)
    assert customer.at.endswith("/tamam")
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA")) == (ONAY, RET)
    seen = clerk.look(key).text
    assert "Evet dedi" in seen
    assert AYSE[-4:] not in seen
    request = shop.registry.store.read_now(request_store.of_address, shop.registry.keyring, AYSE, 1)[0]
    assert request.act is not None
    assert record_numbers.spaced(record_numbers.of_act(shop.registry.keyring, request.act)) in customer.page
    assert "GERI AL" in customer.page
    assert "GERI AL" in shop.messages(AYSE)[0]


def test_nothing_is_chosen_before_and_a_channel_without_answer_changes_nothing(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    word = clerk.word
    customer.get(f"/o/{word}")
    assert "checked" not in customer.page
    assert "aydinlatma" in customer.page
    shown = re.findall(r'name="shown" value="([^"]*)"', customer.page)[0]
    refused_for(customer.post(f"/o/{word}", shown=shown, address=AYSE), 422, "Evet ya da hayır seçin.")
    customer.answer(word, AYSE, MESAJ="hayir")
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA")) == (RET, None)


def test_the_code_is_this_browsers_and_this_questions_alone(shop: Shop, clerk: Window, site: Any, clock: Clock) -> None:
    first, other = Window(shop, site), Window(shop, site)
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    word = clerk.word
    first.get(f"/o/{word}")
    shown = re.findall(r'name="shown" value="([^"]*)"', first.page)[0]
    first.post(f"/o/{word}", shown=shown, address=AYSE, **CHOICES)
    path, digits = f"/o/{word}/kod?{first.query}", shop.digits(AYSE)
    other.post(path, code=digits)  # who has the code and the address, but not the browser
    assert other.at == f"/o/{word}"
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    second = clerk.word
    first.post(f"/o/{second}/kod?{urlsplit(path).query}", code=digits)
    first.get(f"/o/{second}")
    first.post(f"/o/{second}", shown=shown, address=AYSE, **CHOICES)
    first.post(f"/o/{second}/kod?{first.query}", code=digits)
    assert "Kod yanlış." in first.page
    assert shop.status(AYSE) is None
    first.post(path, code=digits)
    assert shop.status(AYSE) == ONAY


def test_a_link_with_somebody_elses_choice_is_not_confirmed(shop: Shop, clerk: Window, site: Any) -> None:
    """A clerk who says yes with his own number holds an address with that choice."""
    forger, customer = Window(shop, site), Window(shop, site)
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    word = clerk.word
    for who, number, chosen in ((forger, MEHMET, "evet"), (customer, AYSE, "hayir")):
        who.get(f"/o/{word}")
        shown = re.findall(r'name="shown" value="([^"]*)"', who.page)[0]
        who.post(f"/o/{word}", shown=shown, address=number, ARAMA=chosen, MESAJ=chosen)
        assert who.at == f"/o/{word}/kod"
    assert len(re.findall("Hayır", customer.page)) == 2
    own, digits = customer.query, shop.digits(AYSE)
    customer.get(f"/o/{word}/kod?{forger.query}")
    assert customer.at == f"/o/{word}", "the question again"
    customer.post(f"/o/{word}/kod?{forger.query}", code=digits)
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA")) == (None, None)
    customer.post(f"/o/{word}/kod?{own}", code=digits)
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA")) == (RET, RET)


def test_a_paused_company_takes_no_consent_and_still_refusals(shop: Shop, clerk: Window, customer: Window) -> None:
    key = shop.till()
    clerk.post(f"/kasa/{key}", ask="izin")
    word, why = clerk.word, Why(shop.registry.keyring, "a test")
    shop.registry.store.write_now(provider_states.pause, shop.brand().company_code, why)
    customer.answer(word, AYSE, **CHOICES)
    assert (shop.status(AYSE), shop.status(AYSE, "ARAMA")) == (None, None)
    customer.answer(word, MEHMET, ARAMA="hayir", MESAJ="hayir")
    assert (shop.status(MEHMET), shop.status(MEHMET, "ARAMA")) == (RET, RET)
    clerk.post(f"/kasa/{key}", ask="izin")
    assert clerk.at == f"/kasa/{key}"
    assert '<p class="word">' not in clerk.page


def test_a_landline_that_gets_no_notice_consents_to_nothing(shop: Shop, clerk: Window, customer: Window) -> None:
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    word = clerk.word
    customer.get(f"/o/{word}")
    shown = re.findall(r'name="shown" value="([^"]*)"', customer.page)[0]
    customer.post(f"/o/{word}", shown=shown, address="0212 000 00 00", **CHOICES)
    assert customer.at == f"/o/{word}"
    question = shop.registry.store.read_now(open_questions.find, shop.registry, word, shop.now)
    assert question is not None
    assert [question.fits(one) for one in (AYSE, "+902120000000", "ayse@example.com")] == [True, False, False]


def test_an_address_consents_to_a_brands_posters_five_times_a_day(shop: Shop, site: Any) -> None:
    word = words.of_poster(shop.till(kind=tills.POSTER))
    acts = Statement(text("SELECT id FROM act"))
    for _ in range(open_questions.OF_POSTER + 2):
        question = shop.registry.store.read_now(open_questions.find, shop.registry, word, shop.now)
        given = RequestAnswer(0b011, 0, Source.IYS_WEB, {"by": "page"})
        arguments = shop.registry, shop.settings, question, recipients.parse(AYSE), given
        shop.registry.store.write_now(open_questions.answer, *arguments)
    assert len(shop.registry.store.read_now(Snapshot.all, acts)) == open_questions.OF_POSTER
    assert len(shop.messages(AYSE)) == open_questions.OF_POSTER
    refusal = RequestAnswer(0, 0b011, Source.IYS_WEB, {"by": "page"})
    done = shop.registry.store.write_now(open_questions.answer, *arguments[:-1], refusal)
    assert done.act is not None, "a refusal has no limit"


def test_a_signed_in_browser_answers_with_one_press_a_helpers_does_not(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    word, keyring = clerk.word, shop.registry.keyring
    for limited in (True, False):
        secret = cookies.token()
        shop.registry.store.write_now(
            lambda transaction, secret, limited: session_store.open_(
                transaction, keyring, cookies.key(secret), AYSE, None, limited=limited
            ),
            secret,
            limited,
        )
        customer.client.cookies.set("sid", secret)
        customer.get(f"/o/{word}")
        assert ('name="n"' in customer.page) is not limited
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', customer.page))
    customer.post(f"/o/{word}", **hidden, **CHOICES)
    assert customer.at.endswith("/tamam")
    assert shop.status(AYSE) == ONAY
    assert len(shop.messages(AYSE)) == 1  # the notice, and no code


def test_looking_changes_nothing_and_nobody_learns_of_it(shop: Shop, customer: Window) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    found = re.search(r"/o/([\w-]+)", shop.messages(AYSE)[0])
    assert found is not None
    before = shop.request(started)
    for _ in range(3):
        assert customer.get(f"/o/{found[1]}").status_code == 200
    assert shop.request(started) == before
    assert customer.client.cookies.get("giris") is None
    assert AYSE[-10:] not in customer.page  # who holds the link does not see the number


def test_who_holds_a_forwarded_link_answers_nothing(shop: Shop, customer: Window) -> None:
    started = shop.ask(AYSE, "SMS_SHORTURL")
    found = re.search(r"/o/([\w-]+)", shop.messages(AYSE)[0])
    assert found is not None
    customer.get(f"/o/{found[1]}")
    shown = re.findall(r'name="shown" value="([^"]*)"', customer.page)[0]
    customer.post(f"/o/{found[1]}", shown=shown, address=MEHMET, answer="evet")
    assert shop.messages(MEHMET) == []  # the code goes to the address that was asked
    assert shop.request(started).state is RequestState.OPEN
    customer.post(f"/o/{found[1]}/kod?{customer.query}", code=shop.digits(AYSE))
    assert shop.status(AYSE) == ONAY


def test_a_link_of_a_mail_is_answered_with_a_code_of_a_mail(shop: Shop, customer: Window) -> None:
    shop.ask(MAIL, "EPOSTA_SHORTURL", "EPOSTA", form=shop.mail_form)
    found = re.search(r"/o/([\w-]+)", shop.messages(MAIL)[0])
    assert found is not None
    customer.answer(found[1], MAIL, answer="evet")
    assert shop.status(MAIL, "EPOSTA") == ONAY


def test_a_number_is_verified_and_no_consent_recorded(shop: Shop, clerk: Window, customer: Window) -> None:
    key = shop.till(None)
    assert 'value="izin"' not in clerk.get(f"/kasa/{key}").text
    clerk.post(f"/kasa/{key}", ask="numara", number="0532 000 00 01")
    word = clerk.word
    customer.get(f"/o/{word}")
    customer.post(f"/o/{word}", answer="evet", address=MEHMET)
    assert shop.messages(MEHMET) == []  # only the number that was said answers
    assert "DEGILDIR" in shop.messages(AYSE)[0]
    customer.post(f"/o/{word}/kod?{customer.query}", code=shop.digits(AYSE))
    assert "Reklam onayı verilmedi" in customer.page
    assert "Numara doğrulandı" in clerk.get(f"/kasa/{key}?{clerk.query}").text
    assert shop.status(AYSE) is None


def test_who_declines_a_verification_is_recorded_nowhere(shop: Shop, clerk: Window, customer: Window) -> None:
    key = shop.till(None)
    clerk.post(f"/kasa/{key}", ask="numara")
    customer.post(f"/o/{clerk.word}", answer="hayir", address="")
    assert "Numara doğrulanmadı" in clerk.get(f"/kasa/{key}?{clerk.query}").text
    assert shop.registry.store.read_now(request_store.of_address, shop.registry.keyring, AYSE, 9) == []


def test_who_wants_no_more_questions_gets_none_and_the_clerk_sees_not_yet(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    key = shop.till()
    clerk.post(f"/kasa/{key}", ask="izin")
    customer.answer(clerk.word, AYSE, answer="sorma")
    assert "Bir daha sorulmayacak" in customer.page
    assert clerk.look(key).status_code == 204
    assert shop.status(AYSE) is None
    before = len(shop.messages(AYSE))
    assert isinstance(shop.ask(AYSE), Started)
    assert len(shop.messages(AYSE)) == before


def test_who_holds_a_standing_refusal_may_say_yes_to_what_they_opened_themselves(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    def close(transaction: Transaction) -> None:
        person = register.person(shop.registry.keyring, AYSE)
        who = register.acting(transaction, shop.registry.keyring, person)
        ways = [(Channel.MESAJ.code, Identity.BIREYSEL.code)]
        ledger.change_blanket(
            transaction, shop.registry.policy, who, ways, Deed(Actor.CITIZEN, Door.PAGE), refuses=True
        )

    shop.registry.store.write_now(close)
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    customer.answer(clerk.word, AYSE, MESAJ="evet")
    assert shop.status(AYSE) == ONAY


def test_one_question_at_a_time_and_cancelling_ends_it(shop: Shop, clerk: Window, customer: Window) -> None:
    key = shop.till()
    clerk.post(f"/kasa/{key}", ask="izin")
    first = clerk.word
    clerk.post(f"/kasa/{key}", ask="izin")
    second, query = clerk.word, clerk.query
    assert customer.get(f"/o/{first}").status_code == 404
    assert customer.get(f"/o/{second}").status_code == 200
    clerk.post(f"/kasa/{key}/iptal?{query}")
    assert clerk.at == f"/kasa/{key}"
    assert customer.get(f"/o/{second}").status_code == 404
    assert "Soru kapandı" in clerk.get(f"/kasa/{key}?{query}").text


def test_two_tills_at_once_do_not_meet(shop: Shop, site: Any, customer: Window) -> None:
    one, other = Window(shop, site), Window(shop, site)
    first, second = shop.till(), shop.till()
    one.post(f"/kasa/{first}", ask="izin")
    other.post(f"/kasa/{second}", ask="izin")
    customer.answer(one.word, AYSE, **CHOICES)
    assert "Evet dedi" in one.get(f"/kasa/{first}?{one.query}").text
    assert "Cevap bekleniyor" in other.get(f"/kasa/{second}?{other.query}").text
    stolen = other.get(f"/kasa/{second}?{one.query}").text  # another till's question
    assert "Evet dedi" not in stolen
    assert "Müşteriye ne soralım?" in stolen


def test_an_unknown_or_ended_key_is_404_and_what_is_open_is_kept_nowhere(shop: Shop, clerk: Window) -> None:
    key = shop.till()
    shown = clerk.get(f"/kasa/{key}")
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert shown.headers["referrer-policy"] in ("same-origin", "no-referrer")
    till = shop.registry.store.read_now(tills.by_key, key)
    assert till is not None
    shop.registry.store.write_now(tills.end, shop.brand().id, till.id)
    for path in (f"/kasa/{key}", "/kasa/x", f"/kasa/{key}/afis.pdf"):
        assert clerk.get(path).status_code == 404
    assert clerk.post(f"/kasa/{key}", ask="izin").status_code == 404


def test_a_form_that_changed_meanwhile_is_shown_again(shop: Shop, customer: Window) -> None:
    key = shop.till(kind=tills.POSTER)
    word = words.of_poster(key)
    customer.get(f"/o/{word}")
    shown = re.findall(r'name="shown" value="([^"]*)"', customer.page)[0]

    shop.publish_anew("Her gün üç haber.")
    refused_for(customer.post(f"/o/{word}", shown=shown, address=AYSE, **CHOICES), 409, "Metin bu arada değişti.")
    assert "Her gün üç haber." in customer.page
    assert shop.messages(AYSE) == []


def test_an_old_poster_leads_to_the_new_text_and_is_not_printed_again(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    key = shop.till(kind=tills.POSTER)
    word = words.of_poster(key)
    assert "Afişteki metin eskidi" not in customer.get(f"/o/{word}").text
    assert "SMS ile de olur" in customer.page
    assert clerk.client.get(f"/kasa/{key}/afis.pdf").status_code == 200
    shop.publish_anew("Her gün üç haber.")
    assert "Afişteki metin eskidi" in customer.get(f"/o/{word}").text
    assert "Her gün üç haber." in customer.page
    assert "SMS ile de olur" not in customer.page, "by SMS an old poster takes no consent"
    assert "bu afiş eskidi" in clerk.get(f"/kasa/{key}").text
    assert "afis.pdf" not in clerk.page
    assert clerk.client.get(f"/kasa/{key}/afis.pdf").status_code == 404
    customer.answer(word, AYSE, **CHOICES)  # on the page, which showed the new text
    request = shop.registry.store.read_now(request_store.of_address, shop.registry.keyring, AYSE, 1)[0]
    assert (request.version, shop.status(AYSE)) == (2, ONAY)
    anew = shop.till(kind=tills.POSTER)
    assert "Afişteki metin eskidi" not in customer.get(f"/o/{words.of_poster(anew)}").text
    assert clerk.client.get(f"/kasa/{anew}/afis.pdf").status_code == 200


def asks_for_a_code(shop: Shop, site: Any, word: str, number: str = AYSE) -> Window:
    """A browser of its own, in which somebody types this number."""
    window = Window(shop, site)
    window.get(f"/o/{word}")
    shown = re.findall(r'name="shown" value="([^"]*)"', window.page)[0]
    window.post(f"/o/{word}", shown=shown, address=number, **CHOICES)
    assert window.at == f"/o/{word}/kod", window.page
    return window


def test_no_code_reaches_who_refuses_this_brands_questions(shop: Shop, clerk: Window, site: Any, clock: Clock) -> None:
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    word, keyring = clerk.word, shop.registry.keyring
    shop.registry.store.write_now(request_store.refuse, keyring, AYSE, shop.brand().id)
    refusing = asks_for_a_code(shop, site, word)
    asked = asks_for_a_code(shop, site, word, MEHMET)
    assert (shop.messages(AYSE), len(shop.messages(MEHMET))) == ([], 1)
    hide = re.compile(r"<strong class=\"nb\">[^<]*</strong>|sonuc=[^\"]*")
    assert hide.sub("", refusing.page) == hide.sub("", asked.page), "a stranger who types the number sees no difference"
    clock.now += 2 * MINUTE
    clerk.post(f"/kasa/{shop.till(None)}", ask="numara")
    customer = Window(shop, site)
    customer.get(f"/o/{clerk.word}")
    customer.post(f"/o/{clerk.word}", answer="evet", address=AYSE)
    assert "DEGILDIR" in shop.messages(AYSE)[0], "a verification is no question about consent"
    secret = cookies.token()
    shop.registry.store.write_now(
        lambda transaction: session_store.open_(transaction, keyring, cookies.key(secret), AYSE, None)
    )
    customer.client.cookies.set("sid", secret)
    customer.get(f"/o/{word}")
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', customer.page))
    customer.post(f"/o/{word}", **hidden, **CHOICES)
    assert shop.status(AYSE) == ONAY, "who signed in and opened the question may answer it"


def test_codes_of_the_page_are_counted_for_the_address_apart_from_its_companys_requests(
    shop: Shop, clerk: Window, site: Any, clock: Clock
) -> None:
    """A stranger who types somebody's number on many pages is stopped, and takes no question of the company."""
    clerk.post(f"/kasa/{shop.till(shop.form)}", ask="izin")
    first = asks_for_a_code(shop, site, clerk.word)
    clock.now += 2 * MINUTE
    first.post(f"/o/{clerk.word}/kod/yeniden?{first.query}")
    assert len(shop.messages(AYSE)) == 2, "the same browser's second code is the same question"
    for codes in (3, 3):
        clock.now += 2 * MINUTE
        asks_for_a_code(shop, site, clerk.word)
        assert len(shop.messages(AYSE)) == codes
    for asked in (4, 5):
        assert isinstance(shop.ask(AYSE), Started)
        assert len(shop.messages(AYSE)) == asked
        clock.now += 4 * MINUTE
    assert shop.ask(AYSE) == AskFault("H453"), "the company itself has asked twice today"


def test_the_codes_of_the_page_keep_to_the_companys_share(shop: Shop, clerk: Window, site: Any) -> None:
    small = Shop(
        shop.registry,
        load({"SECRET_KEY": SECRET, "CODES_SENT_BUDGET_SMS": "8", "REQUEST_SHARE_PERCENT": "25"}),
        furnished=True,
    )
    built = app.build(small.settings, small.registry)
    with PageClient(built, base_url=small.settings.public_url):
        clerk.post(f"/kasa/{shop.till()}", ask="izin")
        for number in (AYSE, MEHMET):
            asks_for_a_code(small, built, clerk.word, number)
        late = Window(small, built)
        late.get(f"/o/{clerk.word}")
        shown = re.findall(r'name="shown" value="([^"]*)"', late.page)[0]
        refused_for(
            late.post(f"/o/{clerk.word}", shown=shown, address="+905320000003", **CHOICES),
            503,
            "Şu anda kod gönderemiyoruz. Daha sonra yeniden deneyin.",
        )
    assert small.messages("+905320000003") == []


def test_who_was_asked_by_name_declines_with_a_proof(shop: Shop, clerk: Window, site: Any, clock: Clock) -> None:
    started = shop.verify(AYSE, "SMS_SHORTURL")
    found = re.search(r"/o/([\w-]+)", shop.messages(AYSE)[0])
    assert found is not None
    stranger, customer = Window(shop, site), Window(shop, site)
    for window in (stranger, customer):
        clock.now += 2 * MINUTE
        window.post(f"/o/{found[1]}", answer="hayir")
        assert window.at == f"/o/{found[1]}/kod"
        assert "Hayır" in window.page
        assert shop.request(started).state is RequestState.OPEN
    stranger.post(f"/o/{found[1]}/kod?{stranger.query}", code="000000")
    assert shop.request(started).state is RequestState.OPEN, "whoever holds the link declines nothing"
    customer.post(f"/o/{found[1]}/kod?{customer.query}", code=shop.digits(AYSE))
    assert "Hiçbir şey kaydedilmedi." in customer.page
    assert shop.request(started).state is RequestState.CANCELLED
    key = shop.till(None)
    clerk.post(f"/kasa/{key}", ask="numara", number="0532 000 00 02")
    stranger.post(f"/o/{clerk.word}", answer="hayir")
    assert "Cevap bekleniyor" in clerk.get(f"/kasa/{key}?{clerk.query}").text


def test_a_poster_asks_everybody_and_is_printed(shop: Shop, site: Any, clerk: Window) -> None:
    key = shop.till(kind=tills.POSTER)
    clerk.get(f"/kasa/{key}")
    word = clerk.word
    assert word == words.of_poster(key)
    for number in (AYSE, MEHMET):
        Window(shop, site).answer(word, number, **CHOICES)
        assert shop.status(number) == ONAY
    for name in ("afis", "kartlar"):
        made = clerk.client.get(f"/kasa/{key}/{name}.pdf")
        assert made.headers["content-type"] == "application/pdf"
        assert made.content.startswith(b"%PDF")
    assert clerk.post(f"/kasa/{key}", ask="izin").status_code == 404


def rows(shop: Shop) -> list[tuple[object, ...]]:
    return shop.registry.store.read_now(Snapshot.all, Statement(text("SELECT * FROM throttle ORDER BY key")))


def test_an_unknown_word_opens_nothing_and_costs_no_row(shop: Shop, clerk: Window, customer: Window) -> None:
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    counted = rows(shop)
    for place in (2, 3, 4, 6, 7, 8, 9):
        refused_for(customer.get(f"/o/A2A2A{place}"), 404, "Bu soru açık değil")
    assert rows(shop) == counted
    assert customer.get(f"/o/{clerk.word.lower()}").status_code == 200


def test_a_network_that_guesses_words_opens_none(
    shop: Shop, site: Any, clerk: Window, customer: Window, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_pages, "MISSES", 5)
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    for place in (2, 3, 4, 6, 7):
        assert customer.get(f"/o/A2A2A{place}").status_code == 404
    assert customer.get(f"/o/{clerk.word}").status_code == 429, "else the answer would show the right guess"
    shut = customer.post(f"/o/{clerk.word}", answer="hayir")
    assert (shut.status_code, shut.headers["retry-after"]) == (429, "600")
    elsewhere = PageClient(site, base_url=shop.settings.public_url, client=("203.0.113.9", 1))
    assert elsewhere.get(f"/o/{clerk.word}").status_code == 200
    assert customer.get("/o/of-no-shape").status_code == 404, "a link's token has 72 bits"
    clock.now += 10 * MINUTE
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    assert customer.get(f"/o/{clerk.word}").status_code == 200


def test_a_guesser_with_many_networks_opens_none(
    shop: Shop, site: Any, clerk: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A /48 of IPv6 has 65,536 networks of /64."""
    monkeypatch.setattr(question_pages, "MISSES", 2)
    monkeypatch.setattr(question_pages, "WIDER", 3)
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    for network in range(6):
        assert at(shop, site, f"2001:db8:1:{network}::1").get("/o/A2A2A2").status_code == 404
    assert at(shop, site, "2001:db8:1:77::1").get(f"/o/{clerk.word}").status_code == 429
    assert at(shop, site, "2001:db8:2:77::1").get(f"/o/{clerk.word}").status_code == 200


def test_networks_that_are_not_counted_each_by_itself_are_counted_together(
    shop: Shop, site: Any, clerk: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_pages, "MISSES", 2)
    monkeypatch.setattr(question_pages, "WIDER", 3)
    monkeypatch.setattr(question_pages, "NETWORKS", 4)
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    for network in range(2):
        assert (
            at(shop, site, f"203.0.{network}.1").get("/o/A2A2A2").status_code == 404
        )  # two names each: its own and that of its /24
    assert at(shop, site, "203.0.99.1").get(f"/o/{clerk.word}").status_code == 200
    for network in range(2, 8):
        assert at(shop, site, f"203.0.{network}.1").get("/o/A2A2A2").status_code == 404
    assert at(shop, site, "203.0.99.1").get(f"/o/{clerk.word}").status_code == 429
    assert at(shop, site, "203.0.1.1").get(f"/o/{clerk.word}").status_code == 200, "one that is counted by itself"


def at(shop: Shop, site: Any, address: str) -> PageClient:
    """A browser at this address."""
    return PageClient(site, base_url=shop.settings.public_url, client=(address, 1))


def test_after_ten_minutes_nobody_answers(shop: Shop, clerk: Window, customer: Window, clock: Clock) -> None:
    key = shop.till()
    clerk.post(f"/kasa/{key}", ask="izin")
    word = clerk.word
    clock.now += 10 * MINUTE
    assert customer.get(f"/o/{word}").status_code == 404
    assert "cevap yok" in clerk.get(f"/kasa/{key}?{clerk.query}").text


def test_a_till_that_asks_too_much_waits(shop: Shop, clerk: Window, site: Any) -> None:
    key = shop.till()
    answers = [clerk.post(f"/kasa/{key}", ask="izin") for _ in range(41)]
    assert [one.status_code for one in answers[:40]] == [200] * 40
    refused_for(answers[-1], 429, "Kısa sürede çok soru soruldu.")
    still = re.search(r'<p class="word">(\w+)</p>', answers[-2].text)
    assert still is not None
    assert Window(shop, site).get(f"/o/{still[1]}").status_code == 200, "what is on the screen stays open"
    refused_for(clerk.post(f"/kasa/{key}", ask="numara", number="212"), 422, "Bu, cep telefonu numarası değil.")


def test_the_till_speaks_turkish_and_english_the_customer_any_language(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    clerk.post(f"/kasa/{shop.till()}?lang=en", ask="izin")
    assert "Waiting for the answer" in clerk.page
    for language in ("en", "de", "ar", "ku", "ru"):
        assert f'<html lang="{language}"' in customer.get(f"/o/{clerk.word}?lang={language}").text


def test_the_first_paint_of_the_customers_page_weighs_at_most_14_kb(
    shop: Shop, clerk: Window, customer: Window
) -> None:
    clerk.post(f"/kasa/{shop.till()}", ask="izin")
    packed = {"accept-encoding": "gzip"}
    pages = [
        customer.client.get(path, headers=packed)
        for path in (f"/o/{clerk.word}", "/static/site.css", "/static/more.css", "/static/asked.css")
    ]
    assert sum(int(page.headers["content-length"]) for page in pages) <= 14 * 1024


def test_nothing_is_recorded_for_a_press_without_a_choice(shop: Shop, clerk: Window, customer: Window) -> None:
    clerk.post(f"/kasa/{shop.till(None)}", ask="numara", number="0532 000 00 01")
    refused_for(customer.post(f"/o/{clerk.word}", address=AYSE), 422, "Evet ya da hayır seçin.")
    assert shop.messages(AYSE) == []


def test_each_press_leads_to_a_page_and_a_second_code_waits_its_turn(
    shop: Shop, clerk: Window, customer: Window, clock: Clock
) -> None:
    key = shop.till()
    clerk.post(f"/kasa/{key}", ask="izin")
    word, query = clerk.word, clerk.query
    customer.get(f"/o/{word}")
    shown = re.findall(r'name="shown" value="([^"]*)"', customer.page)[0]
    customer.post(f"/o/{word}", shown=shown, address=AYSE, **CHOICES)
    path, first = f"/o/{word}/kod", shop.digits(AYSE)
    carried = customer.query
    customer.post(f"{path}/yeniden?{carried}")
    assert "Yeni kod için biraz bekleyin." in customer.page
    assert len(shop.messages(AYSE)) == 1
    clock.now += 2 * MINUTE
    again = customer.client.post(f"{path}/yeniden?{carried}")
    assert (again.status_code, again.headers["location"].partition("?")[0]) == (303, path)
    assert len(shop.messages(AYSE)) == 2
    assert shop.digits(AYSE) != first
    customer.post(f"{path}?{carried}", code="12")
    assert "Kod 6 rakamdan oluşur." in customer.page
    done = customer.client.post(f"{path}?{carried}", data={"code": shop.digits(AYSE)})
    assert (done.status_code, done.headers["location"].partition("?")[0]) == (303, f"/o/{word}/tamam")
    assert clerk.client.post(f"/kasa/{key}/iptal?{query}").headers["location"] == f"/kasa/{key}"
    assert shop.status(AYSE) == ONAY  # what was answered is not cancelled


def test_a_signed_in_browser_of_another_address_needs_the_code(shop: Shop, customer: Window) -> None:
    secret, keyring = cookies.token(), shop.registry.keyring
    shop.registry.store.write_now(
        lambda transaction: session_store.open_(transaction, keyring, cookies.key(secret), MEHMET, None)
    )
    customer.client.cookies.set("sid", secret)
    started = shop.ask(AYSE, "SMS_SHORTURL")
    found = re.search(r"/o/([\w-]+)", shop.messages(AYSE)[0])
    assert found is not None
    customer.get(f"/o/{found[1]}")
    assert 'name="n"' not in customer.page
    shown = re.findall(r'name="shown" value="([^"]*)"', customer.page)[0]
    customer.post(f"/o/{found[1]}", shown=shown, answer="evet", n="00000000")
    assert customer.at == f"/o/{found[1]}/kod"
    assert shop.request(started).state is RequestState.OPEN


def test_looking_at_a_verification_ends_nothing(shop: Shop, clerk: Window, customer: Window) -> None:
    key = shop.till(None)
    clerk.post(f"/kasa/{key}", ask="numara")
    word = clerk.word
    for _ in range(2):
        assert customer.get(f"/o/{word}").status_code == 200
    assert "Cevap bekleniyor" in clerk.get(f"/kasa/{key}?{clerk.query}").text


def test_a_question_that_is_asked_of_nobody_any_more_is_closed(shop: Shop, customer: Window) -> None:
    shop.ask(AYSE, "SMS_SHORTURL")
    found = re.search(r"/o/([\w-]+)", shop.messages(AYSE)[0])
    assert found is not None
    shop.registry.store.write_now(lambda transaction: transaction.run(SILENT, {}))
    refused_for(customer.get(f"/o/{found[1]}"), 404, "Bu soru açık değil")


@pytest.mark.parametrize("language", ["tr", "en", "ar", "de", "ku", "ru"])
def test_a_merchants_question_says_so_before_it_is_answered(
    shop: Shop, clerk: Window, customer: Window, language: str
) -> None:
    sentence = html.escape(catalogue(language).gettext(message_texts.MERCHANT), quote=False)
    for form, said in ((shop.publish(Channel.MESAJ, identity=Identity.TACIR), True), (shop.form, False)):
        clerk.post(f"/kasa/{shop.till(form)}", ask="izin")
        shown = customer.client.get(f"/o/{clerk.word}", headers={"accept-language": language})
        assert f'<html lang="{language}"' in shown.text
        assert (sentence in shown.text) is said
