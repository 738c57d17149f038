"""Table ``push_delivery``: the last ``MOST`` posts of each push connection and their answers. It names a range of
events and holds no body: the same movements are read again from the history, where an erased person has no address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, text

from consents import state
from consents.columns import micros, stored
from consents.keys import Keyring
from consents.movement_counts import kind_of
from consents.queries import feed
from consents.queries.feed import Side
from consents.queries.reports import Movement
from consents.registry import Registry
from consents.rules import ONAY
from consents.state import Key
from consents.store import Snapshot, Statement, Transaction, among, table
from providers.tables import PushDelivery
from trust.pseudonyms import mark

MOST = 200  # posts of one connection
PAGE = 100  # movements in one post

_c = table(PushDelivery).c
_COLUMNS = (
    _c.id,
    _c.connection,
    _c.at,
    _c.after_event,
    _c.last_event,
    _c.movements,
    _c.status,
    _c.error,
    _c.took,
    _c.again,
    _c.tries,
    _c.answer,
)
_OF_CONNECTIONS = Statement(
    select(*_COLUMNS).where(among(_c.connection, "connections")).order_by(_c.id.desc()).limit(bindparam("most"))
)
_FAILED = Statement(
    select(*_COLUMNS)
    .where(among(_c.connection, "connections"), _c.error.is_not(None))
    .order_by(_c.id.desc())
    .limit(bindparam("most"))
)
_BY_NUMBER = Statement(select(*_COLUMNS).where(_c.id == bindparam("id")))
_OLD = Statement(
    text(
        "DELETE FROM push_delivery WHERE connection = :connection AND id <= (SELECT id FROM push_delivery "
        "WHERE connection = :connection ORDER BY id DESC LIMIT 1 OFFSET :most)"
    )
)
_FORGET = Statement(text("DELETE FROM push_delivery WHERE connection = :connection"))


class PostResult(NamedTuple):
    """A post. ``after``, ``last``: its events are those after the first up to the second; ``movements``: how many, 0 of
    the test record; ``status``: HTTP, None without an answer; ``error``: class of the failure, "" where it was taken;
    ``took``: ms; ``again``: a person sent it once more; ``tries``: which try it was, from 1; ``answer``: the first
    characters of the receiver's answer, without numbers and e-mails."""

    after: int
    last: int
    movements: int
    status: int | None
    error: str
    took: int
    again: bool = False
    tries: int = 1
    answer: str = ""


class KeptPost(NamedTuple):
    """``at``: µs; ``sealed``: the receiver's answer, see ``answer_of``."""

    id: int
    connection: int
    at: int
    post: PostResult
    sealed: bytes = b""


def note(transaction: Transaction, keyring: Keyring, connection: int, post: PostResult) -> int:
    """Keeps a post of a connection that stands; its number."""
    number = transaction.numbers("push_delivery")
    *before, error, took, again, tries, answer = post
    sealed = keyring.seal_data(answer.encode()) if answer else None
    row = (number, connection, stored(transaction.now), *before, error or None, min(took, 32_000), again, tries, sealed)
    columns = "id,connection,at,after_event,last_event,movements,status,error,took,again,tries,answer"
    transaction.insert("push_delivery", columns, [row])
    transaction.run(_OLD, {"connection": connection, "most": MOST})
    return number


def forget(transaction: Transaction, connection: int) -> None:
    """Before the connection is deleted."""
    transaction.run(_FORGET, {"connection": connection})


def answer_of(keyring: Keyring, kept: KeptPost) -> str:
    """The first characters of the receiver's answer, "" without one."""
    return keyring.unseal_data(kept.sealed).decode() if kept.sealed else ""


def listed(snapshot: Snapshot, connections: Sequence[int], most: int = MOST, *, failed: bool = False) -> list[KeptPost]:
    """The newest first; by internal ids of the connections. ``failed``: those that were not taken."""
    query = _FAILED if failed else _OF_CONNECTIONS
    rows = snapshot.all(query, {"connections": snapshot.array(connections), "most": most})
    return [_delivery(row) for row in rows]


def find(snapshot: Snapshot, number: int) -> KeptPost | None:
    row = snapshot.one(_BY_NUMBER, {"id": number})
    return None if row is None else _delivery(row)


def page(
    snapshot: Snapshot, registry: Registry, brand: int, channel: int, post: PostResult
) -> tuple[list[Movement], dict[int, list[str]]]:
    """The movements of a post as the history has them now, and the former ids of its erasures (``feed.former``)."""
    keyring, reconsent = registry.keyring, registry.policy.reconsent
    found = feed.page(snapshot, keyring, reconsent, brand, Side.IYS, (channel,), post.after, PAGE)
    found = [movement for movement in found if movement[2][0] <= post.last]
    if len(found) > post.movements:  # it went out without the consents that stood no longer
        found = standing(snapshot, brand, found)
    return found, feed.former(snapshot, keyring, found)


def standing(snapshot: Snapshot, brand: int, page: Sequence[Movement]) -> list[Movement]:
    """These movements without the consents that no longer stand: sent once more, one would come after its refusal
    (rule L14)."""
    stands = state.of_brand(snapshot, brand, {recipient for _, _, (*_, recipient, _) in page})

    def holds(movement: Movement) -> bool:
        *_, code, recipient, _ = movement[2]
        kind = kind_of(code)
        now = stands.get(Key(recipient, brand, kind.channel, kind.identity))
        return kind.status != ONAY or (now is not None and now.status == ONAY)

    return list(filter(holds, page))


def message(keyring: Keyring, connection: int, after: int, last: int) -> str:
    """The id of a post (``signing.headers``), the same for each repeat of these events to this connection."""
    return f"msg_{mark(keyring, 'push message', f'{connection} {after} {last}').hex()}"


def _delivery(row: tuple[Any, ...]) -> KeptPost:
    number, connection, at, after, last, movements, status, error, took, again, tries, sealed = row
    post = PostResult(after, last, movements, status, error or "", took, bool(again), tries)
    return KeptPost(number, connection, micros(at), post, bytes(sealed or b""))
