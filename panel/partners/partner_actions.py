"""Actions on a partner and its rights at brands, for pages and commands, each with its audit entry. ``code``:
integratorCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import companies, company_changes
from consents.brands.companies import KnownBrand
from consents.store import Snapshot
from consents.terms import Channel
from panel.audit.change import Change
from providers.callers import partners
from providers.callers.partners import LEVELS, Grant, KnownPartner
from providers.push import push_connections


class ClosedPartner(NamedTuple):
    pushes: int


def add(change: Change, code: int, title: str) -> None:
    partners.add(change.transaction, code, title)
    change.note("partner-added", f"partner {code}", after=_partner(change.transaction, code).title)


def rename(change: Change, code: int, title: str) -> None:
    before = partners.rename(change.transaction, code, title)
    after = _partner(change.transaction, code)
    if after.title != before.title:
        change.note("partner-renamed", f"partner {code}", before.title, after.title)


def close(change: Change, code: int, why: str) -> ClosedPartner:
    """Closes a partner: from now on its calls get H521; it may still send RET. Errors: BadCompany, also without a
    reason."""
    why = company_changes.checked(why)
    ended = push_connections.close_partner(change.transaction, change.keyring, code)
    change.note("partner-closed", f"partner {code}", "active", "closed", why)
    return ClosedPartner(ended)


def reopen(change: Change, code: int, why: str) -> None:
    """Reopens it with its rights; push connections must be made again. Errors: also BadCompany without a reason."""
    why = company_changes.checked(why)
    partners.reopen(change.transaction, code)
    change.note("partner-reopened", f"partner {code}", "closed", "active", why)


def grant(change: Change, code: int, brand_code: int, rights: Grant) -> None:
    """Replaces a partner's rights at a brand."""
    brand = companies.known_brand(change.transaction, brand_code)
    before = "" if brand is None else _rights_text(change.transaction, code, brand)
    after = _grant_text(rights)
    partners.grant(change.transaction, code, brand_code, rights.channels, rights.agreements, rights.via)
    assert brand is not None  # else the line above it has raised
    if before != after:
        change.note("partner-granted", f"partner {code}", before, after, brand=brand)


def revoke(change: Change, code: int, brand_code: int) -> int:
    """Removes a partner's rights at a brand; returns how many of its push connections ended."""
    brand = companies.known_brand(change.transaction, brand_code)
    was = "" if brand is None else _rights_text(change.transaction, code, brand)
    ended = push_connections.revoke_partner(change.transaction, change.keyring, code, brand_code)
    assert brand is not None  # else the line above it has raised
    change.note("partner-revoked", f"partner {code}", was, brand=brand)
    return ended


def _partner(snapshot: Snapshot, code: int) -> KnownPartner:
    found = partners.find(snapshot, code)
    assert found is not None
    return found


def _rights_text(snapshot: Snapshot, code: int, brand: KnownBrand) -> str:
    return next((_grant_text(rights) for one, _, rights in partners.of_brand(snapshot, brand.id) if one == code), "")


def _grant_text(rights: Grant) -> str:
    """As commands print it: arama=read."""
    words = [f"{channel}={LEVELS[rights.channels[channel.code]]}".lower() for channel in Channel]
    return " ".join([*words, *partners.switches(rights)])
