"""A landline signs in: its code is read aloud where a voice carrier is set up."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from xml.etree import ElementTree

import httpx2
import pytest

from citizen.signin import code_messages
from gateways import carriers
from gateways.carrier import Site
from gateways.outbox import delivery
from settings import load
from tests.citizen.signin.conftest import Open
from tests.citizen.signin.conftest import desk as desk
from tests.citizen.signin.desk import Desk
from tests.conftest import SECRET
from tests.gateways.fake_twilio import FakeTwilio
from tests.optout.voice.telephone import AYSE, LANDLINE
from trust.codes.reach import CALL, MAIL, SMS, Reach, carrier, reach
from web.rendering import texts

TYPED = "0212 000 00 01"


def read(answer: httpx2.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u2011", "-").split())


def code(heard: str) -> str:
    """The six digits as they were spoken, which must be said twice."""
    digits = re.findall(r"(?:[0-9], ){5}[0-9]", heard)
    assert len(digits) == 2
    assert len(set(digits)) == 1
    return str(digits[0]).replace(", ", "")


@pytest.fixture
def heard(twilio: FakeTwilio) -> Callable[[Desk], str]:
    """Delivers what waits; what the newest call says."""

    def deliver(one: Desk) -> str:
        gateway = one.settings.voice_gateway
        assert gateway is not None
        chosen = carriers.sender(gateway, "call", Site(one.settings.site_name, one.settings.host))
        asyncio.run(delivery.deliver(one.registry, "call", chosen))
        told = ElementTree.fromstring(list(twilio.calls.values())[-1]["twiml"])
        return "".join(say.text or "" for say in told.iter("Say"))

    return deliver


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_landline_gets_its_code_by_a_call_and_signs_in(
    desk: Open, twilio: FakeTwilio, heard: Callable[[Desk], str], language: str
) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser(headers={"accept-language": language})
    assert one.ask(TYPED).headers["location"].startswith("/giris/kod")
    page = read(one.get("/giris/kod"))
    assert {"tr": "Sizi arayıp kodu okuyacağız.", "en": "We will call you and read the code aloud."}[language] in page
    assert "+90 212 ••• •• 01" in page
    said = heard(here)
    assert {"tr": "Reklam izinlerinizi görmeniz içindir, onay yerine geçmez.", "en": "gives no consent"}[
        language
    ] in said
    assert [call["to"] for call in twilio.calls.values()] == [LANDLINE]
    assert one.type(code(said)).headers["location"].startswith("/izinler")
    assert one.signed_in


def test_a_landline_is_added_to_a_session(desk: Open, twilio: FakeTwilio, heard: Callable[[Desk], str]) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser().sign_in(AYSE)
    assert one.ask(TYPED, "/giris/ekle").status_code == 303
    assert one.type(code(heard(here)), "/giris/ekle/kod").headers["location"] == "/izinler?eklendi=1"


def test_without_a_voice_carrier_a_landline_is_shown_the_doors_that_work(desk: Open) -> None:
    one = desk().browser()
    answer = one.ask(TYPED)
    assert answer.status_code == 422
    assert "SMS gelmediği için kod gönderemiyoruz" in read(answer)
    assert one.desk.sent == []


def test_calls_have_the_limits_of_sms(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url, CODES_SENT_PER_HOUR="2", CODES_SENT_PER_BLOCK="3")
    for _ in range(3):
        here.browser().ask(TYPED)
        here.clock.forward(minutes=2)
    assert len(here.sent) == 2
    for number in ("0212 000 00 02", "0212 000 00 03"):
        here.browser().ask(number)
    assert len(here.sent) == 3, "neighbours of one block"


def test_wrong_and_late_codes_speak_of_the_call(desk: Open, twilio: FakeTwilio, heard: Callable[[Desk], str]) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser()
    one.ask(TYPED)
    first = code(heard(here))
    assert "Duyduğunuz 6 rakamı yazın." in read(one.type("12"))
    assert "Duyduğunuz 6 rakamı yeniden yazın." in read(one.type(f"{(int(first) + 1) % 10**6:06}"))
    here.clock.forward(minutes=2)
    one.again()
    second = code(heard(here))
    assert "En son aramada duyduğunuz kodu yazın." in read(one.get("/giris/kod"))
    if first != second:
        assert "Bu, önceki aramadaki kod." in read(one.type(first))
    assert one.type(second).headers["location"].startswith("/izinler")


def test_a_carrier_that_cannot_call_is_named(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser()
    one.ask(TYPED)
    twilio.mode = "503"
    chosen = carriers.sender(here.settings.voice_gateway, "call", Site("İzin", "izin.example"))  # type: ignore[arg-type]
    asyncio.run(delivery.deliver(here.registry, "call", chosen))
    assert "Şu anda telefonla arayamıyoruz." in read(one.get("/giris/kod"))


def test_the_page_names_the_number_that_takes_refusals_by_telephone(desk: Open, twilio: FakeTwilio) -> None:
    page = read(desk(VOICE_GATEWAY=twilio.url).browser().get("/giris"))
    assert "Aramaları telefonda da reddedebilirsiniz: +90 532 000 00 00" in page
    assert "Aramaları telefonda" not in read(desk(OPTOUT_NUMBER="3838").browser().get("/giris"))


@pytest.mark.parametrize(
    ("typed", "countries", "expected"),
    [
        (TYPED, ("TR",), Reach(LANDLINE, CALL)),
        (TYPED, ("DE",), Reach(LANDLINE, "", "landline")),
        ("0850 000 00 01", ("TR",), Reach("+908500000001", "", "service")),
        ("+49 30 1234567", ("TR", "DE"), Reach("+49301234567", "", "fixed")),
        ("0532 000 00 01", ("TR",), Reach(AYSE, SMS)),
        ("ayse@example.com", ("TR",), Reach("ayse@example.com", MAIL)),
    ],
)
def test_only_a_turkish_landline_is_called(typed: str, countries: tuple[str, ...], expected: Reach) -> None:
    assert reach(typed, countries, calls=True) == expected
    assert carrier(expected.address) == (expected.by or ("call" if expected.why == "landline" else "sms"))


def test_what_a_call_says() -> None:
    told = code_messages.call(load({"SECRET_KEY": SECRET}), "tr", "048213")
    assert (told.subject, told.headers) == ("", {"Content-Language": "tr"})
    assert told.text.startswith(
        "Merhaba. Burası İzin. Giriş kodunuzu okuyorum: 0, 4, 8, 2, 1, 3. Tekrar ediyorum: 0, 4,"
    )
    assert "048213" not in told.text
    for language in ("tr", "en"):
        assert not re.search(r"%\(\w+\)s\w|\w%", texts.counted(language, code_messages._CALL, 10))


# -- a mobile that gets no SMS -----------------------------------------------------------------------------------------


def test_a_mobile_without_sms_has_itself_called_and_signs_in(
    desk: Open, twilio: FakeTwilio, heard: Callable[[Desk], str]
) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser()
    one.ask(AYSE)
    assert "Beni arayın" in read(one.get("/giris/kod"))
    assert one.post("/giris/kod/ara").headers["location"] == "/giris/kod?erken", "the gap of every new code"
    here.clock.forward(minutes=1)
    assert one.post("/giris/kod/ara").headers["location"] == "/giris/kod?arama"
    assert [message["kind"] for message in here.sent] == ["sms", "call"]
    page = read(one.get("/giris/kod?arama"))
    assert "Sizi arayıp kodu okuyacağız." in page
    assert "Kodu SMS ile gönder" in page
    assert "Duyduğunuz 6 rakamı yazın." in read(one.type("12", "/giris/kod?arama"))
    assert one.type(code(heard(here)), "/giris/kod?arama").headers["location"].startswith("/izinler")


def test_a_mobile_is_called_in_a_session_too(desk: Open, twilio: FakeTwilio, heard: Callable[[Desk], str]) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser().sign_in("+905320000002")
    one.ask(AYSE, "/giris/ekle")
    here.clock.forward(minutes=1)
    assert one.post("/giris/ekle/kod/ara").headers["location"] == "/giris/ekle/kod?arama"
    assert one.type(code(heard(here)), "/giris/ekle/kod?arama").headers["location"] == "/izinler?eklendi=1"


@pytest.mark.parametrize("address", [AYSE, "ayse@example.com"])
def test_nobody_is_called_where_no_voice_carrier_is_set_up_nor_for_an_e_mail(
    desk: Open, twilio: FakeTwilio, address: str
) -> None:
    here = desk(**({"VOICE_GATEWAY": twilio.url} if "@" in address else {}))
    one = here.browser()
    assert one.post("/giris/kod/ara").headers["location"] == "/giris"
    one.ask(address)
    here.clock.forward(minutes=1)
    assert "Beni arayın" not in read(one.get("/giris/kod?arama"))
    assert one.post("/giris/kod/ara").headers["location"] == "/giris/kod"
    assert len(here.sent) == 1


def calls(here: Desk) -> int:
    return sum(message["kind"] == "call" for message in here.sent)


def test_a_mobile_is_called_three_times_a_day_whoever_asks(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url, CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100")
    for _ in range(5):
        one = here.browser()
        one.ask(AYSE)
        here.clock.forward(minutes=2)
        answer = one.post("/giris/kod/ara")
        assert answer.headers["location"] == "/giris/kod?arama", "what was not sent does not show"
        here.clock.forward(minutes=2)
    assert calls(here) == 3
    here.clock.forward(hours=24)
    one.post("/giris/kod/ara")
    assert calls(here) == 4


def test_calls_and_sms_share_the_limits_of_an_address(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url, CODES_SENT_PER_HOUR="2")
    for _ in range(2):
        one = here.browser()
        one.ask(AYSE)
        here.clock.forward(minutes=2)
        one.post("/giris/kod/ara")
        here.clock.forward(minutes=2)
    assert [message["kind"] for message in here.sent] == ["sms", "call"]


def ask_and_have_called(here: Desk, numbers: int) -> None:
    """So many neighbours ask for a code, and two minutes later for a call."""
    for last in range(1, numbers + 1):
        one = here.browser()
        one.ask(f"+9053200000{last:02}")
        here.clock.forward(minutes=2)
        one.post("/giris/kod/ara")


def test_calls_have_a_budget_of_their_own_a_third_of_the_others(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url, CODES_SENT_BUDGET="6")
    ask_and_have_called(here, 4)
    assert [message["kind"] for message in here.sent] == ["sms", "call", "sms", "call", "sms", "sms"]
    here.clock.forward(minutes=2)
    refused = here.browsers[-1].post("/giris/kod/ara")
    assert refused.status_code == 503
    assert "gönderebileceğimiz kodlar tükendi" in refused.text


def test_neighbours_are_called_a_third_as_often_as_they_are_written_to(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url, CODES_SENT_PER_BLOCK="9")
    ask_and_have_called(here, 5)
    assert calls(here) == 3


def test_who_knows_the_number_is_called_three_times_a_day_too(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url, CODES_SENT_PER_HOUR="100", CODES_SENT_PER_DAY="100")
    one = here.browser().sign_in(AYSE)
    one.ask(AYSE)
    for _ in range(5):
        here.clock.forward(minutes=2)
        one.post("/giris/kod/ara")
    assert calls(here) == 3


def test_what_was_asked_too_soon_after_a_call_still_speaks_of_the_call(desk: Open, twilio: FakeTwilio) -> None:
    here = desk(VOICE_GATEWAY=twilio.url)
    one = here.browser()
    one.ask(AYSE)
    here.clock.forward(minutes=1)
    one.post("/giris/kod/ara")
    assert one.post("/giris/kod/ara?arama").headers["location"] == "/giris/kod?erken&arama"
    assert "Sizi arayıp kodu okuyacağız." in read(one.get("/giris/kod?erken&arama"))
