"""The commands about companies: providers, and the dealers of their brands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from consents import dates
from consents.brands import companies, company_changes, provider_states
from consents.brands.companies import BadCompany
from consents.brands.company_changes import Why
from providers.commands.arguments import BrandCode, ProviderCode, Reason, Title, write

provider_app = typer.Typer(help="Providers (hizmet sağlayıcı).", no_args_is_help=True)
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


@provider_app.command("pause")
def pause_provider(context: typer.Context, provider: ProviderCode, reason: Reason) -> None:
    """Pauses a provider, at once in every process: no consent is recorded, refusals are (H520)."""
    _state(context, provider_states.pause, provider, reason)


@provider_app.command("reopen")
def reopen_provider(context: typer.Context, provider: ProviderCode, reason: Reason) -> None:
    """Makes a paused or closed provider active again."""
    _state(context, provider_states.reopen, provider, reason)


@provider_app.command("close")
def close_provider(context: typer.Context, provider: ProviderCode, reason: Reason) -> None:
    """Closes a provider, at once in every process (H521). Its history stays, and people may refuse as before."""
    _state(context, provider_states.close, provider, reason)


@provider_app.command("list")
def list_providers(
    context: typer.Context,
    provider: Annotated[int | None, typer.Option(help="This provider alone, with what was changed of it.")] = None,
) -> None:
    """Prints a line for each provider: number, title, state, since when and why; tabs between."""
    with context.obj() as registry:
        found = registry.store.read_now(provider_states.listed)
        changes = [] if provider is None else registry.store.read_now(company_changes.of_provider, provider)
    if provider is not None and provider not in [one.code for one in found]:
        raise BadCompany(f"there is no provider {provider}")
    for one in found:
        if provider in (None, one.code):
            since = [] if one.since is None else [dates.wire(one.since), one.reason]
            typer.echo("\t".join([str(one.code), one.title, str(one.state), *since]))
    for change in changes:
        what = change.what if change.brand is None else f"{change.what} {change.brand}"
        typer.echo("\t".join([dates.wire(change.at), what, change.detail, change.reason, change.by]))


def _state(context: typer.Context, change: Callable[..., None], provider: int, reason: str) -> None:
    write(context, change, provider, Why(reason))
    typer.echo(
        f"{provider}: değişti, bir sonraki çağrıda geçerli / {provider}: changed, in force at the next call", err=True
    )


@dealer_app.command("add")
def add_dealer(
    context: typer.Context,
    brand: BrandCode,
    title: Title,
    external: Annotated[str | None, typer.Option(help="The provider's own code for it, as in its files.")] = None,
) -> None:
    """Adds a dealer and prints its number (retailerCode)."""
    typer.echo(write(context, companies.add_dealer, brand, title, external).code)
