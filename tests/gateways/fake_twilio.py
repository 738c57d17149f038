"""A stand-in for Twilio's Messages and Calls resources: it keeps what it takes, and can be broken in every way."""

from __future__ import annotations

import base64
import itertools
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.gateways.stand_in import HANG, Answering, StandIn

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 31 + "1", "t0ken-of-the-account", "+905320000000"
HTTP_STATUS = {20003: 401, 20429: 429, 21408: 403}  # of Twilio's codes; the others come with 400


@dataclass
class FakeTwilio(StandIn):
    """``refusals``: Twilio's code for a number."""

    refusals: dict[str, int] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        super().__post_init__()

    @property
    def url(self) -> str:
        """The gateway's URL that leads here."""
        return f"twilio://{ACCOUNT}:{TOKEN}@127.0.0.1:{self.port}?from={SENDER}&scheme=http"

    @property
    def texts(self) -> list[tuple[str, str]]:
        """(to, text) of every message taken, in order."""
        return [(message["to"], message["body"]) for message in self.messages.values()]

    def take(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to POST Messages.json."""
        self.requests.append(form)
        if code := self.refusals.get(form.get("To", "")) or _fault(form):
            status = HTTP_STATUS.get(code, 400)
            more = f"https://www.twilio.com/docs/errors/{code}"
            return status, {"code": code, "message": f"no {form.get('To')}", "more_info": more, "status": status}
        sid = f"SM{next(self._numbers):032x}"
        self.messages[sid] = {
            "sid": sid, "account_sid": ACCOUNT, "to": form["To"], "from": form["From"], "body": form["Body"],
            "status": "queued", "direction": "outbound-api", "num_segments": "1", "num_media": "0",
            "error_code": None, "error_message": None, "price": None, "price_unit": "USD", "api_version": "2010-04-01",
            "messaging_service_sid": None, "date_created": formatdate(usegmt=True), "date_sent": None,
            "date_updated": formatdate(usegmt=True), "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json", "callback": form.get("StatusCallback"),
        }  # fmt: skip
        return 201, _shown(self.messages[sid])

    def call(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to POST Calls.json. ``twiml`` of a call kept is what would be said."""
        self.requests.append(form)
        if code := self.refusals.get(form.get("To", "")) or _call_fault(form):
            more = f"https://www.twilio.com/docs/errors/{code}"
            return 400, {"code": code, "message": f"no {form.get('To')}", "more_info": more, "status": 400}
        sid = f"CA{next(self._numbers):032x}"
        self.calls[sid] = {
            "sid": sid, "account_sid": ACCOUNT, "to": form["To"], "from": form["From"], "status": "queued",
            "to_formatted": form["To"], "from_formatted": form["From"], "phone_number_sid": None, "start_time": None,
            "end_time": None, "duration": None, "price": None, "price_unit": "USD", "direction": "outbound-api",
            "answered_by": None, "forwarded_from": None, "group_sid": None, "caller_name": None, "queue_time": "0",
            "trunk_sid": None, "parent_call_sid": None, "annotation": None, "api_version": "2010-04-01",
            "date_created": None, "date_updated": None, "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json", "callback": None, "twiml": form["Twiml"],
        }  # fmt: skip
        return 201, {key: value for key, value in _shown(self.calls[sid]).items() if key != "twiml"}

    def step(self, call: str, caller: str, keys: str | None = None, to: str = SENDER) -> dict[str, str]:
        """The parameters of the webhook for one step of a call that came in; ``keys`` None: it begins."""
        places = {
            f"{side}{part}": "" for side in ("From", "To", "Called", "Caller") for part in ("City", "State", "Zip")
        }
        given = places | {
            "CallSid": call, "AccountSid": ACCOUNT, "From": caller, "To": to, "Caller": caller, "Called": to,
            "CallStatus": "ringing" if keys is None else "in-progress", "Direction": "inbound",
            "ApiVersion": "2010-04-01", "FromCountry": "TR", "ToCountry": "TR", "CallerCountry": "TR",
            "CalledCountry": "TR", "StirVerstat": "TN-Validation-Passed-A", "CallToken": "%7B%22p%22%3A1%7D",
        }  # fmt: skip
        return given if keys is None else given | {"msg": "Gather End", "Digits": keys, "FinishedOnKey": ""}

    def receive(self, sender: str, body: str, at: float, to: str = SENDER, direction: str = "inbound") -> str:
        """Keeps a message that somebody wrote to ``to`` at ``at`` (seconds since 1970); its SID."""
        sid = f"SM{next(self._numbers):032x}"
        self.messages[sid] = {
            "sid": sid, "account_sid": ACCOUNT, "to": to, "from": sender, "body": body, "status": "received",
            "direction": direction, "num_segments": "1", "num_media": "0", "error_code": None, "error_message": None,
            "price": None, "price_unit": "USD", "api_version": "2010-04-01", "messaging_service_sid": None,
            "date_created": formatdate(at, usegmt=True), "date_sent": formatdate(at, usegmt=True),
            "date_updated": formatdate(at, usegmt=True), "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json", "callback": None,
        }  # fmt: skip
        return sid

    def form(self, sid: str) -> dict[str, str]:
        """The parameters of the webhook for a received message."""
        message = self.messages[sid]
        places = {f"{side}{part}": "" for side in ("From", "To") for part in ("City", "State", "Zip")}
        return places | {
            "ToCountry": "TR", "FromCountry": "TR", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid,
            "SmsStatus": "received", "Body": message["body"], "To": message["to"], "NumSegments": "1",
            "MessageSid": sid, "AccountSid": ACCOUNT, "From": message["from"], "ApiVersion": "2010-04-01",
        }  # fmt: skip

    def listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """The list, the newest first, as far as ``To`` and ``DateSent>`` ask for it; pages as Twilio's."""
        (after,), (size,), (page,) = (
            query.get(name, [other]) for name, other in (("DateSent>", ""), ("PageSize", "50"), ("Page", "0"))
        )
        found = [one for one in self.messages.values() if query.get("To", [one["to"]]) == [one["to"]]]
        if after:
            since = datetime.fromisoformat(after)
            found = [one for one in found if one["date_sent"] and parsedate_to_datetime(one["date_sent"]) >= since]
        begin, end = int(page) * int(size), (int(page) + 1) * int(size)
        asked = urlencode({name: given for name, (given,) in query.items() if name != "Page"})
        more = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{asked}&Page={int(page) + 1}"
        shown = [_shown(one) for one in found[::-1][begin:end]]
        next_page = more if end < len(found) else None
        return {"messages": shown, "page": int(page), "page_size": int(size), "next_page_uri": next_page}

    def progress(self, sid: str, status: str, code: int | None = None) -> int | None:
        """Moves a message on and tells its StatusCallback, signed; the answer's HTTP status, None without callback."""
        message = self.messages[sid]
        message.update(status=status, error_code=code, date_updated=formatdate(usegmt=True))
        if not message["callback"]:
            return None
        form = {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT, "From": SENDER, "To": message["to"]}
        return signed_post(message["callback"], form | ({"ErrorCode": str(code)} if code else {}))


def signed_post(url: str, form: dict[str, str], token: str = TOKEN) -> int:
    """A webhook as Twilio sends it; the answer's status."""
    signature = RequestValidator(token).compute_signature(url, form)
    request = urllib.request.Request(url, urlencode(form).encode(), {"X-Twilio-Signature": signature})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _fault(form: dict[str, str]) -> int:
    """Twilio's code for what is wrong with a form; 0 for nothing."""
    if not re.fullmatch(r"\+[1-9]\d{6,14}", form.get("To", "")):
        return 21211
    if form.get("From") != SENDER:
        return 21606
    if not form.get("Body"):
        return 21602
    return 21617 if len(form["Body"]) > 1600 else 0


def _call_fault(form: dict[str, str]) -> int:
    """The same for a call."""
    if not re.fullmatch(r"\+[1-9]\d{6,14}", form.get("To", "")):
        return 21211
    if form.get("From") != SENDER:
        return 21210
    return 0 if 0 < len(form.get("Twiml", "")) <= 4000 else 21205


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != "callback"}


