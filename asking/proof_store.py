"""Table ``request_proof``: the proofs that a time stamp was given for, kept to the byte."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction, Value

LOOKED_AT = 5000  # answers

_FIND = Statement(text("SELECT content, stamp FROM request_proof WHERE request = :request"))
_KEEP = Statement(
    text(
        "INSERT INTO request_proof (request, content, stamp) SELECT id, :content, :stamp FROM consent_request "
        "WHERE id = :request AND length(address) > :digest ON CONFLICT (request) DO NOTHING"
    )
)
# Among the newest alone: a stamp of much later proves little. By the index consent_request_act.
_LACKING: Value[int] = Statement(
    text(
        f"SELECT id FROM (SELECT id, act FROM consent_request WHERE act <= :last ORDER BY act DESC LIMIT {LOOKED_AT}) "
        "AS newest WHERE NOT EXISTS (SELECT 1 FROM request_proof WHERE request = newest.id) "
        "ORDER BY act DESC LIMIT :most"
    )
)
_FORGET = Statement(
    text("DELETE FROM request_proof WHERE request IN (SELECT id FROM consent_request WHERE address = :address)")
)
_DIGEST = 16  # bytes of an erased person's


class StampedProof(NamedTuple):
    """``text``: the signed JSON; ``stamp``: the authority's answer about its SHA-512 (RFC 3161)."""

    text: str
    stamp: bytes


def find(snapshot: Snapshot, keyring: Keyring, request: int) -> StampedProof | None:
    row = snapshot.one(_FIND, {"request": request})
    if row is None:
        return None
    content, stamp = row
    return StampedProof(keyring.unseal_data(content).decode(), bytes(stamp))


def keep(transaction: Transaction, keyring: Keyring, request: int, proof: StampedProof) -> None:
    """The first one stays; none of a person who was erased meanwhile."""
    content = keyring.seal_data(proof.text.encode())
    transaction.run(_KEEP, {"request": request, "content": content, "stamp": proof.stamp, "digest": _DIGEST})


def lacking(snapshot: Snapshot, last: int, most: int) -> list[int]:
    """Requests whose answers are acts up to ``last`` and have no stamp, the newest first."""
    return snapshot.column(_LACKING, {"last": last, "most": most})


def forget(transaction: Transaction, keyring: Keyring, address: str) -> None:
    for form in keyring.all_forms(address):
        transaction.run(_FORGET, {"address": form})
