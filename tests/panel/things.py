"""What the numbers in the panel's paths name, made for a company: a line a parameter (``panel/objects.py``)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from sqlalchemy import text as sql

from asking import forms, tills
from asking.forms import FormTexts
from citizen.receipts import data_requests
from citizen.receipts.data_requests import DataRequestKind, NewDataRequest
from consents.brands import companies
from consents.instants import DAY
from consents.people import business_lines, register
from consents.people.business_lines import ClaimContent
from consents.queries.criteria_rows import Criteria
from consents.store import Statement, Transaction
from consents.terms import Channel, Identity
from panel.accounts import invitations
from panel.companies import application_store
from panel.companies.application_store import NewApplication, SizeClass
from panel.exports import export_store
from panel.exports.export_store import ExportKind, NewExport
from panel.lookups import query_form
from panel.rights import Membership, Permission, Role, Staff
from panel.uploads import upload_store
from panel.uploads.upload_store import NewUpload, UploadState
from providers.callers import api_users, partners
from providers.callers.api_users import Owner
from providers.feedback import feedback_hooks
from providers.feedback.events import EventForm
from providers.push import push_connections, push_deliveries
from providers.push.push_connections import PushTarget, WantedConnection
from providers.push.push_deliveries import PostResult
from tests import posting, programs
from tests.panel.office import BRANDS, CINAR, PARTNER, Colleague, Office, Seat, give_app
from web import cookies

_FAILED = Statement(sql("UPDATE outbox SET tries = 2, error = 'TimeoutError' WHERE id = :id"))
USER = Membership(Role.USER, Permission.SEE)


def _colleague(office: Office, code: int) -> int:
    return office.person(f"calisan{code}@example.com", USER, code)


def _invitation(office: Office, code: int) -> int:
    inviter, provider = office.person("davet@example.com", USER, code), office.id_of(code)

    def work(transaction: Transaction) -> int:
        digest = cookies.key(cookies.token())
        keyring, email = office.registry.keyring, "yeni@example.com"
        return invitations.add(transaction, keyring, digest, email, inviter, provider=provider, membership=USER)

    found: int = office.registry.store.write_now(work)
    return found


def _partner(office: Office, code: int) -> int:
    number = 710_000 + next(office.numbers)
    office.registry.store.write_now(partners.add, number, "Örnek İş Ortağı")
    return number


def _partner_person(office: Office, code: int) -> int:
    return office.person(f"ortak{next(office.numbers)}@example.com", Seat(owner=False))


def _partner_invitation(office: Office, code: int) -> int:
    inviter = office.person("sorumlu@example.com", Seat(owner=True))

    def work(transaction: Transaction) -> int:
        digest, keyring = cookies.key(cookies.token()), office.registry.keyring
        partner = partners.number(transaction, PARTNER)
        return invitations.add(transaction, keyring, digest, "yeni@example.com", inviter, partner=partner)

    found: int = office.registry.store.write_now(work)
    return found


def _customer(office: Office, code: int) -> int:
    office.person("sorumlu@example.com", Seat(owner=True))
    return CINAR


def _staff(office: Office, code: int) -> int:
    return office.person("isletmen@example.com", Staff.OPERATOR)


def _own_factor(office: Office, browser: Colleague) -> int:
    from panel.accounts import factors

    give_app(office, browser.number)
    give_app(office, browser.number)
    return office.registry.store.read_now(factors.of, office.registry.keyring, browser.number)[-1].id


def _application(office: Office, code: int) -> int:
    new = NewApplication(
        "basvuran@example.com", "Yeni A.Ş.", "Yeni", "9" * 16, "1" * 10, "Ad Soyad", SizeClass.SMALL, None
    )
    found: int = office.registry.store.write_now(application_store.add, office.registry.keyring, new)
    return found


def _line_claim(office: Office, code: int) -> int:
    def work(transaction: Transaction) -> int:
        keyring = office.registry.keyring
        owner = register.enrol(transaction, keyring, register.person(keyring, "+905320000099"))
        business = business_lines.make(transaction, keyring, owner, "Örnek Ltd.", "1" * 10)
        content = ClaimContent(["+905320000098"], b"%PDF-1.7", "application/pdf")
        return business_lines.claim(transaction, keyring, business, content, proved=False)

    return int(office.registry.store.write_now(work))


def _message(office: Office, code: int) -> int:
    def work(transaction: Transaction) -> int:
        until = transaction.now + DAY
        number = posting.post(
            transaction, office.registry.keyring, kind="sms", to="+905320000009", text="Merhaba", expires_at=until
        )
        transaction.run(_FAILED, {"id": number})
        return number

    return office.registry.store.write_now(work)


def _dealer(office: Office, code: int) -> int:
    def work(transaction: Transaction) -> int:
        return companies.add_dealer(transaction, BRANDS[code][0], "Bayi").code

    found: int = office.registry.store.write_now(work)
    return found


def _program(office: Office, code: int) -> int:
    name = f"program-{secrets.token_hex(8)}"
    office.registry.store.write_now(api_users.add, Owner.PROVIDER, code, name, programs.password(name))
    users = office.registry.store.read_now(api_users.listed, Owner.PROVIDER, code, office.clock.now)
    return next(user.id for user in users if user.username == name)


def _upload(office: Office, code: int) -> int:
    person = office.person("yukleyen@example.com", USER, code)

    def work(transaction: Transaction) -> int:
        brand = companies.known_brand(transaction, BRANDS[code][0])
        assert brand is not None
        new = NewUpload(brand.id, person, "izinler.csv", None, False, 10, 1, b"d" * 32)
        number = upload_store.begin(transaction, office.registry.keyring, new)
        assert upload_store.move(transaction, number, UploadState.RECEIVING, UploadState.CHECKING, person)
        return number

    found: int = office.registry.store.write_now(work)
    return found


def form(office: Office, code: int, *, waits: bool = False) -> int:
    """A form about e-mail, of the company's first brand: a draft, or one that waits for the operator."""

    def work(transaction: Transaction) -> int:
        brand = companies.known_brand(transaction, BRANDS[code][0])
        assert brand is not None
        number = forms.make(transaction, brand.id)
        notice = "https://sirket.example/aydinlatma"
        texts = FormTexts(
            brand.title, forms.bits((Channel.EPOSTA,)), Identity.BIREYSEL.code, "Ayda bir yeni ürün haberi.", notice
        )
        version = forms.draft(transaction, number, texts)
        assert not waits or forms.submit(transaction, number, version)
        return number

    found: int = office.registry.store.write_now(work)
    return found


