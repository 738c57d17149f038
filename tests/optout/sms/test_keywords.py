"""What an SMS means: the corpus, and the rules behind it."""

from __future__ import annotations

import json
import random
import re
import time
import unicodedata
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consents.brands.sms_words import (
    _BY_LANGUAGE,
    _RULES,
    _WORDS,
    GLUED,
    Sense,
    guessed,
    kind,
    may_begin,
    squeezed,
)
from consents.brands.spelling import fold
from consents.languages import COMPLETE, LANGUAGES, keywords
from consents.terms import Channel
from optout.sms.reader.keywords import SmsIntent, SmsReading, read
from optout.sms.reader.words import NameIndex
from optout.sms.refusing import lookalike
from tests import CORPUS, ROOT, case

FILE = CORPUS / "sms_bodies.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
NAMES = {"CINAR": 1, "600101": 1, "ISIK": 2, "600202": 2, "DURAN": 3, "600303": 3, "RETRO": 4, "600404": 4}
BRANDS = {name: (number,) for name, number in NAMES.items()} | {"0123456789012345": (1, 5), "CINARMINI": (5,)}
SHOWN = {1: "CINAR", 2: "ISIK", 3: "DURAN", 4: "RETRO", 5: "MINI"}
ARAMA, MESAJ = Channel.ARAMA.code, Channel.MESAJ.code
REFUSING = " ".join(_WORDS[kind] for kind in (Sense.COMMAND, Sense.WEAK, Sense.NO)).split()

REFUSALS = (  # between bars
    "ÝPTAL|Ýstemiyorum|Ä°PTAL|Ã‡IK|ÇÄ±k|ӀPTAL|IPTALET|engelleyin bu mesajları|spam yapmayın|reddettim|"
    "verilerimi silin|ＲＥＴ|RЕТ|РЕТ|ΡΕΤ|СТОП|ʀᴇᴛ|🅁🄴🅃|🇷🇪🇹|R\x00ET|R\u200bE\u200bT|R.E.T.|r-e-t|?PTAL|\ufffdPTAL|"
    "1PTAL|ST0P|İ P T A L|?STEM?YORUM|istemiyoruuum|RETTTT|RET?|توقّف|إلغاء|تــوقف|opt out|Opt-Out|please stop|"
    "do not text me|not interested|keine Werbung mehr|reklam mesajlarınızı istemiyorum|bana mesaj atma|"
    "rahatsız etmeyin|kabul etmiyorum|iznim yok|izin vermiyorum|onay vermedim|çıkmak istiyorum|"
    "çıkar beni bu listeden|red ediyorum|hayır istemiyorum|RET, mesaj istemiyorum|RET\nistemiyorum|"
    "ret etmek istiyorum|mesaj gelmesin|onayımı geri alıyorum|rızam yok|"
    "Cinar sms lerini durdurun|SMS lerinizi durdurun|mesaj larınızı istemiyorum|SMS'lerinizi durdurun"
)
UNCLEAR = (  # between bars
    "iptal etme|iptal etmek istemiyorum|ret istemiyorum|çıkarmayın|durdurmayın|don't stop|do not cancel|RET mi?|"
    "hayır kalsın|randevu iptal|siparişimi iptal et|kart iptal|reddimi geri alıyorum|ret geri al|"
    "hayır yanlış numara|mesaj gelmedi|neden mesaj göndermiyorsunuz|aramadınız|IPTALCI|RETMEK|REDBULL|tarife red|"
    "dursun|bıktım|arama|SMS|mesaj gönderin|evet|tamam|e|ok|geri alma|GERI AL CINAR|durum nedir|DURUM BILINMEYEN|"
    "?|...|\u202e|٤٨٢١"
)
NO_CONSENTS = (  # between bars
    "ONAY|ONAY CINAR ISIK|ONAY HEPSI|ONAY 0123456789012345|ОNAY CINAR|O N A Y CINAR|ONAYCINAR|ONAYY CINAR|"
    "ONAY CINAR E|CINAR ONAY|ONAY ＣＩＮＡＲ|ONAY\u200bCINAR|ONAY CINAR\x00|ONAY 48211|ONAY 482|"
    "ONAY ٤٨٢١|ONAY ４８２１|"
    "ONAY 4821.|ONAY 4821 lütfen|4821|ONAY4821|ONAY 48 21|EVET CINAR|ONAY: 4821|ONAY CINAR\nEVET"
)

steady = settings(deadline=None, derandomize=True, max_examples=300)


