"""The nonce of a form: who posted it with a refusal may take that refusal back; who merely holds the same link may not.

A page that asks makes a new one for each visitor; the act keeps its hash. So it needs no cookie and no script, and the
brand, which holds every link that it minted, never sees it. Beside it stands the proof that its browser is no stranger
(``optout/links/visitors.py``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import NamedTuple

from consents.keys import Keyring
from trust.pseudonyms import mark

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


class Visitor(NamedTuple):
    """A browser at a link: its nonce and, where it is known that it is no stranger's, the proof of that; else ""."""

    nonce: str
    proof: str = ""

    def written(self) -> str:
        """What ``visitor`` reads: in a form and in a cookie."""
        return f"{self.nonce}.{self.proof}" if self.proof else self.nonce


def visitor(keyring: Keyring, link: tuple[str, str], written: str) -> Visitor | None:
    """Who has brought this back to ``link`` (its name in the evidence of acts); None for what is no nonce."""
    nonce, _, proof = written.partition(".")
    if not read(nonce):
        return None
    good = bool(proof) and proof.isascii() and hmac.compare_digest(proof, proven(keyring, link, nonce).proof)
    return Visitor(nonce, proof if good else "")


def proven(keyring: Keyring, link: tuple[str, str], nonce: str) -> Visitor:
    """The visitor of this nonce as one who is known at this link, and at no other."""
    proof = mark(keyring, "link visitor", f"{link[0]}.{link[1]}.{nonce}")
    return Visitor(nonce, urlsafe_b64encode(proof).decode().rstrip("="))


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
