"""ViA: a company's program asks a person for a consent (API document 3.2.0, “İLETİ ViA”). The person's word is their
own; the program learns yes, no or not yet."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from asking.public import answering, requests, starting
from asking.public import request_states as states
from consents.store import Snapshot, Transaction
from providers.api import answers, endpoint
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Right
from providers.via import asked_requests, questions, via_wire
from providers.via.asked_requests import CompanyRequest
from providers.via.questions import ConsentQuestion, TypedCode

MOST_FOUND = 100  # requests of one recipient that a search lists
_CODES = {
    answering.AnswerOutcome.WRONG: "H1052",
    answering.AnswerOutcome.SPENT: "H1050",
    answering.AnswerOutcome.EXPIRED: "H1051",
    answering.AnswerOutcome.ENDED: "H1032",
    answering.AnswerOutcome.METHOD: "H1056",
    answering.AnswerOutcome.PURPOSE: "H1030",
    answering.AnswerOutcome.OTHER: "H1048",
}


@endpoint.requires(Right.ASK)
async def start(call: Call) -> Answer:
    """Sends the question; a notice (AYDINLATMA_METNI) is in it."""
    question = questions.consent(await questions.read(call.request))
    return await call.write(_start, call, question)


@endpoint.requires(Right.ASK)
async def confirm(call: Call) -> Answer:
    """Takes the code that the person gave to the company."""
    typed = questions.typed_code(await questions.read(call.request))
    return await call.write(_confirm, call, typed)


@endpoint.requires(Right.ASKED)
async def detail(call: Call) -> Answer:
    return await call.read(_detail, call)


@endpoint.requires(Right.ASKED)
async def notice(call: Call) -> Answer:
    """Whether the notice was shown: known once the person answered."""
    return await call.read(_notice, call)


@endpoint.requires(Right.ASKED)
async def search(call: Call) -> Answer:
    """The answered questions to one recipient; none for consents that are not taken here."""
    recipient, kind = questions.asked_of(await questions.read(call.request))
    if kind != questions.NOTICE:
        return Answer(200, via_wire.ok([]))
    return await call.read(_search, call, recipient.address)


@endpoint.requires(Right.ASKED)
async def file(call: Call) -> Response:
    return await asked_requests.proof(call, states.RequestPurpose.CONSENT)


def _start(transaction: Transaction, call: Call, question: ConsentQuestion) -> Answer:
    brand = asked_requests.brand_of(transaction, call, question.brand)
    if brand is None:
        raise Refusal(400, Fault("H1014", ("brandCodes",), question.brand))
    ask = starting.NewAsk(
        brand.company,
        brand,
        states.RequestPurpose.CONSENT,
        question.method,
        question.recipient,
        question.form,
        question.channels,
        question.identity,
    )
    return Answer(200, via_wire.ok(via_wire.started(asked_requests.start(transaction, call, ask, "recipient"))))


def _confirm(transaction: Transaction, call: Call, typed: TypedCode) -> Answer:
    found = asked_requests.find(transaction, call, typed.request)
    if found is None or found.request.purpose is not states.RequestPurpose.CONSENT:
        raise Refusal(400, Fault("H1030", ("requestId",), typed.request[:36]))
    if typed.method != found.request.method.name:
        raise Refusal(400, Fault("H1064", ("verificationType",), typed.method))
    if typed.recipient:
        mail = found.request.method in states.BY_MAIL
        given = questions.recipient(typed.recipient, "recipient", mail=mail)
        if not requests.is_of(transaction, call.registry.keyring, found.request.id, given.address):
            raise Refusal(400, Fault("H1048", ("recipient",)))
    if found.link:
        code = {states.RequestState.ANSWERED: "H1032", states.RequestState.EXPIRED: "H1074"}.get(found.state, "H1056")
        raise Refusal(400, Fault(code))
    asked_requests.check_standing(transaction, found.brand)
    done = asked_requests.confirm(transaction, call, found, states.RequestPurpose.CONSENT, typed.digits)
    if done.outcome is answering.AnswerOutcome.OK:
        assert done.act is not None
        movements = via_wire.movements(transaction, call.registry.keyring, done.act)
        return Answer(200, via_wire.ok([via_wire.recorded(one, found.brand) for one in movements]))
    code = (
        "H1049" if found.state in (states.RequestState.UNSENT, states.RequestState.CANCELLED) else _CODES[done.outcome]
    )
    value = typed.digits if done.outcome is answering.AnswerOutcome.WRONG else answers.ABSENT
    # An answer, not a Refusal: the try has to be counted.
    return answers.failure(Refusal(400, Fault(code, value=value)), call.request.url.path)


def _detail(snapshot: Snapshot, call: Call) -> Answer:
    found = _mine(snapshot, call)
    if found.request.purpose is not states.RequestPurpose.CONSENT:
        raise _unknown(call)
    return Answer(200, via_wire.ok(via_wire.detail(snapshot, call.registry.keyring, found)))


def _notice(snapshot: Snapshot, call: Call) -> Answer:
    found = _mine(snapshot, call)
    if found.request.purpose is not states.RequestPurpose.CONSENT:
        raise Refusal(400, Fault("H1076"))
    if found.state is not states.RequestState.ANSWERED:
        raise Refusal(400, Fault("H1028"))
    return Answer(200, via_wire.ok([via_wire.notice(found)]))


def _search(snapshot: Snapshot, call: Call, address: str) -> Answer:
    return Answer(200, via_wire.ok(asked_requests.of_recipient(snapshot, call, address, MOST_FOUND)))


def _mine(snapshot: Snapshot, call: Call) -> CompanyRequest:
    found = asked_requests.find(snapshot, call, _named(call))
    if found is None:
        raise _unknown(call)
    return found


def _unknown(call: Call) -> Refusal:
    return Refusal(400, Fault("H1030", ("requestId",), _named(call)[:36]))


def _named(call: Call) -> Any:
    return call.request.path_params["requestId"]
