"""Tables ``national_account`` and ``national_lease``: the process and users that speak with İYS, and what blocks
them."""

from __future__ import annotations

import json
import secrets
from typing import NamedTuple

from sqlalchemy import text

from consents.brands import companies
from consents.brands.companies import BadCompany
from consents.columns import micros, optional_micros, stored
from consents.instants import DAY, MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction

LEASE = 2 * MINUTE  # within it the process that speaks with İYS renews its lease, or is dead
LONGEST_USERNAME = 255
TAKEN = "iys-taken"  # why nothing is asked of İYS for an account: another company has shown that the number is its own
SPARE = 5 * MINUTE  # before a token ends it is renewed
MANY, ENOUGH = 20_000, 0.70  # İYS bars who makes so many requests in a day with less success
WATCHED = 200  # requests from which on the share of successes is meaningful

_COLUMNS = (
    "id,iys_code,provider,sealed,token,blocked_until,blocked_by,reached_at,started_at,verified_at,clock_offset,"
    "requests,failures,past_requests,past_failures"
)
_ALL = Statement(text(f"SELECT {_COLUMNS} FROM national_account ORDER BY id"))
_OF_PROVIDER = Statement(text(f"SELECT {_COLUMNS} FROM national_account WHERE provider = :provider"))
_START = Statement(text("UPDATE national_account SET started_at = :now WHERE id = :id AND started_at IS NULL"))
_VERIFIED = Statement(
    text(f"SELECT {_COLUMNS} FROM national_account WHERE iys_code = :code AND verified_at IS NOT NULL")
)
_RIVALS = Statement(
    text(
        f"SELECT {_COLUMNS} FROM national_account WHERE iys_code IN "
        "(SELECT iys_code FROM national_account GROUP BY iys_code HAVING count(*) > 1) ORDER BY iys_code, id"
    )
)
# In one statement: of two that are verified at once, one is first.
_VERIFY = Statement(
    text(
        "UPDATE national_account SET verified_at = :now WHERE id = :id AND verified_at IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM national_account o WHERE o.iys_code = national_account.iys_code "
        "AND o.verified_at IS NOT NULL)"
    )
)
_RENUMBER = Statement(text("UPDATE national_account SET iys_code = :code WHERE id = :id"))
_REMOVE = (
    Statement(text("DELETE FROM national_errand WHERE account = :id")),
    Statement(text("DELETE FROM national_brand WHERE account = :id")),
    Statement(text("DELETE FROM national_account WHERE id = :id")),
)
_RENEW = Statement(
    text(
        "UPDATE national_account SET sealed = :sealed, token = NULL, blocked_until = NULL, blocked_by = NULL "
        "WHERE id = :id"
    )
)
_TOKEN = Statement(text("UPDATE national_account SET token = :token WHERE id = :id"))
_BLOCK = Statement(text("UPDATE national_account SET blocked_until = :until, blocked_by = :why WHERE id = :id"))
_REACHED = Statement(
    text(
        "UPDATE national_account SET reached_at = :now, clock_offset = :offset, requests = requests + :requests, "
        "failures = failures + :failures WHERE id = :id"
    )
)
_TURN_OVER = Statement(
    text(
        "UPDATE national_account SET past_requests = requests, past_failures = failures, requests = 0, failures = 0, "
        "window_at = :now WHERE id = :id AND window_at <= :before"
    )
)
_LEASE: Statement[tuple[bytes, float]] = Statement(text("SELECT holder, until FROM national_lease WHERE id = 1"))
_FREE = Statement(text("DELETE FROM national_lease WHERE holder = :holder"))
_ANY = Statement(text("SELECT 1 FROM national_account LIMIT 1"))


class IysToken(NamedTuple):
    """Moments in µs."""

    access: str
    refresh: str | None
    good_until: int
    renewable_until: int


class IysAccount(NamedTuple):
    """``blocked_by``: why nothing is sent until ``blocked_until`` (µs); ``started_at``: None until the sync is started;
    ``verified_at``: None while the number is an unverified claim."""

    id: int
    iys_code: int
    provider: int
    username: str
    password: str
    push_password: str
    token: IysToken | None
    blocked_until: int
    blocked_by: str | None
    reached_at: int | None
    started_at: int | None
    verified_at: int | None
    clock_offset: int
    requests: int
    failures: int

    def blocked(self, now: int) -> bool:
        return now < self.blocked_until

    @property
    def success(self) -> float | None:
        """The share of successful requests of a day or two; None while there are few."""
        return None if self.requests < WATCHED else 1 - self.failures / self.requests


