"""The commands that change a partner itself; what it may do with brands is ``providers/commands``."""

from __future__ import annotations

from typing import Annotated

import typer

from panel.operator import partner_changes
from providers.commands.arguments import PartnerCode, Reason

_IN_FORCE = "Bir sonraki çağrıda geçerli / in force at the next call"


def rename(
    context: typer.Context, partner: PartnerCode, title: Annotated[str, typer.Option(help="Its new name.")]
) -> None:
    """Gives a partner another name, noted in the log of acts."""
    with context.obj() as registry:
        registry.store.write_now(partner_changes.rename, registry.keyring, None, partner, title)


def close(context: typer.Context, partner: PartnerCode, reason: Reason) -> None:
    """Ends a partner, at once in every process (H521), with its push connections. Refusals it reports are recorded."""
    with context.obj() as registry:
        ended = registry.store.write_now(partner_changes.close, registry.keyring, None, partner, reason)
    typer.echo(f"Kapatıldı, biten bağlantı: {ended.pushes} / closed, push connections ended: {ended.pushes}")
    typer.echo(_IN_FORCE, err=True)


def reopen(context: typer.Context, partner: PartnerCode, reason: Reason) -> None:
    """Opens a closed partner again, with the rights that it had."""
    with context.obj() as registry:
        registry.store.write_now(partner_changes.reopen, registry.keyring, None, partner, reason)
    typer.echo(_IN_FORCE, err=True)