def shown(reading: SmsReading) -> dict[str, Any]:
    """A reading as the corpus writes it."""
    found: dict[str, Any] = {"intent": reading.intent.value}
    if reading.intent not in (SmsIntent.RET, SmsIntent.ONAY_REQUEST, SmsIntent.STATUS):
        return found
    found["brands"] = [SHOWN[brand] for brand in reading.brands]
    if reading.every and not reading.brands and not reading.unknown:
        found["brands"] = ["*"]
    if reading.channels:
        found["types"] = [str(Channel.of(code)) for code in reading.channels]
    if reading.unknown:
        found["unknown"] = list(reading.unknown)
    if reading.confirm:
        found["confirm"] = True
    return found


def intent(text: str) -> SmsIntent:
    return read(text, BRANDS).intent


def test_the_corpus_is_read_right() -> None:
    for row in ROWS:
        with case(row):
            assert shown(read(row["input"], BRANDS)) == row["expect"], row["why"]


# -- refusals, liberally -----------------------------------------------------------------------------------------------


def test_every_refusing_word_works_with_every_name_in_both_orders() -> None:
    for name, word in product(["CINAR", "Işık", "DURAN", "retro", "600101"], REFUSING):
        with case(name, word):
            for text in (f"{word} {name}", f"{name} {word}", f"{word.lower()} {name.lower()}.", f"“{word}”, {name}!"):
                reading = read(text, BRANDS)
                assert (reading.intent, reading.brands) == (SmsIntent.RET, (NAMES[fold(name)],)), text
                assert reading.unknown == ()


def test_a_refusal_is_understood_however_it_is_written() -> None:
    for text in REFUSALS.split("|"):
        with case(text):
            assert intent(text) is SmsIntent.RET


def test_what_is_no_clear_refusal_changes_nothing() -> None:
    for text in UNCLEAR.split("|"):
        with case(text):
            assert intent(text) is SmsIntent.CLARIFY


@pytest.mark.parametrize(
    ("text", "brands"),
    [
        ("RET çınar, ışık", (1, 2)),
        ("RET CINAR ve ISIK", (1, 2)),
        ("RETÇINAR", (1,)),
        ("CINARRET", (1,)),
        ("R E T C I N A R", (1,)),
        ("R E T CINAR", (1,)),
        ("RET I?IK", (2,)),
        ("RET СINАR", (1,)),
        ("RET CINAR MINI", (5,)),
        ("RET çınarmini", (5,)),
        ("RET 0123 4567 8901 2345", (1, 5)),
        ("SMSRET->3639 MERSIS: 0123456789012345 B001", (1, 5)),
        ("Çınar'dan mesaj istemiyorum", (1,)),
        ("çınardan mesaj istemiyorum", (1,)),
        ("RET CINAR B273", (1,)),
        ("RET B001", ()),
        ("Isik'ta indirim, Duran'da yok! RET CINAR yazin 3838'e gonderin", (1,)),
    ],
)
def test_brands_are_found_as_people_write_them(text: str, brands: tuple[int, ...]) -> None:
    reading = read(text, BRANDS)
    assert (reading.intent, reading.brands, reading.unknown) == (SmsIntent.RET, brands, ())


@pytest.mark.parametrize(
    ("text", "every", "channels"),
    [
        ("RET HEPSİ", True, ()),
        ("RET HEPS?", True, ()),
        ("RETHEPSI", True, ()),
        ("hepsini iptal edin", True, ()),
        ("TÜM MARKALAR RET", True, ()),
        ("STOP ALL", True, ()),
        ("RET HEPSI ARAMA", True, (ARAMA,)),
        ("RET HEPSI CINAR", True, (ARAMA, MESAJ)),
        ("RET HEPSI BILINMEYEN", True, (ARAMA, MESAJ)),
        ("bütün gün mesaj atmayın", False, ()),
        ("hepsi yalan reklam istemiyorum", False, ()),
        ("beni arama", False, (ARAMA,)),
        ("telefonla aramayın", False, (ARAMA,)),
        ("aramayın, mesaj da atmayın", False, (ARAMA, MESAJ)),
        ("RET ARAMA SMS", False, (ARAMA, MESAJ)),
        ("arama yapmayın", False, (ARAMA,)),
        ("mesaj göndermeyin", False, ()),
    ],
)
def test_all_and_channels_are_what_was_named(text: str, every: bool, channels: tuple[int, ...]) -> None:
    reading = read(text, BRANDS)
    assert (reading.intent, reading.every, reading.channels) == (SmsIntent.RET, every, channels)