def add(transaction: Transaction, keyring: Keyring, provider: int, iys_code: int, username: str, password: str) -> bool:
    """Sets a provider's user at İYS; False where it had one. The number is a claim, which excludes no other provider
    and may be corrected, until ``verify``. Errors: BadCompany."""
    companies.check_code(iys_code, "provider")
    username = companies.given_name(username, "a user name", "iys-user", LONGEST_USERNAME)
    owner = companies.provider_id(transaction, provider)
    if owner is None:
        raise BadCompany(f"there is no provider {provider}: add it first (izin provider add --code {provider} …)")
    known, holder = of_provider(transaction, keyring, owner), coded(transaction, keyring, iys_code)
    if holder is not None and holder.provider != owner:
        raise BadCompany("another provider has shown at İYS that this number is its own", TAKEN)
    if known is not None:
        if known.iys_code != iys_code and known.verified_at is not None:
            problem = f"the provider is {known.iys_code} at İYS, as İYS has shown: first izin iys remove"
            raise BadCompany(problem, "iys-verified", str(known.iys_code))
        transaction.run(_RENUMBER, {"id": known.id, "code": iys_code})
        sealed = _sealed(keyring, username, password, known.push_password)
        transaction.run(_RENEW, {"id": known.id, "sealed": sealed})
        return False
    number, now = transaction.numbers("national_account"), stored(transaction.now)
    sealed = _sealed(keyring, username, password, secrets.token_urlsafe(24))
    transaction.insert(
        "national_account", "id,provider,iys_code,sealed,window_at", [(number, owner, iys_code, sealed, now)]
    )
    return True


def list_all(snapshot: Snapshot, keyring: Keyring) -> list[IysAccount]:
    return [_account(keyring, *row) for row in snapshot.all(_ALL)]


def of_provider(snapshot: Snapshot, keyring: Keyring, provider: int) -> IysAccount | None:
    row = snapshot.one(_OF_PROVIDER, {"provider": provider})
    return None if row is None else _account(keyring, *row)


def start(transaction: Transaction, account: int) -> bool:
    """Starts an account's sync; False: it had begun."""
    return transaction.run(_START, {"id": account, "now": stored(transaction.now)}) == 1


def coded(snapshot: Snapshot, keyring: Keyring, iys_code: int) -> IysAccount | None:
    """The verified account of this iysCode; unverified claims are ignored."""
    row = snapshot.one(_VERIFIED, {"code": iys_code})
    return None if row is None else _account(keyring, *row)


def verify(transaction: Transaction, account: int) -> bool:
    """Verifies the account's number. False where it was so already, or another account is verified with it."""
    return transaction.run(_VERIFY, {"id": account, "now": stored(transaction.now)}) == 1


def rivals(snapshot: Snapshot, keyring: Keyring) -> list[IysAccount]:
    """The accounts of several providers under one iysCode, by iysCode."""
    return [_account(keyring, *row) for row in snapshot.all(_RIVALS)]


def remove(transaction: Transaction, account: int) -> None:
    """Deletes an account and its progress; records stay, here and at İYS."""
    for statement in _REMOVE:
        transaction.run(statement, {"id": account})


def any_account(snapshot: Snapshot) -> bool:
    return snapshot.one(_ANY) is not None


def keep_token(transaction: Transaction, keyring: Keyring, account: int, token: IysToken | None) -> None:
    sealed = None if token is None else keyring.seal_data(json.dumps(token).encode())
    transaction.run(_TOKEN, {"id": account, "token": sealed})


def block(transaction: Transaction, account: int, until: int, why: str | None) -> None:
    """Sends nothing for an account until then (µs); ``why``: İYS's code or a class of failure."""
    transaction.run(_BLOCK, {"id": account, "until": stored(until), "why": why})


def reached(transaction: Transaction, account: int, requests: int, failures: int, offset: int) -> None:
    """Counts requests that İYS answered, and stores its clock's offset (µs)."""
    now = transaction.now
    values = {"id": account, "now": stored(now), "before": stored(now - DAY)}
    transaction.run(_TURN_OVER, values)
    counted = {"requests": requests, "failures": failures, "offset": offset, "id": account, "now": stored(now)}
    transaction.run(_REACHED, counted)


def take_lease(transaction: Transaction, holder: bytes) -> bool:
    """Takes or renews the lease; False where another process has it."""
    other, until = transaction.one(_LEASE) or (holder, 0)
    now = transaction.now
    # A clock that was set back must not leave a lease that never ends.
    if other != holder and now < micros(until) <= now + 2 * LEASE:
        return False
    transaction.upsert("national_lease", "id", "id,holder,until", [(1, holder, stored(now + LEASE))])
    return True


def free_lease(transaction: Transaction, holder: bytes) -> None:
    transaction.run(_FREE, {"holder": holder})


def _sealed(keyring: Keyring, username: str, password: str, push: str) -> bytes:
    return keyring.seal_data(json.dumps([username, password, push]).encode())


def _account(
    keyring: Keyring,
    number: int,
    iys_code: int,
    provider: int,
    sealed: bytes,
    token: bytes | None,
    blocked_until: float | None,
    blocked_by: str | None,
    reached_at: float | None,
    started_at: float | None,
    verified_at: float | None,
    offset: int,
    *counts: int,
) -> IysAccount:
    requests, failures, past, past_failures = counts
    username, password, push = json.loads(keyring.unseal_data(bytes(sealed)))
    return IysAccount(
        number,
        iys_code,
        provider,
        username,
        password,
        push,
        None if token is None else IysToken(*json.loads(keyring.unseal_data(bytes(token)))),
        0 if blocked_until is None else micros(blocked_until),
        blocked_by,
        optional_micros(reached_at),
        optional_micros(started_at),
        optional_micros(verified_at),
        offset,
        requests + past,
        failures + past_failures,
    )
