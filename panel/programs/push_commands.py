"""``izin push``: brands' push connections, by the functions of the panel's page, with the same audit entries. A
password is read from standard input, so that no shell keeps it."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from getpass import getpass
from typing import Annotated, Any

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
from panel.programs.push_actions import PushLine, PushRow
from providers.arguments import BRAND, known_brand
from providers.callers import partners
from providers.push import push_connections, push_deliveries
from providers.push.push_connections import PushTarget

push_app = typer.Typer(help="Push connections: where brands' programs hear of movements.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The connection's number, as the list has it.")]


@push_app.command("add")
def add(
    context: typer.Context,
    url: Annotated[str, typer.Option(help="The program's address, https.")],
    username: Username,
    brand: Annotated[int | None, BRAND] = None,
    channel: Annotated[Channel | None, typer.Option(help="Whose movements are posted.", case_sensitive=False)] = None,
    provider: Annotated[
        int | None, typer.Option(help="Instead of both: all brands and channels of this provider (iysCode).")
    ] = None,
) -> None:
    """Makes a connection, once its address has taken the test record; the password is read from standard input."""
    if (brand is None) != (channel is None) or (brand is None) == (provider is None):
        raise BadCompany("give --brand and --channel, or --provider for all of them")
    given = {"channel": str(channel), "url": url, "username": username, "password": _password()}
    private = settings.load().push_private
    with context.obj() as registry:
        try:
            owner, tried, work = _work(registry, given, brand, provider, private)
            asyncio.run(push_actions.prove(tried, owner=owner, private=private))
            run(registry, *work)
        except FieldFault as fault:
            raise _said(fault) from None
    typer.echo(in_all("Kuruldu; bir sonraki hareketle başlar"), err=True)


def _work(
    registry: Registry, given: dict[str, str], brand: int | None, provider: int | None, private: bool
) -> tuple[int, PushTarget, tuple[Any, ...]]:
    """iysCode, what takes the test record, the change with its arguments. Errors: BadCompany, FieldFault."""
    with registry.store.snapshot() as snapshot:
        if brand is not None:
            known = known_brand(snapshot, brand)
            wanted = push_actions.wanted(given, private=private)
            tried = push_connections.in_form(snapshot, registry.keyring, known.id, wanted)
            return _code(snapshot, known), tried, (push_actions.register, known, wanted)
        company = provider_list.by_code(snapshot, provider or 0)
        if company is None:
            raise BadCompany(f"there is no provider {provider}")
        whole = push_actions.target(given, private=private)
        tried = push_connections.in_form_for_all(snapshot, registry.keyring, company.id, whole)
        return company.code, tried, (push_actions.register_whole, company.id, whole)


@push_app.command("list")
def list_connections(
    context: typer.Context, provider: Annotated[int | None, typer.Option(help="Those of this provider alone.")] = None
) -> None:
    """Prints a line for each connection: number, brand and channel (“all” of one for all), address without its query,
    since when, whose, whether its last post was taken; where it was not: tries in vain, why, when the next one is."""
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
        fault, post = asyncio.run(push_actions.fault_of(one.made.target, owner=owner, private=private))
        how = fault.reason if fault else "taken"
        run(registry, push_actions.tried, one.brand, one.made, how, post)
    typer.echo(how)
    if fault:
        raise typer.Exit(1)


@push_app.command("log")
def list_deliveries(context: typer.Context, number: Number) -> None:
    """Prints the last 200 posts of a connection, the newest first: number, when, movements (0: the test record), HTTP
    status, ms, “taken” or why not, “again” where a person sent it once more; tabs between."""
    with context.obj() as registry, registry.store.snapshot() as snapshot:
        _find(registry, number)
        for one in push_deliveries.listed(snapshot, push_connections.rows_of(snapshot, number)):
            post = one.post
            fields = [one.id, dates.wire(one.at), post.movements, post.status or "-", post.took, post.error or "taken"]
            typer.echo("\t".join(map(str, [*fields, "again" if post.again else "-"])))


@push_app.command("secret")
def renew_secret(context: typer.Context, number: Number) -> None:
    """Prints a new signing secret of a connection, this once; the one before it signs for a day more."""
    with context.obj() as registry:
        one = _find(registry, number)
        try:
            typer.echo(run(registry, push_actions.renew_secret, one.brand, one.made, push_actions.seen(one.made)))
        except StaleChange:
            raise BadCompany(f"push connection {number} is a partner's: it has no secret") from None


@push_app.command("form")
def change_form(
    context: typer.Context,
    number: Number,
    body: Annotated[str, typer.Option(help="iys: İYS's list; cloudevents: a batch of CloudEvents 1.0.")] = "iys",
    sign: Annotated[str, typer.Option(help="basic, webhooks (Standard Webhooks) or both.")] = "basic",
) -> None:
    """Changes body and signature of a connection, once its address has taken the test record in the new form."""
    private = settings.load().push_private
    with context.obj() as registry:
        one = _find(registry, number)
        owner = registry.store.read_now(_code, one.brand)
        try:
            wanted = push_actions.form(one.made, body, sign)
            asyncio.run(push_actions.prove(wanted, owner=owner, private=private))
            run(registry, push_actions.change_form, one.brand, one.made, wanted, push_actions.seen(one.made))
        except FieldFault as fault:
            raise _said(fault) from None
        except StaleChange:
            raise BadCompany(f"push connection {number} is a partner's: its form is the partner's") from None


@push_app.command("resend")
def rewind(
    context: typer.Context,
    number: Number,
    day: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, in Türkiye.")],
) -> None:
    """Posts everything from a day on to a connection once more, in order; at most 31 days back."""
    with context.obj() as registry:
        one = _find(registry, number)
        try:
            run(registry, push_actions.rewind, one.brand, one.made, day.date())
        except FieldFault as fault:
            raise BadCompany(f"--from: {form_answers.sentence('en', fault.why, fault.about)}") from None


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


def _find(registry: Registry, number: int) -> PushRow:
    """The connection's row, the first one of a connection for all brands."""
    with registry.store.snapshot() as snapshot:
        brand = push_connections.brand_of(snapshot, number)
        if brand is None:
            raise _unknown(number)
        provider = provider_list.brand(snapshot, brand).provider
        rows = push_actions.rows(snapshot, registry.keyring, provider)
        row = next(one for one in rows if one.made.id == number)
        if row.made.whole not in (None, number):
            raise _unknown(number)
        return row


def _unknown(number: int) -> BadCompany:
    return BadCompany(f"there is no push connection {number}: see izin push list")


def _fields(snapshot: Snapshot, one: PushLine) -> list[str]:
    partner = "-" if one.made.partner is None else f"partner {partners.code_of(snapshot, one.made.partner)}"
    code, channel = (str(one.brand.code), one.channel) if one.brand else ("all", "all")
    fields = [str(one.id), code, channel, one.place, dates.wire(one.made.registered_at), partner]
    if one.made.works:
        return [*fields, "ok"]
    return [*fields, "fails", str(one.answers.tries), one.answers.error or "-", dates.wire(one.answers.next_at)]
