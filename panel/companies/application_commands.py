"""``izin application``: companies that apply, approved or refused by the functions of the operator's page."""

from __future__ import annotations

from typing import Annotated

import typer

import settings
from consents import dates
from consents.brands import company_changes, provider_list
from consents.brands.companies import BadCompany
from consents.registry import Registry
from panel.command_arguments import run
from panel.companies import application_actions, application_store
from panel.companies.application_actions import Decided, StaleDecision
from panel.companies.application_store import Application, ApplicationState
from web.rendering import texts

application_app = typer.Typer(help="Companies that want to join.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The application's number, as the list has it.")]
_SAID = {
    ApplicationState.WAITING: "waiting",
    ApplicationState.APPROVED: "approved",
    ApplicationState.REFUSED: "refused",
}


@application_app.command("list")
def list_applications(
    context: typer.Context,
    decided: Annotated[bool, typer.Option("--decided", help="The latest decisions, instead of what waits.")] = False,
) -> None:
    """Prints a line for each application that waits: number, when, state, company, first brand, MERSİS number, tax
    number, signatory, e-mail, size; after a decision its reason."""
    with context.obj() as registry:
        read = application_store.decided if decided else application_store.waiting
        for one in registry.store.read_now(read, registry.keyring):
            fields = [str(one.id), dates.wire(one.asked_at), _SAID[one.state], one.title, one.brand, one.mersis or "-"]
            fields += [one.tax, one.signatory, one.email, one.size.name.lower(), *([one.why] if one.why else [])]
            typer.echo("\t".join(fields))


@application_app.command("approve")
def approve(
    context: typer.Context,
    number: Number,
    code: Annotated[int | None, typer.Option(help="Its İYS number (iysCode); without it a free one.")] = None,
) -> None:
    """Lets a company in, with its first brand and whoever applied as account owner, who hears of it; prints its
    number."""
    chosen = settings.load()
    with context.obj() as registry:
        try:
            run(registry, application_actions.approve, chosen, _waiting(registry, number), code, texts.SOURCE)
        except StaleDecision:
            raise _none(number) from None
        made = registry.store.read_now(application_store.by_number, registry.keyring, number)
        assert made is not None
        assert made.provider is not None
        typer.echo(registry.store.read_now(provider_list.by_id, [made.provider])[0].code)


@application_app.command("refuse")
def refuse(
    context: typer.Context, number: Number, reason: Annotated[str, typer.Option(help="Why; the company is told.")]
) -> None:
    """Turns a company down; whoever applied gets the reason by mail."""
    chosen, why = settings.load(), company_changes.checked(reason)
    with context.obj() as registry:
        arguments = chosen, _waiting(registry, number), why, texts.SOURCE
        if run(registry, application_actions.refuse, *arguments) is Decided.STALE:
            raise _none(number)


def _waiting(registry: Registry, number: int) -> Application:
    found = registry.store.read_now(application_store.by_number, registry.keyring, number)
    if found is None or found.state is not ApplicationState.WAITING:
        raise _none(number)
    return found


def _none(number: int) -> BadCompany:
    return BadCompany(f"no application {number} waits: see izin application list")
