"""What the overview of a company shows: its brands and its people."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.store import Snapshot
from panel.people import members
from panel.rights import Member, Role


class CompanyFacts(NamedTuple):
    """``brands``: those that whoever asks may see; ``roles``: how many people have each role."""

    mersis: str | None
    brands: list[KnownBrand]
    roles: dict[Role, int]


def of(snapshot: Snapshot, member: Member) -> CompanyFacts:
    """The facts of a company as one of its people, or of the operator's, sees them."""
    company = member.at
    known = provider_list.by_code(snapshot, company.code)
    brands = provider_list.brands_of(snapshot, company.id)
    seen = [brand for brand in brands if member.sees(brand.id)]
    return CompanyFacts(known.mersis if known else None, seen, members.roles(snapshot, company.id))
