"""Commands about companies: providers, the dealers of their brands, transition windows."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from consents import dates
from consents.brands import accesses, companies, company_changes, dealer_records, packages, provider_states, transitions
from consents.brands.companies import BadCompany
from consents.brands.transitions import ProviderSize
from consents.languages import in_all
from panel.brands import dealer_actions
from panel.command_arguments import ProviderCode, Reason, Title, do, run
from panel.companies import company_actions
from providers.arguments import BrandCode, known_brand

provider_app = typer.Typer(help="Providers (hizmet sağlayıcı).", no_args_is_help=True)
dealer_app = typer.Typer(help="Dealers (bayi) of a brand.", no_args_is_help=True)

window_app = typer.Typer(help="Transition windows, in which old records are loaded.", no_args_is_help=True)

_ALL = 2**31 - 1  # dealers of a page
DealerCode = Annotated[int, typer.Option("--dealer", help="Its number (retailerCode).")]
LoadUntil = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day for loading, YYYY-MM-DD.")]
CheckUntil = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day for people to check.")]


@provider_app.command("add")
def add_provider(
    context: typer.Context,
    code: Annotated[int, typer.Option(help="Its İYS number (iysCode).")],
    title: Title,
    mersis: Annotated[str | None, typer.Option(help="Its MERSİS number, 16 digits.")] = None,
) -> None:
    """Adds a provider and prints its number."""
    do(context, company_actions.add, code, title, mersis)
    typer.echo(code)


@provider_app.command("pause")
def pause_provider(context: typer.Context, provider: ProviderCode, reason: Reason) -> None:
    """Pauses a provider, at once in every process: no consent is recorded, refusals are (H520)."""
    _state(context, "pause", provider, reason)


@provider_app.command("reopen")
def reopen_provider(context: typer.Context, provider: ProviderCode, reason: Reason) -> None:
    """Makes a paused or closed provider active again."""
    _state(context, "reopen", provider, reason)


@provider_app.command("close")
def close_provider(context: typer.Context, provider: ProviderCode, reason: Reason) -> None:
    """Closes a provider, at once in every process (H521). Its history stays, and people may refuse as before."""
    _state(context, "close", provider, reason)


@provider_app.command("list")
def list_providers(
    context: typer.Context,
    provider: Annotated[int | None, typer.Option(help="This provider alone, with what was changed of it.")] = None,
) -> None:
    """Prints a line for each provider: number, title, state, since when and why; tabs between."""
    with context.obj() as registry:
        found = registry.store.read_now(provider_states.listed, registry.keyring)
        read = registry.store.read_now
        changes = [] if provider is None else read(company_changes.of_provider, registry.keyring, provider)
    if provider is not None and provider not in [one.code for one in found]:
        raise BadCompany(f"there is no provider {provider}")
    for one in found:
        if provider in (None, one.code):
            since = [] if one.since is None else [dates.wire(one.since), one.reason]
            typer.echo("\t".join([str(one.code), one.title, str(one.state), *since]))
    for change in changes:
        what = change.what if change.brand is None else f"{change.what} {change.brand}"
        typer.echo("\t".join([dates.wire(change.at), what, change.detail, change.reason, change.by]))


@provider_app.command("package")
def give_package(
    context: typer.Context,
    provider: ProviderCode,
    package: Annotated[str | None, typer.Option(help="Its name; see izin provider packages.")] = None,
    none: Annotated[bool, typer.Option("--none", help="It has none from now on, and no limit.")] = False,
    reason: Reason = "",
) -> None:
    """Prints a provider's package, addresses held and addresses allowed; with --package and --reason it gets one."""
    if package is not None or none:
        with context.obj() as registry:
            company_actions.give_package(registry, None, provider, package, reason)
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        number = companies.provider_id(snapshot, provider)
        held = None if number is None else packages.get(snapshot, number)
    if number is None:
        raise BadCompany(f"there is no provider {provider}")
    if held is not None:
        typer.echo("\t".join([held.package.name, str(held.used), str(held.package.addresses or "-")]))


