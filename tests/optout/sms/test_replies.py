"""The fixed texts: plain ASCII, one part each, whatever the values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from optout.sms import consent_replies, replies
from optout.sms.replies import BOTH
from optout.voice import call_texts
from tests.conftest import NOON
from tests.optout.sms.conftest import DAY, settings_of

LONGEST = "WWWWWWWWWWW"  # 11 letters
WAYS = ((0,), (1,), BOTH)
GSM = re.compile(r"[A-Za-z0-9 !\"#%&'()*+,./:;<=>?-]*")


UNDO = ("UNDO_NOT_DONE", "UNDO_DECLINED", "UNDO_ELSEWHERE")


def texts() -> Iterator[tuple[str, str]]:
    """Every text with the longest values."""
    name, many = LONGEST, 123_456
    for ways, ended in product(WAYS, (True, False)):
        what = f"{ways} {ended}"
        yield f"refused {what}", replies.refused(name, ways, NOON, ended=ended)
        yield f"erase {what}", replies.refused(name, ways, NOON, ended=ended, erase=True)
        yield f"first {what}", replies.refused_first(name, ways)
        yield f"already {what}", replies.already(name, ways, NOON, NOON, ended=ended)
        yield f"overdue {what}", replies.already(name, ways, NOON, NOON + 9 * DAY, ended=ended)
        yield f"two {what}", replies.refused_several([name] * 2, ways, NOON, ended=ended)
        yield f"several {what}", replies.refused_several([name] * many, ways, NOON, ended=ended)
        yield f"unknown {what}", replies.one_unknown([name], ways, NOON, ended=ended)
        yield f"unknowns {what}", replies.one_unknown([name] * many, ways, NOON, ended=ended)
        yield f"ours {what}", replies.only_ours(name, ways, NOON, ended=ended)
        yield f"all {what}", replies.refused_all(many, ways, NOON, ended=ended)
        if ways != (1,):  # no call is about SMS alone
            yield f"called {what}", call_texts.refused(name, ways, NOON, ended=ended)
            yield f"called all {what}", call_texts.refused_all(many, ways, NOON, ended=ended)
    for ended in (True, False):
        yield f"both identities {ended}", replies.refused(name, (1,), NOON, ended=ended, as_both=True)
    yield "ask undo", replies.ask_undo([name], "482136")
    yield "ask undo of many", replies.ask_undo([name] * many, "482136")
    yield "overview", replies.overview(many, many, many)
    yield "nobody", replies.overview(0, 0, 0)
    yield "state", replies.state(name, "karar sizde", "reddedildi")
    yield "help", replies.help_(settings_of())
    yield "help, free", replies.help_(settings_of(OPTOUT_NUMBER_FREE="1"))
    yield "question", consent_replies.ask_onay(name, "Ş" * 255, "482136")
    yield "elsewhere", consent_replies.onay_elsewhere(settings_of(PUBLIC_URL="http://127.0.0.1:8000"), name)
    yield (
        "elsewhere, long host",
        consent_replies.onay_elsewhere(settings_of(PUBLIC_URL=f"http://{'a' * 60}.example.com"), name),
    )
    yield "given", consent_replies.onay_given(name, NOON)
    yield "undone", replies.undone([name], NOON, onay=False)
    yield "undone onay", replies.undone([name], NOON, onay=True)
    yield "undone all", replies.undone([name] * many, NOON, onay=False)
    for fixed in ("UNKNOWN_BRAND", "WHICH_BRAND", "UNCLEAR", "NOTHING_TO_UNDO", "NOBODY_MAY", *UNDO):
        yield fixed, getattr(replies, fixed)
    yield "not given", consent_replies.NOT_GIVEN
    yield "declined", consent_replies.DECLINED


@pytest.mark.parametrize(("what", "text"), list(texts()))
def test_every_text_fits_one_part_and_shows_on_every_phone(what: str, text: str) -> None:
    assert 20 < len(text) <= 155, len(text)
    assert GSM.fullmatch(text), text
    assert not re.search(r"https?:|www|[{}]", text)
    assert "sik" not in text.replace("sikayet", "").lower()  # a word nobody wants to read


def test_that_it_is_free_is_said_only_where_it_is() -> None:
    said = [what for what, text in texts() if "cretsiz" in text]
    assert said == ["help, free"]


def test_days_and_moments_are_those_of_turkiye() -> None:
    late = NOON + 11 * 3_600_000_000  # 23:00 on Tuesday the 24th; the next hour is Wednesday
    assert "27.11.2026" in replies.refused("CINAR", (1,), late, ended=True)
    assert "30.11.2026" in replies.refused("CINAR", (1,), late + 3_600_000_000, ended=True)
    assert "24.11.2026 12:00" in consent_replies.onay_given("CINAR", NOON)


def test_a_refusal_is_overdue_the_day_after_its_last_day() -> None:
    last = NOON + 3 * DAY  # Friday the 27th
    assert "zaten" in replies.already("CINAR", (1,), NOON, last, ended=True)
    assert "doldu" in replies.already("CINAR", (1,), NOON, last + DAY, ended=True)


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, text in texts() if what.endswith("False")])
def test_where_a_brand_could_not_send_no_last_day_is_named(what: str, text: str) -> None:
    assert not re.search(r"[Ss]on gun|doldu", text)
    assert re.search(r"(gonderemez|arayamaz|ulasamaz)", text) or what.startswith("first")
