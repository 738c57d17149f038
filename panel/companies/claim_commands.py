"""``izin claims``, ``izin lines``: list, accept and refuse claims, with the functions of the operator's pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import settings
from consents import dates
from consents.brands import provider_list
from consents.brands.companies import BadCompany
from consents.people import business_lines
from consents.people.business_lines import LineClaimState
from consents.registry import Registry
from national import public as national
from panel.brands import claim_decisions
from panel.brands.claim_decisions import ClaimSheet, Decider
from panel.command_arguments import Reason, do
from panel.companies import application_actions, application_store
from web.rendering import texts

Number = Annotated[int, typer.Argument(help="The claim's number, as the list has it.")]


lines_app = typer.Typer(help="Lines (numbers) that businesses claim, to refuse for them all.", no_args_is_help=True)
claims_app = typer.Typer(help="What companies claim: numbers, names, titles.", no_args_is_help=True)


@claims_app.command("list")
def list_claims(context: typer.Context) -> None:
    """Prints a line for each open claim: number, when, kind, value, company, brand, its present holder or
    what it resembles. Then companies with one number at İYS (izin iys vouch, remove), and applications with one
    MERSİS number (izin application)."""
    site = settings.load().site_name
    with context.obj() as registry:
        for sheet in registry.store.read_now(claim_decisions.sheets, site):
            typer.echo("\t".join(_fields(sheet)))
        for line in _contested(registry):
            typer.echo(line)


@claims_app.command("accept")
def accept(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why; the company reads it.")] = "",
) -> None:
    """Accepts a claim, and mails the company. A name or number that another brand has moves to this one."""
    _decide(context, claim_decisions.accept, number, reason)


@claims_app.command("refuse")
def refuse(context: typer.Context, number: Number, reason: Reason) -> None:
    """Refuses a claim; the company gets the reason by mail."""
    _decide(context, claim_decisions.refuse, number, reason)


@lines_app.command("list")
def list_lines(context: typer.Context) -> None:
    """Prints a line for each open claim of lines: number, when, how many numbers, the business and its number."""
    with context.obj() as registry:
        read, keyring = registry.store.read_now, registry.keyring
        for claim in read(business_lines.in_state, keyring, LineClaimState.WAITING):
            business = read(business_lines.by_id, keyring, claim.business)
            named = [business.title, business.number] if business else []
            typer.echo("\t".join([str(claim.id), dates.wire(claim.asked_at), str(claim.lines), *named]))


@lines_app.command("show")
def show_lines(
    context: typer.Context,
    number: Number,
    letter: Annotated[Path, typer.Option(help="Where to write the letter; a new file.")],
) -> None:
    """Prints the numbers of an open claim, one a line, and writes its letter into a file."""
    with context.obj() as registry:
        content = registry.store.read_now(business_lines.content, registry.keyring, number)
        if not content.letter:
            raise BadCompany(f"no claim {number} of lines waits")
        with letter.open("xb") as file:
            file.write(content.letter)
        for line in content.lines:
            typer.echo(line)


@lines_app.command("accept")
def accept_lines(context: typer.Context, number: Number, reason: Reason) -> None:
    """Accepts a claim of lines; the worker adds them, and deletes numbers and letter."""
    _settle(context, number, reason, accept=True)


@lines_app.command("refuse")
def refuse_lines(context: typer.Context, number: Number, reason: Reason) -> None:
    """Refuses a claim of lines, and deletes numbers and letter; the business reads the reason on its page."""
    _settle(context, number, reason, accept=False)


def _settle(context: typer.Context, number: int, reason: str, *, accept: bool) -> None:
    if not do(context, application_actions.settle_lines, number, accept, reason):
        raise BadCompany(f"no claim {number} of lines waits")


def _decide(context: typer.Context, work: Callable[..., None], number: int, reason: str) -> None:
    do(context, work, Decider(settings.load(), texts.SOURCE), number, reason)


def _fields(sheet: ClaimSheet) -> list[str]:
    claim = sheet.claim
    brand = f"{sheet.brand.code} {sheet.brand.title}" if sheet.brand else f"{claim.value} {claim.about}"
    held = [f"{sheet.holder.code} has it"] if sheet.holder else []
    near = [f"{one.text} ({one.whose or one.why})" for one in sheet.near]
    others = [f"claim {number}" for number in sheet.rivals]
    what = [str(claim.id), dates.wire(claim.asked_at), claim.kind.name.lower(), claim.value]
    return [*what, f"{sheet.code} {sheet.company}", brand, ", ".join([*held, *near, *others]) or "-"]


def _contested(registry: Registry) -> list[str]:
    read = registry.store.read_now
    rivals = read(national.rivals, registry.keyring)
    known = {one.id: one for one in read(provider_list.by_id, sorted({one.provider for one in rivals}))}
    found = [
        f"iys\t{one.iys_code}\t{known[one.provider].code} {known[one.provider].title}\t"
        f"{'verified' if one.verified else 'claimed'}"
        for one in rivals
    ]
    waiting = read(application_store.waiting, registry.keyring)
    return found + [
        f"application\t{one.id}\t{one.mersis}\t{one.title}\t{one.email}" for one in application_store.contested(waiting)
    ]
