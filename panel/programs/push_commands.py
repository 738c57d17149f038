"""``izin push``: brands' push connections, by the functions of the panel's page, with the same audit entries. A
password is read from standard input, so that no shell keeps it."""

from __future__ import annotations

import asyncio
import sys
from getpass import getpass
from typing import Annotated

import typer

import settings
from consents import dates
from consents.brands import provider_list
from consents.brands.companies import BadCompany, KnownBrand
from consents.languages import in_all, mark_in
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel
from panel import form_answers
from panel.command_arguments import Username, run
from panel.form_answers import FieldFault, StaleChange
from panel.programs import push_actions
from panel.programs.push_actions import PushLine
from providers.arguments import BrandCode, known_brand
from providers.callers import partners
from providers.push import push_connections

push_app = typer.Typer(help="Push connections: where brands' programs hear of movements.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The connection's number, as the list has it.")]


@push_app.command("add")
def add(
    context: typer.Context,
    brand: BrandCode,
    channel: Annotated[Channel, typer.Option(help="Whose movements are posted.", case_sensitive=False)],
    url: Annotated[str, typer.Option(help="The program's address, https.")],
    username: Username,
) -> None:
    """Makes a connection, once its address has taken the test record; the password is read from standard input."""
    given = {"channel": str(channel), "url": url, "username": username, "password": _password()}
    private = settings.load().push_private
    with context.obj() as registry:
        with registry.store.snapshot() as snapshot:
            known = known_brand(snapshot, brand)
            owner = _code(snapshot, known)
        try:
            wanted = push_actions.wanted(given, private=private)
            asyncio.run(push_actions.prove(wanted.target, owner=owner, private=private))
            run(registry, push_actions.register, known, wanted)
        except FieldFault as fault:
            raise _said(fault) from None
    typer.echo(in_all("Kuruldu; bir sonraki hareketle başlar"), err=True)


@push_app.command("list")
def list_connections(
    context: typer.Context, provider: Annotated[int | None, typer.Option(help="Those of this provider alone.")] = None
) -> None:
    """Prints a line for each connection: number, brand, channel, address without its query, since when, whose,
    whether its last post was taken; and where it was not: tries in vain, why, when the next one is."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        found = [one for one in provider_list.list_all(snapshot) if provider in (None, one.code)]
        if provider is not None and not found:
            raise BadCompany(f"there is no provider {provider}")
        for company in found:
            for one in push_actions.of_provider(snapshot, registry.keyring, company.id):
                typer.echo("\t".join(_fields(snapshot, one)))


@push_app.command("try")
def attempt(context: typer.Context, number: Number) -> None:
    """Sends the test record to a connection once more. Exit status 1 where it is not taken."""
    private = settings.load().push_private
    with context.obj() as registry:
        one = _find(registry, number)
        owner = registry.store.read_now(_code, one.brand)
        fault = asyncio.run(push_actions.fault_of(one.made.target, owner=owner, private=private))
        how = fault.reason if fault else "taken"
        run(registry, push_actions.tried, one.brand, one.made, how)
    typer.echo(how)
    if fault:
        raise typer.Exit(1)


@push_app.command("remove")
def remove(context: typer.Context, number: Number) -> None:
    """Ends a connection, at once, also one that a partner made."""
    with context.obj() as registry:
        one = _find(registry, number)
        try:
            run(registry, push_actions.remove, one.brand, one.made)
        except StaleChange:
            raise _unknown(number) from None


def _password() -> str:
    # Typed, it is not shown: somebody may look on, and a terminal keeps what it showed.
    typed = sys.stdin.isatty()
    password = getpass(in_all(mark_in("command", "Şifre")) + ": ") if typed else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BadCompany("the password comes on standard input: echo … | izin push add …")
    return password


def _said(fault: FieldFault) -> BadCompany:
    """The page's sentence, for the command's option."""
    return BadCompany(f"--{fault.place}: {form_answers.sentence('en', fault.why, fault.about)}")


def _code(snapshot: Snapshot, brand: KnownBrand) -> int:
    """The iysCode of the brand's provider."""
    return provider_list.by_id(snapshot, [brand.provider])[0].code


def _find(registry: Registry, number: int) -> PushLine:
    with registry.store.snapshot() as snapshot:
        brand = push_connections.brand_of(snapshot, number)
        if brand is None:
            raise _unknown(number)
        provider = provider_list.brand(snapshot, brand).provider
        return next(one for one in push_actions.of_provider(snapshot, registry.keyring, provider) if one.id == number)


def _unknown(number: int) -> BadCompany:
    return BadCompany(f"there is no push connection {number}: see izin push list")


def _fields(snapshot: Snapshot, one: PushLine) -> list[str]:
    partner = "-" if one.made.partner is None else f"partner {partners.code_of(snapshot, one.made.partner)}"
    fields = [str(one.id), str(one.brand.code), one.channel, one.place, dates.wire(one.made.registered_at), partner]
    if one.made.works:
        return [*fields, "ok"]
    return [*fields, "fails", str(one.answers.tries), one.answers.error or "-", dates.wire(one.answers.next_at)]
