"""Table ``trusted_asker``: who has proved an address before. Strangers can use up an address's tries; a browser in
which it was proved (OWASP's "device cookie") and an address proved in the same session have their own. ``TRIES``
wrong codes in a row end the trust."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from consents.columns import stored
from consents.instants import DAY
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value
from settings import Settings
from trust.pseudonyms import mark

TRIES = 10  # wrong codes in a row
MOST = 8  # askers of one address; the one that proved it longest ago goes

_FIND = Statement(
    text(
        "SELECT asker FROM trusted_asker "
        "WHERE asker = :asker AND address = :who AND wrong < :tries AND proved_at > :since"
    )
)
_BROWSERS: Value[bytes] = Statement(  # the marks of addresses proved beside it are shorter
    text(
        "SELECT asker FROM trusted_asker "
        "WHERE address = :who AND length(asker) = 32 AND wrong < :tries AND proved_at > :since"
    )
)
# Before anything is compared, and in one statement: of guesses made at once only so many find a try left.
_TRY = Statement(
    text("UPDATE trusted_asker SET wrong = wrong + 1 WHERE asker = :asker AND address = :who AND wrong < :tries")
)
_FORGIVE = Statement(text("UPDATE trusted_asker SET wrong = 0 WHERE asker = :asker AND address = :who"))
_RENEW = Statement(text("UPDATE trusted_asker SET asker = :new WHERE asker = :old"))
_TRIM = Statement(
    text(
        "DELETE FROM trusted_asker WHERE address = :who AND asker NOT IN "
        "(SELECT asker FROM trusted_asker WHERE address = :who ORDER BY proved_at DESC, asker LIMIT :most)"
    )
)
_END = Statement(text("DELETE FROM trusted_asker WHERE asker = :asker"))
_END_OF = Statement(text("DELETE FROM trusted_asker WHERE address = :who OR asker = :beside"))


def who(keyring: Keyring, address: str) -> bytes:
    return mark(keyring, "trusted", address)


def beside(keyring: Keyring, address: str) -> bytes:
    """The asker for addresses proved in the same session; a browser is the SHA-256 of its cookie."""
    return mark(keyring, "beside", address)


def find(snapshot: Snapshot, settings: Settings, marked: bytes, askers: Iterable[bytes], now: int) -> bytes | None:
    """The first asker that the address ``marked`` trusts at ``now`` (µs)."""
    values = {"who": marked, "tries": TRIES, "since": stored(now - settings.trusted_days * DAY)}
    found = [asker for asker in askers if snapshot.one(_FIND, {**values, "asker": asker})]
    return found[0] if found else None


def browsers(snapshot: Snapshot, settings: Settings, marked: bytes, now: int) -> list[bytes]:
    """The browsers that the address ``marked`` trusts at ``now`` (µs), at most ``MOST``; one SELECT."""
    values = {"who": marked, "tries": TRIES, "since": stored(now - settings.trusted_days * DAY)}
    return [bytes(asker) for asker in snapshot.column(_BROWSERS, values)]


def spend_a_try(transaction: Transaction, asker: bytes, marked: bytes) -> bool:
    """Counts one try as wrong before the comparison; False where the trust has ended."""
    return transaction.run(_TRY, {"asker": asker, "who": marked, "tries": TRIES}) == 1


def forgive(transaction: Transaction, asker: bytes, marked: bytes) -> None:
    transaction.run(_FORGIVE, {"asker": asker, "who": marked})


def renew(transaction: Transaction, old: bytes, new: bytes) -> None:
    """Replaces the browser's cookie; copies of the old one are worthless."""
    transaction.run(_RENEW, {"old": old, "new": new})


def remember(
    transaction: Transaction, keyring: Keyring, browser: bytes, address: str, others: Iterable[str] = ()
) -> None:
    """Makes ``address`` trust this browser; it and ``others``, proved in one session, trust each other."""
    one, itself = who(keyring, address), beside(keyring, address)
    pairs = [(browser, one)]
    for other in others:
        pairs += [(beside(keyring, other), one), (itself, who(keyring, other))]
    rows = [(*pair, 0, stored(transaction.now)) for pair in pairs]
    transaction.upsert("trusted_asker", "asker,address", "asker,address,wrong,proved_at", rows)
    for marked in {marked for _, marked in pairs}:
        transaction.run(_TRIM, {"who": marked, "most": MOST})


def end(transaction: Transaction, browser: bytes) -> None:
    transaction.run(_END, {"asker": browser})


def end_of(transaction: Transaction, keyring: Keyring, address: str) -> None:
    transaction.run(_END_OF, {"who": who(keyring, address), "beside": beside(keyring, address)})
