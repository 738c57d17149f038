"""The line in the log of acts about short links that somebody takes for a list of addresses."""

from __future__ import annotations

from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.store import Transaction
from consents.terms import Channel
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct


def minted(
    transaction: Transaction,
    keyring: Keyring,
    person: int | None,
    brand: KnownBrand,
    channel: Channel,
    lines: int | None,
) -> None:
    """Noted before the first link is handed out. ``lines``: of the list, None where nobody can tell beforehand."""
    after = f"{channel}" if lines is None else f"{channel} {lines}"
    deed = NewAct("links-minted", person, brand.provider, brand.id, f"brand {brand.code}", after=after)
    panel_acts.record(transaction, keyring, deed)