def _data_request(office: Office, code: int) -> int:
    new = NewDataRequest(DataRequestKind.ERASURE, "+905320000044", "silinsin", "dilekçe", by=1)  # a letter: no limit
    found: int | None = office.registry.store.write_now(data_requests.add, office.registry.keyring, new)
    assert found is not None
    office.registry.store.write_now(data_requests.prove, found)
    return found


def _till(office: Office, code: int) -> int:
    def work(transaction: Transaction) -> int:
        brand = companies.known_brand(transaction, BRANDS[code][0])
        assert brand is not None
        return tills.make(transaction, brand.id, tills.TILL, None, "Kasa 1")[0]

    found: int = office.registry.store.write_now(work)
    return found


def _delivery(office: Office, code: int) -> int:
    """Of the test record."""
    post = PostResult(0, 0, 0, 503, "status 503", 12)
    return office.registry.store.write_now(push_deliveries.note, office.registry.keyring, _push(office, code), post)


def _feedback(office: Office, code: int) -> int:
    def work(transaction: Transaction) -> int:
        brand = companies.known_brand(transaction, BRANDS[code][0])
        assert brand is not None
        form, keyring = EventForm.SES, office.registry.keyring
        number, _ = feedback_hooks.make(transaction, keyring, brand.id, form, "", bounces=True)
        return number

    found: int = office.registry.store.write_now(work)
    return found


def _push(office: Office, code: int) -> int:
    """One connection a brand and channel: a second of the same address is the first."""
    keyring, target = office.registry.keyring, PushTarget("https://crm.example/izin", "izin", "parola")

    def work(transaction: Transaction) -> int:
        brand = companies.known_brand(transaction, BRANDS[code][0])
        assert brand is not None
        push_connections.register(transaction, keyring, brand.id, [WantedConnection(0, target)])
        return push_connections.of_brand(transaction, keyring, brand.id)[0].id

    found: int = office.registry.store.write_now(work)
    return found


def _file(office: Office, code: int, kind: ExportKind) -> int:
    person, brand = office.person("rapor@example.com", USER, code), BRANDS[code][0]

    def work(transaction: Transaction) -> int:
        known = companies.known_brand(transaction, brand)
        assert known is not None
        links = {"channel": "MESAJ", "site": "https://izin.example", "days": 90, "lines": 0}
        kept = query_form.kept([Criteria(known.id)], {}) if kind is ExportKind.CONSENTS else json.dumps(links)
        return export_store.add(transaction, NewExport(known.provider, known.id, person, kept, kind))

    found: int = office.registry.store.write_now(work)
    return found


THINGS: dict[str, Callable[[Office, int], int]] = {
    "application": _application,
    "askedform": lambda office, code: form(office, CINAR, waits=True),
    "datarequest": _data_request,
    "lineclaim": _line_claim,
    "brand": lambda office, code: BRANDS[code][0],
    "colleague": _colleague,
    "customer": _customer,
    "dealer": _dealer,
    "export": lambda office, code: _file(office, code, ExportKind.CONSENTS),
    "form": form,
    "factor": lambda office, code: 987_654,
    "invitation": _invitation,
    "linkfile": lambda office, code: _file(office, code, ExportKind.LINKS),
    "message": _message,
    "partner": _partner,
    "partnerinvitation": _partner_invitation,
    "partnerperson": _partner_person,
    "program": _program,
    "provider": lambda office, code: CINAR,
    "feedback": _feedback,
    "push": _push,
    "delivery": _delivery,
    "staff": _staff,
    "till": _till,
    "upload": _upload,
}
# Of the person who asks himself.
OWN: dict[str, Callable[[Office, Colleague], int]] = {"factor": _own_factor}
