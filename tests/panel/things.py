"""What the numbers in the panel's paths name, made for a company: a line a parameter (``panel/objects.py``)."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text as sql

from consents.instants import DAY
from consents.store import Statement, Transaction
from gateways.outbox import outbox
from panel.joining import applications
from panel.joining.applications import NewApplication, SizeClass
from panel.people import invitations
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.office import BRANDS, CINAR, Colleague, Office, give_app
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


def _staff(office: Office, code: int) -> int:
    return office.person("isletmen@example.com", Staff.OPERATOR)


def _own_factor(office: Office, browser: Colleague) -> int:
    from panel.entry import factors

    give_app(office, browser.number)
    give_app(office, browser.number)
    return office.registry.store.read_now(factors.of, office.registry.keyring, browser.number)[-1].id


def _application(office: Office, code: int) -> int:
    new = NewApplication(
        "basvuran@example.com", "Yeni A.Ş.", "Yeni", "9" * 16, "1" * 10, "Ad Soyad", SizeClass.SMALL, None
    )
    found: int = office.registry.store.write_now(applications.add, office.registry.keyring, new)
    return found


def _message(office: Office, code: int) -> int:
    def work(transaction: Transaction) -> int:
        until = transaction.now + DAY
        number = outbox.post(
            transaction, office.registry.keyring, kind="sms", to="+905320000009", text="Merhaba", expires_at=until
        )
        transaction.run(_FAILED, {"id": number})
        return number

    return office.registry.store.write_now(work)


THINGS: dict[str, Callable[[Office, int], int]] = {
    "application": _application,
    "brand": lambda office, code: BRANDS[code][0],
    "colleague": _colleague,
    "factor": lambda office, code: 987_654,
    "invitation": _invitation,
    "message": _message,
    "provider": lambda office, code: CINAR,
    "staff": _staff,
}
# Of the person who asks himself.
OWN: dict[str, Callable[[Office, Colleague], int]] = {"factor": _own_factor}
