"""The commands about partners: who they are, who signs in for them, what providers let them do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consents import programs
from providers.token_store import LEVELS

partner_app = typer.Typer(help="Partners (iş ortağı) that act for providers.", no_args_is_help=True)

Code = Annotated[int, typer.Option("--partner", help="The partner's number (integratorCode).")]
Level = Annotated[str, typer.Option(help="none, read or write.")]


@partner_app.command("add")
def add(
    context: typer.Context,
    code: Annotated[int, typer.Option(help="Its İYS number (integratorCode).")],
    title: Annotated[str, typer.Option(help="Its name.")],
) -> None:
    """Adds a partner and prints its number."""
    _write(context, programs.add_partner, code, title)
    typer.echo(code)


@partner_app.command("user")
def add_user(
    context: typer.Context, partner: Code, username: Annotated[str, typer.Option(help="Its user name.")]
) -> None:
    """Adds a user for the partner's program and prints the password, this once."""
    typer.echo(_write(context, programs.add_partner_user, partner, username))


@partner_app.command("grant")
def grant(
    context: typer.Context,
    partner: Code,
    brand: Annotated[int, typer.Option(help="The brand's number (brandCode).")],
    arama: Level = "none",
    mesaj: Level = "none",
    eposta: Level = "none",
    agreements: Annotated[bool, typer.Option("--agreements", help="Its day reports and their agreement too.")] = False,
) -> None:
    """Lets a partner read or write the consents of a brand, in place of what it might before."""
    levels = tuple(_level(text) for text in (arama, mesaj, eposta))
    _write(context, programs.grant, partner, brand, levels, agreements)


def _level(text: str) -> int:
    if text not in LEVELS:
        raise typer.BadParameter(f"{text}: none, read or write")
    return LEVELS.index(text)


def _write(context: typer.Context, work: Any, *arguments: Any) -> Any:
    with context.obj() as registry:
        return registry.store.write_now(work, *arguments)
