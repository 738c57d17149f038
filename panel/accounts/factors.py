"""Tables ``panel_factor`` and ``panel_recovery``: second steps."""

from __future__ import annotations

import base64
import secrets
from hmac import compare_digest
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import text

from consents.columns import micros, stored
from consents.instants import SECOND
from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from trust.pseudonyms import mark

APP, PASSKEY = 1, 2
RECOVERIES, RECOVERY_LENGTH = 10, 12
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none is mistaken for another

_COLUMNS = "id, kind, sealed, credential, counter, label, created_at, used_at"
_OF = Statement(text(f"SELECT {_COLUMNS} FROM panel_factor WHERE person = :person ORDER BY id"))
_ANY = Statement(text("SELECT 1 FROM panel_factor WHERE person = :person AND used_at IS NOT NULL LIMIT 1"))
_DROP_UNPROVED = Statement(text("DELETE FROM panel_factor WHERE person = :person AND used_at IS NULL"))
# In one statement: of two that come at once with the same code, one finds the counter where it was.
_USE = Statement(
    text("UPDATE panel_factor SET counter = :counter, used_at = :now WHERE id = :id AND counter < :counter")
)
# Between looking it up and this its answer was checked: a passkey that was removed or used meanwhile is none.
_USE_PASSKEY = Statement(
    text("UPDATE panel_factor SET counter = :counter, used_at = :now WHERE id = :id AND counter = :before")
)
_REMOVE = Statement(text("DELETE FROM panel_factor WHERE person = :person AND id = :id"))
_REMOVE_ALL = Statement(text("DELETE FROM panel_factor WHERE person = :person"))
_USE_RECOVERY = Statement(text("DELETE FROM panel_recovery WHERE person = :person AND digest = :digest"))
_DROP_RECOVERIES = Statement(text("DELETE FROM panel_recovery WHERE person = :person"))
_COUNT_RECOVERIES = Statement(text("SELECT count(*) FROM panel_recovery WHERE person = :person"))


class Factor(NamedTuple):
    """A second step; times in µs. ``secret``: of an app, or a passkey's public key. ``used_at`` None: not proved."""

    id: int
    kind: int
    secret: bytes
    credential: bytes | None
    counter: int
    label: str
    created_at: int
    used_at: int | None


def of(snapshot: Snapshot, keyring: Keyring, person: int) -> list[Factor]:
    """A person's confirmed second steps, the oldest first."""
    return [one for one in _all(snapshot, keyring, person) if one.used_at is not None]


def has_any(snapshot: Snapshot, person: int) -> bool:
    return snapshot.one(_ANY, {"person": person}) is not None


def begin_app(transaction: Transaction, keyring: Keyring, person: int, secret: str) -> None:
    """Stores an app's secret until its first code confirms it; replaces an earlier unconfirmed one."""
    transaction.run(_DROP_UNPROVED, {"person": person})
    _add(transaction, person, APP, keyring.seal_data(secret.encode()), None, "")


def unproved(snapshot: Snapshot, keyring: Keyring, person: int) -> str | None:
    """The secret without a first code."""
    found = [one for one in _all(snapshot, keyring, person) if one.used_at is None and one.kind == APP]
    return found[0].secret.decode() if found else None


def prove_app(transaction: Transaction, keyring: Keyring, person: int, code: str) -> bool:
    """Whether this is a code of the unconfirmed app, which then becomes a second step."""
    return _take_code(transaction, keyring, person, code, proved=False)


def try_app(transaction: Transaction, keyring: Keyring, person: int, code: str) -> bool:
    """Whether this is an unused code of one of the person's apps (RFC 6238, 5.2)."""
    return _take_code(transaction, keyring, person, code, proved=True)


def add_passkey(
    transaction: Transaction, keyring: Keyring, person: int, credential: bytes, public: bytes, counter: int, label: str
) -> None:
    """Adds a confirmed passkey."""
    _add(transaction, person, PASSKEY, keyring.seal_data(public), credential, label, counter, transaction.now)


def use_passkey(transaction: Transaction, factor: Factor, counter: int) -> bool:
    """Records the passkey's signature count; False where it was changed or removed."""
    values = {"id": factor.id, "before": factor.counter, "counter": counter, "now": stored(transaction.now)}
    return transaction.run(_USE_PASSKEY, values) == 1


