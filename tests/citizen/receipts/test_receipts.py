"""The receipt of an act: to its owner alone, with its number on every answer, its file, and its last day."""

from __future__ import annotations

import json
import re

import httpx2
import pytest
from sqlalchemy import text as sql

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.people import recipients
from consents.rules import RET
from consents.store import Statement, Transaction
from consents.terms import Actor, Door, Source
from evidence import log, receipts
from evidence.checkpoints import LogKey
from optout import number_check
from optout.voice import call_refusals
from optout.voice.call_refusals import PhoneCall
from optout.voice.dialogue import CallChoice
from tests.citizen.consents.test_choices import ROW
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MAIL, MEHMET, YABANCI, Town, Visitor, text
from tests.conftest import Clock
from trust import record_numbers

NUMBER = re.compile(r'href="(/makbuz/(\d{12}))"')


def refused(here: Town, visitor: Visitor) -> str:
    """Refuses Çınar's SMS; the path of the receipt that the answer leads to."""
    found = NUMBER.search(visitor.press(ROW, status="RET").text)
    assert found
    return found[1]


def by(here: Town, door: Door, brand: int = CINAR, who: str = AYSE) -> str:
    """A refusal that came in by another door; the path of its receipt."""
    wish = Wish(here.brand(brand), 1, 0, RET, Source.IYS_KISAMESAJ.code)
    deed = Deed(Actor.CITIZEN, door)
    store, policy = here.registry.store, here.registry.policy
    done = store.write_now(ledger.decide, policy, here.person(who), [wish], deed)
    assert done.act
    return "/makbuz/" + record_numbers.of_act(here.registry.keyring, done.act)


