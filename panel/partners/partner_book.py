"""Partners' rights at a company's brands, changed by its people, and the company's package."""

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
    """A brand and its partners: (integratorCode, title, rights)."""

    brand: KnownBrand
    granted: list[tuple[int, str, Grant]]

    @property
    def seen(self) -> str:
        return form_answers.seen(self.brand.code, self.granted)


class PartnerSheet(NamedTuple):
    """The visible brands. ``package``: the company's, None for none; ``below``: the largest package that needs a
    partner."""

    brands: list[BrandPartners]
    package: Subscribed | None
    below: int | None

    @property
    def only_through_partners(self) -> bool:
        """Whether the company's programs may not call themselves (H586)."""
        most = None if self.package is None else self.package.package.addresses
        return most is not None and self.below is not None and most <= self.below


class GrantWanted(NamedTuple):
    """``levels``: by channel code, indexes of ``partners.LEVELS``."""

    partner: int
    levels: tuple[int, int, int]
    agreements: bool


def sheet(snapshot: Snapshot, member: Member) -> PartnerSheet:
    brands = [one for one in provider_list.brands_of(snapshot, member.at.id) if member.sees(one.id)]
    package = packages.get(snapshot, member.at.id)
    return PartnerSheet([of(snapshot, one) for one in brands], package, packages.through_partners_below(snapshot))


def of(snapshot: Snapshot, brand: KnownBrand) -> BrandPartners:
    return BrandPartners(brand, partners.of_brand(snapshot, brand.id))


def grant(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, wanted: GrantWanted, shown: str
) -> None:
    """Replaces a partner's rights at the brand."""
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
    """Removes a partner's rights at the brand, with its push connections."""
    before = of(transaction, brand)
    form_answers.unchanged(before.seen, shown)
    if partner not in [code for code, _, _ in before.granted]:
        raise StaleChange
    partner_actions.revoke(transaction, registry.keyring, member.person.id, partner, brand.code)
