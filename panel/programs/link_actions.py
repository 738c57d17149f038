"""Short links for a long list, minted by the worker in pieces. Each piece is stored in the transaction that mints it,
so an interrupted job continues and mints no link twice. The sealed list is kept until the file is made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from consents.brands import provider_states
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.people.recipients import BadAddress
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel
from panel.audit.change import Change
from panel.exports import export_store
from panel.exports.export_store import Export, ExportKind, NewExport
from panel.form_answers import FieldFault
from panel.people import brakes
from panel.rights import Member
from trust import minting
from trust.minting import BATCH, DraftLink, Issued, LinkOrder

LONG = 5000  # lines of a file that is still answered at once: a few seconds
MOST = 100_000  # lines of a file
HEADER = ("line", "address", "url", "refused")
HEAD = ",".join(HEADER) + "\r\n"  # the first line of the CSV


class LinkList(NamedTuple):
    """A waiting list: its ``lines`` and sealed ``pieces``, and the links' order."""

    lines: int
    pieces: list[bytes]
    order: LinkOrder


class ReadLine(NamedTuple):
    """A line's number from 1, and its canonical address or error (``BadAddress.reason``)."""

    number: int
    address: str | None
    fault: str = ""


def sealed(keyring: Keyring, lines: Sequence[tuple[int, str]]) -> list[bytes]:
    """A list in sealed pieces of ``BATCH`` lines; some 300 µs each: blocking."""
    pieces = (lines[start : start + BATCH] for start in range(0, len(lines), BATCH))
    return [export_store.sealed(keyring, json.dumps(some, ensure_ascii=False)) for some in pieces]


def ask(change: Change, member: Member, brand: KnownBrand, waits: LinkList) -> int:
    """Requests the file; returns its number. Refused for a closed brand, and with too many waiting."""
    order = waits.order
    find_order(change, brand, order.channel, waits.lines)
    criteria = json.dumps({"channel": str(order.channel), "site": order.site, "days": order.days, "lines": waits.lines})
    new = NewExport(member.at.id, order.brand, member.person.id, criteria, ExportKind.LINKS)
    number = export_store.ask(change.transaction, new)
    if number is None:
        raise FieldFault("file", "file-many", str(export_store.MOST_WAITING))
    export_store.keep_source(change.transaction, number, waits.pieces)
    return number


def lines(export: Export) -> int:
    return int(json.loads(export.criteria)["lines"])


def make(registry: Registry, export: Export, progress: Callable[[int], None]) -> None:
    """Mints the remaining links; ``progress`` gets the number of finished lines."""
    store, wanted = registry.store, json.loads(export.criteria)
    order = LinkOrder(export.brand, Channel[wanted["channel"]], wanted["site"], wanted["days"])
    place = store.read_now(export_store.count_parts, export.id)
    while (some := store.read_now(export_store.source_part, registry.keyring, export.id, place)) is not None:
        read = read_addresses([(number, typed) for number, typed in json.loads(some)], order.channel)
        _mint(registry, export, order, place, read)
        progress(place * BATCH + len(read))
        place += 1
    store.write_now(export_store.finish, registry.keyring, export, min(place * BATCH, wanted["lines"]))


def _mint(registry: Registry, export: Export, order: LinkOrder, place: int, read: list[ReadLine]) -> None:
    addresses = [line.address for line in read if line.address is not None]
    ready = minting.ready(registry.keyring, order.site, addresses)
    head = "" if place else HEAD
    text = head + rows(read, [one.issued for one in ready])
    piece = export_store.sealed(registry.keyring, text), place * BATCH + len(read)
    registry.store.write_now(_keep, registry, export, order, place, ready, piece)


def _keep(
    transaction: Transaction,
    registry: Registry,
    export: Export,
    order: LinkOrder,
    place: int,
    ready: list[DraftLink],
    piece: tuple[bytes, int],
) -> None:
    minting.write(transaction, registry.keyring, order, ready)
    export_store.keep_part(transaction, export, place, piece[0])
    export_store.progress(transaction, export.id, piece[1])


def numbered(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank; up to a second: blocking. Errors: FieldFault."""
    lines = io.StringIO(text.lstrip("\ufeff"), newline=None)
    filled = ((number, line.strip()) for number, line in enumerate(lines, 1) if not line.isspace())
    found = list(islice(filled, MOST + 1))  # of more it does not matter how many
    if not found:
        raise FieldFault("file", "file")
    if len(found) > MOST:
        raise FieldFault("file", "file-long", str(MOST))
    return found


def read_addresses(lines: Iterable[tuple[int, str]], channel: Channel) -> list[ReadLine]:
    """Each line as an address of this channel; 20 to 100 µs each: blocking."""
    return [_read(number, typed, channel) for number, typed in lines]


def find_order(change: Change, brand: KnownBrand, channel: Channel, lines: int) -> None:
    """Logs an order of links; refused for a closed brand."""
    if provider_states.of_brand(change.transaction, brand.id).brand_closed:
        raise FieldFault("brand", "brand-closed")
    minted(change, brand, channel, lines)


def counted(change: Change, member: Member) -> bool:
    """Counts a table to read; False above the person's limit."""
    return brakes.may_read(change.transaction, change.keyring, member.person.id)


def rows(lines: Sequence[ReadLine], issued: Sequence[Issued]) -> str:
    """Rows of the CSV in the file's order; unreadable lines without their text."""
    links = iter(issued)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    for line in lines:
        link = next(links) if line.address is not None else Issued("", "")
        writer.writerow((line.number, link.address, link.url, line.fault))
    return written.getvalue()


def _read(number: int, typed: str, channel: Channel) -> ReadLine:
    try:
        return ReadLine(number, minting.link_address(typed, channel))
    except BadAddress as bad:
        return ReadLine(number, None, bad.reason)


def minted(change: Change, brand: KnownBrand, channel: Channel, lines: int | None) -> None:
    """Logs an order before its first link is issued. ``lines``: of the list, None where unknown."""
    after = f"{channel}" if lines is None else f"{channel} {lines}"
    change.note("links-minted", f"brand {brand.code}", after=after, brand=brand)
