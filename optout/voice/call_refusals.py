"""A refusal by telephone: recorded once, confirmed by SMS where the line takes any, in one transaction."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import text

from consents import history
from consents.columns import micros
from consents.instants import DAY, HOUR
from consents.keys import Keyring
from consents.people import register
from consents.people.recipients import Recipient
from consents.queries import timeline
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, Value
from consents.terms import Door
from gateways.outbox import outbox
from gateways.received import Received
from optout import refusals
from optout.phrases import WAYS, count, numbered, phrase, refusal
from optout.refusals import HOME, Countries, RefusalResult, gets_sms
from optout.sms import inbound_messages
from optout.voice.dialogue import CallChoice, CallOutcome, CallResult
from trust import delegations, limits, passkey_store, record_numbers
from trust.limits import Limit
from trust.pseudonyms import mark
from web.rendering.when import stamp

CARRIER = "twilio"
REPLIES = 10  # an hour to one number, where nothing was recorded that it would have to hear of

_NUMBER: Value[int] = Statement(text("SELECT id FROM inbound_message WHERE carrier = :carrier AND name = :name"))
_KEPT = Statement(text("SELECT name, received_at FROM inbound_message WHERE id = :id AND name LIKE 'CA% %'"))

CallAnswer = tuple[CallOutcome, int, int]
"""What became of a choice, when (µs), and its act; 0 where the caller hears of none."""


class PhoneCall(NamedTuple):
    """``name``: the carrier's id for the call; ``step``: where in it the keys were pressed; ``countries``: those that
    get SMS."""

    name: str
    step: str
    caller: Recipient
    to: str
    keys: str
    countries: Countries = HOME


class FoundCall(NamedTuple):
    """The call of a record number: the carrier's id for it, when (µs), and its act, if anything changed."""

    call: str
    at: int
    act: int | None


def refuse(transaction: Transaction, registry: Registry, call: PhoneCall, choice: CallChoice) -> CallResult:
    """Does a caller's choice; idempotent. A refusal of one brand is answered with the act's record number, one of all
    with the call's, because a forged number must not show what there was to refuse. Errors: ledger.ClockBehind."""
    name = f"{call.name} {call.step}"
    inbound = Received(CARRIER, name, call.caller.address, call.to, call.keys, transaction.now)
    before = inbound_messages.repeated(transaction, registry.keyring, inbound)
    if before is None:
        outcome, at, act = (_all if choice.brand is None else _one)(transaction, registry, call, choice)
        inbound_messages.keep(transaction, registry.keyring, inbound, f"{outcome} {at} {act or 0}")
    else:
        outcome, at, act = _read(before.reply or _forgotten(choice, transaction.now))
    if act:
        return CallResult(outcome, at, int(record_numbers.of_act(registry.keyring, act)))
    return CallResult(outcome, at, int(record_numbers.of_call(registry.keyring, _number(transaction, inbound))))


def end_access(transaction: Transaction, registry: Registry, caller: Recipient) -> None:
    """Ends the caller's saved phones and lasting helpers. The answer shows nothing of what there was: a caller's number
    can be forged."""
    passkey_store.end_of(transaction, registry.keyring, caller.address)
    delegations.end_of_owner(transaction, registry.keyring, caller.address)


def find(snapshot: Snapshot, keyring: Keyring, number: str) -> FoundCall | None:
    if (act := record_numbers.read(keyring, number)) is not None:
        past = history.act(snapshot, act)
        sealed = history.evidence(snapshot, act) if past is not None and past.door is Door.VOICE else None
        if past is None or sealed is None:
            return None
        return FoundCall(keyring.unseal_evidence(sealed).get("call", "-"), past.recorded_at, act)
    record = record_numbers.read_call(keyring, number)
    row = snapshot.one(_KEPT, {"id": record}) if record is not None else None
    if row is None:
        return None
    answer, kept_at = row
    call, at = answer.partition(" ")[0], micros(kept_at)
    acts = timeline.recorded_at(snapshot, at, Door.VOICE)
    of_it = (act for act, sealed in acts if sealed and keyring.unseal_evidence(sealed).get("call") == call)
    return FoundCall(call, at, next(of_it, None))


def act(snapshot: Snapshot, keyring: Keyring, number: str) -> int | None:
    if record_numbers.read_call(keyring, number) is None:
        return None
    call = find(snapshot, keyring, number)
    return call and call.act


