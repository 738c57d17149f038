"""The cookies of whoever signs in: random, unreadable to scripts, never sent along from another site's forms.

``sid``: the session. ``giris``: who has asked for a code. ``niyet``: what was wanted when a session had ended (signed).
``cihaz``: a browser in which an address was proved (``trust.codes.limits.trusted``); the only one that outlives
the browser. The ``panel…`` ones are the same of the panel; ``panelkimlik``: what a sign-in by OpenID waits for
(signed).

On https their names carry ``__Host-``, so that no other host of the domain can plant one (RFC 6265bis, 4.1.3.2).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from web import process

SESSION, BROWSER, INTENT, DEVICE = "sid", "giris", "niyet", "cihaz"
PANEL, PANEL_BROWSER, PANEL_DEVICE, PANEL_OPENID = "panel", "panelgiris", "panelcihaz", "panelkimlik"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII).fullmatch


def token() -> str:
    """A new secret of 256 bits (ASVS 5.0, 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(32)


def key(secret: str) -> bytes:
    """What the database keeps of a secret: its SHA-256. It has too many bits to be found by trying."""
    return hashlib.sha256(secret.encode("ascii")).digest()


def key_in(request: Request, which: str) -> bytes | None:
    """The key of the secret in this cookie; None where the browser sent none, or something else."""
    return digest(read(request, which) or "")


def digest(secret: str) -> bytes | None:
    """The key of what somebody says is a secret; None where it has not the form of one."""
    return key(secret) if _TOKEN(secret) else None


def read(request: Request, which: str) -> str | None:
    """The cookie's value as the browser sent it."""
    return request.cookies.get(name(which, process.of(request).settings.https))


@lru_cache
def name(which: str, https: bool) -> str:
    """The cookie's full name."""
    return f"__Host-{which}" if https else which


def put(request: Request, response: Response, which: str, value: str, seconds: int | None = None) -> None:
    """Sets the cookie; without ``seconds`` it lives until the browser is closed."""
    https = process.of(request).settings.https
    response.set_cookie(
        name(which, https), value, max_age=seconds, path="/", secure=https, httponly=True, samesite="lax"
    )


def drop(request: Request, response: Response, which: str) -> None:
    """Takes the cookie away."""
    https = process.of(request).settings.https
    response.delete_cookie(name(which, https), path="/", secure=https, httponly=True, samesite="lax")
