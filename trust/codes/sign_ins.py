"""Table ``sign_in``: an address between its sessions, under its mark."""

from __future__ import annotations

from sqlalchemy import text

from consents.columns import optional_micros, stored
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value
from trust.pseudonyms import mark

_WRONG: Value[int] = Statement(text("SELECT wrong FROM sign_in WHERE address = :who"))
_LAST: Value[float | None] = Statement(text("SELECT at FROM sign_in WHERE address = :who"))
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
    return mark(keyring, "sign-in", address)


def closed(snapshot: Snapshot, marked: bytes, most: int) -> bool:
    """True after ``most`` wrong codes since the last right one: no code is valid (NIST SP 800-63B-4, 3.2.2: 100 in a
    row)."""
    return (snapshot.value(_WRONG, {"who": marked}) or 0) >= most


def last(snapshot: Snapshot, marked: bytes) -> int | None:
    """µs of its last sign-in by a code, within the time that sign-ins are kept."""
    return optional_micros(snapshot.value(_LAST, {"who": marked}))


def rise(transaction: Transaction, marked: bytes, most: int) -> bool:
    """Counts one more wrong code, in one statement; False at ``most``."""
    return transaction.run(_RISE, {"who": marked, "now": stored(transaction.now), "most": most}) == 1


def succeed(transaction: Transaction, marked: bytes) -> int | None:
    """Records a sign-in by a code and resets the count; µs of the previous one, None for the first. A passkey proves a
    phone, not the number: it is none, or the number's next holder would pass for its old one."""
    before = last(transaction, marked)
    transaction.run(_SUCCEED, {"who": marked, "now": stored(transaction.now)})
    return before


def reopen(transaction: Transaction, marked: bytes) -> bool:
    """Unlocks an address whose holder has proved their identity otherwise; False where it was open."""
    return transaction.run(_REOPEN, {"who": marked}) == 1


def forget(transaction: Transaction, marked: bytes) -> None:
    """Forgets an erased address's last sign-in; the wrong codes stay, or erasing would unlock it."""
    transaction.run(_FORGET, {"who": marked})
