"""Cookies of sign-in: random, unreadable to scripts, not sent from other sites' forms. ``sid``: the session;
``giris``: a requested code; ``niyet``: the request of an ended session (signed); ``cihaz``: a trusted browser
(``trust.codes.limits.trusted``), the only persistent one; ``panel…``: the same of the panel; ``panelkimlik``: a
pending OpenID sign-in (signed). On https names have ``__Host-`` against other hosts of the domain (RFC 6265bis,
4.1.3.2)."""

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
    return secrets.token_urlsafe(32)


def key(secret: str) -> bytes:
    """The stored form of a secret: its SHA-256; it has too many bits to be guessed."""
    return hashlib.sha256(secret.encode("ascii")).digest()


def key_in(request: Request, cookie: str) -> bytes | None:
    """The key of this cookie's secret; None for none, or an invalid one."""
    return digest(read(request, cookie) or "")


def digest(secret: str) -> bytes | None:
    """The stored form of a secret that a browser sent; None where it cannot be one."""
    return key(secret) if _TOKEN(secret) else None


def read(request: Request, cookie: str) -> str | None:
    return request.cookies.get(name(cookie, process.of(request).settings.https))


@lru_cache
def name(cookie: str, https: bool) -> str:
    return f"__Host-{cookie}" if https else cookie


def put(request: Request, response: Response, cookie: str, value: str, seconds: int | None = None) -> None:
    """Sets the cookie; without ``seconds`` until the browser is closed."""
    https = process.of(request).settings.https
    response.set_cookie(
        name(cookie, https), value, max_age=seconds, path="/", secure=https, httponly=True, samesite="lax"
    )


def drop(request: Request, response: Response, cookie: str) -> None:
    https = process.of(request).settings.https
    response.delete_cookie(name(cookie, https), path="/", secure=https, httponly=True, samesite="lax")


_PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_label(request: Request) -> str:
    """The User-Agent as "Firefox, Linux"; "" for an unknown one."""
    agent = request.headers.get("user-agent", "")
    named = [next((name for sign, name in known if sign in agent), "") for known in (_PROGRAMS, _SYSTEMS)]
    return ", ".join(filter(None, named))
