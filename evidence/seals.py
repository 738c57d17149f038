"""What is sealed in the database is what the log's leaves commit to: addresses, and the evidence of acts."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Select, bindparam, literal_column, or_, select

from consents.keys import DIGEST_SIZE, Keyring, WrongKey
from consents.models import Act, Recipient
from consents.store import Snapshot, Statement
from evidence.leaves import Fault

PAGE = 5000

_recipient = Recipient.__table__.c  # type: ignore[attr-defined]
_act = Act.__table__.c  # type: ignore[attr-defined]


def _paged(query: Select[Any]) -> Statement:
    number = query.selected_columns[0]
    return Statement(query.where(number > bindparam("after")).order_by(number).limit(literal_column(str(PAGE))))


_ADDRESSES = _paged(select(_recipient.id, _recipient.sealed, _recipient.commitment))
_EVIDENCE = _paged(
    select(_act.id, _act.evidence, _act.evidence_digest, _act.recipient).where(
        or_(_act.evidence.is_not(None), _act.evidence_digest.is_not(None))
    )
)


def check(snapshot: Snapshot, keyring: Keyring) -> None:
    """Opens every address and every evidence. Fault at the first that is not what its commitment says.

    An erased person's digest is passed over, for it can be recognised but not read. Evidence may be gone only where an
    erasure has left its mark, which is that person's.
    """
    for recipient, sealed, commitment in _rows(snapshot, _ADDRESSES):
        try:
            address = keyring.unseal(sealed)
        except (WrongKey, TypeError, ValueError):
            raise Fault(f"the address of recipient {recipient} was not sealed by this registry") from None
        if address is not None and keyring.commitment(address) != commitment:
            raise Fault(f"recipient {recipient} has another's address, or another's commitment")
    evidence = AESSIV(keyring.keys["evidence"])
    for act, sealed, digest, recipient in _rows(snapshot, _EVIDENCE):
        if sealed is None:
            raise Fault(f"the evidence of act {act} was taken away and not by an erasure")
        if len(sealed) == DIGEST_SIZE:
            if recipient is None or bytes(sealed) != keyring.erased_evidence(recipient):
                raise Fault(f"the evidence of act {act} was taken away and not by an erasure")
            continue
        try:
            opened = evidence.decrypt(sealed, None)
        except (InvalidTag, TypeError, ValueError):
            raise Fault(f"the evidence of act {act} was not sealed by this registry") from None
        if sha256(opened).digest() != digest:
            raise Fault(f"act {act} has another's evidence")


def _rows(snapshot: Snapshot, statement: Statement) -> Iterator[tuple[Any, ...]]:
    after = -(2**63)
    while page := snapshot.all(statement, {"after": after}):
        yield from page
        after = page[-1][0]
