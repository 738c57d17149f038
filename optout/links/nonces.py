"""The nonce of a form: only the browser that posted it with a refusal may undo that, not every holder of the link. Made
for each visitor, hashed in the act, never seen by the brand; beside it the proof of a known browser
(``optout/links/visitors.py``)."""

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
    act: int
    nonce: str

    def written(self) -> str:
        return f"{self.act}.{self.nonce}"


class Visitor(NamedTuple):
    """A browser at a link: its nonce and the proof that it is known, else ""."""

    nonce: str
    proof: str = ""

    def written(self) -> str:
        return f"{self.nonce}.{self.proof}" if self.proof else self.nonce


def visitor(keyring: Keyring, link: tuple[str, str], written: str) -> Visitor | None:
    """The visitor who brought this to ``link`` (its name in the evidence of acts); None without a valid nonce."""
    nonce, _, proof = written.partition(".")
    if not read(nonce):
        return None
    good = bool(proof) and proof.isascii() and hmac.compare_digest(proof, proven(keyring, link, nonce).proof)
    return Visitor(nonce, proof if good else "")


def proven(keyring: Keyring, link: tuple[str, str], nonce: str) -> Visitor:
    """The visitor of this nonce, known at this link only."""
    proof = mark(keyring, "link visitor", f"{link[0]}.{link[1]}.{nonce}")
    return Visitor(nonce, urlsafe_b64encode(proof).decode().rstrip("="))


def fresh() -> str:
    return secrets.token_urlsafe(16)


def read(posted: str) -> str:
    """A form's nonce; "" where invalid: then the refusal cannot be undone."""
    return posted if _SHAPE.fullmatch(posted) else ""


def undo_of(posted: str) -> Undo | None:
    match = _UNDO.fullmatch(posted)
    return Undo(int(match[1]), match[2]) if match else None


def hashed(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def fits(evidence: Mapping[str, str], nonce: str) -> bool:
    return bool(nonce) and hmac.compare_digest(evidence.get(KEPT, ""), hashed(nonce))
