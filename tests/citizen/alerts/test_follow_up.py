"""Sustular mı? Who is asked, when, how often; what the answers do."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import text as sql

from citizen.alerts import company_answers, follow_up_job
from citizen.alerts.company_answers import CompanyAnswer, Taking
from citizen.consents import number_reassigned
from citizen.signin import entry
from consents.brands import companies
from consents.brands.book import BrandEntry
from consents.store import Snapshot, Statement, Transaction
from optout.phrases import LONGEST, phrase
from optout.sms import sms_brands
from providers.deliveries import handout_store
from settings import load
from tests.citizen.alerts.conftest import Watchman
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MAIL, MEHMET, Visitor, text
from tests.conftest import SECRET
from tests.optout.sms.conftest import OWN, Phone, settings_of

PAGE = "/izinler/sustular"
PLAIN = re.compile(r"[A-Za-z0-9 !\"#%&'()*+,./:;<=>?-]*")
ASK = "Hala reklam gonderen var mi? HAYIR ya da markanin adini yazin."


def refuse(watchman: Watchman, *brands: int, to: str = AYSE, channel: str = "MESAJ") -> tuple[Visitor, str]:
    """Refuses all brands (allowed before), and opens the result; the browser and the result's markup."""
    for brand in brands:
        watchman.town.told(to, brand, channel)
    visitor = watchman.town.sign_in(to)
    page = visitor.get("/izinler/reddet").text
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page):
        fields.setdefault(name, []).append(value)
    answer = visitor.post("/izinler/reddet", **fields)
    return visitor, visitor.follow(answer).text


def press(visitor: Visitor, page: str, wish: str, **more: str) -> str:
    """Presses the button of the question's form on a page; what it leads to."""
    form = page[page.index('<section id="sustular"') :]
    action = re.search(r'action="([^"]*)"', form)
    assert action
    assert f'name="do" value="{wish}"' in form
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.partition("</form>")[0]))
    answer = visitor.post(action[1].replace("&amp;", "&"), do=wish, **fields, **more)
    assert answer.status_code == 303
    return visitor.get(answer.headers["location"].partition("#")[0]).text


def run(watchman: Watchman) -> None:
    asyncio.run(follow_up_job.ask(watchman.town.registry, watchman.settings))


def rows(watchman: Watchman) -> int:
    return int(watchman.town.registry.store.read_now(Snapshot.value, Statement(sql("SELECT count(*) FROM follow_up"))))


def take(watchman: Watchman, brand: int) -> None:
    """A program of the brand takes all that is recorded."""

    def note(transaction: Transaction, of: int) -> None:
        handout_store.note(transaction, of, "push", 1, 1000, taken=True)

    watchman.town.registry.store.write_now(note, watchman.town.brand(brand))


def phone_of(watchman: Watchman, number: str = AYSE) -> Phone:
    return Phone(watchman.town.registry, watchman.clock, settings_of(PUBLIC_URL="http://izin.example"), number)


def test_the_question_comes_once_on_the_day_after_the_last_day(watchman: Watchman) -> None:
    """Tuesday 24 November is refused, the last day is Friday; Saturday is the day after."""
    visitor, page = refuse(watchman, CINAR, ISIK)
    assert "Sustular mı, size soralım mı?" in page
    assert "28 Kasım 2026 Cumartesi" in text(page)
    assert "Size soracağız" in press(visitor, page, "sor")
    watchman.clock.forward(minutes=1)
    take(watchman, CINAR)
    watchman.clock.forward(days=3)
    run(watchman)
    assert watchman.sent == [], "Friday is the last day"
    watchman.tomorrow()
    run(watchman)
    (sms,) = watchman.sent
    assert (sms.kind, sms.to) == ("sms", AYSE)
    assert sms.text == f"1 marka reddinizi aldi, 1 marka almadi. {ASK}"
    watchman.tomorrow()
    run(watchman)
    assert len(watchman.sent) == 1, "asked once"


def test_nothing_is_sent_where_nobody_asked_for_it(watchman: Watchman) -> None:
    refuse(watchman, CINAR)
    for _ in range(6):
        watchman.tomorrow()
        run(watchman)
    assert watchman.sent == []


