"""Short links for a file of addresses: its lines read, the order noted; the minting itself is ``trust``'s."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from consents.brands import provider_states
from consents.brands.companies import KnownBrand
from consents.people.recipients import BadAddress
from consents.registry import Registry
from consents.store import Transaction
from consents.terms import Channel
from panel.deeds import link_deeds
from panel.manage.managed_changes import FieldFault
from panel.rights import Member
from trust import link_lists
from trust.minting import Issued

MOST = 100_000  # lines of a file
HEADER = ("line", "address", "url", "refused")
HEAD = ",".join(HEADER) + "\r\n"  # the first line of the CSV


class ReadLine(NamedTuple):
    """A line of the file: its number from 1, and its canonical address, or why it is none (``BadAddress.reason``)."""

    number: int
    address: str | None
    fault: str = ""


def numbered(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank; up to a second, so in a thread. Errors: FieldFault."""
    lines = io.StringIO(text.lstrip("\ufeff"), newline=None)
    filled = ((number, line.strip()) for number, line in enumerate(lines, 1) if not line.isspace())
    found = list(islice(filled, MOST + 1))  # of more it does not matter how many
    if not found:
        raise FieldFault("file", "file")
    if len(found) > MOST:
        raise FieldFault("file", "file-long", str(MOST))
    return found


def read(lines: Iterable[tuple[int, str]], channel: Channel) -> list[ReadLine]:
    """Each line as an address that this channel reaches; some 20 to 100 µs each, so in a thread."""
    return [_read(number, typed, channel) for number, typed in lines]


def order(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, channel: Channel, lines: int
) -> None:
    """Notes that somebody takes links for so many lines; refused for a closed brand."""
    if provider_states.of_brand(transaction, brand.id).brand_closed:
        raise FieldFault("brand", "brand-closed")
    link_deeds.minted(transaction, registry.keyring, member.person.id, brand, channel, lines)


def rows(lines: Sequence[ReadLine], issued: Sequence[Issued]) -> str:
    """Lines of the CSV: the links in the order of the file, and without the text of it what could not be read."""
    links = iter(issued)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    for line in lines:
        link = next(links) if line.address is not None else Issued("", "")
        writer.writerow((line.number, link.address, link.url, line.fault))
    return written.getvalue()


def _read(number: int, typed: str, channel: Channel) -> ReadLine:
    try:
        return ReadLine(number, link_lists.address(typed, channel))
    except BadAddress as bad:
        return ReadLine(number, None, bad.reason)
