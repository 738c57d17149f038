"""Actions on a partner and its rights at brands, for pages and commands, each with its audit entry. ``person``: by
number, None for a command; ``code``: integratorCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from typing import NamedTuple

from consents.brands import companies, company_changes
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from consents.terms import Channel
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from providers.callers import partners
from providers.callers.partners import LEVELS, Grant, KnownPartner
from providers.push import push_connections


class ClosedPartner(NamedTuple):
    pushes: int


def add(transaction: Transaction, keyring: Keyring, person: int | None, code: int, title: str) -> None:
    partners.add(transaction, code, title)
    after = _partner(transaction, code).title
    action = NewAction("partner-added", person, object=f"partner {code}", after=after)
    audit_log.record(transaction, keyring, action)


def rename(transaction: Transaction, keyring: Keyring, person: int | None, code: int, title: str) -> None:
    before = partners.rename(transaction, code, title)
    after = _partner(transaction, code)
    if after.title != before.title:
        words = f"partner {code}", before.title, after.title
        audit_log.record(transaction, keyring, NewAction("partner-renamed", person, None, None, *words))


def close(transaction: Transaction, keyring: Keyring, person: int | None, code: int, why: str) -> ClosedPartner:
    """Closes a partner: H521 from the next call on, except for refusals. Errors: also BadCompany without a reason."""
    why = company_changes.checked(why)
    ended = push_connections.close_partner(transaction, keyring, code)
    words = f"partner {code}", "active", "closed", why
    audit_log.record(transaction, keyring, NewAction("partner-closed", person, None, None, *words))
    return ClosedPartner(ended)


def reopen(transaction: Transaction, keyring: Keyring, person: int | None, code: int, why: str) -> None:
    """Reopens it with its rights; push connections must be made again. Errors: also BadCompany without a reason."""
    why = company_changes.checked(why)
    partners.reopen(transaction, code)
    words = f"partner {code}", "closed", "active", why
    audit_log.record(transaction, keyring, NewAction("partner-reopened", person, None, None, *words))


def grant(
    transaction: Transaction, keyring: Keyring, person: int | None, code: int, brand_code: int, given: Grant
) -> None:
    """Replaces a partner's rights at a brand."""
    brand = companies.known_brand(transaction, brand_code)
    was = "" if brand is None else _may(transaction, code, brand)
    partners.grant(transaction, code, brand_code, given.channels, given.agreements)
    assert brand is not None  # else the line above it has raised
    if was != _words(given):
        _note(transaction, keyring, person, "partner-granted", code, brand, was, _words(given))


def revoke(transaction: Transaction, keyring: Keyring, person: int | None, code: int, brand_code: int) -> int:
    """Removes a partner's rights at a brand; returns how many of its push connections ended."""
    brand = companies.known_brand(transaction, brand_code)
    was = "" if brand is None else _may(transaction, code, brand)
    ended = push_connections.revoke_partner(transaction, keyring, code, brand_code)
    assert brand is not None  # else the line above it has raised
    _note(transaction, keyring, person, "partner-revoked", code, brand, was, "")
    return ended


def _partner(snapshot: Snapshot, code: int) -> KnownPartner:
    found = partners.find(snapshot, code)
    assert found is not None
    return found


def _may(snapshot: Snapshot, code: int, brand: KnownBrand) -> str:
    return next((_words(given) for one, _, given in partners.of_brand(snapshot, brand.id) if one == code), "")


def _words(given: Grant) -> str:
    """As commands print it: arama=read."""
    words = [f"{channel}={LEVELS[given.channels[channel.code]]}".lower() for channel in Channel]
    return " ".join([*words, *(["agreements"] if given.agreements else [])])


def _note(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    what: str,
    code: int,
    brand: KnownBrand,
    before: str,
    after: str,
) -> None:
    action = NewAction(what, person, brand.provider, brand.id, f"partner {code}", before, after)
    audit_log.record(transaction, keyring, action)
