"""Finds the address behind a record number that a person reads out, or behind a transaction id of the API, and a load
by its number, at the brands that the reader may see."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from consents import history
from consents.brands import provider_list
from consents.brands.companies import KnownBrand
from consents.keys import Keyring
from consents.people import recipients, register
from consents.queries import loads
from consents.queries.loads import Load
from consents.registry import Registry
from consents.store import Snapshot
from optout import public as optout
from panel.accounts import account_store, memberships
from panel.lookups.address_facts import ActSelection
from panel.rights import Member, Permission
from panel.uploads import upload_store
from trust import record_numbers

_MOST = 5000  # events of an act about one person
_TRANSACTION = re.compile(r"[0-9a-f]{64}", re.ASCII | re.IGNORECASE).fullmatch


def is_number(typed: str) -> bool:
    """Whether it has the form of a record number: twelve digits. Twelve that are also a phone number count only in the
    groups in which pages show record numbers."""
    plain = record_numbers.plain(typed)
    grouped = record_numbers.spaced(plain).split() == typed.split()
    digits = len(plain) == record_numbers.DIGITS and plain.isascii() and plain.isdecimal()
    return digits and (grouped or not canonical(plain))


def canonical(typed: str) -> str | None:
    """The canonical form of a typed address; None for none."""
    found = recipients.found(recipients.parse, typed)
    return found and found.address


def is_transaction(typed: str) -> bool:
    return _TRANSACTION(typed) is not None


class FoundLoad(NamedTuple):
    """A load by its number. ``page``: the panel's number of its file, 0 of a command's or program's; ``name``: the
    file's; ``who``: the e-mail of the person who loaded it."""

    number: int
    load: Load
    brand: KnownBrand
    page: int = 0
    name: str = ""
    who: str = ""


def load_of(snapshot: Snapshot, registry: Registry, member: Member, number: int) -> FoundLoad | None:
    """None where no visible brand has a load of this number."""
    load = loads.find(snapshot, number)
    brand = load and next((one for one in memberships.brands(snapshot, member) if one.id == load.brand), None)
    if load is None or brand is None:
        return None
    page = upload_store.of_loads(snapshot, [brand.id], [number]).get(number, 0)
    file = upload_store.find(snapshot, registry.keyring, page) if page else None
    who = account_store.by_number(snapshot, registry.keyring, file.person) if file else None
    return FoundLoad(number, load, brand, page, file.name if file else "", who.email if who else "")


def file_of(snapshot: Snapshot, registry: Registry, member: Member, number: int) -> int | None:
    """The number of a visible file that was not loaded yet; None without one, or without the right to its page."""
    if not member.may(Permission.LOAD):
        return None
    brands = [one.id for one in memberships.brands(snapshot, member)]
    file = upload_store.of_number(snapshot, registry.keyring, number, brands)
    return file.number if file else None


class FoundAct(NamedTuple):
    """An act about one person. ``companies``: by internal id, of the brands in ``selection``."""

    address: str
    selection: ActSelection
    companies: frozenset[int]


def act_of(snapshot: Snapshot, keyring: Keyring, typed: str, brands: Collection[int] | None = None) -> FoundAct | None:
    """The act of a record number, or the movement of a transaction id alone; ``brands``: those that may be seen, None
    for all. None without one, for an act about several people, and for an erased one's."""
    if is_transaction(typed):
        event = keyring.event(typed)
        past = history.act_with(snapshot, event) if event is not None and event < 2**63 else None
        events = [one for one in history.events_of(snapshot, past) if one.id == event] if past else []
    else:
        act = record_numbers.read(keyring, typed)
        past = history.act(snapshot, act) if act is not None else None
        if past is None or past.last_event - past.first_event >= _MOST:
            return None
        events = history.events_of(snapshot, past)
    seen = [one for one in events if brands is None or one.key.brand in brands]
    people = {one.key.recipient for one in events}
    if past is None or not seen or len(people) != 1:
        return None
    address = register.address(snapshot, keyring, people.pop())
    companies = frozenset(provider_list.brand(snapshot, one).provider for one in {one.key.brand for one in seen})
    keys = frozenset((one.key.brand, one.key.channel, one.key.identity) for one in seen)
    return FoundAct(address, ActSelection(past.id, keys), companies) if address else None


def address_of(snapshot: Snapshot, registry: Registry, member: Member, typed: str) -> str | None:
    """The address of the one person that the act or call of this record number, or the movement of this id, is about.
    None without one: also where it touched none of the visible brands, or its person was erased."""
    keyring = registry.keyring
    own = {brand.id for brand in memberships.brands(snapshot, member)}
    if is_transaction(typed):
        event = keyring.event(typed)
        past = history.act_with(snapshot, event) if event is not None and event < 2**63 else None
        found = [one for one in history.events_of(snapshot, past) if one.id == event] if past else []
        if not found or found[0].key.brand not in own:
            return None
        return register.address(snapshot, keyring, found[0].key.recipient)
    act = record_numbers.read(keyring, typed) or optout.act_of_call(snapshot, keyring, typed)
    past = None if act is None else history.act(snapshot, act)
    original = history.act(snapshot, past.undoes) if past and past.undoes else past
    if original is None or original.last_event - original.first_event >= _MOST:
        return None
    events = history.events_of(snapshot, original)
    people = {event.key.recipient for event in events}
    if len(people) != 1 or not any(event.key.brand in own for event in events):
        return None
    return register.address(snapshot, keyring, people.pop())
