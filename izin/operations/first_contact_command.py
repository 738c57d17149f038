"""``izin first-contact``: what the notice to people who never signed in has done, would do and would cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Annotated

import typer

import settings
from citizen.alerts import first_contact, first_contact_texts
from citizen.alerts.first_contact import Addressee
from consents.brands.companies import BadCompany
from consents.languages import in_all, mark
from consents.people import register
from consents.people.recipients import mask
from consents.registry import Registry
from gateways.carrier import Kind
from settings import Settings
from trust.codes.reach import SMS

Opener = Callable[[], AbstractContextManager[Registry]]
_SHOWN = 3  # messages of a kind that --dry-run shows

_NAMES = {"sms": "SMS", "mail": "E-mail"}
_OFF = mark("Kapalı")


def first_contact_status(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Also show the next messages, with masked addresses; nothing is sent.")
    ] = False,
    price: Annotated[str, typer.Option(help="What one SMS costs, such as 0.25: prints the cost of those left.")] = "",
) -> None:
    """Shows first-contact notices: a day's number, sent, left, days needed, and the SMS that those left are charged as.

    Sends nothing: the worker does, while FIRST_CONTACT_SMS or FIRST_CONTACT_MAIL is above 0.
    """
    each = _price(price)
    chosen = settings.load()
    opener: Opener = context.obj
    with opener() as registry:
        for kind in first_contact.KINDS:
            for line in _lines(registry, chosen, kind, each, dry_run=dry_run):
                typer.echo(line)


def _price(typed: str) -> Decimal | None:
    if not typed:
        return None
    whole, _, part = typed.replace(",", ".").partition(".")
    if not (whole + part).isdecimal() or len(whole + part) > 12:
        raise BadCompany("--price must be a number such as 0.25")
    return Decimal(f"{whole or 0}.{part or 0}")


def _lines(registry: Registry, chosen: Settings, kind: Kind, price: Decimal | None, *, dry_run: bool) -> Iterator[str]:
    """Reads every recipient once, in short reads."""
    left, parts, examples = 0, 0, list[Addressee]()
    for one in _left(registry, chosen, kind):
        left += 1
        if kind == SMS:
            parts += first_contact_texts.parts(first_contact_texts.notice(chosen, one.address, one.brands).text)
        if dry_run and len(examples) < _SHOWN:
            examples.append(one)
    most, sent = first_contact.a_day(chosen, kind), registry.store.read_now(first_contact.sent, kind)
    words = [(in_all("günde"), most or in_all(_OFF)), (in_all("gönderilen"), sent), (in_all("kalan"), left)]
    if most:
        words.append((in_all("gereken iş günü"), -(-left // most)))
    if kind == SMS:
        words.append((in_all("kalanlar için ödenecek SMS"), parts))
        if price is not None:
            words.append((in_all("tutar"), f"{parts * price:.2f}"))
    yield f"{_NAMES[kind]}: " + ", ".join(f"{name}: {value}" for name, value in words)
    for one in examples:
        notice = first_contact_texts.notice(chosen, one.address, one.brands)
        yield f"  {mask(one.address)}"
        yield from (f"    {line}" for line in f"{notice.subject}\n{notice.text}".strip().splitlines())


def _left(registry: Registry, chosen: Settings, kind: Kind) -> Iterator[Addressee]:
    last = registry.store.read_now(register.last_number)
    for after in range(0, last, first_contact.STEP):
        until = min(after + first_contact.STEP, last)
        yield from registry.store.read_now(first_contact.eligible, registry, chosen, kind, after, until)
