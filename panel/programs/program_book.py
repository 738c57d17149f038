"""A company's programs, changed by its people, by the rules of ``providers/callers``."""

from __future__ import annotations

import re

from consents.keys import Keyring
from consents.registry import Registry
from consents.store import Snapshot, Transaction
from panel import form_answers
from panel.form_answers import FieldFault, StaleChange, at
from panel.programs import program_actions
from panel.rights import Company, Member
from providers.callers import api_users
from providers.callers.api_users import Owner, User
from providers.callers.passwords import NewPassword

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def every(snapshot: Snapshot, company: Company, now: int) -> list[User]:
    found = api_users.listed(snapshot, Owner.PROVIDER, company.code, now)
    return sorted(found, key=lambda user: user.ended_at is not None)


def one(snapshot: Snapshot, company: Company, now: int, number: int) -> User:
    return next(user for user in every(snapshot, company, now) if user.id == number)


def seen(user: User) -> str:
    """The mark of the changeable values."""
    return form_answers.seen(user.id, user.ended_at, user.networks, user.password)


def add(
    transaction: Transaction, registry: Registry, member: Member, username: str, password: NewPassword
) -> tuple[int, str]:
    """A new user: (internal id, password), which is not stored."""
    if username and not _NAME.fullmatch(username):
        raise FieldFault("username", "username-form")
    if any(
        user.username == username and user.ended_at is None for user in every(transaction, member.at, transaction.now)
    ):
        raise FieldFault("username", "username-own", username)
    with at("username"):
        return program_actions.add(*_by(transaction, registry, member), username, password)


def renew(
    transaction: Transaction, registry: Registry, member: Member, number: int, password: NewPassword, shown: str
) -> tuple[int, str]:
    """Replaces the password and ends its sign-ins."""
    user = _standing(transaction, member, number, shown)
    with at("seen"):
        return number, program_actions.renew(*_by(transaction, registry, member), user.username, password)


def allow(
    transaction: Transaction, registry: Registry, member: Member, number: int, networks: list[str], shown: str
) -> None:
    """Sets the networks it may call from; none: anywhere."""
    user = _standing(transaction, member, number, shown)
    with at("networks"):
        program_actions.allow(*_by(transaction, registry, member), user.username, networks)


def end(transaction: Transaction, registry: Registry, member: Member, number: int, shown: str) -> None:
    """Ends it for good, in every process at the next call."""
    user = _standing(transaction, member, number, shown)
    if user.ended_at is not None:
        raise StaleChange
    program_actions.end(*_by(transaction, registry, member), user.username)


def _standing(transaction: Transaction, member: Member, number: int, shown: str) -> User:
    user = one(transaction, member.at, transaction.now, number)
    form_answers.unchanged(seen(user), shown)
    return user


def _by(transaction: Transaction, registry: Registry, member: Member) -> tuple[Transaction, Keyring, int, Owner, int]:
    """The leading arguments of ``program_actions``."""
    return transaction, registry.keyring, member.person.id, Owner.PROVIDER, member.at.code
