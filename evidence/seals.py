"""What is sealed in the database is what the log's leaves commit to: addresses, and the evidence of acts."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidTag

from consents.held_keys import DIGEST_SIZE, WrongKey
from consents.keys import Keyring
from consents.queries import log_rows
from consents.store import Snapshot
from evidence.leaves import LogFault


def check(snapshot: Snapshot, keyring: Keyring) -> None:
    """Opens every address and every evidence. Fault at the first that is not what its commitment says."""
    check_addresses(keyring, log_rows.addresses(snapshot))
    check_evidence(keyring, log_rows.evidence(snapshot))


def check_addresses(keyring: Keyring, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
    """The same of these (recipient, sealed, commitment).

    An erased person's digest is passed over, because it can be recognised but not read.
    """
    for recipient, sealed, commitment in rows:
        try:
            address = keyring.unseal(sealed)
        except (WrongKey, TypeError, ValueError):
            raise LogFault(f"the address of recipient {recipient} was not sealed by this registry") from None
        if address is not None and keyring.commitment(address) != commitment:
            raise LogFault(f"recipient {recipient} has another's address, or another's commitment")


def check_evidence(keyring: Keyring, rows: Iterable[tuple[int, bytes | None, bytes | None, int | None]]) -> None:
    """The same of these (act, sealed evidence, digest, recipient).

    Evidence may be gone only where an erasure has left its mark, which is that person's.
    """
    for act, kept, digest, person in rows:
        if kept is None:
            raise LogFault(f"the evidence of act {act} was taken away and not by an erasure")
        if len(kept) == DIGEST_SIZE:
            if person is None or bytes(kept) != keyring.erased_evidence(person):
                raise LogFault(f"the evidence of act {act} was taken away and not by an erasure")
            continue
        try:
            opened = keyring.unseal_data(kept)
        except (InvalidTag, TypeError, ValueError):
            raise LogFault(f"the evidence of act {act} was not sealed by this registry") from None
        if sha256(opened).digest() != digest:
            raise LogFault(f"act {act} has another's evidence")
