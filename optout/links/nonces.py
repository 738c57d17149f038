"""The nonce of a form: who posted it with a refusal may take that refusal back; who merely holds the same link may not.

A page that asks makes a new one for each visitor; the act keeps its hash. So it needs no cookie and no script, and the
brand, which holds every link that it minted, never sees it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import NamedTuple

KEPT = "nonce"  # the name under which an act's evidence has the hash
_SHAPE = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits
_UNDO = re.compile(r"([0-9]{1,18})\.([A-Za-z0-9_-]{22})", re.ASCII)


class Undo(NamedTuple):
    """What a form asks to take back: the number of an act and the nonce that was posted with it."""

    act: int
    nonce: str

    def written(self) -> str:
        """What ``undo_of`` reads."""
        return f"{self.act}.{self.nonce}"


def fresh() -> str:
    """A new nonce."""
    return secrets.token_urlsafe(16)


def read(posted: str) -> str:
    """A nonce as a form has brought it back; "" for anything else: then the refusal cannot be taken back."""
    return posted if _SHAPE.fullmatch(posted) else ""


def undo_of(posted: str) -> Undo | None:
    """What a form has brought back to be taken back; None for anything else."""
    match = _UNDO.fullmatch(posted)
    return Undo(int(match[1]), match[2]) if match else None


def hashed(nonce: str) -> str:
    """What an act keeps of a nonce."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def fits(evidence: Mapping[str, str], nonce: str) -> bool:
    """Whether this nonce was posted with the act of this evidence."""
    return bool(nonce) and hmac.compare_digest(evidence.get(KEPT, ""), hashed(nonce))
