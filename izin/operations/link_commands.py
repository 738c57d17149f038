"""Commands that make links: short ones for SMS, header fields for mails, posters."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

import settings
from consents.brands import companies, provider_states
from consents.brands.companies import BadCompany, KnownBrand
from consents.languages import in_all, mark, mark_in
from consents.people import register
from consents.people.recipients import BadAddress
from consents.people.register import Person
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel
from optout.links import poster_pdf
from panel.audit.change import AuditedWork
from panel.programs import link_actions
from trust import minting, signed_tokens
from trust.minting import BATCH, LinkOrder
from web.rendering import texts

Opener = Callable[[], AbstractContextManager[Registry]]
UNREADABLE, SOME_REFUSED = 2, 3

_WORDS = {
    "channel": mark("bu kanalla ulaşılamaz"),
    "masked": mark("yıldızlı yazılmış"),
    "spreadsheet": mark("tablo programı bozmuş"),
    "country": mark("ülke kodu yanlış"),
    "length": mark("uzunluğu yanlış"),
    "short": mark("çok kısa"),
}
_OTHER = mark("numara veya e-posta değil")

BrandCode = Annotated[int, typer.Option("--brand", help="The brand's number (brandCode).")]
AddressFile = Annotated[Path, typer.Option("--addresses", help="A file with one number or e-mail a line.")]


class Lines:
    """A file's addresses, read lazily; unusable ones go to stderr. ``count``: its lines, None where unknown before the
    end."""

    def __init__(self, lines: Iterable[str], channel: Channel, count: int | None = None) -> None:
        self._lines, self._channel = lines, channel
        self.count = count
        self.refused = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self._lines, 1):
            if not (typed := line.strip()):
                continue
            try:
                yield minting.link_address(typed, self._channel)
            except BadAddress as bad:  # without the address, because terminals are logged
                self.refused += 1
                why, place = in_all(_WORDS.get(bad.reason, _OTHER)), in_all(mark_in("command", "satır"))
                typer.echo(f"{place} {number}: {why}", err=True)


def links(
    context: typer.Context,
    brand: BrandCode,
    channel: Annotated[Channel, typer.Option(help="What the link refuses.", case_sensitive=False)],
    addresses: AddressFile,
) -> None:
    """Mints a short link for each address: CSV address,url on stdout. Exit status: 3 some refused, 2 no such
    file."""
    chosen = settings.load()

    def rows(registry: Registry, known: KnownBrand, lines: Lines) -> Iterator[tuple[str, ...]]:
        usable = iter(lines)
        first = list(islice(usable, 1))
        if first:
            minted = AuditedWork(registry.keyring, None, link_actions.minted)
            registry.store.write_now(minted, known, channel, lines.count)
        order = LinkOrder(known.id, channel, chosen.public_url, chosen.link_days)
        return minting.mint_all(registry, order, chain(first, usable))

    _each(context, brand, addresses, channel, ("address", "url"), rows)


def mail_headers(
    context: typer.Context,
    brand: BrandCode,
    addresses: Annotated[Path | None, typer.Option("--addresses", help="A file with one e-mail a line.")] = None,
) -> None:
    """Prints the header fields for one-click refusal (RFC 8058): of one e-mail read from stdin, or a file's as CSV."""
    chosen = settings.load()
    if addresses is not None:
        _each(
            context,
            brand,
            addresses,
            Channel.EPOSTA,
            ("address", "List-Unsubscribe", "List-Unsubscribe-Post"),
            lambda registry, known, lines: _headers(registry, chosen, known.id, lines),
        )
        return
    lines = Lines([sys.stdin.readline()], Channel.EPOSTA)
    opener: Opener = context.obj
    with opener() as registry:
        for _, *fields in _headers(registry, chosen, _brand(registry, brand).id, lines):
            for name, value in zip(("List-Unsubscribe", "List-Unsubscribe-Post"), fields, strict=True):
                typer.echo(f"{name}: {value}")
            return
    raise typer.Exit(UNREADABLE)


def poster(
    context: typer.Context,
    brand: BrandCode,
    out: Annotated[Path, typer.Option(help="The file to write (PDF, A5).")],
    language: Annotated[str, typer.Option(help="tr or en.")] = texts.SOURCE,
) -> None:
    """Writes a brand's poster, to print and put up: its QR leads to the brand's page, to refuse or to consent."""
    if language not in texts.LANGUAGES:
        raise typer.BadParameter(f"{language}: {', '.join(texts.LANGUAGES)}", param_hint="--language")
    opener: Opener = context.obj
    with opener() as registry, registry.store.snapshot() as snapshot:
        listed = registry.brands.book(snapshot, registry.store.now()).by_code.get(brand)
    if listed is None:
        raise _no_brand(brand)
    try:
        out.write_bytes(poster_pdf.made(language, poster_pdf.of_brand(settings.load(), listed)))
    except OSError as fault:
        fault_text = f"{out}: " + in_all(mark_in("command", "yazılamadı")) + f" ({fault.strerror})"
        raise typer.BadParameter(fault_text, param_hint="--out") from None
    typer.echo(out)


def _each(
    context: typer.Context,
    brand: int,
    file: Path,
    channel: Channel,
    header: tuple[str, ...],
    rows: Callable[[Registry, KnownBrand, Lines], Iterator[tuple[str, ...]]],
) -> None:
    """Writes the rows of a file's addresses as CSV, each once it is durable."""
    opener: Opener = context.obj
    writer = csv.writer(sys.stdout, lineterminator="\n")
    with opener() as registry:
        known = _brand(registry, brand)
        try:
            with file.open(encoding="utf-8-sig") as stream:
                lines = Lines(stream, channel, _count(stream))
                writer.writerow(header)
                writer.writerows(rows(registry, known, lines))
        except (OSError, UnicodeDecodeError) as fault:
            _unreadable(file, fault)
    raise typer.Exit(SOME_REFUSED if lines.refused else 0)


def _headers(
    registry: Registry, chosen: settings.Settings, brand: int, lines: Iterable[str]
) -> Iterator[tuple[str, ...]]:
    waiting = iter(lines)
    while some := list(islice(waiting, BATCH)):
        people = [register.person(registry.keyring, address) for address in some]
        numbers = registry.store.write_now(_enrol, registry, people)
        for address, number in zip(some, numbers, strict=True):
            yield address, *signed_tokens.unsubscribe_headers(chosen, registry.keyring, number, brand).values()


def _enrol(transaction: Transaction, registry: Registry, people: list[Person]) -> list[int]:
    return register.enrol_all(transaction, registry.keyring, people)


def _count(stream: TextIO) -> int | None:
    """How many lines are not blank; None of a pipe, which cannot be read twice."""
    if not stream.seekable():
        return None
    counted = sum(1 for line in stream if line.strip())
    stream.seek(0)
    return counted


def _brand(registry: Registry, code: int) -> KnownBrand:
    known = registry.store.read_now(companies.known_brand, code)
    if known is None:
        raise _no_brand(code)
    if registry.store.read_now(provider_states.of_brand, known.id).brand_closed:
        raise BadCompany(f"brand {code} is closed: its links go on refusing, and no new ones are made")
    return known


def _no_brand(code: int) -> BadCompany:
    return BadCompany(f"there is no brand {code}: add it first (izin brand add --provider … --code {code} --title …)")


def _unreadable(file: Path, fault: Exception) -> NoReturn:
    why = mark("UTF-8 değil") if isinstance(fault, UnicodeDecodeError) else mark_in("command", "okunamadı")
    typer.echo(f"{file.name}: {in_all(why)}", err=True)
    raise typer.Exit(UNREADABLE)
