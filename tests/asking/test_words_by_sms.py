"""What a till or poster asks, answered by SMS alone: at once where senders are trusted, else with digits that only the
number's holder gets."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from asking import request_store, starting, tills, words
from asking.request_states import RequestMethod, RequestPurpose, RequestState
from asking.starting import NewAsk, Started
from consents.brands import companies
from consents.rules import ONAY, RET
from consents.store import Statement, Transaction
from optout.phrases import phrase
from settings import load
from tests.asking.shop import Shop
from tests.conftest import SECRET, Clock, Opener
from tests.optout.sms.conftest import AYSE, MEHMET, OWN, Phone
from trust import record_numbers

LATE = phrase("sms.request.late")
OLD_NAME = Statement(
    text("INSERT INTO brand_name (name, brand, header) SELECT :name, id, FALSE FROM brand WHERE code = 600505")
)
LEND = Statement(text("UPDATE brand_number SET brand = (SELECT id FROM brand WHERE code = 600202)"))


class Counter:
    """A shop's till and the phones of its customers."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self.shop = shop
        self.phone = Phone(shop.registry, clock, shop.settings)
        self.till = shop.registry.store.read_now(tills.by_key, shop.till())

    def asks(self, purpose: RequestPurpose = RequestPurpose.CONSENT) -> Started:
        brand, consents = self.shop.brand(), purpose is RequestPurpose.CONSENT
        ask = NewAsk(brand.company, brand, purpose, RequestMethod.TILL, None, till=self.till)
        if consents:
            ask = ask._replace(form=self.shop.form, channels=0b011)
        started = self.shop.registry.store.write_now(starting.start, self.shop.registry, self.shop.settings, ask)
        assert isinstance(started, Started), started
        return started

    def last(self) -> int:
        return int(self.phone.rows("SELECT max(id) FROM act")[0][0])


def consents(where: Counter, word: str, *own: str) -> str:
    """The reply to the six digits that a word's reply asks for."""
    digits = re.search(r"ONAY ([0-9]{6})", where.phone.writes(f"onay {word.lower()}", *own))
    assert digits is not None
    assert where.shop.status(AYSE) is None, "a sender can be forged"
    return where.phone.writes(f"ONAY {digits[1]}", *own)


def counter(sqlite_url: str, open_registry: Opener, clock: Clock, **env: str) -> Counter:
    settings = load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838", **env})
    return Counter(Shop(open_registry(sqlite_url), settings), clock)


@pytest.fixture
def trusting(sqlite_url: str, open_registry: Opener, clock: Clock) -> Counter:
    return counter(sqlite_url, open_registry, clock)


@pytest.fixture
def wary(sqlite_url: str, open_registry: Opener, clock: Clock) -> Counter:
    """A real site, where a sender may be forged."""
    return counter(sqlite_url, open_registry, clock, SMS_SIGNIN="0")


def test_a_word_consents_and_the_reply_names_brand_channels_and_the_way_back(trusting: Counter) -> None:
    reply = consents(trusting, trusting.asks().word)
    assert "CINAR reklam SMS ve aramalari" in reply
    assert "GERI AL" in reply
    assert record_numbers.of_act(trusting.shop.registry.keyring, trusting.last()) in reply
    assert (trusting.shop.status(AYSE), trusting.shop.status(AYSE, "ARAMA")) == (ONAY, ONAY)
    assert trusting.shop.messages(AYSE) == []  # the reply is the notice
    trusting.phone.writes("GERI AL")
    assert trusting.shop.status(AYSE) is None


def test_no_is_recorded_at_once_and_can_be_taken_back(wary: Counter) -> None:
    started = wary.asks()
    reply = wary.phone.writes(f"HAYIR {started.word}")
    assert "Hayir dediniz" in reply
    assert (wary.shop.status(AYSE), wary.shop.status(AYSE, "ARAMA")) == (RET, RET)
    assert wary.shop.request(started).no == 0b011
    assert wary.phone.writes(f"ONAY {started.word}") == LATE
    assert "geri alindi" in wary.phone.writes("GERI AL")
    assert (wary.shop.status(AYSE), wary.shop.status(AYSE, "ARAMA")) == (None, None)


