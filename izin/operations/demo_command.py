"""``izin demo``: invented companies and people for an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import settings
from asking.public import forms, tills
from consents.brands import companies, provider_list
from consents.brands.companies import BadCompany
from consents.channels import OF_CODE
from consents.instants import SECOND
from consents.registry import Registry
from consents.rules import Reconsent
from consents.store import Transaction, clock
from consents.terms import Channel, Identity
from evidence import log, witness
from izin.demo import load as example
from izin.operations.registry import open_registry, witness_of
from panel.accounts import account_store, factors, memberships
from panel.audit.change import Change
from panel.rights import Membership, Permission, Role, Staff
from web.rendering.drawing import PANEL_TRIAL

COMPANY = 600100  # iysCode of the owner's company in izin/demo/brands.csv
BRAND = 600101  # its brand with a till
TILL = "deneme-kasasi"  # the key of that till; no real site serves a demo
_FORM = forms.FormTexts(
    "Çınar",
    forms.bits(tuple(one for one in Channel if not OF_CODE[one.code].mail)),
    Identity.BIREYSEL.code,
    "Haftada bir indirim haberi, ayda en çok bir arama.",
    "Çınar numaranızı yalnız bu haberler için kullanır. Bilgi ve silme: kvkk@cinarpazar.example",
)


def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Prints nothing; data that is there stays.")] = False,
) -> None:
    """Fills an empty database with invented brands and two people to sign in as."""
    chosen = settings.load()
    if (reason := example.refuse_reason(chosen)) is not None:
        if if_empty:
            return
        raise BadCompany(reason)
    reconsent, secret = Reconsent(chosen.reconsent), chosen.secret_key.get_secret_value()
    with open_registry() as current:
        empty = example.is_empty(current)
        if empty:
            _refuse_anothers(current, witness_of(chosen))
            example.load(chosen.direct_url, secret, reconsent, clock())
        if example.holds_demo(current) and not current.store.read_now(account_store.any_person):
            current.store.write_now(add_people, current)
            log.extend(current, witness_of(chosen))
        if example.holds_demo(current):
            current.store.write_now(add_till)
    if not empty and not if_empty:
        raise BadCompany("the database holds data already: the demo is for an empty one")
    if empty and not if_empty:
        typer.echo(example.welcome(chosen.public_url))


def _refuse_anothers(empty: Registry, file: Path) -> None:
    """Rejects the witness file of another database: the records could never be signed."""
    try:
        empty.store.read_now(witness.check, empty.keyring, file)
    except witness.RolledBack:
        raise BadCompany(
            f"nothing was loaded: {file} was left by another database, or by this one before it was emptied. Move that "
            "file away and try again"
        ) from None


def add_till(transaction: Transaction) -> None:
    """Adds a published form and a till that asks it, where there is no till; ``/deneme`` leads to it."""
    brand = companies.known_brand(transaction, BRAND)
    if brand is None or tills.by_key(transaction, TILL) is not None:
        return
    form = forms.make(transaction, brand.id)
    number = forms.draft(transaction, form, _FORM)
    forms.submit(transaction, form, number)
    forms.publish(transaction, form, number)
    tills.make(transaction, brand.id, tills.TILL, form, "Kasa 1", TILL)


def add_people(transaction: Transaction, registry: Registry) -> None:
    """Adds them to a panel without people; the pages of a demo fill in their codes."""
    company = provider_list.by_code(transaction, COMPANY)
    if company is None or account_store.any_person(transaction):
        return
    keyring = registry.keyring
    owner = account_store.enrol(transaction, keyring, PANEL_TRIAL.owner)
    memberships.put(transaction, owner.id, company.id, Membership(Role.OWNER, Permission.MEMBER))
    operator = account_store.enrol(transaction, keyring, PANEL_TRIAL.operator)
    account_store.set_staff(transaction, operator.id, Staff.OPERATOR)
    factors.begin_app(transaction, keyring, operator.id, PANEL_TRIAL.secret)
    # By a code of the step before, so that the one of this step can be typed at once.
    earlier = transaction.now // SECOND // factors.STEP - factors.DRIFT
    factors.prove_app(transaction, keyring, operator.id, factors.code_of(PANEL_TRIAL.secret, earlier))
    for person, provider in ((owner, company.id), (operator, None)):
        Change(transaction, keyring, None).note("person-added", f"person {person.id}", provider=provider)