def test_the_answer_leads_to_what_when_how_and_until_when(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    page = visitor.get(path)
    read = text(page.text)
    assert page.status_code == 200
    assert record_numbers.spaced(path[-12:]).replace("\u00a0", " ") in read
    assert "<h1>Çınar markasını reddettiniz (SMS)</h1>" in page.text
    assert "<title>Çınar markasını reddettiniz (SMS) – Makbuz" in page.text
    assert "Nasıl? Bu sitede" in read
    assert "+90 532 000 00 01" in read
    assert "Durması için son gün" in read
    assert "Çınar Çınar Mağazacılık A.Ş. SMS" in read
    assert "no-store" in page.headers["cache-control"]


def test_without_htmx_the_notice_leads_there_too(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    page = visitor.follow(visitor.post(ROW, status="RET"))
    found = NUMBER.search(page.text)
    assert found
    assert visitor.get(found[1]).status_code == 200
    assert f'href="{found[1]}.ics"' in page.text


def called(here: Town, who: str, digit: str) -> str:
    """Refuses all brands by telephone; the number that the caller hears."""
    keys = PhoneCall("CA" + digit * 32, "all", recipients.phone(who), "+908500000000", "3")
    choice = CallChoice(None, (0, 1))
    told = here.registry.store.write_now(call_refusals.refuse, here.registry, keys, choice)
    return f"{told.record:012}"


def test_the_number_of_a_call_leads_its_caller_to_the_receipt_and_nobody_else(here: Town) -> None:
    """Who refuses all hears the call's own number, whether there was anything to refuse or not."""
    here.told(AYSE, CINAR)
    number, empty = called(here, AYSE, "1"), called(here, MEHMET, "2")
    visitor = here.sign_in(AYSE)
    read = text(visitor.get(f"/makbuz/{number}").text)
    assert "Nasıl? Telefonla arayarak" in read
    assert "Çınar" in read
    log.extend(here.registry)
    for ending in (".json", ".pdf", ".ics"):
        assert visitor.get(f"/makbuz/{number}{ending}").status_code == 200
    for who, path in ((visitor, empty), (here.sign_in(MEHMET), number), (here.sign_in(MEHMET), empty)):
        seen_by_others(who.get(f"/makbuz/{path}"), path)
        for ending in (".json", ".pdf", ".ics"):
            assert who.get(f"/makbuz/{path}{ending}").status_code == 404


def test_every_door_has_one_and_the_history_leads_to_each(here: Town) -> None:
    here.told(AYSE, CINAR)
    paths = {by(here, Door.SMS): "SMS göndererek", by(here, Door.VOICE, ISIK): "Telefonla arayarak"}
    visitor = here.sign_in(AYSE)
    for path, how in paths.items():
        assert how in text(visitor.get(path).text)
    assert next(iter(paths)) in visitor.get(f"/izinler/{CINAR}").text
    record = visitor.get("/izinler/kayit").text
    assert all(path in record for path in paths)


def test_a_refusal_that_ended_nothing_has_no_last_day(here: Town) -> None:
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    assert "Durması için son gün" not in text(visitor.get(path).text)
    assert visitor.get(f"{path}.ics").status_code == 404


def test_what_was_taken_back_says_so_and_the_undo_has_its_own(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    act = record_numbers.read(here.registry.keyring, path[-12:])
    assert act
    visitor.press(f"/izinler/geri-al/{act}")
    read = text(visitor.get(path).text)
    assert "Sonradan Geri alındı:" in read
    assert "son gün" not in read
    undo = "/makbuz/" + record_numbers.of_act(here.registry.keyring, act + 1)
    assert "<h1>Geri aldınız: Çınar (SMS)</h1>" in visitor.get(undo).text


def seen_by_others(answer: httpx2.Response, number: str) -> None:
    """A number shows that it is genuine, its day and its door: never whose it is, or which brand."""
    shown = record_numbers.spaced(number).replace("\u00a0", " ")
    read = text(answer.text)
    assert answer.status_code == 200
    assert "Bu kayıt gerçek" in read
    assert shown in read
    for secret in ("Çınar", "532", "000 00 01", "•", "reddettiniz"):
        assert secret not in read.partition("Belge doğrula Bu kayıt")[2].replace(shown, "")
    assert "Çınar" not in answer.text


def test_another_person_sees_of_a_receipt_what_its_number_shows(here: Town) -> None:
    """Who is handed a receipt scans its QR code: he is neither asked for a code nor led to believe in a forgery."""
    here.told(AYSE, CINAR)
    path = refused(here, here.sign_in(AYSE))
    for address in (MEHMET, YABANCI, MAIL):
        seen_by_others(here.sign_in(address).get(path), path[-12:])
    page = here.client.get(path)
    seen_by_others(page, path[-12:])
    assert f'href="{path}?giris=1"' in page.text
    asked = here.client.get(f"{path}?giris=1")
    assert asked.headers["location"] == "/giris"
    assert "niyet=" in asked.headers["set-cookie"], "and comes back here"
    seen_by_others(here.sign_in(MEHMET).get(f"{path}?giris=1"), path[-12:])
    assert "Çınar" in here.sign_in(AYSE).get(f"{path}?giris=1").text


def test_looking_at_numbers_that_are_none_is_limited(here: Town) -> None:
    here.told(AYSE, CINAR)
    path, keyring = refused(here, here.sign_in(AYSE)), here.registry.keyring
    for guess in range(number_check.MISSES):
        assert here.client.get(f"/makbuz/{record_numbers.of_act(keyring, 5000 + guess)}").status_code == 404
    assert here.client.get(path).status_code == 429
    assert "Çınar" in here.sign_in(AYSE).get(path).text


@pytest.mark.parametrize("ending", [".json", ".ics", ".pdf"])
def test_another_persons_is_not_found_and_without_a_session_the_code_is_asked(here: Town, ending: str) -> None:
    here.told(AYSE, CINAR)
    path = refused(here, here.sign_in(AYSE)) + ending
    log.extend(here.registry)
    for address in (MEHMET, YABANCI, MAIL):
        stranger = here.sign_in(address).get(path)
        assert stranger.status_code == 404
        assert "Çınar" not in stranger.text
    assert here.client.get(path).headers["location"] == "/giris"


def test_each_address_of_a_session_has_its_own(here: Town) -> None:
    here.told(AYSE, CINAR)
    path = by(here, Door.SMS)
    page = here.sign_in(AYSE, MEHMET).get(path)
    assert page.status_code == 200
    assert "+90 532 000 00 01" in text(page.text)


@pytest.mark.parametrize("number", ["1", "123456789012", "0" * 12, "9" * 40, "x", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_what_is_no_number_is_not_found(here: Town, number: str) -> None:
    assert here.sign_in(AYSE).get(f"/makbuz/{number}").status_code == 404


def test_a_companys_act_has_none(here: Town) -> None:
    here.told(AYSE, CINAR)
    number = record_numbers.of_act(here.registry.keyring, 1)
    assert here.sign_in(AYSE).get(f"/makbuz/{number}").status_code == 404


def test_a_new_holder_does_not_see_the_former_ones(here: Town, clock: Clock) -> None:
    here.told(AYSE, CINAR, ago=400)
    path = by(here, Door.SMS)
    clock.forward(days=200)
    visitor = here.sign_in(AYSE)
    visitor.post("/izinler/yeni-numara", new="1")
    seen_by_others(visitor.get(path), path[-12:])
    assert visitor.get(f"{path}.pdf").status_code == 404


def test_the_file_is_there_once_the_act_is_signed_and_proves_itself_and_whose_it_is(here: Town) -> None:
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    assert visitor.get(f"{path}.json").status_code == 404
    assert "bir dakika sürebilir" in text(visitor.get(path).text)
    log.extend(here.registry)
    assert f'href="{path}.json"' in visitor.get(path).text
    answer = visitor.get(f"{path}.json")
    assert answer.headers["content-disposition"] == f'attachment; filename="izin-{path[-12:]}.json"'
    said = receipts.check(answer.text, LogKey.of(here.registry.keyring))
    assert said["address"] == AYSE
    assert said["number"] == path[-12:]
    assert [(one["title"], one["channel"], one["status"]) for one in said["consents"]] == [("Çınar", "MESAJ", "RET")]
    assert json.loads(answer.text)["stop_by"]


def test_the_calendar_has_the_last_day(here: Town) -> None:
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    visitor = here.sign_in(AYSE)
    path = refused(here, visitor)
    visitor.refuse(ISIK)
    visitor.refuse(CINAR, "ARAMA")  # ended nothing
    one, both = visitor.get(f"{path}.ics"), visitor.get("/izinler/durmali.ics")
    assert one.headers["content-type"] == "text/calendar; charset=utf-8"
    assert one.text.count("BEGIN:VEVENT") == 1
    assert both.text.count("BEGIN:VEVENT") == 2
    for answer in (one, both):
        assert answer.content.endswith(b"END:VCALENDAR\r\n")
        lines = answer.content.split(b"\r\n")
        assert all(len(line) <= 75 for line in lines)
        assert b"\n" not in b"".join(lines)
    unfolded = one.text.replace("\r\n ", "")
    assert "SUMMARY;LANGUAGE=tr:Çınar: reklamlar bugün bitmeli" in unfolded
    assert re.search(r"DTSTART;VALUE=DATE:\d{8}\r\n", unfolded)
    uid = re.search(r"UID:\w+", one.text)
    assert uid
    assert uid[0] in both.text
    number = record_numbers.spaced(path[-12:])
    assert number in unfolded
    assert "532" not in unfolded.replace(uid[0], "").replace(number, "")


def test_a_calendar_without_days_is_empty(here: Town) -> None:
    assert "VEVENT" not in here.sign_in(AYSE).get("/izinler/durmali.ics").text


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_pdf_is_tagged_names_its_language_and_takes_any_title_as_text(here: Town, language: str) -> None:
    title = 'A #panic("x") $a$ *b* @c <d> [e] \\ "f"'

    def rename(transaction: Transaction) -> None:
        transaction.run(
            Statement(sql("UPDATE brand SET title = :title WHERE code = :code")), {"title": title, "code": CINAR}
        )

    here.registry.store.write_now(rename)
    here.told(AYSE, CINAR)
    visitor = here.sign_in(AYSE)
    answer = visitor.get(f"{refused(here, visitor)}.pdf?lang={language}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.7")
    assert b"/MarkInfo" in answer.content
    assert b"/StructTreeRoot" in answer.content
    assert f"/Lang({language})".encode() in answer.content.replace(b" ", b"")
    assert b"pdfuaid:part" in answer.content
