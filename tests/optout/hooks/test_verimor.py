"""Verimor's push: a path that nobody knows, JSON of any kind, and consents that it cannot give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.registry import Registry
from gateways.verimor import hook as verimor_push
from optout.sms import hooks, polling
from optout.sms.reader import keywords
from optout.sms.reader.keywords import SmsIntent
from settings import Refused, load
from tests import CORPUS
from tests.conftest import NOON, Opener
from tests.gateways.fake_verimor import FakeVerimor
from tests.optout.hooks.conftest import PATH_SECRET, Door, Open, Post
from tests.web.conftest import REAL

SENDER = "905320000001"
BODIES = CORPUS / "sms_bodies.jsonl"


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    """On one database: what is turned away never gets to it."""
    return open_registry(sqlite_url)


@pytest.fixture
def post(site: Open, verimor: FakeVerimor, door: Door) -> Post:
    return site(SMS_GATEWAY=verimor.url, HOOK_SECRET=PATH_SECRET)


@pytest.fixture
def entry(verimor: FakeVerimor) -> dict[str, Any]:
    return verimor.receive(SENDER, "RET Ornek", NOON / 1e6 - 60)


def test_a_push_is_taken_and_answered_through_the_outbox(post: Post, entry: dict[str, Any], door: Door) -> None:
    rung = polling.bell(post.registry)
    assert (post.verimor([entry]).status_code, post.verimor([entry]).text) == (200, "OK")
    name = str(entry["message_id"])
    assert door.taken == [("verimor", name, SENDER, "908500000000", "RET Ornek", NOON - 60_000_000)]
    assert door.posted == [True]
    assert not rung.is_set()


def test_all_of_a_push_is_taken_in_its_order(post: Post, verimor: FakeVerimor, door: Door) -> None:
    texts = [f"RET {count}" for count in range(20)]
    assert post.verimor([verimor.receive(SENDER, text, 0) for text in texts]).status_code == 200
    assert door.texts == texts


def test_a_repeated_push_in_another_order_changes_nothing(post: Post, verimor: FakeVerimor, door: Door) -> None:
    entries = [verimor.receive(SENDER, f"RET {count}", 0) for count in range(5)]
    for order in (entries, entries[::-1], entries[2:] * 2):
        assert post.verimor(order).status_code == 200
        post.clock.forward(days=10)
    assert len(door.taken) == post.count("inbound_message") == 5


@pytest.mark.parametrize(
    "secret", ["x", PATH_SECRET[:-1], PATH_SECRET + "x", PATH_SECRET.upper(), "%C4%B0", "%ED%A0%80"]
)
def test_a_wrong_path_is_like_an_unknown_one(post: Post, entry: dict[str, Any], door: Door, secret: str) -> None:
    wrong, unknown = post.verimor([entry], secret), post.client.post("/hooks/olmayan/yol")
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.text == unknown.text
    assert door.taken == []


@pytest.mark.parametrize("env", [{}, {"HOOK_SECRET": PATH_SECRET, "SMS_GATEWAY": "file:x"}])
def test_without_verimor_or_a_secret_there_is_no_such_path(
    site: Open, verimor: FakeVerimor, entry: dict[str, Any], door: Door, env: dict[str, str]
) -> None:
    post = site(**{"SMS_GATEWAY": verimor.url, **env})
    assert post.verimor([entry]).status_code == 404
    assert post.verimor([entry], "None").status_code == 404
    assert door.taken == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "the body is no JSON"),
        (b"\xff\xfe", "the body is no JSON"),
        (b'[{"message_id": 1', "the body is no JSON"),
        (b"[" * 60_000, "the body is no JSON"),
        (b"9" * 5000, "the body is no JSON"),
        (b'{"message_id": 1}', "the body must be a JSON array"),
        (b"null", "the body must be a JSON array"),
        (b"[1]", "[0] must be an object"),
        (b"[{}]", "[0] message_id is missing or malformed"),
        (b'[{"message_id": true}]', "[0] message_id is missing or malformed"),
        (b'[{"message_id": "1\\n"}]', "[0] message_id is missing or malformed"),
        (b'[{"message_id": 1, "source_addr": "905320000001"}]', "[0] destination_addr is missing or malformed"),
        (b'[{"message_id": 1, "source_addr": "9", "destination_addr": 1}]', "[0] content must be a string"),
    ],
)
def test_what_is_malformed_is_named(post: Post, door: Door, body: bytes, fault: str) -> None:
    answer = post.verimor(body)
    assert (answer.status_code, answer.text) == (400, fault)
    assert door.taken == []


def test_one_bad_entry_loses_no_other(post: Post, verimor: FakeVerimor, door: Door) -> None:
    first, last = (verimor.receive(SENDER, text, 0) for text in ("RET 1", "RET 2"))
    answer = post.verimor([first, {**first, "message_id": "SENDER"}, None, last])
    assert answer.status_code == 400
    assert answer.text == "[1] message_id is missing or malformed\n[2] must be an object"
    assert door.texts == ["RET 1", "RET 2"]


def test_one_message_that_breaks_us_loses_no_other(post: Post, verimor: FakeVerimor, door: Door) -> None:
    door.poison = "RET zehir"
    entries = [verimor.receive(SENDER, text, 0) for text in ("RET 1", "RET zehir", "RET 2")]
    assert post.verimor(entries).status_code == 500
    assert door.texts == ["RET 1", "RET 2"]
    door.poison = ""
    assert post.verimor(entries).status_code == 200
    assert door.texts == ["RET 1", "RET 2", "RET zehir"]


def test_delivery_reports_on_the_same_path_are_passed_over(post: Post, door: Door) -> None:
    assert post.verimor([{"type": "outbound", "campaign_id": 20121, "dest": SENDER}]).status_code == 200
    assert door.taken == []


def test_half_a_letter_is_kept_as_the_sign_for_what_cannot_be_read(post: Post, door: Door) -> None:
    body = b'[{"message_id": 1, "source_addr": "9", "destination_addr": "9", "content": "RET \\ud83d"}]'
    assert post.verimor(body).status_code == 200
    assert door.texts == ["RET \ufffd"]


def test_a_store_that_cannot_commit_acknowledges_nothing(post: Post, entry: dict[str, Any], door: Door) -> None:
    door.closed = True
    answer = post.verimor([entry])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    door.closed = False
    assert post.verimor([entry]).status_code == 200


def test_more_than_the_largest_body_is_413(post: Post, entry: dict[str, Any], door: Door) -> None:
    assert post.verimor([{**entry, "content": "x" * 70_000}]).status_code == 413
    assert door.taken == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_no_other_method_changes_anything(post: Post, entry: dict[str, Any], door: Door, method: str) -> None:
    answer = post.client.request(method, f"/hooks/verimor/{PATH_SECRET}", content=json.dumps([entry]))
    assert answer.status_code == 405
    assert door.taken == []


# -- an unsigned push gives no consent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["ONAY Ornek", "onay 4821", "Onay", "GERİ AL", "geri al", "GERI  AL", "gerial", "O N A Y"]
)
def test_what_could_give_a_consent_is_taken_from_the_list_alone(
    post: Post, verimor: FakeVerimor, door: Door, text: str
) -> None:
    bell = polling.bell(post.registry)
    entry = verimor.receive(SENDER, text, NOON / 1e6)
    assert post.verimor([entry]).status_code == 200
    assert door.taken == []
    assert bell.is_set()
    post.look()
    assert door.texts == [text]


def test_a_forged_consent_never_counts(post: Post, verimor: FakeVerimor, door: Door) -> None:
    entry = verimor.receive(SENDER, "merhaba", NOON / 1e6)
    forged = [{**entry, "message_id": 1, "content": "ONAY Ornek"}, {**entry, "content": "ONAY Ornek"}]
    assert post.verimor(forged).status_code == 200
    post.look()
    assert door.texts == ["merhaba"], "what Verimor lists under that id"


def test_the_corpus_has_no_consent_that_would_pass_and_few_refusals_that_wait() -> None:
    rows = [json.loads(line) for line in BODIES.read_text(encoding="utf-8").splitlines()]
    waits = {row["id"] for row in rows if hooks.needs_proof(row["input"])}
    consents = {row["id"] for row in rows if row["expect"]["intent"].startswith(("ONAY", "UNDO"))}
    refusals = {row["id"] for row in rows if row["expect"]["intent"] == "RET"}
    assert consents
    assert consents <= waits
    assert len(refusals & waits) < len(refusals) / 10


@pytest.mark.parametrize(
    "text",
    [
        "ONAY Ornek",
        "onay 4821",
        " " * 3000 + "ONAY Ornek",
        "ɢᴇʀɪ ᴀʟ",
        "ＧＥＲＩ ＡＬ",
        "geri\u200bal",
        "gerı al",
        "«GERİ AL»",
    ],
)
def test_whatever_disguise_is_read_as_a_consent_waits(text: str) -> None:
    intent = keywords.read(text, {"ORNEK": (1,)}).intent
    assert intent in (SmsIntent.ONAY_REQUEST, SmsIntent.ONAY_CODE, SmsIntent.UNDO) or "gerı" in text
    assert hooks.needs_proof(text)


@given(st.text(max_size=30) | st.from_regex(r"\W{0,3}(?i:onay) ?(ornek|[0-9]{4})\W{0,2}", fullmatch=True))
def test_no_text_that_is_read_as_a_consent_passes(text: str) -> None:
    if keywords.read(text, {"ORNEK": (1,)}).intent in (SmsIntent.ONAY_REQUEST, SmsIntent.ONAY_CODE, SmsIntent.UNDO):
        assert hooks.needs_proof(text)


@given(st.binary(max_size=80) | st.recursive(st.none() | st.text(max_size=8), st.lists, max_leaves=8).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_no_bytes_break_the_reading(body: bytes) -> None:
    messages, faults = verimor_push.read(body, NOON)
    assert messages == []
    assert faults or body.strip().replace(b" ", b"") == b"[]"


# -- the setting ----------------------------------------------------------------------------------------------------


def test_a_real_site_wants_a_long_secret_of_plain_characters() -> None:
    assert load({**REAL, "HOOK_SECRET": PATH_SECRET}).hook_secret
    assert load({"SECRET_KEY": "k" * 32, "HOOK_SECRET": "short"}).hook_secret
    for secret, sentence in (
        (PATH_SECRET[:-1], "HOOK_SECRET must be at least 32 characters on an https site"),
        (PATH_SECRET + "/", "HOOK_SECRET must be letters, digits and - . _ ~ only"),
    ):
        with pytest.raises(Refused) as refusal:
            load({**REAL, "HOOK_SECRET": secret})
        assert refusal.value.sentences == [sentence]
    assert PATH_SECRET not in repr(load({**REAL, "HOOK_SECRET": PATH_SECRET}))
