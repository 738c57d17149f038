"""``izin status``, and what clears what it shows: messages of the outbox that are retried or dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

import desk
import settings
from consents import dates
from consents.brands.companies import BadCompany
from consents.care import standbys
from consents.instants import DAY
from gateways.outbox import parked
from upkeep import open_registry
from web.operating.desk_view import DeskView

STALE = 2 * DAY  # µs: a backup that is older is named

outbox_app = typer.Typer(help="Messages that could not be sent.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The message's number, as the list has it.")]


def status() -> None:
    """Prints what waits for the operator, one line each, and how to clear it. Exit status 1 where anything does."""
    chosen = settings.load()
    with open_registry(chosen) as registry:
        lines = [*told(desk.look(registry, chosen), registry.store.now()), *standbys.warnings(registry.store)]
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)
    typer.echo("Bekleyen bir şey yok / nothing waits")


def told(view: DeskView, now: int) -> Iterator[str]:
    """A line for each thing that waits, in both languages where it has a sentence, with the command that clears it."""
    if view.texts:
        yield f"okunacak SMS / SMS to read: {view.texts}, {_at(view.oldest_text)} (izin messages)"
    if view.failing:
        yield f"gönderilemeyen ileti / messages that fail: {view.failing} (izin outbox list)"
    if view.given_up:
        yield f"vazgeçilen ileti / messages given up: {view.given_up} (izin outbox list)"
    for kind, since in view.carriers.items():
        yield f"taşıyıcı yanıt vermiyor / the carrier fails: {kind}, {_at(since)} (docs/carriers.md)"
    for name, (kind, until) in view.resting.items():
        yield f"dinlenen geçit / a gateway rests: {kind} {name}, {_at(until)} (docs/carriers.md)"
    if view.pushes:
        yield f"alınmayan bildirim / push connections that take nothing: {view.pushes}"
    if view.untaken:
        oldest = _at(view.oldest_untaken)
        yield f"alınmayan ret / refusals nobody took: {view.untaken}, {oldest} (docs/api.md, Changes)"
    if view.sign_in.blocks_closed:
        yield f"kapalı numara bloğu / blocks of numbers without codes: {view.sign_in.blocks_closed}"
    if view.sign_in.guessing:
        yield f"kod deneniyor / codes are being guessed: {view.sign_in.wrong_codes} (SECURITY.md)"
    yield from view.clocks
    if view.witness:
        yield view.witness
    if view.backup_at is not None and view.backup_at < now - STALE:
        yield f"son yedek / newest backup: {_at(view.backup_at)} (docs/backups.md)"
    for of, part in view.disks.items():
        yield f"dolan disk / disk fills up: {of}, {part:.0%}"


@outbox_app.command("list")
def list_parked() -> None:
    """Prints a line for each message that failed: number, kind, state, when, tries, why, to whom (masked)."""
    with open_registry() as registry:
        for one in registry.store.read_now(parked.listed, registry.keyring):
            when = dates.wire(one.created_at)
            typer.echo("\t".join([str(one.id), one.kind, one.state, when, str(one.tries), one.error, one.to]))


@outbox_app.command("retry")
def retry(number: Number) -> None:
    """Has a message tried again at once, and for a day if need be. A code is not: its owner asks for a new one."""
    with open_registry() as registry:
        if not registry.store.write_now(parked.retry, number):
            raise BadCompany(f"message {number} cannot be tried again: it is sent, forgotten, or a code")


@outbox_app.command("drop")
def drop(number: Number, reason: Annotated[str, typer.Option(help="Why; it stays with the message.")]) -> None:
    """Gives a message up for good and forgets its text."""
    with open_registry() as registry:
        if not registry.store.write_now(parked.drop, number, reason):
            raise BadCompany(f"no message {number} has failed")


def _at(instant: int | None) -> str:
    return "-" if instant is None else dates.wire(instant)
