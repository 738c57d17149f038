"""Table ``data_request``: the register of requests about one's own data (KVKK art. 11 and 13)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import text

from consents.columns import micros, optional_micros, stored
from consents.instants import DAY, HOUR, ISTANBUL, moment
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark, neighbourhood

DUE, ALARM = 30 * DAY, 20 * DAY  # KVKK art. 13: the answer within thirty days; the operator is warned before
OPEN_MOST, A_MONTH = 3, 5  # requests of one address that wait, and that were sent within thirty days
BY_COMPANY = 20  # letters that one company passes on in a day: none floods the desk
A_NETWORK = 20  # requests from one network in a day: free e-mail addresses have no end
LONGEST = 2000  # characters of what is asked, and of an answer
LISTED = 100  # requests that a page shows
REFUSED = 2  # the one end that needs no proof: DataRequestState.REFUSED

_COLUMNS = "id, kind, address, words, asked_at, entered_by, state, closed_at, answer, proved_at, provider"
_ADD: Value[int] = Statement(
    text(
        "INSERT INTO data_request (kind, who, address, words, asked_at, entered_by, state, closed_at, closed_by, "
        "proved_at, provider) VALUES (:kind, :who, :address, :words, :asked_at, :entered_by, :state, :closed_at, "
        ":closed_by, :proved_at, :provider) RETURNING id"
    )
)
_CLOSE = Statement(
    text(
        "UPDATE data_request SET state = :state, answer = :answer, closed_at = :now, closed_by = :by "
        f"WHERE id = :id AND state = 0 AND (proved_at IS NOT NULL OR :state = {REFUSED})"
    )
)
_PROVE = Statement(text("UPDATE data_request SET proved_at = :now WHERE id = :id AND state = 0 AND proved_at IS NULL"))
_OF_COMPANY = Statement(
    text(f"SELECT {_COLUMNS} FROM data_request WHERE provider = :provider ORDER BY id DESC LIMIT {LISTED}")
)
_OF_ADDRESS = Statement(
    text(f"SELECT {_COLUMNS} FROM data_request WHERE who = :who AND asked_at >= :since ORDER BY id DESC LIMIT {LISTED}")
)
# Of letters that anybody may have written, none takes the room of the address's holder.
_OPEN_OF: Value[int] = Statement(
    text("SELECT count(*) FROM data_request WHERE who = :who AND state = 0 AND proved_at IS NOT NULL")
)
_ANY_OF: Value[int] = Statement(text("SELECT 1 FROM data_request WHERE who = :who LIMIT 1"))
_BY_ID = Statement(text(f"SELECT {_COLUMNS} FROM data_request WHERE id = :id"))
_WAITING = Statement(
    text(
        f"SELECT {_COLUMNS} FROM data_request WHERE state = 0 AND (:after = 0 OR "
        "(asked_at, id) > (SELECT asked_at, id FROM data_request WHERE id = :after)) ORDER BY asked_at, id LIMIT :most"
    )
)
_LATE: Statement[tuple[int, float, int | None]] = Statement(
    text(
        "SELECT count(*), max(asked_at), max(CASE WHEN provider IS NOT NULL THEN id END) FROM data_request "
        "WHERE state = 0 AND asked_at <= :before"
    )
)
_CLOSED = Statement(
    text(f"SELECT {_COLUMNS} FROM data_request WHERE state > 0 ORDER BY closed_at DESC, id DESC LIMIT {LISTED}")
)
_TALLY = Statement(text("SELECT count(*), min(asked_at) FROM data_request WHERE state = 0"))
_FORGET = Statement(
    text(
        "UPDATE data_request SET who = NULL, address = NULL, words = NULL, answer = NULL, "
        "closed_at = coalesce(closed_at, :now), state = CASE state WHEN 0 THEN :erased ELSE state END WHERE who = :who"
    )
)


class DataRequestKind(IntEnum):
    COPY = 0
    CORRECTION = 1
    ERASURE = 2
    RECEIVED = 3  # who received the data
    OBJECTION = 4


class DataRequestState(IntEnum):
    OPEN = 0
    ANSWERED = 1
    REFUSED = 2
    ERASED = 3  # the person was erased before an answer


class KeptDataRequest(NamedTuple):
    """Times in µs. ``address``: "" once erased; ``proof``: how a letter's sender proved their identity;
    ``entered_by``: the panel's person, None for the citizen; ``proved_at``: when the address was proved, None for a
    letter until its writer gives the code; ``company``: that passed it on (internal id), with its ``reference``. Then
    ``asked_at`` is the day on which the company received it, which KVKK art. 13 counts from."""

    id: int
    kind: DataRequestKind
    address: str
    text: str
    proof: str
    asked_at: int
    entered_by: int | None
    state: DataRequestState
    closed_at: int | None
    answer: str
    proved_at: int | None
    company: int | None
    reference: str

    @property
    def number(self) -> str:
        """As people write it: the year and the row, "2026/114"."""
        return f"{moment(self.asked_at).astimezone(ISTANBUL).year}/{self.id}"

    @property
    def due_at(self) -> int:
        return self.asked_at + DUE

    def days_left(self, now: int) -> int:
        """Whole days; negative once over."""
        return (self.due_at - now) // DAY

    def late(self, now: int) -> bool:
        return self.state is DataRequestState.OPEN and now >= self.asked_at + ALARM


class NewDataRequest(NamedTuple):
    """``by``: the panel's person who enters a letter, with ``proof``; for a company (internal id) with its
    ``reference`` and ``received_at`` (µs)."""

    kind: DataRequestKind
    address: str
    text: str = ""
    proof: str = ""
    by: int | None = None
    company: int | None = None
    reference: str = ""
    received_at: int | None = None


class LateDataRequests(NamedTuple):
    """``newest_at``: µs, when the last of them was sent; ``letter``: the number of the last one that a company passed
    on, None without one: it may be late when it comes."""

    total: int
    oldest: KeptDataRequest
    newest_at: int
    letter: int | None


def of_network(keyring: Keyring, ip: str) -> Limit:
    """The limit of requests that come from the network of an IP address."""
    return Limit(mark(keyring, "data requests network", neighbourhood(ip)), A_NETWORK, DAY, slot=HOUR)


def add(transaction: Transaction, keyring: Keyring, new: NewDataRequest) -> int | None:
    """The number of an open request; None above the limits of its address, or of the company that passes it on. What
    the operator enters has none."""
    who = _who(keyring, new.address)
    if new.company is not None:
        day = Limit(mark(keyring, "letters of a company", str(new.company)), BY_COMPANY, DAY, slot=HOUR)
        return _add(transaction, keyring, new, DataRequestState.OPEN) if limits.take(transaction, day) else None
    if new.by is None:
        waiting = transaction.value(_OPEN_OF, {"who": who}) or 0
        month = Limit(mark(keyring, "data requests", new.address), A_MONTH, DUE)
        if waiting >= OPEN_MOST or not limits.take(transaction, month):
            return None
    return _add(transaction, keyring, new, DataRequestState.OPEN)


def add_erasure(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """The number of an erasure that its person does at once. Erase afterwards: that empties the row."""
    new = NewDataRequest(DataRequestKind.ERASURE, address)
    return _add(transaction, keyring, new, DataRequestState.ANSWERED)


def close(
    transaction: Transaction, keyring: Keyring, number: int, state: DataRequestState, answer: str, by: int
) -> bool:
    """False where it was closed meanwhile, or nobody proved the address: then it can only be refused."""
    sealed = keyring.seal_evidence({"answer": answer[:LONGEST]})[0]
    values = {"id": number, "state": int(state), "answer": sealed, "now": stored(transaction.now), "by": by}
    return transaction.run(_CLOSE, values) == 1


def prove(transaction: Transaction, number: int) -> bool:
    """Its writer proved the address; False where that was known, or the request is closed."""
    return transaction.run(_PROVE, {"id": number, "now": stored(transaction.now)}) == 1


def of_company(snapshot: Snapshot, keyring: Keyring, company: int) -> list[KeptDataRequest]:
    """What it passed on, the newest first. ``company``: internal id."""
    return [_read(keyring, row) for row in snapshot.all(_OF_COMPANY, {"provider": company})]


def of_address(snapshot: Snapshot, keyring: Keyring, address: str, since: int) -> list[KeptDataRequest]:
    """The newest first; ``since``: µs since when the address is its holder's."""
    values = {"who": _who(keyring, address), "since": stored(since)}
    return [_read(keyring, row) for row in snapshot.all(_OF_ADDRESS, values)]


