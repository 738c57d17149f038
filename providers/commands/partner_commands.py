"""The commands about partners: who they are, who signs in for them, what providers let them do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consents.brands import api_users
from consents.terms import Channel
from providers.callers.token_store import LEVELS
from providers.commands import user_commands, user_store
from providers.commands.user_store import Side

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
    _write(context, api_users.add_partner, code, title)
    typer.echo(code)


@partner_app.command("user")
def add_user(
    context: typer.Context, partner: Code, username: Annotated[str, typer.Option(help="Its user name.")]
) -> None:
    """Adds a user for the partner's program and prints the password, this once."""
    typer.echo(_write(context, api_users.add_partner_user, partner, username))


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
    _write(context, api_users.grant, partner, brand, levels, agreements)


@partner_app.command("revoke")
def revoke(
    context: typer.Context,
    partner: Code,
    brand: Annotated[int, typer.Option(help="The brand's number (brandCode).")],
) -> None:
    """Takes all that a partner may do with a brand, at once; the push connections that it made end too."""
    with context.obj() as registry:
        ended = registry.store.write_now(user_store.revoke, registry.keyring, partner, brand)
    typer.echo(f"Yetki alındı, biten bağlantı: {ended} / the right was taken, and {ended} push connections ended")


@partner_app.command("password")
def password(
    context: typer.Context, partner: Code, username: Annotated[str, typer.Option(help="Its user name.")]
) -> None:
    """Prints a new password of a user, this once; the old one and its tokens are good no more, at once."""
    with context.obj() as registry:
        user_commands.renew(registry, Side.PARTNER, partner, username)


@partner_app.command("end")
def end(context: typer.Context, partner: Code, username: Annotated[str, typer.Option(help="Its user name.")]) -> None:
    """Ends a user for good: its password and every token are good no more, at once."""
    with context.obj() as registry:
        user_commands.finish(registry, Side.PARTNER, partner, username)


@partner_app.command("list")
def listing(
    context: typer.Context,
    partner: Annotated[int | None, typer.Option(help="Its users and what it may do, and no list of partners.")] = None,
) -> None:
    """Prints the partners (number, title); of one partner its users and, by brand, what it may do."""
    with context.obj() as registry:
        if partner is None:
            for code, title in registry.store.read_now(user_store.partners):
                typer.echo(f"{code}\t{title}")
            return
        user_commands.tell(registry, Side.PARTNER, partner)
        for one in registry.store.read_now(user_store.granted, partner):
            words = [f"{channel}={LEVELS[one.levels[channel.code]]}" for channel in Channel]
            typer.echo("\t".join([str(one.brand), *words, *(["agreements"] if one.agreements else [])]))


def _level(text: str) -> int:
    if text not in LEVELS:
        raise typer.BadParameter(f"{text}: none, read or write")
    return LEVELS.index(text)


def _write(context: typer.Context, work: Any, *arguments: Any) -> Any:
    with context.obj() as registry:
        return registry.store.write_now(work, *arguments)
