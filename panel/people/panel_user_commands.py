"""Commands about the panel's people: the first come by command, the rest by invitation."""

from __future__ import annotations

from typing import Annotated

import typer

import settings
from consents import dates
from consents.brands import provider_list
from consents.brands.companies import BadCompany
from consents.languages import in_all, mark, mark_in
from consents.registry import Registry
from consents.store import Snapshot
from panel.accounts import account_store, factors, memberships, partner_seats, sessions
from panel.audit.change import Change
from panel.command_arguments import do
from panel.people import people_actions
from panel.rights import EVERY_GIVEN, Company, Membership, Permission, Role, Staff
from panel.signin import second_step_limits
from providers.callers import partners

panel_user_app = typer.Typer(help="People of the companies' panel.", no_args_is_help=True)

_RESTS = mark(
    "Bu kişi siteyi işletenlerden: şirketlerdeki yetkileri bu görev sürdükçe askıdadır; şirketin işi için başka bir "
    "e-posta ekleyin"
)
_RIGHTS = {role: EVERY_GIVEN if role is Role.USER else Permission.MEMBER for role in Role}
Email = Annotated[str, typer.Option(help="The person's e-mail.")]
Provider = Annotated[int | None, typer.Option(help="The provider's number (iysCode).")]
Partner = Annotated[int | None, typer.Option(help="The partner's number (integratorCode).")]


@panel_user_app.command("add")
def add(
    context: typer.Context,
    email: Email,
    provider: Provider = None,
    role: Annotated[str, typer.Option(help="owner, manager or user; a user has every right.")] = "owner",
    operator: Annotated[bool, typer.Option("--operator", help="One of the operator's people.")] = False,
    auditor: Annotated[bool, typer.Option("--auditor", help="An auditor, who only reads.")] = False,
    partner: Partner = None,
) -> None:
    """Adds a person, or gives one more, and prints where he signs in."""
    if provider is None and partner is None and not (operator or auditor):
        raise BadCompany("one is missing: --provider N, --partner N, --operator or --auditor")
    if operator and auditor:
        raise BadCompany("an auditor is not one of the operator's people: choose one")
    staff = Staff.OPERATOR if operator else Staff.AUDITOR if auditor else Staff.NONE
    if do(context, _add, email, provider, _role(role), staff, partner):
        typer.echo(in_all(_RESTS), err=True)
    typer.echo(f"{settings.load().public_url}/panel/giris")


@panel_user_app.command("list")
def list_people(context: typer.Context, provider: Provider = None, partner: Partner = None) -> None:
    """Prints a line for each person: e-mail, what he is, where, since when he has ended."""
    with context.obj() as registry:
        if partner is not None:
            for line in registry.store.read_now(_partner_lines, registry, partner):
                typer.echo(line)
            return
        for line in registry.store.read_now(_lines, registry, provider):
            typer.echo(line)


@panel_user_app.command("end")
def end(
    context: typer.Context,
    email: Email,
    provider: Provider = None,
    factor: Annotated[
        bool, typer.Option("--second-step", help="Takes away his second steps alone, because he has lost them.")
    ] = False,
    partner: Partner = None,
) -> None:
    """Ends a person, everywhere or at one provider or partner; his sessions end at once."""
    do(context, _end, email, provider, factor, partner)
    typer.echo(in_all(mark_in("command", "Kapatıldı")))


def _role(word: str) -> Role:
    found = [role for role in Role if role.word == word]
    if not found:
        raise BadCompany("a role is owner, manager or user")
    return found[0]


def _company(snapshot: Snapshot, code: int) -> Company:
    found = provider_list.by_code(snapshot, code)
    if found is None:
        raise BadCompany(f"there is no provider {code}: add it first (izin provider add --code {code} --title …)")
    return Company(*found[:3])


