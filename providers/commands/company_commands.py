"""The commands about companies: providers, their brands, the dealers of these."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from consents.brands import companies
from providers.commands.arguments import BrandCode, ProviderCode, Title, write

provider_app = typer.Typer(help="Providers (hizmet sağlayıcı).", no_args_is_help=True)
brand_app = typer.Typer(help="Brands of a provider.", no_args_is_help=True)
dealer_app = typer.Typer(help="Dealers (bayi) of a brand.", no_args_is_help=True)


@provider_app.command("add")
def add_provider(
    context: typer.Context,
    code: Annotated[int, typer.Option(help="Its İYS number (iysCode).")],
    title: Title,
    mersis: Annotated[str | None, typer.Option(help="Its MERSİS number, 16 digits.")] = None,
) -> None:
    """Adds a provider and prints its number."""
    write(context, companies.add_provider, code, title, mersis)
    typer.echo(code)


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
    work = partial(companies.add_brand, names=tuple(name or ()), headers=tuple(header or ()))
    write(context, work, provider, code, title)
    typer.echo(code)


@dealer_app.command("add")
def add_dealer(
    context: typer.Context,
    brand: BrandCode,
    title: Title,
    external: Annotated[str | None, typer.Option(help="The provider's own code for it, as in its files.")] = None,
) -> None:
    """Adds a dealer and prints its number (retailerCode)."""
    typer.echo(write(context, companies.add_dealer, brand, title, external).code)
