"""One-time codes: six digits, ten minutes at the most, used once (NIST SP 800-63B-4, 3.1.3.2). Only an HMAC over
browser, purpose and address is kept. An answer never shows whether a code was sent. A typed or pasted text is read as a
code ("048 213", "Kodunuz: 048213", the whole message): only ASCII digits count, and an ambiguous text is no code and
costs no try."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple

from consents.instants import MINUTE
from consents.keys import Keyring
from consents.store import Snapshot, Transaction
from gateways.carrier import Kind
from settings import Settings
from trust import limits
from trust.codes import pending, sign_ins
from trust.codes.limits import code_budgets, code_limits, guessing, pumping, trusted
from trust.codes.pending import Pending, Purpose
from trust.codes.reach import carrier
from trust.pseudonyms import mac

_NEVER = b""  # the HMAC of no code

# (code, expires at µs, whether it may be sent): puts the message into the outbox, or only takes as long
Send = Callable[[str, int, bool], None]
LONGEST_INPUT = 2000  # characters; the whole e-mail pasted is shorter

_BLANK = r"\s\u200b-\u200f\u2060\ufeff"  # also the invisible marks that come along when one copies
# The same as characters: an expression that looks for blanks at an end begins anew at each of them.
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SEPARATORS = re.compile(rf"(?<=[0-9])[{_BLANK}\u00ad\u2010-\u2015-]+(?=[0-9])")
_BARE = re.compile(r"(?:[0-9]{6})+").fullmatch
# Words, numbers and the marks of an ordinary message; quotes, angles, operators and "--" are none of them.
_MESSAGE = re.compile(rf"(?!.*--)[\w{_BLANK}.,:;!?()#@/&+•–-]*", re.DOTALL).fullmatch
_DIGITS_ALONE = re.compile(
    r"(?<![\w+\-–.,])(?<![0-9][ \u00a0])"  # no sign, no longer number before it
    r"([0-9]{3}[ \u00a0-]?[0-9]{3})"
    r"(?!\w|[.,][0-9]|[ \u00a0-]?[0-9]|\s*;)",
)


class CodeOutcome(StrEnum):
    OK = "ok"
    WAIT = "wait"  # this browser has asked too soon or too often
    BUSY = "busy"  # this IP address has
    SPENT = "spent"  # nothing was sent: the day's messages are used up
    NETWORK = "network"  # nothing was sent: those of the asker's network are
    FORMAT = "format"
    WRONG = "wrong"
    SUPERSEDED = "superseded"  # right, but a newer code has been sent since
    EXPIRED = "expired"
    USED = "used"
    LOCKED = "locked"
    NONE = "session"  # this browser has asked for none
    PURPOSE = "purpose"


class CodeVerdict(NamedTuple):
    """``left``: tries that remain."""

    outcome: CodeOutcome
    address: str = ""
    left: int = 0


class Ask(NamedTuple):
    """A request for a code: by whom (SHA-256 of their cookie), for what, to which address, from which IP.
    ``askers``: what may make it trusted (``trust.codes.limits.trusted``). ``by``: a carrier other than the address's
    own."""

    holder: bytes
    purpose: Purpose
    address: str
    ip: str
    askers: tuple[bytes, ...] = ()
    by: Kind | None = None


def make() -> str:
    return f"{secrets.randbelow(10**6):06}"


def proof(keyring: Keyring, holder: bytes, purpose: int, address: str, code: str) -> bytes:
    """The stored HMAC of a code. The parts before the address have fixed lengths, so no two inputs are the same."""
    return mac(keyring, "one-time code", holder + bytes((purpose,)) + code.encode() + address.encode())


def ask(
    transaction: Transaction, keyring: Keyring, settings: Settings, wish: Ask, send: Send, *, leaves: bool = True
) -> CodeVerdict:
    """Issues a code; a new one for the same address replaces the old one, and its tries count on. ``leaves``:
    whether ``send`` posts anything; the answer does not show it."""
    if not limits.take(transaction, code_limits.of_ip(keyring, settings, wish.ip)):
        return CodeVerdict(CodeOutcome.BUSY)
    now = transaction.now
    asker = trusted.find(transaction, settings, trusted.who(keyring, wish.address), wish.askers, now)
    row = pending.find(transaction, keyring, wish.holder)
    if row is None or row.used_at or (row.purpose, row.address) != (wish.purpose, wish.address):
        row = pending.asked_first(wish.holder, wish.purpose, wish.address, _NEVER, now)
    elif is_locked(transaction, keyring, settings, row, now):
        return CodeVerdict(CodeOutcome.LOCKED, row.address)
    elif now < row.again_at(settings):
        return CodeVerdict(CodeOutcome.WAIT, row.address)
    else:
        row = row.asked_again(settings, now)
    row, whole = row._replace(asker=asker), _spent(transaction, keyring, settings, wish, known=asker is not None)
    sent = _sent(transaction, keyring, settings, row, send, wish.by, stopped=whole is not None, leaves=leaves)
    pending.keep(transaction, keyring, sent)
    return CodeVerdict(whole or CodeOutcome.OK, row.address)


def redeem(
    transaction: Transaction, keyring: Keyring, settings: Settings, holder: bytes, purpose: Purpose, code: str
) -> CodeVerdict:
    """Compares a code; the try is counted before, in the same transaction."""
    row = pending.find(transaction, keyring, holder)
    if row is None:
        return CodeVerdict(CodeOutcome.NONE)
    wrong = guessing.lately(transaction, keyring, transaction.now)
    most = guessing.tries(settings, wrong)
    if stale := _stale(transaction, keyring, settings, row, purpose, most):
        return CodeVerdict(stale, row.address)
    if not pending.spend_a_try(transaction, holder, most):
        return CodeVerdict(CodeOutcome.LOCKED, row.address)
    limits.note(transaction, code_limits.of_browser(keyring, settings, holder, row.address).key, transaction.now)
    outcome, given = CodeOutcome.WRONG, proof(keyring, holder, purpose, row.address, code)
    live = row.live(transaction.now)
    if code_limits.may_compare(transaction, keyring, settings, row.address, row.asker, live=live):
        outcome = _compare(row, given, transaction.now)
    if outcome is CodeOutcome.OK:
        pending.use_up(transaction, holder)
        _forgive(transaction, keyring, settings, row)
        pumping.note_used(transaction, keyring, row.address, row.expires_at - settings.code_minutes * MINUTE)
        return CodeVerdict(CodeOutcome.OK, row.address)
    if outcome is CodeOutcome.WRONG:
        guessing.count(transaction, keyring, settings, wrong + 1)
    left = most - row.tries - 1
    return CodeVerdict(outcome if left else CodeOutcome.LOCKED, row.address, left)


def _spent(
    transaction: Transaction, keyring: Keyring, settings: Settings, wish: Ask, *, known: bool
) -> CodeOutcome | None:
    by, whose = wish.by or carrier(wish.address), code_budgets.spender(wish.purpose)
    if not known:
        for share in code_budgets.shares(keyring, settings, by, whose, wish.ip):
            if not limits.take(transaction, share):
                return CodeOutcome.NETWORK
    return None if code_budgets.left(transaction, keyring, settings, by, whose, known=known) else CodeOutcome.SPENT


def _sent(
    transaction: Transaction,
    keyring: Keyring,
    settings: Settings,
    row: Pending,
    send: Send,
    by: Kind | None,
    *,
    stopped: bool,
    leaves: bool,
) -> Pending:
    """The row with a new code; unchanged where none may be sent: the old one still holds."""
    code, expires_at = make(), transaction.now + settings.code_minutes * MINUTE
    fresh = proof(keyring, row.holder, row.purpose, row.address, code)
    whose = code_budgets.spender(row.purpose)
    allowed = not stopped and code_limits.may_send(
        transaction, keyring, settings, row.address, row.asker, by, whose, leaves=leaves
    )
    send(code, expires_at, allowed)
    if not (allowed and leaves):
        return row
    return row._replace(mac=fresh, earlier=row.mac or None, expires_at=expires_at)


def _stale(
    snapshot: Transaction, keyring: Keyring, settings: Settings, row: Pending, purpose: Purpose, most: int
) -> CodeOutcome | None:
    """Why no code is compared and no try spent; ``most``: tries a code has."""
    now = snapshot.now
    if row.purpose != purpose:
        return CodeOutcome.PURPOSE
    if row.used_at is not None:
        return CodeOutcome.USED
    if row.locked(settings, now, most) or closed_here(snapshot, keyring, settings, row, now) > now:
        return CodeOutcome.LOCKED
    return CodeOutcome.EXPIRED if now >= row.ends_at(settings) else None


def _forgive(transaction: Transaction, keyring: Keyring, settings: Settings, row: Pending) -> None:
    if row.asker is None:
        limits.give_back(transaction, code_limits.of_wrong(keyring, settings, row.address))
    else:
        trusted.forgive(transaction, row.asker, trusted.who(keyring, row.address))


def _compare(row: Pending, given: bytes, now: int) -> CodeOutcome:
    if compare_digest(given, row.mac):
        return CodeOutcome.OK if now < row.expires_at else CodeOutcome.EXPIRED
    return CodeOutcome.SUPERSEDED if row.earlier and compare_digest(given, row.earlier) else CodeOutcome.WRONG


def reopen(transaction: Transaction, keyring: Keyring, address: str) -> bool:
    """Unlocks an address that too many wrong codes have locked; False where none was counted."""
    today = limits.forget(transaction, code_limits.wrong_of(keyring, address))
    return sign_ins.reopen(transaction, sign_ins.who(keyring, address)) or today > 0


def read_code(typed: object) -> str | None:
    """The six digits; None where none or more than one can be meant, or ``typed`` is no text."""
    if not isinstance(typed, str) or len(typed) > LONGEST_INPUT or _foreign_digits(typed):
        return None
    bare = _SEPARATORS.sub("", typed.strip(_BLANKS))
    if _BARE(bare):
        found = {bare[place : place + 6] for place in range(0, len(bare), 6)}
    elif _MESSAGE(typed):
        found = {_SEPARATORS.sub("", group) for group in _DIGITS_ALONE.findall(typed)}
    else:
        return None
    return found.pop() if len(found) == 1 else None


def _foreign_digits(text: str) -> bool:
    return any(mark.isnumeric() and not mark.isascii() for mark in text)


def locked_until(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> int:
    """Until when its own wrong codes lock this browser out of the address, µs; 0 for no lock. The address's lock is
    never shown: it depends on others."""
    until = row.ends_at(settings) if _no_try_left(snapshot, keyring, settings, row, now) else 0
    until = max(until, closed_here(snapshot, keyring, settings, row, now))
    return until if until > now else 0


def is_locked(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> bool:
    if _no_try_left(snapshot, keyring, settings, row, now):
        return True
    return closed_here(snapshot, keyring, settings, row, now) > now


def closed_here(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> int:
    """Until when this browser has had too many wrong codes in a day, µs; queried only where possible."""
    if row.wrong < settings.code_failures_per_day:
        return 0
    return limits.opens_at(snapshot, code_limits.of_browser(keyring, settings, row.holder, row.address), now)


def _no_try_left(snapshot: Snapshot, keyring: Keyring, settings: Settings, row: Pending, now: int) -> bool:
    """True when every try on this code was spent; the limit is queried only after a try."""
    if not row.tries:
        return False
    return row.locked(settings, now, guessing.tries(settings, guessing.lately(snapshot, keyring, now)))
