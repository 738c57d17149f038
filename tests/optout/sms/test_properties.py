"""Whatever is written: no consent arises but by the proper exchange, and nothing breaks."""

from __future__ import annotations

import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consents.brands.sms_words import Sense
from optout.sms.reader import keywords, letters, words
from optout.sms.reader.keywords import SmsIntent
from tests.optout.sms.conftest import CINAR, ISIK, OWN, SHARED, Phone
from tests.optout.sms.test_keywords import ROWS

WORDS = [
    "ONAY",
    "RET",
    "CINAR",
    "ISIK",
    "EVET",
    "HAYIR",
    "H",
    "E",
    "GERI",
    "AL",
    "HEPSI",
    "4821",
    "0000",
    "DURUM",
    "iptal",
]
written = (
    st.sampled_from([row["input"] for row in ROWS])
    | st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
    | st.text(max_size=60)
)
once = settings(
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@once
@given(st.lists(st.tuples(written, st.sampled_from([SHARED, OWN])), min_size=1, max_size=12))
def test_no_consent_arises_from_any_texts(light_phone: Phone, texts: list[tuple[str, str]]) -> None:
    """Four digits may be guessed with a chance of one in ten thousand; here they are kept from being right."""
    phone = light_phone
    phone.allows(CINAR, ISIK)
    code = None
    for text, to in texts:
        exact = re.fullmatch(r"\s*onay\s+([0-9]{4})\s*", text, re.IGNORECASE | re.ASCII)
        if exact and exact[1] == code:
            continue
        reply = phone.writes(text, to)
        assert len(reply) <= 155
        if found := re.search(r"ONAY (\d{4}) yazin", reply):
            code = found[1]
    given = "SELECT count(*) FROM consent_event WHERE status = 1"
    assert phone.rows(given) == [(0,)]


@once
@given(written.filter(lambda text: "onay" not in text.lower()), st.sampled_from([SHARED, OWN]))
def test_a_repetition_adds_nothing(light_phone: Phone, text: str, to: str) -> None:
    message = light_phone.message(text, to)
    first = light_phone.takes(message, post=True)
    before = [light_phone.number_of(table) for table in ("act", "consent_event", "outbox", "inbound_message")]
    assert light_phone.takes(message, post=True) == first
    assert before == [light_phone.number_of(table) for table in ("act", "consent_event", "outbox", "inbound_message")]


def test_the_whole_corpus_goes_through_the_door(phone: Phone) -> None:
    """A refusal of a named brand is recorded; what is to be clarified records nothing."""
    for row in ROWS:
        expected = row["expect"]
        before = phone.number_of("act")
        who = phone.of(f"+9053200000{10 + ROWS.index(row) % 90}")
        who.clock.forward(hours=2)
        who.writes(row["input"])
        acts = phone.number_of("act") - before
        if expected["intent"] == "RET" and expected["brands"] not in ([], ["*"]):
            assert ("RET" in who.stands().values(), acts <= 1) == (True, True), json.dumps(row)
        elif expected["intent"] != "RET":
            assert acts == 0, json.dumps(row)


SUFFIX = st.lists(
    st.text(alphabet="ABCDEFGHIKLMNOPRSTUVYZÇĞİÖŞÜ abcdefghiklmnoprstuvyzçğıöşü.,!", min_size=1, max_size=12),
    max_size=8,
).map(" ".join)


@settings(once, max_examples=200)
@given(st.sampled_from(["RET", "STOP", "ret", "REDDET", "İPTAL"]), st.sampled_from(["HEPSI", "ALL", "Hepsini"]), SUFFIX)
def test_all_is_refused_whatever_follows(command: str, everything: str, suffix: str) -> None:
    """But for a denial; no brand is known here."""
    text = f"{command} {everything} {suffix}"
    reading = keywords.read(text, {})
    items = words.items(letters.plain(text), words.NameIndex({}))
    if not any(item.kind in (*keywords._TURNING, Sense.MENTION) for item in items):
        assert (reading.intent, reading.every, reading.brands) == (SmsIntent.RET, True, ()), text
        assert not reading.unknown or reading.whole, text
