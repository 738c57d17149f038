"""An operator's handling of messages that only a person can read. Message and effect end in one transaction, so of
two readers only one records it."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from consents.brands.book import BrandCache, BrandEntry
from consents.brands.companies import KnownBrand
from consents.brands.spelling import fold
from consents.channels import BY_PLACE, reaching
from consents.people import recipients
from consents.people.recipients import Recipient, mask
from consents.registry import Registry
from consents.store import Snapshot
from consents.terms import Channel, Identity, Status
from optout import public as optout
from optout.public import Unclear
from panel.audit.change import Change
from panel.operations import call_centre_actions
from panel.operations.call_centre_actions import DeskWord
from panel.rights import Member

CHANNELS = BY_PLACE


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


def queue(snapshot: Snapshot, registry: Registry, wanted: int, after: int) -> TextQueue:
    """The message ``wanted``, else the first after ``after`` in the queue, else the first."""
    waiting = optout.unread_messages(snapshot, registry.keyring)
    place = next((index + 1 for index, one in enumerate(waiting) if one.id == after), 0)
    chosen = next((one for one in waiting if one.id == wanted), None)
    chosen = chosen or next(iter(waiting[place:] or waiting), None)
    book = registry.brands.book(snapshot, registry.store.now())
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


def settle(change: Change, number: int, why: str) -> None:
    """Marks a message as read and deletes it. Errors: StaleText."""
    if not settled(change, number, why):
        raise StaleText


def settled(change: Change, number: int, why: str) -> bool:
    """The same by its rule, also for a command; False for an unknown number."""
    if not optout.settle_message(change.transaction, number):
        return False
    change.note("text-settled", f"text {number}", why=why)
    return True


def refuse(change: Change, registry: Registry, member: Member, word: ReadWord) -> None:
    """Records the writer's refusal by the call centre's rule, and settles the message. Errors: StaleText;
    ledger.ClockBehind; then nothing is recorded."""
    found = next(
        (one for one in optout.unread_messages(change.transaction, change.keyring) if one.id == word.text), None
    )
    writer = None if found is None else recipients.found(recipients.parse, found.sender)
    if writer is None or set(word.channels) - set(_channels(writer)):
        raise StaleText
    for listed, channel in product(word.brands, word.channels):
        known = KnownBrand(listed.id, listed.company, listed.code, listed.title)
        declared = DeskWord(writer.address, ((known, channel),), tuple(Identity), Status.RET, word.why)
        call_centre_actions.refuse(change, registry, member, declared)
    settle(change, word.text, word.why)


def _shown(one: Unclear) -> UnreadText:
    writer = recipients.found(recipients.parse, one.sender)  # None for a name or short code
    channels = () if writer is None else _channels(writer)
    sender = mask(one.sender if writer is None else writer.address)
    return UnreadText(one.id, one.received_at, sender, one.text, "@" in one.sender, channels)


def _channels(writer: Recipient) -> tuple[Channel, ...]:
    by = reaching(writer)
    return tuple(channel for channel in CHANNELS if channel in by)
