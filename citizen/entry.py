"""What happens in the store when a code is asked for or redeemed, each in one transaction."""

from __future__ import annotations

from citizen import codes, messages, pending, session_store, sign_ins
from citizen.codes import Ask, Outcome, Verdict
from citizen.pending import Purpose
from citizen.reach import carrier
from consents import sweeping
from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Store, Transaction
from gateways import outbox
from settings import Settings
from web import limits


def ask(transaction: Transaction, registry: Registry, settings: Settings, wish: Ask, language: str) -> Verdict:
    """Makes a code and puts the message that brings it into the outbox: both are durable, or neither is."""

    kind = carrier(wish.address)

    def send(code: str, expires_at: int, allowed: bool) -> None:
        text, subject, headers = messages.BY[kind](settings, language, code)
        if allowed:
            outbox.post(
                transaction,
                registry.keyring,
                kind=kind,
                to=wish.address,
                text=text,
                subject=subject,
                secret=True,
                expires_at=expires_at,
                headers=headers,
            )
        else:
            registry.keyring.seal_evidence({"to": wish.address, "subject": subject, "text": text})  # as long as a post

    return codes.ask(transaction, registry.keyring, settings, wish, send)


def sign_in(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    holder: bytes,
    code: str,
    new: bytes,
    old: bytes | None,
) -> Verdict:
    """Redeems a code and begins session ``new``; ``old``, the one this browser had, ends."""
    keyring = registry.keyring
    verdict = codes.redeem(transaction, keyring, settings, holder, Purpose.SIGN_IN, code)
    if verdict.outcome is Outcome.OK:
        before = sign_ins.succeed(transaction, sign_ins.who(keyring, verdict.address))
        if old is not None:
            session_store.end(transaction, old)
        session_store.open_(transaction, keyring, new, verdict.address, before)
    return verdict


def add(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    holder: bytes,
    code: str,
    new: bytes,
    old: bytes | None,
) -> Verdict:
    """Redeems a code for one more address of session ``old``, which goes on as ``new``."""
    keyring = registry.keyring
    verdict = codes.redeem(transaction, keyring, settings, holder, Purpose.ADD, code)
    if verdict.outcome is Outcome.OK and old is not None:
        before = sign_ins.succeed(transaction, sign_ins.who(keyring, verdict.address))
        if not session_store.add(transaction, keyring, old, new, verdict.address, before):
            return Verdict(Outcome.NONE)
    return verdict


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Ends what an erased address was signed in with, and what would sign it in."""
    pending.forget(transaction, keyring, address)
    session_store.end_of(transaction, keyring, address)
    sign_ins.forget(transaction, sign_ins.who(keyring, address))


def reopen(transaction: Transaction, keyring: Keyring, address: str) -> bool:
    """Lets an address sign in again that too many wrong codes have closed; False where it was not closed."""
    return sign_ins.reopen(transaction, sign_ins.who(keyring, address))


async def sweep(store: Store, settings: Settings) -> None:
    """Forgets codes, sessions, sign-ins and counts that nothing depends on any more."""
    await sweeping.all_of(store, pending.sweep)
    await sweeping.all_of(store, session_store.sweep, settings)
    await sweeping.all_of(store, sign_ins.sweep)
    await sweeping.all_of(store, limits.sweep)