def test_our_own_replies_sent_back_never_refuse_all_brands() -> None:
    from optout.phrases import phrase
    from optout.sms import status_replies

    fixed = (
        "unclear",
        "complaint",
        "new-number",
        "which-brand",
        "unknown-brand",
        "help",
        "help-free",
        "history.which",
        "waiting.none",
    )
    for language in ("tr", "en"):
        texts = [phrase(f"sms.{text}", language) for text in fixed]
        for text in (*texts, status_replies.overview(1, 2, 3, language), phrase("sms.meant", language, M="X", W="SMS")):
            reading = read(text, BRANDS)
            assert (reading.brands, reading.every) == ((), False), text


def test_a_brand_called_like_a_little_word_is_named_only_by_a_plain_command() -> None:
    brands = {"BIR": (7,), **BRANDS}
    assert read("RET BIR", brands).brands == (7,)
    assert read("bir daha mesaj atmayın", brands).brands == ()
    assert read("RET bir daha yazmayın", brands).brands == ()


def test_numbers_that_something_is_sent_to_are_no_brands() -> None:
    brands = {"3838": (7,), "4946": (8,), **BRANDS}
    assert read("JJK IPTAL yazip 4946'ya gonder", brands).brands == ()
    assert read("SMSRET->3838", brands).brands == ()
    assert read("RET 3838", brands).brands == (7,)


# -- consents, strictly ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["ONAY CINAR", "onay çınar", " Onay ÇINAR ", "ONAY 600101", "“ONAY CINAR”", "ONAY CINAR."]
)
def test_the_request_for_a_consent_names_one_brand_and_says_nothing_else(text: str) -> None:
    assert (intent(text), read(text, BRANDS).brands) == (SmsIntent.ONAY_REQUEST, (1,))


@pytest.mark.parametrize(
    "text",
    NO_CONSENTS.split("|"),
)
def test_nearly_the_exact_form_is_no_consent(text: str) -> None:
    assert intent(text) not in (SmsIntent.ONAY_REQUEST, SmsIntent.ONAY_CODE)


@steady
@given(st.text() | st.text(alphabet="ONAYonay 0123456789CINARRET?'.\u200b\u0307ОИİıI"))
def test_no_text_but_the_exact_forms_asks_for_a_consent(text: str) -> None:
    reading = read(text, BRANDS)
    if reading.intent is SmsIntent.ONAY_CODE:
        word, digits = text.split()
        assert (word.upper(), len(digits), digits.isascii()) == ("ONAY", 4, True)
    if reading.intent is SmsIntent.ONAY_REQUEST:
        assert squeezed(fold(text)) in {f"ONAY{name}" for name in BRANDS}


@steady
@given(st.sampled_from([row["input"] for row in ROWS]), st.text(max_size=6), st.integers(0, 40))
def test_a_mutated_message_never_becomes_a_consent(body: str, noise: str, at: int) -> None:
    text = body[:at] + noise + body[at:]
    if intent(text) in (SmsIntent.ONAY_REQUEST, SmsIntent.ONAY_CODE):
        assert (
            fold(body).startswith("ONAY") or fold(noise).startswith("ONAY") or squeezed(fold(text)).startswith("ONAY")
        )


@steady
@given(st.text(max_size=400) | st.text(alphabet="RETIPALONY ?'.Bşığ1234", max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(read(text, BRANDS), SmsReading)


@steady
@given(st.text(max_size=60) | st.text(alphabet="RiıİşŞß\u0301\u0327\u200b ﬁ한", max_size=60))
def test_letters_are_folded_one_by_one_as_all_together(text: str) -> None:
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i"))
    kept = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    assert fold(text) == " ".join(kept.upper().split())


def test_every_word_is_known_by_its_first_letters() -> None:
    for known in list(Sense):
        with case(known):
            words = _WORDS.get(known, "").split()
            stems = [stem for does, stems, _ in _RULES if does is known for stem in stems.split()]
            assert all(may_begin(word) and kind(word) is not None for word in words)
            assert all(may_begin(stem[:length]) for stem in stems for length in range(len(stem) + 1))


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("ETMEYIN", Sense.AUX_NOT),
        ("EDIN", Sense.AUX),
        ("OLSUN", Sense.AUX),
        ("ATMAYIN", Sense.UNSENT),
        ("ALMAYIN", Sense.UNSENT),
        ("RRRET", Sense.COMMAND),
        ("IPPPTALLL", Sense.COMMAND),
        ("EETMEYIN", Sense.AUX_NOT),
        ("ISTEMIYORUM", Sense.UNWANTED),
        ("KAYDIMI", Sense.FILLER),
        ("RETX", None),
        ("GONDERX", None),
    ],
)
def test_a_word_is_known_by_its_stem_and_ending_and_held_keys_are_let_go(word: str, known: Sense | None) -> None:
    assert kind(word) is guessed(word) is known


