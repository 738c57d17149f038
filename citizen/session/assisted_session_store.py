"""Table ``helper_visit``: a signed-in helper sees another person's consents for 15 minutes. The end is fixed when
the row is written; only another code prolongs it."""

from __future__ import annotations

from sqlalchemy import text

from consents.columns import stored
from consents.instants import MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value

LASTS = 15 * MINUTE

_END = Statement(text("DELETE FROM helper_visit WHERE session = :of"))
_END_OF = Statement(text("DELETE FROM helper_visit WHERE address = :address"))
_ANY_OF: Value[int] = Statement(text("SELECT 1 FROM helper_visit WHERE address = :address LIMIT 1"))
_NOTIFIED = Statement(text("UPDATE helper_visit SET told_at = :now WHERE session = :of AND told_at IS NULL"))
_PLACE = Statement(text("SELECT 1 FROM session_address WHERE session = :of AND place = :place"))


def begin(
    transaction: Transaction,
    keyring: Keyring,
    session: bytes,
    address: str,
    place: int,
    delegation: bytes | None = None,
) -> bool:
    """Opens the consents of ``address`` to a session, helped by its address at ``place``; False when it has ended.
    ``delegation``: what allows it without a code."""
    if transaction.one(_PLACE, {"of": session, "place": place}) is None:
        return False
    now = transaction.now
    row = (session, keyring.seal(address), place, stored(now), stored(now + LASTS), None, delegation)
    transaction.upsert("helper_visit", "session", "session,address,place,began_at,ends_at,told_at,delegation", [row])
    return True


def end(transaction: Transaction, session: bytes) -> None:
    """Closes what is open to this session; harmless where nothing is."""
    transaction.run(_END, {"of": session})


def end_of(transaction: Transaction, keyring: Keyring, address: str) -> int:
    """Closes every visit to this address; how many."""
    forms = keyring.all_forms(address)
    return sum(transaction.run_as_given(_END_OF, {"address": form}) for form in forms)


def any_of(snapshot: Snapshot, keyring: Keyring, address: str) -> bool:
    """Whether ``end_of`` would close one."""
    return any(snapshot.value(_ANY_OF, {"address": form}) for form in keyring.all_forms(address))


def mark_notified(transaction: Transaction, session: bytes) -> bool:
    """Whether the address is still to be notified of a change; once a visit."""
    return transaction.run(_NOTIFIED, {"of": session, "now": stored(transaction.now)}) == 1
