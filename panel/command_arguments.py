"""What the commands about companies share: their options, and how what they do is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from providers.commands.arguments import Opener

ProviderCode = Annotated[int, typer.Option("--provider", help="The provider's number (iysCode).")]
PartnerCode = Annotated[int, typer.Option("--partner", help="The partner's number (integratorCode).")]
Title = Annotated[str, typer.Option(help="The name citizens read.")]
Reason = Annotated[str, typer.Option(help="Why; it stays with the change, and the company reads it.")]
PartnerReason = Annotated[str, typer.Option(help="Why; it stays with the change.")]  # no company's page shows it
Username = Annotated[str, typer.Option(help="Its user name.")]


def do(
    context: typer.Context,
    deed: Callable[..., Any],
    *arguments: Any,
    say: Callable[[Any], None] = lambda answer: None,
) -> Any:
    """What a deed of ``panel/deeds`` answers, done and noted in one transaction of the registry that the command opens.

    In the log of acts it is nobody's of the panel: its evidence has the login that typed it. ``say``: prints of the
    answer what would be lost with it, before the log is signed, which may fail.
    """
    opener: Opener = context.obj
    with opener() as registry:
        answer = registry.store.write_now(deed, registry.keyring, None, *arguments)
        say(answer)
        return answer
