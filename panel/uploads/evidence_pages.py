"""The disputes of a company, and the page of one declared consent: what was attached to it, and the form to add to it
or to answer its dispute. A file is hashed and not kept."""

from __future__ import annotations

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from consents.registry import Registry
from consents.terms import Source
from panel import form_answers
from panel.audit.change import Change
from panel.form_answers import UNSENT, FieldFault, FormResult
from panel.rights import Member
from panel.uploads import evidence_actions
from panel.uploads.evidence_actions import ConsentCase, DisputeAnswer, FoundConsent
from providers.disputes import evidence_fields
from providers.disputes.dispute_states import DisputeState
from providers.disputes.evidence_fields import BadEvidence
from web import forms, pages, process

FILE_BYTES = 10_000_000
BYTES = FILE_BYTES + 100_000  # of the form


async def show_all(request: Request, member: Member) -> Response:
    registry = process.of(request).registry
    listed = await registry.store.read(evidence_actions.list_all, registry, member)
    return form_answers.page(request, member, "loading/disputes.html", UNSENT, {}, listed=listed, states=DisputeState)


async def show(request: Request, member: Member) -> Response:
    typed = request.query_params.get("islem", "").strip()[:100]
    return await _page(request, member, typed, UNSENT, {})


async def answer(request: Request, member: Member) -> Response:
    """Attaches evidence, or answers the dispute."""
    digest = sha256()

    async def take(portion: bytes) -> None:
        digest.update(portion)

    form = await forms.read(request, "file", FILE_BYTES, take, {"text": 4 * evidence_fields.LONGEST["text"]})
    given = form.fields if form.fields else await forms.fields(request)
    name = given.get("transaction", "")[:100]
    registry = process.of(request).registry
    try:
        if form.size > FILE_BYTES:
            raise FieldFault("file", "evidence-file", str(FILE_BYTES // 1_000_000))
        how, content = _read(given, digest.hexdigest() if form.size else "")
        result = await form_answers.attempt(request, member, _answer, registry, member, name, how, content)
    except FieldFault as fault:
        result = form_answers.refused(request, fault)
    if result.faults:
        return await _page(request, member, name, result, given)
    return pages.redirect(request, f"{member.home}/kanit?{result.value}&islem={name.lower()}")


def _read(given: dict[str, str], file: str) -> tuple[DisputeAnswer, dict[str, str]]:
    """``file``: the digest of an uploaded one, "" without. Errors: FieldFault."""
    try:
        how = DisputeAnswer(given.get("answer", DisputeAnswer.SHOW))
    except ValueError:
        raise FieldFault("answer", "evidence-answer") from None
    if how is not DisputeAnswer.SHOW:
        return how, {}
    try:
        return how, evidence_fields.read({**given, **({evidence_fields.FILE: file} if file else {})})
    except BadEvidence as bad:
        raise FieldFault(bad.field or "text", "evidence-field" if bad.field else "evidence-empty") from None


def _answer(
    change: Change, registry: Registry, member: Member, name: str, how: DisputeAnswer, content: dict[str, str]
) -> DisputeAnswer:
    with form_answers.at("answer"):
        return evidence_actions.answer(change, registry, member, name, how, content)


async def _page(request: Request, member: Member, name: str, result: FormResult, given: dict[str, str]) -> Response:
    registry = process.of(request).registry
    case: ConsentCase | None = None
    listed: list[FoundConsent] = []
    if name:
        case = await registry.store.read(evidence_actions.find, registry, member, name)
    if name and case is None:
        listed = await registry.store.read(evidence_actions.search, registry, member, name)
    if len(listed) == 1:
        case = await registry.store.read(evidence_actions.find, registry, member, listed[0].name)
    if case is None:  # the form is not there
        result = result._replace(faults=tuple(("islem", why) for _, why in result.faults))
    elif not case.open:  # nor the choice of answers
        result = result._replace(faults=tuple(("text" if at == "answer" else at, why) for at, why in result.faults))
    return form_answers.page(
        request,
        member,
        "loading/evidence.html",
        result,
        given,
        case=case,
        listed=listed,
        name=name,
        states=DisputeState,
        longest=evidence_fields.LONGEST,
        answers=DisputeAnswer,
        source=str(Source.of(case.consent.source)) if case and case.consent.source else "",
    )