@provider_app.command("packages")
def list_packages() -> None:
    """Prints a line for each package: name, addresses, level, price for a year as of 2021 (TL); tabs between."""
    for one in packages.PACKAGES.values():
        price = "-" if one.price is None else str(one.price)
        typer.echo("\t".join([one.name, str(one.addresses or "-"), str(one.level), price]))


def _state(context: typer.Context, action: str, provider: int, reason: str) -> None:
    do(context, company_actions.set_state, provider, action, reason)
    typer.echo(in_all("{provider}: değişti, bir sonraki çağrıda geçerli", provider=provider), err=True)


@dealer_app.command("add")
def add_dealer(
    context: typer.Context,
    brand: BrandCode,
    title: Title,
    external: Annotated[str | None, typer.Option(help="The provider's own code for it, as in its files.")] = None,
) -> None:
    """Adds a dealer and prints its number (retailerCode)."""
    do(context, dealer_actions.add, brand, title, external, report=typer.echo)


@dealer_app.command("list")
def list_dealers(context: typer.Context, brand: BrandCode) -> None:
    """Prints a line for each dealer of a brand: number, title, active or passive, consents it may use; tabs between."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        number = known_brand(snapshot, brand).id
        _, found = dealer_records.page(snapshot, registry.keyring, number, 0, _ALL)
        uses = accesses.counts(snapshot, number, [dealer.id for dealer in found])
    for dealer in found:
        typer.echo("\t".join([str(dealer.code), dealer.title, dealer.status, str(uses[dealer.id])]))


@dealer_app.command("change")
def change_dealer(
    context: typer.Context,
    brand: BrandCode,
    dealer: DealerCode,
    title: Annotated[str | None, typer.Option(help="Its new title.")] = None,
    status: Annotated[str | None, typer.Option(help="active or passive.")] = None,
    external: Annotated[str | None, typer.Option(help="The provider's own code for it; empty: it has none.")] = None,
) -> None:
    """Changes a dealer's title, state or own code."""
    with context.obj() as registry:
        number = registry.store.read_now(known_brand, brand).id
        edit = partial(dealer_actions.edit, title=title, status=status, external=external)
        run(registry, edit, number, dealer)


@dealer_app.command("end")
def end_dealer(context: typer.Context, brand: BrandCode, dealer: DealerCode) -> None:
    """Lets a dealer go to which no consent is linked; its number is never given again."""
    with context.obj() as registry:
        number = registry.store.read_now(known_brand, brand).id
        found = registry.store.read_now(dealer_actions.known, registry.keyring, number, dealer)
        # Read before the transaction, because it may pass all of the brand's events.
        collected = registry.store.read_now(dealer_records.collected, number, found.id)
        run(registry, dealer_actions.end, number, dealer, collected)


@window_app.command("open")
def open_window(
    context: typer.Context,
    size: Annotated[ProviderSize, typer.Option(help="large: more than 150,000 addresses; small: up to that.")],
    load_until: LoadUntil,
    check_until: CheckUntil,
) -> None:
    """Opens a window: providers of that size may load old records, and people see until when to check them."""
    do(context, company_actions.open_window, size, (load_until.date(), check_until.date()))


@window_app.command("change")
def change_window(
    context: typer.Context,
    window: Annotated[int, typer.Option(help="Its number; see the list.")],
    load_until: LoadUntil,
    check_until: CheckUntil,
) -> None:
    """Gives a window other last days; days that are over end it."""
    do(context, company_actions.change_window, window, (load_until.date(), check_until.date()))


@window_app.command("list")
def list_windows(context: typer.Context) -> None:
    """Prints a line for each window: number, size, last day to load, last day to check; those of İYS have no number."""
    with context.obj() as registry:
        found = registry.store.read_now(transitions.listed)
    for one in (*transitions.WINDOWS_OF_IYS, *found):
        typer.echo("\t".join([str(one.id or "-"), one.size.value, str(one.load_until), str(one.check_until)]))
