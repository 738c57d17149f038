"""The transactions of the page that asks: a code of its own proves the address, the answer is recorded with it."""

from __future__ import annotations

from typing import NamedTuple

from asking.public import answering, message_texts, open_questions, request_states, requests, starting
from consents.people import recipients
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Source
from settings import Settings
from trust import limits
from trust.codes import codes
from trust.codes.codes import Ask, CodeOutcome, CodeVerdict
from trust.codes.limits import code_budgets, code_limits
from trust.codes.pending import Purpose
from trust.codes.reach import MAIL, carrier


class GivenAnswer(NamedTuple):
    """What was chosen. ``yes``, ``no``: channels, one bit each; 1 of a verification. ``never``: not to be asked again,
    and nothing else; ``shown``: of the question that was read (OpenQuestion.shown)."""

    yes: int
    no: int
    never: bool
    shown: str


def ask_code(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    wish: Ask,
    question: open_questions.OpenQuestion,
    language: str,
) -> CodeVerdict:
    """Issues a code for this question alone, which ``wish.holder`` names, and posts it in one transaction. One that its
    address does not want does not leave (open_questions.page_code) and counts nowhere; no answer or time shows that."""
    kind = carrier(wish.address)
    asking = starting.asking_of(question.brand, question.version, question.channels, language)
    share = starting.share(registry, settings, kind, question.brand.company, page=not question.by_link)
    if limits.used(transaction, share, transaction.now) > share.room:
        return CodeVerdict(CodeOutcome.SPENT, wish.address)
    leaves, counted = open_questions.page_code(transaction, registry, question, wish.address, wish.holder)

    def send(code: str, expires_at: int, allowed: bool) -> None:
        made = message_texts.page_code(settings, asking, question.purpose, code, mail=kind == MAIL)
        sent = allowed and leaves
        for limit in counted:
            limits.take(transaction, limit if sent else code_limits.unread(registry.keyring, wish.address))
        code_budgets.take_part(transaction, share, question.brand.company_code, sent=sent)
        given = registry.keyring, kind, wish.address, made.text, made.subject, expires_at
        code_limits.post_code(transaction, *given, allowed=allowed, leaves=leaves)

    return codes.ask(transaction, registry.keyring, settings, wish, send, leaves=leaves)


def redeem(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    holder: bytes,
    word: str,
    code: str,
    given: GivenAnswer,
) -> tuple[CodeVerdict, answering.RequestAnswered | None]:
    """Compares the code and records the answer with it. Errors: ledger.ClockBehind."""
    verdict = codes.redeem(transaction, registry.keyring, settings, holder, Purpose.REQUEST, code)
    if verdict.outcome is not CodeOutcome.OK:
        return verdict, None
    how = {"by": "page", "proof": "code"}
    return verdict, answer(transaction, registry, settings, word, verdict.address, given, how)


def answer(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    word: str,
    address: str,
    given: GivenAnswer,
    how: dict[str, str],
) -> answering.RequestAnswered:
    """Records what the holder of ``address``, which was proved, chose. Errors: ledger.ClockBehind."""
    question = open_questions.find(transaction, registry, word, transaction.now)
    if question is None or question.shown != given.shown:
        return answering.RequestAnswered(answering.AnswerOutcome.ENDED)
    if not question.fits(address):
        return answering.RequestAnswered(answering.AnswerOutcome.OTHER)
    if question.purpose is request_states.RequestPurpose.VERIFY and given.no:
        open_questions.decline(transaction, question)
        return answering.RequestAnswered(answering.AnswerOutcome.OK)
    if given.never:
        requests.refuse(transaction, registry.keyring, address, question.brand.id)
        return answering.RequestAnswered(answering.AnswerOutcome.OK)
    chosen = answering.RequestAnswer(given.yes, given.no, Source.IYS_WEB, how)
    return open_questions.answer(transaction, registry, settings, question, recipients.parse(address), chosen)


def decline(transaction: Transaction, registry: Registry, word: str) -> None:
    """Ends a verification that nobody by name was asked, as the clerk could: nothing is recorded about anybody."""
    question = open_questions.find(transaction, registry, word, transaction.now)
    if question is not None and not question.address:
        open_questions.decline(transaction, question)