def _one(transaction: Transaction, registry: Registry, call: PhoneCall, choice: CallChoice) -> CallAnswer:
    assert choice.brand is not None
    who = register.person(registry.keyring, call.caller.address)
    brands, evidence = [choice.brand.id], _evidence(registry, call)
    done = refusals.refuse(transaction, registry, who, brands, choice.channels, Door.VOICE, evidence)
    if done.act is None:
        return CallOutcome.ALREADY, done.at, 0
    values = refusal(choice.channels, done.at, ended=done.ended)
    sms = phrase("sms.call.one", M=choice.brand.name, DT=stamp(done.at), **values)
    _confirm(transaction, registry, call, numbered(sms, record_numbers.of_act(registry.keyring, done.act)))
    return CallOutcome.RECORDED, done.at, done.act


def _all(transaction: Transaction, registry: Registry, call: PhoneCall, choice: CallChoice) -> CallAnswer:
    """Every brand with a record, and those that come later where chosen. Only the SMS reports which, because a caller's
    number can be forged."""
    who, evidence = register.person(registry.keyring, call.caller.address), _evidence(registry, call)
    recipient = register.find(transaction, registry.keyring, who)
    brands = [] if recipient is None else refusals.held(transaction, recipient)
    done: RefusalResult | None = None
    if brands:
        done = refusals.refuse(transaction, registry, who, brands, choice.channels, Door.VOICE, evidence)
    act = done and done.act
    if choice.new:
        new = refusals.close_to_new(transaction, registry, who, choice.channels, Door.VOICE, evidence)
        act = act or new.act
    if act or _may_reply(transaction, registry, call):
        sms = _text_of_all(choice, len(brands), done, transaction.now, changed=act is not None)
        _confirm(
            transaction, registry, call, numbered(sms, record_numbers.of_act(registry.keyring, act)) if act else sms
        )
    return CallOutcome.NEW if choice.new else CallOutcome.EVERY, transaction.now, 0


def _text_of_all(choice: CallChoice, brands: int, done: RefusalResult | None, now: int, *, changed: bool) -> str:
    """The SMS after a refusal of all brands at ``now`` (µs). ``done``: None without a record."""
    values: dict[str, Any] = {"n": count(brands), "DT": stamp(now)}
    if done is not None:
        values |= refusal(choice.channels, done.at, ended=done.ended, many=True)
    if choice.new:
        values["W"] = phrase(f"sms.history.{WAYS[choice.channels]}")
        return phrase(f"sms.call.new{'-before' if not changed else '-all' if brands else ''}", **values)
    if done is None:
        return phrase("sms.nobody-may")
    return phrase("sms.call.all" if changed else "sms.call.all-before", **values)


def _evidence(registry: Registry, call: PhoneCall) -> tuple[bytes, bytes]:
    pressed = {"carrier": CARRIER, "call": call.name, "to": call.to, "keys": call.keys}
    return registry.keyring.seal_evidence(pressed)


def _confirm(transaction: Transaction, registry: Registry, call: PhoneCall, sms: str) -> None:
    if gets_sms(call.caller, call.countries):
        outbox.post(
            transaction, registry.keyring, kind="sms", to=call.caller.address, text=sms,
            expires_at=transaction.now + DAY,
        )  # fmt: skip


def _may_reply(transaction: Transaction, registry: Registry, call: PhoneCall) -> bool:
    return limits.take(transaction, Limit(mark(registry.keyring, "call-reply", call.caller.address), REPLIES, HOUR))


def _read(reply: str) -> CallAnswer:
    outcome, at, *act = reply.split(" ")
    return CallOutcome(outcome), int(at), int(act[0]) if act else 0


def _forgotten(choice: CallChoice, now: int) -> str:
    """Answers are deleted after 30 days; the refusal still stands."""
    every = CallOutcome.NEW if choice.new else CallOutcome.EVERY
    return f"{every if choice.brand is None else CallOutcome.ALREADY} {now}"


def _number(snapshot: Snapshot, inbound: Received) -> int:
    number = snapshot.value(_NUMBER, {"carrier": inbound.carrier, "name": inbound_messages.name(inbound)})
    assert number is not None  # it was kept just now, or before
    return number
