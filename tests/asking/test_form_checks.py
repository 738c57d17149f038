"""What the texts of a form may hold: each SMS fits with the longest host that is accepted, in each language."""

from __future__ import annotations

import pytest

from asking import form_checks, forms, message_texts
from asking.forms import FormTexts
from asking.message_texts import Asking
from asking.request_states import RequestPurpose
from consents.brands.book import BrandEntry
from consents.languages import LANGUAGES, SMS_LETTERS
from consents.terms import Channel, Identity
from panel import form_answers
from settings import load
from tests.conftest import SECRET

SETTINGS = load({"SECRET_KEY": SECRET, "PUBLIC_URL": "http://izin.example.com.tr"})
BRAND = BrandEntry(1, 600101, "Çınar", 1, "Çınar A.Ş.", 600100, None, "CINARMARKET", 1, "", False)
PHONE = [(Channel.ARAMA,), (Channel.MESAJ,), (Channel.ARAMA, Channel.MESAJ)]


def texts(channels: tuple[Channel, ...], **more: str) -> FormTexts:
    given = {"title": "Çınar", "promise": "Haftada bir indirim haberi.", "notice": "https://cinar.example", **more}
    return form_checks.cleaned(
        FormTexts(given["title"], forms.bits(channels), Identity.BIREYSEL.code, given["promise"], given["notice"])
    )


def host(letters: int) -> str:
    return f"https://{'a' * (letters - 4)}.com/aydinlatma"


@pytest.mark.parametrize("channels", PHONE)
def test_the_longest_host_that_is_accepted_fits_each_sms_in_each_language(channels: tuple[Channel, ...]) -> None:
    def accepted(letters: int) -> bool:
        return not form_checks.find_faults(SETTINGS, BRAND, (), texts(channels, notice=host(letters)))

    longest = max(letters for letters in range(10, 60) if accepted(letters))
    assert longest >= len("www.cinar-magazacilik.com.tr")
    assert not accepted(longest + 1)
    (fault,) = form_checks.find_faults(SETTINGS, BRAND, (), texts(channels, notice=host(longest + 1)))
    assert (fault.field, fault.why, fault.about) == ("notice", "form-notice-host", str(longest))
    asked = forms.bits(channels)
    for language in LANGUAGES:
        asking = Asking(BRAND, BRAND.title, "", host(longest), asked, language)
        made = message_texts.code(SETTINGS, asking, RequestPurpose.CONSENT, "048213", mail=False)
        assert len(made.text) <= SMS_LETTERS[language]


def test_an_address_in_capitals_is_stored_as_page_and_messages_know_it() -> None:
    capitals = texts((Channel.MESAJ,), notice="HTTPS://WWW.Cinar.example/Aydinlatma?A=B#C")
    assert capitals.notice == "https://www.cinar.example/Aydinlatma?A=B#C"
    assert form_checks.find_faults(SETTINGS, BRAND, (), capitals) == []
    assert "www.cinar.example" in form_checks.previews(SETTINGS, BRAND, capitals, 0)[0].text
    for kept in ("HTTP://Cinar.example", "Bilgi HTTPS://Cinar.example"):
        assert texts((Channel.MESAJ,), notice=kept).notice == kept


def test_a_form_about_mail_has_no_sms_and_any_host() -> None:
    of_mail = texts((Channel.EPOSTA,), notice=host(60))
    assert form_checks.find_faults(SETTINGS, BRAND, (), of_mail) == []
    assert form_checks.previews(SETTINGS, BRAND, of_mail, 0) == []
    assert host(60) not in form_checks.mail(SETTINGS, BRAND, of_mail).subject


@pytest.mark.parametrize("channels", PHONE)
def test_a_preview_counts_the_text_that_is_sent(channels: tuple[Channel, ...]) -> None:
    for one in form_checks.previews(SETTINGS, BRAND, texts(channels), 0):
        assert one.letters == len(one.text)
        assert one.letters <= one.most
        assert one.text.replace("•", "").isascii()


@pytest.mark.parametrize(
    "sentence",
    [
        "Açık rızanıza dayanarak işleriz.",
        "Onayınızı dilediğiniz an geri alabilirsiniz.",
        "Rıza göstermezseniz alışverişiniz etkilenmez.",
        "Verileriniz kabul edilen ülkelerde saklanır.",
        "Onay vermek zorunda değilsiniz; okumanız yeterlidir.",
    ],
)
def test_a_notice_may_speak_of_consent_and_may_not_declare_one(sentence: str) -> None:
    whole = f"{'Numaranızı indirim haberi göndermek için işleriz. ' * 3}{sentence}"
    assert form_checks.find_faults(SETTINGS, BRAND, (), texts((Channel.MESAJ,), notice=whole)) == []


@pytest.mark.parametrize(
    "declaration",
    [
        "Okudum, anladım.", "okudum kabul ediyorum", "KABUL EDİYORUM", "açık rızamla", "onaylıyorum",
        "Onay vermiş olursunuz.", "kabul etmiş sayılırsınız", "izin veriyorum", "I have read it",
        "rıza gösteriyorum",
    ],
)  # fmt: skip
def test_a_declaration_of_the_reader_is_refused_in_notice_and_promise(declaration: str) -> None:
    whole = f"{'Numaranızı indirim haberi göndermek için işleriz. ' * 3}{declaration}"
    for field, of in (("notice", {"notice": whole}), ("promise", {"promise": f"Haftada bir. {declaration}"})):
        found = form_checks.find_faults(SETTINGS, BRAND, (), texts((Channel.MESAJ,), **of))
        assert [(one.field, one.why) for one in found] == [(field, "form-declares")]
        assert str(found[0]).startswith("“")


def test_every_fault_has_its_sentence_for_pages_and_for_commands() -> None:
    for why in form_checks.EXPLANATIONS:
        assert form_answers.sentence("tr", why, "x") != form_answers.sentence("tr", "unknown", "x"), why


def test_a_mail_names_the_brand_by_its_title_with_every_letter() -> None:
    made = form_checks.mail(SETTINGS, BRAND, texts((Channel.EPOSTA,)))
    assert made.subject == "Çınar size yazabilir mi?"
    assert "Çınar (Çınar A.Ş.) size reklam e-postası göndermek için onayınızı istiyor" in made.text
