"""Commands about users of providers' programs, and shared functions for both sides."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands import provider_list
from consents.brands.companies import BadCompany
from consents.languages import in_all
from consents.registry import Registry
from consents.store import Snapshot
from panel.command_arguments import ProviderCode, Username, do
from panel.programs import program_actions
from providers.arguments import known_brand
from providers.callers import api_users
from providers.callers.api_users import Owner

Networks = Annotated[
    list[str] | None, typer.Option("--network", help="A network, such as 192.0.2.0/24; may be given many times.")
]

Seen = Annotated[
    str | None,
    typer.Option(help="The mark that the list shows: refused where somebody has changed the password since."),
]

user_app = typer.Typer(help="Users for providers' programs.", no_args_is_help=True)


@user_app.command("add")
def add_user(
    context: typer.Context,
    provider: ProviderCode,
    username: Username,
    test: Annotated[
        bool,
        typer.Option("--test", help="A test key, for good: it signs in to /sandbox alone; its name begins with test_."),
    ] = False,
) -> None:
    """Adds a user and prints the password, this once."""
    add(context, Owner.PROVIDER, provider, username, test)


@user_app.command("list")
def list_users(
    context: typer.Context,
    provider: ProviderCode,
    username: Annotated[str | None, typer.Option(help="This user alone.")] = None,
) -> None:
    """Prints a line for each user: name, since when it has ended, how many sign-ins can be renewed, its last call, from
    which networks it may call, a mark of its password, which another password changes, and what it may do."""
    with context.obj() as registry:
        show(registry, Owner.PROVIDER, provider, username)


@user_app.command("password")
def renew_password(context: typer.Context, provider: ProviderCode, username: Username, seen: Seen = None) -> None:
    """Prints a new password, this once; the old one and every token of the user are good no more, at once."""
    renew(context, Owner.PROVIDER, provider, username, seen)


@user_app.command("end")
def end_user(context: typer.Context, provider: ProviderCode, username: Username) -> None:
    """Ends a user for good: its password and every token are good no more, at once."""
    end(context, Owner.PROVIDER, provider, username)


@user_app.command("networks")
def allow_networks(
    context: typer.Context, provider: ProviderCode, username: Username, network: Networks = None
) -> None:
    """Sets from which networks a user may call, in place of those before; without any: from anywhere."""
    allow(context, Owner.PROVIDER, provider, username, network)


@user_app.command("rights")
def limit_user(
    context: typer.Context,
    provider: ProviderCode,
    username: Username,
    reads_only: Annotated[bool, typer.Option("--reads-only", help="It may read, and record nothing.")] = False,
    brand: Annotated[
        list[int] | None, typer.Option("--brand", help="A brand's number (brandCode); may be given many times.")
    ] = None,
) -> None:
    """Sets what a user may do, in place of what it might before; without --brand: at all brands, also later ones."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        chosen = None if not brand else {_brand(snapshot, provider, code) for code in brand}
    do(context, program_actions.limit, provider, username, reads_only, chosen)
    typer.echo(in_all("Bir sonraki çağrıda geçerli"), err=True)


def _brand(snapshot: Snapshot, provider: int, code: int) -> int:
    known = known_brand(snapshot, code)
    if provider_list.by_id(snapshot, [known.provider])[0].code != provider:
        raise BadCompany(f"provider {provider} has no brand {code}: see izin brand list")
    return known.id


def add(context: typer.Context, owner: Owner, code: int, username: str, test: bool = False) -> None:
    """Adds a user and prints its password."""
    do(
        context,
        program_actions.add,
        owner,
        code,
        username,
        api_users.new_password(),
        test,
        report=lambda added: typer.echo(added[1]),
    )


def allow(context: typer.Context, owner: Owner, code: int, username: str, allowed: list[str] | None) -> None:
    """Sets from which networks a user may call."""
    do(context, program_actions.allow, owner, code, username, allowed or [])
    typer.echo(in_all("Bir sonraki çağrıda geçerli"), err=True)


def show(registry: Registry, owner: Owner, code: int, username: str | None = None) -> None:
    """Prints users of a provider or partner, tabs between the fields; a partner's rights are those of its grants."""
    for user in registry.store.read_now(api_users.listed, owner, code, registry.store.now()):
        if username in (None, user.username):
            state = "active" if user.ended_at is None else f"ended {dates.wire(user.ended_at)}"
            used = "-" if user.used_at is None else dates.wire(user.used_at)
            mark = user.password if user.ended_at is None else "-"
            fields = [user.username, state, str(user.tokens), used, " ".join(user.networks) or "-", mark]
            if owner is Owner.PROVIDER:
                fields.append(registry.store.read_now(program_actions.rights_of, user))
            typer.echo("\t".join(fields))


def renew(context: typer.Context, owner: Owner, code: int, username: str, seen: str | None) -> None:
    """Gives a user a new password and prints it."""
    do(context, program_actions.renew, owner, code, username, api_users.new_password(), seen, report=typer.echo)
    typer.echo(in_all("Eski şifre ve anahtarlar bitti"), err=True)


def end(context: typer.Context, owner: Owner, code: int, username: str) -> None:
    """Ends a user and prints how many tokens ended with it."""
    ended = do(context, program_actions.end, owner, code, username)
    typer.echo(in_all("Kullanıcı kapatıldı, biten anahtar: {ended}", ended=ended))
