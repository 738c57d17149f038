"""The fixed texts: plain ASCII, one part each, whatever the values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from optout import phrases
from optout.phrases import WAYS, count, refusal, say
from optout.refusals import RefusalResult
from optout.sms import approving, refusing, status_replies, undoing
from tests.conftest import NOON
from tests.optout.sms.conftest import DAY, settings_of

MOMENT = "24.11.2026 12:00"
NAME, MANY = "WWWWWWWWWWW", 123_456  # 11 letters
GSM = re.compile(r"[A-Za-z0-9 !\"#%&'()*+,./:;<=>?-]*")
FIXED = (
    "help", "help-free", "unclear", "unknown-brand", "which-brand", "nobody-may", "undo.not-done", "undo.declined",
    "undo.elsewhere", "undo.nothing", "onay.not-given", "onay.declined",
)  # fmt: skip


def done(*, at: int = NOON, ended: bool = True) -> RefusalResult:
    return RefusalResult(1, 1, at, {}, {}, {}, ended)


def texts() -> Iterator[tuple[str, str]]:
    """Every text with the longest values."""
    for ways, ended in product(WAYS, (True, False)):
        what, by, it = f"{ways} {ended}", WAYS[ways], done(ended=ended)
        one, many = refusal(ways, NOON, ended=ended), refusal(ways, NOON, ended=ended, many=True)
        yield f"refused {what}", refusing.one(NAME, ways, it)
        yield f"both identities {what}", refusing.one(NAME, ways, it, two_identities=True)
        yield f"erase {what}", refusing.one(NAME, ways, it, erase=True)
        yield f"first {what}", say(f"sms.first.{by}", M=NAME)
        yield f"already {what}", refusing.already(NAME, ways, it, NOON)
        yield f"overdue {what}", refusing.already(NAME, ways, it, NOON + 9 * DAY)
        yield f"two {what}", refusing.several([NAME] * 2, ways, it)
        yield f"several {what}", refusing.several([NAME] * MANY, ways, it)
        yield f"unknown {what}", refusing.but_one([NAME], ways, it)
        yield f"unknowns {what}", refusing.but_one([NAME] * MANY, ways, it)
        yield f"ours {what}", say("sms.refused.only-ours", M=NAME, **one)
        yield f"all {what}", say(f"sms.refused-all.{by}", n=count(MANY), **many)
        if by != "texts":  # no call is about SMS alone
            yield f"called {what}", say("sms.call.one", M=NAME, DT=MOMENT, **one)
            yield f"called all {what}", say("sms.call.all", n=count(MANY), DT=MOMENT, **many)
            yield f"called before {ways}", say("sms.call.all-before", n=count(MANY), **many)
    yield "ask undo", undoing.question_text([NAME], "482136")
    yield "ask undo of many", undoing.question_text([NAME] * MANY, "482136")
    yield "overview", status_replies.overview(MANY, MANY, MANY)
    yield "nobody", status_replies.overview(0, 0, 0)
    yield "state", say("sms.status.one", M=NAME, s=say("sms.status.BEKLIYOR"), a=say("sms.status.RET"))
    yield "question", approving.question_text(NAME, "Ş" * 255, "482136")
    yield "elsewhere", approving.elsewhere(settings_of(PUBLIC_URL="http://127.0.0.1:8000"), NAME)
    long_host = settings_of(PUBLIC_URL=f"http://{'a' * 60}.example.com")
    yield "elsewhere, long host", approving.elsewhere(long_host, NAME)
    yield "given", say("sms.onay.given", M=NAME, DT=MOMENT)
    yield "undone", undoing.undone([NAME], NOON, onay=False)
    yield "undone onay", undoing.undone([NAME], NOON, onay=True)
    yield "undone all", undoing.undone([NAME] * MANY, NOON, onay=False)
    for way in (*WAYS.values(), "on-site"):
        yield f"link undo {way}", say(f"sms.link-undo.{way}", M=NAME, DT=MOMENT)
    for fixed in FIXED:
        yield fixed, say(f"sms.{fixed}")


RECORDED = re.compile(
    r"(?!.*before)(refused|both|erase|first|two|several|unknowns?|ours|all|called|given|undone)\b(?!-)"
)


def recorded() -> Iterator[tuple[str, str]]:
    """Those that report that something was recorded, with its number."""
    for what, text in texts():
        if RECORDED.match(what):
            yield f"{what}, numbered", phrases.numbered(text, "4" * 12)


@pytest.mark.parametrize(("what", "text"), list(recorded()))
def test_the_number_has_room_in_the_same_part(what: str, text: str) -> None:
    assert re.search(r" (Kayit no 444444444444\.|No 444444444444)$", text), text
    assert len(text) <= phrases.LONGEST, (len(text), text)


def test_only_what_has_no_room_is_put_more_briefly() -> None:
    said = refusing.one("CINAR", (1,), done())
    assert phrases.numbered(said, "4" * 12) == f"{said} No 444444444444"
    assert phrases.numbered("Kisa.", "4" * 12) == "Kisa. Kayit no 444444444444."


@pytest.mark.parametrize(("what", "text"), [*texts(), *recorded()])
def test_every_text_fits_one_part_and_shows_on_every_phone(what: str, text: str) -> None:
    assert 20 < len(text) <= phrases.LONGEST == 155, len(text)
    assert GSM.fullmatch(text), text
    assert not re.search(r"https?:|www|[{}]", text)
    assert "sik" not in text.replace("sikayet", "").lower()  # a word nobody wants to read


def test_every_text_of_the_table_is_among_these(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    class Watched(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            asked.add(key)
            return super().__getitem__(key)

    monkeypatch.setattr(phrases, "TEXTS", Watched(phrases.TEXTS))
    list(texts())
    list(recorded())
    assert {key for key in phrases.TEXTS if key.startswith("sms.")} - asked == {
        "sms.status.ONAY.tr",
        "sms.status.none.tr",
    }


def test_words_of_a_state_are_no_longer_than_those_tried() -> None:
    longest = {len(say(f"sms.status.{word}")) for word in ("BEKLIYOR", "RET")}
    assert all(len(say(f"sms.status.{word}")) <= max(longest) for word in ("ONAY", "none"))


def test_a_text_that_is_not_there_and_a_value_that_is_missing_are_errors() -> None:
    for key, values in {"sms.nothing": {}, "sms.undo.done-one": {"M": NAME}}.items():
        with pytest.raises(KeyError):
            say(key, **values)


def test_that_it_is_free_is_said_only_where_it_is() -> None:
    said = [what for what, text in texts() if "cretsiz" in text]
    assert said == ["help-free"]


def test_days_and_moments_are_those_of_turkiye() -> None:
    late = NOON + 11 * 3_600_000_000  # 23:00 on Tuesday the 24th; the next hour is Wednesday
    assert "27.11.2026" in refusing.one("CINAR", (1,), done(at=late))
    assert "30.11.2026" in refusing.one("CINAR", (1,), done(at=late + 3_600_000_000))
    assert "24.11.2026 12:00" in undoing.undone(["CINAR"], NOON, onay=False)


def test_a_refusal_is_overdue_the_day_after_its_last_day() -> None:
    last = NOON + 3 * DAY  # Friday the 27th
    assert "zaten" in refusing.already("CINAR", (1,), done(), last)
    assert "doldu" in refusing.already("CINAR", (1,), done(), last + DAY)


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, text in texts() if what.endswith("False")])
def test_where_a_brand_could_not_send_no_last_day_is_named(what: str, text: str) -> None:
    assert not re.search(r"[Ss]on gun|doldu", text)
    assert re.search(r"(gonderemez|arayamaz|ulasamaz)", text) or what.startswith("first")
