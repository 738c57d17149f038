"""The second step's transactions: passing it, setting one up, removing one."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import structlog

from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel.accounts import factors, memberships, sessions
from panel.accounts.factors import PASSKEY, Factor
from panel.audit import audit_log
from panel.audit.audit_log import NewAction
from panel.rights import Principal, Staff
from panel.signin import second_step_limits, signin_actions, signin_mails
from panel.signin.passkeys import NewPasskey
from panel.signin.second_step_limits import Risen
from panel.signin.signin_mails import PanelMail
from settings import Settings

log = structlog.get_logger()


class StepOutcome(Enum):
    OK = "ok"
    WRONG = "wrong"
    TOO_MANY = "too many"
    CLOSED = "closed"  # no code of an app is good any more; a passkey or a recovery code is


class SessionGone(RuntimeError):
    """The session ended during the check; the transaction is rolled back."""


class PasskeyTry(NamedTuple):
    """A counted try. ``challenge``: used up; None without one. ``factor``: the answer's passkey, None where it is
    not the person's."""

    outcome: StepOutcome
    challenge: bytes | None = None
    factor: Factor | None = None


class Enrolled(NamedTuple):
    """``recoveries``: codes shown once, with the person's first second step."""

    outcome: StepOutcome
    recoveries: tuple[str, ...] = ()


def pass_code(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: Principal,
    typed: str,
    new: bytes,
    language: str,
) -> StepOutcome:
    """Takes a code of an app, or a recovery code; the session gets the key ``new``."""
    keyring = registry.keyring
    if not second_step_limits.may_try(transaction, keyring, person.id):
        return StepOutcome.TOO_MANY
    closed = second_step_limits.closed(transaction, person.id)
    digits = "".join(typed.split())
    app = not closed and len(digits) == 6 and factors.try_app(transaction, keyring, person.id, digits)
    if not app:
        if not factors.use_recovery(transaction, keyring, person.id, typed):
            return StepOutcome.CLOSED if closed else _wrong(transaction, registry, settings, person, language)
        _note(transaction, registry, "recovery-used", person)
    return _passed(transaction, registry, person, new)


def ask_passkey(transaction: Transaction, registry: Registry, person: Principal, challenge: bytes) -> list[bytes]:
    """Stores a passkey's challenge; returns the person's passkeys."""
    sessions.challenge(transaction, person.session, challenge)
    return passkeys_of(transaction, registry, person)


def passkeys_of(snapshot: Snapshot, registry: Registry, person: Principal) -> list[bytes]:
    known = factors.of(snapshot, registry.keyring, person.id)
    return [one.credential for one in known if one.kind == PASSKEY and one.credential]


def try_passkey(
    transaction: Transaction, registry: Registry, person: Principal, credential: bytes | None
) -> PasskeyTry:
    """Counts a try and uses the challenge up; check the answer after the commit. ``credential``: the answer's
    passkey, None where unreadable or new."""
    if not second_step_limits.may_try(transaction, registry.keyring, person.id):
        return PasskeyTry(StepOutcome.TOO_MANY)
    challenge = sessions.take_challenge(transaction, person.session)
    if challenge is None:
        return PasskeyTry(StepOutcome.WRONG)
    factor = None if credential is None else _factor(transaction, registry, person, credential)
    return PasskeyTry(StepOutcome.OK, challenge, factor)


def pass_passkey(
    transaction: Transaction, registry: Registry, person: Principal, factor: Factor, counter: int, new: bytes
) -> StepOutcome:
    """After a valid answer; ``counter``: the passkey's new signature count."""
    if not factors.use_passkey(transaction, factor, counter):
        return StepOutcome.WRONG
    return _passed(transaction, registry, person, new)


def begin_app(transaction: Transaction, registry: Registry, person: Principal, secret: str) -> None:
    factors.begin_app(transaction, registry.keyring, person.id, secret)


def prove_app(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: Principal,
    code: str,
    new: bytes,
    language: str,
) -> Enrolled:
    """Takes the first code of an unconfirmed app."""
    keyring = registry.keyring
    if not second_step_limits.may_try(transaction, keyring, person.id):
        return Enrolled(StepOutcome.TOO_MANY)
    first = not factors.has_any(transaction, person.id)
    if not factors.prove_app(transaction, keyring, person.id, "".join(code.split())):
        return Enrolled(StepOutcome.WRONG)
    return _enrolled(transaction, registry, settings, person, new, "app", language, first=first)


