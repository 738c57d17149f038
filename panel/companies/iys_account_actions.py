"""Audit entries of the İYS sync, in the transaction of each change. ``provider``: internal id."""

from __future__ import annotations

from consents.brands.companies import KnownBrand
from panel.audit.change import Change

ERRANDS = {"test": "iys-tried", "compare": "iys-compared", "round": "iys-round-asked"}


def set_up(change: Change, provider: int, iys_code: int, username: str) -> None:
    """A provider got its user at İYS, or another user or password, which is not logged."""
    change.note("iys-set-up", f"iys {iys_code}", after=username, provider=provider)


def removed(change: Change, provider: int, iys_code: int, why: str) -> None:
    change.note("iys-removed", f"iys {iys_code}", why=why, provider=provider)


def vouched(change: Change, provider: int, iys_code: int, why: str) -> None:
    change.note("iys-vouched", f"iys {iys_code}", why=why, provider=provider)


def started(change: Change, provider: int) -> None:
    """A provider's sync was started."""
    change.note("iys-started", provider=provider)


def asked(change: Change, provider: int, errand: str) -> None:
    """A request to İYS for a provider. ``errand``: a key of ``ERRANDS``."""
    change.note(ERRANDS[errand], provider=provider)


def dealer_numbered(change: Change, brand: KnownBrand, dealer: int, before: str, after: str) -> None:
    """İYS's number of a dealer (retailerCode here) was set by hand, removed ("-"), or moved from another dealer."""
    change.note("iys-dealer-numbered", f"dealer {dealer}", before, after, brand=brand)


def push_asked(change: Change, brand: KnownBrand, url: str) -> None:
    """İYS was asked to push a brand's changes to this site."""
    change.note("iys-push-asked", f"brand {brand.code}", after=url, brand=brand)
