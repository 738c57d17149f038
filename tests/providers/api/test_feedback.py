"""Events of mailing services and messengers, as they post them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import httpx2
import pytest
from sqlalchemy import text
from starlette.requests import Request

from consents.brands import companies
from consents.people import register
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction
from providers.feedback import event_calls, event_forms, events, feedback_hooks
from providers.feedback.events import BadEvents, EventForm
from providers.feedback.feedback_hooks import EventResult, OpenHook
from tests.conftest import Clock
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, asked, brand, consent
from trust import signed_tokens

KEY = "a-key-of-the-service"
AT = "2026-11-24T08:30:00.000Z"  # half an hour before the clock of tests
MAIL, PHONE = "ayse@example.com", "+905320000001"


class Opened(NamedTuple):
    hook: OpenHook
    path: str


def opened(here: Desk, form: EventForm, code: int = CINAR, *, bounces: bool = True) -> Opened:
    def work(transaction: Transaction) -> Opened:
        known = companies.known_brand(transaction, code)
        assert known is not None
        keyring = here.registry.keyring
        _, secret = feedback_hooks.make(transaction, keyring, known.id, form, KEY, bounces=bounces)
        found = feedback_hooks.find(transaction, keyring, secret)
        assert found is not None
        return Opened(found, f"{event_calls.PATH}{secret}")

    return here.registry.store.write_now(work)


def post(here: Desk, path: str, body: Any, headers: Mapping[str, str] = {}) -> httpx2.Response:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return here.client().post(path, content=sent, headers=dict(headers))


def state(here: Desk, opened: Opened) -> OpenHook:
    found = here.registry.store.read_now(feedback_hooks.by_number, here.registry.keyring, opened.hook.id)
    assert found is not None
    return found


def mail(address: str = MAIL, **other: Any) -> dict[str, Any]:
    return consent(type="EPOSTA", recipient=address, **other)


def status(program: Program, address: str, channel: str = "EPOSTA", who: str = "BIREYSEL") -> str:
    query = asked(recipient=address, type=channel, recipientType=who)
    answer = program.post(f"{brand(CINAR)}/consents/status", query)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def both(program: Program, address: str, channel: str = "EPOSTA") -> set[str]:
    return {status(program, address, channel, who) for who in ("BIREYSEL", "TACIR")}


def ses(kind: str = "Complaint", *addresses: str, **about: Any) -> dict[str, Any]:
    people = [{"emailAddress": one} for one in addresses or (MAIL,)]
    if kind == "Complaint":
        inner = {"complainedRecipients": people, "timestamp": AT, "feedbackId": "0001", **about}
        return {"Type": "Notification", "Message": json.dumps({"eventType": kind, "complaint": inner})}
    inner = {"bounceType": "Permanent", "bouncedRecipients": people, "timestamp": AT, "feedbackId": "0002", **about}
    return {"notificationType": kind, "bounce": inner}


def mailgun(event: str, key: str = KEY, **data: Any) -> dict[str, Any]:
    signed = hmac.new(key.encode(), b"1795500000token", hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": "1795500000", "token": "token", "signature": signed},
        "event-data": {"event": event, "recipient": MAIL, "timestamp": 1795505400.5, "id": "m-1", **data},
    }


def whatsapp(value: str = "stop", category: str = "marketing_messages") -> bytes:
    one = {"wa_id": "905320000001", "detail": "…", "category": category, "value": value, "timestamp": 1795505400}
    change = {"field": "user_preferences", "value": {"messaging_product": "whatsapp", "user_preferences": [one]}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


def hub(body: bytes, key: str = KEY) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}


def rcs(kind: str = "UNSUBSCRIBE", key: str = KEY) -> tuple[dict[str, Any], dict[str, str]]:
    event = {"senderPhoneNumber": PHONE, "eventType": kind, "eventId": "e1", "sendTime": AT, "agentId": "cinar"}
    data = json.dumps(event).encode()
    signed = base64.b64encode(hmac.new(key.encode(), data, hashlib.sha512).digest()).decode()
    envelope = {"message": {"data": base64.b64encode(data).decode(), "messageId": "1", "publishTime": AT}}
    return envelope, {"x-goog-signature": signed}


def arf(kind: str = "abuse", fields: str = "", original: str = f"To: Ayşe <{MAIL}>\n") -> bytes:
    return (
        "From: feedback@mailbox.example\nTo: fbl@cinar.example\nSubject: abuse report\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThis is an e-mail abuse report.\n"
        f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: Box/1\nVersion: 1\n"
        f"Arrival-Date: Tue, 24 Nov 2026 11:30:00 +0300\n{fields}\n"
        f"--b\nContent-Type: message/rfc822\n\n{original}Subject: Kampanya\n\n…\n--b--\n"
    ).encode()


def dsn(code: str = "5.1.1", action: str = "failed") -> bytes:
    return (
        "From: mailer-daemon@cinar.example\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.cinar.example\n\n"
        f"Final-Recipient: rfc822; {MAIL}\nAction: {action}\nStatus: {code}\n\n--b--\n"
    ).encode()


MAILS: list[tuple[EventForm, Any]] = [
    (EventForm.SES, ses()),
    (EventForm.SES, ses("Bounce")),
    (EventForm.MAILGUN, mailgun("complained")),
    (EventForm.MAILGUN, mailgun("unsubscribed")),
    (EventForm.MAILGUN, mailgun("failed", severity="permanent", **{"delivery-status": {"enhanced-code": "5.1.1"}})),
    (EventForm.JSON, {"event": "complaint", "address": MAIL, "at": AT, "id": "1"}),
    (EventForm.JSON, [{"event": "delivered"}, {"event": "unsubscribed", "address": MAIL}]),
    (EventForm.ARF, arf()),
    (EventForm.ARF, arf("opt-out", f"Original-Rcpt-To: <{MAIL}>\n", "To: redacted\n")),
    (EventForm.ARF, dsn()),
]


@pytest.mark.parametrize(("form", "body"), MAILS)
def test_who_complains_or_is_gone_gets_no_mail_of_the_brand(here: Desk, form: EventForm, body: Any) -> None:
    cinar = here.program("cinar")
    assert cinar.post(f"{brand(CINAR)}/consents", mail()).status_code == 200
    hook = opened(here, form)
    answer = post(here, hook.path, body)
    assert (answer.status_code, answer.json()["refused"], answer.json()["unread"]) == (200, 1, 0), answer.text
    assert both(cinar, MAIL) == {"RET"}
    again = post(here, hook.path, body)
    assert again.status_code == 200
    assert state(here, hook).unread == 0
    history = cinar.post(f"{brand(CINAR)}/consents/history", asked(recipient=MAIL, type="EPOSTA")).json()
    assert [one["source"] for one in history["list"]][:1] == ["HS_EPOSTA"]


def test_the_time_of_the_event_is_that_of_the_refusal_and_a_repeat_is_none(here: Desk, clock: Clock) -> None:
    hook = opened(here, EventForm.SES)
    assert [post(here, hook.path, ses()).json()["refused"] for _ in range(3)] == [1, 0, 0]
    query = Statement(text("SELECT count(*), min(decided_at), max(decided_at) FROM consent_event"))
    ((count, first, last),) = here.registry.store.read_now(lambda snapshot: snapshot.all(query))
    assert (count, first, last) == (2, 1_795_509_000, 1_795_509_000)  # for both identities, at 08:30 UTC


def test_a_time_that_cannot_be_right_is_now(here: Desk, clock: Clock) -> None:
    hook = opened(here, EventForm.JSON)
    query = Statement(text("SELECT DISTINCT decided_at FROM consent_event WHERE act = (SELECT max(id) FROM act)"))
    for number, given in enumerate(["2027-01-01T00:00:00Z", "1970-01-02T00:00:00Z", "gestern", 5, None]):
        event = {"event": "complaint", "address": f"{number}@example.com", "at": given}
        assert post(here, hook.path, event).json()["refused"] == 1
        assert here.registry.store.read_now(lambda snapshot: snapshot.all(query)) == [(clock.now / 1_000_000,)]
        clock.forward(minutes=1)


NOTHING: list[tuple[EventForm, Any]] = [
    (EventForm.SES, {"eventType": "Delivery", "delivery": {"recipients": [MAIL]}}),
    (EventForm.SES, ses("Bounce", bounceType="Transient")),
    (EventForm.SES, ses(complaintFeedbackType="not-spam")),
    (EventForm.MAILGUN, mailgun("opened")),
    (EventForm.MAILGUN, mailgun("failed", severity="temporary")),
    (EventForm.MAILGUN, mailgun("failed", severity="permanent", **{"delivery-status": {"enhanced-code": "5.7.1"}})),
    (EventForm.ARF, arf("not-spam")),
    (EventForm.ARF, arf("auth-failure")),
    (EventForm.SES, ses("Bounce", bouncedRecipients=[{"emailAddress": MAIL, "status": "5.7.1"}])),
    (EventForm.ARF, dsn("4.2.2", "delayed")),
    (EventForm.ARF, dsn(action="delayed")),
    (EventForm.ARF, dsn("5.7.1")),
]


def test_what_refuses_nothing_changes_nothing(here: Desk) -> None:
    cinar = here.program("cinar")
    cinar.post(f"{brand(CINAR)}/consents", mail())
    for form, body in NOTHING:
        answer = post(here, opened(here, form).path, body)
        assert (answer.status_code, answer.json()["refused"], answer.json()["unread"]) == (200, 0, 0), body
        assert status(cinar, MAIL) == "ONAY"


def test_a_bounce_refuses_only_where_the_company_wants_it(here: Desk) -> None:
    cinar = here.program("cinar")
    cinar.post(f"{brand(CINAR)}/consents", mail())
    hook = opened(here, EventForm.SES, bounces=False)
    assert post(here, hook.path, ses("Bounce")).json()["refused"] == 0
    assert status(cinar, MAIL) == "ONAY"
    assert post(here, hook.path, ses()).json()["refused"] == 1


def test_a_stop_in_whatsapp_and_rcs_refuses_messages_and_a_start_gives_nothing(here: Desk) -> None:
    cinar = here.program("cinar")
    cinar.post(f"{brand(CINAR)}/consents", consent())
    wa, google = opened(here, EventForm.WHATSAPP), opened(here, EventForm.RCS)
    body = whatsapp()
    assert post(here, wa.path, body, hub(body)).json() == {"refused": 1, "unread": 0, "others": 0}
    assert both(cinar, PHONE, "MESAJ") == {"RET"}
    for body in (whatsapp("resume"), whatsapp("stop", "other")):
        assert post(here, wa.path, body, hub(body)).json() == {"refused": 0, "unread": 0, "others": 1}
    envelope, signed = rcs("SUBSCRIBE")
    assert post(here, google.path, envelope, signed).json() == {"refused": 0, "unread": 0, "others": 1}
    assert both(cinar, PHONE, "MESAJ") == {"RET"}
    here.clock.forward(minutes=1)
    later = consent(consentDate="2026-11-24 12:00:30", source="HS_WEB")
    cinar.post(f"{brand(CINAR)}/consents", later)
    assert status(cinar, PHONE, "MESAJ") == "ONAY"
    here.clock.forward(minutes=1)
    envelope, signed = rcs()
    envelope["message"]["publishTime"] = "x"
    fresh = json.loads(base64.b64decode(envelope["message"]["data"])) | {"sendTime": "2026-11-24T09:01:50Z"}
    data = json.dumps(fresh).encode()
    envelope["message"]["data"] = base64.b64encode(data).decode()
    signed = {"x-goog-signature": base64.b64encode(hmac.new(KEY.encode(), data, hashlib.sha512).digest()).decode()}
    assert post(here, google.path, envelope, signed).json()["refused"] == 1
    assert both(cinar, PHONE, "MESAJ") == {"RET"}


def test_without_the_right_signature_nothing_is_taken_and_the_company_sees_it(here: Desk) -> None:
    body = whatsapp()
    envelope, _ = rcs()
    for form, sent, headers in (
        (EventForm.WHATSAPP, body, hub(body, "another-key")),
        (EventForm.WHATSAPP, body, {}),
        (EventForm.MAILGUN, mailgun("complained", "another-key"), {}),
        (EventForm.RCS, envelope, rcs(key="another-key")[1]),
        (EventForm.RCS, envelope, {}),
        (EventForm.RCS, {"clientToken": "another-key", "secret": "s"}, {}),
    ):
        hook = opened(here, form)
        answer = post(here, hook.path, sent, headers)
        assert (answer.status_code, answer.text) == (403, "signature"), form
        assert (state(here, hook).unread, state(here, hook).fault) == (1, "signature")
    assert here.registry.store.read_now(
        lambda snapshot: snapshot.all(Statement(text("SELECT count(*) FROM consent_event")))
    ) == [(0,)]


def test_without_a_key_no_signature_is_right() -> None:
    with pytest.raises(BadEvents, match="signature"):
        event_forms.read(EventForm.RCS, b'{"clientToken": "", "secret": "s"}', {}, "")
    assert event_forms.challenge({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, "") is None


def test_services_that_ask_first_get_their_answer(here: Desk) -> None:
    wa, google, amazon = (opened(here, form) for form in (EventForm.WHATSAPP, EventForm.RCS, EventForm.SES))
    asking = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = wa.path.rpartition("/")[2]
    client = here.client()
    assert client.get(wa.path, params={**asking, "hub.verify_token": right}).text == "1158201444"
    assert client.get(wa.path, params={**asking, "hub.verify_token": "wrong"}).status_code == 403
    html = {**asking, "hub.verify_token": right, "hub.challenge": "<b>"}
    assert client.get(wa.path, params=html).status_code == 403
    assert client.get(google.path).status_code == 405
    assert post(here, google.path, {"clientToken": KEY, "secret": "0123456789"}).text == "0123456789"
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    assert post(here, amazon.path, {"Type": "SubscriptionConfirmation", "SubscribeURL": url}).status_code == 200
    assert state(here, amazon).confirm == {"": url}
    evil = {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://evil.example/?sns.eu.amazonaws.com"}
    assert post(here, amazon.path, evil).status_code == 200
    assert state(here, amazon).confirm == {}


def test_one_bad_entry_stops_no_other_and_is_shown(here: Desk) -> None:
    cinar = here.program("cinar")
    hook = opened(here, EventForm.SES)
    answer = post(here, hook.path, ses("Complaint", "no address", "a@example.com", "+905320000001", "b@example.com"))
    assert answer.json() == {"refused": 2, "unread": 2, "others": 0}
    assert both(cinar, "a@example.com") == both(cinar, "b@example.com") == {"RET"}
    assert (state(here, hook).refused, state(here, hook).unread, state(here, hook).fault) == (2, 2, "address")


def test_a_body_of_another_form_is_refused_in_words(here: Desk) -> None:
    strange = [b"", b"{", b"[]", b"null", b'"x"', b"[" * 9_000, b'{"entry": 5}', b"\xff\xfe", b"5"]
    for form, body in product(EventForm, strange):
        if (form, body) in ((EventForm.JSON, b"[]"), (EventForm.JSON, b'{"entry": 5}')):
            continue  # no event, and one that is counted as unread
        hook = opened(here, form)
        answer = post(here, hook.path, body, hub(body))
        assert answer.status_code in (400, 403), (form, body)
        assert answer.text in ("json", "form", "signature")
        assert state(here, hook).unread == 1
        here.registry.store.write_now(feedback_hooks.end, hook.hook.id)


def test_a_report_that_somebody_forwards_is_none(here: Desk) -> None:
    head = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="f"\n\n--f\nContent-Type: message/rfc822\n\n'
    answer = post(here, opened(here, EventForm.ARF).path, head + arf() + b"\n--f--\n")
    assert (answer.status_code, answer.text) == (400, "form")


def test_a_body_of_too_many_events_is_refused(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST", 2)
    hook = opened(here, EventForm.JSON)
    some = [{"event": "complaint", "address": f"{number}@example.com"} for number in range(3)]
    answer = post(here, hook.path, some)
    assert (answer.status_code, answer.text, state(here, hook).refused) == (400, "form", 0)
    assert post(here, hook.path, some[:2]).json()["refused"] == 2


def test_an_event_that_breaks_the_program_stops_no_other_and_comes_again(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, take = opened(here, EventForm.JSON), feedback_hooks.take
    some = [{"event": "complaint", "address": f"{number}@example.com"} for number in range(3)]

    def broken(transaction: Transaction, *given: Any) -> EventResult:
        if given[-1].address == "1@example.com":
            raise RuntimeError
        return take(transaction, *given)

    with monkeypatch.context() as patch:
        patch.setattr(feedback_hooks, "take", broken)
        assert post(here, hook.path, some).status_code == 500
    assert (state(here, hook).refused, state(here, hook).fault) == (2, "failed")
    assert post(here, hook.path, some).json()["refused"] == 1


def test_a_store_that_cannot_commit_lets_the_service_post_again(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: Any) -> EventResult:
        raise StoreUnavailable("no commit")

    hook = opened(here, EventForm.JSON)
    monkeypatch.setattr(feedback_hooks, "take", closed)
    answer = post(here, hook.path, {"event": "complaint", "address": MAIL})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


def test_topics_that_begin_at_the_same_time_both_wait_for_a_person(here: Desk) -> None:
    hook, keyring, store = opened(here, EventForm.SES), here.registry.keyring, here.registry.store
    for name in "abcdefg":  # each of a post that was read before the others had been kept
        store.write_now(feedback_hooks.confirm, keyring, hook.hook, name, f"https://sns.example/{name}")
    assert list(state(here, hook).confirm) == ["c", "d", "e", "f", "g"], "the last five"
    store.write_now(feedback_hooks.confirm, keyring, hook.hook, "d", "")
    assert list(state(here, hook).confirm) == ["c", "e", "f", "g"]


def test_the_mails_own_link_names_its_recipient_where_the_report_hides_him(here: Desk) -> None:
    cinar, isik = here.program("cinar"), opened(here, EventForm.ARF, ISIK)
    cinar.post(f"{brand(CINAR)}/consents", mail())
    header = one_click(here)
    body = arf(original=f"To: undisclosed\nList-Unsubscribe: <{header}>,\n <mailto:ret@cinar.example>\n")
    assert post(here, isik.path, body).json() == {"refused": 0, "unread": 1, "others": 0}  # another company's
    assert status(cinar, MAIL) == "ONAY"
    hook = opened(here, EventForm.ARF)
    assert post(here, hook.path, body).json() == {"refused": 1, "unread": 0, "others": 0}
    assert both(cinar, MAIL) == {"RET"}


def one_click(here: Desk) -> str:
    """The URL of the field that the brand's mail to MAIL carries."""

    def work(snapshot: Snapshot) -> str:
        keyring, known = here.registry.keyring, companies.known_brand(snapshot, CINAR)
        recipient = register.find(snapshot, keyring, register.person(keyring, MAIL))
        assert known is not None
        assert recipient is not None
        return f"https://izin.example/u/{signed_tokens.one_click(keyring, recipient, known.id)}"

    return here.registry.store.read_now(work)


