"""An operator's handling of messages that only a person can read. Message and effect end in one transaction, so of
two readers only one records it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

from consents.brands.book import BrandCache, BrandEntry
from consents.brands.companies import KnownBrand
from consents.brands.spelling import fold
from consents.channels import BY_PLACE, reaching
from consents.keys import Keyring
from consents.people import recipients
from consents.people.recipients import BadAddress, Recipient, mask
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from consents.terms import Channel, Identity, Status
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.operations import call_centre_actions
from panel.operations.call_centre_actions import DeskWord
from panel.rights import Member
from web.operating.desk_view import DeskDoors, WaitingText

CHANNELS = BY_PLACE

Change = Callable[..., Any]
Settle = Callable[[Transaction, int], bool]
ReadTexts = Callable[[Snapshot, Keyring], Sequence[WaitingText]]


class StaleText(Exception):
    """The message was settled meanwhile, or has expired."""


class ReadWord(NamedTuple):
    """A read message: its number, brands, refusals; ``why``: how it was understood."""

    text: int
    brands: tuple[BrandEntry, ...]
    channels: tuple[Channel, ...]
    why: str


class UnreadText(NamedTuple):
    """``sender``: masked; ``channels``: what its writer can refuse, () without an address."""

    id: int
    at: int
    sender: str
    text: str
    mail: bool
    channels: tuple[Channel, ...]


class TextQueue(NamedTuple):
    """``shown``: the current message, None for none; ``left``: how many wait; ``brands``: to choose from."""

    shown: UnreadText | None
    left: int
    after: int
    brands: list[str]


def queue(snapshot: Snapshot, registry: Registry, read: ReadTexts, wanted: int, after: int) -> TextQueue:
    """The message ``wanted``, else the first after ``after`` in the queue, else the first."""
    waiting = list(read(snapshot, registry.keyring))
    place = next((index + 1 for index, one in enumerate(waiting) if one.id == after), 0)
    chosen = next((one for one in waiting if one.id == wanted), None)
    chosen = chosen or next(iter(waiting[place:] or waiting), None)
    book = registry.shelf.book(snapshot, registry.store.now())
    brands = [f"{one.title} ({one.code})" for one in book.brands]
    return TextQueue(None if chosen is None else _shown(chosen), len(waiting), after, brands)


def brand(snapshot: Snapshot, shelf: BrandCache, now: int, typed: str) -> BrandEntry | None:
    """The named brand: by number, “title (number)”, short name, or a unique title."""
    book, digits = shelf.book(snapshot, now), typed.rpartition("(")[2].rstrip(") ")
    for written in (typed, digits):
        if written.isascii() and written.isdecimal() and len(written) < 12 and int(written) in book.by_code:
            return book.by_code[int(written)]
    wanted = fold(typed)
    found = [one for one in book.brands if wanted and wanted in (fold(one.title), fold(one.name))]
    return found[0] if len(found) == 1 else None


def settle(
    transaction: Transaction, registry: Registry, doors: DeskDoors, member: Member, number: int, why: str
) -> None:
    """Marks a message as read and deletes it. Errors: StaleText."""
    if not settled(transaction, registry.keyring, doors.settle, member.person.id, number, why):
        raise StaleText


def settled(
    transaction: Transaction, keyring: Keyring, rule: Settle, person: int | None, number: int, why: str
) -> bool:
    """The same by its rule, also for a command (no person); False for an unknown number."""
    if not rule(transaction, number):
        return False
    audit_log.record(transaction, keyring, NewAction("text-settled", person, object=f"text {number}", why=why))
    return True


def refuse(transaction: Transaction, registry: Registry, doors: DeskDoors, member: Member, word: ReadWord) -> None:
    """Records the writer's refusal by the call centre's rule, and settles the message. Errors: StaleText;
    ledger.ClockBehind; then nothing is recorded."""
    found = next((one for one in doors.texts(transaction, registry.keyring) if one.id == word.text), None)
    writer = None if found is None else _writer(found.sender)
    if writer is None or set(word.channels) - set(_channels(writer)):
        raise StaleText
    for listed, channel in product(word.brands, word.channels):
        known = KnownBrand(listed.id, listed.company, listed.code, listed.title)
        declared = DeskWord(known, writer.address, channel, Identity.BIREYSEL, Status.RET, word.why)
        call_centre_actions.refuse(transaction, registry, member, declared)
    settle(transaction, registry, doors, member, word.text, word.why)


def _shown(one: WaitingText) -> UnreadText:
    writer = _writer(one.sender)
    channels = () if writer is None else _channels(writer)
    sender = mask(one.sender if writer is None else writer.address)
    return UnreadText(one.id, one.received_at, sender, one.text, "@" in one.sender, channels)


def _channels(writer: Recipient) -> tuple[Channel, ...]:
    by = reaching(writer)
    return tuple(channel for channel in CHANNELS if channel in by)


def _writer(sender: str) -> Recipient | None:
    """The writer; None for a name or short code."""
    try:
        return recipients.parse(sender)
    except BadAddress:
        return None