def add_passkey(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: Principal,
    made: NewPasskey,
    label: str,
    new: bytes,
    language: str,
) -> Enrolled:
    """Adds a passkey whose registration was valid."""
    first = not factors.has_any(transaction, person.id)
    factors.add_passkey(transaction, registry.keyring, person.id, made.credential, made.public, made.counter, label)
    return _enrolled(transaction, registry, settings, person, new, "passkey", language, first=first)


def remove(
    transaction: Transaction, registry: Registry, settings: Settings, person: Principal, factor: int, language: str
) -> bool:
    """Removes one of the person's second steps; False for the last one where one is required."""
    known = factors.of(transaction, registry.keyring, person.id)
    must = person.staff is not Staff.NONE or memberships.asked_of(transaction, person.id)
    if len(known) < 2 and must:
        return False
    if factors.remove(transaction, person.id, factor):
        _note(transaction, registry, "factor-removed", person, str(factor))
        _send_notice(transaction, registry, settings, person, "removed", language)
    return True


def new_recoveries(
    transaction: Transaction, registry: Registry, settings: Settings, person: Principal, language: str
) -> list[str]:
    _note(transaction, registry, "recovery-made", person)
    _send_notice(transaction, registry, settings, person, "recoveries", language)
    return factors.new_recoveries(transaction, registry.keyring, person.id)


def _factor(snapshot: Snapshot, registry: Registry, person: Principal, credential: bytes) -> Factor | None:
    known = factors.of(snapshot, registry.keyring, person.id)
    return next((one for one in known if one.kind == PASSKEY and one.credential == credential), None)


def _passed(transaction: Transaction, registry: Registry, person: Principal, new: bytes) -> StepOutcome:
    if not sessions.pass_step(transaction, person.session, new):  # ended while a passkey was being checked
        return StepOutcome.WRONG
    second_step_limits.forgive(transaction, registry.keyring, person.id)
    return StepOutcome.OK


def _wrong(
    transaction: Transaction, registry: Registry, settings: Settings, person: Principal, language: str
) -> StepOutcome:
    """Counts a wrong code; mails the person at the fifth in a row, and when the second step is locked."""
    risen = second_step_limits.rise(transaction, person.id)
    if risen is Risen.NOTHING:
        return StepOutcome.WRONG
    closed = risen is Risen.CLOSED
    many = second_step_limits.CLOSED_AFTER if closed else second_step_limits.NOTICE_AFTER
    log.warning("second_step_closed" if closed else "second_step_guessed", person=person.id, wrong=many)
    if closed:
        _note(transaction, registry, "second-step-closed", person, str(many))
    mail = signin_mails.wrong_steps(settings, language, many, closed=closed)
    signin_actions.post(transaction, registry, person.email, mail)
    return StepOutcome.CLOSED if closed else StepOutcome.WRONG


def _enrolled(
    transaction: Transaction,
    registry: Registry,
    settings: Settings,
    person: Principal,
    new: bytes,
    kind: str,
    language: str,
    *,
    first: bool,
) -> Enrolled:
    if _passed(transaction, registry, person, new) is not StepOutcome.OK:
        raise SessionGone
    sessions.end_others(transaction, person.id, new)
    _note(transaction, registry, "factor-added", person, kind)
    _send_notice(transaction, registry, settings, person, kind, language)
    made = factors.new_recoveries(transaction, registry.keyring, person.id) if first else []
    return Enrolled(StepOutcome.OK, tuple(made))


def _note(transaction: Transaction, registry: Registry, what: str, person: Principal, after: str = "") -> None:
    action = NewAction(what, person.id, object=f"person {person.id}", after=after)
    audit_log.record(transaction, registry.keyring, action)


def _send_notice(
    transaction: Transaction, registry: Registry, settings: Settings, person: Principal, what: str, language: str
) -> None:
    """Mails the person about a change of their sign-in, because a thief of the session cookie may have made it."""
    mail: PanelMail = signin_mails.step_changed(settings, language, what, transaction.now)
    signin_actions.post(transaction, registry, person.email, mail)
