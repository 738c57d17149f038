"""The invented people of a demo's panel: the owner of one of its companies, and the operator."""

from __future__ import annotations

from consents.brands import provider_list
from consents.instants import SECOND
from consents.registry import Registry
from consents.store import Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.entry import factors, totp
from panel.people import members, panel_users
from panel.rights import Membership, Permission, Role, Staff
from web.trial import PANEL

COMPANY = 600100  # iysCode of the owner's company in demo/brands.csv


def add(transaction: Transaction, registry: Registry) -> None:
    """Adds them where the panel has nobody yet. The operator's app is set up: ``/panel/deneme`` shows its codes."""
    company = provider_list.by_code(transaction, COMPANY)
    if company is None or panel_users.any_person(transaction):
        return
    keyring = registry.keyring
    owner = panel_users.enrol(transaction, keyring, PANEL.owner)
    members.put(transaction, owner.id, company.id, Membership(Role.OWNER, Permission.MEMBER))
    operator = panel_users.enrol(transaction, keyring, PANEL.operator)
    panel_users.set_staff(transaction, operator.id, Staff.OPERATOR)
    factors.begin_app(transaction, keyring, operator.id, PANEL.secret)
    # By a code of the step before, so that the one of this step can be typed at once.
    earlier = transaction.now // SECOND // totp.STEP - totp.DRIFT
    factors.prove_app(transaction, keyring, operator.id, totp.code_of(PANEL.secret, earlier))
    for person, provider in ((owner, company.id), (operator, None)):
        deed = NewAct("person-added", None, provider, object=f"person {person.id}")
        panel_acts.record(transaction, keyring, deed)
