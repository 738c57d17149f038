"""Table ``api_call``: the last ``MOST`` calls of each user of programs, without addresses: method, path, status, code,
and what ``providers/doctor`` reads. Only a call with a good token or password is kept."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Store, Transaction, Value
from providers.callers.uses import WriteBehind

MOST = 200  # calls of one user
LONGEST_PATH = 120  # characters
SHOWN = 50
HASHED = 64_000  # bytes of a body; of a longer one its length counts too
_SIZE = 8  # bytes of a hash, which is compared within the calls of one key

_LAST: Value[int | None] = Statement(text("SELECT max(number) FROM api_call WHERE api_user = :user"))
_OF_USER: Statement[tuple[float, str, str, int, str | None, int | None, bytes | None, bytes | None, str | None]] = (
    Statement(
        text(
            "SELECT at, method, path, status, code, items, digest, about, note FROM api_call WHERE api_user = :user "
            "ORDER BY number"
        )
    )
)
_RESULTS_BY_OTHERS: Statement[tuple[float, str, int, bytes]] = Statement(
    text(
        "SELECT c.at, c.path, c.status, c.about FROM api_call c JOIN api_user u ON u.id = c.api_user "
        "JOIN api_user one ON one.id = :user AND (u.provider = one.provider OR u.partner = one.partner) "
        "WHERE u.id <> :user AND c.method = 'GET' AND c.about IS NOT NULL ORDER BY c.at"
    )
)
_OLD = Statement(text("DELETE FROM api_call WHERE api_user = :user AND number <= :last"))
_OF_PROVIDER: Statement[tuple[float, str, str, str, int, str | None]] = Statement(
    text(
        "SELECT c.at, u.username, c.method, c.path, c.status, c.code FROM api_call c "
        "JOIN api_user u ON u.id = c.api_user WHERE u.provider = :provider AND (:user = 0 OR u.id = :user) "
        "AND c.status >= :least ORDER BY c.at DESC, c.number DESC LIMIT :most"
    )
)


class DoneCall(NamedTuple):
    """``at``: µs; ``path``: of the route, with iysCode and brandCode alone filled in; ``code``: İYS's, "" for none;
    ``items``: records in the body or the answer; ``digest``: keyed, of what was sent, b"" unknown; ``about``: keyed, of
    the list that was accepted or asked for; ``note``: words of ``call_facts``."""

    at: int
    method: str
    path: str
    status: int
    code: str
    items: int | None = None
    digest: bytes = b""
    about: bytes = b""
    note: str = ""


class ListedCall(NamedTuple):
    username: str
    call: DoneCall


def hashed(keyring: Keyring, what: bytes) -> bytes:
    """A keyed hash; b"" of nothing. It takes a quarter of the time of HMAC, because every call pays for it."""
    key = keyring.keys["erasure"]
    return hashlib.blake2b(what, key=key, digest_size=_SIZE, person=b"izin api call").digest() if what else b""


CallLog = WriteBehind[dict[int, deque[DoneCall]]]


def get(store: Store) -> CallLog:
    # By user. What could not be written is dropped, because the next calls matter more.
    return store.own(CallLog, lambda: CallLog(dict, keep))


def add(store: Store, user: int, call: DoneCall) -> None:
    """Schedules a write; ``user``: internal id."""
    log = get(store)
    log.waiting.setdefault(user, deque(maxlen=MOST)).append(call)
    log.begin(store)


def keep(transaction: Transaction, found: Mapping[int, Sequence[DoneCall]]) -> None:
    """Adds calls in order and deletes all but the last ``MOST`` of each user."""
    for user, calls in found.items():
        last = transaction.value(_LAST, {"user": user}) or 0
        rows = [
            (user, last + place, stored(call.at), *call[1:4], call.code or None, call.items, *_optional(call))
            for place, call in enumerate(calls, 1)
        ]
        columns = "api_user,number,at,method,path,status,code,items,digest,about,note"
        transaction.insert("api_call", columns, rows)
        transaction.run(_OLD, {"user": user, "last": last + len(rows) - MOST})


def listed(snapshot: Snapshot, provider: int, user: int = 0, least: int = 0, most: int = SHOWN) -> list[ListedCall]:
    """A provider's (internal id) last calls, the newest first; ``user``: of this one alone, 0: of all; ``least``: the
    lowest HTTP status."""
    values = {"provider": provider, "user": user, "least": least, "most": most}
    return [
        ListedCall(username, DoneCall(micros(at), method, path, status, code or ""))
        for at, username, method, path, status, code in snapshot.all(_OF_PROVIDER, values)
    ]


def of_user(snapshot: Snapshot, user: int) -> list[DoneCall]:
    """The last calls of a user (internal id), the oldest first."""
    return [
        DoneCall(
            micros(at), method, path, status, code or "", items, bytes(digest or b""), bytes(about or b""), note or ""
        )
        for at, method, path, status, code, items, digest, about, note in snapshot.all(_OF_USER, {"user": user})
    ]


def results_by_others(snapshot: Snapshot, user: int) -> list[DoneCall]:
    """Calls in which other users of the owner of one (internal id) asked for results, the oldest first."""
    rows = snapshot.all(_RESULTS_BY_OTHERS, {"user": user})
    return [DoneCall(micros(at), "GET", path, status, "", about=bytes(about)) for at, path, status, about in rows]


def _optional(call: DoneCall) -> tuple[bytes | None, bytes | None, str | None]:
    return call.digest or None, call.about or None, call.note or None
