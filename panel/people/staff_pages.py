"""The operator's people: list, invite, end."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.store import Snapshot
from gateways.outbox import outbox
from panel import form_answers, panel_pages
from panel.accounts import account_store, invitations
from panel.accounts.account_store import PanelPerson
from panel.accounts.invitations import Invitation
from panel.panel_pages import Confirmation
from panel.people import people_actions
from panel.people.people_actions import ChangeOutcome, Invitee
from panel.people.people_pages import NO_EMAIL, NO_ROLE
from panel.rights import Member, Staff
from web import cookies, forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

PEOPLE = "/panel/isletmen/kisiler"
_ROLES = {"operator": Staff.OPERATOR, "auditor": Staff.AUDITOR}
_FAULTS = {
    ChangeOutcome.THERE: mark("Bu kişi zaten işletmenin kişilerinden."),
    ChangeOutcome.LAST_OWNER: mark("Siteyi işleten son kişi kaldırılamaz."),
    ChangeOutcome.BEYOND: mark("Artık siteyi işletenlerden değilsiniz. Hiçbir şey değişmedi."),
    ChangeOutcome.FULL: mark(
        "20 davet bekliyor. Yenisi için birinin kabul edilmesini ya da süresinin dolmasını bekleyin."
    ),
    ChangeOutcome.OFTEN: mark("Bu adrese bugün yeterince davet gitti. Yarın yeniden deneyin."),
}
_END = mark("Görevini kaldır")
_ENDS = (
    mark("{email} için görev kaldırılsın mı?"),
    mark("Bir sonraki tıklamasında siteyi işletenlerin sayfalarından çıkar; şirketlerdeki yetkilerine dokunulmaz."),
    mark("Yaptıkları işlem geçmişinde kalır."),
    mark("Yeniden girebilmesi için onu yeniden davet etmeniz gerekir."),
)


class StaffBook(NamedTuple):
    people: list[PanelPerson]
    invitations: list[Invitation]


async def invite(request: Request, member: Member) -> Response:
    given = await forms.fields(request)
    typed, staff = given.get("email", ""), _ROLES.get(given.get("staff", ""))
    try:
        email = account_store.canonical(typed)
    except BadCompany:
        return await show(request, member, [("email", NO_EMAIL)], typed)
    if staff is None:
        return await show(request, member, [("staff-operator", NO_ROLE)], typed)
    state, token = process.of(request), cookies.token()
    whom = Invitee(email, token, cookies.key(token), texts.language(request)[0])
    arguments = state.settings, member, whom, staff
    outcome = await form_answers.write(request, member, people_actions.invite_staff, *arguments)
    if outcome is not ChangeOutcome.DONE:
        return await show(request, member, [("email", _FAULTS[outcome])], typed)
    outbox.arrived(state.registry)
    return pages.redirect(request, f"{PEOPLE}?davet")


async def sure_of_ending(request: Request, member: Member) -> Response:
    """The confirmation page for ending a role."""
    question, *effects = ((sentence, {"email": member.objects["staff"].what.email}) for sentence in _ENDS)
    return panel_pages.confirmation(request, member, Confirmation(question, effects, _END, PEOPLE))


async def end(request: Request, member: Member) -> Response:
    outcome = await form_answers.write(request, member, people_actions.end_staff, member, member.objects["staff"].id)
    if outcome is not ChangeOutcome.DONE:
        return await show(request, member, [("email", _FAULTS[outcome])])
    return pages.redirect(request, PEOPLE)


def staff_book(snapshot: Snapshot, keyring: Keyring, now: int) -> StaffBook:
    """The operator's people at ``now`` (µs)."""
    return StaffBook(account_store.staff(snapshot, keyring), invitations.waiting(snapshot, keyring, None, now))


async def show(
    request: Request, member: Member, faults: list[tuple[str, str]] | None = None, given: str = ""
) -> Response:
    registry = process.of(request).registry
    now = registry.store.now()
    return panel_pages.render(
        request,
        member,
        "panel/operator/staff.html",
        status=422 if faults else 200,
        book=await registry.store.read(staff_book, registry.keyring, now),
        faults=[(place, pages.text(request, sentence)) for place, sentence in faults or []],
        given=given,
        done="davet" in request.query_params,
    )
