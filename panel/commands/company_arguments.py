"""What the commands about companies share: their options, and how a change is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from providers.commands.arguments import Opener

ProviderCode = Annotated[int, typer.Option("--provider", help="The provider's number (iysCode).")]
PartnerCode = Annotated[int, typer.Option("--partner", help="The partner's number (integratorCode).")]
Title = Annotated[str, typer.Option(help="The name citizens read.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]
Username = Annotated[str, typer.Option(help="Its user name.")]


def write(context: typer.Context, work: Callable[..., Any], *arguments: Any) -> Any:
    """What ``work`` answers, done in one transaction of the registry that the command opens."""
    opener: Opener = context.obj
    with opener() as registry:
        return registry.store.write_now(work, *arguments)
