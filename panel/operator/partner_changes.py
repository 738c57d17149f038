"""What the operator changes of a partner: its name, and whether it may act at all; each noted in the log of acts.

The pages and the commands both call these; ``person`` is None for a command. The rules are ``providers/callers``'.
"""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import companies, company_changes
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.manage import managed_changes
from panel.manage.managed_changes import StaleChange
from providers.callers import api_users, partners
from providers.callers.api_users import Owner, User
from providers.callers.partners import Grant, KnownPartner
from providers.push import partner_rights


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


class ClosedPartner(NamedTuple):
    """How many push connections ended with a partner."""

    pushes: int


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


def rename(transaction: Transaction, keyring: Keyring, person: int | None, code: int, title: str) -> None:
    """Gives a partner another name. Errors: BadCompany."""
    before = partners.rename(transaction, code, title)
    after = partners.find(transaction, code)
    assert after is not None
    if after.title != before.title:
        words = f"partner {code}", before.title, after.title
        panel_acts.record(transaction, keyring, NewAct("partner-renamed", person, None, None, *words))


def close(transaction: Transaction, keyring: Keyring, person: int | None, code: int, why: str) -> ClosedPartner:
    """Closes a partner: from the next call on H521, but for refusals. Errors: BadCompany, also of no reason."""
    why = company_changes.checked(why)
    ended = partner_rights.close(transaction, keyring, code)
    words = f"partner {code}", "active", "closed", why
    panel_acts.record(transaction, keyring, NewAct("partner-closed", person, None, None, *words))
    return ClosedPartner(ended)


def reopen(transaction: Transaction, keyring: Keyring, person: int | None, code: int, why: str) -> None:
    """Opens it again, with the rights that it had; push connections it makes anew. Errors: BadCompany."""
    why = company_changes.checked(why)
    partners.reopen(transaction, code)
    words = f"partner {code}", "closed", "active", why
    panel_acts.record(transaction, keyring, NewAct("partner-reopened", person, None, None, *words))
