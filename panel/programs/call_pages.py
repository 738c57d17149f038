"""Pages for a company's programmer: the last calls of its keys, what they show to be wrong, and lines to copy that call
this site."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from consents import dates
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.programs import program_pages
from panel.rights import Member
from providers.api.envelopes import PASS_SENTENCES
from providers.callers import call_log
from providers.callers.api_users import User
from providers.callers.call_log import ListedCall
from providers.doctor import diagnosis
from providers.doctor.findings import GUIDE
from web import process
from web.codes import SENTENCES
from web.rendering import texts


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
    """Calls of curl with this site's address and the company's numbers filled in."""
    brands = await form_answers.brands(request, member)
    codes = [one.code for one in brands]
    asked = form_answers.number(request.query_params.get("marka", ""), 9)
    first = member.at.code if member.at.code in codes else codes[0] if codes else 0
    here = process.of(request)
    return panel_pages.render(
        request,
        member,
        "panel/manage/try.html",
        brands=brands,
        brand=asked if asked in codes else first,
        base=here.settings.public_url,
        now=dates.wire(here.registry.store.now()),
    )


def _calls(
    snapshot: Snapshot, member: Member, now: int, user: int, least: int, most: int
) -> tuple[list[ListedCall], list[User]]:
    return call_log.listed(snapshot, member.at.id, user, least, most), program_pages.programs_of(
        snapshot, member.at, now
    )