def test_only_the_digits_consent(wary: Counter) -> None:
    started = wary.asks()
    reply = wary.phone.writes(f"ONAY {started.word}")
    digits = re.search(r"ONAY ([0-9]{6})", reply)
    assert digits is not None
    assert wary.shop.status(AYSE) is None
    forger = wary.phone.of(MEHMET)
    forger.writes(f"ONAY {digits[1]}")
    assert wary.shop.status(MEHMET) is None
    wrong = f"{(int(digits[1]) + 1) % 10**6:06}"
    assert "gecersiz" in wary.phone.writes(f"ONAY {wrong}")
    assert "gecersiz" in wary.phone.writes(f"EVET {digits[1]}")  # a verification's answer
    assert wary.shop.status(AYSE) is None
    assert "Onayiniz kaydedildi" in wary.phone.writes(f"ONAY {digits[1]}")
    assert (wary.shop.status(AYSE), wary.shop.status(AYSE, "ARAMA")) == (ONAY, ONAY)
    assert wary.shop.request(started).state is RequestState.ANSWERED


@pytest.mark.parametrize(("host", "fits"), [("izin.example.com.tr", True), (f"{'a' * 60}.example.com", False)])
def test_the_reply_leads_to_what_is_promised(
    sqlite_url: str, open_registry: Opener, clock: Clock, host: str, fits: bool
) -> None:
    where = counter(sqlite_url, open_registry, clock, PUBLIC_URL=f"http://{host}", SMS_SIGNIN="0")
    word = where.asks().word
    reply = where.phone.writes(f"ONAY {word}")
    assert (f"{host}/o/{word}" in reply) is fits
    assert re.search(r"ONAY [0-9]{6}", reply)
    assert len(reply) <= 155


def test_digits_come_too_late_for_an_ended_question(wary: Counter, clock: Clock) -> None:
    digits = re.search(r"ONAY ([0-9]{6})", wary.phone.writes(f"ONAY {wary.asks().word}"))
    assert digits is not None
    wary.asks()  # the till asks the next customer
    assert wary.phone.writes(f"ONAY {digits[1]}") == LATE
    assert wary.shop.status(AYSE) is None


def test_the_two_questions_are_never_mixed(trusting: Counter) -> None:
    verifies = trusting.asks(RequestPurpose.VERIFY)
    assert "onay sormuyor" in trusting.phone.writes(f"ONAY {verifies.word}")
    assert trusting.shop.request(verifies).state is RequestState.OPEN
    assert "izinleriniz degismedi" in trusting.phone.writes(f"EVET {verifies.word}")
    assert trusting.shop.request(verifies).act is None
    asks = trusting.asks()
    assert "reklam onayinizi soruyor" in trusting.phone.writes(f"EVET {asks.word}")
    assert trusting.shop.status(AYSE) is None


def test_a_verification_of_a_forged_sender_needs_its_digits_too(wary: Counter) -> None:
    started = wary.asks(RequestPurpose.VERIFY)
    digits = re.search(r"EVET ([0-9]{6})", wary.phone.writes(f"EVET {started.word}"))
    assert digits is not None
    assert wary.shop.request(started).state is RequestState.OPEN
    assert "gecersiz" in wary.phone.writes(f"ONAY {digits[1]}")
    assert "dogruladi" in wary.phone.writes(f"EVET {digits[1]}")
    assert wary.shop.request(started).address == AYSE
    assert wary.shop.status(AYSE) is None


def test_sorma_ends_the_asking_and_changes_nothing_else(wary: Counter) -> None:
    started = wary.asks()
    assert "bir daha onay sormayacak" in wary.phone.writes(f"SORMA {started.word}")
    assert wary.shop.request(started).state is RequestState.OPEN  # the clerk does not learn it
    keyring, brand = wary.shop.registry.keyring, wary.shop.brand().id
    assert wary.shop.registry.store.read_now(request_store.refuses, keyring, AYSE, brand)
    assert wary.shop.status(AYSE) is None


def test_a_brand_whose_name_it_is_goes_first(trusting: Counter) -> None:
    word = trusting.asks().word

    def name(transaction: Transaction) -> None:
        companies.add_provider(transaction, 600500, "Kelime A.Ş.")
        companies.add_brand(transaction, 600500, 600505, "Kelime")
        transaction.run(OLD_NAME, {"name": word})  # of before such names were refused

    trusting.shop.registry.store.write_now(name)
    assert "icin SMS ile onay alinmiyor" in trusting.phone.writes(f"ONAY {word}")
    assert trusting.shop.status(AYSE) is None


