"""The messages that bring a code: what they say, and that they fit."""

from __future__ import annotations

import re
from itertools import product

import pytest

from citizen.signin import code_messages
from consents.languages import LANGUAGES, SMS_LETTERS
from settings import Settings, load
from tests import case
from tests.conftest import SECRET

# The basic table of GSM-7 (3GPP TS 23.038, 6.2.1), as far as ASCII goes.
GSM = set("@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n")
OPERATOR = "Örnek İşletmecilik A.Ş."


def settings(host: str = "izin.example", name: str = "İzin", minutes: int = 10) -> Settings:
    env = {"SECRET_KEY": SECRET, "PUBLIC_URL": f"http://{host}", "SITE_NAME": name, "CODE_MINUTES": str(minutes)}
    return load({**env, "OPERATOR_TITLE": OPERATOR})


def test_the_sms_is_the_agreed_sentence() -> None:
    assert code_messages.sms(settings(), "tr", "048213").text == (
        "Izin giris kodu: 048213 (10 dk). Reklam izinlerinizi gormek icindir, onay yerine gecmez. "
        "Arayana veya kasada isteyene vermeyin.\n@izin.example #048213"
    )
    assert code_messages.sms(settings(), "en", "048213").text == (
        "Izin sign-in code: 048213 (10 min). For viewing your ad permissions; gives no consent. "
        "Never tell it to a caller or cashier.\n@izin.example #048213"
    )


def test_a_long_name_and_host_get_the_short_sentence() -> None:
    given = settings("a-host-of-thirty-six-letters.example", "Onay ve Ret Sicili")
    assert code_messages.sms(given, "tr", "048213").text == (
        "Onay ve Ret giris kodu: 048213 (10 dk). Reklam onayi degildir. "
        "Arayana veya kasada isteyene vermeyin.\n@a-host-of-thirty-six-letters.example #048213"
    )


def test_an_sms_is_one_part_of_gsm_7_with_the_longest_values() -> None:
    for letters, name, language in product(
        [4, 18, 21, 36, 60, 80], ["İzin", "Şikâyet & Öneri Çağrı {}", "W" * 40, "許可"], LANGUAGES
    ):
        with case(letters, name, language):
            host = "m" * (letters - 3) + ".ex"
            text = code_messages.sms(settings(host, name), language, "000000").text
            assert set(text) <= GSM or SMS_LETTERS[language] > 160
            assert len(text) <= SMS_LETTERS[language]
            assert text.endswith(f"\n@{host} #000000")
            assert not re.search(r"sik(?!ayet)", text, re.IGNORECASE)


@pytest.mark.parametrize(("language", "no_consent"), [("tr", "onay"), ("en", "gives no consent")])
@pytest.mark.parametrize("host", ["izin.example", "m" * 80 + ".ex"])
def test_every_form_says_that_the_code_is_no_consent(host: str, language: str, no_consent: str) -> None:
    assert no_consent in code_messages.sms(settings(host), language, "000000").text.lower()
    assert re.search(
        "hiçbir markaya onay vermez|gives no brand your consent", code_messages.mail(settings(), language, "0").text
    )


def test_an_overlong_host_still_gets_the_line_that_ties_the_code_to_it() -> None:
    host = f"{'m' * 60}.{'m' * 60}.{'m' * 60}.example"
    assert code_messages.sms(settings(host), "tr", "048213").text.endswith(f"\n@{host} #048213")


def test_the_last_line_names_the_host_without_its_port() -> None:
    assert code_messages.sms(settings("127.0.0.1:8000"), "tr", "048213").text.endswith("\n@127.0.0.1 #048213")


def test_the_minutes_are_those_of_the_settings() -> None:
    assert "(5 dk)" in code_messages.sms(settings(minutes=5), "tr", "048213").text
    assert "Kod 5 dakika geçerlidir" in code_messages.mail(settings(minutes=5), "tr", "048213").text


@pytest.mark.parametrize(
    ("language", "subject", "told"),
    [
        ("tr", "İzin giriş kodunuz: 048213", "Bu kodu siz istemediyseniz bir şey yapmanız gerekmez"),
        ("en", "Your İzin sign-in code: 048213", "If you did not ask for it you need do nothing"),
    ],
)
def test_the_mail_names_code_site_operator_and_privacy_notice(language: str, subject: str, told: str) -> None:
    message = code_messages.mail(settings(), language, "048213")
    assert message.subject == subject
    for part in (told, "048213", OPERATOR, "http://izin.example/gizlilik"):
        assert part in message.text
    assert message.text.rstrip().endswith("@izin.example #048213")


@pytest.mark.parametrize(("minutes", "told"), [(1, "for 1 minute "), (10, "for 10 minutes ")])
def test_one_minute_is_told_in_the_singular(minutes: int, told: str) -> None:
    given = settings(minutes=minutes)
    for message in (code_messages.mail(given, "en", "048213"), code_messages.call(given, "en", "048213")):
        assert told in re.sub(r"minute(s?)\.", r"minute\1 ", message.text)
