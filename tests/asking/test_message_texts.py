"""Every SMS of a request fits one part, with the longest values, in each language; its notice names the way back."""

from __future__ import annotations

import re
from itertools import product

import pytest

from asking import message_texts
from asking.message_texts import Asking
from asking.request_states import RequestPurpose
from consents.brands.book import BrandEntry
from consents.languages import LANGUAGES, SMS_LETTERS
from settings import load
from tests.conftest import NOON, SECRET
from web.rendering.texts import catalogue

LONGEST_HOST = "www.cinar-magazacilik.com.tr"  # of a company's notice; a longer one is sent by its mail alone
BRAND = BrandEntry(
    1, 600101, "Ş" * 40, 1, "İ" * 40, 600100, None, "CINARMARKET", *[None] * (len(BrandEntry._fields) - 8)
)
CHANNELS = (0b001, 0b010, 0b011)
BUSINESS = {
    "tr": re.compile("isletmeniz[ei]"), "en": re.compile("your firm"), "de": re.compile("(Betrieb|Ihrer Firma)"),
    "ku": re.compile("karsaziya we"), "ar": re.compile("منشأتكم"), "ru": re.compile("вашему бизнесу"),
}  # fmt: skip
SETTINGS = load({"SECRET_KEY": SECRET, "PUBLIC_URL": "http://izin.example.com.tr"})


def test_a_message_holds_no_number_that_looks_like_its_code() -> None:
    """A brand without a short name is named by its title, not by its number."""
    nameless = BRAND._replace(title="Çınar Market", name=str(BRAND.code))
    asking = Asking(nameless, "Çınar", "", "https://cinar.example/kvkk", 0b010)
    for purpose in RequestPurpose:
        message = message_texts.code(SETTINGS, asking, purpose, "048213", mail=False)
        assert re.findall(r"[0-9]{6}", message.text) == ["048213"]
        assert "Cinar Marke" in message.text
    notice = message_texts.notice(SETTINGS, asking, RequestPurpose.CONSENT, NOON, "", mail=False)
    assert f"RET {BRAND.code}" in notice.text


@pytest.mark.parametrize("merchant", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sms_fits_one_part(language: str, merchant: bool) -> None:
    for purpose, channels in product(RequestPurpose, CHANNELS):
        asking = Asking(BRAND, BRAND.title, "", f"https://{LONGEST_HOST}/aydinlatma", channels, language, merchant)
        link = f"{SETTINGS.public_url}/o/AAAABBBBCCCC"
        made = (
            message_texts.code(SETTINGS, asking, purpose, "048213", mail=False),
            message_texts.link(SETTINGS, asking, purpose, link, mail=False),
            message_texts.notice(SETTINGS, asking, purpose, NOON, link, mail=False),
        )
        for message in made:
            assert len(message.text) <= SMS_LETTERS[language], (language, len(message.text), message.text)
            if SMS_LETTERS[language] == 155:
                assert message.text.isascii(), message.text
        assert "048213" in made[0].text
        assert "048213" not in made[0].shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_to_a_merchant_names_the_business(language: str) -> None:
    """The consent is the business's, not the person's own: the text that asks has to say which."""
    for channels in CHANNELS:
        asking = Asking(BRAND, BRAND.title, "", f"https://{LONGEST_HOST}", channels, language, True)
        made = (
            message_texts.code(SETTINGS, asking, RequestPurpose.CONSENT, "048213", mail=False),
            message_texts.link(SETTINGS, asking, RequestPurpose.CONSENT, "https://izin.example/o/A", mail=False),
            message_texts.notice(SETTINGS, asking, RequestPurpose.CONSENT, NOON, "", mail=False),
        )
        assert all(BUSINESS[language].search(one.text) for one in made), made
    asking = Asking(BRAND, BRAND.title, "Ayda bir.", "", 0b100, language, True)
    sentence = catalogue(language).gettext(message_texts.MERCHANT)
    assert sentence in message_texts.code(SETTINGS, asking, RequestPurpose.CONSENT, "048213", mail=True).text
    assert sentence in message_texts.link(SETTINGS, asking, RequestPurpose.CONSENT, "", mail=True).text
    own = asking._replace(merchant=False)
    for purpose, way in product(RequestPurpose, (message_texts.code, message_texts.link)):
        assert sentence not in way(SETTINGS, own, purpose, "048213", mail=True).text
    given = message_texts.notice(SETTINGS, asking, RequestPurpose.CONSENT, NOON, "", mail=True).text
    plain = message_texts.notice(SETTINGS, own, RequestPurpose.CONSENT, NOON, "", mail=True).text
    assert len(given.split("\n\n")) == len(plain.split("\n\n")) + 1
