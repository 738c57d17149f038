"""What somebody wanted when his session had ended: kept for half an hour in a signed cookie, done after the code.

A page is opened again and a refusal is finished, so that nobody has to press twice to be left alone. An approval is
never kept: it must not come out of a sign-in (design: approving always takes a step of its own).
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from citizen import cookies
from web import forms

SECONDS = 30 * 60
_LONGEST = 2000  # bytes of the cookie; browsers keep 4096
_PLACES = ("/izinler", "/markalar")  # what lies behind a sign-in and can be gone back to
_HOME, _ALL = "/izinler", "/izinler/reddet"


class Intent(NamedTuple):
    """``path`` with its query; ``form``: the fields of a refusal that was posted, empty where a page was wanted."""

    path: str
    form: dict[str, str]


async def of(request: Request) -> Intent | None:
    """What this request wants, if that may wait for the code."""
    path = request.url.path
    if not any(path == place or path.startswith(f"{place}/") for place in _PLACES):
        return None
    whole = f"{path}?{request.url.query}" if request.url.query else path
    if request.method == "GET":
        return Intent(whole, {}) if whole != _HOME else None  # there one comes anyway
    fields = await forms.fields(request)
    refused = path == _ALL or fields.get("status") == "RET"
    return Intent(whole, fields) if request.method == "POST" and refused else None


def keep(request: Request, response: Response, wanted: Intent) -> None:
    """Gives the browser the intent to keep. One too long for a cookie is let go; no page replaces a refusal."""
    earlier = kept(request)
    if not wanted.form and earlier and earlier.form:
        return
    until = request.app.state.registry.store.now() + SECONDS * 1_000_000
    value = str(_signer(request).dumps([wanted.path, wanted.form, until]))
    if len(value) <= _LONGEST:
        cookies.put(request, response, cookies.INTENT, value, SECONDS)


def kept(request: Request) -> Intent | None:
    """The intent the browser has kept; None where there is none, it is older than half an hour or not signed by us."""
    value = cookies.read(request, cookies.INTENT)
    if not value or len(value) > _LONGEST:
        return None
    try:
        path, form, until = _signer(request).loads(value)
    except BadData:
        return None
    return Intent(path, form) if request.app.state.registry.store.now() < until else None


def _signer(request: Request) -> URLSafeSerializer:
    """Signs with the newest key, takes the one before it too; itsdangerous alone would use SHA-1."""
    keys = list(reversed(request.app.state.settings.keys))
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(keys, salt="izin intent", signer_kwargs=options)
