"""Why something is done to a company, and by whom, as the registry keeps it beside the change."""

from __future__ import annotations

from consents.brands.company_changes import Why
from consents.keys import Keyring


def by(keyring: Keyring, person: int | None, why: str) -> Why:
    """The reason of a person (by number), or of a command (None)."""
    reason = " ".join(why.split())
    return Why(keyring, reason) if person is None else Why(keyring, reason, f"person {person}")