def find(snapshot: Snapshot, keyring: Keyring, number: int) -> KeptDataRequest | None:
    row = snapshot.one(_BY_ID, {"id": number})
    return None if row is None else _read(keyring, row)


def waiting(snapshot: Snapshot, keyring: Keyring, after: int = 0, most: int = LISTED) -> list[KeptDataRequest]:
    """By their last day, after a number."""
    return [_read(keyring, row) for row in snapshot.all(_WAITING, {"after": after, "most": most})]


def late(snapshot: Snapshot, keyring: Keyring, now: int) -> LateDataRequests | None:
    """None where none is late."""
    ((count, newest_at, letter),) = snapshot.all(_LATE, {"before": stored(now - ALARM)})
    oldest = waiting(snapshot, keyring, most=1) if count else []
    return LateDataRequests(count, oldest[0], micros(newest_at), letter) if oldest else None


def closed(snapshot: Snapshot, keyring: Keyring) -> list[KeptDataRequest]:
    """The latest first."""
    return [_read(keyring, row) for row in snapshot.all(_CLOSED)]


def tally(snapshot: Snapshot) -> tuple[int, int | None]:
    """How many wait, and since when (µs)."""
    ((count, oldest),) = snapshot.all(_TALLY)
    return count, optional_micros(oldest)


