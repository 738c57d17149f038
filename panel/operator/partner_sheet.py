"""A partner as the operator's page shows it; what is done to it is ``panel/deeds``."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import companies
from consents.store import Snapshot
from panel.manage import managed_changes
from panel.manage.managed_changes import StaleChange
from providers.callers import api_users, partners
from providers.callers.api_users import Owner, User
from providers.callers.partners import Grant, KnownPartner


class PartnerFile(NamedTuple):
    """A partner, its programs, what it may do, and the brands' titles; both by brandCode."""

    partner: KnownPartner
    users: list[User]
    granted: dict[int, Grant]
    titles: dict[int, str]

    @property
    def seen(self) -> str:
        """The mark of what can be changed."""
        return managed_changes.seen(*self.partner)


def file(snapshot: Snapshot, code: int, now: int) -> PartnerFile:
    """The partner with this integratorCode. Errors: BadCompany."""
    users, granted = api_users.listed(snapshot, Owner.PARTNER, code, now), partners.granted(snapshot, code)
    found = partners.find(snapshot, code)
    assert found is not None  # else the line above has raised
    brands = (companies.known_brand(snapshot, number) for number in granted)
    return PartnerFile(found, users, granted, {brand.code: brand.title for brand in brands if brand})


def check_seen(snapshot: Snapshot, code: int, shown: str) -> None:
    """StaleChange unless a partner is what the form was drawn with."""
    found = partners.find(snapshot, code)
    if found is None:
        raise StaleChange
    managed_changes.unchanged(managed_changes.seen(*found), shown)
