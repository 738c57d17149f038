"""Actions on users of programs, of a provider or a partner, each with its audit entry, never a password. ``code``:
the owner's iysCode or integratorCode. Errors: BadCompany; then abandon the transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from consents.brands import companies, provider_list
from consents.brands.companies import BadCompany
from consents.store import Snapshot, Transaction
from panel.audit.change import Change
from providers.callers import api_users
from providers.callers.api_users import Owner, User
from providers.callers.passwords import NewPassword
from providers.callers.program_keys import TEST_MARK


def add(
    change: Change, owner: Owner, code: int, username: str, password: NewPassword, test: bool = False
) -> tuple[int, str]:
    """A new user: (internal id, password), which is stored as a hash alone. A test key's name shows that it is one."""
    if username.strip().startswith(TEST_MARK) != test:
        begins = "begins" if test else "does not begin"
        raise BadCompany(f"the name of {'a test key' if test else 'a key'} {begins} with {TEST_MARK}", "username-test")
    text = api_users.add(change.transaction, owner, code, username, password, test)
    added = _user(change.transaction, owner, code, username)
    assert added is not None
    _note(change, "program-added", owner, code, added, after=added.username)
    return added.id, text


def renew(
    change: Change, owner: Owner, code: int, username: str, password: NewPassword, shown: str | None = None
) -> str:
    """Replaces the password and ends its sign-ins. ``shown``: of ``api_users.renew``."""
    text = api_users.renew(change.transaction, owner, code, username, password, shown)
    user = _user(change.transaction, owner, code, username)
    assert user is not None
    _note(change, "program-renewed", owner, code, user)
    return text


def allow(change: Change, owner: Owner, code: int, username: str, networks: Sequence[str]) -> None:
    """Sets the networks it may call from; none: anywhere."""
    before = _user(change.transaction, owner, code, username)
    api_users.allow(change.transaction, owner, code, username, networks)
    after = _user(change.transaction, owner, code, username)
    assert before is not None
    assert after is not None
    if before.networks != after.networks:
        was, becomes = (" ".join(one.networks) or "-" for one in (before, after))
        _note(change, "program-networks-changed", owner, code, after, was, becomes)


def limit(change: Change, code: int, username: str, reads_only: bool, brands: Collection[int] | None) -> None:
    """Sets what a provider's user may do; of ``api_users.limit``."""
    before = _user(change.transaction, Owner.PROVIDER, code, username)
    api_users.limit(change.transaction, code, username, reads_only, brands)
    after = _user(change.transaction, Owner.PROVIDER, code, username)
    assert before is not None
    assert after is not None
    was, becomes = (rights_of(change.transaction, one) for one in (before, after))
    if was != becomes:
        _note(change, "program-rights-changed", Owner.PROVIDER, code, after, was, becomes)


def rights_of(snapshot: Snapshot, user: User) -> str:
    """As the log and the command show them: “read”, “read write” or “test”, and the brands' numbers, or “all”."""
    brands = "all" if user.brands is None else " ".join(_codes(snapshot, user.brands))
    rights = "test" if user.test else "read" if user.reads_only else "read write"
    return f"{rights} {brands}"


def _codes(snapshot: Snapshot, brands: Collection[int]) -> list[str]:
    return [str(provider_list.brand(snapshot, brand).code) for brand in sorted(brands)]


def end(change: Change, owner: Owner, code: int, username: str) -> int:
    """Ends it for good; returns how many tokens ended. Nothing is logged where it had ended."""
    user = _user(change.transaction, owner, code, username)
    ended = api_users.end(change.transaction, owner, code, username)
    assert user is not None
    if user.ended_at is None:
        _note(change, "program-ended", owner, code, user, user.username)
    return ended


def _user(transaction: Transaction, owner: Owner, code: int, username: str) -> User | None:
    found = api_users.listed(transaction, owner, code, transaction.now)
    return next((user for user in found if user.username == username.strip()), None)


def _note(change: Change, what: str, owner: Owner, code: int, user: User, before: str = "", after: str = "") -> None:
    """Logs it; a partner's program has no company and is named after the partner."""
    about, provider = f"program {user.id} {user.username}", None
    if owner is Owner.PARTNER:
        about = f"partner {code}, {about}"
    else:
        provider = companies.provider_id(change.transaction, code)
    change.note(what, about, before, after, provider=provider)
