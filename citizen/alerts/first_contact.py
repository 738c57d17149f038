"""First-contact notices: people who never signed in, and hold permissions here, get one message in their life. Off
unless the operator sets a number a day (docs/first-contact.md). Message and mark are one transaction (L9), so a crash
or a second worker repeats nothing; a message that no carrier takes on its day is not sent again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import text

from citizen.alerts import first_contact_texts
from consents import business_days, instants
from consents.columns import optional_micros, stored
from consents.instants import DAY, HOUR, SECOND
from consents.keys import Keyring
from consents.people import register, uncontacted
from consents.people.recipients import BadAddress
from consents.people.uncontacted import Uncontacted
from consents.registry import Registry
from consents.store import Snapshot, Statement, StoreUnavailable, Transaction, Value
from gateways.carrier import Kind
from gateways.outbox import outbox
from settings import Settings
from trust.codes import sign_ins
from trust.codes.reach import MAIL, SMS, reach
from trust.pseudonyms import mark

OPENS, CLOSES = 10, 18  # o'clock in Türkiye, on business days: somebody answers at the operator's
EVERY = 300.0  # seconds between two runs
KINDS: tuple[Kind, ...] = (SMS, MAIL)
SETTLED = 3 * DAY  # µs: a wrong file was found and taken back by then
STEP = 500  # recipients read at once: a few ms
_STEPS = 200  # reads in one run of the job
_PART = 20  # messages in one transaction
_BEHIND = 3  # runs whose messages one run may send, after a worker stood still: no burst
_PASS = DAY  # µs between two passes through all recipients

_MARKED = Statement(text("SELECT 1 FROM first_contact WHERE address = :who"))
_SETTLE = Statement(text("INSERT INTO first_contact (address) VALUES (:who) ON CONFLICT (address) DO NOTHING"))
_SENT: Value[int] = Statement(text("SELECT count(*) FROM first_contact WHERE kind = :kind AND at >= :since"))
_PLACE = Statement(text("SELECT after, ended_at FROM first_contact_pass WHERE kind = :kind"))

log = structlog.get_logger()


class Addressee(NamedTuple):
    """Somebody to notify. ``address``: canonical."""

    recipient: int
    address: str
    brands: int


class Pass(NamedTuple):
    """``after``: the last recipient looked at; ``ended_at``: µs of the end of the last pass, 0: none."""

    after: int = 0
    ended_at: int = 0


def a_day(settings: Settings, kind: Kind) -> int:
    return settings.first_contact_sms if kind == SMS else settings.first_contact_mail


def settle(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """No first-contact notice to this address ever: its holder was here, or it was erased."""
    transaction.run(_SETTLE, {"who": _who(keyring, address)})


async def send(registry: Registry, settings: Settings) -> None:
    """Sends this run's part of the day; nothing outside the hours, nothing while a carrier fails or is behind."""
    store = registry.store
    opened = opening(store.now())
    if opened is None:
        return
    for kind in KINDS:
        if (most := await store.read(_due, settings, kind, opened, store.now())) > 0:
            await _send_some(registry, settings, kind, most)
    outbox.arrived(registry)


def opening(now: int) -> int | None:
    """The start of this day's hours, µs; None outside them."""
    today = instants.day_of(now)
    opened = instants.at_hour(today, OPENS)
    inside = opened <= now < opened + (CLOSES - OPENS) * HOUR
    return opened if inside and business_days.is_business_day(today) else None


