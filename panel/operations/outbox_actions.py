"""Actions on a parked message, by page or ``izin outbox``, with an audit entry."""

from __future__ import annotations

from typing import Annotated

import typer

from consents import dates
from consents.brands.companies import BadCompany
from consents.keys import Keyring
from consents.store import Transaction
from gateways.outbox import parked
from gateways.outbox.parked import ParkedMessage
from panel.audit import audit_log
from panel.audit.audit_log import NewAction

LONGEST = 200  # characters of a reason


def retry(transaction: Transaction, keyring: Keyring, person: int | None, found: ParkedMessage) -> bool:
    """Retries it; False where it was sent, deleted, or is a code."""
    if not parked.retry(transaction, found.id):
        return False
    action = NewAction("message-retried", person, object=f"message {found.id}", before=found.error)
    audit_log.record(transaction, keyring, action)
    return True


def drop(transaction: Transaction, keyring: Keyring, person: int | None, found: ParkedMessage, why: str) -> bool:
    """Gives it up and deletes its text; False where it is not parked. Errors: BadCompany without a reason."""
    why = "".join(filter(str.isprintable, why)).strip()[:LONGEST]
    if not why:
        raise BadCompany("give the reason: it stays in the log of acts")
    if not parked.drop(transaction, found.id):
        return False
    action = NewAction("message-dropped", person, object=f"message {found.id}", before=found.error, why=why)
    audit_log.record(transaction, keyring, action)
    return True


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
def retry_command(context: typer.Context, number: Number) -> None:
    """Has a message tried again at once, and for a day if need be. A code is not: its owner asks for a new one."""
    with context.obj() as registry:
        if not registry.store.write_now(_retry, registry.keyring, number):
            raise BadCompany(f"message {number} cannot be tried again: it is sent, forgotten, or a code")


@outbox_app.command("drop")
def drop_command(
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
    return found is not None and retry(transaction, keyring, None, found)


def _drop(transaction: Transaction, keyring: Keyring, number: int, reason: str) -> bool:
    found = parked.by_number(transaction, keyring, number)
    return found is not None and drop(transaction, keyring, None, found, reason)
