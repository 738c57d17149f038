"""``izin outbox``: messages that could not be sent, retried or dropped, noted in the log of acts as the panel does."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.store import Transaction
from gateways.outbox import parked
from panel.waiting import parked_changes

outbox_app = typer.Typer(help="Messages that could not be sent.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The message's number, as the list has it.")]


@outbox_app.command("list")
def list_parked(context: typer.Context) -> None:
    """Prints a line for each message that failed: number, kind, state, when, tries, why, to whom (masked)."""
    with context.obj() as registry:
        for one in registry.store.read_now(parked.listed, registry.keyring):
            when = dates.wire(one.created_at)
            typer.echo("\t".join([str(one.id), one.kind, one.state, when, str(one.tries), one.error, one.to]))


@outbox_app.command("retry")
def retry(context: typer.Context, number: Number) -> None:
    """Has a message tried again at once, and for a day if need be. A code is not: its owner asks for a new one."""
    with context.obj() as registry:
        if not registry.store.write_now(_retry, registry.keyring, number):
            raise BadCompany(f"message {number} cannot be tried again: it is sent, forgotten, or a code")


@outbox_app.command("drop")
def drop(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why; it stays in the log of acts.")],
) -> None:
    """Gives a message up for good and forgets its text."""
    with context.obj() as registry:
        if not registry.store.write_now(_drop, registry.keyring, number, reason):
            raise BadCompany(f"no message {number} has failed")


def _retry(transaction: Transaction, keyring: Keyring, number: int) -> bool:
    found = parked.by_number(transaction, keyring, number)
    return found is not None and parked_changes.retry(transaction, keyring, None, found)


def _drop(transaction: Transaction, keyring: Keyring, number: int, reason: str) -> bool:
    found = parked.by_number(transaction, keyring, number)
    return found is not None and parked_changes.drop(transaction, keyring, None, found, reason)
