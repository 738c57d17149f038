"""Data of the operator's pages: applications, providers, the operator's people."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from consents.brands import lookalikes, packages, provider_list, provider_states
from consents.brands.companies import KnownBrand
from consents.brands.lookalikes import Lookalike
from consents.brands.packages import Subscribed
from consents.brands.provider_states import ListedProvider
from consents.keys import Keyring
from consents.store import Snapshot
from panel import form_answers
from panel.accounts import account_store, invitations, memberships
from panel.accounts.account_store import PanelPerson
from panel.accounts.invitations import Invitation
from panel.accounts.memberships import Colleague
from panel.companies import application_store
from panel.companies.application_store import Application
from providers.callers import partners


class Desk(NamedTuple):
    waiting: list[Application]
    decided: list[Application]
    providers: int


class NearApplication(NamedTuple):
    """What an application resembles: names, other applications with its MERSİS number."""

    names: list[Lookalike]
    others: list[Application]


class ProviderSheet(NamedTuple):
    """A provider as the operator sees it."""

    provider: ListedProvider
    brands: list[KnownBrand]
    people: list[Colleague]
    package: Subscribed | None

    @property
    def seen(self) -> str:
        """The mark of the package."""
        return form_answers.seen(self.package and (self.package.package.name, self.package.since))


class StaffBook(NamedTuple):
    people: list[PanelPerson]
    invitations: list[Invitation]


def desk(snapshot: Snapshot, keyring: Keyring) -> Desk:
    waiting, decided = application_store.waiting(snapshot, keyring), application_store.decided(snapshot, keyring)
    return Desk(waiting, decided, len(provider_list.list_all(snapshot)))


def partner_title(snapshot: Snapshot, application: Application) -> str:
    """The partner a company wants; "" for none."""
    if application.partner is None:
        return ""
    return next((one.title for one in partners.list_all(snapshot) if one.id == application.partner), "")


def near(snapshot: Snapshot, keyring: Keyring, application: Application, site: str) -> NearApplication:
    """Names that an application resembles, and open ones with its MERSİS number."""
    found = [*lookalikes.near(snapshot, 0, application.title, site=site)]
    found += lookalikes.near(snapshot, 0, application.brand, site=site)
    others = [
        one for one in application_store.of_mersis(snapshot, keyring, application.mersis) if one.id != application.id
    ]
    return NearApplication(list(dict.fromkeys(found)), others)


def contested(waiting: list[Application]) -> list[Application]:
    """Open applications that share a MERSİS number, side by side."""
    many = {number for number, count in Counter(one.mersis for one in waiting).items() if count > 1}
    return sorted((one for one in waiting if one.mersis in many), key=lambda one: (one.mersis, one.id))


def provider(snapshot: Snapshot, keyring: Keyring, code: int) -> ProviderSheet:
    listed = next(one for one in provider_states.listed(snapshot, keyring) if one.code == code)
    known = provider_list.by_code(snapshot, code)
    assert known is not None
    brands = provider_list.brands_of(snapshot, known.id)
    return ProviderSheet(
        listed, brands, memberships.colleagues(snapshot, keyring, known.id), packages.get(snapshot, known.id)
    )


def staff(snapshot: Snapshot, keyring: Keyring, now: int) -> StaffBook:
    """The operator's people at ``now`` (µs)."""
    return StaffBook(account_store.staff(snapshot, keyring), invitations.waiting(snapshot, keyring, None, now))
