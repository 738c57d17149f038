"""Finds the address behind a record number that a person reads out, at the brands that the reader may see."""

from __future__ import annotations

from consents import history
from consents.people import register
from consents.registry import Registry
from consents.store import Snapshot
from optout import public as optout
from panel.accounts import memberships
from panel.rights import Member
from trust import record_numbers

_PHONE = "90"  # how a Turkish number begins, without its plus
_MOST = 5000  # events of an act about one person


def is_number(typed: str) -> bool:
    """Whether twelve digits were typed, right or mistyped. Those that may be a phone number count only in the groups in
    which pages show record numbers."""
    plain = record_numbers.plain(typed)
    grouped = record_numbers.spaced(plain).split() == typed.split()
    digits = len(plain) == record_numbers.DIGITS and plain.isascii() and plain.isdecimal()
    return digits and (grouped or not plain.startswith(_PHONE))


def address_of(snapshot: Snapshot, registry: Registry, member: Member, typed: str) -> str | None:
    """The address of the one person that the act or call of this record number is about. None without one: also
    where it touched none of the visible brands, or its person was erased."""
    keyring = registry.keyring
    act = record_numbers.read(keyring, typed)
    past = history.act(snapshot, optout.act_of_call(snapshot, keyring, typed) or 0 if act is None else act)
    original = history.act(snapshot, past.undoes) if past and past.undoes else past
    if original is None or original.last_event - original.first_event >= _MOST:
        return None
    events = history.events_of(snapshot, original)
    own = {brand.id for brand in memberships.brands(snapshot, member)}
    recipients = {event.key.recipient for event in events}
    if len(recipients) != 1 or not any(event.key.brand in own for event in events):
        return None
    return register.address(snapshot, keyring, recipients.pop())