def _add(
    change: Change, email: str, provider: int | None, role: Role, staff: Staff, partner: int | None = None
) -> bool:
    """Whether the person's rights at companies are suspended now."""
    transaction = change.transaction
    company = None if provider is None else _company(transaction, provider)
    known = None if partner is None else partners.number(transaction, partner)
    person = account_store.enrol(transaction, change.keyring, account_store.canonical(email))
    about = f"person {person.id}"
    if staff is not Staff.NONE:
        account_store.set_staff(transaction, person.id, staff)
        if person.staff is not staff:
            change.note("staff-changed", about, _word(person.staff), _word(staff))
    if company is not None:
        was, membership = _stands(transaction, person.id, company), Membership(role, _RIGHTS[role])
        memberships.put(transaction, person.id, company.id, membership)
        if was != (becomes := people_actions.words(membership)):
            change.note("person-added", about, was, becomes, provider=company.id)
    if known is not None:
        if partner_seats.partner_of(transaction, person.id) not in (None, known):
            raise BadCompany("this person works for another partner: end that first (izin panel-user end --partner)")
        partner_seats.put(transaction, person.id, known, role is Role.OWNER)
        change.note("person-added", f"partner {partner}, {about}", after=role.word)
    works = bool(memberships.companies(transaction, person.id)) or known is not None
    return works and (staff is not Staff.NONE or person.staff is not Staff.NONE)


def _end(change: Change, email: str, provider: int | None, factor: bool, partner: int | None = None) -> None:
    transaction = change.transaction
    person = account_store.find(transaction, change.keyring, account_store.canonical(email))
    if person is None:
        raise BadCompany("the panel has nobody with this e-mail: see izin panel-user list")
    about = f"person {person.id}"
    if factor:
        opened = second_step_limits.reset(transaction, person.id)
        if factors.remove_all(transaction, person.id) or opened:
            sessions.end_of(transaction, person.id)
            change.note("factor-removed", about)
        return
    if partner is not None:
        if partner_seats.partner_of(transaction, person.id) != partners.number(transaction, partner):
            raise BadCompany(f"this person does not work for partner {partner}")
        people_actions.leave_partner(change, person.id)
        return
    if provider is not None:
        company = _company(transaction, provider)
        was = _stands(transaction, person.id, company)
        memberships.end(transaction, person.id, company.id)
        people_actions.withdraw_all_by(change, person.id, company.id)
        if was:
            change.note("person-ended", about, was, provider=company.id)
        return
    for company in memberships.companies(transaction, person.id):
        change.note("person-ended", about, _stands(transaction, person.id, company), provider=company.id)
        people_actions.withdraw_all_by(change, person.id, company.id)
    people_actions.withdraw_all_by(change, person.id, None)
    people_actions.leave_partner(change, person.id)
    sessions.end_of(transaction, person.id)
    memberships.end_all(transaction, person.id)
    account_store.end(transaction, person.id)
    if person.ended_at is None:
        change.note("person-ended", about, _word(person.staff))


def _word(staff: Staff) -> str:
    return "" if staff is Staff.NONE else staff.name.lower()


def _stands(snapshot: Snapshot, person: int, company: Company) -> str:
    """Their membership of a company, as the audit log writes it."""
    membership = memberships.find(snapshot, person, company.id)
    return "" if membership is None else people_actions.words(membership)


def _partner_lines(snapshot: Snapshot, registry: Registry, partner: int) -> list[str]:
    people = partner_seats.people(snapshot, registry.keyring, partners.number(snapshot, partner))
    return [f"{one.person.email}\t{'owner' if one.owner else 'user'}\tpartner {partner}\tactive" for one in people]


def _lines(snapshot: Snapshot, registry: Registry, provider: int | None) -> list[str]:
    only = None if provider is None else _company(snapshot, provider).id
    lines = []
    for person in account_store.everybody(snapshot, registry.keyring):
        ended = "active" if person.ended_at is None else f"ended {dates.wire(person.ended_at)}"
        if only is None and person.staff is not Staff.NONE:
            lines.append(f"{person.email}\t{person.staff.name.lower()}\t-\t{ended}")
        places = memberships.companies(snapshot, person.id)
        for company in places:
            member = memberships.find(snapshot, person.id, company.id)
            if only in (None, company.id) and member is not None:
                lines.append(f"{person.email}\t{member.role.word}\t{company.code}\t{ended}")
        if only is None and not places and person.staff is Staff.NONE:
            lines.append(f"{person.email}\t-\t-\t{ended}")
    return lines