def _due(snapshot: Snapshot, settings: Settings, kind: Kind, opened: int, now: int) -> int:
    """How many messages this run sends: the day's number spread evenly over its hours."""
    most = a_day(settings, kind)
    if not most or outbox.down(snapshot, kind, now):
        return 0
    length = (CLOSES - OPENS) * HOUR
    one_run = max(1, round(most * EVERY * SECOND / length))
    if outbox.tally(snapshot).get((kind, "waiting"), 0) >= max(_BEHIND * one_run, _PART):
        return 0  # else they would expire unsent
    until_now = -(-most * (now - opened + round(EVERY * SECOND)) // length)
    return min(most, until_now, sent(snapshot, kind, opened) + _BEHIND * one_run) - sent(snapshot, kind, opened)


def sent(snapshot: Snapshot, kind: Kind, since: int = 0) -> int:
    """The messages since ``since`` (µs)."""
    return snapshot.value(_SENT, {"kind": kind, "since": stored(since)}) or 0


async def _send_some(registry: Registry, settings: Settings, kind: Kind, most: int) -> None:
    store = registry.store
    place = await store.read(_place, kind)
    if place.after == 0 and store.now() < place.ended_at + _PASS:
        return
    last = await store.read(register.last_number)
    for _ in range(_STEPS):
        until = min(place.after + STEP, last)
        found = await store.read(eligible, registry, settings, kind, place.after, until)
        for start in range(0, min(len(found), most), _PART):
            part = found[start : min(start + _PART, most)]
            await _post_part(registry, settings, kind, part)
        if len(found) > most:
            until = found[most - 1].recipient
        most -= min(len(found), most)
        place = Pass(until, place.ended_at) if until < last else Pass(0, store.now())
        if not most or not place.after:
            break
    await store.write(_keep_place, kind, place)


def _place(snapshot: Snapshot, kind: Kind) -> Pass:
    row = snapshot.one(_PLACE, {"kind": kind})
    if row is None:
        return Pass()
    after, ended_at = row
    return Pass(after, optional_micros(ended_at) or 0)


def _keep_place(transaction: Transaction, kind: Kind, place: Pass) -> None:
    row = (kind, place.after, stored(place.ended_at) if place.ended_at else None)
    transaction.upsert("first_contact_pass", "kind", "kind,after,ended_at", [row])


def eligible(
    snapshot: Snapshot, registry: Registry, settings: Settings, kind: Kind, after: int, until: int
) -> list[Addressee]:
    """Who is to be notified among the recipients above ``after`` up to ``until``, in order."""
    found = []
    for one in uncontacted.find(snapshot, after, until, registry.store.now() - SETTLED):
        address = _address(registry.keyring, settings, kind, one)
        if address is not None and not _known(snapshot, registry.keyring, address):
            found.append(Addressee(one.recipient, address, one.brands))
    return found


def _address(keyring: Keyring, settings: Settings, kind: Kind, one: Uncontacted) -> str | None:
    """The address if a message of this kind reaches it."""
    try:
        address = keyring.unseal(one.sealed)
        return address if address is not None and reach(address, settings.countries).by == kind else None
    except (BadAddress, ValueError) as fault:  # one damaged row stops nobody else's notice
        log.error("first_contact_unreadable", recipient=one.recipient, error=type(fault).__name__)
        return None


def _known(snapshot: Snapshot, keyring: Keyring, address: str) -> bool:
    """Whether the holder was here, or had the notice."""
    marked = snapshot.one(_MARKED, {"who": _who(keyring, address)}) is not None
    return marked or sign_ins.last(snapshot, sign_ins.who(keyring, address)) is not None


async def _post_part(registry: Registry, settings: Settings, kind: Kind, part: Sequence[Addressee]) -> None:
    """Posts to these in one transaction; if it fails, one by one. Who fails waits for the next pass."""
    try:
        return await registry.store.write(_post, registry, settings, kind, part)
    except StoreUnavailable:
        raise
    except Exception as fault:
        if len(part) == 1:
            log.error("first_contact_failed", kind=kind, error=type(fault).__name__)
            return None
    for one in part:
        await _post_part(registry, settings, kind, [one])


def _post(
    transaction: Transaction, registry: Registry, settings: Settings, kind: Kind, part: Sequence[Addressee]
) -> None:
    opened = opening(transaction.now)
    if opened is None:
        return
    room = a_day(settings, kind) - sent(transaction, kind, opened)
    for one in part[: max(0, room)]:
        # Again, behind the write lock: they may have come, refused or gone since.
        for now in eligible(transaction, registry, settings, kind, one.recipient - 1, one.recipient):
            notice = first_contact_texts.notice(settings, now.address, now.brands)
            outbox.post(
                transaction, registry.keyring, kind=kind, to=now.address, subject=notice.subject, text=notice.text,
                expires_at=opened + (CLOSES - OPENS) * HOUR,
            )  # fmt: skip
            _note(transaction, registry.keyring, kind, now.address)


def _note(transaction: Transaction, keyring: Keyring, kind: Kind, address: str) -> None:
    row = (_who(keyring, address), kind, stored(transaction.now))
    transaction.insert("first_contact", "address,kind,at", [row])


def _who(keyring: Keyring, address: str) -> bytes:
    return mark(keyring, "first-contact", address)