def test_one_hook_refuses_its_brand_alone_and_so_many_times_an_hour(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_hooks, "MOST_REFUSALS", 3)
    isik = here.program("isik")
    foreign = isik.post(f"{brand(ISIK)}/consents", mail("0@example.com"))
    assert foreign.status_code == 200, foreign.text
    hook, other = opened(here, EventForm.JSON), opened(here, EventForm.JSON, ISIK)
    for number in (0, 0, 0, 1, 2):  # a repeat counts for nothing
        event = {"event": "complaint", "address": f"{number}@example.com", "at": AT}
        assert post(here, hook.path, event).status_code == 200
    late = post(here, hook.path, {"event": "complaint", "address": "3@example.com", "at": AT})
    assert (late.status_code, late.headers["retry-after"]) == (503, "600")
    query = asked(recipient="0@example.com", type="EPOSTA")
    assert isik.post(f"{brand(ISIK)}/consents/status", query).json()["status"] == "ONAY"
    assert post(here, other.path, {"event": "complaint", "address": "3@example.com", "at": AT}).status_code == 200
    here.clock.forward(hours=1, minutes=1)
    assert post(here, hook.path, {"event": "complaint", "address": "3@example.com", "at": AT}).json()["refused"] == 1


def test_a_body_of_many_passes_the_limit_of_an_hour_by_few(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_hooks, "MOST_REFUSALS", 3)
    hook, most = opened(here, EventForm.JSON), event_calls._AT_ONCE
    body = [{"event": "complaint", "address": f"{number}@example.com", "at": AT} for number in range(3 * most)]
    late = post(here, hook.path, body)
    assert (late.status_code, late.headers["retry-after"]) == (503, "600")
    assert state(here, hook).refused == most
    here.clock.forward(hours=1, minutes=1)
    assert post(here, hook.path, body).status_code == 503
    assert state(here, hook).refused == 2 * most, "what was taken is a repeat and does not count"


