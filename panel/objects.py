"""Objects of the panel's paths: a line a parameter. Other companies' objects are not found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from asking.public import forms, tills
from citizen.public import data_requests
from consents.brands import companies, dealer_records, provider_list
from consents.keys import Keyring
from consents.people import business_lines
from consents.store import Snapshot
from gateways.outbox import parked
from panel.accounts import account_store, factors, invitations, memberships, partner_seats
from panel.companies import application_store
from panel.exports import export_store
from panel.exports.export_store import ExportKind
from panel.rights import Company, Found
from panel.uploads import upload_store
from providers.callers import api_users, partners
from providers.callers.api_users import Owner
from providers.feedback import feedback_hooks
from providers.push import push_connections, push_deliveries


class Asked(NamedTuple):
    """The requester (by number), and their company."""

    person: int
    company: Company | None


# (snapshot, keyring, who asks where, the number) -> what it names there, None where nothing
Finder = Callable[[Snapshot, Keyring, Asked, int], Found | None]


def _brand(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    brand, company = companies.known_brand(snapshot, number), asked.company
    return Found(brand.id, brand.id, brand) if brand and company and brand.provider == company.id else None


def _colleague(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    company = asked.company
    found = memberships.colleague(snapshot, keyring, company.id, number) if company else None
    return Found(number, None, found) if found else None


def _invitation(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found, company = invitations.by_number(snapshot, keyring, number), asked.company
    return Found(number, None, found) if found and found.provider == (company.id if company else None) else None


def _factor(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    own = [one for one in factors.of(snapshot, keyring, asked.person) if one.id == number]
    return Found(number, None, own[0]) if own else None


def _provider(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = provider_list.by_code(snapshot, number)
    return Found(found.id, None, found) if found else None


def _staff(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = account_store.by_number(snapshot, keyring, number)
    return Found(number, None, found) if found and found.staff else None


def _application(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = application_store.by_number(snapshot, keyring, number)
    return Found(number, None, found) if found else None


def _data_request(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = data_requests.find(snapshot, keyring, number)
    return Found(number, None, found) if found else None


def _line_claim(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = business_lines.find_claim(snapshot, keyring, number)
    return Found(number, None, found) if found else None


def _message(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = parked.by_number(snapshot, keyring, number)
    return Found(number, None, found) if found else None


def _dealer(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    brand, provider = dealer_records.home(snapshot, number) or (0, 0)
    if asked.company is None or provider != asked.company.id:
        return None
    dealer = dealer_records.find(snapshot, keyring, brand, number)
    return Found(dealer.id, brand, dealer) if dealer else None


def _asked_form(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    """For the operator's people: of any company."""
    head = forms.find(snapshot, number)
    return Found(head.id, None, head) if head else None


def _form(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    head = forms.find(snapshot, number)
    return Found(head.id, head.brand, head) if head and _owns(snapshot, asked, head.brand) else None


def _till(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = tills.by_id(snapshot, number)
    return Found(found.id, found.brand, found) if found and _owns(snapshot, asked, found.brand) else None


def _owns(snapshot: Snapshot, asked: Asked, brand: int) -> bool:
    return asked.company is not None and provider_list.brand(snapshot, brand).provider == asked.company.id


def _program(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    username = api_users.name_of(snapshot, Owner.PROVIDER, asked.company.id, number) if asked.company else None
    return Found(number, None, username) if username else None


def _partner(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found = partners.find(snapshot, number)
    return Found(found.id, None, found) if found else None


def _partner_person(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    seat = partner_seats.find(snapshot, asked.person)
    people = partner_seats.people(snapshot, keyring, seat.id) if seat else []
    found = next((one for one in people if one.person.id == number), None)
    return Found(number, None, found) if found else None


def _partner_invitation(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    seat, found = partner_seats.find(snapshot, asked.person), invitations.by_number(snapshot, keyring, number)
    return Found(number, None, found) if seat and found and found.partner == seat.id else None


def _customer(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    """A company that gave rights to the partner of the person who asks."""
    seat, found = partner_seats.find(snapshot, asked.person), provider_list.by_code(snapshot, number)
    if seat is None or found is None:
        return None
    brands = {one.id for one in provider_list.brands_of(snapshot, found.id)}
    return None if brands.isdisjoint(partners.grants(snapshot, seat.id)) else Found(found.id, None, found)


def _push(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    brand, company = push_connections.brand_of(snapshot, number), asked.company
    owned = {one.id: one for one in provider_list.brands_of(snapshot, company.id)} if company else {}
    if brand not in owned:
        return None
    made = push_connections.find(snapshot, keyring, number)
    assert made is not None
    if made.whole is None:
        return Found(number, brand, (owned[brand], made))
    return Found(number, None, (owned[brand], made)) if made.whole == number else None


def _feedback(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    found, company = feedback_hooks.by_number(snapshot, keyring, number), asked.company
    owned = {one.id: one for one in provider_list.brands_of(snapshot, company.id)} if company else {}
    return Found(number, found.brand, (owned[found.brand], found)) if found and found.brand in owned else None


def _delivery(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    """With its row of a connection."""
    delivery, company = push_deliveries.find(snapshot, number), asked.company
    brand = push_connections.brand_of(snapshot, delivery.connection) if delivery else None
    owned = {one.id: one for one in provider_list.brands_of(snapshot, company.id)} if company else {}
    if delivery is None or brand not in owned:
        return None
    made = push_connections.find(snapshot, keyring, delivery.connection)
    return Found(number, brand, (owned[brand], made, delivery))


def _upload(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
    """By the number of its load; by its own where it has none, or had another before."""
    brands = [one.id for one in provider_list.brands_of(snapshot, asked.company.id)] if asked.company else []
    found = upload_store.of_number(snapshot, keyring, number, brands)
    return Found(found.id, found.brand, found) if found else None


def _export(kind: ExportKind) -> Finder:
    """Access to one kind of files gives no access to another."""

    def find(snapshot: Snapshot, keyring: Keyring, asked: Asked, number: int) -> Found | None:
        company = asked.company
        found = export_store.find(snapshot, company.id, number, kind) if company else None
        member = memberships.find(snapshot, asked.person, company.id) if found and company else None
        if found is None or (member is not None and not all(map(member.sees, found.brands))):
            return None
        return Found(number, found.brand, found)

    return find


FINDERS: Mapping[str, Finder] = {
    "application": _application,
    "askedform": _asked_form,
    "datarequest": _data_request,
    "lineclaim": _line_claim,
    "brand": _brand,
    "colleague": _colleague,
    "customer": _customer,
    "dealer": _dealer,
    "delivery": _delivery,
    "export": _export(ExportKind.CONSENTS),
    "factor": _factor,
    "feedback": _feedback,
    "form": _form,
    "invitation": _invitation,
    "linkfile": _export(ExportKind.LINKS),
    "message": _message,
    "partner": _partner,
    "partnerinvitation": _partner_invitation,
    "partnerperson": _partner_person,
    "program": _program,
    "provider": _provider,
    "push": _push,
    "staff": _staff,
    "till": _till,
    "upload": _upload,
}
