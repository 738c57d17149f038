"""Table ``stray_call``: calls that named a provider and proved nothing. A number in a path is a claim, so companies
never see it; the operator does, to help one whose program cannot sign in. A row for each provider and kind."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import text

from consents.brands import companies
from consents.columns import micros, stored
from consents.store import Snapshot, Statement, Store, Transaction
from providers.callers.uses import WriteBehind

KINDS = ("api-key", "basic", "client-credentials", "no-token", "no-bearer", "path")
MOST = 200  # of a process that wait to be written
_KEY_HEADERS = ("x-api-key", "api-key", "apikey", "x-auth-token", "access-token", "token")
_NOTHING = frozenset({"", "undefined", "null", "none", "nil", "{access_token}", "{token}"})

_ADD = Statement(
    text(
        "INSERT INTO stray_call (provider, kind, at, calls) VALUES (:provider, :kind, :now, :calls) "
        "ON CONFLICT (provider, kind) DO UPDATE SET at = :now, calls = stray_call.calls + :calls"
    )
)
_OF_PROVIDER: Statement[tuple[str, float, int]] = Statement(
    text("SELECT kind, at, calls FROM stray_call WHERE provider = :provider ORDER BY at DESC, kind")
)
_PROVIDER_OF = Statement(text("SELECT provider FROM api_user WHERE username = :username AND provider IS NOT NULL"))


class Stray(NamedTuple):
    """``at``: µs, of the last call."""

    kind: str
    at: int
    calls: int


StrayTally = WriteBehind[Counter[tuple[int | str, str]]]


def get(store: Store) -> StrayTally:
    return store.own(StrayTally, lambda: StrayTally(Counter, keep))


def add(store: Store, named: int | str, kind: str) -> None:
    """Schedules a count; ``named``: a claimed iysCode, or the name of a key."""
    tally = get(store)
    if (named, kind) in tally.waiting or len(tally.waiting) < MOST:
        tally.waiting[named, kind] += 1
        tally.begin(store)


def keep(transaction: Transaction, found: Mapping[tuple[int | str, str], int]) -> None:
    """Counts what names a provider or key that exists; nothing else leaves a row."""
    now = stored(transaction.now)
    for (named, kind), count in found.items():
        provider = companies.provider_id(transaction, named) if isinstance(named, int) else _of_key(transaction, named)
        if provider is not None:
            transaction.run(_ADD, {"provider": provider, "kind": kind, "now": now, "calls": count})


def listed(snapshot: Snapshot, provider: int) -> list[Stray]:
    """Of a provider (internal id), the last first."""
    return [Stray(kind, micros(at), count) for kind, at, count in snapshot.all(_OF_PROVIDER, {"provider": provider})]


def kind_of_headers(headers: Mapping[str, str]) -> str:
    """What is wrong with how a call signs in; "" where it has a token that has ended or is unknown."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return "basic"
    if scheme.lower() == "bearer":
        return "no-token" if token.strip().lower() in _NOTHING else ""
    if any(name in headers for name in _KEY_HEADERS):
        return "api-key"
    return "no-bearer" if scheme else "no-token"


def key_named(headers: Mapping[str, str]) -> str:
    """The user name of Basic authentication, "" without one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(token) > 1000:
        return ""
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _of_key(snapshot: Snapshot, username: str) -> int | None:
    row = snapshot.one(_PROVIDER_OF, {"username": username[:100]})
    return None if row is None else int(next(iter(row)))