def test_an_event_that_changes_nothing_costs_no_write(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = opened(here, EventForm.JSON)
    event = {"event": "complaint", "address": MAIL, "at": AT}
    assert post(here, hook.path, event).json()["refused"] == 1
    written = list[object]()
    monkeypatch.setattr(feedback_hooks, "take", lambda *_: written.append(_))
    for same in (event, {**event, "address": MAIL.upper()}, {"event": "unsubscribed", "address": MAIL}):
        assert post(here, hook.path, same).json() == {"refused": 0, "unread": 0, "others": 0}
    assert post(here, hook.path, {**event, "address": "no@address@example.com"}).json()["unread"] == 1
    assert written == []


def test_a_fault_is_shown_until_a_post_is_taken_whole(here: Desk) -> None:
    hook = opened(here, EventForm.JSON)
    post(here, hook.path, {"event": "complaint", "address": "no@address@example.com", "at": AT})
    assert (state(here, hook).unread, state(here, hook).fault) == (1, "address")
    post(here, hook.path, [])
    assert (state(here, hook).unread, state(here, hook).fault) == (1, None)


def test_each_item_is_read_by_itself(here: Desk) -> None:
    cinar = here.program("cinar")
    bad: list[Any] = [5, None, {}, {"event": "complaint"}, "x"]
    for form, body, headers in (
        (EventForm.JSON, [*bad, {"event": "complaint", "address": "json@example.com", "at": AT}], {}),
        (EventForm.SES, ses("Complaint", "ses@example.com"), {}),
        (EventForm.WHATSAPP, whatsapp(), {}),
    ):
        sent: Any = body
        if form is EventForm.SES:
            inner = json.loads(sent["Message"])
            inner["complaint"]["complainedRecipients"] += bad
            sent["Message"] = json.dumps(inner)
        if form is EventForm.WHATSAPP:
            value = json.loads(sent)
            value["entry"][0]["changes"][0]["value"]["user_preferences"] += [
                {"category": "marketing_messages", "value": "stop"},
                7,
            ]
            sent = json.dumps(value).encode()
            headers = hub(sent)
        answer = post(here, opened(here, form).path, sent, headers)
        assert answer.status_code == 200, (form, answer.text)
        assert (answer.json()["refused"], answer.json()["unread"] > 0) == (1, True), form
    assert both(cinar, "json@example.com") == both(cinar, "ses@example.com") == {"RET"}
    assert both(cinar, PHONE, "MESAJ") == {"RET"}


def test_who_refuses_already_is_no_fault_and_a_later_consent_of_their_own_stands(here: Desk, clock: Clock) -> None:
    hook = opened(here, EventForm.JSON)
    event = {"event": "complaint", "address": MAIL}
    assert post(here, hook.path, event | {"at": AT}).json() == {"refused": 1, "unread": 0, "others": 0}
    clock.forward(minutes=1)
    assert post(here, hook.path, event | {"at": "2026-11-24T09:00:30Z"}).json()["unread"] == 0
    assert state(here, hook).fault is None


def test_a_report_counts_from_its_own_date_and_not_from_that_of_the_mail(here: Desk) -> None:
    """The mail of 11:30 in Türkiye was complained of at 11:50, after a consent of 11:40."""
    cinar = here.program("cinar")
    cinar.post(f"{brand(CINAR)}/consents", mail(consentDate="2026-11-24 11:40:00"))
    report = b"Date: Tue, 24 Nov 2026 11:50:00 +0300\n" + arf()
    assert post(here, opened(here, EventForm.ARF).path, report).json()["refused"] == 1
    assert both(cinar, MAIL) == {"RET"}


def test_each_topic_of_sns_waits_for_a_person_until_it_sends(here: Desk) -> None:
    hook = opened(here, EventForm.SES)
    for name in ("complaints", "bounces"):
        url = f"https://sns.eu-central-1.amazonaws.com/?Token={name}"
        body = {"Type": "SubscriptionConfirmation", "TopicArn": f"arn:{name}", "SubscribeURL": url}
        assert post(here, hook.path, body).status_code == 200
    assert list(state(here, hook).confirm) == ["arn:complaints", "arn:bounces"]
    assert post(here, hook.path, {**ses(), "TopicArn": "arn:complaints"}).json()["refused"] == 1
    assert list(state(here, hook).confirm) == ["arn:bounces"]


def test_a_stranger_costs_one_look_and_learns_nothing(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = f"{event_calls.PATH}{'x' * 43}"
    large = b" " * (event_calls.BYTES + 1)
    assert here.client().post(wrong, content=large).status_code in (404, 413)
    assert post(here, wrong, ses()).status_code == here.client().get(wrong).status_code == 404
    hook = opened(here, EventForm.SES)
    assert here.client().post(hook.path, content=large).status_code == 413
    with monkeypatch.context() as patch:
        patch.setattr(Request, "body", None)  # which is read after the look alone
        assert post(here, wrong, ses()).status_code == 404
        patch.setattr(feedback_hooks, "MOST_REFUSALS", 0)
        assert post(here, hook.path, ses()).status_code == 503
    here.registry.store.write_now(feedback_hooks.end, hook.hook.id)
    assert post(here, hook.path, ses()).status_code == 404


def test_an_erased_person_leaves_no_address_with_the_hook(here: Desk) -> None:
    hook = opened(here, EventForm.SES)
    post(here, hook.path, ses("Complaint", MAIL, "no@address@example.com", feedbackId=MAIL))
    rows = here.registry.store.read_now(lambda snapshot: snapshot.all(Statement(text("SELECT * FROM feedback_hook"))))
    assert MAIL not in repr(rows)
    kept = Statement(text("SELECT evidence FROM act WHERE evidence IS NOT NULL ORDER BY id DESC LIMIT 1"))
    ((sealed,),) = here.registry.store.read_now(lambda snapshot: snapshot.all(kept))
    evidence = here.registry.keyring.unseal_evidence(bytes(sealed))
    assert (evidence["event"], evidence["reference"]) == ("complaint", "")
