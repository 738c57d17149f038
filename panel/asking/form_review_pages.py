"""The operator's pages of forms: what waits, each as its reader sees it, and the decision. Auditors read."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from asking.public import forms
from consents.brands import lookalikes
from consents.brands.book import BrandEntry
from consents.brands.companies import BadCompany
from consents.brands.lookalikes import Lookalike
from consents.registry import Registry
from consents.store import Snapshot
from panel import form_answers, panel_pages
from panel.asking import asking_actions, form_pages
from panel.audit.change import Change
from panel.form_answers import SEEN
from panel.rights import Member
from web import forms as web_forms
from web import pages, process
from web.rendering import texts

AT = "/panel/isletmen/formlar"
PUBLISH, REFUSE = "yayimla", "reddet"


class WaitingForm(NamedTuple):
    brand: BrandEntry
    version: forms.Version


async def show(request: Request, member: Member) -> Response:
    """Versions that wait, the oldest first."""
    registry = process.of(request).registry
    return panel_pages.render(
        request, member, "panel/asking/reviews.html", waiting=await registry.store.read(waiting, registry),
        done="karar" in request.query_params,
    )  # fmt: skip


async def one(request: Request, member: Member, bad: BadCompany | None = None, given: str = "") -> Response:
    here, form = process.of(request), member.objects["askedform"].id
    read, registry = here.registry.store.read, here.registry
    sheet = await read(form_pages.sheet_of, registry, form)
    near = await read(_near, sheet.brand, sheet.last.texts.title, here.settings.site_name)
    message = bad and form_answers.sentence(texts.language(request)[0], bad.why, bad.about)
    stale = bad is not None and bad.why != "reason"
    return panel_pages.render(
        request, member, "panel/asking/review.html", status=(409 if stale else 422) if bad else 200,
        sheet=sheet, near=near, fault=message or "", stale=stale, given=given,
        reason=lambda word: pages.text(request, form_answers.RESERVED[word]),
        **form_pages.pictured(here.settings, sheet, registry),
    )  # fmt: skip


async def decide(request: Request, member: Member) -> Response:
    given, registry = await web_forms.fields(request), process.of(request).registry
    why = form_answers.line(given.get("why", ""))
    form, action = member.objects["askedform"].id, given.get("deed", "")
    try:
        await form_answers.write(request, member, _decide, registry, form, action, why, given.get(SEEN, ""))
    except BadCompany as bad:
        return await one(request, member, bad, why)
    return pages.redirect(request, f"{AT}?karar")


def waiting(snapshot: Snapshot, registry: Registry) -> list[WaitingForm]:
    book = registry.brands.book(snapshot, registry.store.now()).by_id
    return [WaitingForm(book[brand], version) for brand, version in forms.waiting(snapshot)]


def _near(snapshot: Snapshot, brand: BrandEntry, title: str, site: str) -> list[Lookalike]:
    """What the title resembles besides the brand's own, which was looked at when it was given."""
    return [] if title == brand.title else lookalikes.near(snapshot, brand.company, title, site=site)


def _decide(change: Change, registry: Registry, form: int, action: str, why: str, shown: str) -> None:
    """Errors: BadCompany; ``form-none-waits`` also where another version waits than the one that was shown."""
    sheet = form_pages.sheet_of(change.transaction, registry, form)
    if sheet.seen != shown or action not in (PUBLISH, REFUSE):
        raise BadCompany(f"form {form} is not as it was shown", "form-none-waits")
    if action == PUBLISH:
        asking_actions.publish(change, sheet.brand, form, why)
    else:
        asking_actions.refuse(change, sheet.brand, form, why)