def remove(transaction: Transaction, person: int, factor: int) -> bool:
    """Removes one second step; with the last one the recovery codes."""
    removed = transaction.run(_REMOVE, {"person": person, "id": factor}) == 1
    if not has_any(transaction, person):
        transaction.run(_DROP_RECOVERIES, {"person": person})
    return removed


def remove_all(transaction: Transaction, person: int) -> int:
    """Removes all second steps and recovery codes of a person; returns how many."""
    removed = transaction.run(_REMOVE_ALL, {"person": person})
    return removed + transaction.run(_DROP_RECOVERIES, {"person": person})


def new_recoveries(transaction: Transaction, keyring: Keyring, person: int) -> list[str]:
    """New recovery codes, readable only here; they replace the old ones."""
    transaction.run(_DROP_RECOVERIES, {"person": person})
    made = ["".join(secrets.choice(_LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERIES)]
    rows = [(person, _digest(keyring, person, code)) for code in made]
    transaction.insert("panel_recovery", "person,digest", rows)
    return ["-".join(code[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for code in made]


def use_recovery(transaction: Transaction, keyring: Keyring, person: int, typed: str) -> bool:
    """Whether this is an unused recovery code of the person; uses it up."""
    code = "".join(letter for letter in typed.upper() if letter in _LETTERS)
    return transaction.run(_USE_RECOVERY, {"person": person, "digest": _digest(keyring, person, code)}) == 1


def recoveries(snapshot: Snapshot, person: int) -> int:
    (count,) = snapshot.one(_COUNT_RECOVERIES, {"person": person}) or (0,)
    return int(count)


def _take_code(transaction: Transaction, keyring: Keyring, person: int, code: str, *, proved: bool) -> bool:
    for factor in _all(transaction, keyring, person):
        if factor.kind == APP and (factor.used_at is not None) is proved:
            step = step_of(factor.secret.decode(), code, transaction.now)
            values = {"id": factor.id, "counter": step, "now": stored(transaction.now)}
            if step is not None and transaction.run(_USE, values) == 1:
                return True
    return False


def _add(
    transaction: Transaction,
    person: int,
    kind: int,
    sealed: bytes,
    credential: bytes | None,
    label: str,
    counter: int = 0,
    used_at: int | None = None,
) -> None:
    used = None if used_at is None else stored(used_at)
    row = (person, kind, sealed, credential, counter, label, stored(transaction.now), used)
    transaction.insert("panel_factor", "person,kind,sealed,credential,counter,label,created_at,used_at", [row])


def _all(snapshot: Snapshot, keyring: Keyring, person: int) -> list[Factor]:
    return [_opened(keyring, row) for row in snapshot.all(_OF, {"person": person})]


def _opened(keyring: Keyring, row: tuple[Any, ...]) -> Factor:
    number, kind, sealed, credential, counter, label, created, used = row
    key = None if credential is None else bytes(credential)
    used_at = None if used is None else micros(used)
    return Factor(number, kind, keyring.unseal_data(bytes(sealed)), key, counter, label, micros(created), used_at)


def _digest(keyring: Keyring, person: int, code: str) -> bytes:
    return mark(keyring, "panel recovery", f"{person} {code}")


STEP = 30  # seconds that one code holds
DRIFT = 1  # steps before and after now that are taken, for clocks that differ


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()  # 160 bits: RFC 4226, 4, R6


def uri(secret: str, email: str, site: str) -> str:
    """The content of the app's QR code."""
    return _totp(secret).get_provisioning_uri(email, site).replace("+", "%20")  # apps show a "+" as it is


def code_of(secret: str, step: int) -> str:
    """The code of a step: the number of ``STEP``s since 1970."""
    return _totp(secret).generate(step * STEP).decode()


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), 6, SHA1(), STEP)  # noqa: S303 the one that all apps have


def step_of(secret: str, code: str, now: int) -> int | None:
    """The step of this code among those accepted at ``now`` (µs); None for a wrong code."""
    steps = [now // SECOND // STEP + drift for drift in range(-DRIFT, DRIFT + 1)]
    found = [step for step in steps if compare_digest(code_of(secret, step).encode(), code.encode())]
    return found[0] if found else None
