"""What happens in the store at the second step: passing it, setting one up, taking one away; each one transaction."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.entry import factors, panel_sessions, passkeys
from panel.entry.factors import PASSKEY, Factor
from panel.entry.passkeys import NoPasskey
from panel.people import step_rules
from panel.rights import Principal, Staff
from settings import Settings


class StepOutcome(Enum):
    """What became of a second step."""

    OK = "ok"
    WRONG = "wrong"
    TOO_MANY = "too many"


class Enrolled(NamedTuple):
    """``recoveries``: codes that are shown this once, where it is the person's first second step."""

    outcome: StepOutcome
    recoveries: tuple[str, ...] = ()


def pass_code(transaction: Transaction, registry: Registry, person: Principal, typed: str, new: bytes) -> StepOutcome:
    """A code of an app, or a recovery code; the session goes on under the key ``new``."""
    keyring = registry.keyring
    if not factors.may_try(transaction, keyring, person.id):
        return StepOutcome.TOO_MANY
    digits = "".join(typed.split())
    app = len(digits) == 6 and factors.try_app(transaction, keyring, person.id, digits)
    if not app:
        if not factors.use_recovery(transaction, keyring, person.id, typed):
            return StepOutcome.WRONG
        _note(transaction, registry, "recovery-used", person)
    return _passed(transaction, registry, person, new)


def ask_passkey(transaction: Transaction, registry: Registry, person: Principal, challenge: bytes) -> list[bytes]:
    """Keeps what a passkey has to sign; the passkeys of the person."""
    panel_sessions.challenge(transaction, person.session, challenge)
    return passkeys_of(transaction, registry, person)


def passkeys_of(snapshot: Snapshot, registry: Registry, person: Principal) -> list[bytes]:
    """The credentials of a person's passkeys."""
    known = factors.of(snapshot, registry.keyring, person.id)
    return [one.credential for one in known if one.kind == PASSKEY and one.credential]


def pass_passkey(
    transaction: Transaction, registry: Registry, settings: Settings, person: Principal, answer: str, new: bytes
) -> StepOutcome:
    """The answer of a passkey."""
    if not factors.may_try(transaction, registry.keyring, person.id):
        return StepOutcome.TOO_MANY
    challenge = panel_sessions.take_challenge(transaction, person.session)
    try:
        factor = _factor(transaction, registry, person, passkeys.credential_of(answer))
        if challenge is None or factor is None:
            return StepOutcome.WRONG
        counter = passkeys.signed(settings, challenge, answer, factor.secret, factor.counter)
    except NoPasskey:
        return StepOutcome.WRONG
    factors.use_passkey(transaction, factor.id, counter)
    return _passed(transaction, registry, person, new)


def begin_app(transaction: Transaction, registry: Registry, person: Principal, secret: str) -> None:
    """Keeps the secret of an app until its first code."""
    factors.begin_app(transaction, registry.keyring, person.id, secret)


def prove_app(transaction: Transaction, registry: Registry, person: Principal, code: str, new: bytes) -> Enrolled:
    """The first code of an app that waits."""
    keyring = registry.keyring
    if not factors.may_try(transaction, keyring, person.id):
        return Enrolled(StepOutcome.TOO_MANY)
    first = not factors.has_any(transaction, person.id)
    if not factors.prove_app(transaction, keyring, person.id, "".join(code.split())):
        return Enrolled(StepOutcome.WRONG)
    return _enrolled(transaction, registry, person, new, "app", first=first)


def add_passkey(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: Principal,
    answer: str,
    label: str,
    new: bytes,
) -> Enrolled:
    """A passkey that the browser has made."""
    challenge = panel_sessions.take_challenge(transaction, person.session)
    if challenge is None:
        return Enrolled(StepOutcome.WRONG)
    try:
        made = passkeys.made(settings, challenge, answer)
    except NoPasskey:
        return Enrolled(StepOutcome.WRONG)
    first = not factors.has_any(transaction, person.id)
    factors.add_passkey(transaction, registry.keyring, person.id, made.credential, made.public, made.counter, label)
    return _enrolled(transaction, registry, person, new, "passkey", first=first)


def remove(transaction: Transaction, registry: Registry, person: Principal, factor: int) -> bool:
    """Takes away one of the person's second steps; False where it is the last one and he must have one."""
    known = factors.of(transaction, registry.keyring, person.id)
    must = person.staff is not Staff.NONE or step_rules.asked_of(transaction, person.id)
    if len(known) < 2 and must:
        return False
    if factors.remove(transaction, person.id, factor):
        _note(transaction, registry, "factor-removed", person, str(factor))
    return True


def new_recoveries(transaction: Transaction, registry: Registry, person: Principal) -> list[str]:
    """New recovery codes in place of the old ones."""
    _note(transaction, registry, "recovery-made", person)
    return factors.new_recoveries(transaction, registry.keyring, person.id)


def _factor(snapshot: Snapshot, registry: Registry, person: Principal, credential: bytes) -> Factor | None:
    known = factors.of(snapshot, registry.keyring, person.id)
    return next((one for one in known if one.kind == PASSKEY and one.credential == credential), None)


def _passed(transaction: Transaction, registry: Registry, person: Principal, new: bytes) -> StepOutcome:
    factors.forgive(transaction, registry.keyring, person.id)
    panel_sessions.pass_step(transaction, person.session, new)
    return StepOutcome.OK


def _enrolled(
    transaction: Transaction, registry: Registry, person: Principal, new: bytes, kind: str, *, first: bool
) -> Enrolled:
    _passed(transaction, registry, person, new)
    panel_sessions.end_others(transaction, person.id, new)
    _note(transaction, registry, "factor-added", person, kind)
    made = factors.new_recoveries(transaction, registry.keyring, person.id) if first else []
    return Enrolled(StepOutcome.OK, tuple(made))


def _note(transaction: Transaction, registry: Registry, what: str, person: Principal, after: str = "") -> None:
    deed = NewAct(what, person.id, object=f"person {person.id}", after=after)
    panel_acts.record(transaction, registry.keyring, deed)