def test_an_undo_before_that_day_ends_it(watchman: Watchman) -> None:
    visitor, page = refuse(watchman, CINAR)
    press(visitor, page, "sor")
    undo = re.search(r'action="(/izinler/geri-al/[^"]*)"', page)
    assert undo
    assert visitor.post(undo[1]).status_code == 303
    watchman.clock.forward(days=4)
    run(watchman)
    assert watchman.sent == []
    assert rows(watchman) == 0


def test_it_can_be_taken_back(watchman: Watchman) -> None:
    visitor, page = refuse(watchman, CINAR)
    page = press(visitor, page, "sor")
    assert "Sustular mı, size soralım mı?" in press(visitor, page, "vazgec")
    watchman.clock.forward(days=4)
    run(watchman)
    assert watchman.sent == []


def test_nobody_is_woken(watchman: Watchman) -> None:
    visitor, page = refuse(watchman, CINAR)
    press(visitor, page, "sor")
    watchman.clock.forward(days=4, hours=-3)  # Saturday 09:00
    run(watchman)
    assert watchman.sent == []
    watchman.clock.forward(hours=12)
    run(watchman)
    assert watchman.sent == []
    watchman.clock.forward(hours=13)
    run(watchman)
    assert len(watchman.sent) == 1


def test_a_mail_names_each_company_and_leads_to_a_page_that_shows_nothing(watchman: Watchman) -> None:
    visitor, page = refuse(watchman, CINAR, ISIK, to=MAIL, channel="EPOSTA")
    press(visitor, page, "sor")
    take(watchman, ISIK)
    watchman.clock.forward(days=4)
    run(watchman)
    (mail,) = watchman.sent
    assert (mail.kind, mail.to) == ("mail", MAIL)
    assert "Reddinizi aldı:\n– Işık" in mail.text
    assert "Almadı:\n– Çınar" in mail.text
    found = re.search(r"https?://[^/]*(/sustu/\S+)", mail.text)
    assert found
    stranger = Visitor(watchman.town.client, "")
    shown = stranger.get(found[1]).text
    assert "Çınar" not in shown
    assert "ayse" not in shown
    answer = stranger.post(found[1], hayir="1")
    assert stranger.post(found[1], hayir="1").status_code == 303
    assert "Teşekkürler, kaydettik" in stranger.follow(answer).text
    assert "“Artık gelmiyor” dediniz." in text(watchman.town.sign_in(MAIL).get(PAGE).text)
    assert stranger.get(found[1][:-1] + ("0" if found[1][-1] != "0" else "1")).status_code == 404


def asked(watchman: Watchman, *brands: int) -> Phone:
    visitor, page = refuse(watchman, *(brands or (CINAR, ISIK)))
    press(visitor, page, "sor")
    watchman.clock.forward(days=4)
    run(watchman)
    return phone_of(watchman)


def test_no_by_sms_closes_it_and_refuses_nothing(watchman: Watchman) -> None:
    phone = asked(watchman)
    acts = phone.number_of("act")
    assert phone.writes("HAYIR").startswith("Tesekkurler, kaydettik")
    assert phone.number_of("act") == acts
    assert "“Artık gelmiyor” dediniz." in text(watchman.town.sign_in(AYSE).get(PAGE).text)


def test_a_name_by_sms_makes_the_complaint_ready(watchman: Watchman) -> None:
    phone = asked(watchman)
    acts = phone.number_of("act")
    reply = phone.writes("çınar")
    assert reply == ("CINAR icin sikayet metniniz makbuz ve tarihlerle hazir: izin.example/hala (giris kodu gerekir)")
    assert phone.number_of("act") == acts, "a name alone refuses nothing here"
    visitor = watchman.town.sign_in(AYSE)
    page = visitor.follow(visitor.get("/hala")).text
    assert "Hâlâ yazan marka: Çınar" in text(page)
    link = re.search(rf'href="(/izinler/sikayet/{CINAR}\?gun=2026-11-28[^"]*)"', page)
    assert link
    form = visitor.get(link[1].replace("&amp;", "&")).text
    assert 'value="2026-11-28"' in form
    letter = visitor.follow(visitor.post(link[1].replace("&amp;", "&"), day="2026-11-28")).text
    assert "Kayıt no: " in letter
    assert "28 Kasım 2026 Cumartesi" in letter


