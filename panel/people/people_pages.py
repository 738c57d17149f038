"""Pages of a company's people: list, invite, change, end, and the second-step rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.brands.companies import BadCompany, KnownBrand
from consents.keys import Keyring
from consents.store import Snapshot
from gateways.outbox import outbox
from panel import form_answers, panel_pages
from panel.accounts import account_store, contacts, invitations, memberships
from panel.accounts.contacts import Contact
from panel.accounts.invitations import Invitation
from panel.accounts.memberships import Colleague
from panel.panel_pages import Confirmation
from panel.people import people_actions
from panel.people.people_actions import ChangeOutcome, Invitee
from panel.rights import GIVEN, Member, Membership, Permission, Role
from web import cookies, forms, pages, process
from web.rendering import texts
from web.rendering.texts import mark

Pairs = Sequence[tuple[str, str]]

NO_EMAIL = mark("Bir e-posta adresi yazın. Örnek: ad@sirket.example")
NO_ROLE = mark("Ne olacağını seçin.")
NO_RIGHT = mark("En az bir yetki seçin.")
NO_BRAND = mark("En az bir marka seçin ya da bütün markaları verin.")
_FAULTS = {
    ChangeOutcome.BEYOND: mark(
        "Kendinizde olmayan bir yetkiyi ya da markayı veremez, sizden yetkili birini değiştiremezsiniz."
    ),
    ChangeOutcome.LAST_OWNER: mark("Son hesap sahibi kaldırılamaz. Önce başka birini hesap sahibi yapın."),
    ChangeOutcome.THERE: mark("Bu kişi zaten şirketinizde."),
    ChangeOutcome.FULL: mark(
        "20 davet bekliyor. Yenisi için birinin kabul edilmesini bekleyin ya da birini geri alın."
    ),
    ChangeOutcome.OFTEN: mark("Bu adrese bugün yeterince davet gitti. Yarın yeniden deneyin."),
    ChangeOutcome.STALE: mark(
        "Siz bakarken başka biri bunu değiştirdi. Şimdi geçerli olan aşağıda; isterseniz yeniden değiştirin."
    ),
}
_END = mark("Erişimi kapat")
_ENDS = (
    mark("{email} için erişim kapatılsın mı?"),
    mark("Bir sonraki tıklamasında {company} sayfalarından çıkar; girdiği diğer şirketlere dokunulmaz."),
    mark("Yaptıkları işlem geçmişinde kalır; yüklediği dosyalar ve kurduğu programlar çalışmaya devam eder."),
    mark("Yeniden girebilmesi için onu yeniden davet etmeniz gerekir."),
)
_EMPTY = Membership(Role.USER, Permission.SEE)


class MembershipForm(NamedTuple):
    """``faults``: (input's id, sentence); ``membership``: as far as it is valid."""

    email: str
    membership: Membership
    version: int
    faults: list[tuple[str, str]]


class PeopleBook(NamedTuple):
    """``titles``: by internal id, of the brands that the reader may see."""

    colleagues: list[Colleague]
    invitations: list[Invitation]
    second_step: bool
    titles: dict[int, str]
    contact: Contact


async def invite_page(request: Request, member: Member) -> Response:
    return await _invite(request, member, MembershipForm("", _EMPTY, 0, []))


async def invite(request: Request, member: Member) -> Response:
    form = await _read(request, member, email=True)
    if form.faults:
        return await _invite(request, member, form)
    state, token = process.of(request), cookies.token()
    whom = Invitee(form.email, token, cookies.key(token), texts.language(request)[0])
    arguments = state.settings, member, whom, form.membership
    outcome = await form_answers.write(request, member, people_actions.invite, *arguments)
    if outcome is not ChangeOutcome.DONE:
        return await _invite(request, member, form._replace(faults=[("email", _FAULTS[outcome])]))
    outbox.arrived(state.registry)
    return pages.redirect(request, f"{member.home}/kullanicilar?davet")


async def set_contact(request: Request, member: Member) -> Response:
    """Sets whom the site's operator calls here."""
    if not form_answers.whole(member):
        return form_answers.not_whole(request, member)
    given = await forms.fields(request)
    try:
        await form_answers.write(request, member, contacts.put, member.at.id, contacts.read(given))
    except BadCompany as bad:
        message = form_answers.sentence(texts.language(request)[0], bad.why)
        return await show(request, member, faults=[(bad.about, message)], given=given)
    return pages.redirect(request, f"{member.home}/kullanicilar?iletisim")


async def withdraw(request: Request, member: Member) -> Response:
    number = member.objects["invitation"].id
    outcome = await form_answers.write(request, member, people_actions.withdraw, member, number)
    if outcome is not ChangeOutcome.DONE:
        return await show(request, member, fault=_FAULTS[outcome])
    return pages.redirect(request, f"{member.home}/kullanicilar?geri")


async def one(request: Request, member: Member) -> Response:
    return await _one(request, member, member.objects["colleague"].what)


async def change(request: Request, member: Member) -> Response:
    """Applies the form; shows the current values after an edit conflict."""
    found = member.objects["colleague"].what
    form = await _read(request, member, email=False)
    if form.faults:
        return await _one(
            request, member, found._replace(membership=form.membership._replace(version=form.version)), form.faults
        )
    arguments = member, found.person.id, form.membership, form.version
    outcome = await form_answers.write(request, member, people_actions.edit, *arguments)
    return await _changed(request, member, outcome, found)


async def sure_of_ending(request: Request, member: Member) -> Response:
    """The confirmation page for ending a colleague's access."""
    found: Colleague = member.objects["colleague"].what
    back = f"{member.home}/kullanicilar/{found.person.id}"
    if member.membership is None or not member.membership.covers(found.membership):
        return pages.redirect(request, back)
    values = {"email": found.person.email, "company": member.at.title}
    question, *effects = ((sentence, values) for sentence in _ENDS)
    return panel_pages.confirmation(request, member, Confirmation(question, effects, _END, back))


async def end(request: Request, member: Member) -> Response:
    found = member.objects["colleague"].what
    outcome = await form_answers.write(request, member, people_actions.end, member, found.person.id)
    return await _changed(request, member, outcome, found)


async def rule(request: Request, member: Member) -> Response:
    asks = await forms.once(request, "second_step") == "1"
    await form_answers.write(request, member, memberships.set_rule, member.at.id, asks)
    return pages.redirect(request, f"{member.home}/kullanicilar?kural")


def book_of(snapshot: Snapshot, keyring: Keyring, member: Member, now: int) -> PeopleBook:
    """A company's people at ``now`` (µs), as one of them sees them."""
    company = member.at
    return PeopleBook(
        memberships.colleagues(snapshot, keyring, company.id),
        invitations.waiting(snapshot, keyring, company.id, now),
        memberships.rule(snapshot, company.id),
        {brand.id: brand.title for brand in memberships.brands(snapshot, member)},
        contacts.find(snapshot, keyring, company.id),
    )


def read_form(pairs: Pairs, brands: Sequence[KnownBrand], *, email: bool) -> MembershipForm:
    """``brands``: those that may be granted; ``email``: whether one is needed."""
    given = dict(pairs)
    faults = []
    address = given.get("email", "")
    if email:
        try:
            address = account_store.canonical(address)
        except BadCompany:
            faults.append(("email", NO_EMAIL))
    role = next((one for one in Role if one.word == given.get("role")), None)
    if role is None:
        faults.append(("role-user", NO_ROLE))
    rights = _rights(pairs) if role in (None, Role.USER) else Permission.MEMBER
    if role is Role.USER and not rights:
        faults.append(("right-see", NO_RIGHT))
    chosen = _ticked(pairs, brands) if given.get("scope") == "some" else None
    if chosen is not None and not chosen:
        faults.append(("scope-some", NO_BRAND))
    number = form_answers.number(given.get("version", ""), 9)
    if role is Role.OWNER:
        chosen = None
    return MembershipForm(address, Membership(role or Role.USER, rights, chosen), number, faults)


def _rights(pairs: Pairs) -> Permission:
    ticked = {value for name, value in pairs if name == "right"}
    found = Permission.MEMBER
    for one in GIVEN:
        if str(one.name).lower() in ticked:
            found |= one
    return found


def _ticked(pairs: Pairs, brands: Sequence[KnownBrand]) -> frozenset[int]:
    ticked = {value for name, value in pairs if name == "brand"}
    return frozenset(brand.id for brand in brands if str(brand.code) in ticked)


async def _changed(request: Request, member: Member, outcome: ChangeOutcome, found: Colleague) -> Response:
    if outcome is ChangeOutcome.DONE:
        return pages.redirect(request, f"{member.home}/kullanicilar?degisti")
    status = 409 if outcome is ChangeOutcome.STALE else 422
    return await _one(request, member, found, [("role-user", _FAULTS[outcome])], status=status)


async def _read(request: Request, member: Member, *, email: bool) -> MembershipForm:
    pairs = await forms.pairs(request, 2000)
    return read_form(pairs, await form_answers.brands(request, member), email=email)


async def show(
    request: Request, member: Member, fault: str = "", faults: Pairs = (), given: Mapping[str, str] = {}
) -> Response:
    state, own = process.of(request), member.membership
    now = state.registry.store.now()
    book = await state.registry.store.read(book_of, state.registry.keyring, member, now)
    done = next(
        (word for word in ("davet", "degisti", "kural", "geri", "iletisim") if word in request.query_params), ""
    )
    return panel_pages.render(
        request,
        member,
        "panel/people/people.html",
        status=422 if fault or faults else 200,
        book=book,
        done=done,
        faults=faults,
        given=given,
        fault=fault and pages.text(request, fault),
        covers=lambda other: own is not None and own.covers(other),
    )


async def _invite(request: Request, member: Member, form: MembershipForm) -> Response:
    return await _form(
        request,
        member,
        "panel/people/invite.html",
        form.faults,
        given=form.email,
        membership=form.membership,
        status=422 if form.faults else 200,
    )


async def _one(request: Request, member: Member, found: Colleague, faults: Any = (), status: int = 0) -> Response:
    own = member.membership
    return await _form(
        request,
        member,
        "panel/people/person.html",
        faults,
        colleague=found,
        membership=found.membership,
        may=own is not None and own.covers(found.membership),
        status=status or (422 if faults else 200),
    )


async def _form(
    request: Request, member: Member, template: str, faults: Any, *, status: int, **context: Any
) -> Response:
    brands = await form_answers.brands(request, member)
    messages = [(place, pages.text(request, sentence)) for place, sentence in faults]
    roles = [role for role in Role if member.membership and role <= member.membership.role]
    return panel_pages.render(
        request,
        member,
        template,
        status=status,
        faults=messages,
        brands=brands,
        roles=roles,
        given_rights=GIVEN,
        **context,
    )
