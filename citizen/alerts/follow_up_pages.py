"""Sustular mı? The page of a citizen's questions with each company's answer, and the page of a mailed one. The mail's
token closes the question and shows nothing; what it is about is shown after sign-in."""

from __future__ import annotations

from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from citizen import wording
from citizen.alerts import company_answers
from citizen.alerts.company_answers import CompanyAnswer
from citizen.rows import shown_lines
from citizen.session import holder as holders
from citizen.session import session as sessions
from citizen.session.holder import Holder
from citizen.session.session import Session
from consents.brands.book import BrandEntry
from consents.instants import day_of
from consents.queries import act_receipts
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from optout.public import FollowUpQuestion, follow_ups
from settings import Settings
from trust import record_numbers
from web import forms, pages, process
from web.rendering import texts, when

PATH = "/izinler/sustular"
PRIVATE = {"referrer-policy": "no-referrer"}
_ASK, _CANCEL, _QUIET = "sor", "vazgec", "hayir"
_BUTTON = "hayir"


class AnsweredRefusal(NamedTuple):
    """One act with its question. ``writes``: the brand that the citizen named; ``day``: of its answer, ISO."""

    question: FollowUpQuestion
    number: str
    refused: str
    due: str
    answers: list[tuple[CompanyAnswer, str]]
    writes: BrandEntry | None
    day: str


@sessions.required
async def show(request: Request, session: Session) -> Response:
    """Every question of the holder, the newest first."""
    holder, here = holders.named(request, session), process.of(request)
    language = texts.language(request)[0]
    found = await here.registry.store.read(_view, here.registry, holder, language)
    context = holders.frame(request, session, holder)
    return pages.render(request, "citizen/consents/follow_up.html", **context, path=PATH, found=found)


async def lead(request: Request) -> Response:
    """The short address of an SMS."""
    return pages.redirect(request, PATH)


@sessions.required
async def save(request: Request, session: Session) -> Response:
    """Asks for a question, takes it back, or answers that nobody writes."""
    holder, here, form = holders.named(request, session), process.of(request), await forms.fields(request)
    wish, number = form.get("do", ""), form.get("number", "")
    act = record_numbers.read(here.registry.keyring, number)
    if wish not in (_ASK, _CANCEL, _QUIET) or act is None:
        raise HTTPException(422)
    language = texts.language(request)[0]
    await here.registry.store.write(_save, here.registry, here.settings, holder, act, wish, language)
    if form.get("where") == "sonuc":
        return pages.redirect(request, f"{holders.page_after('/izinler/sonuc', session, holder, act)}#sustular")
    return pages.redirect(request, PATH if wish == _QUIET else f"/makbuz/{number}#sustular")


def _save(
    transaction: Transaction, registry: Registry, settings: Settings, holder: Holder, act: int, wish: str, language: str
) -> None:
    """404 for an act that is not the holder's, or about which nothing can be asked."""
    recipient = holders.find(transaction, registry, holder)
    past = act_receipts.citizens(transaction, act)
    if recipient is None or past is None or past.recipient != recipient:
        raise HTTPException(404)
    if wish == _CANCEL:
        return follow_ups.cancel(transaction, recipient, act)
    if wish == _QUIET:
        return follow_ups.answer(transaction, recipient, None)
    receipt = act_receipts.get(
        transaction, registry.policy.reconsent, registry.brands.book(transaction, transaction.now), past
    )
    kind = follow_ups.kind_for(holder.address, settings)
    if kind is None or not follow_ups.offered(receipt, transaction.now):
        raise HTTPException(404)
    due = follow_ups.due_at(past.recorded_at)
    follow_ups.start(transaction, FollowUpQuestion(act, recipient, kind, language, due))


async def show_mailed(request: Request) -> Response:
    """The question of a mail with its button, or the thanks; changes nothing."""
    _mailed(request)
    return _mail_page(request, thanked=pages.result(request, request.url.path) is not None)


async def answer_mailed(request: Request) -> Response:
    act = _mailed(request)
    if await forms.once(request, _BUTTON) is None:
        return _mail_page(request, thanked=False)
    await process.of(request).registry.store.write(_quiet, act)
    response = pages.show_result(request, request.url.path, True)
    response.headers.update(PRIVATE)
    return response


def _quiet(transaction: Transaction, act: int) -> None:
    """Nothing where the question is gone."""
    if (question := follow_ups.get(transaction, act)) is not None:
        follow_ups.answer(transaction, question.recipient, None)


def _mailed(request: Request) -> int:
    act = follow_ups.read_token(process.of(request).registry.keyring, request.path_params["token"])
    if act is None:
        raise HTTPException(404)
    return act


def _mail_page(request: Request, *, thanked: bool) -> Response:
    template, path = "citizen/consents/follow_up_mailed.html", request.url.path
    return pages.render(request, template, headers=PRIVATE, path=path, button=_BUTTON, thanked=thanked, answers=PATH)


def _view(snapshot: Snapshot, registry: Registry, holder: Holder, language: str) -> list[AnsweredRefusal]:
    recipient, now = holders.find(snapshot, registry, holder), registry.store.now()
    if recipient is None:
        return []
    since, book = shown_lines.hidden(snapshot, recipient).since, registry.brands.book(snapshot, now)
    listed = []
    for question in follow_ups.of_recipient(snapshot, recipient):
        past = company_answers.refusal(snapshot, question.act, recipient)
        if past is None or past.recorded_at < since:
            continue
        found = company_answers.answers(snapshot, registry, question.act, recipient)
        listed.append(
            AnsweredRefusal(
                question,
                record_numbers.of_act(registry.keyring, question.act),
                wording.day(language, past.recorded_at),
                when.weekday(language, day_of(question.due_at)),
                [(one, wording.day(language, one.at) if one.at else "") for one in found],
                book.by_id.get(question.brand) if question.brand is not None else None,
                str(day_of(question.answered_at)) if question.answered_at is not None else "",
            )
        )
    return listed
