"""Limits wrong tries at the second step, and disables app codes after too many. An attacker who reads a user's mails
could guess app codes all day. So ``CLOSED_AFTER`` wrong codes in a row, over any time, disable app codes (NIST SP
800-63B-4, 3.2.2, allows 100). A passkey, a recovery code or the operator (``izin panel-user end --second-step``)
enables them again. Sessions that have passed the second step stay valid."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import text

from consents.instants import MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

TRIES, WITHIN = 10, 15 * MINUTE  # second steps, right or wrong, of one person
NOTICE_AFTER, CLOSED_AFTER = 5, 30  # wrong ones in a row

_RISE = Statement(text("UPDATE panel_user SET step_wrong = step_wrong + 1 WHERE id = :person"))
_WRONG = Statement(text("SELECT step_wrong FROM panel_user WHERE id = :person"))
_RESET = Statement(text("UPDATE panel_user SET step_wrong = 0 WHERE id = :person AND step_wrong > 0"))


class Risen(Enum):
    """The consequence of one more wrong code."""

    NOTHING = 0
    NOTICE = 1  # the person hears of it
    CLOSED = 2  # from now on no code of an app is good


def may_try(transaction: Transaction, keyring: Keyring, person: int) -> bool:
    """Counts a try before the check; False above the limit."""
    return limits.take(transaction, _limit(keyring, person))


def forgive(transaction: Transaction, keyring: Keyring, person: int) -> None:
    """After a correct try: takes its count back, and resets the row of wrong ones."""
    limits.give_back(transaction, _limit(keyring, person))
    reset(transaction, person)


def reset(transaction: Transaction, person: int) -> bool:
    """Resets the row of wrong ones; False where there was none."""
    return transaction.run(_RESET, {"person": person}) == 1


def wrong(snapshot: Snapshot, person: int) -> int:
    """The wrong ones in a row."""
    (count,) = snapshot.one(_WRONG, {"person": person}) or (0,)
    return int(count)


def closed(snapshot: Snapshot, person: int) -> bool:
    """Whether app codes are locked."""
    return wrong(snapshot, person) >= CLOSED_AFTER


def rise(transaction: Transaction, person: int) -> Risen:
    """Counts one wrong code more."""
    transaction.run(_RISE, {"person": person})
    return {NOTICE_AFTER: Risen.NOTICE, CLOSED_AFTER: Risen.CLOSED}.get(wrong(transaction, person), Risen.NOTHING)


def _limit(keyring: Keyring, person: int) -> Limit:
    return Limit(mark(keyring, "panel step", str(person)), TRIES, WITHIN)
