"""The commands of the SMS door: a brand's own number, its consents by SMS, the messages that a person has to read."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer

import settings
from consents.brands import companies
from consents.brands.companies import BadCompany, KnownBrand
from consents.people.recipients import mask
from consents.registry import Registry
from consents.store import Transaction
from gateways.received import Received
from optout.sms import inbound_messages as inbox
from optout.sms import sms_brands
from optout.sms.sms_door import take
from web.rendering.when import stamp

Settle = Callable[..., bool]
Opener = Callable[[], AbstractContextManager[Registry]]
BrandCode = Annotated[int, typer.Option("--brand", help="The brand's number (brandCode).")]


def number(
    context: typer.Context,
    brand: BrandCode,
    number: Annotated[str, typer.Option(help="The number, with its country, or the short code.")],
) -> None:
    """Makes a number the brand's own: a RET written to it needs no name. Prints it as it is kept."""
    shared = settings.load().optout_number

    def work(transaction: Transaction) -> str:
        return sms_brands.add_number(transaction, _known(transaction, brand), number, shared)

    typer.echo(_write(context, work))


def numbers(
    context: typer.Context,
    brand: BrandCode,
    remove: Annotated[str | None, typer.Option(help="This one is the brand's own no more.")] = None,
) -> None:
    """Prints the brand's own numbers; adding one is: izin brand number."""

    def work(transaction: Transaction) -> list[str]:
        known = _known(transaction, brand)
        if remove is not None:
            sms_brands.remove_number(transaction, known, remove)
        return sms_brands.numbers(transaction, known.id)

    for own in _write(context, work):
        typer.echo(own)


def sms_onay(
    context: typer.Context,
    brand: BrandCode,
    on: Annotated[bool, typer.Option("--on/--off", help="Whether a consent can be given by SMS.")],
) -> None:
    """Lets a consent to the brand's SMS be given by SMS, in two steps; off unless this turns it on."""

    def work(transaction: Transaction) -> None:
        sms_brands.set_onay(transaction, _known(transaction, brand).id, on=on)

    _write(context, work)


def messages(settle: Settle) -> Callable[..., None]:
    """The command ``izin messages``. ``settle``: notes who has read one beside what ``inbound_messages.done`` does."""

    def command(
        context: typer.Context,
        done: Annotated[int | None, typer.Option(help="Marks this one as read and forgets its text.")] = None,
        reason: Annotated[str, typer.Option(help="With --done: what was done; it stays in the log of acts.")] = "",
    ) -> None:
        """Lists SMS and mails that only a person can read: number, time, sender (masked), text; kept for 30 days."""
        opener: Opener = context.obj
        with opener() as registry:
            if done is None:
                _show(registry)
            elif not registry.store.write_now(settle, registry.keyring, inbox.done, None, done, reason.strip()):
                raise BadCompany(f"no message {done} waits to be read")

    return command


def _show(registry: Registry) -> None:
    for message in registry.store.read_now(inbox.unclear, registry.keyring):
        text = " ".join("".join(c if c.isprintable() else " " for c in message.text).split())
        sender = mask(message.sender if "@" in message.sender else sms_brands.canonical(message.sender))
        typer.echo(f"{message.id}\t{stamp(message.received_at)}\t{sender}\t{text}")


def _known(transaction: Transaction, code: int) -> KnownBrand:
    known = companies.known_brand(transaction, code)
    if known is None:
        raise BadCompany(f"there is no brand {code}")
    return known


def _write(context: typer.Context, work: Callable[..., Any]) -> Any:
    opener: Opener = context.obj
    with opener() as registry:
        return registry.store.write_now(work)


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
    typer.echo(reply or "(yanıt yok / no reply)")
