"""Ends a request with what its recipient answered. A yes or no is the recipient's own word: an act with its evidence,
in one transaction with the request's end and the notice. A channel that was not answered changes nothing."""

from __future__ import annotations

from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple

from asking import forms, message_texts, request_store
from asking.request_states import CODES, TRIES, RequestEvent, RequestMethod, RequestPurpose, RequestState
from asking.request_store import AskedRequest
from asking.starting import asking_of, closed, wrong_codes
from consents import ledger
from consents.brands import provider_states
from consents.brands.book import BrandEntry
from consents.history import Deed
from consents.instants import DAY
from consents.ledger import Wish
from consents.people import register
from consents.people.recipients import AddressKind, Recipient, parse
from consents.registry import Registry
from consents.rules import ONAY, RET
from consents.store import Transaction
from consents.terms import Actor, Door, Source
from gateways.outbox import outbox
from settings import Settings
from trust import limits


class AnswerOutcome(StrEnum):
    """``OK``, or why nothing was recorded."""

    OK = "ok"
    WRONG = "wrong"  # H1052
    SPENT = "spent"  # H1050
    EXPIRED = "expired"  # H1051, H1074
    ENDED = "ended"  # H1032, H1110
    METHOD = "method"  # H1056: it is answered in another way
    OTHER = "other"  # another address than the one that was asked (H1048)
    PURPOSE = "purpose"  # yes to a question that was not asked


class RequestAnswered(NamedTuple):
    """``act``: of the ledger, None for a verification or where nothing was answered; ``request``: its number."""

    outcome: AnswerOutcome
    act: int | None = None
    at: int = 0
    request: int = 0


class RequestAnswer(NamedTuple):
    """``yes``, ``no``: channels, one bit each; ``source``: İYS's; ``how``: the way for the evidence (message,
    session, network)."""

    yes: int
    no: int
    source: Source
    how: dict[str, str]


# What İYS's list calls a word that came by these ways.
CODE_SOURCES = {RequestMethod.SMS_OTP: Source.IYS_KISAMESAJ, RequestMethod.EPOSTA_OTP: Source.IYS_EPOSTA}


def by_code(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    brand: BrandEntry,
    request: AskedRequest,
    purpose: RequestPurpose,
    typed: str,
) -> RequestAnswered:
    """The code that the recipient passed to the company. The try counts before anything is compared."""
    if request.method not in CODES:
        return RequestAnswered(AnswerOutcome.METHOD)
    if request.purpose is not purpose:
        return RequestAnswered(AnswerOutcome.PURPOSE)
    if over := _over(request, transaction.now):
        return RequestAnswered(over)
    if not request_store.spend_a_try(transaction, request, TRIES):
        return RequestAnswered(AnswerOutcome.SPENT)
    given = request_store.digits_mark(registry.keyring, request.public, purpose, request.address, typed)
    right = request.digits is not None and compare_digest(given, request.digits)
    # A person who closed the channel since is not asked either: the code is as wrong as any other, without a reason.
    about = request.address, request.channels, request.identity
    shut = purpose is RequestPurpose.CONSENT and not request.silent and closed(transaction, registry, *about)
    if request.silent or shut or not right:
        last = request.tries + 1 >= TRIES
        event = RequestEvent.LAST_WRONG_CODE if last else RequestEvent.WRONG_CODE
        request_store.move(transaction, request, event)
        limits.take(transaction, wrong_codes(registry, request.company))
        return RequestAnswered(AnswerOutcome.SPENT if last else AnswerOutcome.WRONG)
    answer = RequestAnswer(request.channels, 0, CODE_SOURCES[request.method], {"by": "code"})
    return record(transaction, registry, settings, brand, request, parse(request.address), answer)


def record(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    brand: BrandEntry,
    request: AskedRequest,
    recipient: Recipient,
    answer: RequestAnswer,
    *,
    notify: bool = True,
) -> RequestAnswered:
    """Ends the request by the answer of ``recipient``, whose address was proved. ``notify``: False where the answer's
    own reply is the notice. Errors: ledger.ClockBehind."""
    if over := _over(request, transaction.now):
        return RequestAnswered(over)
    if request.silent:  # nobody was asked, or the person may no longer be asked
        return RequestAnswered(AnswerOutcome.ENDED)
    asks = request.purpose is RequestPurpose.CONSENT
    if asks and answer.yes & request.channels and provider_states.of_brand(transaction, brand.id).code:
        return RequestAnswered(AnswerOutcome.ENDED)  # it takes refusals only
    if request.address and request.address != recipient.address:
        return RequestAnswered(AnswerOutcome.OTHER)
    mail = recipient.kind is AddressKind.EMAIL
    no = answer.no & request.channels
    yes = answer.yes & request.channels & ~no
    wishes = [
        Wish(brand.id, channel.code, request.identity, ONAY if yes >> channel.code & 1 else RET, answer.source.code)
        for channel in forms.channels_in(yes | no)
    ]
    act = None
    if request.purpose is RequestPurpose.CONSENT and wishes:
        evidence = registry.keyring.seal_evidence(_evidence(request, answer))
        deed = Deed(Actor.CITIZEN, Door.REQUEST, evidence=evidence)
        who = register.acting(transaction, registry.keyring, register.person(registry.keyring, recipient.address))
        # Each answer is a word of its own, with its own evidence, also where the same stands already.
        act = ledger.decide(transaction, registry.policy, who, wishes, deed, anew=True).act
    if not request_store.answer(transaction, registry.keyring, request, recipient.address, yes, no, act):
        raise RuntimeError("a request was answered twice in one transaction")
    if notify and (yes or request.purpose is RequestPurpose.VERIFY):
        _notify(transaction, registry, settings, brand, request, recipient, yes, mail=mail)
    return RequestAnswered(AnswerOutcome.OK, act, transaction.now, request.id)


def _over(request: AskedRequest, now: int) -> AnswerOutcome | None:
    match request.state_at(now):
        case RequestState.OPEN | RequestState.WRONG:
            return None
        case RequestState.EXPIRED:
            return AnswerOutcome.EXPIRED
        case RequestState.SPENT:
            return AnswerOutcome.SPENT
        case _:
            return AnswerOutcome.ENDED


def _evidence(request: AskedRequest, answer: RequestAnswer) -> dict[str, object]:
    return {
        "request": request.public,
        "form": request.form,
        "version": request.version,
        "method": request.method.name,
        "asked": request.sent,
        **answer.how,
    }


def _notify(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    brand: BrandEntry,
    request: AskedRequest,
    recipient: Recipient,
    yes: int,
    *,
    mail: bool,
) -> None:
    """What the address hears the same day, with the way back; an answer that approved nothing needs none."""
    if not mail and not recipient.sms:
        return
    version = None
    if request.form is not None and request.version is not None:
        version = forms.version(transaction, request.form, request.version)
    asking = asking_of(brand, version, yes)
    page = f"{settings.public_url}/izinler"
    message = message_texts.notice(settings, asking, request.purpose, transaction.now, page, mail=mail)
    outbox.post(
        transaction,
        registry.keyring,
        kind="mail" if mail else "sms",
        to=recipient.address,
        subject=message.subject,
        text=message.text,
        expires_at=transaction.now + DAY,
    )
