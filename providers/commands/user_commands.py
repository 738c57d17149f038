"""The commands about users of providers' programs: added, listed, given a new password, ended."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands import api_users
from consents.registry import Registry
from providers.commands import user_store
from providers.commands.user_store import Side

user_app = typer.Typer(help="Users for providers' programs.", no_args_is_help=True)

Provider = Annotated[int, typer.Option("--provider", help="The provider's number (iysCode).")]
Username = Annotated[str, typer.Option(help="Its user name.")]


@user_app.command("add")
def add(context: typer.Context, provider: Provider, username: Username) -> None:
    """Adds a user and prints the password, this once."""
    with context.obj() as registry:
        typer.echo(registry.store.write_now(api_users.add_api_user, provider, username))


@user_app.command("list")
def listing(
    context: typer.Context,
    provider: Provider,
    username: Annotated[str | None, typer.Option(help="This user alone.")] = None,
) -> None:
    """Prints a line for each user: name, since when it has ended, how many sign-ins can be renewed."""
    with context.obj() as registry:
        tell(registry, Side.PROVIDER, provider, username)


@user_app.command("password")
def password(context: typer.Context, provider: Provider, username: Username) -> None:
    """Prints a new password, this once; the old one and every token of the user are good no more, at once."""
    with context.obj() as registry:
        renew(registry, Side.PROVIDER, provider, username)


@user_app.command("end")
def end(context: typer.Context, provider: Provider, username: Username) -> None:
    """Ends a user for good: its password and every token are good no more, at once."""
    with context.obj() as registry:
        finish(registry, Side.PROVIDER, provider, username)


def tell(registry: Registry, side: Side, code: int, username: str | None = None) -> None:
    """Prints the users of one side, tabs between name, state and number of sign-ins."""
    for user in registry.store.read_now(user_store.users, side, code, registry.store.now()):
        if username in (None, user.username):
            state = "active" if user.ended_at is None else f"ended {dates.wire(user.ended_at)}"
            typer.echo(f"{user.username}\t{state}\t{user.tokens}")


def renew(registry: Registry, side: Side, code: int, username: str) -> None:
    """Gives a user a new password and prints it."""
    typer.echo(registry.store.write_now(user_store.renew, side, code, username))
    typer.echo("Eski şifre ve anahtarlar bitti / the old password and its tokens have ended", err=True)


def finish(registry: Registry, side: Side, code: int, username: str) -> None:
    """Ends a user and says how many tokens ended with it."""
    ended = registry.store.write_now(user_store.end, side, code, username)
    typer.echo(f"Kullanıcı kapatıldı, biten anahtar: {ended} / the user has ended, and {ended} tokens with it")
