"""Table ``feedback_hook``: where a brand's mailing service or messenger reports who wants no more messages; each such
event is recorded as the provider's own RET for both identities (rule L3)."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, select, text

from consents import ledger, state
from consents.channels import SPECS
from consents.columns import micros, optional_micros, stored
from consents.history import Deed
from consents.instants import DAY, HOUR, MINUTE
from consents.keys import Keyring
from consents.ledger import RECORDED, UNCHANGED, Claim
from consents.people import recipients, register
from consents.people.recipients import BadAddress
from consents.people.register import Person
from consents.registry import Registry
from consents.rules import RET
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, table
from consents.terms import Actor, Channel, Door, Identity, Source
from providers.feedback.events import EventForm, EventKind, FeedbackEvent
from providers.tables import FeedbackHook
from settings import Settings
from trust import limits, signed_tokens
from trust.limits import Limit
from trust.pseudonyms import mark

MOST = 10  # open ones of a brand
KEY_LENGTHS = range(8, 201)  # characters of a service's key
MOST_REFUSALS = 10_000  # of one in an hour; above it the service sends again later
_TOPICS = 5  # of SNS, that wait for a person
_OLDEST = 400 * DAY  # an event from before that is dated now: its clock is wrong


class HookRow(NamedTuple):
    id: int
    brand: int
    form: str
    sealed: bytes
    bounces: bool
    made_at: float
    used_at: float | None
    refused: int
    unread: int
    fault: str | None


_c = table(FeedbackHook).c
_OPEN = select(*(_c[name] for name in HookRow._fields)).where(_c.ended_at.is_(None)).order_by(_c.id)
_BY_DIGEST = Statement(_OPEN.where(_c.digest == bindparam("digest")), HookRow)
_BY_NUMBER = Statement(_OPEN.where(_c.id == bindparam("id")), HookRow)
_OF_BRAND = Statement(_OPEN.where(_c.brand == bindparam("brand")), HookRow)
_COUNT = Statement(
    text(
        "UPDATE feedback_hook SET used_at = :now, refused = refused + :refused, unread = unread + :unread, "
        "fault = :fault WHERE id = :id"
    )
)
_CONFIRM = Statement(text("UPDATE feedback_hook SET sealed = :sealed WHERE id = :id"))
_END = Statement(text("UPDATE feedback_hook SET ended_at = :now WHERE id = :id AND ended_at IS NULL"))


class OpenHook(NamedTuple):
    """``key``: the service's, "" of one that does not sign; ``confirm``: by topic a URL that a person opens once;
    ``used_at``: µs of the last post, a minute behind at most; ``unread``: events that could not be taken; ``fault``:
    why the last of the last post could not, None where it was taken whole."""

    id: int
    brand: int
    form: EventForm
    key: str
    confirm: dict[str, str]
    bounces: bool
    made_at: int
    used_at: int | None
    refused: int
    unread: int
    fault: str | None


class EventResult(NamedTuple):
    """``refused``: whether a consent changed; ``fault``: why the event could not be taken, None where it was."""

    refused: bool
    fault: str | None = None


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def find(snapshot: Snapshot, keyring: Keyring, secret: str) -> OpenHook | None:
    """By the secret in its URL."""
    row = snapshot.one(_BY_DIGEST, {"digest": digest(secret)})
    return _hook(keyring, row) if row else None


def by_number(snapshot: Snapshot, keyring: Keyring, number: int) -> OpenHook | None:
    row = snapshot.one(_BY_NUMBER, {"id": number})
    return _hook(keyring, row) if row else None


def of_brand(snapshot: Snapshot, keyring: Keyring, brand: int) -> list[OpenHook]:
    return [_hook(keyring, row) for row in snapshot.all(_OF_BRAND, {"brand": brand})]


def make(
    transaction: Transaction, keyring: Keyring, brand: int, form: EventForm, key: str, *, bounces: bool
) -> tuple[int, str]:
    """Its number, and the secret of its URL, which is not kept."""
    secret = secrets.token_urlsafe(32)
    number = transaction.numbers("feedback_hook")
    columns = "id,brand,form,digest,sealed,bounces,made_at,refused,unread"
    row = (
        number, brand, form.value, digest(secret), _sealed(keyring, key, {}), bounces, stored(transaction.now), 0, 0,
    )  # fmt: skip
    transaction.insert("feedback_hook", columns, [row])
    return number, secret


def end(transaction: Transaction, number: int) -> bool:
    return transaction.run(_END, {"id": number, "now": stored(transaction.now)}) > 0


def confirm(transaction: Transaction, keyring: Keyring, hook: OpenHook, topic: str, url: str) -> None:
    """Keeps the URL that a person has to open before the topic sends events; "" once it does."""
    stands = by_number(transaction, keyring, hook.id)  # topics begin at the same time
    if stands is not None:
        known = {name: one for name, one in stands.confirm.items() if name != topic}
        waiting = dict([*known.items(), *([(topic, url)] if url else [])][-_TOPICS:])
        transaction.run(_CONFIRM, {"id": hook.id, "sealed": _sealed(keyring, stands.key, waiting)})


def is_quiet(hook: OpenHook, now: int) -> bool:
    """Whether a post without a result is worth a note."""
    return hook.used_at is None or now - hook.used_at >= MINUTE


def has_room(snapshot: Snapshot, keyring: Keyring, hook: OpenHook, now: int) -> bool:
    return limits.used(snapshot, _limit(keyring, hook), now) < MOST_REFUSALS


def _limit(keyring: Keyring, hook: OpenHook) -> Limit:
    return Limit(mark(keyring, "feedback", str(hook.id)), MOST_REFUSALS, HOUR, MINUTE)


def count(transaction: Transaction, hook: OpenHook, refused: int, unread: int, fault: str | None) -> None:
    now = stored(transaction.now)
    transaction.run(_COUNT, {"id": hook.id, "now": now, "refused": refused, "unread": unread, "fault": fault})


def result_without_record(
    snapshot: Snapshot, registry: Registry, settings: Settings, hook: OpenHook, event: FeedbackEvent
) -> EventResult | None:
    """The result of an event that changes nothing, as a repeat or one that cannot be taken: it costs no write. None:
    ``take`` it."""
    about = _about(registry, settings, hook, event)
    if isinstance(about, EventResult):
        return about
    who, channel = about
    recipient = register.find(snapshot, registry.keyring, who) if isinstance(who, Person) else who
    if recipient is None:
        return None
    stands = state.of_pair(snapshot, recipient, hook.brand)
    keys = [Key(recipient, hook.brand, channel.code, one.code) for one in Identity]
    return EventResult(refused=False) if all(key in stands and stands[key].status == RET for key in keys) else None


def _about(
    registry: Registry, settings: Settings, hook: OpenHook, event: FeedbackEvent
) -> tuple[Person | int, Channel] | EventResult:
    """Whom an event names, by address or number, and the channel. A bounce refuses only where the hook's company wants
    it."""
    if event.kind is EventKind.BOUNCE and not hook.bounces:
        return EventResult(refused=False)
    who: Person | int
    mail = True
    if event.token:
        named = signed_tokens.read_one_click(registry.keyring, settings, event.token)
        if named is None or named[1] != hook.brand:
            return EventResult(refused=False, fault="token")
        who = named[0]
    else:
        try:
            read = recipients.parse(event.address)
        except BadAddress:
            return EventResult(refused=False, fault="address")
        mail = "@" in read.address
        who = register.person(registry.keyring, read.address)
    channel = hook.form.channel(mail=mail)
    return EventResult(refused=False, fault="address") if channel is None else (who, channel)


def take(
    transaction: Transaction, registry: Registry, settings: Settings, hook: OpenHook, event: FeedbackEvent
) -> EventResult:
    """Records one event."""
    about = _about(registry, settings, hook, event)
    if isinstance(about, EventResult):
        return about
    who, channel = about
    recipient = register.enrol(transaction, registry.keyring, who) if isinstance(who, Person) else who
    now = transaction.now
    at = event.at if event.at is not None and now - _OLDEST < event.at <= now else now
    source = Source.HS_EPOSTA if SPECS[channel].mail else Source.HS_MESAJ
    evidence = {"hook": hook.id, "form": hook.form.value, "event": event.kind.value, "reference": event.reference}
    claims = [Claim(recipient, hook.brand, channel.code, one.code, RET, source.code, at) for one in Identity]
    deed = Deed(Actor.PROVIDER, Door.API, evidence=registry.keyring.seal_evidence(evidence))
    answers = ledger.declare(transaction, registry.policy, hook.brand, claims, deed)
    if RECORDED in answers:
        limits.take(transaction, _limit(registry.keyring, hook))
    # H174: they refuse already. H178: they consented later themselves, which stands.
    refusal = next((one for one in answers if one not in (RECORDED, UNCHANGED, "H174")), None)
    return EventResult(RECORDED in answers, refusal)


def _hook(keyring: Keyring, row: HookRow) -> OpenHook:
    key, url = json.loads(keyring.unseal_data(bytes(row.sealed)))
    return OpenHook(
        row.id,
        row.brand,
        EventForm(row.form),
        key,
        url,
        bool(row.bounces),
        micros(row.made_at),
        optional_micros(row.used_at),
        row.refused,
        row.unread,
        row.fault,
    )


def _sealed(keyring: Keyring, key: str, confirm: Mapping[str, str]) -> bytes:
    return keyring.seal_data(json.dumps([key, confirm]).encode())
