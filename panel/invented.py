"""Invented people of a demo's panel: a company's owner, and the operator."""

from __future__ import annotations

from consents.brands import provider_list
from consents.instants import SECOND
from consents.registry import Registry
from consents.store import Transaction
from panel.accounts import account_store, factors, memberships
from panel.audit.change import Change
from panel.rights import Membership, Permission, Role, Staff
from web.trial import PANEL

COMPANY = 600100  # iysCode of the owner's company in izin/demo/brands.csv


def add(transaction: Transaction, registry: Registry) -> None:
    """Adds them to a panel without people. ``/panel/deneme`` shows the codes of the operator's app."""
    company = provider_list.by_code(transaction, COMPANY)
    if company is None or account_store.any_person(transaction):
        return
    keyring = registry.keyring
    owner = account_store.enrol(transaction, keyring, PANEL.owner)
    memberships.put(transaction, owner.id, company.id, Membership(Role.OWNER, Permission.MEMBER))
    operator = account_store.enrol(transaction, keyring, PANEL.operator)
    account_store.set_staff(transaction, operator.id, Staff.OPERATOR)
    factors.begin_app(transaction, keyring, operator.id, PANEL.secret)
    # By a code of the step before, so that the one of this step can be typed at once.
    earlier = transaction.now // SECOND // factors.STEP - factors.DRIFT
    factors.prove_app(transaction, keyring, operator.id, factors.code_of(PANEL.secret, earlier))
    for person, provider in ((owner, company.id), (operator, None)):
        Change(transaction, keyring, None).note("person-added", f"person {person.id}", provider=provider)
