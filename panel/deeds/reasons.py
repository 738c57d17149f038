"""Why something is done to a company, and by whom, as the registry keeps it beside the change."""

from __future__ import annotations

from consents.brands.company_changes import Why


def by(person: int | None, why: str) -> Why:
    """The reason of a person (by number), or of a command (None)."""
    said = " ".join(why.split())
    return Why(said) if person is None else Why(said, f"person {person}")
