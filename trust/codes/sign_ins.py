"""Table ``sign_in``: what is remembered of an address between its sessions, under a mark that nobody can read."""

from __future__ import annotations

from sqlalchemy import text

from consents.columns import micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from trust.pseudonyms import mark

_WRONG = Statement(text("SELECT wrong FROM sign_in WHERE address = :who"))
_LAST = Statement(text("SELECT at FROM sign_in WHERE address = :who"))
_RISE = Statement(
    text(
        "INSERT INTO sign_in (address, wrong, wrong_at) VALUES (:who, 1, :now) ON CONFLICT (address) "
        "DO UPDATE SET wrong = sign_in.wrong + 1, wrong_at = excluded.wrong_at WHERE sign_in.wrong < :most"
    )
)
_SUCCEED = Statement(
    text(
        "INSERT INTO sign_in (address, at, wrong) VALUES (:who, :now, 0) ON CONFLICT (address) "
        "DO UPDATE SET at = excluded.at, wrong = 0, wrong_at = NULL"
    )
)
_REOPEN = Statement(text("UPDATE sign_in SET wrong = 0, wrong_at = NULL WHERE address = :who AND wrong > 0"))
_FORGET = Statement(text("UPDATE sign_in SET at = NULL WHERE address = :who"))


def who(keyring: Keyring, address: str) -> bytes:
    """The mark that an address is remembered by."""
    return mark(keyring, "sign-in", address)


def closed(snapshot: Snapshot, marked: bytes, most: int) -> bool:
    """True when so many wrong codes were given since the last right one that no code is good any more.

    NIST SP 800-63B-4, 3.2.2: at most 100 in a row.
    """
    row = snapshot.one(_WRONG, {"who": marked})
    return row is not None and row[0] >= most


def rise(transaction: Transaction, marked: bytes, most: int) -> bool:
    """Counts one wrong code more, in one statement; False where ``most`` is reached."""
    return transaction.run(_RISE, {"who": marked, "now": stored(transaction.now), "most": most}) == 1


def succeed(transaction: Transaction, marked: bytes) -> int | None:
    """Notes a sign-in and forgets the wrong codes; µs of the sign-in before this one, None for the first."""
    row = transaction.one(_LAST, {"who": marked})
    transaction.run(_SUCCEED, {"who": marked, "now": stored(transaction.now)})
    return None if row is None or row[0] is None else micros(row[0])


def reopen(transaction: Transaction, marked: bytes) -> bool:
    """Opens sign-in again for an address whose holder has shown in another way who he is; False where it was open."""
    return transaction.run(_REOPEN, {"who": marked}) == 1


def forget(transaction: Transaction, marked: bytes) -> None:
    """Forgets when an erased address was last seen; its wrong codes stay, or erasing would open what is closed."""
    transaction.run(_FORGET, {"who": marked})
