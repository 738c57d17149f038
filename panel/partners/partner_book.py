"""What partners may do with a company's brands, changed by its people, and the company's package."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import packages, provider_list
from consents.brands.companies import KnownBrand
from consents.brands.packages import Subscribed
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel import form_answers
from panel.form_answers import FieldFault, StaleChange, at
from panel.partners import partner_actions
from panel.rights import Member
from providers.callers import partners
from providers.callers.partners import Grant


class BrandPartners(NamedTuple):
    """A brand and the partners that may do something with it: (integratorCode, title, what)."""

    brand: KnownBrand
    granted: list[tuple[int, str, Grant]]

    @property
    def seen(self) -> str:
        """The mark of all that stands."""
        return form_answers.seen(self.brand.code, self.granted)


class PartnerSheet(NamedTuple):
    """The brands that whoever asks may see. ``package``: the company's, None of none; ``below``: up to how many
    addresses a package leads through a partner."""

    brands: list[BrandPartners]
    package: Subscribed | None
    below: int | None

    @property
    def only_through_partners(self) -> bool:
        """Whether the company's programs may not call themselves (H586)."""
        most = None if self.package is None else self.package.package.addresses
        return most is not None and self.below is not None and most <= self.below


class GrantWanted(NamedTuple):
    """What the form says. ``levels``: by channel code, indexes of ``partners.LEVELS``."""

    partner: int
    levels: tuple[int, int, int]
    agreements: bool


def sheet(snapshot: Snapshot, member: Member) -> PartnerSheet:
    """What stands."""
    brands = [one for one in provider_list.brands_of(snapshot, member.at.id) if member.sees(one.id)]
    package = packages.get(snapshot, member.at.id)
    return PartnerSheet([of(snapshot, one) for one in brands], package, packages.through_partners_below(snapshot))


def of(snapshot: Snapshot, brand: KnownBrand) -> BrandPartners:
    """One brand."""
    return BrandPartners(brand, partners.of_brand(snapshot, brand.id))


def grant(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, wanted: GrantWanted, shown: str
) -> None:
    """Lets a partner do this with the brand, in place of what it might before."""
    before = of(transaction, brand)
    form_answers.unchanged(before.seen, shown)
    if wanted.partner not in dict(partners.listed(transaction)):
        raise FieldFault("partner", "partner")
    if not any(wanted.levels):
        raise FieldFault("level-arama", "levels")
    with at("partner"):
        given = Grant(wanted.levels, wanted.agreements)
        partner_actions.grant(transaction, registry.keyring, member.person.id, wanted.partner, brand.code, given)


def revoke(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, partner: int, shown: str
) -> None:
    """Takes all that a partner may do with the brand, with the push connections that it made."""
    before = of(transaction, brand)
    form_answers.unchanged(before.seen, shown)
    if partner not in [code for code, _, _ in before.granted]:
        raise StaleChange
    partner_actions.revoke(transaction, registry.keyring, member.person.id, partner, brand.code)
