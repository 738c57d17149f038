"""Options of commands about companies, and how they run an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from consents.registry import Registry
from panel.audit.change import AuditedWork
from providers.arguments import Opener

T = TypeVar("T")
ProviderCode = Annotated[int, typer.Option("--provider", help="The provider's number (iysCode).")]
PartnerCode = Annotated[int, typer.Option("--partner", help="The partner's number (integratorCode).")]
Title = Annotated[str, typer.Option(help="The name citizens read.")]
Reason = Annotated[str, typer.Option(help="Why; it stays with the change, and the company reads it.")]
PartnerReason = Annotated[str, typer.Option(help="Why; it stays with the change.")]  # no company's page shows it
Username = Annotated[str, typer.Option(help="Its user name.")]


def do(
    context: typer.Context,
    action: Callable[..., Any],
    *arguments: Any,
    report: Callable[[Any], None] = lambda answer: None,
) -> Any:
    """The result of an action, run and logged in one transaction; the audit entry has the login, no panel person.
    ``report``: prints what must not be lost, before signing, which may fail."""
    opener: Opener = context.obj
    with opener() as registry:
        answer = run(registry, action, *arguments)
        report(answer)
        return answer


def run(registry: Registry, action: Callable[..., T], *arguments: Any) -> T:
    """The result of ``action(change, *arguments)``, a change by command."""
    return registry.store.write_now(AuditedWork(registry.keyring, None, action), *arguments)
