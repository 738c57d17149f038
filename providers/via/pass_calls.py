"""ViA Pass: a company's program proves that a number or e-mail address is somebody's (API document 3.2.0, “ViA PASS”).
A proof is never a consent. The text is the registry's own; ``templateId`` is the brandCode that it names."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from asking.public import answering, requests, starting
from asking.public import request_states as states
from consents import dates
from consents.brands import companies, packages
from consents.instants import SECOND
from consents.languages import Sentence
from consents.queries import recorded
from consents.store import Snapshot, Transaction
from providers.api import answers, endpoint, wire
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Endpoint, OpenTo, Right
from providers.via import asked_requests, questions
from providers.via.asked_requests import CompanyRequest
from web.iys_fields import CREATED

NEVER, UNLIMITED = "9999-12-31 23:59:59", "İzin (sınırsız)"
PAGE, MOST_ON_PAGE = 20, 100
_TAX_NUMBER = re.compile(r"[1-9][0-9]{9,10}").fullmatch
_STARTED = Sentence("Doğrulama başlatıldı.")
_DONE = Sentence("Doğrulama tamamlandı.")
_FOUND = Sentence("Abonelik bilgileri.")
_BAD_TAX_NUMBER = Sentence("Vergi numarası (vkn) 10 ya da 11 rakam olmalı ve 0 ile başlamamalı.")
_CODES = {
    answering.AnswerOutcome.WRONG: "H1052",
    answering.AnswerOutcome.SPENT: "H1050",
    answering.AnswerOutcome.EXPIRED: "H1051",
    answering.AnswerOutcome.ENDED: "H1110",
    answering.AnswerOutcome.METHOD: "H1056",
}
# (İYS's name of a way, how its process begins)
_WAYS = {
    states.RequestMethod.SMS_OTP: "SMS",
    states.RequestMethod.EPOSTA_OTP: "EMAIL",
    states.RequestMethod.SMS_SHORTURL: "SMS SHORT URL",
    states.RequestMethod.EPOSTA_SHORTURL: "EMAIL SHORT URL",
}
_ENDS = {
    states.RequestState.ANSWERED: ("SUCCESS", "OTP Completed"),
    states.RequestState.SPENT: ("FAILURE", "OTP Attempts Used Up"),
    states.RequestState.EXPIRED: ("FAILURE", "OTP Expired"),
    states.RequestState.UNSENT: ("FAILURE", "Message Not Delivered"),
    states.RequestState.CANCELLED: ("FAILURE", "Cancelled"),
}


def _starter(method: states.RequestMethod) -> Endpoint:
    mail, link = method in states.BY_MAIL, method in states.LINKS
    field = "email" if mail else "phoneNumber"

    @endpoint.requires(Right.ASK)
    async def start(call: Call) -> Answer:
        body = await questions.read(call.request)
        questions.check(body, {field: str, "templateId": (int, str), "vkn": str})
        if not _TAX_NUMBER(body["vkn"]):
            raise Refusal(400, Fault("H1024", ("vkn",), message=_BAD_TAX_NUMBER))
        recipient = questions.recipient(body[field], field, mail=mail)
        return await call.write(_start, call, str(body["templateId"]), method, recipient, field, link)

    return start


def _finisher(method: states.RequestMethod) -> Endpoint:
    @endpoint.requires(Right.ASK)
    async def complete(call: Call) -> Answer:
        body = await questions.read(call.request)
        questions.check(body, {"otpCode": str, "requestId": str})
        return await call.write(_complete, call, method, body["requestId"], questions.six_digits(body["otpCode"]))

    return complete


sms_start, email_start = _starter(states.RequestMethod.SMS_OTP), _starter(states.RequestMethod.EPOSTA_OTP)
sms_link, email_link = _starter(states.RequestMethod.SMS_SHORTURL), _starter(states.RequestMethod.EPOSTA_SHORTURL)
sms_complete, email_complete = _finisher(states.RequestMethod.SMS_OTP), _finisher(states.RequestMethod.EPOSTA_OTP)


@endpoint.requires(Right.ASKED)
async def history(call: Call) -> Answer:
    """The steps of one verification."""
    body = await questions.read(call.request)
    page, size = (_of_query(call, name, code) for name, code in (("page", "H1088"), ("pageSize", "H1089")))
    if not isinstance(body.get("requestId"), str) or not body["requestId"]:
        raise Refusal(400, Fault("ERR-SYS-0009"))
    if len(body) > 1:
        raise Refusal(403, Fault("OTP-ERROR-010"))
    return await call.read(_history, call, body["requestId"], page or 1, min(size or PAGE, MOST_ON_PAGE))


@endpoint.requires(Right.ASKED, open_to=OpenTo.ALL)
async def subscription(call: Call) -> Answer:
    """The package, and how many requests are left of thirty days. A partner and a key of some brands get no numbers,
    because they count all brands."""
    return await call.read(_subscription, call)


@endpoint.requires(Right.ASKED)
async def file(call: Call) -> Response:
    return await asked_requests.proof(call, states.RequestPurpose.VERIFY)


def _start(
    transaction: Transaction,
    call: Call,
    template: str,
    method: states.RequestMethod,
    recipient: Any,
    field: str,
    link: bool,
) -> Answer:
    code = int(template) if template.isascii() and template.isdecimal() and len(template) <= 10 else 0
    brand = asked_requests.brand_of(transaction, call, code)
    if brand is None:
        raise Refusal(404, Fault("H1107"))
    ask = starting.NewAsk(brand.company, brand, states.RequestPurpose.VERIFY, method, recipient)
    started: dict[str, str] = {wire.REQUEST: asked_requests.start(transaction, call, ask, field)}
    # The link itself is in the message alone: its holder could answer in place of the recipient.
    data: Any = [started | {"shortUrl": ""}] if link else started
    return Answer(200, {"data": data, "message": _STARTED.text()})


def _complete(transaction: Transaction, call: Call, method: states.RequestMethod, public: str, digits: str) -> Answer:
    found = _verification(transaction, call, public)
    if found is None or found.request.method is not method:
        raise Refusal(404, Fault("OTP-ERROR-001"))
    asked_requests.check_standing(transaction, found.brand)
    done = asked_requests.confirm(transaction, call, found, states.RequestPurpose.VERIFY, digits)
    if done.outcome is answering.AnswerOutcome.OK:
        return Answer(200, {"message": _DONE.text()})
    code = (
        "H1049" if found.state in (states.RequestState.UNSENT, states.RequestState.CANCELLED) else _CODES[done.outcome]
    )
    # An answer, not a Refusal: the try has to be counted.
    return answers.failure(Refusal(400, Fault(code)), call.request.url.path)


def _history(snapshot: Snapshot, call: Call, public: str, page: int, size: int) -> Answer:
    found = _verification(snapshot, call, public)
    if found is None:
        raise Refusal(404, Fault("OTP-ERROR-002"))
    steps = _steps(found)
    shown = steps[(page - 1) * size : page * size]
    pages = -(-len(steps) // size)
    numbers = {"currentPage": page, "totalItems": len(steps), "totalPages": pages, "elementsInPage": len(shown)}
    return Answer(200, {"content": shown, "pagination": numbers})


def _steps(found: CompanyRequest) -> list[dict[str, str]]:
    request = found.request
    steps = [_step(request, "OTP Generation", "OTP Generation", request.asked_at)]
    if found.state in _ENDS:
        steps.append(_step(request, *_ENDS[found.state], request.ended_at or request.expires_at))
    return steps


def _step(request: requests.AskedRequest, status: str, description: str, at: int) -> dict[str, str]:
    when = f"{dates.wire(at)}.{at % SECOND:06}"
    names = {"requestType": _WAYS[request.method], "status": status, "description": description}
    return names | {"transactionDate": when}


def _subscription(snapshot: Snapshot, call: Call) -> Answer:
    code = call.number(wire.COMPANY, "H190")
    company = companies.provider_id(snapshot, code)
    assert company is not None
    held, now = packages.get(snapshot, company), call.registry.store.now()
    since = held.since if held else recorded.first(snapshot) or now
    whole = None if held is None else held.package.addresses
    span = {"startDate": dates.wire(since), "expirationDate": NEVER}
    state = str(call.state).upper()
    package: dict[str, Any] = {"viaSubscriptionId": str(code), **span, "status": state, "isLimited": whole is not None}
    package["viaSubscriptionPackageName"] = held.package.name if held else UNLIMITED
    own: dict[str, Any] = {"iysViaSubscriptionId": str(code), wire.COMPANY: code, **span, "status": state}
    own |= {CREATED: dates.wire(since), "lastUpdateDate": dates.wire(since), "autoRenewal": True}
    if whole is not None and call.caller.partner is None and call.caller.brands is None:
        package["viaCredit"], own["viaCredit"] = whole, starting.credit_left(snapshot, company, now)
    return Answer(200, {"data": [own | {"viaSubscriptionPackage": package}], "message": _FOUND.text()})


def _verification(snapshot: Snapshot, call: Call, public: str) -> CompanyRequest | None:
    found = asked_requests.find(snapshot, call, public)
    return found if found and found.request.purpose is states.RequestPurpose.VERIFY else None


def _of_query(call: Call, name: str, code: str) -> int | None:
    """Errors: Refusal 400 for a number that is not above 0."""
    text = call.request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text)):
        raise Refusal(400, Fault(code))
    return int(text)
