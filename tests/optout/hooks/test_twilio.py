"""Twilio's webhook: forged, replayed, broken, and genuine."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from consents.registry import Registry
from consents.store import Transaction
from gateways.carriers import reader
from gateways.twilio import hook as twilio_hook
from gateways.twilio.hook import Forged
from tests.conftest import NOON, Opener
from tests.consents.conftest import furnish
from tests.gateways.fake_twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio
from tests.optout.hooks.conftest import AYSE, PATH, PUBLIC, Door, Open, Post

URL = PUBLIC + PATH
Form = dict[str, str]


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    """On one database: what is turned away never gets to it."""
    return open_registry(sqlite_url)


@pytest.fixture
def post(site: Open, twilio: FakeTwilio, door: Door) -> Post:
    return site(SMS_GATEWAY=twilio.url, OPTOUT_NUMBER="3838")


@pytest.fixture
def form(twilio: FakeTwilio) -> Form:
    return twilio.form(twilio.receive(AYSE, "RET Ornek", NOON / 1e6))


def test_a_genuine_message_is_taken_and_answered_in_twiml(post: Post, form: Form, door: Door) -> None:
    answer = post.twilio(form)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    response = ElementTree.fromstring(answer.content)
    assert [response.tag, *((each.tag, each.text) for each in response)] == [
        "Response",
        ("Message", "<RET Ornek> & tamam"),
    ]
    assert door.taken == [("twilio", form["MessageSid"], AYSE, SENDER, "RET Ornek", NOON)]
    assert door.posted == [False]


def test_a_url_that_was_entered_with_a_slash_is_signed_with_it(post: Post, form: Form, door: Door) -> None:
    assert post.twilio(form, url=f"{PUBLIC}{PATH}/").status_code == 403
    assert post.twilio(form, path=f"{PATH}/").status_code == 403
    assert post.twilio(form, url=f"{PUBLIC}{PATH}/", path=f"{PATH}/").status_code == 200
    assert len(door.taken) == 1


def test_no_answer_is_an_empty_response(post: Post, twilio: FakeTwilio) -> None:
    answer = post.twilio(twilio.form(twilio.receive(AYSE, "merhaba", 0)))
    assert list(ElementTree.fromstring(answer.content)) == []


def test_a_replay_is_answered_alike_and_changes_nothing(post: Post, form: Form, door: Door) -> None:
    first = post.twilio(form)
    for _ in range(4):
        post.clock.forward(days=7)
        assert post.twilio(form).content == first.content
    assert len(door.taken) == post.count("inbound_message") == 1


def test_a_store_that_cannot_commit_acknowledges_nothing(post: Post, form: Form, door: Door) -> None:
    door.closed = True
    answer = post.twilio(form)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    assert "Message" not in answer.text
    door.closed = False
    assert post.twilio(form).status_code == 200


@pytest.mark.parametrize("signing", ["", "HMAC_SHA1", "HMAC_SHA256", "hmac_sha256"])
def test_both_signatures_of_twilio_hold(post: Post, form: Form, signing: str) -> None:
    signature = RequestValidator(TOKEN).compute_signature(URL, form, signing)
    settings = f"key=webhooks_sharedkey_1,algorithm={signing}" if signing else ""
    answer = post.twilio(form, x_twilio_signature=signature, x_twilio_webhooks_signature_settings=settings)
    assert answer.status_code == 200


def test_the_public_url_is_what_is_signed_whatever_host_it_was_sent_to(post: Post, form: Form, door: Door) -> None:
    assert post.twilio(form, host="proxy.example").status_code == 200
    assert len(door.taken) == 1


def test_the_query_belongs_to_the_signed_url(post: Post, form: Form) -> None:
    assert post.twilio(form, url=f"{URL}?a=1&b=%C4%B0", path=f"{PATH}?a=1&b=%C4%B0").status_code == 200
    assert post.twilio(form, url=URL, path=f"{PATH}?a=1").status_code == 403


@pytest.mark.parametrize("number", [SENDER, "3838", "+905320000077"])
def test_every_number_of_ours_is_served(post: Post, twilio: FakeTwilio, door: Door, number: str) -> None:
    brand = furnish(post.registry).cinar
    post.registry.store.write_now(Transaction.insert, "brand_number", "number,brand", [("+905320000077", brand)])
    assert post.twilio(twilio.form(twilio.receive(AYSE, "RET", 0, to=number))).status_code == 200
    assert [inbound.to for inbound in door.taken] == [number]


# -- what is turned away ------------------------------------------------------------------------------------------


def _cut(form: Form, *, old: str, new: str, value: str) -> Form:
    """The same signed string with the value of ``old`` cut into the name ``new`` and ``value``."""
    assert old + form[old] == new + value
    return {name: given for name, given in form.items() if name != old} | {new: value}


def _moved_sender(form: Form) -> Form:
    """Whose text names MEHMET: the true sender becomes the town of his, and MEHMET the sender."""
    return form | {"Body": "RET ", "From": "+905320000002", "FromCity": f"From{AYSE}FromCity"}


FORGERIES: dict[str, Callable[[Post, Form], int]] = {
    "another token": lambda post, form: post.twilio(form, token="another").status_code,
    "no signature": lambda post, form: post.twilio(form, x_twilio_signature="").status_code,
    "not base64": lambda post, form: post.twilio(form, x_twilio_signature="?!").status_code,
    "a cut signature": lambda post, form: post.twilio(form, x_twilio_signature=_signature(form)[:-1]).status_code,
    "a longer signature": lambda post, form: post.twilio(form, x_twilio_signature=_signature(form) + "=").status_code,
    "the signature of the fallback URL": lambda post, form: post.twilio(form, url=f"{PUBLIC}/hooks/else").status_code,
    "the signature of the other scheme": lambda post, form: (
        post.twilio(form, url=URL.replace("http:", "https:")).status_code
    ),
    "the signature of the host it was sent to": lambda post, form: (
        post.twilio(form, url=f"http://evil.example{PATH}", host="evil.example").status_code
    ),
    "a forwarded host": lambda post, form: (
        post.twilio(
            form, url=f"http://evil.example{PATH}", x_forwarded_host="evil.example", forwarded="host=evil.example"
        ).status_code
    ),
    "an unknown algorithm": lambda post, form: (
        post.twilio(form, x_twilio_webhooks_signature_settings="algorithm=NONE").status_code
    ),
    "the other algorithm": lambda post, form: (
        post.twilio(form, x_twilio_webhooks_signature_settings="algorithm=HMAC_SHA256").status_code
    ),
    "a changed text": lambda post, form: (
        post.twilio(form | {"Body": "RET HEPSI"}, x_twilio_signature=_signature(form)).status_code
    ),
    "a changed sender": lambda post, form: (
        post.twilio(form | {"From": "+905320000002"}, x_twilio_signature=_signature(form)).status_code
    ),
    "an added parameter": lambda post, form: (
        post.twilio(form | {"OptOutType": "STOP"}, x_twilio_signature=_signature(form)).status_code
    ),
    "Body cut into its name": lambda post, form: (
        post.twilio(
            _cut(form, old="Body", new="BodyR", value="ET Ornek"), x_twilio_signature=_signature(form)
        ).status_code
    ),
    "From cut into its name": lambda post, form: (
        post.twilio(
            _cut(form, old="From", new="From+90", value="5320000001"), x_twilio_signature=_signature(form)
        ).status_code
    ),
    "MessageSid cut into its name": lambda post, form: (
        post.twilio(
            _cut(form, old="MessageSid", new="Message", value=f"Sid{form['MessageSid']}"),
            x_twilio_signature=_signature(form),
        ).status_code
    ),
    "a text that becomes another sender": lambda post, form: (
        post.twilio(
            _moved_sender(form),
            x_twilio_signature=_signature(form | {"Body": "RET From+905320000002FromCity", "FromCity": ""}),
        ).status_code
    ),
    "a repeated parameter": lambda post, form: (
        post.twilio([*form.items(), ("Body", form["Body"])], x_twilio_signature=_signature(form)).status_code
    ),
    "a second text": lambda post, form: (
        post.twilio([("Body", "RET HEPSI"), *form.items()], x_twilio_signature=_signature(form)).status_code
    ),
    "no text": lambda post, form: post.twilio({k: v for k, v in form.items() if k != "Body"}).status_code,
    "no message id": lambda post, form: post.twilio({k: v for k, v in form.items() if k != "MessageSid"}).status_code,
    "an odd message id": lambda post, form: post.twilio(form | {"MessageSid": "SM1' OR 1=1"}).status_code,
    "another account": lambda post, form: post.twilio(form | {"AccountSid": "AC" + "9" * 32}).status_code,
    "another number": lambda post, form: post.twilio(form | {"To": "+905320000099"}).status_code,
    "an unknown parameter": lambda post, form: post.twilio(form | {"Yeni": "1"}).status_code,
    "JSON": lambda post, form: post.twilio(form, content_type="application/json").status_code,
    "multipart": lambda post, form: post.twilio(form, content_type="multipart/form-data; boundary=x").status_code,
    "no media type": lambda post, form: post.twilio(form, content_type="").status_code,
    "65 parameters": lambda post, form: post.twilio(form | {f"Media{n}": "" for n in range(65)}).status_code,
    "no form at all": lambda post, form: post.twilio({}).status_code,
    "bytes that are no UTF-8": lambda post, form: (
        post.client.post(
            PATH,
            content=urlencode(form).encode() + b"&OptOutType=%ff%fe",
            headers={"content-type": twilio_hook.FORM, "x-twilio-signature": _signature(form)},
        ).status_code
    ),
}


def _signature(form: Form) -> str:
    signature: str = RequestValidator(TOKEN).compute_signature(URL, form)
    return signature


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_message_is_turned_away_and_changes_nothing(post: Post, form: Form, door: Door, forgery: str) -> None:
    assert FORGERIES[forgery](post, form) == 403
    assert door.taken == []
    assert post.count("inbound_message") == 0
    assert post.twilio(form).status_code == 200, "the genuine one still passes"


def test_the_signed_string_of_the_moved_sender_is_the_same(form: Form) -> None:
    """Else the forgery above would be none."""
    honest = form | {"Body": "RET From+905320000002FromCity", "FromCity": ""}
    assert _signature(honest) == _signature(_moved_sender(form))


def test_more_than_the_largest_body_is_413(post: Post, form: Form, door: Door) -> None:
    assert post.twilio(form | {"Body": "RET " + "x" * 70_000}).status_code == 413
    assert door.taken == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_no_other_method_changes_anything(post: Post, form: Form, door: Door, method: str) -> None:
    url = f"{PATH}?{urlencode(form)}"
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + url, {})
    answer = post.client.request(method, url, headers={"x-twilio-signature": signature})
    assert answer.status_code == 405
    assert door.taken == []


def test_without_twilio_the_path_is_unknown(site: Open, form: Form, door: Door) -> None:
    post = site()
    assert post.twilio(form).status_code == post.client.post("/hooks/twilio/olmayan").status_code == 404
    assert door.taken == []


def test_what_was_signed_but_is_ambiguous_is_read_from_the_list(
    post: Post, form: Form, twilio: FakeTwilio, door: Door
) -> None:
    """A parameter that Twilio has newly invented shuts nobody out."""
    assert post.twilio(form | {"Yeni": "1"}).status_code == 403
    post.look()
    assert door.texts == ["RET Ornek"]


names = st.sampled_from(["AccountSid", "Body", "From", "MessageSid", "To", "BodyR", "FromCity", "Media0", "ı", ""])


@given(st.lists(st.tuples(names, st.text(max_size=20)), max_size=8), st.binary(max_size=60))
@settings(max_examples=200)
def test_no_form_and_no_bytes_break_the_reading(pairs: list[tuple[str, str]], noise: bytes) -> None:
    gateway = reader("sms")(f"twilio://{ACCOUNT}:{TOKEN}@127.0.0.1?from={SENDER}")
    clean = [(name, value) for name, value in pairs if value.isprintable()]
    headers = RequestValidator(TOKEN).compute_signature(URL, dict(clean)), ""
    for body in (urlencode(clean).encode(), noise):
        with pytest.raises(Forged):
            twilio_hook.form(gateway, URL, twilio_hook.FORM, body, headers)
