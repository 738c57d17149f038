"""What a caller hears at every step, in both languages, on one database: nothing here but the end records."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents import languages
from consents.brands.book import BrandDirectory, BrandEntry
from consents.business_days import stop_by
from consents.languages import LANGUAGES, catalogue
from consents.people.recipients import phone
from consents.registry import Registry
from consents.terms import Channel
from gateways.twilio import twiml
from optout.phrases import TEXTS, phrase, refusal
from optout.voice import dialogue, voice_lines
from optout.voice.dialogue import CallChoice, CallOutcome, CallPlace, CallResult, Spoken, Step
from tests.conftest import NOON, Opener
from tests.optout.hooks.conftest import Post
from tests.optout.sms.conftest import CINAR
from tests.optout.voice.conftest import Dial
from tests.optout.voice.telephone import ABROAD, AYSE, LANDLINE

SILENCE, WRONG = "Bir tuşa basmadınız. Hiçbir şey değişmedi. Tekrar deneyelim.", "Bu numarayla bir marka bulamadık."
QUESTIONS = {
    "tr": {"": "Markanın altı haneli", f"{CINAR}#": "Seçtiğiniz marka: Çınar.", "*": "Bu sistemdeki bütün markaların"},
    "en": {"": "Enter the brand's", f"{CINAR}#": "The brand you chose: Çınar To refuse", "*": "To refuse the calls of"},
}


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    return open_registry(sqlite_url)


def test_nine_leads_to_english_which_then_stays(dial: Dial) -> None:
    call = dial()
    assert call.lines[1] == ("en", "For English press nine.")
    call.press("9")
    assert call.heard.startswith("Hello, this is İzin. You can refuse advertising calls")
    assert call.languages == {"en"}
    call.press(f"{CINAR}#")
    assert ("tr", "Çınar") in call.lines, "a brand's name is spoken by the Turkish voice"
    assert call.press("1").heard == (
        "Your refusal has been recorded. The calls must stop by Friday 27 November at the latest; a "
        "brand without permission may not call you at all. "
        "We will confirm this by text message shortly."
    )
    again = dial().press("9").press(f"{CINAR}#").press("1")
    assert again.heard == "You have already refused this brand. Your record stands."


def test_in_english_nine_is_a_number_like_any_other(dial: Dial) -> None:
    assert dial().press("9").press("9").heard.startswith("We found no brand with this number.")


def test_an_english_landline_hears_its_record_number(dial: Dial) -> None:
    call = dial(LANDLINE).press("9").press("*").press("1")
    assert call.heard.startswith("Done: all brands that have a record of your number")
    assert "This line takes no text messages, so here is your record number: " in call.heard
    assert call.press("2").heard == "Goodbye."


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("keys", ["", f"{CINAR}#", "*"])
def test_silence_is_asked_again_twice_at_every_question(dial: Dial, post: Post, language: str, keys: str) -> None:
    call = dial()
    for key in ["9"] * (language == "en") + [keys] * bool(keys):
        call.press(key)
    for _ in range(2):
        assert not call.press("").ended
        assert call.heard.startswith({"tr": SILENCE, "en": "You pressed no key."}[language])
        assert QUESTIONS[language][keys] in call.heard
    assert (call.press("").heard, call.ended) == (
        {"tr": "Hiçbir şey değişmedi. İyi günler.", "en": "Nothing has changed. Goodbye."}[language],
        True,
    )
    assert post.count("act") == 0


def test_a_wrong_number_is_asked_again_until_the_third(dial: Dial, post: Post) -> None:
    call = dial()
    for wrong in ("999999#", "0#"):
        assert not call.press(wrong).ended
        assert call.heard.startswith(WRONG)
        assert QUESTIONS["tr"][""] in call.heard
    assert call.press("123456789").ended
    assert call.heard == f"{WRONG} Hiçbir şey değişmedi. İyi günler."
    assert post.count("act") == 0


@pytest.mark.parametrize(("first", "keys"), [(f"{CINAR}#", ("5", "#", "*")), ("*", ("2", "0", "#"))])
def test_a_key_that_was_not_offered_does_nothing(dial: Dial, post: Post, first: str, keys: tuple[str, ...]) -> None:
    call = dial().press(first)
    for key in keys[:2]:
        assert not call.press(key).ended
        assert call.heard.startswith("Bu tuşun burada bir karşılığı yok. Hiçbir şey değişmedi.")
        assert QUESTIONS["tr"][first] in call.heard
    assert call.press(keys[2]).ended
    assert post.count("act") == 0


def test_zero_leads_to_another_brand(dial: Dial) -> None:
    call = dial().press("999999#").press("600202#").press("0")
    assert QUESTIONS["tr"][""] in call.heard
    assert QUESTIONS["tr"][f"{CINAR}#"] in call.press(f"{CINAR}#").heard


@pytest.mark.parametrize("typed", [f"{CINAR}", f"0{CINAR}#", f"00{CINAR}", f"000{CINAR}"])
def test_a_number_needs_no_hash_and_may_have_zeros_before_it(dial: Dial, typed: str) -> None:
    assert QUESTIONS["tr"][f"{CINAR}#"] in dial().press(typed).heard


def test_star_in_the_middle_of_a_number_means_that_it_is_not_known(dial: Dial) -> None:
    assert QUESTIONS["tr"]["*"] in dial().press("6001*").heard


@pytest.mark.parametrize(
    "number", ["anonymous", "Restricted", "", "+266696687", "+86282452253", "sip:ayse@example.com", "05320000001", "+1"]
)
@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_hidden_number_is_told_the_other_ways(post: Post, dial: Dial, number: str, language: str) -> None:
    call = dial(number)
    assert call.ended
    assert call.heard == (
        "Numaranız gizli olduğu için kaydınızı bulamıyoruz. Numaranızı göstererek yeniden arayın ya da "
        "3 8 3 8 numarasına RET yazın."
    )
    english = "Your number is hidden, so we cannot find your record. Show your number and call again."
    assert voice_lines.other_way("en", "hidden", None)[0].text == english
    assert post.count("recipient") == 0


def test_a_brand_that_is_gone_between_two_steps_is_a_wrong_number() -> None:
    place = CallPlace(Step.WHAT, brand=1)
    said = dialogue.turn(place, "1", BrandDirectory([], {}), phone(AYSE), "İzin")
    assert isinstance(said, Spoken)
    assert said.lines[0].text.startswith(WRONG)
    assert said.then == CallPlace(Step.NUMBER, wrong=1)


@given(st.builds(CallPlace, st.sampled_from(Step), st.sampled_from(["tr", "en"]), *[st.integers(0, 10**17)] * 5))
def test_a_place_is_read_from_its_url_as_it_was_written(place: CallPlace) -> None:
    assert CallPlace.read(dict(parse_qsl(place.query(), keep_blank_values=True))) == place


@given(st.dictionaries(st.sampled_from(["step", "lang", "brand", "silent", "wrong", "record", "at"]), st.text()))
def test_whatever_a_url_holds_is_some_place(query: dict[str, str]) -> None:
    assert CallPlace.read(query).step in Step


TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)


@given(
    st.builds(
        CallPlace,
        st.sampled_from(Step),
        st.sampled_from(["tr", "en"]),
        st.sampled_from([0, 7]),
        *[st.integers(0, 3)] * 2,
    ),
    st.text("0123456789*#", max_size=9),
    TITLES,
)
def test_only_a_choice_that_was_offered_refuses(place: CallPlace, keys: str, title: str) -> None:
    brand = BrandEntry(7, 7, title, 1, "Örnek A.Ş.", 1, None, "ORNEK", 0, "")
    found = dialogue.turn(place, keys, BrandDirectory([brand], {}), phone(AYSE), "İzin")
    if isinstance(found, CallChoice):
        assert keys in {Step.WHAT: "123", Step.EVERY: "13"}[place.step]
        assert (found.brand is brand) == (place.step is Step.WHAT and keys in "12")
        assert (Channel.MESAJ.code in found.channels) == (keys != "1")
        assert Channel.ARAMA.code in found.channels
    else:
        assert found.lines
        assert all(title in line.text or "{" not in line.text for line in found.lines)


def test_a_title_with_signs_of_xml_is_spoken_as_it_is() -> None:
    title = 'A&B <i>"Giyim"</i>\'s {x}'
    lines = voice_lines.what("tr", title)
    spoken = ElementTree.fromstring(twiml.asking(lines, "https://izin.example/x?a=1&b=2", 1))
    assert [phrase.text for phrase in spoken.iter("Say")] == [line.text for line in lines]
    assert title in lines[0].text
    assert spoken[0].attrib["action"] == "https://izin.example/x?a=1&b=2"


@pytest.mark.parametrize("record", [0, 1, 4821, 999_999_999_999])
def test_record_numbers_are_spoken_digit_by_digit(record: int) -> None:
    for caller in (LANDLINE, ABROAD):
        said = dialogue.result_lines(CallResult(CallOutcome.RECORDED, NOON, record), "tr", phone(caller))
        words = re.search(r"okuyorum: ([^.]*)\.", said.lines[-1].text)
        assert words
        digits = ["sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"]
        assert "".join(str(digits.index(word)) for word in re.split("[,;] ", words[1])) == f"{record:012d}"


SPOKEN = {
    (key, language): catalogue(language).pgettext(key, text)
    for key, text in TEXTS.items()
    for language in LANGUAGES
    if key.startswith("voice.")
}


def test_no_suffix_is_glued_to_a_value() -> None:
    assert len(SPOKEN) > 50
    assert [text for text in SPOKEN.values() if re.search(r"\}['’]?\w", text) or re.search(r"\w\{", text)] == []


@pytest.mark.parametrize("channels", [dialogue.CALLS, dialogue.BOTH])
@pytest.mark.parametrize("ended", [True, False])
def test_the_sms_that_confirm_a_call_name_the_last_day_where_there_is_one(
    channels: tuple[int, ...], ended: bool
) -> None:
    values = {"DT": "24.11.2026 12:00", **refusal(channels, NOON, ended=ended)}
    for sms in (phrase("sms.call.one", M="M" * 11, **values), phrase("sms.call.all", n=9999, **values)):
        assert (f"Son gun: {stop_by(NOON):%d.%m.%Y}. Siz yapmadiysaniz GERI AL yazin." in sms) is ended
        assert ("Son gun" in sms) is ended


def test_every_text_is_there_in_every_language() -> None:
    for key, text in TEXTS.items():
        if key.startswith("voice."):
            for language in LANGUAGES:
                assert f"{key}\x04{text}" in languages.entries(language)
    assert SPOKEN["voice.english", "en"] == "For English press nine."


@pytest.mark.parametrize("key", ["number", "every", "already", "no-brand"])
def test_a_line_is_spoken_in_the_language_asked_for(key: str) -> None:
    assert [line.language for language in ("tr", "en") for line in voice_lines.lines(language, key)] == ["tr", "en"]
