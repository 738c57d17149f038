"""The fixed texts: plain ASCII, one part each, whatever the values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from consents import languages
from consents.languages import COMPLETE, LANGUAGES, SMS_LETTERS, catalogue
from optout import phrases
from optout.phrases import WAYS, count, fitting, phrase, refusal
from optout.refusals import RefusalResult
from optout.sms import approving, asked_words, refusing, status_replies, undoing
from tests import case
from tests.conftest import NOON
from tests.optout.sms.conftest import DAY, settings_of

PAST = (
    "RET", "ONAY", "company-RET", "company-ONAY", "asked", "undo", "company-undo", "closed", "erased",
)  # fmt: skip
LONG_DAY = 1_789_041_600_000_000  # 10 September 2026, the longest month's name in both languages but one
MOMENT = "24.11.2026 12:00"
NAME, MANY = "WWWWWWWWWWW", 123_456  # 11 letters
GSM = re.compile(r"[A-Za-z0-9 !\"#%&'()*+,./:;<=>?-]*")
ANSWERS = (
    "ask-onay", "ask-evet", "given", "refused", "verified", "not-verified", "never", "late", "not-given", "asks-onay",
    "asks-evet", "elsewhere", "renewed",
)  # fmt: skip
FIXED = (
    *("sign-in.done", "sign-in.late", "sign-in.ended", "key.ended", "key.none", "helper.ended", "helper.none"),
    "help", "help-free", "unclear", "complaint", "new-number", "unknown-brand", "which-brand",
    "nobody-may", "nobody-may-text", "nobody-may-call",
    "undo.not-done", "undo.declined",
    "follow-up.closed", "follow-up.which",
    "undo.elsewhere", "undo.nothing", "undo.on-site", "onay.declined", "waiting.none",
    "new.meant", "new.not-closed", "new.elsewhere",
)  # fmt: skip


def done(*, at: int = NOON, ended: bool = True) -> RefusalResult:
    return RefusalResult(1, 1, at, {}, {}, {}, ended)


def texts() -> Iterator[tuple[str, str]]:
    """Every text with the longest values."""
    for language in LANGUAGES:
        yield from ((f"{language} {what}", text) for what, text in of_language(language))
    for ways, ended in product(WAYS, (True, False)):
        if WAYS[ways] != "texts":  # no call is about SMS alone
            one, many = refusal(ways, NOON, ended=ended), refusal(ways, NOON, ended=ended, many=True)
            what = f"{ways} {ended}"
            yield f"called {what}", phrase("sms.call.one", M=NAME, DT=MOMENT, **one)
            yield f"called all {what}", phrase("sms.call.all", n=count(MANY), DT=MOMENT, **many)
            heard = phrase(f"sms.history.{WAYS[ways]}")
            yield f"called new {what} or later", phrase("sms.call.new", W=heard, DT=MOMENT)
            yield (
                f"called new all {what} or later",
                phrase("sms.call.new-all", W=heard, n=count(MANY), DT=MOMENT, S=many["S"]),
            )
            yield f"called new before {ways}", phrase("sms.call.new-before", W=heard)
            yield f"called before {ways}", phrase("sms.call.all-before", n=count(MANY), **many)
    for ways in WAYS:  # to what a till or poster asks
        values = {"M": NAME, "W": phrase(f"sms.channels.{WAYS[ways]}"), "DT": MOMENT, "c": "482136", "k": "K7M2P4"}
        for text, back in product(ANSWERS, asked_words.BACK.values()):
            yield f"request {text} {ways}{back}", phrase(f"sms.request.{text}", **values, H=back)
        for url in ("http://izin.example.com.tr", f"http://{'a' * 60}.example.com"):
            text = asked_words.question_text(settings_of(PUBLIC_URL=url), NAME, ways, "K7M2P4", "482136")
            yield f"request ask-onay {ways} on {url}", text
    yield "question", approving.question_text(NAME, "Ş" * 255, "482136")
    yield "elsewhere", approving.elsewhere(settings_of(PUBLIC_URL="http://127.0.0.1:8000"), NAME)
    long_host = settings_of(PUBLIC_URL=f"http://{'a' * 60}.example.com")
    yield "elsewhere, long host", approving.elsewhere(long_host, NAME)
    yield "given", phrase("sms.onay.given", M=NAME, DT=MOMENT)
    yield "unasked", phrase("sms.unasked", M=NAME)
    yield "not given", phrase("sms.onay.not-given")
    for way in (*WAYS.values(), "on-site"):
        yield f"link undo {way}", phrase(f"sms.link-undo.{way}", M=NAME, DT=MOMENT)
    for way, back in product(WAYS.values(), ("by-sms", "on-site")):
        values = {"M": NAME, "DT": MOMENT, "back": phrase(f"sms.link-refusal.back.{back}")}
        yield f"link refusal {way} {back}", phrase(f"sms.link-refusal.{way}", **values)


def of_language(language: str) -> Iterator[tuple[str, str]]:
    """Those that follow the language of a message."""
    for ways, ended in product(WAYS, (True, False)):
        what, by, it = f"{ways} {ended}", WAYS[ways], done(ended=ended)
        one = refusal(ways, NOON, ended=ended, language=language)
        many = refusal(ways, NOON, ended=ended, many=True, language=language)
        yield f"refused {what}", refusing.confirmation(NAME, ways, it, language)
        yield f"both identities {what}", refusing.confirmation(NAME, ways, it, language, two_identities=True)
        yield f"erase {what}", refusing.confirmation(NAME, ways, it, language, erase=True)
        yield f"first {what}", phrase(f"sms.first.{by}", language, M=NAME)
        yield f"already {what}", refusing.already(NAME, ways, it, NOON, language)
        yield f"overdue {what}", refusing.already(NAME, ways, it, NOON + 9 * DAY, language)
        yield f"two {what}", refusing.several([NAME] * 2, ways, it, language)
        yield f"several {what}", refusing.several([NAME] * MANY, ways, it, language)
        yield f"unknown {what}", refusing.but_one([NAME], ways, it, language)
        yield f"unknowns {what}", refusing.but_one([NAME] * MANY, ways, it, language)
        for undo in ("undo", "undo-code"):
            back = phrase(f"sms.refused-all.{undo}", language)
            yield f"all {undo} {what}", phrase(f"sms.refused-all.{by}", language, n=count(MANY), G=back, **many)
            yield f"all {undo} {what}, none", phrase("sms.refused-all.none", language, G=back, **many)
        new = {"W": phrase(f"sms.history.{by}", language), "n": count(MANY), "D": "24.11.2026", "D0": "24.11.2026"}
        for text, name in product(("closed", "both"), (NAME, phrase("sms.new.brands", language, n=count(MANY)))):
            yield f"refused new {what} True", phrase(f"sms.new.{text}-until", language, A=name, **new)
            yield f"refused new {what} or later", phrase(f"sms.new.{text}", language, A=name, **new)
        yield f"refused new, a name unknown {what} or later", phrase("sms.new.closed-unknown", language, **new)
        yield f"new before {what} or later", phrase("sms.new.already", language, **new)
        yield f"all before, and new {what} or later", phrase("sms.new.still-closed", language, **new)
        yield f"meant {what}", phrase("sms.meant", language, M=NAME, W=one["W"])
        yield f"waiting {what}", phrase(f"sms.waiting.{by}-site", language, M=NAME)
        for said in PAST:
            line = status_replies.line(language, LONG_DAY, ways, said, taken_back=True)
            yield f"history {said} {what}", fitting("sms.history.of", [line] * 6, "H", language, between="; ", M=NAME)
    yield "ask undo", undoing.question_text([NAME], "482136", language)
    yield "ask undo of many", undoing.question_text([NAME] * MANY, "482136", language)
    yield "ask new", phrase("sms.new.ask", language, n=count(MANY), c="482136")
    yield "undone new", phrase("sms.new.opened", language, n=count(MANY), DT=MOMENT)
    yield "undone end", phrase("sms.new.closed-again", language, DT=MOMENT)
    yield "overview closed", status_replies.overview(MANY, MANY, MANY, language, closed=True)
    yield "overview", status_replies.overview(MANY, MANY, MANY, language)
    yield "nobody", status_replies.overview(0, 0, 0, language)
    words = {"s": phrase("sms.status.BEKLIYOR", language), "a": phrase("sms.status.RET", language)}
    yield "state", phrase("sms.status.one", language, M=NAME, **words)
    yield "state closed", phrase("sms.status.one", language, M=NAME, s=words["s"], a=phrase("sms.status.new", language))
    yield "undone", undoing.undone([NAME], NOON, language, onay=False)
    yield "undone onay", undoing.undone([NAME], NOON, language, onay=True)
    yield "undone all", undoing.undone([NAME] * MANY, NOON, language, onay=False)
    yield "waiting", phrase("sms.waiting.texts", language, M=NAME)
    yield "waiting brands", fitting("sms.waiting.several", [NAME] * 9, "B", language, n=count(MANY))
    yield "no history", phrase("sms.history.none", language, M=NAME)
    yield "whose history", phrase("sms.history.which", language)
    yield "complaint ready", phrase("sms.follow-up.ready", language, M=NAME, A="izin.example.org/hala")
    yield "complaint ready on the site", phrase("sms.follow-up.ready-site", language, M=NAME)
    yield "own data", phrase("sms.data", language, A="izin.example.org/verilerim")
    yield "own data on the site", phrase("sms.data-site", language)
    yield "another brand", phrase("sms.follow-up.other", language, M=NAME)
    for fixed in FIXED:
        yield fixed, phrase(f"sms.{fixed}", language)


RECORDED = re.compile(
    r"(?!.*before)(?:[a-z]{2} )?(refused|both|erase|first|two|several|unknowns?|ours|all|called|given|undone)\b(?!-)"
)


def recorded() -> Iterator[tuple[str, str]]:
    """Those that report that something was recorded, with its number."""
    for what, text in texts():
        language = what[:2] if what[:2] in LANGUAGES and what[2] == " " else "tr"
        if RECORDED.match(what.removeprefix(f"{language} ")):
            yield f"{what}, numbered", phrases.numbered(text, "4" * 12, language)


def test_the_number_has_room_in_the_same_part() -> None:
    for what, text in list(recorded()):
        with case(what, text):
            assert re.search(r"4{12}\.?$", text), text
            language = what[:2] if what[:2] in LANGUAGES and what[2] == " " else "tr"
            assert len(text) <= SMS_LETTERS[language], (len(text), text)
            if language in COMPLETE:
                assert re.search(r" ((Kayit|Record) no 444444444444\.|No 444444444444)$", text), text


def test_only_what_has_no_room_is_put_more_briefly() -> None:
    said = refusing.confirmation("CINAR", (1,), done())
    assert phrases.numbered(said, "4" * 12) == f"{said} No 444444444444"
    assert phrases.numbered("Kisa.", "4" * 12) == "Kisa. Kayit no 444444444444."


def test_every_text_fits_one_part_and_shows_on_every_phone() -> None:
    for what, text in [*texts(), *recorded()]:
        with case(what, text):
            language = what[:2] if what[:2] in LANGUAGES and what[2] == " " else "tr"
            longest = SMS_LETTERS[language]
            assert longest == (155 if language in {"tr", "en", "de", "ku"} else 196)
            assert 20 < len(text) <= longest, len(text)
            assert GSM.fullmatch(text) or longest > 160, text
            assert not re.search(r"https?:|www|[{}]", text)
            assert "sik" not in text.replace("sikayet", "").lower()  # a word nobody wants to read


def test_every_text_of_the_table_is_among_these(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()

    class Watched:
        def __init__(self, language: str) -> None:
            self.language = language

        def pgettext(self, key: str, text: str) -> str:
            asked.add((key, self.language))
            return catalogue(self.language).pgettext(key, text)

    monkeypatch.setattr(phrases, "catalogue", Watched)
    list(texts())
    list(recorded())
    keys = [key for key in phrases.TEXTS if key.startswith("sms.")]
    sent = {(key, "tr") for key in keys} | {
        (key, language)
        for language in LANGUAGES
        for key in keys
        if f"{key}\x04{phrases.TEXTS[key]}" in languages.entries(language)
    }
    assert len(sent) > 150 * 3
    unasked = {
        (key, language) for key, language in sent - asked if not key.startswith(("sms.shorter", "sms.record.short"))
    }
    assert unasked == {(f"sms.status.{word}", language) for word in ("ONAY", "none") for language in LANGUAGES}
    shorter = {key for key, _ in sent if key.startswith("sms.shorter")}
    assert {(key, language) for key in shorter for language in COMPLETE} <= asked


def test_words_of_a_state_are_no_longer_than_those_tried() -> None:
    for language in LANGUAGES:
        longest = {len(phrase(f"sms.status.{word}", language)) for word in ("BEKLIYOR", "RET")}
        assert all(len(phrase(f"sms.status.{word}", language)) <= max(longest) for word in ("ONAY", "none", "new"))


def test_a_text_that_is_not_there_and_a_value_that_is_missing_are_errors() -> None:
    for key, values in {"sms.nothing": {}, "sms.undo.done-one": {"M": NAME}}.items():
        with pytest.raises(KeyError):
            phrase(key, **values)


def test_that_it_is_free_is_said_only_where_it_is() -> None:
    said = [what for what, text in texts() if "cretsiz" in text]
    assert said == ["tr help-free"]


def test_days_and_moments_are_those_of_turkiye() -> None:
    late = NOON + 11 * 3_600_000_000  # 23:00 on Tuesday the 24th; the next hour is Wednesday
    assert "27.11.2026" in refusing.confirmation("CINAR", (1,), done(at=late))
    assert "30.11.2026" in refusing.confirmation("CINAR", (1,), done(at=late + 3_600_000_000))
    assert "24.11.2026 12:00" in undoing.undone(["CINAR"], NOON, onay=False)


def test_a_refusal_is_overdue_the_day_after_its_last_day() -> None:
    last = NOON + 3 * DAY  # Friday the 27th
    assert "zaten" in refusing.already("CINAR", (1,), done(), last)
    assert "doldu" in refusing.already("CINAR", (1,), done(), last + DAY)


def test_where_a_brand_could_not_send_no_last_day_is_named() -> None:
    for what, text in [
        (what, text)
        for what, text in texts()
        if what.endswith("False")
        and what[:3] not in {f"{one} " for one in LANGUAGES.keys() - COMPLETE.keys()}
        and not re.search("history|meant|waiting", what)
    ]:
        with case(what, text):
            assert not re.search(r"[Ss]on gun|doldu|[Ll]ast day|ended", text)
            assert re.search(r"(gonderemez|arayamaz|ulasamaz|may not)", text) or what[3:].startswith("first")
