"""Table ``push_connection``: each connection's cursor and next try. Its movements are those of the registry (İYS_*
sources) on its channel; a partner's connection ends with its right to write that channel."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sqlalchemy import bindparam, literal_column, select, text, update

from consents.brands import companies
from consents.brands.provider_states import ProviderState
from consents.columns import micros, stored
from consents.instants import SECOND
from consents.keys import Keyring
from consents.queries import feed
from consents.queries.feed import Side
from consents.queries.reports import Movement
from consents.registry import Registry
from consents.store import Snapshot, Statement, Transaction, Value, table
from providers.callers import partners
from providers.deliveries import handout_store
from providers.push import push_deliveries
from providers.push.push_connections import PushTarget, opened
from providers.push.push_deliveries import PostResult
from providers.tables import PushConnection

FAR = 1000  # events: a cursor that is further behind is moved past those that are none of its own
LEASE = 20 * SECOND  # within it a post is over, or its worker is dead
LONGEST = 900 * SECOND  # between two tries

_connection, _brand = table(PushConnection), companies.CODES.c
_c = _connection.c
_own = feed.brought_in(_c.brand, _c.channel, _c.cursor)
_open = _brand.state != ProviderState.CLOSED.value  # of a closed provider nothing is posted until it is reopened
_DUE = Statement(
    select(_c.id, _c.brand, _brand.code, _brand.company, _c.channel, _c.cursor, _c.sealed, _c.tries)
    .join(companies.CODES, _brand.brand == _c.brand)
    .where(_c.next_try_at <= bindparam("now"), _c.cursor < bindparam("last"), _own, _open)
    .order_by(_c.id)
)
_far = _c.cursor < bindparam("far"), ~_own
_ANY_FAR = Statement(select(literal_column("1")).select_from(_connection).where(*_far).limit(literal_column("1")))
_SKIP = Statement(update(_connection).where(*_far).values(cursor=bindparam("last")))
_CLAIM = Statement(
    text("UPDATE push_connection SET next_try_at = :until WHERE id = :id AND cursor = :cursor AND next_try_at <= :now")
)
_MOVE = Statement(
    text(
        "UPDATE push_connection SET cursor = :last, works = :yes, tries = 0, error = NULL, next_try_at = :now "
        "WHERE id = :id AND cursor = :cursor"
    )
)
_POSTPONE = Statement(
    text(
        "UPDATE push_connection SET works = :no, tries = :tries, error = :error, next_try_at = :until "
        "WHERE id = :id AND cursor = :cursor"
    )
)
_UNTAKEN: Value[int] = Statement(text("SELECT count(*) FROM push_connection WHERE tries > 0"))
_SILENT = Statement(
    text(
        "SELECT brand, channel, tries, error, next_try_at, cursor FROM push_connection WHERE tries > 0 "
        "ORDER BY brand, id"
    )
)
_END = Statement(text("DELETE FROM push_connection WHERE id = :id AND cursor = :cursor"))


class SilentConnection(NamedTuple):
    """A connection that takes nothing: brand (internal id) and channel, tries, next one (µs); ``error``: class of the
    last failure; ``cursor``: the event up to which it has everything."""

    brand: int
    channel: int
    tries: int
    error: str
    next_try_at: int
    cursor: int


class ClaimOutcome(Enum):
    MADE = "made"
    MISSED = "missed"  # another worker has it, or it is gone
    ENDED = "ended"  # the partner that made it has lost the right


class Due(NamedTuple):
    id: int
    brand: int
    brand_code: int
    company_code: int
    channel: int
    cursor: int
    target: PushTarget
    partner: int | None
    tries: int


def due(snapshot: Snapshot, keyring: Keyring, now: int) -> list[Due]:
    """Connections with new movements whose next try may be made; cheap without news."""
    last = feed.last_event(snapshot)
    return [
        Due(number, brand, code, company, channel, cursor, *opened(keyring, sealed), tries)
        for number, brand, code, company, channel, cursor, sealed, tries in snapshot.all(
            _DUE, {"now": stored(now), "last": last}
        )
    ]


class NextPage(NamedTuple):
    """``former``: ids of its erasures (``feed.former``); ``last``: the event up to which it reaches."""

    movements: list[Movement]
    former: dict[int, list[str]]
    last: int


def next_page(snapshot: Snapshot, registry: Registry, one: Due) -> NextPage:
    """The next movements of a connection; of what it has had once, no consents that no longer stand."""
    keyring, reconsent, had = registry.keyring, registry.policy.reconsent, one.target.had
    channels, most = (one.channel,), push_deliveries.PAGE
    page = feed.page(snapshot, keyring, reconsent, one.brand, Side.IYS, channels, one.cursor, most)
    again = [movement for movement in page if movement[2][0] <= had]
    sent = [*push_deliveries.standing(snapshot, one.brand, again), *page[len(again) :]] if again else page
    return NextPage(sent, feed.former(snapshot, keyring, sent), page[-1][2][0] if page else one.cursor)


def claim(transaction: Transaction, one: Due) -> ClaimOutcome:
    """Claims the connection for one post, or ends it with the right of the partner that made it."""
    if one.partner is not None and not partners.may_write(transaction, one.partner, one.brand, one.channel):
        push_deliveries.forget(transaction, one.id)
        ended = transaction.run(_END, {"id": one.id, "cursor": one.cursor}) == 1
        return ClaimOutcome.ENDED if ended else ClaimOutcome.MISSED
    values = {"id": one.id, "cursor": one.cursor, "now": stored(transaction.now)}
    made = transaction.run(_CLAIM, values | {"until": stored(transaction.now + LEASE)}) == 1
    return ClaimOutcome.MADE if made else ClaimOutcome.MISSED


def taken(transaction: Transaction, keyring: Keyring, one: Due, last: int, post: PostResult | None = None) -> None:
    """Moves the cursor to event ``last`` and records that all up to it reached the provider."""
    values = {"id": one.id, "cursor": one.cursor, "last": last, "yes": True, "now": stored(transaction.now)}
    if transaction.run(_MOVE, values) and post is not None:
        push_deliveries.note(transaction, keyring, one.id, post)
    handout_store.note(
        transaction,
        one.brand,
        handout_store.PUSH,
        one.cursor + 1,
        last,
        side=Side.IYS.value,
        channel=one.channel,
        taken=True,
    )


def postpone(transaction: Transaction, keyring: Keyring, one: Due, error: str, post: PostResult | None = None) -> int:
    """Leaves the cursor and doubles the wait; how many seconds now."""
    wait = min(SECOND << min(one.tries, 20), LONGEST)
    values = {"id": one.id, "cursor": one.cursor, "no": False, "tries": min(one.tries + 1, 32_000), "error": error}
    if transaction.run(_POSTPONE, values | {"until": stored(transaction.now + wait)}) and post is not None:
        push_deliveries.note(transaction, keyring, one.id, post)
    return wait // SECOND


def failing(snapshot: Snapshot) -> int:
    return snapshot.value(_UNTAKEN) or 0


def silent(snapshot: Snapshot) -> list[SilentConnection]:
    return [
        SilentConnection(brand, channel, tries, error or "", micros(at), cursor)
        for brand, channel, tries, error, at, cursor in snapshot.all(_SILENT)
    ]


def far_behind(snapshot: Snapshot) -> bool:
    """Whether a cursor without own news is so far back that ``skip`` moves it."""
    return snapshot.one(_ANY_FAR, {"far": feed.last_event(snapshot) - FAR}) is not None


def skip(transaction: Transaction) -> int:
    """Moves cursors past events of others, so that these are not read again; how many."""
    last = feed.last_event(transaction)
    return transaction.run(_SKIP, {"last": last, "far": last - FAR})