@pytest.mark.parametrize("name", ["K7M2P4", "k7 m2 p4", "A2-B3.C4"])
def test_no_brand_takes_a_name_of_the_words_shape(trusting: Counter, name: str) -> None:
    """It would go before a word, and so could stop the question of another shop."""
    with pytest.raises(companies.BadCompany) as caught:
        companies.checked_name(name)
    assert caught.value.why == "name-asked"
    assert companies.checked_name("K7M2") == "K7M2"


def test_a_till_never_shows_the_word_of_a_poster(trusting: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    of_poster, free = words.of_poster(trusting.shop.till(kind=tills.POSTER)), "A2A2A2"
    drawn = iter((of_poster, free))
    monkeypatch.setattr(words, "_drawn", lambda: next(drawn))
    assert trusting.asks().word == free


def test_a_brands_own_number_answers_its_own_questions_alone(trusting: Counter) -> None:
    assert "Onayiniz kaydedildi" in consents(trusting, trusting.asks().word, OWN)
    trusting.shop.registry.store.write_now(lambda transaction: transaction.run(LEND, {}))
    assert trusting.phone.of(MEHMET).writes(f"ONAY {trusting.asks().word}", OWN) == LATE
    assert trusting.shop.status(MEHMET) is None


def test_guessed_words_find_nothing_after_twenty(trusting: Counter) -> None:
    guesses = [f"{a}{b}{c}9Z9" for a in "ABCDE" for b in "2346" for c in "Z"]
    for guess in guesses:
        assert trusting.phone.writes(f"ONAY {guess}") in (LATE, "")
    word = trusting.asks().word
    assert trusting.phone.writes(f"ONAY {word}") in (LATE, "")
    assert trusting.shop.status(AYSE) is None
    trusting.phone.writes(f"HAYIR {word}")  # a refusal has no limit
    assert trusting.shop.status(AYSE) == RET


def test_a_posters_word_asks_everybody_who_sends_it(wary: Counter) -> None:
    word = words.of_poster(wary.shop.till(kind=tills.POSTER))
    for number in (AYSE, MEHMET):
        phone = wary.phone.of(number)
        digits = re.search(r"ONAY ([0-9]{6})", phone.writes(f"ONAY {word}"))
        assert digits is not None
        assert "Onayiniz kaydedildi" in phone.writes(f"ONAY {digits[1]}")
        assert wary.shop.status(number) == ONAY


def test_an_old_poster_takes_no_consent_by_sms_and_still_refusals(wary: Counter) -> None:
    word = words.of_poster(wary.shop.till(kind=tills.POSTER))
    digits = re.search(r"ONAY ([0-9]{6})", wary.phone.writes(f"ONAY {word}"))
    assert digits is not None
    wary.shop.publish_anew("Her gün üç haber.")
    assert "afis eski" in wary.phone.of(MEHMET).writes(f"ONAY {word}")
    assert wary.phone.rows("SELECT count(*) FROM consent_request") == [(1,)]
    assert "Onayiniz kaydedildi" in wary.phone.writes(f"ONAY {digits[1]}")
    assert wary.phone.rows("SELECT version FROM consent_request WHERE state = 2") == [(1,)], "as the poster showed"
    assert "Hayir dediniz" in wary.phone.of(MEHMET).writes(f"HAYIR {word}")
    assert wary.shop.status(MEHMET) == RET


def test_a_landline_or_foreign_form_is_answered_elsewhere(trusting: Counter) -> None:
    word = words.of_poster(trusting.shop.till(trusting.shop.mail_form, tills.POSTER))
    assert "Karekodu okutun" in trusting.phone.writes(f"ONAY {word}")
    assert trusting.phone.rows("SELECT count(*) FROM consent_request") == [(0,)]


@pytest.mark.parametrize(
    "written", ["K7M2P4", "ONAY K7M2P", "ONAY KK77PP", "ONAY K7M2P4 LUTFEN", "EVET K7M2P4R", "ONAY 7K2M4P", "ONAY K7M2"]
)
def test_other_texts_are_no_words(written: str) -> None:
    assert words.read(written) is None


def test_a_posters_word_follows_from_its_key_and_never_is_a_tills() -> None:
    made = {words.of_poster(f"key {number}") for number in range(500)}
    assert len(made) > 490
    assert all(words.read(f"ONAY {word}") and len(word) == 6 for word in made)
