"""Twilio's webhook for calls: forged, to somebody else, unset, broken; and nothing of a caller in a log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consents.registry import Registry
from gateways.carriers import reader
from optout.voice import voice_door
from settings import load
from tests.conftest import SECRET, Opener
from tests.gateways.conftest import Written
from tests.gateways.fake_twilio import SENDER, FakeTwilio
from tests.optout.hooks.conftest import PUBLIC, Open, Post
from tests.optout.sms.conftest import CINAR, OWN, furnish
from tests.optout.voice.conftest import Dial
from tests.optout.voice.telephone import AYSE, LANDLINE, PATH, Telephone

CALL = "CA" + "a" * 32
CHOICE = f"{PATH}?step=what&lang=tr&brand={CINAR}"


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    return open_registry(sqlite_url)


def status(post: Post, form: dict[str, str], **other: Any) -> int:
    given: dict[str, Any] = {"url": PUBLIC + CHOICE, "path": CHOICE, **other}
    return post.twilio(form, **given).status_code


@pytest.fixture
def form(twilio: FakeTwilio) -> dict[str, str]:
    return twilio.step(CALL, AYSE, "1")


def test_a_genuine_choice_is_taken(post: Post, form: dict[str, str]) -> None:
    assert status(post, form) == 200
    assert post.count("act") == 1


def test_the_public_url_is_what_is_signed_whatever_host_it_was_sent_to(post: Post, form: dict[str, str]) -> None:
    assert status(post, form, host="proxy.example") == 200
    assert post.count("act") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"token": "another-token"},
        {"url": PUBLIC + PATH},
        {"url": f"{PUBLIC}{PATH}?step=what&lang=tr&brand=600202"},
        {"x_twilio_signature": ""},
        {"content_type": "application/json"},
        {"url": f"http://evil.example{CHOICE}", "host": "evil.example"},  # signed for the host it was sent to
        {"url": (PUBLIC + CHOICE).replace("http:", "https:")},
    ],
)
def test_what_twilio_did_not_sign_is_forbidden(post: Post, form: dict[str, str], change: dict[str, str]) -> None:
    assert status(post, form, **change) == 403
    assert [post.count(table) for table in ("act", "inbound_message")] == [0, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"AccountSid": "AC" + "0" * 31 + "2"},
        {"To": "+905320000099"},
        {"To": "sip:izin@example.com"},
        {"CallSid": "SM" + "a" * 32},
        {"Digits": "1w"},
        {"CallerName": "ayse,From+905320000002"},
        {"CallerName": "Digits3"},
        {"Odd name": "1"},
    ],
)
def test_what_twilio_signed_but_is_not_such_a_call_is_forbidden(
    post: Post, form: dict[str, str], change: dict[str, str]
) -> None:
    assert status(post, form | change) == 403
    assert post.count("act") == 0


def test_a_parameter_that_twilio_adds_one_day_ends_no_call(post: Post, form: dict[str, str]) -> None:
    assert status(post, form | {"NewThing": "x", "AddOns": '{"status":"successful"}'}) == 200


def test_a_missing_parameter_is_forbidden(post: Post, form: dict[str, str]) -> None:
    for name in ("AccountSid", "CallSid", "To"):
        assert status(post, {key: value for key, value in form.items() if key != name}) == 403


@pytest.mark.parametrize("to", [SENDER, "+3838", "3838", OWN])
def test_every_number_of_the_site_takes_calls(post: Post, twilio: FakeTwilio, to: str) -> None:
    assert not Telephone(post, twilio, to=to).dial().ended


def test_a_site_without_a_voice_carrier_has_no_such_page(site: Open, form: dict[str, str]) -> None:
    assert status(site(), form) == 404
    assert status(site(VOICE_GATEWAY="file:var/outbox.jsonl"), form) == 404


def test_calls_come_to_the_account_of_sms_where_there_is_no_other(site: Open, twilio: FakeTwilio) -> None:
    made = site(SMS_GATEWAY=twilio.url)
    made.registry.store.write_now(furnish)
    assert Telephone(made, twilio).dial().press(f"{CINAR}#").press("1").heard.startswith("Reddiniz kaydedildi.")


def test_the_number_to_call_is_the_one_that_answers() -> None:
    url = f"twilio://AC1:T@api.twilio.com?from={SENDER}"
    told = [
        load({"SECRET_KEY": SECRET, "OPTOUT_NUMBER": "3838", **env}).call_number
        for env in ({}, {"VOICE_GATEWAY": url}, {"SMS_GATEWAY": url}, {"VOICE_GATEWAY": "file:var/x"})
    ]
    assert told == [None, SENDER, "3838", None]


def test_get_is_no_call(post: Post) -> None:
    assert post.client.get(PATH).status_code == 405


def test_a_fault_of_ours_is_spoken_too_and_named_in_the_log(
    post: Post, dial: Dial, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(AYSE)

    call = dial()
    monkeypatch.setattr(voice_door.dialogue, "turn", broken)
    call.press(f"{CINAR}#")
    assert call.heard.startswith("Şu anda kaydedemiyoruz. Reddiniz kaydedilmedi.")
    (line,) = [json.loads(line) for line in written().splitlines() if "call_failed" in line]
    assert (line["level"], line["error"]) == ("error", "RuntimeError")


def test_nothing_of_a_caller_gets_into_a_log(post: Post, dial: Dial, form: dict[str, str], written: Written) -> None:
    for number in (AYSE, LANDLINE):
        call = dial(number)
        for keys in ("9", "999999", f"{CINAR}#", "2", *["1"] * (number == LANDLINE)):
            call.press(keys)
    assert status(post, form | {"To": "+905320000099"}) == 403
    said = written()
    assert "hook_refused" in said
    for canary in ("5320000001", "2120000001", str(CINAR), call.call, "0000099", "reddedildi"):
        assert canary not in said


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("verimor://u:p@h?from=IZIN", "must begin with file: or twilio:"),
        ("twilio://AC1:T@api.twilio.com", "must hold a user, a password and from=SENDER"),
    ],
)
def test_a_voice_gateway_that_cannot_work_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"VOICE_GATEWAY {why}"):
        load({"SECRET_KEY": SECRET, "VOICE_GATEWAY": url})


def test_a_voice_gateway_is_none_unless_it_is_set() -> None:
    assert load({"SECRET_KEY": SECRET}).voice_gateway is None
    url = "file:var/calls.jsonl"
    assert load({"SECRET_KEY": SECRET, "VOICE_GATEWAY": url}).voice_gateway == reader("call")(url)