@pytest.mark.parametrize(
    ("written", "reply"),
    [
        ("EVET", "Hangi marka hala yaziyor?"),
        ("ZAMBAK", "ZAMBAK sordugumuz markalardan degil."),
        ("CINARR", "CINAR icin sikayet metniniz"),
        ("RET CINAR", "CINAR SMS'leri reddedildi."),
    ],
)
def test_other_answers(watchman: Watchman, written: str, reply: str) -> None:
    assert asked(watchman).writes(written).startswith(reply)


def test_without_a_question_a_name_or_a_no_is_what_it_was(watchman: Watchman) -> None:
    refuse(watchman, CINAR)
    phone = phone_of(watchman)
    assert phone.writes("CINAR").startswith("Mesajinizi anlayamadik")
    assert not phone.writes("HAYIR").startswith("Tesekkurler")
    assert not phone_of(watchman, MEHMET).writes("HAYIR").startswith("Tesekkurler")


@pytest.mark.parametrize("written", ["H", "HAYIR", "Hayir lutfen", "CINAR"])
def test_at_a_brands_own_number_it_is_no_answer(watchman: Watchman, written: str) -> None:
    phone = asked(watchman, CINAR)
    watchman.town.told(AYSE, ISIK)

    def number(transaction: Transaction) -> None:
        known = companies.known_brand(transaction, ISIK)
        assert known
        sms_brands.add_number(transaction, known, OWN, ("3838",))

    watchman.town.registry.store.write_now(number)
    reply = phone.writes(written, OWN)
    named = written == "CINAR"
    assert reply.startswith("Mesajinizi anlayamadik" if named else f"{ISIK} SMS'leri reddedildi.")
    assert phone.stands()[ISIK, "MESAJ"] == ("ONAY" if named else "RET")
    assert "dediniz" not in text(watchman.town.sign_in(AYSE).get(PAGE).text)


def test_one_letter_of_an_advert_is_no_answer(watchman: Watchman) -> None:
    assert asked(watchman).writes("H") == phrase("sms.which-brand")


@pytest.mark.parametrize("first", ["HAYIR", "CINAR"])
def test_once_answered_a_no_refuses_again(watchman: Watchman, first: str) -> None:
    phone = asked(watchman)
    phone.writes(first)
    assert phone.writes("HAYIR") == phrase("sms.which-brand")
    assert phone.writes("çınar").startswith("CINAR"), "it answers the question which brand, or the first one anew"


@pytest.mark.parametrize("written", ["Nein", "НЕТ", "لا", "NEXER", "no", "Hayır, teşekkürler"])
def test_a_no_of_every_language_closes_it(watchman: Watchman, written: str) -> None:
    phone = asked(watchman)
    assert phone.writes(written).startswith("Tesekkurler, kaydettik")
    assert "“Artık gelmiyor” dediniz." in text(watchman.town.sign_in(AYSE).get(PAGE).text)


def test_after_two_weeks_a_name_answers_nothing(watchman: Watchman) -> None:
    phone = asked(watchman)
    watchman.clock.forward(days=14)
    assert phone.writes("CINAR").startswith("Mesajinizi anlayamadik")


def test_no_other_persons_act_can_be_asked_about(watchman: Watchman) -> None:
    _, page = refuse(watchman, CINAR)
    number = re.search(r'name="number" value="(\d+)"', page)
    assert number
    assert watchman.town.sign_in(MEHMET).post(PAGE, do="sor", number=number[1]).status_code == 404
    assert rows(watchman) == 0


