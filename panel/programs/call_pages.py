"""Pages for a company's programmer: the last calls of its keys, what they show to be wrong, and lines to copy that call
this site."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from consents import dates
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.accounts import memberships
from panel.programs import program_pages
from panel.rights import Member
from providers.api.envelopes import PASS_SENTENCES
from providers.callers import call_log
from providers.callers.api_users import User
from providers.callers.call_log import ListedCall
from providers.callers.program_keys import TEST_MARK
from providers.doctor import diagnosis
from providers.doctor.findings import GUIDE
from providers.openapi import guide, reference
from web import pages, process
from web.codes import SENTENCES
from web.rendering import texts

_CONSENT_DATE = re.compile(r'("consentDate": ")[^"]+')


async def show(request: Request, member: Member) -> Response:
    """The last calls of all keys or one (``program``), all or refused ones (``hata``), ``SHOWN`` or all (``hepsi``)."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    query = request.query_params
    chosen, failed = form_answers.number(query.get("program", ""), 9), "hata" in query
    most = call_log.MOST if "hepsi" in query else call_log.SHOWN
    known = SENTENCES | PASS_SENTENCES
    store, language = process.of(request).registry.store, texts.language(request)[0]
    calls, users = await store.read(_calls, member, store.now(), chosen, 400 if failed else 0, most)
    return panel_pages.render(
        request,
        member,
        "panel/manage/calls.html",
        calls=calls,
        users=users,
        chosen=chosen,
        failed=failed,
        more=len(calls) == call_log.SHOWN,
        meanings={code: known[code].text(language) for one in calls if (code := one.call.code) in known},
        clock=dates.wire,
    )


async def diagnose(request: Request, member: Member) -> Response:
    """What is wrong with all keys and receivers of the company."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    here = process.of(request)
    store, keyring = here.registry.store, here.registry.keyring
    found = await store.read(
        lambda snapshot: diagnosis.of_company(snapshot, keyring, member.at.id, store.now(), strays=False)
    )
    return panel_pages.render(
        request,
        member,
        "panel/manage/doctor.html",
        found=found,
        language=texts.language(request)[0],
        guide=GUIDE,
        clock=dates.wire,
    )


async def attempt(request: Request, member: Member) -> Response:
    """One call (``cagri``: its operationId) of a brand (``marka``): a line for a terminal, and a form that sends it to
    the sandbox, where the site has one. With ``rehber`` the guide in that programming
    language, for a key's name (``ad``)."""
    brands = await form_answers.brands(request, member)
    codes = [one.code for one in brands]
    asked = form_answers.number(request.query_params.get("marka", ""), 9)
    brand = asked if asked in codes else program_pages.brand_to_try(member, codes)
    if "rehber" in request.query_params:
        code = guide.known(request.query_params["rehber"])
        filled = f"{guide.PATH}?kod={code}&sirket={member.at.code}&marka={brand or ''}"
        name = request.query_params.get("ad", "")
        return pages.redirect(request, filled + (f"&ad={name}" if guide.is_name(name) else ""))
    groups = reference.groups(texts.language(request)[0])
    known = {one.name: one for group in groups for one in group.operations}
    call = known.get(request.query_params.get("cagri", "")) or groups[1].operations[0]
    here = process.of(request)
    now = dates.wire(here.registry.store.now())  # the document's example is too old to be recorded (H467)
    call = call._replace(sample=_CONSENT_DATE.sub(rf"\g<1>{now}", call.sample))
    return panel_pages.render(
        request,
        member,
        "panel/manage/try.html",
        brands=brands,
        brand=brand,
        groups=groups,
        call=call,
        path=call.path.replace("{iysCode}", str(member.at.code)).replace("{brandCode}", str(brand)),
        key=f"{TEST_MARK}{member.at.code}",
        line=reference.curl(call, here.settings.public_url, member.at.code, brand),
    )


async def lead(request: Request, member: Member) -> Response:
    """From the guide (``kod``: its programming language) back to it with a company's own numbers; who works for several
    chooses first."""
    found = await process.of(request).registry.store.read(memberships.companies, member.person.id)
    code = guide.known(request.query_params.get("kod", ""))
    return pages.redirect(
        request, f"/panel/{found[0].code}/programlar/dene?rehber={code}" if len(found) == 1 else "/panel"
    )


def _calls(
    snapshot: Snapshot, member: Member, now: int, user: int, least: int, most: int
) -> tuple[list[ListedCall], list[User]]:
    return call_log.listed(snapshot, member.at.id, user, least, most), program_pages.programs_of(
        snapshot, member.at, now
    )
