"""Signatures of pushes by the Standard Webhooks scheme (standardwebhooks.com, specification 1.0.0): three headers with
an id, the second of sending, and HMAC-SHA-256 of both and the body. Two secrets are valid while one takes the other's
place."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from consents.instants import DAY, SECOND

BOTH = DAY  # µs for which the former secret still signs
_PREFIX, _BYTES = "whsec_", 32
_LEAST, _MOST = 24, 64  # bytes of a secret


class SigningSecret(NamedTuple):
    """``text``: “whsec_” and base64; ``until``: µs, None of the present one."""

    text: str
    until: int | None


def new() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def fits(text: str) -> bool:
    """“whsec_” and the base64 of 24 to 64 bytes, as the specification has it."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(_PREFIX) and _LEAST <= len(key) <= _MOST


def renewed(known: Sequence[SigningSecret], fresh: str, now: int) -> tuple[SigningSecret, ...]:
    """With ``fresh`` as the present one; the one before it stays valid for ``BOTH``."""
    if SigningSecret(fresh, None) in known:
        return tuple(known)
    return SigningSecret(fresh, None), *(SigningSecret(one.text, now + BOTH) for one in known if one.until is None)


def valid(known: Sequence[SigningSecret], now: int) -> list[SigningSecret]:
    return [one for one in known if one.until is None or now < one.until]


def headers(known: Sequence[SigningSecret], message: str, body: bytes, now: int) -> dict[str, str]:
    """Empty without a secret. ``message``: an id, the same for each repeat; ``now``: µs."""
    second = str(now // SECOND)
    signed = b".".join((message.encode(), second.encode(), body))
    found = " ".join(f"v1,{_signature(one.text, signed)}" for one in valid(known, now))
    if not found:
        return {}
    return {"webhook-id": message, "webhook-timestamp": second, "webhook-signature": found}


def _signature(secret: str, signed: bytes) -> str:
    key = binascii.a2b_base64(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
