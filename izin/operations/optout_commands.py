"""Commands of opt-outs: messages for a person, a trial of the SMS door's replies, the refusal of a call."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

import settings
from consents.brands.companies import BadCompany
from consents.languages import in_all
from consents.people.recipients import mask
from consents.registry import Registry
from gateways.received import Received
from optout.sms import inbound_messages as inbox
from optout.sms import sms_brands
from optout.sms.sms_door import take
from optout.voice import call_refusals
from panel.audit.change import AuditedWork
from panel.operations import inbox_actions
from web.rendering.when import stamp

Opener = Callable[[], AbstractContextManager[Registry]]


def messages(
    context: typer.Context,
    done: Annotated[int | None, typer.Option(help="Marks this one as read and forgets its text.")] = None,
    reason: Annotated[str, typer.Option(help="With --done: what was done; it stays in the log of acts.")] = "",
) -> None:
    """Lists SMS and mails that only a person can read: number, time, sender (masked), text; kept for 30 days."""
    opener: Opener = context.obj
    with opener() as registry:
        if done is None:
            _show(registry)
            return
        settled = AuditedWork(registry.keyring, None, inbox_actions.settled)
        if not registry.store.write_now(settled, done, reason.strip()):
            raise BadCompany(f"no message {done} waits to be read")


def _show(registry: Registry) -> None:
    for message in registry.store.read_now(inbox.unclear, registry.keyring):
        text = " ".join("".join(c if c.isprintable() else " " for c in message.text).split())
        sender = mask(message.sender if "@" in message.sender else sms_brands.canonical(message.sender))
        typer.echo(f"{message.id}\t{stamp(message.received_at)}\t{sender}\t{text}")


def try_sms(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What somebody writes, such as “RET CINAR”.")],
    sender: Annotated[str, typer.Option(help="The number that it comes from.")],
) -> None:
    """Tries the SMS door on a development site: takes the text as if it had come in, and prints the reply.

    Refused on https sites: there only a carrier vouches for who wrote.
    """
    chosen = settings.load()
    if chosen.https:
        raise BadCompany("a real site takes SMS from its carrier only")
    opener: Opener = context.obj
    with opener() as registry:
        to = chosen.optout_number or "0"
        inbound = Received("trial", uuid.uuid4().hex, sender, to, text, registry.store.now())
        reply = asyncio.run(take(registry, chosen, inbound, post=False))
    typer.echo(reply or "(" + in_all("yanıt yok") + ")")


def call(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="The record number that the caller heard.")],
) -> None:
    """Shows a refusal by telephone: when, the carrier's id for the call, and the number of the act (- without one)."""
    opener: Opener = context.obj
    with opener() as registry:
        found = registry.store.read_now(call_refusals.find, registry.keyring, record)
    if found is None:
        raise BadCompany(f"no call has the record number {record}")
    typer.echo(f"{stamp(found.at)}\t{found.call}\t{found.act or '-'}")