def any_of(snapshot: Snapshot, keyring: Keyring, address: str) -> bool:
    """Whether one is open, or its answer is kept."""
    return snapshot.value(_ANY_OF, {"who": _who(keyring, address)}) is not None


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    """Takes an erased address out of its requests; those that wait are closed."""
    values = {"who": _who(keyring, address), "now": stored(transaction.now), "erased": int(DataRequestState.ERASED)}
    transaction.run(_FORGET, values)


def _add(transaction: Transaction, keyring: Keyring, new: NewDataRequest, state: DataRequestState) -> int:
    words = keyring.seal_evidence({"text": new.text[:LONGEST], "proof": new.proof, "reference": new.reference})[0]
    open_ = state is DataRequestState.OPEN
    values: Mapping[str, Any] = {
        "kind": int(new.kind),
        "who": _who(keyring, new.address),
        "address": keyring.seal(new.address),
        "words": words,
        "asked_at": stored(transaction.now if new.received_at is None else new.received_at),
        "entered_by": new.by,
        "state": int(state),
        "closed_at": None if open_ else stored(transaction.now),
        "closed_by": None if open_ else new.by,
        "proved_at": stored(transaction.now) if new.by is None else None,
        "provider": new.company,
    }
    number = transaction.value(_ADD, values)
    assert number is not None
    return number


def _read(keyring: Keyring, row: tuple[Any, ...]) -> KeptDataRequest:
    number, kind, address, words, asked_at, entered_by, state, closed_at, answer, proved_at, provider = row
    opened = keyring.unseal_evidence(bytes(words)) if words is not None else {}
    answered = keyring.unseal_evidence(bytes(answer)) if answer is not None else {}
    return KeptDataRequest(
        number,
        DataRequestKind(kind),
        (keyring.unseal(bytes(address)) or "") if address is not None else "",
        opened.get("text", ""),
        opened.get("proof", ""),
        micros(asked_at),
        entered_by,
        DataRequestState(state),
        optional_micros(closed_at),
        answered.get("answer", ""),
        optional_micros(proved_at),
        provider,
        opened.get("reference", ""),
    )


def _who(keyring: Keyring, address: str) -> bytes:
    return mark(keyring, "data request", address)
