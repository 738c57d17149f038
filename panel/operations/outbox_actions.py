"""Actions on a parked message, by page or ``izin outbox``, with an audit entry."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands.companies import BadCompany
from gateways.outbox import parked
from panel.audit.change import Change
from panel.command_arguments import do

LONGEST = 200  # characters of a reason
outbox_app = typer.Typer(help="Messages that could not be sent.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="The message's number, as the list has it.")]


def retry(change: Change, number: int) -> bool:
    """Retries a message; False where it is unknown, sent, deleted, or a code."""
    found = parked.by_number(change.transaction, change.keyring, number)
    if found is None or not parked.retry(change.transaction, number):
        return False
    change.note("message-retried", f"message {number}", found.error)
    return True


def drop(change: Change, number: int, why: str) -> bool:
    """Gives it up and deletes its text; False where it is not parked. Errors: BadCompany without a reason."""
    why = "".join(filter(str.isprintable, why)).strip()[:LONGEST]
    found = parked.by_number(change.transaction, change.keyring, number)
    if found is None:
        return False
    if not why:
        raise BadCompany("give the reason: it stays in the log of acts")
    if not parked.drop(change.transaction, number):
        return False
    change.note("message-dropped", f"message {number}", found.error, why=why)
    return True


@outbox_app.command("list")
def list_parked(context: typer.Context) -> None:
    """Prints a line for each message that failed: number, kind, state, when, tries, why, to whom (masked)."""
    with context.obj() as registry:
        for one in registry.store.read_now(parked.listed, registry.keyring):
            when = dates.wire(one.created_at)
            typer.echo("\t".join([str(one.id), one.kind, one.state, when, str(one.tries), one.error, one.to]))


@outbox_app.command("retry")
def retry_command(context: typer.Context, number: Number) -> None:
    """Has a message tried again at once, and for a day if need be. A code is not: its owner asks for a new one."""
    if not do(context, retry, number):
        raise BadCompany(f"message {number} cannot be tried again: it is sent, forgotten, or a code")


@outbox_app.command("drop")
def drop_command(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why; it stays in the log of acts.")],
) -> None:
    """Gives a message up for good and forgets its text."""
    if not do(context, drop, number, reason):
        raise BadCompany(f"no message {number} has failed")