# -- what is asked, and in which language ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asked", "brands"),
    [
        ("BEKLIYOR", SmsIntent.WAITING, ()),
        ("bekliyor çınar", SmsIntent.WAITING, (1,)),
        ("Bekleyenler", SmsIntent.WAITING, ()),
        ("PENDING", SmsIntent.WAITING, ()),
        ("GECMIS CINAR", SmsIntent.HISTORY, (1,)),
        ("geçmiş çınar", SmsIntent.HISTORY, (1,)),
        ("STATUS CINAR", SmsIntent.STATUS, (1,)),
        ("GECMIS BILINMEYEN", SmsIntent.CLARIFY, ()),
        ("siparişim bekliyor", SmsIntent.CLARIFY, ()),
        ("UNDO", SmsIntent.UNDO, ()),
        ("undo 482136", SmsIntent.UNDO_CODE, ()),
        ("geçmiş olsun CINAR, RET", SmsIntent.RET, (1,)),
        ("ŞİKAYET", SmsIntent.COMPLAINT, ()),
        ("Çınar hâlâ yazıyor", SmsIntent.COMPLAINT, ()),
        ("sizi şikayet edeceğim", SmsIntent.COMPLAINT, ()),
        ("I want to complain", SmsIntent.COMPLAINT, ()),
        ("şikayet ediyorum, RET CINAR", SmsIntent.RET, (1,)),
        ("yeni numara", SmsIntent.NEW_NUMBER, ()),
        ("Bu numara yeni, ben almadım", SmsIntent.NEW_NUMBER, ()),
        ("my number is new", SmsIntent.NEW_NUMBER, ()),
        ("numaram yeni, RET HEPSI", SmsIntent.RET, ()),
        ("yeni kampanya", SmsIntent.CLARIFY, ()),
    ],
)
def test_what_is_asked_changes_nothing(text: str, asked: SmsIntent, brands: tuple[int, ...]) -> None:
    reading = read(text, BRANDS)
    assert (reading.intent, reading.brands) == (asked, brands)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("RET CINAR", "tr"),
        ("STOP CINAR", "en"),
        ("stopp cinar", "en"),
        ("STOP CINAR lütfen", "tr"),
        ("STOP RET", "tr"),
        ("STOP SMS", "en"),
        ("please stop", "en"),
        ("do not text me", "en"),
        ("keine Werbung mehr", "de"),
        ("СТОП CINAR", "ru"),
        ("rawestîne CINAR", "ku"),
        ("rawestîne hemû", "ku"),
        ("توقف CINAR", "ar"),
        ("إيقاف الكل", "ar"),
        ("стоп все", "ru"),
        ("abmelden alle", "de"),
        ("ВЕРНУТЬ", "ru"),
        ("تراجع", "ar"),
        ("arrêt CINAR", "en"),  # a language of keywords alone
        ("NO", "en"),
        ("HAYIR", "tr"),
        ("UNDO", "en"),
        ("GERI AL", "tr"),
        ("CINAR", "tr"),
        ("blah", "tr"),
        ("help", "en"),
        ("YARDIM", "tr"),
    ],
)
def test_the_language_is_that_of_the_keyword(text: str, language: str) -> None:
    assert read(text, BRANDS).language == language


@pytest.mark.parametrize("row", sorted(_BY_LANGUAGE.keys() - {"tr"}))
def test_a_further_language_takes_no_word_of_another_meaning(row: str) -> None:
    """A row of the table never changes what a Turkish word, or a word of an earlier row, does."""
    others = [words for name, words in _BY_LANGUAGE.items() if name != row]
    for sense, words in _BY_LANGUAGE[row].items():
        for word in words.split():
            assert kind(word) is sense, word
            assert all(word not in other.get(does, "").split() for other in others for does in Sense if does != sense)


# -- likeness ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("cinra",), 1),
        (("cnar",), 1),
        (("cinarr",), 1),
        (("cimar",), 1),
        (("bir", "cimar"), 1),
        (("cinarmin1",), 5),
        (("ışk",), None),
        (("isk",), None),
        (("60010",), None),
        (("600100",), None),
        (("duram", "cimar"), None),
        (("bilinmeyen",), None),
        (("a", "b", "c", "cimar"), None),
        ((), None),
    ],
)
def test_a_name_is_like_a_word_with_one_slip(words: tuple[str, ...], found: int | None) -> None:
    assert lookalike(words, BRANDS) == found


