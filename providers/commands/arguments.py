"""What the commands of companies share: their options, and how they reach the registry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from consents.brands import companies
from consents.brands.companies import BadCompany, KnownBrand
from consents.registry import Registry
from consents.store import Snapshot

Opener = Callable[[], AbstractContextManager[Registry]]

ProviderCode = Annotated[int, typer.Option("--provider", help="The provider's number (iysCode).")]
PartnerCode = Annotated[int, typer.Option("--partner", help="The partner's number (integratorCode).")]
BRAND = typer.Option("--brand", help="The brand's number (brandCode).")
BrandCode = Annotated[int, BRAND]
Title = Annotated[str, typer.Option(help="The name citizens read.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]
Username = Annotated[str, typer.Option(help="Its user name.")]


def write(context: typer.Context, work: Callable[..., Any], *arguments: Any) -> Any:
    """What ``work`` answers, done in one transaction of the registry that the command opens."""
    opener: Opener = context.obj
    with opener() as registry:
        return registry.store.write_now(work, *arguments)


def known_brand(snapshot: Snapshot, code: int) -> KnownBrand:
    """The brand, or BadCompany with the way to add it."""
    known = companies.known_brand(snapshot, code)
    if known is None:
        raise BadCompany(
            f"there is no brand {code}: add it first (izin brand add --provider … --code {code} --title …)"
        )
    return known


def unwritable(path: Path, fault: OSError) -> str:
    """The message about a place that no file can be written to."""
    return f"{path}: yazılamadı / cannot be written ({fault.strerror})"
