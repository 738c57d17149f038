"""Commands about brands: add, rename, name, close; their own numbers."""

from __future__ import annotations

from typing import Annotated

import typer

import settings
from consents.brands import brand_changes, companies
from consents.brands.companies import BadCompany
from consents.store import Snapshot
from optout import public as optout
from panel.brands import brand_actions
from panel.command_arguments import ProviderCode, Reason, Title, do
from providers.arguments import BrandCode, Opener, known_brand

brand_app = typer.Typer(help="Brands of a provider.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Option("--name", help="A short name; may be given three times.")]
Headers = Annotated[list[str] | None, typer.Option("--header", help="A registered header; may be given many times.")]
_CLEARED = Annotated[bool, typer.Option("--none", help="It has none from now on.")]


@brand_app.command("add")
def add_brand(
    context: typer.Context,
    provider: ProviderCode,
    code: Annotated[int, typer.Option(help="The brand's number (brandCode); the master brand has its provider's.")],
    title: Title,
    name: Annotated[list[str] | None, typer.Option(help="A short name for SMS, at most three.")] = None,
    header: Annotated[list[str] | None, typer.Option(help="A registered SMS header.")] = None,
) -> None:
    """Adds a brand and prints its number."""
    do(context, brand_actions.add, provider, code, title, name or (), header or ())
    typer.echo(code)


@brand_app.command("rename")
def rename_brand(context: typer.Context, brand: BrandCode, title: Title, reason: Reason) -> None:
    """Gives a brand another title; people's lists show it at once."""
    do(context, brand_actions.rename, brand, title, reason)


@brand_app.command("close")
def close_brand(context: typer.Context, brand: BrandCode, reason: Reason) -> None:
    """Closes a brand: it takes refusals as before, and no consent any more."""
    do(context, brand_actions.close, brand, reason)


@brand_app.command("reopen")
def reopen_brand(context: typer.Context, brand: BrandCode, reason: Reason) -> None:
    """Opens a closed brand again."""
    do(context, brand_actions.reopen, brand, reason)


@brand_app.command("names")
def brand_names(
    context: typer.Context, brand: BrandCode, name: Names = None, none: _CLEARED = False, reason: Reason = ""
) -> None:
    """Prints the names that a brand has in an SMS; with --name and --reason it has these instead."""
    if name or none:
        do(context, brand_actions.set_names, brand, name or [], reason)
    _print(context, brand, header=False)


@brand_app.command("headers")
def brand_headers(
    context: typer.Context, brand: BrandCode, header: Headers = None, none: _CLEARED = False, reason: Reason = ""
) -> None:
    """Prints a brand's registered SMS headers; with --header and --reason it has these instead."""
    if header or none:
        do(context, brand_actions.set_headers, brand, header or [], reason)
    _print(context, brand, header=True)


@brand_app.command("list")
def list_brands(context: typer.Context, provider: ProviderCode) -> None:
    """Prints a line for each brand of a provider: number, title, open or closed, names, headers; tabs between."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        if companies.provider_id(snapshot, provider) is None:
            raise BadCompany(f"there is no provider {provider}")
        for one in registry.brands.book(snapshot, registry.store.now()).company(provider):
            names = [" ".join(kind) or "-" for kind in brand_changes.names(snapshot, one.id)]
            typer.echo("\t".join([str(one.code), one.title, "closed" if one.closed else "open", *names]))


def _print(context: typer.Context, brand: int, *, header: bool) -> None:
    def read(snapshot: Snapshot) -> list[str]:
        return brand_changes.names(snapshot, known_brand(snapshot, brand).id)[header]

    with context.obj() as registry:
        for name in registry.store.read_now(read):
            typer.echo(name)


@brand_app.command("number")
def number(
    context: typer.Context,
    brand: BrandCode,
    number: Annotated[str, typer.Option(help="The number, with its country, or the short code.")],
) -> None:
    """Makes a number the brand's own: a RET written to it needs no name. Prints it as it is kept."""
    shared = settings.load().shared_numbers
    do(context, brand_actions.add_number, brand, number, shared, report=typer.echo)


@brand_app.command("numbers")
def numbers(
    context: typer.Context,
    brand: BrandCode,
    remove: Annotated[str | None, typer.Option(help="This one is the brand's own no more.")] = None,
) -> None:
    """Prints the brand's own numbers; adding one is: izin brand number."""
    if remove is not None:
        do(context, brand_actions.remove_number, brand, remove)

    def read(snapshot: Snapshot) -> list[str]:
        return optout.own_numbers(snapshot, brand_changes.known(snapshot, brand).id)

    opener: Opener = context.obj
    with opener() as registry:
        for own in registry.store.read_now(read):
            typer.echo(own)


@brand_app.command("sms-onay")
def sms_onay(
    context: typer.Context,
    brand: BrandCode,
    on: Annotated[bool, typer.Option("--on/--off", help="Whether a consent can be given by SMS.")],
) -> None:
    """Lets a consent to the brand's SMS be given by SMS, in two steps; off unless this turns it on."""
    do(context, brand_actions.turn_onay, brand, on)