def test_a_word_that_is_like_two_brands_is_like_none() -> None:
    assert lookalike(("retra",), BRANDS) == 4
    assert lookalike(("retra",), {**BRANDS, "RETRE": (9,)}) is None


# -- time --------------------------------------------------------------------------------------------------------------


class CountingIndex(NameIndex):
    """``looks``: how often it was looked up in; who goes through all of it looks once for each name."""

    looks = 0

    def __contains__(self, name: object) -> bool:
        self.looks += 1
        return super().__contains__(name)

    def __getitem__(self, name: str) -> tuple[int, ...]:
        self.looks += 1
        return super().__getitem__(name)

    def get(self, name: str, *otherwise: Any) -> Any:
        self.looks += 1
        return super().get(name, *otherwise)

    def may_begin(self, word: str) -> bool:
        self.looks += 1
        return super().may_begin(word)

    def __iter__(self) -> Iterator[str]:
        self.looks += len(self)
        return super().__iter__()

    def items(self) -> Any:
        self.looks += len(self)
        return super().items()


def test_reading_takes_as_long_as_the_message_however_many_brands_there_are() -> None:
    few = CountingIndex(BRANDS)
    many = CountingIndex({f"MARKA{number}": (number,) for number in range(10_000)} | BRANDS)
    text = "CINAR'da %50 indirim! SMS almamak için RET yaz 3338'e gönder"
    assert read(text, few) == read(text, many)
    assert 0 < few.looks == many.looks


@pytest.mark.parametrize("alphabet", ["ab c", "R E T ", "?a?b ", "ш ", "RETDUR", "şıİ'd ", "!", "?_", ">' 1"])
def test_garbage_takes_no_more_than_its_length(alphabet: str) -> None:
    drawn = random.Random(1)
    text = "".join(drawn.choice(alphabet) for _ in range(2000))
    assert best(text, BRANDS) < 10 * best(text[:500], BRANDS) + 0.005
    assert best(text * 50, BRANDS) < 4 * best(text, BRANDS) + 0.005


def best(text: str, brands: dict[str, tuple[int, ...]]) -> float:
    """Seconds of the processor, the least of several: other programs run beside."""
    taken = []
    for _ in range(7):
        start = time.process_time()
        read(text, brands)
        taken.append(time.process_time() - start)
    return min(taken)


def test_glued_words_are_refusing_words() -> None:
    assert {intent(word) for word in GLUED} == {SmsIntent.RET}


@pytest.mark.parametrize("text", ["RET hepsi burada", "iptal HEPSI BURADA artık"])
def test_a_known_company_whose_name_begins_with_all_is_not_all(text: str) -> None:
    """Where it is no brand here, "hepsi burada" is an unknown name, of which its sender is asked."""
    found = read(text, {})
    assert (found.intent, found.whole) == (SmsIntent.RET, False)
    assert "burada" in found.unknown
    assert read(text, {"HEPSIBURADA": (7,)}).brands == (7,)


@pytest.mark.parametrize("text", ["istemiyorum hepsi sms", "istemiyorum hepsini sms artık"])
def test_all_that_somebody_does_not_want_is_not_narrowed_by_a_word_for_texts(text: str) -> None:
    found = read(text, {})
    assert (found.every, found.channels in {(), (ARAMA, MESAJ)}) == (True, True)
    assert read("RET HEPSI SMS", {}).channels == (MESAJ,)


def test_the_documents_table_has_the_words_that_are_read() -> None:
    rows = re.findall(
        r"^\| \w+(?: \(\w+\))? \| (`.*`) \|$", (ROOT / "docs" / "sms.md").read_text("utf-8"), re.MULTILINE
    )
    senses = [
        Sense.COMMAND, Sense.ALL, Sense.CALL, Sense.STATUS, Sense.WAITING, Sense.HELP, Sense.YES,
    ]  # fmt: skip
    assert len(rows) == len(LANGUAGES.keys() - COMPLETE.keys())
    for row in rows:
        *words, undo, sign_in = re.findall(r"`([^`]+)`", row)
        assert [kind(fold(word)) for word in words] == senses
        language = read(words[0], {}).language
        assert (undo, sign_in) == (keywords(language)["undo"], keywords(language)["sign-in"])
        for word in [*words, undo]:
            assert read(word, {}).language == language, word
