"""The audit log: a company's, and all for the operator's people. The search is posted, because links must not hold
addresses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from panel import form_answers, panel_pages
from panel.audit import audit_texts
from panel.audit.audit_log import AuditSearch
from panel.operations import audit_lines
from panel.rights import Capacity, Member
from web import forms, pages, process
from web.rendering.texts import mark

COMMANDS = "commands"  # chosen in the place of a person
_NO_ADDRESS = mark("Bunu numara ya da e-posta olarak okuyamadık.")


async def search(request: Request, member: Member) -> Response:
    return await show(request, member, await forms.fields(request))


async def show(request: Request, member: Member, given: Mapping[str, str] = {}) -> Response:
    registry = process.of(request).registry
    address = audit_lines.canonical(given.get("address", ""))
    what = given.get("what", "") if given.get("what", "") in audit_texts.WORDS else ""
    wanted = AuditSearch(
        provider=member.company.id if member.company else 0,
        person=form_answers.number(given.get("person", "")),
        what=what,
        address=address or "",
        commands=given.get("person", "") == COMMANDS,
        before_id=form_answers.number(given.get("before", "")) or AuditSearch().before_id,
        for_company=member.capacity is Capacity.MEMBER,
        brands_of=member.person.id if member.brands is not None else 0,
    )
    # A company reads that its operator did it, and not who of the operator's people, or on which machine.
    sees = (lambda brand: True) if member.company is None else member.sees
    found = await registry.store.read(audit_lines.read, registry.keyring, wanted, member.company is None, sees)
    fault = pages.text(request, _NO_ADDRESS) if address is None else ""
    words = {word: pages.text(request, sentence) for word, sentence in audit_texts.WORDS.items()}
    translate = partial(pages.text, request)
    return panel_pages.render(
        request,
        member,
        "panel/deeds/log.html",
        status=422 if fault else 200,
        book=found,
        words=words,
        thing=partial(audit_texts.thing, translate),
        value=lambda what, kept: audit_texts.value(translate, what, kept, found.brands),
        commands=COMMANDS,
        typed=partial(audit_texts.typed, translate),
        given=given,
        wanted=wanted,
        fault=fault,
        path=request.url.path,
    )
