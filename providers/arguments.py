"""Shared by the commands of companies: naming a brand, error texts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from consents.brands import companies
from consents.brands.companies import BadCompany, KnownBrand
from consents.languages import in_all, mark_in
from consents.registry import Registry
from consents.store import Snapshot

Opener = Callable[[], AbstractContextManager[Registry]]

BRAND = typer.Option("--brand", help="The brand's number (brandCode).")
BrandCode = Annotated[int, BRAND]


def known_brand(snapshot: Snapshot, code: int) -> KnownBrand:
    """Errors: BadCompany with the way to add it."""
    known = companies.known_brand(snapshot, code)
    if known is None:
        raise BadCompany(
            f"there is no brand {code}: add it first (izin brand add --provider … --code {code} --title …)"
        )
    return known


def unwritable(path: Path, fault: OSError) -> str:
    return f"{path}: " + in_all(mark_in("command", "yazılamadı")) + f" ({fault.strerror})"
