"""Codes of an authenticator app: RFC 6238 with six digits of 30 seconds, as all apps make them."""

from __future__ import annotations

from hmac import compare_digest

import pyotp

from consents.instants import SECOND

STEP = 30  # seconds that one code holds
DRIFT = 1  # steps before and after now that are taken, for clocks that differ


def new_secret() -> str:
    """A secret of 160 bits, in base 32 as apps take it."""
    return pyotp.random_base32()


def uri(secret: str, email: str, site: str) -> str:
    """What the QR code for the app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=site)


def code_of(secret: str, step: int) -> str:
    """The code of a step: how many times ``STEP`` has passed since 1970."""
    return pyotp.TOTP(secret, interval=STEP).at(step * STEP)


def step_of(secret: str, code: str, now: int) -> int | None:
    """The number of the step whose code this is, of those that are taken at ``now`` (µs); None of a wrong code."""
    steps = [now // SECOND // STEP + drift for drift in range(-DRIFT, DRIFT + 1)]
    found = [step for step in steps if compare_digest(code_of(secret, step).encode(), code.encode())]
    return found[0] if found else None
