"""Bodies that mailing services and messengers post of their own accord, by the services' own descriptions of their
webhooks: complaints, unsubscriptions and bounces of e-mail, “stop” in WhatsApp and RCS."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from consents.instants import SECOND
from providers.feedback import mail_reports
from providers.feedback.events import BadEvents, EventBody, EventForm, EventKind, FeedbackEvent, body_of, few
from providers.feedback.mail_reports import NO_MAILBOX

_TOPIC = 256  # characters of the name of a topic that are kept; Amazon's are no longer
_REFERENCE = re.compile(r"[A-Za-z0-9_.:=/-]{1,100}")
_SNS = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/\S{1,1500}")


def read(form: EventForm, body: bytes, headers: Mapping[str, str], key: str) -> EventBody:
    """``key``: the one that the service signs with. Errors: BadEvents."""
    if form is EventForm.ARF:
        return mail_reports.read(body)
    try:
        return _READERS[form](body, headers, key)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, binascii.Error):
        raise BadEvents("form") from None


def challenge(query: Mapping[str, str], word: str) -> str | None:
    """The answer to Meta's question whether this address is meant, None where ``word`` is not the one we gave."""
    asked = query.get("hub.mode") == "subscribe" and _same(query.get("hub.verify_token", ""), word)
    wanted = query.get("hub.challenge", "")
    return wanted if asked and re.fullmatch(r"[A-Za-z0-9_-]{1,100}", wanted) else None


def _ses(body: bytes, _: Mapping[str, str], __: str) -> EventBody:
    """Amazon SES through SNS, with or without SNS's envelope."""
    given = _object(body)
    topic = str(given.get("TopicArn") or "")[:_TOPIC]
    if given.get("Type") == "SubscriptionConfirmation":
        url = str(given["SubscribeURL"])
        return EventBody([], 0, 0, topic, url if _SNS.fullmatch(url) else "")
    if "Message" in given:
        given = _object(str(given["Message"]).encode())
    kind = given.get("notificationType") or given.get("eventType") or given["Type"]
    if kind == "Complaint":
        about, names, wanted = given["complaint"], "complainedRecipients", EventKind.COMPLAINT
        taken = about.get("complaintFeedbackType") != "not-spam"
    elif kind == "Bounce":
        about, names, wanted = given["bounce"], "bouncedRecipients", EventKind.BOUNCE
        taken = about.get("bounceType") == "Permanent"
    else:
        return EventBody([], 1, 0, topic)
    at, reference = _iso(about.get("timestamp")), _text(about.get("feedbackId"))

    def read(one: Any) -> FeedbackEvent | None:
        gone = wanted is not EventKind.BOUNCE or NO_MAILBOX.fullmatch(str(one.get("status", "5.1.1")))
        return FeedbackEvent(wanted, str(one["emailAddress"]), at, reference) if taken and gone else None

    return body_of(few(about[names]), read)._replace(topic=topic)


def _mailgun(body: bytes, _: Mapping[str, str], key: str) -> EventBody:
    given = _object(body)
    signed = given["signature"]
    expected = hmac.new(key.encode(), f"{signed['timestamp']}{signed['token']}".encode(), hashlib.sha256).hexdigest()
    if not _same(str(signed["signature"]), expected):
        raise BadEvents("signature")
    data = given["event-data"]
    kind = {"complained": EventKind.COMPLAINT, "unsubscribed": EventKind.UNSUBSCRIBED}.get(data["event"])
    if kind is None and data["event"] == "failed" and data.get("severity") == "permanent":
        status = data.get("delivery-status") or {}
        if NO_MAILBOX.fullmatch(str(status.get("enhanced-code") or "")):
            kind = EventKind.BOUNCE
    if kind is None:
        return EventBody([], 1)
    return EventBody([FeedbackEvent(kind, str(data["recipient"]), _seconds(data.get("timestamp")), _text(data["id"]))])


def _json(body: bytes, _: Mapping[str, str], __: str) -> EventBody:
    """Our own form: one event or a list of them, for services that have another."""
    given = _loaded(body)
    kinds: dict[Any, EventKind] = {kind.value: kind for kind in EventKind}

    def read(one: Any) -> FeedbackEvent | None:
        if (kind := kinds.get(one["event"])) is None:
            return None
        return FeedbackEvent(kind, str(one["address"]), _iso(one.get("at")), _text(one.get("id")))

    return body_of(few([given] if isinstance(given, dict) else given), read)


def _whatsapp(body: bytes, headers: Mapping[str, str], key: str) -> EventBody:
    """Field ``user_preferences`` of the WhatsApp Business Platform; all others are left."""
    expected = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    if not _same(headers.get("x-hub-signature-256", ""), expected):
        raise BadEvents("signature")
    changes = [change for entry in few(_object(body)["entry"]) for change in few(entry["changes"])]
    ours = [one for one in changes if one.get("field") in (None, "user_preferences")]
    wanted = [one for change in ours for one in few(change["value"].get("user_preferences", []))]

    def read(one: Any) -> FeedbackEvent | None:
        if (one.get("category"), one.get("value")) != ("marketing_messages", "stop"):
            return None
        return FeedbackEvent(
            EventKind.UNSUBSCRIBED, f"+{str(one['wa_id']).removeprefix('+')}", _seconds(one.get("timestamp"))
        )

    found = body_of(wanted, read)
    return found._replace(others=found.others + len(changes) - len(ours))


def _rcs(body: bytes, headers: Mapping[str, str], key: str) -> EventBody:
    """Google's RCS for Business: UNSUBSCRIBE of a user, and the question whether this address is meant."""
    given = _object(body)
    if "clientToken" in given and "secret" in given:
        if not _same(str(given["clientToken"]), key):
            raise BadEvents("signature")
        return EventBody([], answer=str(given["secret"])[:200])
    data = base64.b64decode(given["message"]["data"], validate=True)
    expected = base64.b64encode(hmac.new(key.encode(), data, hashlib.sha512).digest()).decode()
    if not _same(headers.get("x-goog-signature", ""), expected):
        raise BadEvents("signature")
    event = _object(data)
    if event.get("eventType") != "UNSUBSCRIBE":
        return EventBody([], 1)
    at = _iso(event.get("sendTime") or given["message"].get("publishTime"))
    number = str(event["senderPhoneNumber"])
    return EventBody([FeedbackEvent(EventKind.UNSUBSCRIBED, number, at, _text(event.get("eventId")))])


_READERS: Mapping[EventForm, Callable[[bytes, Mapping[str, str], str], EventBody]] = {
    EventForm.SES: _ses,
    EventForm.MAILGUN: _mailgun,
    EventForm.JSON: _json,
    EventForm.WHATSAPP: _whatsapp,
    EventForm.RCS: _rcs,
}


def _object(body: bytes) -> dict[str, Any]:
    found = _loaded(body)
    if not isinstance(found, dict):
        raise BadEvents("form")
    return found


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadEvents("json") from None


def _text(given: object) -> str:
    """A service's id; none that could be an address."""
    found = str(given or "")
    return found if _REFERENCE.fullmatch(found) else ""


def _iso(given: object) -> int | None:
    if not isinstance(given, str):
        return None
    try:
        found = datetime.fromisoformat(given)
        return int(found.timestamp() * SECOND) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _seconds(given: object) -> int | None:
    try:
        found = int(float(str(given)))
    except (ValueError, OverflowError):
        return None
    return found * SECOND if 0 < found < 10**11 else None


def _same(given: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
