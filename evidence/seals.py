"""Verifies that encrypted addresses and evidence are what the log's leaves commit to."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidTag

from consents.keys import Keyring
from consents.people.held_keys import DIGEST_SIZE, WrongKey
from consents.queries import log_rows
from consents.store import Snapshot
from evidence.leaves import LogFault


def check(snapshot: Snapshot, keyring: Keyring) -> None:
    """Decrypts every address and every evidence. Errors: LogFault at the first that differs from its commitment."""
    check_addresses(keyring, log_rows.addresses(snapshot))
    check_evidence(keyring, log_rows.evidence(snapshot))


def check_addresses(keyring: Keyring, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
    """``check`` of these (recipient, encrypted address, commitment), erased people skipped."""
    for recipient, sealed, commitment in rows:
        try:
            address = keyring.unseal(sealed)
        except (WrongKey, TypeError, ValueError):
            raise LogFault(f"the address of recipient {recipient} was not sealed by this registry") from None
        if address is not None and keyring.commitment(address) != commitment:
            raise LogFault(f"recipient {recipient} has another's address, or another's commitment")


def check_evidence(keyring: Keyring, rows: Iterable[tuple[int, bytes | None, bytes | None, int | None]]) -> None:
    """``check`` of these (act, encrypted evidence, digest, recipient). Evidence may be missing only with the mark
    of an erasure, of that person or act."""
    for act, kept, digest, person in rows:
        if kept is None:
            raise LogFault(f"the evidence of act {act} was taken away and not by an erasure")
        if len(kept) == DIGEST_SIZE:
            if bytes(kept) != (keyring.erased_act(act) if person is None else keyring.erased_evidence(person)):
                raise LogFault(f"the evidence of act {act} was taken away and not by an erasure")
            continue
        try:
            opened = keyring.unseal_data(kept)
        except (InvalidTag, TypeError, ValueError):
            raise LogFault(f"the evidence of act {act} was not sealed by this registry") from None
        if sha256(opened).digest() != digest:
            raise LogFault(f"act {act} has another's evidence")