class _Answering(Answering):
    fake: FakeTwilio

    taken = (201, '{"sid": "SM1"}')

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.sent().decode(), strict_parsing=True))
        if self.fail(self.fake.mode):
            return
        if self.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self.answer(*self.fake.take(form))
        elif self.path == f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json":
            self.answer(*self.fake.call(form))
        else:
            self.answer(404, {"code": 20404, "message": "not found", "status": 404})

    def do_GET(self) -> None:
        """One message by its SID, or the list."""
        parts = urlsplit(self.path)
        sid = parts.path.rpartition("/")[2].removesuffix(".json")
        if self.fail(self.fake.mode):
            return
        if sid == "Messages":
            self.answer(200, self.fake.listed(parse_qs(parts.query)))
        elif sid in self.fake.messages:
            self.answer(200, _shown(self.fake.messages[sid]))
        else:
            self.answer(404, {"code": 20404, "message": "not found", "status": 404})

    def fail(self, mode: str) -> bool:
        """Also with ``drip``, ``cut`` in the body, ``list`` for an object; hangs after the headers."""
        if mode in ("hang", "drip"):
            self.begin(201, 50)
            while not self.fake.free.wait(0.02 if mode == "drip" else HANG):
                self.wfile.write(b" ")
        elif mode == "cut":
            self.begin(201, 50)
            self.close_connection = True
        elif mode == "list":
            self.answer(201, [])
        elif not mode and not self._ours():
            self.answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return True
        else:
            return super().fail(mode)
        return True

    def fault(self, status: int) -> Any:
        return {"code": 20429 if status == 429 else 20500, "message": "no", "status": status}

    def _ours(self) -> bool:
        account = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        return bool(self.headers["Authorization"] == f"Basic {account}")


FakeTwilio.answering = _Answering
