"""The second step's transactions: passing it, setting one up, removing one."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import structlog

from consents.keys import Keyring
from consents.store import Snapshot
from panel.accounts import factors, memberships, sessions
from panel.accounts.factors import PASSKEY, Factor
from panel.audit.change import Change
from panel.rights import Principal, Staff
from panel.signin import second_step_limits, signin_actions, signin_mails
from panel.signin.second_step_limits import Risen
from panel.signin.signin_mails import PanelMail
from settings import Settings
from trust.passkeys import NewPasskey

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
    change: Change,
    settings: Settings,
    person: Principal,
    typed: str,
    new: bytes,
    language: str,
) -> StepOutcome:
    """Takes a code of an app, or a recovery code; the session gets the key ``new``."""
    transaction, keyring = change.transaction, change.keyring
    if not second_step_limits.may_try(transaction, keyring, person.id):
        return StepOutcome.TOO_MANY
    closed = second_step_limits.closed(transaction, person.id)
    digits = "".join(typed.split())
    app = not closed and len(digits) == 6 and factors.try_app(transaction, keyring, person.id, digits)
    if not app:
        if not factors.use_recovery(transaction, keyring, person.id, typed):
            return StepOutcome.CLOSED if closed else _wrong(change, settings, person, language)
        change.note("recovery-used", f"person {person.id}")
    return _passed(change, person, new)


def ask_passkey(change: Change, person: Principal, challenge: bytes) -> list[bytes]:
    """Stores a passkey's challenge; returns the person's passkeys."""
    sessions.challenge(change.transaction, person.session, challenge)
    return passkeys_of(change.transaction, change.keyring, person)


def passkeys_of(snapshot: Snapshot, keyring: Keyring, person: Principal) -> list[bytes]:
    known = factors.of(snapshot, keyring, person.id)
    return [one.credential for one in known if one.kind == PASSKEY and one.credential]


def try_passkey(change: Change, person: Principal, credential: bytes | None) -> PasskeyTry:
    """Counts a try and uses the challenge up; check the answer after the commit. ``credential``: the answer's
    passkey, None where unreadable or new."""
    if not second_step_limits.may_try(change.transaction, change.keyring, person.id):
        return PasskeyTry(StepOutcome.TOO_MANY)
    challenge = sessions.take_challenge(change.transaction, person.session)
    if challenge is None:
        return PasskeyTry(StepOutcome.WRONG)
    factor = None if credential is None else _factor(change.transaction, change.keyring, person, credential)
    return PasskeyTry(StepOutcome.OK, challenge, factor)


def pass_passkey(change: Change, person: Principal, factor: Factor, counter: int, new: bytes) -> StepOutcome:
    """After a valid answer; ``counter``: the passkey's new signature count."""
    if not factors.use_passkey(change.transaction, factor, counter):
        return StepOutcome.WRONG
    return _passed(change, person, new)


def begin_app(change: Change, person: Principal, secret: str) -> None:
    factors.begin_app(change.transaction, change.keyring, person.id, secret)


def prove_app(
    change: Change,
    settings: Settings,
    person: Principal,
    code: str,
    new: bytes,
    language: str,
) -> Enrolled:
    """Takes the first code of an unconfirmed app."""
    transaction, keyring = change.transaction, change.keyring
    if not second_step_limits.may_try(transaction, keyring, person.id):
        return Enrolled(StepOutcome.TOO_MANY)
    first = not factors.has_any(transaction, person.id)
    if not factors.prove_app(transaction, keyring, person.id, "".join(code.split())):
        return Enrolled(StepOutcome.WRONG)
    return _enrolled(change, settings, person, new, "app", language, first=first)


def add_passkey(
    change: Change,
    settings: Settings,
    person: Principal,
    made: NewPasskey,
    label: str,
    new: bytes,
    language: str,
) -> Enrolled:
    """Adds a passkey whose registration was valid."""
    first = not factors.has_any(change.transaction, person.id)
    factors.add_passkey(
        change.transaction, change.keyring, person.id, made.credential, made.public, made.counter, label
    )
    return _enrolled(change, settings, person, new, "passkey", language, first=first)


def remove(change: Change, settings: Settings, person: Principal, factor: int, language: str) -> bool:
    """Removes one of the person's second steps; False for the last one where one is required."""
    known = factors.of(change.transaction, change.keyring, person.id)
    must = person.staff is not Staff.NONE or memberships.asked_of(change.transaction, person.id)
    if len(known) < 2 and must:
        return False
    if factors.remove(change.transaction, person.id, factor):
        change.note("factor-removed", f"person {person.id}", after=str(factor))
        _send_notice(change, settings, person, "removed", language)
    return True


def new_recoveries(change: Change, settings: Settings, person: Principal, language: str) -> list[str]:
    change.note("recovery-made", f"person {person.id}")
    _send_notice(change, settings, person, "recoveries", language)
    return factors.new_recoveries(change.transaction, change.keyring, person.id)


def _factor(snapshot: Snapshot, keyring: Keyring, person: Principal, credential: bytes) -> Factor | None:
    known = factors.of(snapshot, keyring, person.id)
    return next((one for one in known if one.kind == PASSKEY and one.credential == credential), None)


def _passed(change: Change, person: Principal, new: bytes) -> StepOutcome:
    if not sessions.pass_step(change.transaction, person.session, new):  # ended while a passkey was being checked
        return StepOutcome.WRONG
    second_step_limits.forgive(change.transaction, change.keyring, person.id)
    return StepOutcome.OK


def _wrong(change: Change, settings: Settings, person: Principal, language: str) -> StepOutcome:
    """Counts a wrong code; mails the person at the fifth in a row, and when the second step is locked."""
    risen = second_step_limits.rise(change.transaction, person.id)
    if risen is Risen.NOTHING:
        return StepOutcome.WRONG
    closed = risen is Risen.CLOSED
    many = second_step_limits.CLOSED_AFTER if closed else second_step_limits.NOTICE_AFTER
    log.warning("second_step_closed" if closed else "second_step_guessed", person=person.id, wrong=many)
    if closed:
        change.note("second-step-closed", f"person {person.id}", after=str(many))
    mail = signin_mails.wrong_steps(settings, language, many, closed=closed)
    signin_actions.post(change.transaction, change.keyring, person.email, mail)
    return StepOutcome.CLOSED if closed else StepOutcome.WRONG


def _enrolled(
    change: Change,
    settings: Settings,
    person: Principal,
    new: bytes,
    kind: str,
    language: str,
    *,
    first: bool,
) -> Enrolled:
    if _passed(change, person, new) is not StepOutcome.OK:
        raise SessionGone
    sessions.end_others(change.transaction, person.id, new)
    change.note("factor-added", f"person {person.id}", after=kind)
    _send_notice(change, settings, person, kind, language)
    made = factors.new_recoveries(change.transaction, change.keyring, person.id) if first else []
    return Enrolled(StepOutcome.OK, tuple(made))


def _send_notice(change: Change, settings: Settings, person: Principal, what: str, language: str) -> None:
    """Mails the person about a change of their sign-in, because a thief of the session cookie may have made it."""
    mail: PanelMail = signin_mails.step_changed(settings, language, what, change.transaction.now)
    signin_actions.post(change.transaction, change.keyring, person.email, mail)