def test_no_sms_without_a_budget_and_none_beyond_it(watchman: Watchman) -> None:
    for number in (AYSE, MEHMET):
        visitor, page = refuse(watchman, CINAR, to=number)
        press(visitor, page, "sor")
    watchman.clock.forward(days=4)
    watchman.settings = load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838", "FOLLOW_UP_SMS": "1"})
    run(watchman)
    run(watchman)
    assert len(watchman.sent) == 1
    watchman.clock.forward(days=1, hours=1)
    run(watchman)
    assert len(watchman.sent) == 2, "the other one the next day"


def test_where_no_sms_may_be_sent_none_is_offered(registry: Any, clock: Any) -> None:
    from tests.citizen.consents.town import town

    with town(registry, FOLLOW_UP_SMS="0") as here:
        watchman = Watchman(here, clock, load({"SECRET_KEY": SECRET, "FOLLOW_UP_SMS": "0"}))
        _, page = refuse(watchman, CINAR)
        assert "size soralım mı" not in page


@pytest.mark.parametrize("how", ["erased", "new holder"])
def test_who_is_erased_or_has_a_new_number_is_asked_nothing(watchman: Watchman, how: str) -> None:
    visitor, page = refuse(watchman, CINAR)
    press(visitor, page, "sor")

    def forget(transaction: Transaction) -> None:
        entry.forget(transaction, watchman.town.registry.keyring, AYSE)

    if how == "erased":
        watchman.town.registry.store.write_now(forget)
    else:
        visitor.post(number_reassigned.PATH, new="1")
    assert rows(watchman) == 0


def test_one_that_fails_does_not_stop_the_others(watchman: Watchman, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [watchman.town.person(number) for number in (AYSE, MEHMET)]
    for number in (AYSE, MEHMET):
        visitor, page = refuse(watchman, CINAR, to=number)
        press(visitor, page, "sor")
    watchman.clock.forward(days=4)
    answers = company_answers.answers

    def broken(snapshot: Snapshot, registry: Any, act: int, recipient: int) -> list[CompanyAnswer]:
        if recipient == people[0]:
            raise RecursionError
        return answers(snapshot, registry, act, recipient)

    monkeypatch.setattr(company_answers, "answers", broken)
    run(watchman)
    assert [sms.to for sms in watchman.sent] == [MEHMET]
    monkeypatch.setattr(company_answers, "answers", answers)
    watchman.tomorrow()
    run(watchman)
    assert [sms.to for sms in watchman.sent] == [MEHMET, AYSE]


def test_the_sms_fits_one_message_whatever_the_figures() -> None:
    brand = BrandEntry(1, 1, "W" * 50, 1, "W", 1, None, "W", 1, "")
    for url in ("http://izin.example", f"http://{'a' * 60}.example.com"):
        for number in ("3838", None):
            env = {"SECRET_KEY": SECRET, "PUBLIC_URL": url} | ({"OPTOUT_NUMBER": number} if number else {})
            for language in ("tr", "en"):
                for takings in ([Taking.TAKEN], [Taking.NOT], [Taking.UNKNOWN], [Taking.TAKEN, Taking.NOT]):
                    many = [
                        CompanyAnswer(brand._replace(id=place), takings[place % len(takings)], 0, [1])
                        for place in range(30_000)
                    ]
                    written = follow_up_job.sms(language, many, load(env))
                    assert len(written) <= LONGEST, written
                    assert PLAIN.fullmatch(written), written


def test_a_links_receipt_offers_it_to_the_links_address(watchman: Watchman) -> None:
    from tests.optout.links import door

    watchman.town.told(AYSE, CINAR)
    path = door.link(watchman.town, AYSE)
    pressed = door.press(watchman.town, path)
    assert "Sustular mı, size soralım mı?" in pressed.text
    receipt = re.search(rf'href="({path}/makbuz/\d+)"', pressed.text)
    assert receipt
    visitor = Visitor(watchman.town.client, "")
    page = visitor.get(receipt[1]).text
    assert "Size soracağız" in press(visitor, page, "sor")
    watchman.clock.forward(days=4)
    run(watchman)
    assert [(sms.to, sms.text) for sms in watchman.sent] == [(AYSE, f"1 marka reddinizi almadi. {ASK}")]
